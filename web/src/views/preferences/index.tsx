/** Preferences: how this browser shows the page, and everything that was made here as one file. */
import type { ComponentChildren } from "preact";
import { DEFAULTS, prefer, preferences, type RateUnit, type Theme } from "../../preferences";
import { Button, Card, PageHead, Segments, Switch, toast } from "../../ui";
import { ExportCard } from "./export";
import { ImportCard } from "./import";

const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const REFRESH = [
  ["2500", "2.5 s"],
  ["5000", "5 s"],
  ["15000", "15 s"],
] as const;
const RATES: readonly (readonly [RateUnit, string])[] = [
  ["second", "a second"],
  ["minute", "a minute"],
  ["hour", "an hour"],
];

export default function PreferencesView() {
  const { theme, refresh, utc, rate, shortcuts } = preferences.value;
  const reset = () => {
    const before = preferences.peek();
    prefer(DEFAULTS);
    toast("All preferences are as at first", "ok", () => prefer(before));
  };
  return (
    <>
      <PageHead title="Preferences" about="How this browser shows the page, and your things as one file." />
      <div class="flex max-w-3xl flex-col gap-4">
        <Card
          title="This browser"
          about="Kept here only; nothing of it goes to the control plane."
          actions={
            <Button small kind="quiet" onClick={reset}>
              Reset
            </Button>
          }
        >
          <dl class="divide-y divide-line">
            <Choice term="Theme" says="Colours of the page.">
              <Segments
                label="Theme"
                options={THEMES}
                active={theme}
                onPick={(to) => prefer({ theme: to })}
              />
            </Choice>
            <Choice term="Refresh" says="How often figures are asked for.">
              <Segments
                label="Refresh"
                options={REFRESH}
                active={String(refresh) as (typeof REFRESH)[number][0]}
                onPick={(ms) => prefer({ refresh: Number(ms) })}
              />
            </Choice>
            <Choice term="Times" says="The zone that times are shown in.">
              <Segments
                label="Times"
                options={[
                  ["local", "This browser's zone"],
                  ["utc", "UTC"],
                ]}
                active={utc ? "utc" : "local"}
                onPick={(zone) => prefer({ utc: zone === "utc" })}
              />
            </Choice>
            <Choice term="Rates" says="The unit of visits and hits over time.">
              <Segments
                label="Rates"
                options={RATES}
                active={rate}
                onPick={(unit) => prefer({ rate: unit })}
              />
            </Choice>
            <Choice term="Keyboard shortcuts" says="Single keys; press ? to see them all.">
              <Switch
                label="Keyboard shortcuts"
                checked={shortcuts}
                onToggle={(on) => prefer({ shortcuts: on })}
              />
            </Choice>
          </dl>
        </Card>
        <ExportCard />
        <ImportCard />
      </div>
    </>
  );
}

function Choice({ term, says, children }: { term: string; says: string; children: ComponentChildren }) {
  return (
    <div class="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <dt class="min-w-0 grow">
        <span class="block font-medium">{term}</span>
        <span class="block text-[13px] text-faint">{says}</span>
      </dt>
      <dd class="max-w-full">{children}</dd>
    </div>
  );
}
