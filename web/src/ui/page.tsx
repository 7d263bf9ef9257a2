import type { ComponentChildren } from "preact";

/** The head of a view: what it is and what can be done. The heading takes the focus when the view is entered. */
export function PageHead({
  title,
  about,
  actions,
}: {
  title: string;
  about?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class="mb-5 flex flex-wrap items-center gap-x-4 gap-y-3">
      <div class="min-w-0 grow">
        <h1 tabIndex={-1} class="text-[22px] leading-tight font-semibold tracking-tight">
          {title}
        </h1>
        {about && <p class="mt-0.5 text-soft">{about}</p>}
      </div>
      {actions && <div class="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

/** A key of the keyboard. */
export function Key({ children }: { children: string }) {
  return (
    <kbd class="inline-grid h-6 min-w-6 place-items-center rounded-md border border-line bg-sunken px-1.5 font-mono text-[12px]">
      {children}
    </kbd>
  );
}
