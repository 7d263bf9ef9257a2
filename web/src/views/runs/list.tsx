/** The runs that were written down, the latest first; two of them can be set side by side. */
import { GitCompareArrows, History } from "lucide";
import { useState } from "preact/hooks";
import { api, tell } from "../../api/client";
import type { RunSummary } from "../../api/types";
import { count, dateAndTime, millis, percent, span } from "../../format";
import { HeldBadge } from "../../judged/badge";
import { go, href } from "../../router";
import {
  Button,
  Card,
  Empty,
  Failed,
  Loading,
  Notice,
  PageHead,
  Table,
  useAction,
  usePolled,
} from "../../ui";
import { ConditionBadge, hostOf, KIND_OF_RUN, ProofBadge } from "./look";

/** How many come at a time. */
const PAGE = 50;
/** How often the first of them are asked for again, in milliseconds. */
const EVERY = 10_000;

interface Shown {
  runs: RunSummary[];
  total: number;
  next: string | undefined;
  warnings: string[];
}

export function List() {
  const {
    data: shown,
    error,
    refresh,
    set: setShown,
  } = usePolled<Shown>(async (signal, before) => {
    const { runs, total, next, warnings } = await api("GET /api/runs", { query: { limit: PAGE }, signal });
    return joined(runs, before, { total, next: next ?? undefined, warnings });
  }, EVERY);
  const [retry] = useAction(refresh);
  const [picked, setPicked] = useState<readonly string[]>([]);

  const [more, loadingMore] = useAction(async () => {
    if (!shown?.next) return;
    const { runs, total, next } = await api("GET /api/runs", { query: { limit: PAGE, before: shown.next } });
    setShown({ ...shown, runs: [...shown.runs, ...runs], total, next: next ?? undefined });
  });

  const pick = (id: string) =>
    setPicked((before) =>
      before.includes(id) ? before.filter((other) => other !== id) : [...before.slice(-1), id],
    );

  const sideBySide = () => {
    // The earlier one is the baseline, in whatever order they were picked.
    const runs = (shown?.runs ?? []).filter(({ id }) => picked.includes(id));
    const [b, a] = runs;
    if (a && b) go(comparing(a.id, b.id));
  };

  return (
    <>
      <PageHead
        title="Runs"
        about="Each run keeps its figures, its course and what the reports of the target should say of it."
        actions={
          <Button
            kind="primary"
            icon={GitCompareArrows}
            disabled={picked.length < 2}
            title={picked.length < 2 ? "Tick two runs first" : undefined}
            onClick={sideBySide}
          >
            Compare
          </Button>
        }
      />
      {shown !== undefined && error !== undefined && (
        <div class="mb-4">
          <Notice tone="warn" live title="This list may be old">
            {tell(error)}
          </Notice>
        </div>
      )}
      {shown?.warnings.map((warning) => (
        <div key={warning} class="mb-4">
          <Notice tone="warn" title="Not all can be read">
            {warning}
          </Notice>
        </div>
      ))}
      <Card flush>{content()}</Card>
    </>
  );

  function content() {
    if (!shown) {
      if (error !== undefined) return <Failed error={error} onRetry={() => void retry()} />;
      return (
        <div class="p-4">
          <Loading rows={5} label="Loading the runs" />
        </div>
      );
    }
    if (shown.runs.length === 0) {
      return (
        <Empty icon={History} title="No run was written down yet">
          Start the load generator, or a backfill: each becomes a run that stands here, during and after it.
        </Empty>
      );
    }
    return (
      <>
        <Runs runs={shown.runs} picked={picked} onPick={pick} />
        <div class="flex flex-wrap items-center gap-3 px-4 py-3 text-[13px] text-faint">
          <span class="grow">
            {count(shown.runs.length)} of {count(shown.total)}. Tick two to compare them.
          </span>
          {shown.next && (
            <Button small busy={loadingMore} onClick={() => void more()}>
              Show more
            </Button>
          )}
        </div>
      </>
    );
  }
}

export const comparing = (a: string, b: string): string =>
  `runs/compare/${encodeURIComponent(a)}/${encodeURIComponent(b)}`;

/** The first part anew, with what was loaded behind it. */
export function joined(
  first: RunSummary[],
  before: Shown | undefined,
  { total, next, warnings }: Omit<Shown, "runs">,
): Shown {
  const known = new Set(first.map(({ id }) => id));
  const behind = (before?.runs ?? []).filter(({ id }) => !known.has(id));
  // Nothing was loaded behind the first part: the rest of what was there before is of no use, and may be gone.
  if (!before || before.runs.length <= first.length || first.length < PAGE)
    return { runs: first, total, next, warnings };
  return { runs: [...first, ...behind], total, next: before.next, warnings };
}

const lasted = ({ started_at, ended_at }: RunSummary): string =>
  ended_at ? span((Date.parse(ended_at) - Date.parse(started_at)) / 1000) : "–";

function Runs({
  runs,
  picked,
  onPick,
}: {
  runs: RunSummary[];
  picked: readonly string[];
  onPick: (id: string) => void;
}) {
  return (
    <Table
      caption="Runs, the latest first"
      rows={runs}
      keyOf={({ id }) => id}
      columns={[
        {
          title: "Compare",
          cell: ({ id }) => (
            <input
              type="checkbox"
              class="size-4 accent-(--accent)"
              aria-label={`Compare ${id}`}
              checked={picked.includes(id)}
              onChange={() => onPick(id)}
            />
          ),
        },
        {
          title: "Run",
          cell: (run) => (
            <span class="block min-w-36">
              <a
                href={href(`runs/${encodeURIComponent(run.id)}`)}
                class="font-medium text-accent hover:underline"
              >
                {run.id}
              </a>
              <span class="block text-[13px] text-faint">
                {KIND_OF_RUN(run)} · {hostOf(run.target)} · site {run.site_id}
              </span>
              {run.note && <span class="line-clamp-2 max-w-80 text-[13px] text-soft">{run.note}</span>}
            </span>
          ),
        },
        { title: "State", cell: ({ state }) => <ConditionBadge state={state} /> },
        {
          title: "Begun",
          cell: (run) => (
            <span class="figures block whitespace-nowrap">
              {dateAndTime(run.started_at)}
              <span class="block text-[13px] text-faint">{run.ended_at ? `took ${lasted(run)}` : ""}</span>
            </span>
          ),
        },
        {
          title: "Visits",
          figures: true,
          cell: (run) => (
            <>
              {count(run.visits)}
              <span class="block text-[13px] text-faint">{count(Math.round(run.visits_per_day))} a day</span>
            </>
          ),
        },
        {
          title: "Success",
          figures: true,
          cell: ({ success_rate }) =>
            success_rate === null || success_rate === undefined ? "–" : percent(success_rate),
        },
        {
          title: "p95",
          figures: true,
          cell: ({ latency_p95_ms }) =>
            latency_p95_ms === null || latency_p95_ms === undefined ? "–" : millis(latency_p95_ms),
        },
        {
          title: "Thresholds",
          cell: ({ thresholds }) =>
            thresholds ? <HeldBadge held={thresholds === "held"} /> : <span class="text-faint">–</span>,
        },
        {
          title: "Proof",
          cell: ({ proof, verifying }) => <ProofBadge proof={proof} verifying={verifying} />,
        },
      ]}
    />
  );
}
