/** Every view has an address. Going to one puts it into the history, the title, and the focus. */
import { signal } from "@preact/signals";

const BASE = "/ui";

/** `/ui/logs` is `logs`, `/ui/funnels/3` is `funnels/3`; the first view is empty. */
const read = (): string => location.pathname.slice(BASE.length).replace(/^\/+|\/+$/g, "");

export const path = signal(read());

/** Asked before a view is left by a link or the history; false keeps it. */
let guard: (() => boolean) | undefined;

export function guardLeaving(ask: () => boolean): () => void {
  guard = ask;
  return () => {
    if (guard === ask) guard = undefined;
  };
}

export const href = (to: string): string => (to === "" ? BASE : `${BASE}/${to}`);

export function go(to: string): void {
  if (to === path.value || (guard && !guard())) return;
  history.pushState(null, "", href(to));
  path.value = to;
}

addEventListener("popstate", () => {
  const to = read();
  if (to !== path.value && guard && !guard()) {
    // The browser has gone already: the address is put back.
    history.pushState(null, "", href(path.value));
    return;
  }
  path.value = to;
});

/** Follows a link of ours without loading the page again; lets modified clicks be. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const link = (event.target as Element).closest("a");
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname.slice(BASE.length).replace(/^\/+|\/+$/g, ""));
}
