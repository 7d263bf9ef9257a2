/** The configuration that is being written. It outlives the view, so that looking at the logs loses nothing. */
import { effect, signal } from "@preact/signals";
import { unlocked } from "../../api/session";
import { status } from "../../state/status";
import { type Config, type Draft, draftOf } from "./model";

export const draft = signal<Draft | undefined>(undefined);

const runningConfig = (): Config | undefined => {
  const current = status.value;
  if (!current || current.container.state === "error") return undefined;
  return current.config;
};

/** What is in use, as the start of a configuration. */
export const fromRunning = (config: Config): Draft =>
  draftOf(Object.keys(config).length > 0 ? { kind: "running" } : { kind: "new" }, config);

effect(() => {
  if (!unlocked.value) {
    draft.value = undefined;
    return;
  }
  const config = runningConfig();
  if (config === undefined) return;
  const current = draft.peek();
  // An untouched form of what is in use follows it.
  const untouched = !current || (current.origin.kind !== "saved" && Object.keys(current.edits).length === 0);
  if (untouched && (!current || JSON.stringify(current.base) !== JSON.stringify(config))) {
    draft.value = fromRunning(config);
  }
});

addEventListener("beforeunload", (event) => {
  if (draft.peek() && Object.keys(draft.peek()?.edits ?? {}).length > 0) event.preventDefault();
});
