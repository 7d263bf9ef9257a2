import type { ComponentChildren } from "preact";

/** Figures side by side, each in a [`Tile`]. */
export function Tiles({ children }: { children: ComponentChildren }) {
  return (
    <dl class="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line shadow-card lg:grid-cols-4">
      {children}
    </dl>
  );
}

/** A figure, readable from across the room, with its name and what there is to say of it. */
export function Tile({
  name,
  value,
  tone = "",
  children,
}: {
  name: string;
  value: string;
  tone?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="min-w-0 bg-surface px-4 py-3.5">
      <dt class="text-[13px] text-faint">{name}</dt>
      <dd>
        <span class={`figures block truncate text-[25px] leading-8 font-semibold tracking-tight ${tone}`}>
          {value}
        </span>
        <span class="figures block text-[13px] text-faint [overflow-wrap:anywhere]">{children}</span>
      </dd>
    </div>
  );
}
