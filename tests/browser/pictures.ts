/** Takes the pictures of the documentation: every view, with a load generator that has been at work for some minutes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch, Place, ROOT, settled, type Theme, until, VIEWS, visit } from "./support";

const FOLDER = join(ROOT, "docs/guide/images");
/** How long each of two runs takes that are shown and compared, in milliseconds. */
const A_RUN = 60_000;
/** How long the search for the limit may take, in milliseconds. */
const A_SEARCH = 300_000;
/** How long the load generator is at work before it is looked at, in milliseconds: the graphs show five minutes. */
const AT_WORK = 5 * 60_000;

interface Listed {
  runs: { id: string; mode: string; verifying: boolean; proof: string | null }[];
}

let browser: Browser;
let place: Place;
/** Two runs of the same seed, the earlier one first. */
let before = "";
let after = "";

const live = async (): Promise<Listed["runs"]> =>
  ((await place.api("GET", "/api/runs")) as Listed).runs.filter(({ mode }) => mode === "live");

/** Two runs with one difference, both over and proved. */
async function compared(): Promise<void> {
  const ids: string[] = [];
  for (const more of [{ TRANSPORT: "single" }, { TRANSPORT: "bulk" }]) {
    await place.startVisits({
      SEED: 7,
      TARGET_VISITS_PER_DAY: 900_000,
      STATS_INTERVAL: 5,
      THRESHOLDS: "p95<500ms,success>99.9%,lag_p99<250ms",
      REPORT_PROBES: "dashboard,pages",
      REPORT_PROBE_INTERVAL: 5,
      TIMEZONE: "Europe/Berlin",
      ...more,
    });
    await new Promise((over) => setTimeout(over, A_RUN));
    await place.api("POST", "/api/stop?timeout=30");
    const id = (await live())[0]?.id ?? "";
    await place.api("POST", `/api/runs/${id}/verify`, { wait_s: 60 });
    await until(async () => (await live())[0]?.proof, "the run is verified");
    ids.push(id);
  }
  [before = "", after = ""] = ids;
  await place.api("PUT", `/api/runs/${before}`, { note: "Baseline: a request for each hit." });
  await place.api("PUT", `/api/runs/${after}`, { note: "Many hits in a request." });
}

/** A search for the limit that is over. */
async function searched(): Promise<void> {
  await place.api("POST", "/api/capacity/run", {
    name: "before-launch",
    from: 400_000,
    most: 8_000_000,
    warm_up: 1,
    step_time: 4,
    confirm: 8,
    thresholds: "response_p95<500ms,success>99.9%",
  });
  const deadline = Date.now() + A_SEARCH;
  for (;;) {
    const { running } = (await place.api("GET", "/api/capacity/status")) as { running: boolean };
    if (!running) return;
    if (Date.now() > deadline) throw new Error("the search for the limit does not end");
    await new Promise((over) => setTimeout(over, 2000));
  }
}

beforeAll(
  async () => {
    mkdirSync(FOLDER, { recursive: true });
    browser = await launch();
    place = await Place.open();
    await compared();
    await searched();
    await place.startVisits({
      TARGET_VISITS_PER_DAY: 250_000,
      MAX_TOTAL_VISITS: 40_000,
      STATS_INTERVAL: 5,
      TIMEZONE: "Europe/Berlin",
    });
    for (const [name, visits] of [
      ["Before the campaign", 50_000],
      ["A quiet Sunday", 4000],
    ] as const) {
      await place.api("POST", "/api/configs", {
        name,
        config: { MATOMO_URL: "https://matomo.example.com/matomo.php", TARGET_VISITS_PER_DAY: visits },
      });
    }
    await place.api("POST", "/api/presets", {
      name: "Checkout rehearsal",
      description: "Few visitors, many orders.",
      config: { TARGET_VISITS_PER_DAY: 6000, CONCURRENCY: 20, ECOMMERCE_PROBABILITY: 0.4 },
    });
    await place.api("POST", "/api/funnels", {
      name: "Purchase",
      description: "From the shop to the order",
      probability: 0.3,
      steps: [
        {
          type: "pageview",
          url: "https://example.com/shop",
          title: "Shop",
          delay_seconds_min: 4,
          delay_seconds_max: 12,
        },
        { type: "site_search", search_keyword: "shoes", search_results: 12, delay_seconds_min: 3 },
        { type: "pageview", url: "https://example.com/shop/shoe", title: "Shoe", delay_seconds_min: 8 },
        { type: "ecommerce", ecommerce_items: [{ sku: "S1", name: "Shoe", price: 79.9 }] },
      ],
    });
    const days = { BACKFILL_DURATION_DAYS: 3, BACKFILL_MAX_VISITS_PER_DAY: 400 };
    await place.api("POST", "/api/backfill/run", { name: "last-week", BACKFILL_DAYS_BACK: 8, ...days });
    await new Promise((over) => setTimeout(over, AT_WORK));
    const slow = { BACKFILL_RPS_LIMIT: 60, BACKFILL_DURATION_DAYS: 10, BACKFILL_MAX_VISITS_PER_DAY: 1500 };
    await place.api("POST", "/api/backfill/run", { name: "before-launch", BACKFILL_DAYS_BACK: 20, ...slow });
  },
  AT_WORK + A_SEARCH + 2 * A_RUN + 180_000,
);

afterAll(async () => {
  await browser?.close();
  await place?.close();
});

const SHOTS: { theme: Theme; width: number; height: number; ending: string; views: string[] }[] = [
  { theme: "light", width: 1280, height: 860, ending: "", views: [...VIEWS, "funnels/1"] },
  { theme: "dark", width: 1280, height: 860, ending: "-dark", views: ["", "logs"] },
  { theme: "light", width: 360, height: 740, ending: "-phone", views: ["", "presets"] },
];

for (const { theme, width, height, ending, views } of SHOTS) {
  for (const path of views) {
    const name = `${path.replace("/", "-") || "status"}${ending}`;
    test(name, async () => {
      const { page, context } = await visit(browser, place, { path, theme, width, height });
      await page.evaluate(() => {
        const kept = JSON.parse(localStorage.getItem("trafficinator.preferences") ?? "{}");
        localStorage.setItem("trafficinator.preferences", JSON.stringify({ ...kept, range: "5m" }));
      });
      await page.reload();
      await settled(page);
      await page.screenshot({ path: join(FOLDER, `${name}.png`) });
      await context.close();
    });
  }
}

for (const [name, address, height] of [
  ["run", () => `runs/${before}`, 1320],
  ["compare", () => `runs/compare/${before}/${after}`, 1320],
] as const) {
  test(name, async () => {
    const { page, context } = await visit(browser, place, { path: address(), width: 1280, height });
    await page
      .getByRole("region", { name: /, graph/ })
      .first()
      .waitFor();
    await settled(page);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await context.close();
  });
}

test("key", async () => {
  const { page, context } = await visit(browser, place, { key: false, width: 1280, height: 860 });
  await page.getByLabel("API key").waitFor();
  await page.screenshot({ path: join(FOLDER, "key.png") });
  await context.close();
});

test("shortcuts", async () => {
  const { page, context } = await visit(browser, place, { width: 1280, height: 860 });
  await settled(page);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.screenshot({ path: join(FOLDER, "shortcuts.png") });
  await context.close();
});
