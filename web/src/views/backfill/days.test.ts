import { expect, test } from "vitest";
import type { Run } from "../../api/types";
import {
  addDays,
  addMonths,
  daysIn,
  isDay,
  overlapping,
  sentBy,
  sentDays,
  targetOf,
  today,
  weekday,
  weeksOf,
} from "./days";

const CONFIG = { MATOMO_URL: "https://m.example/matomo.php", MATOMO_SITE_ID: "1" };
const run = (change: Partial<Run>, progress: Partial<Run["progress"]> = {}): Run => ({
  name: "one",
  container_name: "one",
  config: CONFIG,
  first_day: "2026-01-30",
  last_day: "2026-02-02",
  started_at: "2026-02-03T00:00:00Z",
  state: "finished",
  progress: { days: 4, days_done: 4, visits_planned: 40, visits_sent: 40, ...progress },
  ...change,
});

test("days are counted over months, leap days and clock changes", () => {
  expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  expect(addDays("2026-03-29", 1)).toBe("2026-03-30");
  expect(daysIn("2026-01-01", "2026-12-31")).toBe(365);
  expect(daysIn("2026-01-02", "2026-01-01")).toBe(0);
  expect(addMonths("2026-12", 1)).toBe("2027-01");
  expect(addMonths("2026-01", -1)).toBe("2025-12");
});

test("only real days are days", () => {
  expect(isDay("2026-02-28")).toBe(true);
  expect(isDay("2026-02-30")).toBe(false);
  expect(isDay("2026-2-3")).toBe(false);
  expect(isDay("")).toBe(false);
});

test("today depends on the zone", () => {
  const late = Date.parse("2026-01-31T23:30:00Z");
  expect(today("UTC", late)).toBe("2026-01-31");
  expect(today("Asia/Tokyo", late)).toBe("2026-02-01");
  expect(today("Mars/Olympus", late)).toBe("2026-01-31");
});

test("a month begins at its weekday", () => {
  expect(weekday("2026-11-23")).toBe(0);
  const weeks = weeksOf("2026-11");
  expect(weeks.every((week) => week.length === 7)).toBe(true);
  expect(weeks[0]?.[6]).toBe("2026-11-01");
  expect(weeks.flat().filter(Boolean)).toHaveLength(30);
});

test("what a run has sent follows from how far it came", () => {
  expect(sentBy(run({}))).toEqual({ first: "2026-01-30", last: "2026-02-02" });
  const none = { days_done: 0, visits_sent: 0 };
  expect(sentBy(run({ state: "cancelled" }, none))).toBeUndefined();
  expect(sentBy(run({ state: "running" }, none))?.last).toBe("2026-02-02");
  expect(sentBy(run({ state: "cancelled" }, { days_done: 1, visits_sent: 12 }))?.last).toBe("2026-01-31");
  expect(sentBy(run({ state: "failed" }, { days_done: 0, visits_sent: 0, visits_failed: 3 }))?.last).toBe(
    "2026-01-30",
  );
});

test("a replay is noticed only for the same site", () => {
  const target = targetOf(CONFIG);
  expect(overlapping([run({})], "2026-02-02", "2026-02-09", target)).toHaveLength(1);
  expect(overlapping([run({})], "2026-02-03", "2026-02-09", target)).toHaveLength(0);
  const other = run({ config: { ...CONFIG, MATOMO_SITE_ID: "2" } });
  expect(overlapping([other], "2026-02-02", "2026-02-09", target)).toHaveLength(0);
  expect([...sentDays([run({})], "2026-02-01", "2026-02-09", target)]).toEqual(["2026-02-01", "2026-02-02"]);
});
