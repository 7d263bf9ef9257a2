/** Two runs in one graph: both on the seconds since they began. */
import { figure, millis, percent } from "../../format";
import type { Plan } from "../../graphs/panels";
import type { Column, Series } from "../../graphs/series";

/** The figures that are set side by side. */
const FIGURES: {
  title: string;
  show: (value: number) => string;
  atLeast: number;
  most?: number;
  of: (series: Series) => Column;
}[] = [
  { title: "Visits", show: (value) => `${figure(value)}/s`, atLeast: 0.1, of: (series) => series.visits },
  { title: "Latency p95", show: millis, atLeast: 5, of: (series) => series.p95 },
  { title: "Success rate", show: percent, atLeast: 1, most: 1.05, of: (series) => series.success },
  { title: "Latency p99", show: millis, atLeast: 5, of: (series) => series.p99 },
];

export interface Overlay {
  at: number[];
  plans: Plan[];
}

export function overlay(a: Series, b: Series): Overlay {
  const at = [...new Set([...a.at, ...b.at])].sort((one, other) => one - other);
  const lines = (of: (series: Series) => Column) => [
    { label: "A", colour: "--series-1", values: spread(a, of(a), at) },
    { label: "B", colour: "--series-3", dash: [6, 4], values: spread(b, of(b), at) },
  ];
  const reports = [...new Set([...a.reports.keys(), ...b.reports.keys()])];
  return {
    at,
    plans: [
      ...FIGURES.map(({ of, ...plan }) => ({ ...plan, lines: lines(of) })),
      ...reports.map((name) => ({
        title: `Reports: ${name}`,
        show: millis,
        atLeast: 50,
        lines: lines((series) => series.reports.get(name) ?? []),
      })),
    ],
  };
}

/**
 * A column on the moments of both runs. Where the other run has a moment more, the figure before stands on, so that the
 * line does not break; a gap of its own stays one.
 */
function spread(series: Series, column: Column, at: number[]): Column {
  const own = new Map(series.at.map((time, index) => [time, column[index] ?? null]));
  const last = series.at.at(-1) ?? Number.NEGATIVE_INFINITY;
  let before: number | null = null;
  return at.map((time) => {
    if (time > last) return null;
    const value = own.get(time);
    if (value !== undefined) before = value;
    return before;
  });
}
