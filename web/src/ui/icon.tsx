import type { IconNode } from "lucide";
import { h } from "preact";

export type { IconNode };

/** A pictogram. It says nothing to a screen reader: the words beside it do. */
export function Icon({ of, size = 16, class: extra = "" }: { of: IconNode; size?: number; class?: string }) {
  return (
    <svg
      class={`shrink-0 ${extra}`}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes]) => h(tag, attributes as Record<string, string>))}
    </svg>
  );
}
