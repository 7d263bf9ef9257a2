/** The points of the API as columns for graphs and tables: figures a second, gaps where nothing ran. */
import type { Metrics, Point, RunSeries } from "../api/types";

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
  lag: Column;
  /** The times of the probed reports, by their names. */
  reports: Map<string, Column>;
}

/** A piece of time of whatever is shown. */
type Piece = Omit<Point, "probes"> & { probes: { name: string; ms?: number | null }[] };

const seconds = (point: { ts: string }): number => Date.parse(point.ts) / 1000;

/**
 * `now` is in seconds. A point whose time is not over yet would show too small a figure; it is left out, but for the
 * first seconds of all, when there is no other.
 */
export function series(metrics: Metrics, now: number): Series {
  const step = metrics.resolution_s;
  const over = metrics.points.filter((point) => seconds(point) + step <= now);
  const points = over.length > 0 ? over : metrics.points;
  return columns(points, step, () => step, seconds);
}

/** A run, by seconds since it began. */
export function runSeries({ resolution_s: step, points }: RunSeries): Series {
  const first = points[0];
  const start = first ? seconds(first) : 0;
  // Of a piece that was watched for a moment only, a figure a second says nothing.
  const seen = points.filter((point) => point.seconds >= Math.min(1, step / 10));
  return columns(
    seen,
    step,
    (point) => point.seconds,
    (point) => Math.round(seconds(point) - start),
  );
}

/** `watched` are the seconds that a piece's counts are of, `at` is where it stands. */
function columns<P extends Piece>(
  points: P[],
  step: number,
  watched: (point: P) => number,
  at: (point: P) => number,
): Series {
  const names = [...new Set(points.flatMap(({ probes }) => probes.map(({ name }) => name)))];
  const result: Series = {
    at: [],
    visits: [],
    hits: [],
    success: [],
    p50: [],
    p95: [],
    p99: [],
    inFlight: [],
    lag: [],
    reports: new Map(names.map((name) => [name, []])),
  };
  let before: number | undefined;
  for (const point of points) {
    const now = at(point);
    if (before !== undefined && now - before > step * 1.5) push(result, before + step, undefined, step);
    push(result, now, point, watched(point));
    before = now;
  }
  return result;
}

function push(to: Series, at: number, point: Piece | undefined, watched: number): void {
  to.at.push(at);
  to.visits.push(point ? point.visits / watched : null);
  to.hits.push(point ? point.hits / watched : null);
  to.success.push(point && point.hits > 0 ? point.successes / point.hits : null);
  to.p50.push(point?.latency_p50_ms ?? null);
  to.p95.push(point?.latency_p95_ms ?? null);
  to.p99.push(point?.latency_p99_ms ?? null);
  to.inFlight.push(point ? point.in_flight : null);
  to.lag.push(point?.lag_ms ?? null);
  for (const [name, times] of to.reports) {
    times.push(point?.probes.find((probe) => probe.name === name)?.ms ?? null);
  }
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
