/** The way of a person who has never been here, and what can go wrong on it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KEY, launch, Place, TOKEN, until, visit } from "./support";

let browser: Browser;

/** The state, wherever it is seen: a phone has it elsewhere than a desk. */
const running = (page: Page) => page.getByText("Running", { exact: true }).filter({ visible: true }).first();

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

test("from the key to the first visits", async () => {
  const place = await Place.open();
  const { page, context, faults } = await visit(browser, place, { key: false });
  try {
    // a wrong key is refused, and nothing is shown
    await page.getByLabel("API key").fill("not the key");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("This is not the key of this control plane.").waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);

    await page.getByLabel("API key").fill(KEY);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "Status", exact: true }).waitFor();
    await page.getByText("Three steps to the first visit").waitFor();

    // a preset goes into the form
    await page.getByRole("link", { name: /Pick a preset/ }).click();
    await page.getByRole("button", { name: "Use Light" }).click();
    await page.waitForURL("**/ui/config");
    expect(await page.getByLabel(/^Visits per day/).inputValue()).toBe("1000");

    // what is wrong is told where it is wrong, and nothing starts
    await page.getByLabel(/^Matomo URL/).fill("matomo.example.com");
    await page.getByText(/Matomo URL is not a URL/).waitFor();
    await page.getByRole("button", { name: "Apply and start" }).click();
    await page.getByText("1 setting must be mended first").waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);

    await page.getByLabel(/^Matomo URL/).fill(place.target);
    await page.getByLabel("Token", { exact: true }).fill(TOKEN);
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByText("The token is good").waitFor();
    await page.getByText("All settings are valid.").waitFor();

    await page.getByRole("tab", { name: /Core/ }).click();
    await page.getByLabel(/^Visits per day/).fill("500000");
    await page.getByRole("button", { name: "Apply and start" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply and start" }).click();
    await running(page).waitFor();

    // visits arrive without loading the page again
    await page.getByRole("link", { name: "Status", exact: true }).click();
    const visits = page.locator("dt", { hasText: /^Visits$/ }).locator("xpath=following-sibling::dd/span[1]");
    await until(async () => Number(await visits.textContent()) > 0, "visits are counted");

    // the token is nowhere on the page
    expect(await page.content()).not.toContain(TOKEN);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("an untouched form changes nothing, and a copy keeps what is hidden", async () => {
  const place = await Place.open();
  // the values that a careless form would turn into others
  const settings = {
    ...place.settings,
    TIMEZONE: "Pacific/Auckland",
    ECOMMERCE_CURRENCY: "NZD",
    MATOMO_URL: `${place.target}?a=b=c`,
    JOURNEY_MIX: "researcher=2,casual=7",
  };
  await place.startVisits(settings);
  const { page, context, faults } = await visit(browser, place, { path: "config" });
  try {
    await page.getByText("Nothing is different.").waitFor();
    await until(
      () => page.getByRole("button", { name: "Apply", exact: true }).isDisabled(),
      "there is nothing to apply",
    );

    await page.getByRole("button", { name: "Save…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("As it runs");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("“As it runs” is saved").waitFor();
    await page.getByRole("button", { name: "Duplicate As it runs" }).click();
    await page.getByRole("button", { name: "Load As it runs (copy)" }).click();
    await page.getByText("Nothing is different.").waitFor();

    const file = (await place.api("GET", "/api/configs/export?include_tokens=true")) as {
      configs: { name: string; config: Record<string, unknown> }[];
    };
    expect(file.configs.map(({ name }) => name).sort()).toEqual(["As it runs", "As it runs (copy)"]);
    for (const { config } of file.configs) {
      for (const [name, value] of Object.entries(settings))
        expect(String(config[name]), name).toBe(String(value));
    }
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("a change is shown, applied, and can be discarded", async () => {
  const place = await Place.open();
  await place.startVisits();
  const { page, context, faults } = await visit(browser, place, { path: "config" });
  try {
    await page.getByRole("tab", { name: /Features/ }).click();
    // what an order is like matters only where there are orders
    await page.getByLabel(/^Ecommerce currency/).waitFor();
    await page.getByRole("textbox", { name: "Orders", exact: true }).fill("0");
    await until(
      async () => (await page.getByLabel(/^Ecommerce currency/).count()) === 0,
      "orders' settings are hidden",
    );
    await page.getByLabel(/^Site searches/).fill("1.5");
    await page
      .getByText(/out of range/)
      .first()
      .waitFor();
    await page.getByLabel(/^Site searches/).fill("0.5");
    await page.getByText("All settings are valid.").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByText("Nothing is different.").waitFor();

    await page.getByLabel(/^Site searches/).fill("0.5");
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("Nothing is different.").waitFor();
    const { config } = (await place.api("GET", "/api/status")) as { config: Record<string, string> };
    expect(config.SITESEARCH_PROBABILITY).toBe("0.5");
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("stop asks first, and start brings it back", async () => {
  const place = await Place.open();
  await place.startVisits();
  const { page, context, faults } = await visit(browser, place);
  try {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await running(page).waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("It is set up and not running.").waitFor();
    // by keyboard alone
    await page.keyboard.press("Shift+S");
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).press("Enter");
    await running(page).waitFor();
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("a load generator that waits is told to begin", async () => {
  const place = await Place.open();
  await place.startVisits({ AUTO_START: false });
  const { page, context, faults } = await visit(browser, place);
  try {
    // The control plane starts what it makes; stopped and started again by hand, it would wait as in a Compose stack.
    await place.api("POST", "/api/stop");
    await page.getByText("It is set up and not running.").waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    await running(page).waitFor();
    const visits = page.locator("dt", { hasText: /^Visits$/ }).locator("xpath=following-sibling::dd/span[1]");
    await until(async () => Number(await visits.textContent()) > 0, "visits are counted");
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("the log is followed, searched and filtered", async () => {
  const place = await Place.open();
  await place.startVisits({ STATS_INTERVAL: 1 });
  const { page, context, faults } = await visit(browser, place, { path: "logs" });
  try {
    await page.getByText("Live").waitFor();
    const lines = page.getByRole("region", { name: "Lines of the log" });
    await lines
      .getByText(/visits_total/)
      .first()
      .waitFor();

    await page.keyboard.press("/");
    await page.keyboard.type("visits_total");
    await lines.locator("mark").first().waitFor();
    expect(await lines.locator("mark").first().textContent()).toBe("visits_total");
    await page.getByRole("button", { name: "Regular expression" }).click();
    await page.getByLabel("Search by a regular expression").fill("visits_(total");
    await page.getByText(/This is no regular expression/).waitFor();
    await page.getByLabel("Search by a regular expression").fill("visits_(total|skipped)=\\d+");
    await until(
      async () => /^visits_total=\d+$/.test((await lines.locator("mark").first().textContent()) ?? ""),
      "marks",
    );

    // paused, the display stands still; then it catches up
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: /Go on \(\d+ new\)/ }).click();
    await page.getByText("Live").waitFor();

    await page.getByLabel("Search by a regular expression").fill("");
    await page.getByLabel("Levels").selectOption("ERROR");
    await page.getByText("No line matches").waitFor();
    await page.getByLabel("Levels").selectOption("DEBUG");
    await lines
      .getByText(/visits_total/)
      .first()
      .waitFor();

    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the lines shown" }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/^trafficinator-log-.*\.txt$/);
    await page.getByRole("button", { name: "Clear the display" }).click();
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("a hundred thousand lines are a list of some tens", async () => {
  const place = await Place.open();
  const { page, context, faults } = await visit(browser, place, { path: "presets" });
  try {
    // a stream that says as much as the page can hold
    await page.evaluate(() => {
      class Flood {
        onopen?: () => void;
        onmessage?: (message: { data: string }) => void;
        constructor() {
          setTimeout(() => {
            this.onopen?.();
            for (let n = 1; n <= 100_000; n += 1) {
              const level = n % 100 === 0 ? "ERROR" : "INFO";
              const line = {
                ts: "2026-01-31T12:00:00Z",
                level,
                text: `line ${n} of many`,
                cursor: `0-${n}-0`,
              };
              this.onmessage?.({ data: JSON.stringify(line) });
            }
          });
        }
        close() {}
      }
      Object.assign(globalThis, { WebSocket: Flood });
    });
    await page.getByRole("link", { name: "Logs" }).click();
    await page.getByText("100,000 lines").waitFor();
    const lines = page.getByRole("region", { name: "Lines of the log" });
    await lines.getByText("line 100000 of many").waitFor();
    expect(await lines.locator("time").count()).toBeLessThan(150);
    await page.getByRole("button", { name: "Wrap lines" }).click();
    await lines.press("Home");
    await lines.getByText("line 1 of many", { exact: true }).waitFor();
    await page.getByLabel("Levels").selectOption("ERROR");
    await page.getByText("1,000 of 100,000 lines").waitFor();
    await page.getByLabel("Search for a text").fill("line 77700 of");
    await until(async () => {
      await page.getByLabel("Search for a text").press("Enter");
      return page.getByText("1 of 1", { exact: true }).count();
    }, "the match is gone to");
    await lines.locator("mark").waitFor();
    expect(await lines.locator("mark").textContent()).toBe("line 77700 of");
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("a control plane that goes away is missed, and found again", async () => {
  const place = await Place.open();
  await place.startVisits();
  const { page, context, faults } = await visit(browser, place, { path: "logs" });
  try {
    await page.getByText("Live").waitFor();
    await place.stopControl();
    await page.getByText("The control plane does not answer.").first().waitFor();
    await page.getByText("Connection lost, trying again").waitFor();
    await place.startControl();
    await page.getByText("Live").waitFor();
    await until(
      async () => (await page.getByText("The control plane does not answer.").count()) === 0,
      "all is well",
    );
    expect(faults.filter((fault) => !fault.includes("WebSocket"))).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});

test("a key that is replaced asks for the new one", async () => {
  const place = await Place.open();
  const { page, context } = await visit(browser, place);
  try {
    await page.getByRole("heading", { name: "Status", exact: true }).waitFor();
    await page.evaluate(() => sessionStorage.setItem("trafficinator.key", "an-older-key-0123456789"));
    await context.addInitScript(() => sessionStorage.setItem("trafficinator.key", "an-older-key-0123456789"));
    await page.reload();
    await page.getByText("The key is not accepted any more.").waitFor();
    await page.getByLabel("API key").waitFor();
  } finally {
    await context.close();
    await place.close();
  }
});

test("whoever asks too often is told so, and goes on", async () => {
  const place = await Place.open("on");
  const { page, context, faults } = await visit(browser, place);
  try {
    await page.getByRole("heading", { name: "Status", exact: true }).waitFor();
    // somebody else at the same address uses up what the API allows in a minute
    await until(async () => {
      await Promise.all(
        Array.from({ length: 30 }, () => place.api("GET", "/api/status").catch(() => undefined)),
      );
      return page.getByText("Asked too often").count();
    }, "the page tells that it must wait");
    await until(async () => (await page.getByText("Asked too often").count()) === 0, "it goes on by itself");
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await place.close();
  }
});
