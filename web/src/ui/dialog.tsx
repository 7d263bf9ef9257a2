import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button";

/** A dialog of the browser's own: it keeps the focus in, closes by Escape, and gives the focus back. */
export function Dialog({
  title,
  onClose,
  actions,
  wide = false,
  children,
}: {
  title: ComponentChildren;
  onClose: () => void;
  actions?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog is a second way; Escape is the first
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === box.current && onClose()}
      class={`max-h-[85dvh] w-[calc(100vw-2rem)] overflow-hidden rounded-2xl border border-line bg-raised p-0 shadow-float ${wide ? "max-w-3xl" : "max-w-md"}`}
    >
      <div class="flex max-h-[85dvh] flex-col">
        <header class="flex items-center gap-3 border-b border-line py-3 pr-3 pl-5">
          <h2 id={id} class="grow text-[16px] font-semibold">
            {title}
          </h2>
          <Button kind="quiet" small icon={X} label="Close" onClick={onClose} />
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by keyboard */}
        <section class="grow overflow-auto px-5 py-4 -outline-offset-2!" tabIndex={0} aria-labelledby={id}>
          {children}
        </section>
        {actions && (
          <footer class="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</footer>
        )}
      </div>
    </dialog>
  );
}
