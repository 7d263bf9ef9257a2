/** What the API says of the form, asked when the typing rests. */
import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Said, Schema } from "../../api/types";
import { configOf, type Draft } from "./model";
import { secretsOf } from "./saved";

interface Verdict {
  errors: Said[];
  warnings: Said[];
}

/** How long the typing must rest before the API is asked, in milliseconds. */
const REST = 700;

/** What the API says of the form; asked when the typing rests. */
export function useServerCheck(current: Draft, schema: Schema): [verdict: Verdict, checking: boolean] {
  const [verdict, setVerdict] = useState<Verdict>({ errors: [], warnings: [] });
  const [checking, setChecking] = useState(true);
  const asked = JSON.stringify([configOf(current, schema), secretsOf(current)]);
  useEffect(() => {
    setChecking(true);
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const body = { config: configOf(current, schema), ...secretsOf(current) };
        const { errors, warnings } = await api("POST /api/validate", { body, signal: abort.signal });
        setVerdict({ errors, warnings });
        setChecking(false);
      } catch {
        // The connection's own message says it; applying is checked again anyway.
      }
    }, REST);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked]);
  return [verdict, checking];
}
