/** Journeys through what a person makes: pages, events, funnels, backfills, and all of it as one file. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, launch, overflow, Place, type Theme, TOKEN, until, visit } from "./support";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** A journey of its own: a fresh control plane, the key entered, and nothing that went wrong on the page at its end. */
function journey(name: string, path: string, run: (page: Page, place: Place) => Promise<void>): void {
  test(name, async () => {
    const place = await Place.open();
    const { page, context, faults } = await visit(browser, place, { path });
    try {
      await run(page, place);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
      await place.close();
    }
  });
}

interface Named {
  id: number;
  name: string;
  builtin?: boolean;
  config: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

interface Funnel extends Named {
  steps: { type: string }[];
}

interface Backfills {
  running: boolean;
  active: { progress: { visits_sent: number } }[];
  history: { state: string }[];
}

/** What has the focus, as it is read out. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    if (!at) return "";
    return at.getAttribute("aria-label") ?? (at.labels?.[0]?.textContent || at.textContent?.trim()) ?? "";
  });

/** Goes on with the Tab key until something of that name has the focus. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press(key);
    if (name.test(await focused(page))) return;
  }
  throw new Error(`the ${key} key never came to ${name}; it is at ${await focused(page)}`);
}

const get = <T>(place: Place, path: string): Promise<T> => place.api("GET", path) as Promise<T>;

const configure = (place: Place): Promise<unknown> =>
  place.api("POST", "/api/config/apply", { config: { MATOMO_URL: place.target, MATOMO_TOKEN_AUTH: TOKEN } });

journey("a funnel is built by keyboard alone", "", async (page, place) => {
  await page.getByRole("heading", { name: "Status", exact: true }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByText("There are no funnels yet").waitFor();
  await tabTo(page, /^New funnel$/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Lead/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "New funnel" }).waitFor();
  await page.getByText(/^5 hits over/).waitFor();

  await tabTo(page, /^Name/);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("By keyboard");
  await tabTo(page, /^Move step 4 of 4, Event/);
  await page.keyboard.press("ArrowUp");
  await page.getByText("Step moved to position 3 of 4").waitFor({ state: "attached" });
  expect(await focused(page)).toMatch(/^Move step 3 of 4, Event/);

  // what is wrong stands at its field, and goes when it is put right
  await tabTo(page, /^Address of the page/);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("not an address");
  const address = page.getByLabel(/Address of the page/).last();
  const invalid = () => address.getAttribute("aria-invalid");
  await until(async () => (await invalid()) === "true", "the fault stands at its field");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("https://example.com/contact");
  await until(async () => (await invalid()) === "false", "the fault is gone");

  await tabTo(page, /^Save$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ui\/funnels\/\d+$/);
  const { funnels } = await get<{ funnels: Funnel[] }>(place, "/api/funnels");
  expect(funnels[0]?.name).toBe("By keyboard");
  expect(funnels[0]?.steps.map(({ type }) => type)).toEqual(["pageview", "download", "event", "pageview"]);
});

journey("a funnel's steps are dragged; a copy is made, deleted and brought back", "", async (page, place) => {
  const file = join(import.meta.dirname, "../../config/funnels.example.json");
  const [purchase] = JSON.parse(await readFile(file, "utf8")) as unknown[];
  await place.api("POST", "/api/funnels", purchase);
  await page.goto("/ui/funnels");
  await page.getByRole("link", { name: "Purchase" }).click();
  const handle = page.getByRole("button", { name: /^Move step 2 of 6/ });
  await handle.scrollIntoViewIfNeeded();
  const from = await handle.boundingBox();
  const next = await page.getByRole("button", { name: /^Move step 3 of 6/ }).boundingBox();
  if (!from || !next) throw new Error("the handles are not to be seen");
  await page.mouse.move(from.x + 5, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(from.x + 5, next.y + 200, { steps: 12 });
  await page.mouse.up();
  const kinds = await page
    .getByRole("combobox")
    .evaluateAll((boxes) => boxes.map((box) => (box as HTMLSelectElement).value));
  expect(kinds[1]).toBe("pageview");
  expect(kinds.filter((kind) => kind === "event")).toHaveLength(1);

  page.once("dialog", (dialog) => void dialog.accept());
  await page.goto("/ui/funnels");
  await page.getByRole("button", { name: "Duplicate Purchase" }).click();
  await page.getByText(/It is off until you turn it on/).waitFor();
  await page.getByRole("link", { name: "All funnels" }).click();
  await page.getByRole("button", { name: "Delete Purchase (copy)" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("The funnel Purchase (copy) was deleted").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "Purchase (copy)" }).waitFor();
});

for (const theme of ["light", "dark"] as Theme[]) {
  test(`the builder and its dialog in ${theme}`, async () => {
    const place = await Place.open();
    const { page, context, faults } = await visit(browser, place, { path: "funnels/new/purchase", theme });
    try {
      await page.getByText(/^7 hits over/).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await overflow(page)).toBe(0);
      expect(await axe(page)).toEqual([]);
      await page.goto("/ui/funnels");
      await page.getByRole("button", { name: "New funnel" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await axe(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
      await place.close();
    }
  });
}

journey("a backfill is run, cancelled, and guarded against a replay", "", async (page, place) => {
  await configure(place);
  await page.goto("/ui/backfill");
  await page.getByText("No backfill has run yet").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("journey");
  await page.getByLabel("Most visits a day").fill("500");
  await page.getByLabel("Most requests a second").fill("40");
  await page.getByRole("button", { name: "Run the backfill" }).click();
  await page.getByRole("button", { name: "Send them" }).click();
  await page.getByRole("progressbar").waitFor();
  const state = () => get<Backfills>(place, "/api/backfill/status");
  await until(async () => ((await state()).active[0]?.progress.visits_sent ?? 0) > 0, "visits are sent");
  expect(await axe(page)).toEqual([]);

  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Cancel the backfill" }).click();
  const row = page.getByRole("row", { name: /journey/ });
  await row.getByText("Cancelled").waitFor({ timeout: 30_000 });
  const { running, history } = await state();
  expect(running).toBe(false);
  expect(history[0]?.state).toBe("cancelled");

  // the same days again are guarded
  await row.getByRole("button", { name: /Repeat/ }).click();
  await page.getByText(/sent to this site before/).waitFor();
  const run = page.getByRole("button", { name: "Run the backfill" });
  expect(await run.isDisabled()).toBe(true);
  await page.getByLabel("Send these days again").check();
  expect(await run.isDisabled()).toBe(false);
  expect(await axe(page)).toEqual([]);

  await page.getByRole("button", { name: "Clean up" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("1 backfill was removed").waitFor();
});

journey("wrong URLs are told by line, put right, saved and reset", "urls", async (page, place) => {
  const area = page.getByLabel("The text of the pages");
  const line = (n: number) => page.getByRole("button", { name: `line ${n}`, exact: true });
  const source = async () => (await get<{ source: string }>(place, "/api/urls")).source;
  await area.fill(
    "https://shop.example/ Home\nhttps://shop.example/a/b Deep\nftp://shop.example/\n\nnonsense",
  );
  await line(3).waitFor();
  expect(await axe(page)).toEqual([]);
  await line(5).click();
  const chosen = await area.evaluate((box) => {
    const { value, selectionStart, selectionEnd } = box as HTMLTextAreaElement;
    return value.slice(selectionStart, selectionEnd);
  });
  expect(chosen).toBe("nonsense");
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await page.keyboard.type("https://shop.example/c Better");
  await line(5).waitFor({ state: "detached" });
  await line(3).click();
  await page.keyboard.press("Delete");
  await page.getByText("Nothing is wrong: 3 pages.").waitFor();
  await page.getByText("3 pages, one host, 2 levels").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/3 pages were saved/).waitFor();
  expect(await source()).toBe("custom");

  await page.getByRole("button", { name: "Built-in pages" }).click();
  await page.getByRole("button", { name: "Go back" }).click();
  await page.getByText("Nothing is wrong: 2,000 pages.").waitFor();
  expect(await source()).toBe("built-in");
});

journey("wrong events are told by line, and the sample follows the text", "events", async (page, place) => {
  const area = page.getByLabel("The text of the events");
  await area.fill('{\n  "click_events": [\n    { "category": "C" }\n  ],\n  "random_events": []\n}');
  await page
    .getByRole("button", { name: /^line \d/ })
    .first()
    .waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  const event = '{ "category": "Shop", "action": "Click", "name": "Only one", "value": null }';
  await area.fill(`{ "click_events": [${event}], "random_events": [${event}] }`);
  await page.getByRole("cell", { name: "Only one" }).waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/were saved/).waitFor();
  expect((await get<{ source: string }>(place, "/api/events")).source).toBe("custom");
});

/** All that a person has made, without tokens and what differs from time to time. */
async function everything(place: Place): Promise<unknown> {
  const plain = ({ id: _, created_at: __, updated_at: ___, config, ...rest }: Named) => {
    const { MATOMO_TOKEN_AUTH: ____, ...open } = config ?? {};
    return { ...rest, config: open };
  };
  const { configs } = await get<{ configs: Named[] }>(place, "/api/configs");
  const { presets } = await get<{ presets: Named[] }>(place, "/api/presets");
  const { funnels } = await get<{ funnels: Funnel[] }>(place, "/api/funnels");
  const { content } = await get<{ content: string }>(place, "/api/urls");
  return {
    configs: configs.map(plain),
    presets: presets.filter(({ builtin }) => !builtin).map(plain),
    funnels: funnels.map(plain),
    content,
  };
}

async function removeEverything(place: Place): Promise<void> {
  for (const kind of ["configs", "presets", "funnels"]) {
    const list = (await get<Record<string, Named[]>>(place, `/api/${kind}`))[kind] ?? [];
    for (const { id, builtin } of list) if (!builtin) await place.api("DELETE", `/api/${kind}/${id}`);
  }
  await place.api("DELETE", "/api/urls");
}

journey("everything is exported and imported again", "preferences", async (page, place) => {
  const secret = "feedfacefeedfacefeedfacefeedface";
  const config = { MATOMO_URL: "https://m.example/matomo.php", CONCURRENCY: 7 };
  const steps = [{ type: "pageview", url: "https://m.example/" }];
  await place.api("POST", "/api/configs", { name: "Kept", description: "mine", config });
  await place.api("POST", "/api/configs", {
    name: "Secret",
    config: { ...config, MATOMO_TOKEN_AUTH: secret },
  });
  await place.api("POST", "/api/presets", { name: "Night", config: { TARGET_VISITS_PER_DAY: 12 } });
  await place.api("POST", "/api/funnels", { name: "Way", probability: 0.2, steps });
  await place.api("POST", "/api/urls", { content: "https://m.example/ Home\n" });
  const before = await everything(place);

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export everything" }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  expect(text).not.toContain(secret);
  await removeEverything(place);
  expect(await everything(place)).not.toEqual(before);

  const choose = (content: string) =>
    page
      .getByLabel("File to import")
      .setInputFiles({ name: "all.json", mimeType: "application/json", buffer: Buffer.from(content) });
  await choose(text);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("Imported", { exact: true }).waitFor();
  expect(await everything(place)).toEqual(before);

  // a second time what is there stays
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await choose(text);
  await page.getByText("another text of your own").waitFor({ state: "detached" });
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText(/Way stayed as it was/).waitFor();
  expect(await everything(place)).toEqual(before);

  await choose("[1]");
  await page.getByText(/was not exported here/).waitFor();
});

/** What would run if any text of the API were taken for markup. */
const SCRIPT = '"><img src=x onerror="window.broken=1"><script>window.broken=1</script>';

journey("stored script does not run", "", async (page, place) => {
  await configure(place);
  const step = { type: "pageview", url: "https://e.com/", title: SCRIPT };
  const event = { category: SCRIPT, action: SCRIPT, name: SCRIPT, value: null };
  const texts = { name: SCRIPT, description: SCRIPT };
  await place.api("POST", "/api/funnels", { ...texts, probability: 0.1, steps: [step] });
  await place.api("POST", "/api/configs", { ...texts, config: {} });
  await place.api("POST", "/api/presets", { ...texts, config: { CONCURRENCY: 3 } });
  await place.api("POST", "/api/urls", { content: `https://e.com/ ${SCRIPT}\n` });
  await place.api("POST", "/api/events", { content: { click_events: [event], random_events: [] } });
  for (const view of ["", "config", "presets", "urls", "events", "funnels", "funnels/1", "preferences"]) {
    await page.goto(`/ui/${view}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => Reflect.get(globalThis, "broken")), `in /ui/${view}`).toBeUndefined();
    expect(await page.locator('img[src="x"]').count(), `markup in /ui/${view}`).toBe(0);
  }
});

journey("unsaved work is not lost by a click", "events", async (page) => {
  await page.getByRole("link", { name: "URLs" }).click();
  await page.getByLabel("The text of the pages").fill("https://e.com/");
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  await page.getByRole("link", { name: "Events" }).click();
  expect(asked[0]).toMatch(/without saving/);
  expect(page.url()).toMatch(/\/ui\/urls$/);
  await page.goBack();
  await expect.poll(() => asked.length).toBe(2);
  expect(page.url()).toMatch(/\/ui\/urls$/);
  expect(await page.getByLabel("The text of the pages").inputValue()).toBe("https://e.com/");
  await page.getByRole("button", { name: "Discard changes" }).click();
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByRole("heading", { name: "Events" }).waitFor();
});
