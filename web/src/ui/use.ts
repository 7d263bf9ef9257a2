/** Hooks for what every view does: load something, do something. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
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
