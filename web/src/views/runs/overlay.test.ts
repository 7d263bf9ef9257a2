import { expect, test } from "vitest";
import { runSeries } from "../../graphs/series";
import { intervalOf, signed } from "./figures";
import { overlay } from "./overlay";

const START = Date.parse("2026-01-31T12:00:00Z");
const course = (step: number, visits: number[]) =>
  runSeries({
    resolution_s: step,
    points: visits.map((count, index) => ({
      ts: new Date(START + index * step * 1000).toISOString(),
      seconds: step,
      visits: count,
      hits: count,
      successes: count,
      failures: 0,
      skipped: 0,
      in_flight: 1,
      probes: index === 0 ? [{ name: "pages", ms: 80, max_ms: 90, failed: 0 }] : [],
    })),
  });

test("runs of different pieces stand on one axis, and the shorter one ends where it ends", () => {
  const { at, plans } = overlay(course(2, [2, 4, 6]), course(5, [10]));
  expect(at).toEqual([0, 2, 4]);
  const [visits] = plans;
  expect(visits?.lines.map(({ values }) => values)).toEqual([
    [1, 2, 3],
    [2, null, null],
  ]);
  expect(plans.map(({ title }) => title)).toContain("Reports: pages");
});

test("between the moments of the one, the other keeps its figure", () => {
  const { at, plans } = overlay(course(2, [2, 4]), course(1, [1, 2, 3]));
  expect(at).toEqual([0, 1, 2]);
  expect(plans[0]?.lines[0]?.values).toEqual([1, 1, 2]);
});

test("an interval is drawn about zero, the farther end at the edge", () => {
  const of = { figure: "latency_p95_ms", change: "worse" as const, low: 10, high: 20, difference: 15 };
  expect(intervalOf(of)).toEqual({ from: 74, to: 98, middle: 86, zero: 50 });
  expect(intervalOf({ ...of, low: 0, high: 0 })).toEqual({ from: 50, to: 50, middle: 50, zero: 50 });
  expect(intervalOf({ ...of, low: null })).toBeUndefined();
});

test("a sign is never lost", () => {
  expect(signed(-3, String)).toBe("−3");
  expect(signed(3, String)).toBe("+3");
  expect(signed(0, String)).toBe("0");
});
