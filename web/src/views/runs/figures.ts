/** The figures of a comparison: their names, their units, and where their intervals lie. */
import type { Difference } from "../../api/types";
import { count, millis, figure as short } from "../../format";

interface Spoken {
  name: string;
  show: (value: number) => string;
}

const share = (value: number): string => `${(value * 100).toFixed(2)}%`;

const KNOWN: Record<string, Spoken> = {
  visits_per_day: { name: "Visits a day", show: (value) => count(Math.round(value)) },
  hits_per_second: { name: "Hits a second", show: short },
  latency_p50_ms: { name: "Latency p50", show: millis },
  latency_p95_ms: { name: "Latency p95", show: millis },
  latency_p99_ms: { name: "Latency p99", show: millis },
  lag_p99_ms: { name: "Lag p99", show: millis },
  error_rate: { name: "Errors", show: share },
  skipped_share: { name: "Skipped visits", show: share },
};

export function spoken(figure: string): Spoken {
  const probe = /^probe_(.+)_ms$/.exec(figure)?.[1];
  if (probe) return { name: `Reports: ${probe}`, show: millis };
  return KNOWN[figure] ?? { name: figure.replaceAll("_", " "), show: short };
}

/** With its sign, also where the figure's own words would lose it. */
export function signed(value: number, show: (value: number) => string): string {
  const text = show(Math.abs(value));
  if (value === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** `+362%`; nothing where there was nothing before. */
export const relative = ({ relative }: Difference): string =>
  relative === null || relative === undefined
    ? ""
    : `${relative < 0 ? "−" : "+"}${Math.abs(relative * 100).toFixed(0)}%`;

export interface Span {
  /** Percent of the width, from the left. */
  from: number;
  to: number;
  middle: number;
  zero: number;
}

/** Where an interval is drawn on a scale that has zero in it. */
export function intervalOf({ low, high, difference }: Difference): Span | undefined {
  if (low === null || low === undefined || high === null || high === undefined) return undefined;
  const most = Math.max(Math.abs(low), Math.abs(high));
  if (most === 0) return { from: 50, to: 50, middle: 50, zero: 50 };
  const at = (value: number) => 50 + (value / most) * 48;
  return { from: at(low), to: at(high), middle: at(difference ?? (low + high) / 2), zero: 50 };
}
