/** A journey through runs: each is listed, proved against the receiver's reports, compared, and taken away as a file. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, launch, overflow, Place, settled, TOKEN, until, visit } from "./support";

interface Listed {
  runs: { id: string; state: string; visits: number }[];
}

let browser: Browser;
let place: Place;

beforeAll(async () => {
  browser = await launch();
  place = await Place.open();
  // Twice the same seed, the second time with less in flight: two runs to set side by side.
  for (const [earlier, more] of [{}, { CONCURRENCY: 20 }].entries()) {
    await place.startVisits({
      SEED: 7,
      TARGET_VISITS_PER_DAY: 2_000_000,
      THRESHOLDS: "success>99%,p95<0.001ms",
      REPORT_PROBES: "dashboard",
      REPORT_PROBE_INTERVAL: 1,
      AUTO_STOP_AFTER_HOURS: 1,
      ...more,
    });
    await until(async () => {
      const all = await runs();
      return all.length > earlier && (all[0]?.visits ?? 0) >= 120;
    }, "a run has sent enough to be looked at");
    await place.api("POST", "/api/stop?timeout=10");
    await until(async () => (await runs())[0]?.state === "ended", "it was written down to its end");
  }
});
afterAll(async () => {
  await browser?.close();
  await place?.close();
});

const runs = async (): Promise<Listed["runs"]> => ((await place.api("GET", "/api/runs")) as Listed).runs;

test("a run is proved by a button, noted, and taken away as a page that needs nothing else", async () => {
  const { page, context, faults } = await visit(browser, place, { path: "runs" });
  try {
    await settled(page);
    const [latest] = await runs();
    await page.getByRole("link", { name: latest?.id ?? "" }).click();
    await page.getByRole("heading", { name: `Run ${latest?.id}` }).waitFor();

    // what it was held to
    await page.getByRole("row", { name: /success>99% .*Holds 100%/ }).waitFor();
    await page.getByRole("row", { name: /p95<0.001ms .*Broken/ }).waitFor();
    // its course, with the times of the reports
    await page.getByRole("region", { name: /^Report times, graph/ }).waitFor();

    await page.getByRole("button", { name: "Verify", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Verify this run" });
    await dialog.getByLabel("Longest wait").fill("30");
    await dialog.getByLabel("Token").fill("0123456789abcdef0123456789abcdef");
    await dialog.getByRole("button", { name: "Verify" }).click();
    // a token that the target does not know is told, and is no proof
    await page.getByText("There is no answer").waitFor();

    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await dialog.getByRole("button", { name: "Verify" }).click();
    await page.getByText("The verification is done").waitFor();
    await page.getByText("Proved", { exact: true }).first().waitFor();
    expect(await axe(page)).toEqual([]);

    await page.getByLabel("Note about this run").fill("With less in flight");
    await page.getByRole("button", { name: "Save the note" }).click();
    await page.getByText("The note is saved").waitFor();

    const [html] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Report", exact: true }).click(),
    ]);
    expect(html.suggestedFilename()).toBe(`run-${latest?.id}.html`);
    const written = await readFile((await html.path()) ?? "", "utf8");
    expect(written).toContain("With less in flight");
    expect(written).toContain("<svg");
    expect(written).not.toContain(TOKEN);
    const alone = await context.newPage();
    await alone.setContent(written);
    expect(await axe(alone)).toEqual([]);
    await alone.close();

    const [json] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "JSON", exact: true }).click(),
    ]);
    const text = await readFile((await json.path()) ?? "", "utf8");
    expect(JSON.parse(text).proof.proved).toBe(true);
    expect(text).not.toContain(TOKEN);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});

test("two runs are set side by side, on a desk and on a phone", async () => {
  const { page, context, faults } = await visit(browser, place, { path: "runs", theme: "dark" });
  try {
    await settled(page);
    const [after, before] = await runs();
    await page.getByLabel(`Compare ${after?.id}`).check();
    await page.getByLabel(`Compare ${before?.id}`).check();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByRole("heading", { name: "Two runs side by side" }).waitFor();
    await page.getByRole("row", { name: /^CONCURRENCY not given 20/ }).waitFor();
    await page.getByRole("row", { name: /^Latency p95/ }).waitFor();
    await page.getByRole("region", { name: /^Latency p95, graph/ }).waitFor();
    await settled(page);
    expect(await axe(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.setViewportSize({ width: 360, height: 740 });
    await settled(page);
    expect(await axe(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);

    // its address is a place to come back to
    await page.reload();
    await page.getByRole("heading", { name: "Two runs side by side" }).waitFor();
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
