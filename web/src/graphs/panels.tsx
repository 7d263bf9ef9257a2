/** Graphs side by side: one zoom and one cursor for all of them, each with its table. */
import { ChartLine, Table2 } from "lucide";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button, Card, Loading, Table } from "../ui";
import type { Axis, GraphProps, Line } from "./graph";
import type { Column } from "./series";

export type { Axis, Line } from "./graph";

/** What a graph shows. */
export interface Plan {
  title: string;
  show: (value: number) => string;
  /** The least upper end of the scale. */
  atLeast: number;
  /** The scale never goes beyond. */
  most?: number;
  lines: Line[];
}

interface Shared {
  axis: Axis;
  at: number[];
  window: [number, number];
  onZoom: (window: [number, number] | undefined) => void;
}

export function Panels({ plans, ...shared }: { plans: Plan[] } & Shared) {
  const [Graph, noGraphs] = useGraph();
  return (
    <div class="grid gap-4 xl:grid-cols-2">
      {plans.map((plan) => (
        <Panel key={plan.title} plan={plan} Graph={Graph} noGraphs={noGraphs} {...shared} />
      ))}
    </div>
  );
}

/** What draws them is loaded when the first is seen; `true` when it could not be. */
function useGraph(): [ComponentType<GraphProps> | undefined, boolean] {
  const [Graph, setGraph] = useState<ComponentType<GraphProps>>();
  const [noGraphs, setNoGraphs] = useState(false);
  useEffect(() => {
    void import("./graph").then(
      (module) => setGraph(() => module.default),
      () => setNoGraphs(true),
    );
  }, []);
  return [Graph, noGraphs];
}

function Panel({
  plan,
  Graph,
  noGraphs,
  ...shared
}: {
  plan: Plan;
  Graph: ComponentType<GraphProps> | undefined;
  /** The graphs could not be loaded: the table stands in. */
  noGraphs: boolean;
} & Shared) {
  const [wantsTable, setAsTable] = useState(false);
  const asTable = wantsTable || noGraphs;
  const { title } = plan;
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
        <Figures plan={plan} {...shared} />
      ) : Graph ? (
        <div class="pb-2">
          <Graph {...plan} {...shared} />
        </div>
      ) : (
        <div class="px-4">
          <Loading rows={5} label="Loading the graph" />
        </div>
      )}
    </Card>
  );
}

function Figures({ plan, axis, at, window }: { plan: Plan } & Shared) {
  const { lines } = plan;
  const rows = at
    .map((x, index) => ({ x, index }))
    .filter(
      ({ x, index }) =>
        x >= window[0] && x <= window[1] && lines.some(({ values }) => isThere(values, index)),
    );
  if (axis.newestFirst) rows.reverse();
  return (
    <div class="h-50 overflow-y-auto">
      <Table
        caption={`${plan.title}, ${axis.order}`}
        rows={rows}
        keyOf={({ x }) => x}
        columns={[
          { title: axis.title, cell: ({ x }) => <span class="figures">{axis.inTable(x)}</span> },
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

const isThere = (values: Column, index: number): boolean =>
  values[index] !== null && values[index] !== undefined;
