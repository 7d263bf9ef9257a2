import { CircleAlert, CircleCheck, CircleX, Info } from "lucide";
import type { ComponentChildren } from "preact";
import type { Tone } from "./badge";
import { Icon, type IconNode } from "./icon";

const LOOKS: Record<Tone, [string, IconNode]> = {
  neutral: ["border-line bg-sunken text-soft", Info],
  accent: ["border-accent/30 bg-accent-soft text-accent", Info],
  ok: ["border-ok/30 bg-ok-soft text-ok", CircleCheck],
  warn: ["border-warn/35 bg-warn-soft text-warn", CircleAlert],
  bad: ["border-bad/35 bg-bad-soft text-bad", CircleX],
};

/** Something that the person should know, where it belongs. `live` reads it out when it appears. */
export function Notice({
  tone = "neutral",
  title,
  actions,
  live = false,
  children,
}: {
  tone?: Tone;
  title?: ComponentChildren;
  actions?: ComponentChildren;
  live?: boolean;
  children?: ComponentChildren;
}) {
  const [look, icon] = LOOKS[tone];
  return (
    <div
      role={live ? (tone === "bad" ? "alert" : "status") : undefined}
      class={`flex gap-2.5 rounded-lg border px-3 py-2.5 ${look}`}
    >
      <Icon of={icon} class="mt-[3px]" />
      <div class="min-w-0 grow">
        {title && <p class="font-semibold">{title}</p>}
        {children && <div class={title ? "text-soft" : "text-ink"}>{children}</div>}
      </div>
      {actions && <div class="flex shrink-0 items-start gap-2">{actions}</div>}
    </div>
  );
}
