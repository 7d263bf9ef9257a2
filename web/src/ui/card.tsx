import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A part of a view, with its heading and what can be done with it. */
export function Card({
  title,
  about,
  actions,
  flush = false,
  children,
  class: extra = "",
}: {
  title?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  /** The content reaches the edges. */
  flush?: boolean;
  children: ComponentChildren;
  class?: string;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      class={`min-w-0 rounded-xl border border-line bg-surface shadow-card ${extra}`}
    >
      {(title || actions) && (
        <header class="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-3.5 pb-2">
          <div class="min-w-0 grow">
            {title && (
              <h2 id={id} class="font-semibold">
                {title}
              </h2>
            )}
            {about && <p class="text-[13px] text-faint">{about}</p>}
          </div>
          {actions && <div class="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div class={flush ? "" : `px-4 pb-4 ${title || actions ? "" : "pt-4"}`}>{children}</div>
    </section>
  );
}
