/** The live log: a WebSocket that is opened again when it breaks, from where it was, without loss or repeats. */
import { ApiError, api } from "../../api/client";
import { type Line, lineOf } from "./store";

export type StreamState = "connecting" | "open" | "broken";

/** The wait before the first attempt to open it again, and the longest one, in milliseconds. */
const SOON = 1000;
const LATEST = 15_000;

/** `lines` of the past, then all that is written. The answer ends it. */
export function openStream(
  lines: number,
  onLines: (lines: Line[]) => void,
  onState: (state: StreamState, error?: unknown) => void,
): () => void {
  let cursor: string | undefined;
  let wait = SOON;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  let waiting: Line[] = [];
  let frame: ReturnType<typeof setTimeout> | undefined;

  // Lines come one by one and by the thousands; they are shown some times a second.
  const flush = () => {
    frame = undefined;
    const batch = waiting;
    waiting = [];
    if (batch.length > 0 && !ended) onLines(batch);
  };

  async function open() {
    onState("connecting");
    try {
      const { protocols } = await api("POST /api/logs/ticket");
      if (ended) return;
      const query = cursor === undefined ? `lines=${lines}` : `cursor=${encodeURIComponent(cursor)}`;
      const origin = location.origin.replace(/^http/, "ws");
      socket = new WebSocket(`${origin}/api/logs/stream?${query}`, protocols);
    } catch (error) {
      again(error);
      return;
    }
    socket.onopen = () => {
      wait = SOON;
      onState("open");
    };
    socket.onmessage = ({ data }) => {
      const line = JSON.parse(String(data)) as {
        ts: string;
        level: string | null;
        text: string;
        cursor: string | null;
      };
      if (line.cursor) cursor = line.cursor;
      waiting.push(lineOf(line));
      frame ??= setTimeout(flush, 80);
    };
    socket.onclose = () => again();
  }

  function again(error?: unknown) {
    if (ended) return;
    onState("broken", error);
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    timer = setTimeout(open, Math.max(wait, asked));
    wait = Math.min(wait * 2, LATEST);
  }

  void open();
  return () => {
    ended = true;
    clearTimeout(timer);
    clearTimeout(frame);
    if (socket) {
      socket.onclose = null;
      socket.close();
    }
  };
}
