/** The configuration that is in use: what was set, secrets masked. */
import { Pencil } from "lucide";
import { useState } from "preact/hooks";
import type { Status } from "../../api/types";
import { href } from "../../router";
import { Button, Card, Icon } from "../../ui";
import { labelOf } from "../config/labels";

/** What is told first, in this order. */
const FIRST = [
  "MATOMO_URL",
  "MATOMO_SITE_ID",
  "MATOMO_TOKEN_AUTH",
  "TARGET_VISITS_PER_DAY",
  "CONCURRENCY",
  "TRAFFIC_SHAPE",
  "TIMEZONE",
  "MAX_TOTAL_VISITS",
];
/** How many are shown before the rest is asked for. */
const FEW = 8;

/** Large numbers are easier to read in groups of digits. */
const shownValue = (value: unknown): string =>
  /^\d{4,}$/.test(String(value)) ? Number(value).toLocaleString("en") : String(value);

export function Summary({ status }: { status: Status }) {
  const [all, setAll] = useState(false);
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const entries = Object.entries(status.config)
    .filter(([, value]) => value !== null && value !== "")
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  if (entries.length === 0) return null;
  const shown = all ? entries : entries.slice(0, FEW);
  return (
    <Card
      class="mt-4"
      title="Configuration in use"
      actions={
        <a
          href={href("config")}
          class="inline-flex h-7.5 items-center gap-1.5 rounded-lg px-2 text-[13px] font-medium text-soft hover:bg-sunken hover:text-ink"
        >
          <Icon of={Pencil} />
          Edit
        </a>
      }
    >
      <dl class="grid gap-x-8 gap-y-1.5 sm:grid-cols-2 xl:grid-cols-4">
        {shown.map(([name, value]) => (
          <div key={name} class={`min-w-0 ${name === "MATOMO_URL" ? "sm:col-span-2" : ""}`}>
            <dt class="text-[12.5px] text-faint">{labelOf(name)}</dt>
            <dd class="figures truncate" title={String(value)}>
              {shownValue(value)}
            </dd>
          </div>
        ))}
      </dl>
      {entries.length > FEW && (
        <Button small kind="quiet" class="mt-2 -ml-2" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${entries.length}`}
        </Button>
      )}
    </Card>
  );
}
