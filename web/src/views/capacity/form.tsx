/** What to look for: the first rate, what must hold, and how long each rate is tried. */
import { Search } from "lucide";
import { useState } from "preact/hooks";
import { ApiError, api } from "../../api/client";
import type { CapacitySearch } from "../../api/types";
import { span } from "../../format";
import { DEFAULT_THRESHOLDS, partsOf } from "../../judged/thresholds";
import { status } from "../../state/status";
import { Button, Card, confirm, Field, Input, Notice, toast, toastError, useAction } from "../../ui";
import {
  DEFAULTS,
  type Draft,
  draftOf,
  EMPTY,
  FIELDS,
  type FieldName,
  faultsOf,
  perStep,
  planOf,
  requestOf,
  shortest,
} from "./draft";
import { visits } from "./found";

/** The load generator's rate where nothing sets it. */
const OWN_RATE = 20_000;

interface Words {
  label: string;
  /** Its unit. */
  hint: string;
  help: string;
  /** What holds when it is empty. */
  otherwise: string;
}

/** The fields under More. */
const MORE: Partial<Record<FieldName, Words>> = {
  least: {
    label: "Lowest rate",
    hint: "visits a day",
    help: "When even this one is too much, the search ends.",
    otherwise: visits(DEFAULTS.least),
  },
  most: {
    label: "Highest rate",
    hint: "visits a day",
    help: "No higher rate is tried: set it where a target in use must not be harmed.",
    otherwise: visits(DEFAULTS.most),
  },
  step: {
    label: "Factor between rates",
    hint: "",
    help: "While all thresholds hold, the next rate is so many times the last.",
    otherwise: String(DEFAULTS.step),
  },
  precision: {
    label: "Precision",
    hint: "percent",
    help: "How near to the limit the answer must be.",
    otherwise: String(DEFAULTS.precision),
  },
  warm_up: {
    label: "Warm-up",
    hint: "seconds",
    help: "Before each measurement, so that as many visits end as begin.",
    otherwise: String(DEFAULTS.warm_up),
  },
  step_time: {
    label: "Time for each rate",
    hint: "seconds",
    help: "How long a rate is measured. Longer times make a steadier answer.",
    otherwise: String(DEFAULTS.step_time),
  },
  confirm: {
    label: "Time to confirm",
    hint: "seconds",
    help: "How long the answer must hold at the end.",
    otherwise: String(DEFAULTS.confirm),
  },
  name: { label: "Name", hint: "", help: "Letters, digits, _ . and -", otherwise: "the time" },
};

export function CapacityForm({
  again,
  onBegun,
}: {
  again: CapacitySearch | undefined;
  onBegun: () => Promise<void>;
}) {
  const config = status.value?.config ?? {};
  const own = Number(config.TARGET_VISITS_PER_DAY) || OWN_RATE;
  const ownThresholds = partsOf(config.THRESHOLDS).join(",");
  const [draft, setDraft] = useState<Draft>(() => (again ? draftOf(again) : EMPTY));
  const [refused, setRefused] = useState<Partial<Record<FieldName, string>>>({});
  const [open, setOpen] = useState(false);
  const faults = { ...refused, ...faultsOf(draft) };
  const plan = planOf(draft, own);
  const running = status.value?.container.state === "running";

  const [run, busy] = useAction(
    async () => {
      const yes = await confirm({
        title: "Look for the limit of the target?",
        body: (
          <>
            <p>
              Real visits are recorded at{" "}
              <span class="font-mono text-[13px] [overflow-wrap:anywhere]">
                {String(config.MATOMO_URL ?? "")}
              </span>
              , site {String(config.MATOMO_SITE_ID ?? 1)}, and stay there: only Matomo's administrator can
              delete them.
            </p>
            <p class="mt-2 font-medium text-warn">
              Its load is raised until something breaks. Whoever uses this target meanwhile will notice.
            </p>
          </>
        ),
        action: "Begin the search",
        danger: true,
      });
      if (!yes) return;
      const started = await api("POST /api/capacity/run", { body: requestOf(draft) });
      toast(`${started.search.name} is under way`);
      for (const { message } of started.warnings) toast(message, "neutral");
      await onBegun();
    },
    (error) => {
      const told = error instanceof ApiError ? error.errors : [];
      const known = (field: string): field is FieldName => (FIELDS as readonly string[]).includes(field);
      if (error instanceof ApiError && error.code === "name_taken") setRefused({ name: error.message });
      else setRefused(Object.fromEntries(told.map(({ field, message }) => [field, message])));
      const named = told.map(({ field }) => field);
      if (named.some((field) => field in MORE) || (error as ApiError).code === "name_taken") setOpen(true);
      const isShown = error instanceof ApiError && (error.code === "name_taken" || named.length > 0);
      if (!isShown || !named.every(known)) toastError(error);
    },
  );

  const text = (field: FieldName, { label, hint, help, otherwise }: Words) => (
    <Field key={field} label={label} hint={hint} help={help} error={faults[field]}>
      {(wired) => (
        <Input
          {...wired}
          value={draft[field]}
          inputMode={field === "name" || field === "thresholds" ? "text" : "decimal"}
          class={field === "thresholds" ? "font-mono text-[13px]" : ""}
          placeholder={otherwise}
          onText={(value) => {
            setDraft((before) => ({ ...before, [field]: value }));
            setRefused({});
          }}
        />
      )}
    </Field>
  );

  return (
    <Card
      title={again ? `Repeat ${again.name}` : "New search"}
      about="Raises the rate step by step until a threshold breaks, then narrows it down, and confirms what held. An empty field stands for what is shown in it."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
        class="flex flex-col gap-4"
      >
        {running && (
          <Notice tone="warn" title="The load generator runs">
            The target bears its traffic, too. Stop it first to learn what the target bears alone.
          </Notice>
        )}
        <div class="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
          {text("from", {
            label: "First rate",
            hint: "visits a day",
            help: "Begin at what the target surely bears. Empty, it is the load generator's own rate.",
            otherwise: visits(own),
          })}
          {text("thresholds", {
            label: "Thresholds",
            hint: ownThresholds ? "empty = the load generator's own" : "",
            help: "What must hold, such as p95<300ms,success>99.9%. Besides these: response_p95 (from when a request was due), lag_p99 (how late visits start) and skipped (visits that could not start in time).",
            otherwise: ownThresholds || DEFAULT_THRESHOLDS,
          })}
        </div>
        <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary class="w-fit font-medium text-soft hover:text-ink">More</summary>
          <div class="mt-3 grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
            {(Object.entries(MORE) as [FieldName, Words][]).map(([field, words]) => text(field, words))}
          </div>
        </details>
        <div class="flex flex-wrap items-center gap-x-3 gap-y-2 border-t border-line pt-4">
          <Button type="submit" kind="primary" icon={Search} busy={busy} disabled={!plan}>
            Look for the limit
          </Button>
          <p class="figures text-[13px] text-soft" role="status">
            {plan &&
              `From ${visits(plan.from)} visits a day on. Takes ${span(shortest(plan))} at the least, and ${span(perStep(plan))} more for each further rate.`}
          </p>
        </div>
      </form>
    </Card>
  );
}
