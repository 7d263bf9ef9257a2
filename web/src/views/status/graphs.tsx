/** The graphs over time: one range, one zoom and one cursor for all of them, each with its table. */
import { ChartLine, RotateCcw, Table2 } from "lucide";
import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Metrics } from "../../api/types";
import { dateAndTime, figure, millis, percent } from "../../format";
import { prefer, preferences } from "../../preferences";
import { now } from "../../state/now";
import { poll } from "../../state/poll";
import { Button, Card, Empty, Failed, Loading, Segments, Table } from "../../ui";
import type { GraphProps, Line } from "./graph";
import { type Series, series } from "./series";

const RANGES = [
  ["5m", "5 min", 300],
  ["15m", "15 min", 900],
  ["1h", "1 h", 3600],
  ["6h", "6 h", 21_600],
  ["24h", "24 h", 86_400],
  ["7d", "7 days", 604_800],
] as const;

const perSecond = (value: number) => `${figure(value)}/s`;

interface Plan {
  title: string;
  show: (value: number) => string;
  atLeast: number;
  most?: number;
  lines: (data: Series) => Line[];
}

const PLANS: Plan[] = [
  {
    title: "Visits and hits",
    show: perSecond,
    atLeast: 0.1,
    lines: (data) => [
      { label: "Visits", colour: "--series-1", values: data.visits },
      { label: "Hits", colour: "--series-2", dash: [6, 4], values: data.hits },
    ],
  },
  {
    title: "Success rate",
    show: percent,
    atLeast: 1,
    most: 1.05,
    lines: (data) => [{ label: "Acknowledged", colour: "--series-2", values: data.success }],
  },
  {
    title: "Latency",
    show: millis,
    atLeast: 5,
    lines: (data) => [
      { label: "p50", colour: "--series-1", values: data.p50 },
      { label: "p95", colour: "--series-3", dash: [6, 4], values: data.p95 },
      { label: "p99", colour: "--series-4", dash: [2, 3], values: data.p99 },
    ],
  },
  {
    title: "In flight",
    show: figure,
    atLeast: 4,
    lines: (data) => [{ label: "Requests", colour: "--series-1", values: data.inFlight }],
  },
];

export function Graphs() {
  const range = RANGES.find(([id]) => id === preferences.value.range) ?? RANGES[2];
  const [id, , width] = range;
  const [metrics, setMetrics] = useState<Metrics>();
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  const [zoom, setZoom] = useState<[number, number]>();
  const [Graph, setGraph] = useState<ComponentType<GraphProps>>();
  const [noGraphs, setNoGraphs] = useState(false);

  useEffect(() => {
    void import("./graph").then(
      (module) => setGraph(() => module.default),
      () => setNoGraphs(true),
    );
  }, []);

  useEffect(() => {
    // A new point comes every ten seconds at the most; a wide range shows none of them at once.
    const every = width <= 3600 ? 5000 : 20_000;
    return poll(async (signal) => {
      try {
        setMetrics(await api("GET /api/metrics", { query: { window: id }, signal }));
        setError(undefined);
      } catch (failed) {
        if (!signal.aborted) setError(failed);
        throw failed;
      }
    }, every);
  }, [id, width, attempt]);

  const end = Math.floor(now.value / 1000);
  const data = useMemo(() => metrics && series(metrics, end), [metrics]);
  const pick = (picked: string) => {
    setZoom(undefined);
    prefer({ range: picked });
  };

  return (
    <section aria-labelledby="graphs">
      <div class="mt-7 mb-3 flex flex-wrap items-center gap-3">
        <h2 id="graphs" class="grow text-[16px] font-semibold">
          Over time
        </h2>
        {zoom && (
          <Button small icon={RotateCcw} onClick={() => setZoom(undefined)}>
            Show all
          </Button>
        )}
        <Segments
          label="Range of the graphs"
          options={RANGES.map(([range, label]) => [range, label] as const)}
          active={id}
          onPick={pick}
        />
      </div>
      {content()}
    </section>
  );

  function content() {
    if (!data) {
      if (error !== undefined) return <Failed error={error} onRetry={() => setAttempt(attempt + 1)} />;
      return (
        <Card>
          <Loading rows={5} label="Loading the graphs" />
        </Card>
      );
    }
    if (data.at.length === 0) {
      return (
        <Card>
          <Empty icon={ChartLine} title="Nothing ran in this time">
            As soon as visits are on their way, their figures appear here, a point every ten seconds.
          </Empty>
        </Card>
      );
    }
    return (
      <div class="grid gap-4 xl:grid-cols-2">
        {PLANS.map((plan) => (
          <Panel
            key={plan.title}
            plan={plan}
            data={data}
            window={zoom ?? [end - width, end]}
            Graph={Graph}
            noGraphs={noGraphs}
            onZoom={setZoom}
          />
        ))}
      </div>
    );
  }
}

function Panel({
  plan,
  data,
  window,
  Graph,
  noGraphs,
  onZoom,
}: {
  plan: Plan;
  data: Series;
  window: [number, number];
  Graph: ComponentType<GraphProps> | undefined;
  /** The graphs could not be loaded: the table stands in. */
  noGraphs: boolean;
  onZoom: (window: [number, number] | undefined) => void;
}) {
  const [wantsTable, setAsTable] = useState(false);
  const asTable = wantsTable || noGraphs;
  const lines = useMemo(() => plan.lines(data), [plan, data]);
  const { title, show, atLeast, most } = plan;
  return (
    <Card
      flush
      title={title}
      actions={
        <Button
          small
          kind="quiet"
          icon={asTable ? ChartLine : Table2}
          label={asTable ? `${title} as a graph` : `${title} as a table`}
          disabled={noGraphs}
          onClick={() => setAsTable(!asTable)}
        />
      }
    >
      {asTable ? (
        <Figures plan={plan} at={data.at} lines={lines} window={window} />
      ) : Graph ? (
        <div class="pb-2">
          <Graph
            title={title}
            at={data.at}
            lines={lines}
            show={show}
            atLeast={atLeast}
            {...(most === undefined ? {} : { most })}
            window={window}
            onZoom={onZoom}
          />
        </div>
      ) : (
        <div class="px-4">
          <Loading rows={5} label="Loading the graph" />
        </div>
      )}
    </Card>
  );
}

function Figures({
  plan,
  at,
  lines,
  window,
}: {
  plan: Plan;
  at: number[];
  lines: Line[];
  window: [number, number];
}) {
  const rows = at
    .map((time, index) => ({ time, index }))
    .filter(
      ({ time, index }) =>
        time >= window[0] && time <= window[1] && lines.some(({ values }) => values[index] !== null),
    )
    .reverse();
  return (
    <div class="h-50 overflow-y-auto">
      <Table
        caption={`${plan.title}, the newest first`}
        rows={rows}
        keyOf={({ time }) => time}
        columns={[
          { title: "Time", cell: ({ time }) => <span class="figures">{dateAndTime(time * 1000)}</span> },
          ...lines.map(({ label, values }) => ({
            title: label,
            figures: true,
            cell: ({ index }: { index: number }) => {
              const value = values[index];
              return value === null || value === undefined ? "–" : plan.show(value);
            },
          })),
        ]}
      />
    </div>
  );
}
