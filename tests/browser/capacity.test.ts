/** The search for the limit of a target, from the form to its verdict, and what a run is held to. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, launch, overflow, PICTURES, Place, settled, type Theme, TOKEN, until, visit } from "./support";

/** Each theme and each size once: all four at every step would take minutes. */
const LOOKS: { theme: Theme; width: number; height: number }[] = [
  { theme: "light", width: 380, height: 760 },
  { theme: "dark", width: 1280, height: 860 },
];
/** Many steps, one after the other. */
const PATIENCE = 300_000;

let browser: Browser;
let place: Place;

beforeAll(async () => {
  browser = await launch();
  place = await Place.open();
});
afterAll(async () => {
  await browser?.close();
  await place?.close();
});

interface Searches {
  running: boolean;
  history: { name: string; state: string; findings: { held: { visits_per_day: number } | null } | null }[];
}

const searches = () => place.api("GET", "/api/capacity/status") as Promise<Searches>;

/** On a phone and on a desk: nothing for axe to find, nothing too wide. */
async function looksWell(page: Page, name: string): Promise<void> {
  for (const { theme, ...size } of LOOKS) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(size);
    await settled(page);
    expect(await overflow(page)).toBe(0);
    expect(await axe(page)).toEqual([]);
    if (PICTURES) {
      await page.screenshot({ path: join(PICTURES, `${name}-${size.width}-${theme}.png`), fullPage: true });
    }
  }
}

test(
  "the limit is looked for, found, and a second search is cancelled",
  async () => {
    const { page, context, faults } = await visit(browser, place, { path: "capacity" });
    try {
      await page.getByText("There is no load generator yet").waitFor();
      await place.api("POST", "/api/config/apply", {
        config: { MATOMO_URL: place.target, MATOMO_TOKEN_AUTH: TOKEN },
      });
      await page.getByText("No search has run yet").waitFor();
      await page.getByLabel("First rate").fill("1,000,000");
      await page.getByLabel("Thresholds").fill("success>90");
      await page.getByText("More", { exact: true }).click();
      // So many visits that each second has some, and so few that any machine bears them.
      await page.getByLabel("Highest rate").fill("2000000");
      await page.getByLabel("Warm-up").fill("0.2");
      await page.getByLabel("Time for each rate").fill("1");
      await page.getByLabel("Time to confirm").fill("1");
      await page.getByLabel("Name").fill("first");
      await looksWell(page, "form");

      // what the API refuses stands at its field
      const begin = async () => {
        await page.getByRole("button", { name: "Look for the limit" }).click();
        await page.getByText("Its load is raised until something breaks.").waitFor();
        await page.getByRole("button", { name: "Begin the search" }).click();
      };
      await begin();
      await page.getByText(/success the limit "90"/).waitFor();
      expect(await page.getByLabel("Thresholds").getAttribute("aria-invalid")).toBe("true");
      await page.getByLabel("Thresholds").fill("success>90%");

      await begin();
      await page.getByText("first is under way").waitFor();
      await page.getByText("visits a day held", { exact: true }).waitFor({ timeout: 60_000 });
      await page.getByText(/The target held 2,000,000 visits a day .* raise the highest rate\./).waitFor();
      const { running, history } = await searches();
      expect(running).toBe(false);
      expect(history[0]).toMatchObject({ state: "done", findings: { held: { visits_per_day: 2_000_000 } } });
      await page.getByText(/^All \d rates tried$/).click();
      await page
        .getByRole("row", { name: /2,000,000/ })
        .getByText("Confirmed")
        .waitFor();
      await page.getByRole("button", { name: "Latency by rate, first as a table" }).click();
      await page.getByRole("table", { name: "Latency by rate, first, from the lowest rate on" }).waitFor();
      await page.getByRole("button", { name: "Latency by rate, first as a graph" }).click();
      await looksWell(page, "result");
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download the findings of first" }).click(),
      ]);
      const findings = JSON.parse(await readFile(await file.path(), "utf8"));
      expect(findings).toEqual(history[0]?.findings);

      // the same again, and longer
      await page.getByRole("button", { name: "Repeat first" }).click();
      await page.getByText("More", { exact: true }).click();
      expect(await page.getByLabel("Highest rate").inputValue()).toBe("2000000");
      await page.getByLabel("Time to confirm").fill("600");
      await page.getByLabel("Name").fill("second");
      await begin();
      // Two rates were tried, and the third is being tried for ten minutes.
      await page.getByText(/Confirming/).waitFor({ timeout: 60_000 });
      await page.getByRole("progressbar", { name: "This rate" }).waitFor();
      expect(await page.getByRole("button", { name: "Look for the limit" }).count()).toBe(0);
      await looksWell(page, "active");
      await page.getByRole("button", { name: "Cancel", exact: true }).click();
      await page.getByRole("button", { name: "Cancel the search" }).click();
      await page.getByText("Result of second").waitFor();
      await page.getByText("The search was stopped before a rate was confirmed.").waitFor();
      await until(async () => (await searches()).history[0]?.state === "cancelled", "it is cancelled");

      await page.getByRole("button", { name: /^first/, expanded: false }).click();
      await page.getByText("visits a day held", { exact: true }).waitFor();
      await looksWell(page, "history");
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  },
  PATIENCE,
);

test("what a run is held to, and the reports that are timed, stand on the Status view", async () => {
  await place.startVisits({
    THRESHOLDS: "success>90%,p95<0.001ms",
    REPORT_PROBES: "dashboard",
    REPORT_PROBE_INTERVAL: 1,
  });
  const { page, context, faults } = await visit(browser, place);
  try {
    await page
      .getByRole("row", { name: /p95<0\.001ms/ })
      .getByText("Broken")
      .waitFor();
    await page
      .getByRole("row", { name: /success>90%/ })
      .getByText("Holds")
      .waitFor();
    await page.getByRole("row", { name: /^Dashboard/ }).waitFor();
    await looksWell(page, "held");
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
