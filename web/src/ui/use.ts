/** Hooks for what every view does: load something, do something. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { poll } from "../state/poll";
import { toastError } from "./toast";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
  /** Puts a newer answer in its place. */
  set: (data: T) => void;
}

/** Loads when the view appears, and again when an input changes. An older answer never replaces a newer one. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, inputs: unknown[] = []): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown; loading: boolean }>({ loading: true });
  const running = useRef<AbortController | undefined>(undefined);
  const reload = useCallback(async () => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState((before) => ({ ...before, loading: true }));
    try {
      const data = await load(abort.signal);
      if (!abort.signal.aborted) setState({ data, loading: false });
    } catch (error) {
      if (!abort.signal.aborted) setState((before) => ({ ...before, error, loading: false }));
    }
  }, inputs);
  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);
  return {
    data: state.data,
    error: state.error,
    loading: state.loading,
    reload,
    set: (data) => setState({ data, loading: false }),
  };
}

export interface Polled<T> {
  data: T | undefined;
  /** Why the last answer did not come; what was known before stays. */
  error: unknown;
  /** Asks now, and fails when that does. */
  refresh: () => Promise<void>;
  /** Puts something newer in its place. */
  set: (data: T) => void;
}

/**
 * Asks again and again while the view stands, and at once when an input changes. `ask` is given what is known so far, for
 * answers that are a part of it.
 */
export function usePolled<T>(
  ask: (signal: AbortSignal, before: T | undefined) => Promise<T>,
  everyMs: number,
  inputs: unknown[] = [],
): Polled<T> {
  const [{ data, error }, setState] = useState<{ data: T | undefined; error: unknown }>({
    data: undefined,
    error: undefined,
  });
  const known = useRef<T | undefined>(undefined);
  const asked = useRef(0);
  const shown = useRef(0);
  const put = (newer: T, number: number) => {
    // An answer to an older question never replaces a newer one.
    if (number < shown.current) return;
    shown.current = number;
    known.current = newer;
    setState({ data: newer, error: undefined });
  };
  const next = () => {
    asked.current += 1;
    return asked.current;
  };
  const once = async (signal: AbortSignal) => {
    const number = next();
    try {
      const answer = await ask(signal, known.current);
      if (!signal.aborted) put(answer, number);
    } catch (failed) {
      if (!signal.aborted) setState((before) => ({ ...before, error: failed }));
      throw failed;
    }
  };
  const latest = useRef(once);
  latest.current = once;
  useEffect(() => poll((signal) => latest.current(signal), everyMs), [everyMs, ...inputs]);
  return {
    data,
    error,
    refresh: () => latest.current(new AbortController().signal),
    set: (newer) => put(newer, next()),
  };
}

/** Runs what a button does: `busy` meanwhile, and a message when it fails. Pressed twice, it runs once. */
export function useAction<A extends unknown[]>(
  act: (...given: A) => Promise<unknown>,
  onError: (error: unknown) => void = toastError,
): [run: (...given: A) => Promise<void>, busy: boolean] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = async (...given: A) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await act(...given);
    } catch (error) {
      onError(error);
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return [run, busy];
}
