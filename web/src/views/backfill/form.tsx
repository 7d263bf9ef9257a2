/** What to send: the days, the caps, and a guard against sending the same days twice. */
import { Play } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { ApiError, api } from "../../api/client";
import type { BackfillRequest, Run } from "../../api/types";
import { count, span } from "../../format";
import { status } from "../../state/status";
import { Button, Card, Check, confirm, Field, Input, Notice, toast, toastError, useAction } from "../../ui";
import { Calendar } from "./calendar";
import {
  addDays,
  addMonths,
  daysIn,
  isDay,
  monthOf,
  overlapping,
  sentDays,
  shortDay,
  targetOf,
  today as todayIn,
  windowName,
} from "./days";

interface Draft {
  name: string;
  first: string;
  last: string;
  perDay: string;
  total: string;
  rps: string;
  seed: string;
}

const FIELDS = {
  first: "BACKFILL_START_DATE",
  last: "BACKFILL_END_DATE",
  perDay: "BACKFILL_MAX_VISITS_PER_DAY",
  total: "BACKFILL_MAX_VISITS_TOTAL",
  rps: "BACKFILL_RPS_LIMIT",
  seed: "BACKFILL_SEED",
} as const;

const LARGE_WINDOW = 90;

function draftFor(again: Run | undefined, today: string): Draft {
  const kept = (name: string) => again?.config[name] ?? "";
  return {
    name: "",
    first: again?.first_day ?? addDays(today, -7),
    last: again?.last_day ?? addDays(today, -1),
    perDay: kept(FIELDS.perDay) || "2000",
    total: kept(FIELDS.total) || "200000",
    rps: kept(FIELDS.rps),
    seed: kept(FIELDS.seed),
  };
}

/** Only what is given: an empty field is not sent, and never a window in two ways. */
export function requestOf(draft: Draft): BackfillRequest {
  const request: Record<string, string> = {};
  if (draft.name.trim()) request.name = draft.name.trim();
  for (const [field, name] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][]) {
    if (draft[field].trim()) request[name] = draft[field].trim();
  }
  return request as BackfillRequest;
}

export function BackfillForm({
  again,
  runs,
  refresh,
}: {
  again: Run | undefined;
  runs: readonly Run[];
  refresh: () => Promise<void>;
}) {
  const config = status.value?.config ?? {};
  const zone = String(config.TIMEZONE ?? "UTC");
  const today = todayIn(zone);
  const [draft, setDraft] = useState(() => draftFor(again, today));
  const [agreed, setAgreed] = useState(false);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const edit = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setFaults({});
    if (change.first !== undefined || change.last !== undefined) setAgreed(false);
  };

  const target = targetOf(config);
  const { first, last } = draft;
  const whole = isDay(first) && isDay(last) && first <= last && last <= today;
  const days = whole ? daysIn(first, last) : 0;
  const perDay = Math.min(
    Number(draft.perDay) || 0,
    Number(config.TARGET_VISITS_PER_DAY) || Number.POSITIVE_INFINITY,
  );
  const most = Math.min(perDay * days, Number(draft.total) || Number.POSITIVE_INFINITY);
  const earlier = whole ? overlapping(runs, first, last, target) : [];
  const twice = whole ? sentDays(runs, first, last, target) : new Set<string>();
  const everSent = useMemo(() => sentDays(runs, "0000-01-01", today, target), [runs, today, target]);
  const rps = Number(draft.rps);
  const windowFault = windowFaultOf(first, last, today);
  const tokenless = !config.MATOMO_TOKEN_AUTH && !config.MATOMO_TOKEN_AUTH_FILE;

  const [run, running] = useAction(
    async () => {
      const yes = await confirm({
        title: `Send ${days === 1 ? "one day" : `${count(days)} days`} of visits?`,
        body: (
          <>
            <p>
              Up to {count(most)} visits of {windowName(first, last)} go to{" "}
              <span class="font-mono text-[13px] [overflow-wrap:anywhere]">
                {String(config.MATOMO_URL ?? "")}
              </span>
              , site {String(config.MATOMO_SITE_ID ?? 1)}.
            </p>
            {twice.size > 0 && (
              <p class="mt-2 font-medium text-warn">
                {twice.size === 1 ? "One of these days was" : `${count(twice.size)} of these days were`} sent
                before, and will have visits of both runs.
              </p>
            )}
            <p class="mt-2">
              What Matomo has recorded stays there: only its administrator can delete visits.
            </p>
          </>
        ),
        action: "Send them",
        danger: twice.size > 0,
      });
      if (!yes) return;
      const started = await api("POST /api/backfill/run", { body: requestOf(draft) });
      toast(`${started.run.name} is under way`);
      for (const { field, message } of started.warnings) toast(`${field} ${message}`, "neutral");
      setAgreed(false);
      edit({ name: "" });
      await refresh();
    },
    (error) => {
      if (error instanceof ApiError && error.errors.length > 0) {
        const names = error.errors.map(({ field, message }) => [field.toUpperCase(), message] as const);
        setFaults(Object.fromEntries(names));
        const known: string[] = [...Object.values(FIELDS), "NAME"];
        if (names.some(([name]) => !known.includes(name))) toastError(error);
      } else if (error instanceof ApiError && error.code === "name_taken") {
        setFaults({ NAME: error.message });
      } else toastError(error);
    },
  );

  const quick: [string, string, string][] = [
    ["Yesterday", addDays(today, -1), addDays(today, -1)],
    ["Last 7 days", addDays(today, -7), addDays(today, -1)],
    ["Last 30 days", addDays(today, -30), addDays(today, -1)],
    ["Last month", `${addMonths(monthOf(today), -1)}-01`, addDays(`${monthOf(today)}-01`, -1)],
  ];
  const text = (
    field: keyof Draft,
    label: string,
    more: { help?: string; hint?: string; warning?: string } = {},
  ) => (
    <Field label={label} {...more} error={faults[field === "name" ? "NAME" : FIELDS[field]]}>
      {(wired) => (
        <Input
          {...wired}
          value={draft[field]}
          inputMode={field === "name" ? "text" : "decimal"}
          onText={(value) => edit({ [field]: value })}
        />
      )}
    </Field>
  );

  return (
    <Card
      title={again ? `Repeat ${again.name}` : "New backfill"}
      about={`Days are those of ${zone}; today is ${shortDay(today)}.`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
        class="flex flex-col gap-4"
      >
        {tokenless && (
          <Notice tone="warn" title="No token is set">
            Matomo takes visits that are older than a day only with a token. Set{" "}
            <code class="font-mono text-[13px]">MATOMO_TOKEN_AUTH</code> in{" "}
            <a href="/ui/config" class="underline">
              the configuration
            </a>{" "}
            first.
          </Notice>
        )}
        <div class="grid gap-6 lg:grid-cols-[auto_minmax(0,1fr)]">
          <Calendar
            first={isDay(first) ? first : undefined}
            last={isDay(last) ? last : undefined}
            today={today}
            sent={(day) => everSent.has(day)}
            onPick={(from, to) => edit({ first: from, last: to })}
          />
          <div class="flex min-w-0 flex-col gap-4">
            <fieldset class="flex flex-wrap gap-1.5">
              <legend class="sr-only">Windows to choose</legend>
              {quick.map(([label, from, to]) => (
                <Button
                  key={label}
                  small
                  aria-pressed={first === from && last === to}
                  class={first === from && last === to ? "border-accent! text-accent!" : ""}
                  onClick={() => edit({ first: from, last: to })}
                >
                  {label}
                </Button>
              ))}
            </fieldset>
            <div class="grid gap-4 sm:grid-cols-2">
              <Field label="First day" error={faults[FIELDS.first] ?? windowFault.first}>
                {(wired) => (
                  <Input
                    {...wired}
                    type="date"
                    max={today}
                    value={first}
                    onText={(day) => edit({ first: day })}
                  />
                )}
              </Field>
              <Field label="Last day" error={faults[FIELDS.last] ?? windowFault.last}>
                {(wired) => (
                  <Input
                    {...wired}
                    type="date"
                    max={today}
                    value={last}
                    onText={(day) => edit({ last: day })}
                  />
                )}
              </Field>
              {text("perDay", "Most visits a day")}
              {text("total", "Most visits in all", { hint: "0 = no limit" })}
              {text("rps", "Most requests a second", {
                hint: "empty = no limit",
                ...(rps > 100 && { warning: "This may be more than a Matomo in use bears." }),
              })}
              {text("seed", "Seed", { hint: "empty = that of the load generator" })}
              {text("name", "Name", { hint: "empty = the time", help: "Letters, digits, _ . and -" })}
            </div>
          </div>
        </div>
        {days > LARGE_WINDOW && (
          <Notice tone="warn">
            {count(days)} days are a large window. Matomo has to build the reports of all of them; begin with
            a few.
          </Notice>
        )}
        {twice.size > 0 && (
          <Notice
            tone="warn"
            live
            title={`${twice.size === 1 ? "One of these days was" : `${count(twice.size)} of these days were`} sent to this site before`}
          >
            <p>
              By{" "}
              <span class="font-medium text-ink">
                {earlier
                  .slice(0, 3)
                  .map((run) => run.name)
                  .join(", ")}
              </span>
              {earlier.length > 3 && ` and ${earlier.length - 3} more`}. Sent again, these days will have the
              visits of both runs in Matomo.
            </p>
            <div class="mt-2 text-ink">
              <Check checked={agreed} onToggle={setAgreed}>
                Send these days again
              </Check>
            </div>
          </Notice>
        )}
        <div class="flex flex-wrap items-center gap-3 border-t border-line pt-4">
          <Button
            type="submit"
            kind="primary"
            icon={Play}
            busy={running}
            disabled={!whole || (twice.size > 0 && !agreed)}
          >
            Run the backfill
          </Button>
          <p class="figures text-[13px] text-soft" role="status">
            {whole &&
              Number.isFinite(most) &&
              `${days === 1 ? "One day" : `${count(days)} days`}, up to ${count(most)} visits${
                rps > 0 && Number.isFinite(rps)
                  ? `, about ${span((most * 5) / rps)} at ${rps} requests a second`
                  : ""
              }`}
          </p>
        </div>
      </form>
    </Card>
  );
}

function windowFaultOf(first: string, last: string, today: string): { first?: string; last?: string } {
  if (!isDay(first)) return { first: "Give a day." };
  if (!isDay(last)) return { last: "Give a day." };
  if (last < first) return { last: `It ends before it begins: give ${shortDay(first)} or a later day.` };
  if (last > today) return { last: `It lies in the future: give ${shortDay(today)} or an earlier day.` };
  return {};
}
