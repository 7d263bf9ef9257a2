/** Records a walk through the page: what the browser draws, with captions, as a small WebM and a list of what was said. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Locator, Page } from "playwright-core";

/** How fast people read, in milliseconds a character; and the least for a caption. */
const A_CHARACTER = 42;
const AT_LEAST = 1800;

/** The longest that a picture is held: a wait for a machine is of no interest, in seconds. */
const LONGEST = 4;

interface Frame {
  /** A JPEG. */
  picture: Buffer;
  /** When it was drawn, in seconds. */
  at: number;
}

export class Recorder {
  readonly said: string[] = [];
  readonly #frames: Frame[] = [];

  private constructor(
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  static async start(page: Page): Promise<Recorder> {
    const session = await page.context().newCDPSession(page);
    const recorder = new Recorder(page, session);
    session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
      recorder.#frames.push({
        picture: Buffer.from(data, "base64"),
        at: metadata.timestamp ?? Date.now() / 1000,
      });
      void session.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined);
    });
    const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
    await session.send("Page.startScreencast", {
      format: "jpeg",
      quality: 92,
      maxWidth: width,
      maxHeight: height,
    });
    return recorder;
  }

  /** Shows a caption, for as long as it takes to read it. */
  async say(text: string): Promise<void> {
    this.said.push(text);
    await this.page.evaluate((words) => {
      const id = "caption-of-the-recording";
      const box = document.getElementById(id) ?? document.body.appendChild(document.createElement("div"));
      box.id = id;
      box.popover = "manual";
      box.setAttribute("aria-hidden", "true");
      Object.assign(box.style, {
        position: "fixed",
        // Between the navigation and where messages appear.
        inset: "auto auto 24px 232px",
        margin: "0",
        width: "fit-content",
        maxWidth: "600px",
        padding: "10px 20px",
        border: "0",
        borderRadius: "10px",
        background: "rgb(12 15 22 / 0.9)",
        color: "white",
        font: "500 20px/1.4 system-ui, sans-serif",
        pointerEvents: "none",
      });
      box.textContent = words;
      // Shown anew, it stands above a dialog that has come since.
      if (box.matches(":popover-open")) box.hidePopover();
      box.showPopover();
    }, text);
    await this.rest(Math.max(AT_LEAST, text.length * A_CHARACTER));
  }

  rest(ms: number): Promise<void> {
    return this.page.waitForTimeout(ms);
  }

  /** Shows where something is, for a moment. */
  async point(at: Locator): Promise<void> {
    await at.waitFor();
    await at.scrollIntoViewIfNeeded();
    const box = await at.boundingBox();
    if (!box) return;
    await this.page.evaluate(({ x, y, width, height }) => {
      const ring = document.body.appendChild(document.createElement("div"));
      ring.popover = "manual";
      ring.setAttribute("aria-hidden", "true");
      Object.assign(ring.style, {
        position: "fixed",
        inset: "auto",
        left: `${x - 6}px`,
        top: `${y - 6}px`,
        width: `${width + 12}px`,
        height: `${height + 12}px`,
        margin: "0",
        padding: "0",
        boxSizing: "border-box",
        border: "3px solid rgb(230 120 20)",
        borderRadius: "12px",
        background: "transparent",
        pointerEvents: "none",
      });
      ring.showPopover();
      setTimeout(() => ring.remove(), 700);
    }, box);
    await this.rest(750);
  }

  async click(at: Locator): Promise<void> {
    await this.point(at);
    await at.click();
    await this.rest(350);
  }

  async type(at: Locator, text: string): Promise<void> {
    await this.point(at);
    await at.fill("");
    await at.pressSequentially(text, { delay: 28 });
    await this.rest(250);
  }

  /** Ends the recording and writes it. */
  async write(file: string): Promise<void> {
    await this.rest(600);
    await this.session.send("Page.stopScreencast");
    const folder = mkdtempSync(join(tmpdir(), "trafficinator-recording-"));
    try {
      const list = this.#frames.map(({ picture, at }, index) => {
        const name = `${String(index).padStart(5, "0")}.jpg`;
        writeFileSync(join(folder, name), picture);
        const until = this.#frames[index + 1]?.at ?? at + 1;
        return `file '${name}'\nduration ${Math.min(LONGEST, Math.max(0.02, until - at)).toFixed(3)}`;
      });
      const last = `${String(this.#frames.length - 1).padStart(5, "0")}.jpg`;
      writeFileSync(join(folder, "list.txt"), `${list.join("\n")}\nfile '${last}'\n`);
      const encode =
        "-vf fps=12 -c:v libvpx-vp9 -crf 42 -b:v 0 -g 240 -row-mt 1 -deadline good -cpu-used 4 -an";
      const input = [
        "-loglevel",
        "error",
        "-y",
        "-f",
        "concat",
        "-safe",
        "0",
        "-i",
        join(folder, "list.txt"),
      ];
      execFileSync("ffmpeg", [...input, ...encode.split(" "), "-pix_fmt", "yuv420p", file]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

export const bytesOf = (file: string): number => statSync(file).size;
