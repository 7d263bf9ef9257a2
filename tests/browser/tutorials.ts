/** Records the walkthroughs of docs/tutorials, and writes what they say beside them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf, Recorder } from "./recorder";
import { KEY, launch, Place, ROOT, TOKEN, visit } from "./support";

const FOLDER = join(ROOT, "docs/tutorials");
/** None is larger, in bytes: they lie in every checkout. */
const LARGEST = 2_000_000;

interface Tutorial {
  name: string;
  title: string;
  about: string;
  key: boolean;
  path: string;
  prepare?: (place: Place) => Promise<void>;
  walk: (page: Page, recorder: Recorder, place: Place) => Promise<void>;
}

let browser: Browser;
const told: { tutorial: Tutorial; said: string[] }[] = [];

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  if (told.length === TUTORIALS.length) writeFileSync(join(FOLDER, "README.md"), transcript());
});

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const nav = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Views" }).getByRole("link", { name, exact: true });

const TUTORIALS: Tutorial[] = [
  {
    name: "setup",
    title: "Setting it up",
    about: "From the key to the first visits.",
    key: false,
    path: "",
    async walk(page, recorder, place) {
      await recorder.say("The control plane asks for its key. It was printed at the first start.");
      await recorder.type(page.getByLabel("API key"), KEY);
      await recorder.click(button(page, "Open"));
      await recorder.say("Nothing is set up yet. Three steps lead to the first visit.");
      await recorder.click(page.getByRole("link", { name: /Pick a preset/ }));
      await recorder.say("A preset is a load that is ready made. Light is a good beginning.");
      await recorder.click(button(page, "Use Light"));
      await recorder.say("It is in the form now. What is missing is where the visits go.");
      await recorder.type(page.getByLabel(/^Matomo URL/), place.target);
      await recorder.type(page.getByLabel("Token", { exact: true }), TOKEN);
      await recorder.click(button(page, "Test connection"));
      await page.getByText("The token is good").waitFor();
      await recorder.say("The Matomo answers, and the token is good. No visit was left by this test.");
      await page.getByRole("tab", { name: /Core/ }).click();
      await recorder.type(page.getByLabel(/^Visits per day/), "200000");
      await page.getByText("All settings are valid.").waitFor();
      await recorder.click(button(page, "Apply and start"));
      await recorder.click(page.getByRole("dialog").getByRole("button", { name: "Apply and start" }));
      await page.getByText("Running").filter({ visible: true }).first().waitFor();
      await recorder.click(nav(page, "Status"));
      await recorder.say("Visits are on their way. The figures follow by themselves.");
      await recorder.rest(6000);
      await recorder.point(page.locator("canvas").first());
      await recorder.say("The graphs fill while you watch. That is all there is to it.");
    },
  },
  {
    name: "configuration",
    title: "Making it yours",
    about: "Settings, pages, a funnel, and one file for all of it.",
    key: true,
    path: "config",
    prepare: (place) => place.startVisits({ TARGET_VISITS_PER_DAY: 60_000 }),
    async walk(page, recorder, place) {
      const example = `${new URL(place.target).origin}/shop`;
      await recorder.say("Every setting of the load generator is in this form, with its help beside it.");
      await recorder.type(page.getByLabel("Find a setting"), "orders");
      await recorder.type(page.getByRole("textbox", { name: "Orders", exact: true }), "0.2");
      await recorder.say("One visit in five buys something now. Changes shows what would be different.");
      await recorder.click(button(page, "Save…"));
      await recorder.type(page.getByRole("dialog").getByLabel("Name"), "Many orders");
      await recorder.click(page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }));
      await recorder.say("It is saved under a name, and can be loaded again at any time.");
      await recorder.click(button(page, "Apply"));
      await recorder.click(page.getByRole("dialog").getByRole("button", { name: /^Apply/ }));
      await recorder.say("Apply begins again with it. If it did not come up, the old one would be put back.");

      await recorder.click(nav(page, "URLs"));
      await recorder.say("The pages that visitors view: one a line, with its title.");
      const pages = page.getByLabel("The text of the pages");
      await pages.fill(`${example} Shop\n${example}/shoes Shoes\nnot a page\n`);
      await button(page, "line 3").waitFor();
      await recorder.say("What is wrong is told by its line. A click leads there.");
      await recorder.click(button(page, "line 3"));
      await page.keyboard.type(`${example}/cart Your cart`, { delay: 25 });
      await page.getByText("Nothing is wrong: 3 pages.").waitFor();
      await recorder.click(button(page, "Save"));
      await page.getByText(/3 pages were saved/).waitFor();

      await recorder.click(nav(page, "Funnels"));
      await recorder.say("A funnel is a path that a share of the visits follows.");
      await recorder.click(button(page, "New funnel"));
      await recorder.click(page.getByRole("dialog").getByRole("link", { name: /Purchase/ }));
      await page.getByText(/^7 hits over/).waitFor();
      await recorder.say("Beside its steps stand the very hits that one run of it sends.");
      await page.getByRole("button", { name: /^Move step 2 of 6/ }).focus();
      await recorder.say("Steps are moved by drag, or by the arrow keys.");
      await page.keyboard.press("ArrowDown");
      await recorder.rest(900);
      await page.keyboard.press("ArrowUp");
      await recorder.rest(600);
      await recorder.click(button(page, "Save"));
      await page.waitForURL(/\/ui\/funnels\/\d+$/);

      await recorder.click(nav(page, "Preferences"));
      await recorder.say("Everything that you have made fits into one file, without its tokens.");
      await recorder.point(button(page, "Export everything"));
    },
  },
  {
    name: "troubleshooting",
    title: "When something is wrong",
    about: "A target that does not answer, a token that is not good, the log, and a lost connection.",
    key: true,
    path: "config",
    async walk(page, recorder, place) {
      await recorder.say("Nothing arrives? Begin with the connection.");
      await recorder.type(page.getByLabel(/^Matomo URL/), "http://127.0.0.1:9/matomo.php");
      await recorder.click(button(page, "Test connection"));
      await page
        .getByText(/refused|not be reached|nothing answers/i)
        .first()
        .waitFor();
      await recorder.say("The message tells what was tried, and what to do. This address was wrong.");
      await recorder.type(page.getByLabel(/^Matomo URL/), place.target);
      await recorder.type(page.getByLabel("Token", { exact: true }), "00000000000000000000000000000000");
      await recorder.click(button(page, "Test connection"));
      await page.getByText(/token/i).first().waitFor();
      await recorder.rest(1200);
      await recorder.say("Now the Matomo answers, but the token is none of its own.");
      await recorder.type(page.getByLabel("Token", { exact: true }), TOKEN);
      await recorder.click(button(page, "Test connection"));
      await page.getByText("The token is good").waitFor();
      await page.getByText("All settings are valid.").waitFor();
      await recorder.click(button(page, "Apply and start"));
      await recorder.click(page.getByRole("dialog").getByRole("button", { name: "Apply and start" }));
      await page.getByText("Running").filter({ visible: true }).first().waitFor();
      await recorder.click(nav(page, "Logs"));
      await recorder.say("The log tells the rest: levels, a search with marks, and the way to a file.");
      await recorder.type(page.getByLabel("Search for a text"), "visits");
      await recorder.rest(1500);
      await recorder.click(nav(page, "Status"));
      await place.stopControl();
      await page.getByText("Connection lost").waitFor();
      await recorder.say("When the control plane is away, the page says so, and how old the figures are.");
      await place.startControl();
      await page.getByText("Connection lost").waitFor({ state: "detached" });
      await page.getByText(/hits sent/).waitFor();
      await recorder.say("It goes on by itself. The load generator has not stopped meanwhile.");
    },
  },
];

for (const tutorial of TUTORIALS) {
  test(tutorial.title, async () => {
    const place = await Place.open();
    await tutorial.prepare?.(place);
    const { name, key, path } = tutorial;
    const { page, context } = await visit(browser, place, { key, path, width: 1280, height: 800 });
    try {
      await page.locator("h1").first().waitFor();
      const recorder = await Recorder.start(page);
      await tutorial.walk(page, recorder, place);
      const file = join(FOLDER, `${name}.webm`);
      await recorder.write(file);
      await page.evaluate(() => document.getElementById("caption-of-the-recording")?.remove());
      expect(bytesOf(file)).toBeLessThan(LARGEST);
      told.push({ tutorial, said: recorder.said });
    } finally {
      await context.close();
      await place.close();
    }
  }, 300_000);
}

function transcript(): string {
  const parts = told.map(({ tutorial: { name, title, about }, said }) => {
    const lines = said.map((text, index) => `${index + 1}. ${text}`).join("\n");
    return `## ${title}\n\n${about} [Watch it](${name}.webm), silent, with captions. What they say:\n\n${lines}\n`;
  });
  return `# Walkthroughs\n\nRecorded from the running page by \`cargo xtask tutorials\`, which writes this file, too.\n\n${parts.join("\n")}`;
}
