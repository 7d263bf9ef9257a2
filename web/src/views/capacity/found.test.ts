import { expect, test } from "vitest";
import { between, bounds, byRate, curve, verdictOf } from "./found";
import { findingsOf, stepOf } from "./made";

test("what broke when it was to be confirmed has not held", () => {
  const steps = [stepOf(100, true), stepOf(200, false), stepOf(140, true), stepOf(140, false, true)];
  expect(bounds(findingsOf(steps))).toEqual({ held: 100, tooMuch: 140 });
  expect(bounds(undefined)).toEqual({ held: undefined, tooMuch: undefined });
});

test("where the limit lies is told in a sentence", () => {
  expect(between({ held: 1000, tooMuch: 2000 })).toBe("The limit lies between 1,000 and 2,000 visits a day.");
  expect(between({ held: 1000, tooMuch: undefined })).toContain("above 1,000");
  expect(between({ held: undefined, tooMuch: 2000 })).toContain("below 2,000");
  expect(between({ held: undefined, tooMuch: undefined })).toBe("Nothing is known yet.");
});

test("the verdict names no option of the program", () => {
  const verdict = "The target held 50000 visits a day, the most that was tried: raise --most.";
  expect(verdictOf({ ...findingsOf([]), verdict })).toBe(
    "The target held 50,000 visits a day, the most that was tried: raise the highest rate.",
  );
});

test("steps stand by their rates, a confirmation in the place of what it confirms", () => {
  const steps = [stepOf(200, false), stepOf(100, true), stepOf(100, true, true)];
  expect(byRate(steps).map((step) => [step.visits_per_day, step.confirmation])).toEqual([
    [100, true],
    [200, false],
  ]);
});

test("a curve marks what was too much, and has gaps where nothing was answered", () => {
  expect(curve(findingsOf([]), "x")).toBeUndefined();
  const drawn = curve(
    findingsOf([stepOf(300, false, false, { success_rate: null }), stepOf(100, true), stepOf(200, false)]),
    "x",
  );
  expect(drawn?.at).toEqual([100, 200, 300]);
  const [latency, success] = drawn?.plans ?? [];
  expect(latency?.lines[1]?.values).toEqual([20, 20, null]);
  expect(latency?.lines[3]).toMatchObject({ marks: true, values: [null, 20, null] });
  expect(success?.lines[0]?.values).toEqual([1, 0.5, null]);
  expect(drawn?.window[0]).toBeLessThan(100);
  expect(drawn?.window[1]).toBeGreaterThan(300);
});
