/** Keyboard shortcuts: single keys and pairs such as `g` `s`, told by the `?` sheet, off when the person says so. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { preferences } from "./preferences";

export interface Shortcut {
  /** Keys to press one after the other, for example `g s`. */
  keys: string;
  label: string;
  run: () => void;
}

export const shortcuts = signal<Shortcut[]>([]);

/** How long the second key may take, in milliseconds. */
const PAIR = 1200;
let first = "";
let firstAt = 0;

/** Adds shortcuts while the component is there. */
export function useShortcuts(added: Shortcut[], inputs: unknown[] = []): void {
  useEffect(() => {
    shortcuts.value = [...shortcuts.peek(), ...added];
    return () => {
      shortcuts.value = shortcuts.peek().filter((shortcut) => !added.includes(shortcut));
    };
  }, inputs);
}

/** Whether a key belongs to what has the focus. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type)
  );
}

addEventListener("keydown", (event) => {
  if (!preferences.value.shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const pair = event.timeStamp - firstAt < PAIR && first ? `${first} ${event.key}` : "";
  const known = shortcuts.peek();
  const found = known.find(({ keys }) => keys === pair) ?? known.find(({ keys }) => keys === event.key);
  first = found ? "" : event.key;
  firstAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  found.run();
});
