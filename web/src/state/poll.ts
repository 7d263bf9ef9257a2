/** Asks again and again while somebody looks: one request at a time, none in a hidden tab, slower when told so. */
import { ApiError } from "../api/client";

/** The soonest that is asked again after a failure, in milliseconds. */
const PATIENCE = 2000;

/** Begins at once; the answer stops it. */
export function poll(ask: (signal: AbortSignal) => Promise<void>, everyMs: number): () => void {
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;

  async function round() {
    clearTimeout(timer);
    if (asking || stopped.signal.aborted || document.hidden) return;
    asking = true;
    let wait = everyMs;
    try {
      await ask(stopped.signal);
    } catch (error) {
      if (stopped.signal.aborted) return;
      wait = Math.max(PATIENCE, error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0);
    } finally {
      asking = false;
    }
    if (!stopped.signal.aborted) timer = setTimeout(round, wait);
  }

  const look = () => {
    if (!document.hidden) void round();
  };
  document.addEventListener("visibilitychange", look);
  void round();
  return () => {
    stopped.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
