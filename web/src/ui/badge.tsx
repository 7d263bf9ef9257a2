import type { ComponentChildren } from "preact";
import { Icon, type IconNode } from "./icon";

export type Tone = "neutral" | "accent" | "ok" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-soft",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** A state in a word, told by colour, by its pictogram and by the word itself. */
export function Badge({
  tone = "neutral",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconNode;
  children: ComponentChildren;
}) {
  return (
    <span
      class={`inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-[12.5px] leading-5 font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {icon && <Icon of={icon} size={13} />}
      {children}
    </span>
  );
}
