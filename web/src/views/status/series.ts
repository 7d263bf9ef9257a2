/** The points of the API as columns for graphs and tables: figures a second, gaps where nothing ran. */
import type { Metrics, Point } from "../../api/types";

export type Column = (number | null)[];

export interface Series {
  /** Seconds since 1970. */
  at: number[];
  visits: Column;
  hits: Column;
  success: Column;
  p50: Column;
  p95: Column;
  p99: Column;
  inFlight: Column;
}

const NOTHING: Series = {
  at: [],
  visits: [],
  hits: [],
  success: [],
  p50: [],
  p95: [],
  p99: [],
  inFlight: [],
};

const seconds = (point: Point): number => Date.parse(point.ts) / 1000;

/**
 * `now` is in seconds. A point whose time is not over yet would show too small a figure; it is left out, but for the
 * first seconds of all, when there is no other.
 */
export function series(metrics: Metrics, now: number): Series {
  const step = metrics.resolution_s;
  const over = metrics.points.filter((point) => seconds(point) + step <= now);
  const points = over.length > 0 ? over : metrics.points;
  const result: Series = structuredClone(NOTHING);
  let before: number | undefined;
  for (const point of points) {
    const at = seconds(point);
    if (before !== undefined && at - before > step * 1.5) push(result, before + step, undefined, step);
    push(result, at, point, step);
    before = at;
  }
  return result;
}

function push(to: Series, at: number, point: Point | undefined, step: number): void {
  to.at.push(at);
  to.visits.push(point ? point.visits / step : null);
  to.hits.push(point ? point.hits / step : null);
  to.success.push(point && point.hits > 0 ? point.successes / point.hits : null);
  to.p50.push(point?.latency_p50_ms ?? null);
  to.p95.push(point?.latency_p95_ms ?? null);
  to.p99.push(point?.latency_p99_ms ?? null);
  to.inFlight.push(point ? point.in_flight : null);
}

/** Visits a day at the pace of the last quarter of an hour, or since the start when that was later; in ms since 1970. */
export function visitsPerDay(metrics: Metrics, startedAt: number, now: number): number | undefined {
  const step = metrics.resolution_s * 1000;
  // The first piece is shared with what was before the start.
  const from = Math.max(startedAt, now - 900_000);
  const points = metrics.points.filter((point) => {
    const at = Date.parse(point.ts);
    return at >= from && at + step <= now;
  });
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return undefined;
  const spanMs = Date.parse(last.ts) + step - Date.parse(first.ts);
  const visits = points.reduce((sum, point) => sum + point.visits, 0);
  return spanMs >= 20_000 ? (visits / spanMs) * 86_400_000 : undefined;
}
