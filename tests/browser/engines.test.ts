/** The way from the key to the first visits, in the engines that the other journeys do not run in. */
import { describe, expect, test } from "vitest";
import { ENGINES, type Window } from "./engines";
import { KEY, Place, TOKEN } from "./support";

/** The engine that is to run, and so must be here; `none` runs none. Without it all that are here run. */
const WANTED = process.env.BROWSER_ENGINE;

/** Remembers what goes wrong from now on. */
const WATCH = `
  window.faults = [];
  addEventListener("error", (event) => faults.push(String(event.message)));
  addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective));
`;

async function core(window: Window, place: Place): Promise<void> {
  await window.go(`${place.url}/ui`);
  await window.run(WATCH);
  await window.fill("API key", "not the key");
  await window.press("Open");
  await window.sees("This is not the key of this control plane.");
  await window.fill("API key", KEY);
  await window.press("Open");
  await window.sees("Three steps to the first visit");

  await window.click('//a[@href="/ui/presets"]');
  await window.press("Use Light");
  await window.fill("Matomo URL", place.target);
  await window.fill("Token", TOKEN);
  await window.press("Test connection");
  await window.sees("The token is good");
  await window.fill("Visits per day", "500000");
  await window.press("Apply and start");
  await window.click('//dialog//button[normalize-space(.)="Apply and start"]');
  await window.click('//nav//a[@href="/ui"]');
  await window.sees("Running");
  await window.until(
    `[...document.querySelectorAll("dt")].some((term) => term.textContent === "Visits" && parseInt(term.nextElementSibling.textContent) > 0)`,
    "visits are counted",
  );
  await window.until("document.querySelector('canvas')", "graphs are drawn");

  await window.click('//nav//a[@href="/ui/logs"]');
  await window.until("/INFO/.test(document.body.innerText)", "the log is shown");
  await window.click('//nav//a[@href="/ui/urls"]');
  await window.sees("Nothing is wrong: 2,000 pages.");
  await window.click('//nav//a[@href="/ui/funnels"]');
  await window.press("New funnel");
  await window.click('//dialog//a[@href="/ui/funnels/new/purchase"]');
  await window.sees("7 hits over");
  await window.press("Save");
  await window.until("/funnels\\/\\d+$/.test(location.pathname)", "the funnel is saved");
  await window.click('//nav//a[@href="/ui/backfill"]');
  await window.sees("No backfill has run yet");

  expect(await window.run("return document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  expect(await window.run("return window.faults")).toEqual([]);
}

describe.each(Object.entries(ENGINES))("%s", (name, { here, open }) => {
  const skipped = WANTED === undefined ? !here : WANTED !== name;
  test.skipIf(skipped)("from the key to visits, logs, pages and a funnel", async () => {
    expect(here, `${name} is not installed`).toBe(true);
    const place = await Place.open();
    try {
      const window = await open();
      try {
        await core(window, place);
      } finally {
        await window.close();
      }
    } finally {
      await place.close();
    }
  });
});
