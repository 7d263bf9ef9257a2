/** Every view, in both themes, on a phone and on a desk: nothing for axe to find, nothing too wide, nothing that fails. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, launch, overflow, Place, settled, type Theme, VIEWS, visit } from "./support";

const THEMES: Theme[] = ["light", "dark"];

let browser: Browser;
let place: Place;

beforeAll(async () => {
  browser = await launch();
  place = await Place.open();
  await place.startVisits({ MAX_TOTAL_VISITS: 300_000 });
});
afterAll(async () => {
  await browser?.close();
  await place?.close();
});

for (const theme of THEMES) {
  for (const path of VIEWS) {
    test(`${path || "status"} in ${theme}`, async () => {
      const { page, context, faults } = await visit(browser, place, { path, theme });
      try {
        await settled(page);
        expect(await axe(page)).toEqual([]);
        expect(await overflow(page)).toBe(0);
        await page.setViewportSize({ width: 360, height: 740 });
        await settled(page);
        expect(await overflow(page)).toBe(0);
        expect(await axe(page)).toEqual([]);
        expect(faults).toEqual([]);
      } finally {
        await context.close();
      }
    });
  }

  test(`the key is asked for in ${theme}`, async () => {
    const { page, context, faults } = await visit(browser, place, { key: false, theme });
    try {
      await page.getByLabel("API key").waitFor();
      expect(await axe(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  });

  test(`dialogs in ${theme}`, async () => {
    const { page, context, faults } = await visit(browser, place, { theme });
    try {
      await settled(page);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Latency as a table" }).click();
      await page.getByRole("table").waitFor();
      expect(await axe(page)).toEqual([]);
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.getByRole("button", { name: "New preset" }).first().click();
      await page.getByRole("dialog").waitFor();
      expect(await axe(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  });
}

test("each view has an address, a title and the focus", async () => {
  const { page, context } = await visit(browser, place, { path: "presets" });
  try {
    await page.getByRole("heading", { name: "Presets", exact: true }).waitFor();
    await page.getByRole("link", { name: "Logs" }).click();
    await page.waitForURL("**/ui/logs");
    await page.getByRole("heading", { name: "Logs", exact: true }).waitFor();
    expect(await page.title()).toBe("Logs · Trafficinator");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    await page.goBack();
    await page.getByRole("heading", { name: "Presets", exact: true }).waitFor();
    await page.goto("/ui/nowhere");
    await page.getByText("There is nothing at this address").waitFor();
  } finally {
    await context.close();
  }
});

test("the theme that was chosen stays", async () => {
  const { page, context } = await visit(browser, place, { theme: "light" });
  try {
    await page.getByRole("button", { name: "Theme: as the system" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    await page.reload();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  } finally {
    await context.close();
  }
});
