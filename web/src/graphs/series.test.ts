import { expect, test } from "vitest";
import type { Metrics, Point } from "../api/types";
import { plans } from "./plans";
import { runSeries, series, visitsPerDay } from "./series";

const START = Date.parse("2026-01-31T12:00:00Z");

const point = (offset: number, visits: number, more: Partial<Point> = {}): Point => ({
  ts: new Date(START + offset * 1000).toISOString(),
  visits,
  hits: visits * 5,
  successes: visits * 5,
  failures: 0,
  in_flight: 1,
  skipped: 0,
  probes: [],
  ...more,
});

const metrics = (points: Point[]): Metrics => ({ window_s: 900, resolution_s: 10, points });

test("figures are those of a second, and gaps are gaps", () => {
  const data = series(
    metrics([point(0, 20), point(10, 40, { hits: 0, successes: 0 }), point(60, 10)]),
    START / 1000 + 100,
  );
  expect(data.at.map((at) => at - START / 1000)).toEqual([0, 10, 20, 60]);
  expect(data.visits).toEqual([2, 4, null, 1]);
  expect(data.hits).toEqual([10, 0, null, 5]);
  // no outcome is no success rate
  expect(data.success).toEqual([1, null, null, 1]);
});

test("a time that is not over is left out, unless there is no other", () => {
  const points = [point(0, 20), point(10, 3)];
  expect(series(metrics(points), START / 1000 + 15).visits).toEqual([2]);
  expect(series(metrics(points.slice(0, 1)), START / 1000 + 5).visits).toEqual([2]);
});

test("the pace is that of the run, not of the time before it", () => {
  const points = [point(-20, 0), point(0, 5), point(10, 20), point(20, 20), point(30, 20), point(40, 1)];
  const pace = visitsPerDay(metrics(points), START + 3000, START + 45_000);
  expect(pace).toBeCloseTo(2 * 86_400);
  expect(visitsPerDay(metrics(points), START + 35_000, START + 45_000)).toBeUndefined();
  expect(visitsPerDay(metrics([]), START, START)).toBeUndefined();
});

test("a run is told by seconds since it began, each count by what was watched of its piece", () => {
  const piece = (offset: number, watched: number, visits: number) => ({
    ...point(offset, visits),
    seconds: watched,
    probes: [],
  });
  const data = runSeries({
    resolution_s: 10,
    points: [piece(0, 5, 20), piece(10, 10, 20), piece(20, 0.1, 3), piece(50, 10, 10)],
  });
  expect(data.at).toEqual([0, 10, 20, 50]);
  expect(data.visits).toEqual([4, 2, null, 1]);
});

test("reports have a line each, with gaps where they did not come", () => {
  const probe = (name: string, ms: number | null) => ({ name, ms, failed: ms === null ? 1 : 0 });
  const points = [
    point(0, 20, { probes: [probe("dashboard", 120)], lag_ms: 3 }),
    point(10, 20, { probes: [probe("dashboard", null), probe("pages", 300)] }),
  ];
  const data = series(metrics(points), START / 1000 + 100);
  expect([...data.reports]).toEqual([
    ["dashboard", [120, null]],
    ["pages", [null, 300]],
  ]);
  expect(plans(data).map(({ title }) => title)).toEqual([
    "Visits and hits",
    "Success rate",
    "Latency",
    "In flight",
    "Lag",
    "Report times",
  ]);
});

test("what was never measured has no graph", () => {
  const data = series(metrics([point(0, 20)]), START / 1000 + 100);
  expect(plans(data).map(({ title }) => title)).not.toContain("Lag");
  expect(plans(data).map(({ title }) => title)).not.toContain("Report times");
});
