// Asks for the figures every second while the page is seen, and writes them as text, never as markup.
"use strict";

const EVERY = 1000;
const number = new Intl.NumberFormat();
const byId = (id) => document.getElementById(id);
let before = null;
let rate = null;

function show(now) {
  if (before && now.now > before.now) {
    const current = ((now.recorded - before.recorded) * 1000) / (now.now - before.now);
    rate = rate === null ? current : rate * 0.6 + current * 0.4;
  }
  before = now;
  for (const name of ["visits", "recorded", "requests", "ignored", "refused", "lost"]) {
    byId(name).textContent = number.format(now[name]);
  }
  byId("rate").textContent = rate === null ? "–" : number.format(Math.round(rate * 10) / 10);
  byId("kinds").textContent = Object.entries(now.by_kind)
    .map(([kind, count]) => `${kind.replace("_", " ")} ${number.format(count)}`)
    .join(" · ");
  byId("faults").hidden = now.faults === "";
  byId("faults").textContent = `Faults on request: ${now.faults}`;
  byId("empty").hidden = now.last.length > 0;
  byId("rows").replaceChildren(...now.last.map(row));
  byId("state").textContent = `up to ${new Date(now.now).toLocaleTimeString()}`;
}

function row(visit) {
  const line = document.createElement("tr");
  const cells = [
    visit.visit,
    visit.visitor,
    new Date(visit.time * 1000).toLocaleString(),
    visit.actions,
    visit.seconds,
    visit.country,
    visit.browser,
    visit.device,
    visit.converted ? "yes" : "",
  ];
  for (const text of cells) {
    const cell = document.createElement("td");
    cell.textContent = String(text);
    line.append(cell);
  }
  line.lastChild.className = "yes";
  return line;
}

async function refresh() {
  try {
    const answer = await fetch("/sink/recent", { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
  } catch (error) {
    byId("state").textContent = `no answer (${error.message}); trying again`;
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, EVERY);
}

byId("tracker").textContent = `${location.origin}/matomo.php`;
loop();
