/** Asks the API what it makes of a text while it is typed: soon after the last key, and never more often than it allows. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";

/** How long the typing must rest, and the least between two questions, in milliseconds. 20 a minute are allowed. */
const REST = 600;
const APART = 3100;

export interface Checked<T> {
  /** The latest answer. */
  answer: T | undefined;
  /** Why there is none: what was wrong with the question. */
  error: unknown;
  /** Whether the answer is not yet for what is on the page. */
  waiting: boolean;
}

/** `undefined` asks nothing. */
export function useCheck<Q, T>(
  question: Q | undefined,
  ask: (question: Q, signal: AbortSignal) => Promise<T>,
): Checked<T> {
  const [state, setState] = useState<Checked<T>>({ answer: undefined, error: undefined, waiting: false });
  const lastAt = useRef(0);
  const key = question === undefined ? undefined : JSON.stringify(question);
  useEffect(() => {
    if (question === undefined) {
      setState({ answer: undefined, error: undefined, waiting: false });
      return undefined;
    }
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const wait = (ms: number) => {
      timer = setTimeout(run, ms);
    };
    async function run() {
      lastAt.current = Date.now();
      try {
        const answer = await ask(question as Q, abort.signal);
        if (!abort.signal.aborted) setState({ answer, error: undefined, waiting: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        if (error instanceof ApiError && (error.code === "rate_limited" || error.code === "unreachable")) {
          wait((error.retryAfter ?? 5) * 1000);
        } else {
          setState((before) => ({ ...before, error, waiting: false }));
        }
      }
    }
    setState((before) => ({ ...before, waiting: true }));
    wait(Math.max(REST, lastAt.current + APART - Date.now()));
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key]);
  return state;
}
