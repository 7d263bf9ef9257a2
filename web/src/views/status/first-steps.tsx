/** What a person sees who has never been here: three steps to the first visit. */
import { Gauge, Play, PlugZap } from "lucide";
import type { ComponentChildren } from "preact";
import { href } from "../../router";
import { Card, Icon, type IconNode } from "../../ui";

export function FirstSteps() {
  return (
    <Card title="Three steps to the first visit">
      <ol class="grid gap-4 pt-1 md:grid-cols-3">
        <Step number={1} icon={Gauge} title="Pick a preset" to="presets">
          Light, Medium, Heavy or Extreme: how many visitors come, and what they do.
        </Step>
        <Step number={2} icon={PlugZap} title="Name your Matomo" to="config">
          Its address, the site, and a token if visitors shall come from many countries. Test the connection:
          it leaves no visit.
        </Step>
        <Step number={3} icon={Play} title="Apply and start" to="config">
          Then watch the visits arrive here.
        </Step>
      </ol>
    </Card>
  );
}

function Step({
  number,
  icon,
  title,
  to,
  children,
}: {
  number: number;
  icon: IconNode;
  title: string;
  to: string;
  children: ComponentChildren;
}) {
  return (
    <li>
      <a
        href={href(to)}
        class="flex h-full gap-3 rounded-lg border border-line p-3.5 transition-colors hover:border-accent hover:bg-accent-soft"
      >
        <span class="grid size-9 shrink-0 place-items-center rounded-full bg-accent-soft text-accent">
          <Icon of={icon} size={18} />
        </span>
        <span class="min-w-0">
          <span class="block font-semibold">
            {number}. {title}
          </span>
          <span class="block text-soft">{children}</span>
        </span>
      </a>
    </li>
  );
}
