import { expect, test } from "vitest";
import described from "../../../../docs/openapi.json";
import type { CapacitySearch } from "../../api/types";
import {
  DEFAULTS,
  draftOf,
  EMPTY,
  faultsOf,
  numberOf,
  planOf,
  requestOf,
  shortest,
  triesUntil,
} from "./draft";

test("numbers are read as people write them", () => {
  expect(["20,000", "20 000", "1_000", "1.6", ".5", "7"].map(numberOf)).toEqual([
    20_000, 20_000, 1000, 1.6, 0.5, 7,
  ]);
  for (const none of ["many", "1,6", "-3", "1e3", "0x10"]) expect(numberOf(none)).toBeNaN();
});

test("empty fields are not sent, and figures are sent as numbers", () => {
  expect(requestOf({ ...EMPTY, from: "20,000", thresholds: " p95<1s ", name: "one", confirm: " " })).toEqual({
    from: 20_000,
    thresholds: "p95<1s",
    name: "one",
  });
  expect(faultsOf({ ...EMPTY, step: "much", name: "much" })).toEqual({ step: "Give a number." });
});

test("a plan has the defaults, and none is made of what is impossible", () => {
  expect(planOf(EMPTY, 20_000)).toMatchObject({ from: 20_000, step: 1.6, confirm: 60 });
  expect(planOf({ ...EMPTY, most: "5000" }, 20_000)?.from).toBe(5000);
  expect(planOf({ ...EMPTY, least: "9000", most: "5000" }, 20_000)).toBeUndefined();
  expect(planOf({ ...EMPTY, step: "1" }, 20_000)).toBeUndefined();
  expect(planOf({ ...EMPTY, from: "x" }, 20_000)).toBeUndefined();
});

test("the shortest time counts the rates that must be tried", () => {
  const plan = planOf(EMPTY, 20_000);
  if (!plan) throw new Error("no plan");
  // One that holds, one that breaks, four halvings from 60 to 3 percent; 24 s each, and 64 s to confirm.
  expect(triesUntil(20_000, plan)).toBe(6);
  expect(shortest(plan)).toBe(6 * 24 + 64);
  // What bears all is found at the highest rate.
  expect(shortest({ ...plan, most: 20_000 })).toBe(24 + 64);
  expect(triesUntil(10, plan)).toBe(8);
});

test("an earlier search fills the form, its defaults left empty", () => {
  const request = {
    ...planOf({ ...EMPTY, step_time: "5" }, 20_000),
    thresholds: "p95<1s",
  } as CapacitySearch["request"];
  expect(draftOf({ request } as CapacitySearch)).toEqual({
    ...EMPTY,
    from: "20000",
    thresholds: "p95<1s",
    step_time: "5",
  });
});

test("an empty field stands for what the API takes it for", () => {
  const { properties } = described.components.schemas.CapacityRequest;
  const { least, most, step, precision, warm_up, step_time, confirm } = properties;
  const told = { least, most, step, precision, warm_up, step_time, confirm };
  expect(Object.fromEntries(Object.entries(told).map(([field, its]) => [field, its.default]))).toEqual(
    DEFAULTS,
  );
});
