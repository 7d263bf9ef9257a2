/** Two runs side by side: what changed in a sentence, figure by figure, and over time. */
import { ArrowLeft, ArrowLeftRight, Equal, HelpCircle, TrendingDown, TrendingUp } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Change, Comparison as Compared, Difference, RunBrief, RunDetail } from "../../api/types";
import { dateAndTime, span } from "../../format";
import { elapsedAxis } from "../../graphs/axes";
import { Panels } from "../../graphs/panels";
import { OverTimeSection } from "../../graphs/section";
import { runSeries } from "../../graphs/series";
import { go, href } from "../../router";
import {
  Badge,
  Button,
  Card,
  Failed,
  Icon,
  type IconNode,
  Loading,
  Notice,
  PageHead,
  Table,
  type Tone,
  useLoad,
} from "../../ui";
import { intervalOf, relative, signed, spoken } from "./figures";
import { comparing } from "./list";
import { overlay } from "./overlay";

const AXIS = elapsedAxis("compare");

export function Comparison({ a, b }: { a: string; b: string }) {
  const compared = useLoad((signal) => api("GET /api/runs/compare", { query: { a, b }, signal }), [a, b]);
  const details = useLoad(
    (signal) =>
      Promise.all([
        api("GET /api/runs/{id}", { path: { id: a }, signal }),
        api("GET /api/runs/{id}", { path: { id: b }, signal }),
      ]),
    [a, b],
  );
  return (
    <>
      <a
        href={href("runs")}
        class="mb-2 inline-flex items-center gap-1.5 text-[13px] text-soft hover:text-ink"
      >
        <Icon of={ArrowLeft} size={14} />
        All runs
      </a>
      <PageHead
        title="Two runs side by side"
        about="A is the run before, B the run after."
        actions={
          <Button icon={ArrowLeftRight} onClick={() => go(comparing(b, a))}>
            Swap
          </Button>
        }
      />
      {compared.data ? (
        <Outcome compared={compared.data} />
      ) : (
        <Card>
          {compared.error === undefined ? (
            <Loading rows={6} label="Comparing" />
          ) : (
            <Failed error={compared.error} onRetry={() => void compared.reload()} />
          )}
        </Card>
      )}
      {details.data && <OverTime runs={details.data} />}
    </>
  );
}

function Outcome({ compared }: { compared: Compared }) {
  const { figures } = compared;
  const worse = figures.some(({ change }) => change === "worse");
  const better = figures.some(({ change }) => change === "better");
  const tone: Tone = worse ? "bad" : better ? "ok" : "neutral";
  return (
    <div class="flex flex-col gap-4">
      <Notice tone={tone} title={compared.verdict} />
      <div class="grid gap-4 sm:grid-cols-2">
        <Side letter="A" run={compared.a} />
        <Side letter="B" run={compared.b} />
      </div>
      {compared.cautions.length > 0 && (
        <Notice tone="warn" title="What weakens this comparison">
          <ul class="list-disc pl-5">
            {compared.cautions.map((caution) => (
              <li key={caution} class="[overflow-wrap:anywhere]">
                {caution}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Figures figures={figures} confidence={compared.confidence} />
      {compared.differing_settings.length > 0 && (
        <Card title="Settings that are not the same" flush>
          <Table
            caption="What these settings were in both runs"
            rows={compared.differing_settings}
            keyOf={({ name }) => name}
            columns={[
              { title: "Setting", cell: ({ name }) => <span class="font-mono text-[13px]">{name}</span> },
              { title: "A", cell: ({ a }) => <Given value={a} /> },
              { title: "B", cell: ({ b }) => <Given value={b} /> },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

const Given = ({ value }: { value: string | null | undefined }) =>
  value === null || value === undefined ? (
    <span class="text-faint">not given</span>
  ) : (
    <span class="figures [overflow-wrap:anywhere]">{value}</span>
  );

function Side({ letter, run }: { letter: string; run: RunBrief }) {
  return (
    <Card
      title={
        <>
          {letter}:{" "}
          <a href={href(`runs/${encodeURIComponent(run.id)}`)} class="text-accent hover:underline">
            {run.id}
          </a>
        </>
      }
    >
      <p class="figures text-[13px] text-faint [overflow-wrap:anywhere]">
        {dateAndTime(run.started_at)} · {span(run.seconds)} compared · seed {run.seed} · version {run.version}{" "}
        · {run.target}, site {run.site_id}
      </p>
    </Card>
  );
}

function Figures({ figures, confidence }: { figures: Difference[]; confidence: number }) {
  return (
    <Card
      title="Figures"
      about={`The interval holds the difference with ${confidence * 100}% confidence. Where it has zero in it, chance explains the difference.`}
      flush
    >
      <Table
        caption="Figures of both runs"
        rows={figures}
        keyOf={({ figure }) => figure}
        columns={[
          {
            title: "Figure",
            cell: ({ figure }) => <span class="whitespace-nowrap">{spoken(figure).name}</span>,
          },
          { title: "A", figures: true, cell: ({ figure, a }) => shown(figure, a) },
          { title: "B", figures: true, cell: ({ figure, b }) => shown(figure, b) },
          {
            title: "Difference",
            figures: true,
            cell: (of) => (
              <>
                {of.difference === null || of.difference === undefined
                  ? "–"
                  : signed(of.difference, spoken(of.figure).show)}
                <span class="block text-[13px] text-faint">{relative(of)}</span>
              </>
            ),
          },
          { title: "Interval", cell: (of) => <Interval of={of} /> },
          { title: "Change", cell: ({ change }) => <ChangeBadge change={change} /> },
        ]}
      />
    </Card>
  );
}

const shown = (figure: string, value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : spoken(figure).show(value);

/** The interval in words, and where it lies about zero. */
function Interval({ of }: { of: Difference }) {
  const place = intervalOf(of);
  if (!place || of.low === null || of.low === undefined || of.high === null || of.high === undefined)
    return <span class="text-faint">–</span>;
  const { show } = spoken(of.figure);
  const colour = { better: "bg-ok", worse: "bg-bad", none: "bg-faint", unknown: "bg-faint" }[of.change];
  return (
    <span class="block min-w-44">
      <span class="figures block text-[13px] whitespace-nowrap">
        {signed(of.low, show)} to {signed(of.high, show)}
      </span>
      <span aria-hidden="true" class="relative mt-1 block h-2 rounded-full bg-sunken">
        <span class="absolute inset-y-0 w-px bg-edge" style={{ left: `${place.zero}%` }} />
        <span
          class={`absolute inset-y-0.5 rounded-full ${colour}`}
          style={{ left: `${place.from}%`, width: `${Math.max(1.5, place.to - place.from)}%` }}
        />
      </span>
    </span>
  );
}

const CHANGES: Record<Change, [Tone, IconNode, string]> = {
  better: ["ok", TrendingUp, "Better"],
  worse: ["bad", TrendingDown, "Worse"],
  none: ["neutral", Equal, "Chance"],
  unknown: ["neutral", HelpCircle, "Too little"],
};

function ChangeBadge({ change }: { change: Change }) {
  const [tone, icon, word] = CHANGES[change];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

function OverTime({ runs: [a, b] }: { runs: [RunDetail, RunDetail] }) {
  const [zoom, setZoom] = useState<[number, number]>();
  const { at, plans } = useMemo(() => overlay(runSeries(a.series), runSeries(b.series)), [a, b]);
  if (at.length === 0) return null;
  const end = (at.at(-1) ?? 0) + Math.max(a.series.resolution_s, b.series.resolution_s);
  return (
    <OverTimeSection zoom={zoom} onShowAll={() => setZoom(undefined)}>
      <Panels plans={plans} axis={AXIS} at={at} window={zoom ?? [0, end]} onZoom={setZoom} />
    </OverTimeSection>
  );
}
