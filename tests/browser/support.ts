/** What the journeys stand on: the real programs on free ports, and a browser that watches what the page does. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { vi } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAMS = process.env.PROGRAMS ?? join(ROOT, "target/debug");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const KEY = "a-key-of-the-journeys-0123456789";
export const TOKEN = "c0ffee00c0ffee00c0ffee00c0ffee00";

/** A program that has said where it listens. */
interface Program {
  url: string;
  end: () => Promise<void>;
}

async function start(name: string, args: string[], env: Record<string, string>): Promise<Program> {
  const child = spawn(join(PROGRAMS, name), args, {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const url = await new Promise<string>((found, failed) => {
    const read = (chunk: Buffer) => {
      said += chunk.toString();
      const match = /listening on (http:\S+)/.exec(said);
      if (match?.[1]) found(match[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", failed);
    child.on("exit", (code) => failed(new Error(`${name} ended with ${code} before it listened:\n${said}`)));
  });
  return { url, end: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.on("exit", () => done());
    child.kill("SIGTERM");
  });
}

/** A control plane with its local engine, a receiver to send to, and a folder for both. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "trafficinator-journey-"));
  #sink: Program | undefined;
  #control: Program | undefined;
  #limits: "on" | "off" = "off";

  static async open(limits: "on" | "off" = "off"): Promise<Place> {
    const place = new Place();
    place.#limits = limits;
    place.#sink = await start(
      "sink",
      ["--listen", "127.0.0.1:0", "--db", join(place.folder, "sink.sqlite")],
      {
        SINK_TOKEN: TOKEN,
        RUST_LOG: "warn",
      },
    );
    await place.startControl();
    return place;
  }

  /** Where the control plane listens; the same after it was started again. */
  get url(): string {
    return this.#control?.url ?? "";
  }

  /** Where visits go. */
  get target(): string {
    return `${this.#sink?.url}/matomo.php`;
  }

  async startControl(): Promise<void> {
    const port = this.#control ? new URL(this.#control.url).port : "0";
    this.#control = await start("control", [], {
      CONTROL_UI_API_KEY: KEY,
      CONTROL_UI_HOST: "127.0.0.1",
      CONTROL_UI_PORT: port,
      RATE_LIMITS: this.#limits,
      ENGINE: "process",
      LOADGEN_BINARY: join(PROGRAMS, "loadgen"),
      DATA_DIR: join(this.folder, "data"),
    });
  }

  async stopControl(): Promise<void> {
    await this.#control?.end();
  }

  /** Asks the API beside the page. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { "X-API-Key": KEY, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** A load generator that runs, with figures after some seconds. */
  async startVisits(settings: Record<string, unknown> = {}): Promise<void> {
    await this.api("POST", "/api/start", { config: { ...this.settings, ...settings } });
  }

  get settings(): Record<string, unknown> {
    return {
      MATOMO_URL: this.target,
      MATOMO_TOKEN_AUTH: TOKEN,
      TARGET_VISITS_PER_DAY: 400_000,
      PAUSE_BETWEEN_PVS_MIN: 0.05,
      PAUSE_BETWEEN_PVS_MAX: 0.3,
      STATS_INTERVAL: 2,
    };
  }

  async close(): Promise<void> {
    // What runs would outlive the control plane, which finds it again when it is started anew.
    await this.api("POST", "/api/stop?timeout=1").catch(() => undefined);
    const backfills = (await this.api("GET", "/api/backfill/status").catch(() => undefined)) as
      | { active: { container_name: string }[] }
      | undefined;
    for (const { container_name } of backfills?.active ?? []) {
      await this.api("POST", "/api/backfill/cancel", { container_name }).catch(() => undefined);
    }
    const { active: search } = (await this.api("GET", "/api/capacity/status").catch(() => ({}))) as {
      active?: { container_name: string } | null;
    };
    if (search) {
      const { container_name } = search;
      await this.api("POST", "/api/capacity/cancel", { container_name }).catch(() => undefined);
    }
    await this.#control?.end();
    await this.#sink?.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export type Theme = "light" | "dark";

/** A page, and all that went wrong on it. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Faults so far: errors of scripts and of the policy, requests to other hosts. */
  faults: string[];
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export async function visit(
  browser: Browser,
  place: Place,
  options: { path?: string; key?: boolean; width?: number; height?: number; theme?: Theme } = {},
): Promise<Visit> {
  const { path = "", key = true, width = 1440, height = 900, theme = "light" } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-GB",
    baseURL: place.url,
  });
  if (key) await context.addInitScript((kept) => sessionStorage.setItem("trafficinator.key", kept), KEY);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    // That an answer was an error is the page's to tell; the browser says it as well.
    if (message.type() === "error" && !text.startsWith("Failed to load resource"))
      faults.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && host !== new URL(place.url).host)
      faults.push(`asked ${request.url()}`);
  });
  await page.goto(path === "" ? "/ui" : `/ui/${path}`);
  return { page, context, faults };
}

const AXE = readFileSync(createRequire(`${ROOT}/web/package.json`).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary?: string }[];
}

/** What axe-core finds, as a readable list; empty when all is well. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: unknown }> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (await axe.run({ runOnly: tags })).violations;
  });
  return (found as Finding[]).flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id} (${help}): ${target.join(" ")}\n${failureSummary ?? ""}`,
    ),
  );
}

/** By how many pixels the page is wider than the window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Waits until something holds, asking again and again. */
export const until = (check: () => Promise<unknown>, what: string): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await check())) throw new Error(`it never came to this: ${what}`);
    },
    { timeout: 30_000, interval: 250 },
  );

/** The address of every view. */
export const VIEWS = [
  "",
  "config",
  "presets",
  "logs",
  "urls",
  "events",
  "funnels",
  "runs",
  "backfill",
  "capacity",
  "preferences",
];

/** Waits until a view has what it shows. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator(".animate-pulse").first().waitFor({ state: "detached" });
  await page.getByText("Checking…").waitFor({ state: "detached" });
  await page.evaluate(() => new Promise(requestAnimationFrame));
}

/** The folder of the repository. */
export { ROOT };

/** Where a journey may leave pictures of itself for whoever asked for them; undefined = nowhere. */
export const PICTURES = process.env.PICTURES;
