import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

/** One of several panels. Arrow keys go from tab to tab, as everywhere. */
export function Tabs<Id extends string>({
  tabs,
  active,
  onPick,
  label,
  children,
}: {
  tabs: readonly (readonly [id: Id, label: ComponentChildren])[];
  active: Id;
  onPick: (id: Id) => void;
  label: string;
  children: ComponentChildren;
}) {
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([id]) => id === active);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    onPick(next[0]);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next[0]}"]`)?.focus();
  };
  return (
    <>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        onKeyDown={move}
        class="flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map(([id, text]) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${base}-${id}`}
            data-tab={id}
            aria-selected={id === active}
            aria-controls={`${base}-panel`}
            tabIndex={id === active ? 0 : -1}
            onClick={() => onPick(id)}
            class={`-mb-px border-b-2 px-3 py-2 font-medium whitespace-nowrap -outline-offset-2! ${id === active ? "border-accent text-ink" : "border-transparent text-faint hover:text-ink"}`}
          >
            {text}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${active}`}>
        {children}
      </div>
    </>
  );
}

/** A few choices side by side, one of them on. */
export function Segments<Id extends string>({
  options,
  active,
  onPick,
  label,
}: {
  options: readonly (readonly [id: Id, label: ComponentChildren])[];
  active: Id;
  onPick: (id: Id) => void;
  label: string;
}) {
  return (
    <fieldset class="inline-flex max-w-full overflow-x-auto rounded-lg bg-sunken p-0.5">
      <legend class="sr-only">{label}</legend>
      {options.map(([id, text]) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === active}
          onClick={() => onPick(id)}
          class={`h-7.5 rounded-md px-2.5 text-[13px] font-medium whitespace-nowrap ${id === active ? "bg-raised text-ink shadow-card ring-1 ring-line" : "text-soft hover:text-ink"}`}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
