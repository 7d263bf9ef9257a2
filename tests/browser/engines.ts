/**
 * The browsers that playwright cannot drive as a person has them: Debian's Firefox, by Marionette, and WebKitGTK, the
 * engine of Safari, by its WebDriver. Both know the same commands; only how they are sent differs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An element's id comes under this name, by the standard. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Sends a command of the WebDriver standard, and gives its value back. */
type Send = (command: Command, given?: Record<string, unknown>) => Promise<unknown>;
type Command = keyof typeof COMMANDS;

/** The name in Marionette, the method and the address in WebDriver. `{id}` is an element. */
const COMMANDS = {
  go: ["WebDriver:Navigate", "POST", "url"],
  find: ["WebDriver:FindElement", "POST", "element"],
  click: ["WebDriver:ElementClick", "POST", "element/{id}/click"],
  clear: ["WebDriver:ElementClear", "POST", "element/{id}/clear"],
  type: ["WebDriver:ElementSendKeys", "POST", "element/{id}/value"],
  run: ["WebDriver:ExecuteScript", "POST", "execute/sync"],
} as const;

/** How long something may take to appear, in milliseconds. */
const PATIENCE = 30_000;

/** A window of a browser. */
export class Window {
  constructor(
    readonly name: string,
    private readonly send: Send,
    readonly close: () => Promise<void>,
  ) {}

  async go(url: string): Promise<void> {
    await this.send("go", { url });
  }

  /** What a script returns. */
  run<T>(script: string, ...args: unknown[]): Promise<T> {
    return this.send("run", { script, args }) as Promise<T>;
  }

  /** Waits until a script returns something true. */
  async until(script: string, what: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await this.run<boolean>(`return Boolean(${script})`))) {
      if (Date.now() > end)
        throw new Error(`${this.name}: did not come to pass: ${what}\n${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  text(): Promise<string> {
    return this.run("return document.body.innerText");
  }

  sees(text: string): Promise<void> {
    return this.until(`document.body.innerText.includes(${JSON.stringify(text)})`, `${text} is to be seen`);
  }

  /** The element that an XPath finds, as soon as it is there. */
  private async find(xpath: string): Promise<string> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      try {
        const found = (await this.send("find", { using: "xpath", value: xpath })) as Record<string, string>;
        return found[ELEMENT] ?? "";
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Clicks as a person does. */
  async click(xpath: string): Promise<void> {
    const id = await this.find(xpath);
    await this.run("arguments[0].scrollIntoView({ block: 'center' })", { [ELEMENT]: id });
    await this.send("click", { id });
  }

  /** A button, by its text or its label. */
  press(name: string): Promise<void> {
    return this.click(`//button[normalize-space(.)="${name}" or @aria-label="${name}"][not(@disabled)]`);
  }

  /** Types into the field of a label. */
  async fill(label: string, text: string): Promise<void> {
    const id = await this.find(`//*[@id=//label[starts-with(normalize-space(.), "${label}")]/@for]`);
    await this.send("clear", { id });
    await this.send("type", { id, text });
  }
}

const started = (program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess =>
  spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.on("exit", () => done());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 5000).unref();
  });
}

async function eventually<T>(what: string, ask: () => Promise<T> | T): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what}: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where the program of an engine is, if it is here. */
const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);
const WEBKIT = ["/usr/bin/WebKitWebDriver"].find(existsSync);
const MINI_BROWSER = ["4.1", "4.0", "6.0"]
  .flatMap((version) =>
    ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
      (arch) => `/usr/lib/${arch}/webkit2gtk-${version}/MiniBrowser`,
    ),
  )
  .find(existsSync);

/** The engines that are here, and how to open a window of each. */
export const ENGINES: Record<string, { here: boolean; open: () => Promise<Window> }> = {
  firefox: { here: FIREFOX !== undefined, open: openFirefox },
  webkit: { here: WEBKIT !== undefined && MINI_BROWSER !== undefined, open: openWebKit },
};

async function openFirefox(): Promise<Window> {
  const profile = mkdtempSync(join(tmpdir(), "trafficinator-firefox-"));
  const preferences: Record<string, unknown> = {
    // 0 takes a free one, and writes it into a file of the profile
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "toolkit.telemetry.reportingpolicy.firstRun": false,
    "app.update.enabled": false,
    "browser.startup.page": 0,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
  };
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
  const child = started(
    FIREFOX ?? "firefox",
    ["--headless", "--marionette", "--no-remote", "--profile", profile],
    {
      MOZ_HEADLESS: "1",
      HOME: profile,
    },
  );
  const close = async () => {
    await ended(child);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const port = await eventually("Firefox did not open its port", () => {
      const text = readFileSync(join(profile, "MarionetteActivePort"), "utf8").trim();
      if (!/^\d+$/.test(text)) throw new Error("not yet");
      return Number(text);
    });
    const call = await marionette(port);
    await call("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
    const send: Send = async (command, given = {}) => {
      const answer = (await call(COMMANDS[command][0], given)) as { value?: unknown } | null;
      return answer?.value ?? answer;
    };
    return new Window("firefox", send, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Marionette's wire: `LENGTH:[0, id, name, given]` there, `LENGTH:[1, id, error, value]` back. */
async function marionette(port: number): Promise<(name: string, given: object) => Promise<unknown>> {
  const socket = await new Promise<Socket>((done, failed) => {
    const opened = connect(port, "127.0.0.1", () => done(opened));
    opened.on("error", failed);
  });
  const waiting = new Map<number, { done: (value: unknown) => void; failed: (error: Error) => void }>();
  let heard = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    heard = Buffer.concat([heard, chunk]);
    for (;;) {
      const colon = heard.indexOf(":");
      const length = Number(heard.subarray(0, colon).toString());
      if (colon < 0 || heard.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(heard.subarray(colon + 1, colon + 1 + length).toString());
      heard = heard.subarray(colon + 1 + length);
      if (!Array.isArray(message)) continue;
      const [, id, error, value] = message as [
        number,
        number,
        { error: string; message: string } | null,
        unknown,
      ];
      const one = waiting.get(id);
      waiting.delete(id);
      if (error) one?.failed(new Error(`${error.error}: ${error.message}`));
      else one?.done(value);
    }
  });
  const gone = () => {
    for (const one of waiting.values()) one.failed(new Error("Firefox has closed the connection"));
  };
  socket.on("close", gone).on("error", gone);
  let last = 0;
  return (name, given) =>
    new Promise((done, failed) => {
      const text = JSON.stringify([0, ++last, name, given]);
      waiting.set(last, { done, failed });
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });

/** A screen that nobody sees. */
async function screen(): Promise<{ display: string; child: ChildProcess }> {
  const child = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1440x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const number = await new Promise<string>((done, failed) => {
    child.stdout?.once("data", (chunk: Buffer) => done(chunk.toString().trim()));
    child.on("error", failed);
    child.on("exit", (code) => failed(new Error(`Xvfb ended with ${code}`)));
  });
  return { display: `:${number}`, child };
}

async function openWebKit(): Promise<Window> {
  const home = mkdtempSync(join(tmpdir(), "trafficinator-webkit-"));
  const { display, child: server } = await screen();
  const port = await freePort();
  const driver = started(WEBKIT ?? "WebKitWebDriver", [`--port=${port}`], {
    DISPLAY: display,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    // There is no graphics card here, and no accessibility bus.
    WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    WEBKIT_DISABLE_DMABUF_RENDERER: "1",
    LIBGL_ALWAYS_SOFTWARE: "1",
    NO_AT_BRIDGE: "1",
    // It takes its language from here, and C is none.
    LANG: "C.UTF-8",
    LANGUAGE: "en_GB",
    LC_ALL: "en_GB.UTF-8",
  });
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) {
      const { error, message } = value as { error: string; message: string };
      throw new Error(`${error}: ${message}`);
    }
    return value;
  };
  let session = "";
  const close = async () => {
    if (session) await ask("DELETE", session).catch(() => undefined);
    await ended(driver);
    await ended(server);
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await eventually("WebKitWebDriver does not answer", () => ask("GET", "/status"));
    const options = { binary: MINI_BROWSER, args: ["--automation"] };
    const made = (await ask("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    })) as { sessionId: string };
    session = `/session/${made.sessionId}`;
    const send: Send = (command, given = {}) => {
      const [, method, path] = COMMANDS[command];
      const { id, ...body } = given;
      return ask(method, `${session}/${path.replace("{id}", String(id))}`, body);
    };
    return new Window("webkit", send, close);
  } catch (error) {
    await close();
    throw error;
  }
}
