/** What is drawn of a series: the same graphs for the load generator now and for a run. */
import { figure, millis, percent } from "../format";
import type { Plan } from "./panels";
import type { Column, Series } from "./series";

const perSecond = (value: number) => `${figure(value)}/s`;

/** Lines that are told apart by colour and by their dashes. */
const LOOKS: { colour: string; dash?: number[] }[] = [
  { colour: "--series-1" },
  { colour: "--series-3", dash: [6, 4] },
  { colour: "--series-4", dash: [2, 3] },
  { colour: "--series-2", dash: [10, 3] },
  { colour: "--accent", dash: [8, 3, 2, 3] },
];

const look = (index: number) => LOOKS[index % LOOKS.length] ?? { colour: "--series-1" };

export function plans(data: Series): Plan[] {
  const all: Plan[] = [
    {
      title: "Visits and hits",
      show: perSecond,
      atLeast: 0.1,
      lines: [
        { label: "Visits", colour: "--series-1", values: data.visits },
        { label: "Hits", colour: "--series-2", dash: [6, 4], values: data.hits },
      ],
    },
    {
      title: "Success rate",
      show: percent,
      atLeast: 1,
      most: 1.05,
      lines: [{ label: "Acknowledged", colour: "--series-2", values: data.success }],
    },
    {
      title: "Latency",
      show: millis,
      atLeast: 5,
      lines: [
        { label: "p50", ...look(0), values: data.p50 },
        { label: "p95", ...look(1), values: data.p95 },
        { label: "p99", ...look(2), values: data.p99 },
      ],
    },
    {
      title: "In flight",
      show: figure,
      atLeast: 4,
      lines: [{ label: "Requests", colour: "--series-1", values: data.inFlight }],
    },
  ];
  if (isSeen(data.lag)) {
    all.push({
      title: "Lag",
      show: millis,
      atLeast: 5,
      lines: [{ label: "p99", colour: "--series-3", values: data.lag }],
    });
  }
  if (data.reports.size > 0) {
    all.push({
      title: "Report times",
      show: millis,
      atLeast: 50,
      lines: [...data.reports].map(([label, values], index) => ({ label, ...look(index), values })),
    });
  }
  return all;
}

const isSeen = (column: Column): boolean => column.some((value) => value !== null);
