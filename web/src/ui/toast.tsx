/** Short messages about what was done. Errors stay until they are closed; the rest goes by itself. */
import { signal } from "@preact/signals";
import { CircleAlert, CircleCheck, Info, X } from "lucide";
import { tell } from "../api/client";
import { Button } from "./button";
import { Icon } from "./icon";

interface Toast {
  id: number;
  tone: "ok" | "bad" | "neutral";
  text: string;
  undo: (() => void) | undefined;
}

/** How long a message stays, in milliseconds; longer where there is something to press. */
const STAYS = 6000;
const STAYS_WITH_UNDO = 12_000;

const toasts = signal<Toast[]>([]);
let last = 0;

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

export function toast(text: string, tone: Toast["tone"] = "ok", undo?: () => void): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.peek().filter((other) => other.text !== text), { id, tone, text, undo }].slice(
    -4,
  );
  if (tone !== "bad") setTimeout(() => dismiss(id), undo ? STAYS_WITH_UNDO : STAYS);
}

/** Tells what went wrong. */
export const toastError = (error: unknown): void => toast(tell(error), "bad");

const ICONS = { ok: CircleCheck, bad: CircleAlert, neutral: Info };
const COLOURS = { ok: "text-ok", bad: "text-bad", neutral: "text-soft" };

/** Where messages appear. Stands once, in the page's frame. */
export function Toasts() {
  return (
    <div
      role="status"
      aria-live="polite"
      class="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2 sm:left-auto sm:w-104"
    >
      {toasts.value.map(({ id, tone, text, undo }) => (
        <div
          key={id}
          role={tone === "bad" ? "alert" : undefined}
          class="pointer-events-auto flex w-full items-start gap-2.5 rounded-xl border border-line bg-raised py-2 pr-2 pl-3 shadow-float"
        >
          <Icon of={ICONS[tone]} class={`mt-1.5 ${COLOURS[tone]}`} />
          <p class="min-w-0 grow py-1">{text}</p>
          {undo && (
            <Button
              small
              kind="quiet"
              onClick={() => {
                dismiss(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
          <Button small kind="quiet" icon={X} label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
