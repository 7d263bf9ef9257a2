/**
 * A journey on a control plane that is there already, whatever runs it: STACK_URL and STACK_KEY name it. The test of the
 * Compose files uses it. The load generator is left stopped, with a target that answers nothing.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, launch } from "./support";

const { STACK_URL: url, STACK_KEY: key = "" } = process.env;

let browser: Browser;

beforeAll(async () => {
  if (url) browser = await launch();
});
afterAll(() => browser?.close());

test.skipIf(!url)("the page steers what a stack runs", async () => {
  const context = await browser.newContext({ ...(url ? { baseURL: url } : {}), ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await page.goto("/ui");
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByRole("heading", { name: "Status", exact: true }).waitFor();

  await page.getByRole("link", { name: "Config", exact: true }).click();
  await page.getByLabel(/^Matomo URL/).fill("http://127.0.0.1:9/matomo.php");
  await page.getByLabel(/^Visits per day/).fill("4321");
  await page.getByRole("tab", { name: /Features/ }).click();
  const countries = page.getByRole("switch", { name: /Visitors from many countries/ });
  if ((await countries.getAttribute("aria-checked")) === "true") await countries.click();
  await page.getByText("All settings are valid.").waitFor();
  await page
    .getByRole("button", { name: /^Apply( and start)?$/ })
    .last()
    .click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Apply( and start)?$/ })
    .click();
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Status", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await page.getByRole("link", { name: "Logs", exact: true }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  await page
    .getByRole("region", { name: "Lines of the log" })
    .getByText(/127\.0\.0\.1:9/)
    .first()
    .waitFor();
  expect(await axe(page)).toEqual([]);

  await page.getByRole("link", { name: "Status", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});
