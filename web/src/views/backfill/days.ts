/** Days as `2026-01-31`: counting, naming, and which of them were sent already. No times, and so no time zones but one: today's. */
import type { Run } from "../../api/types";

export type Day = string;

const MS = 86_400_000;
const at = (day: Day): number => Date.parse(`${day}T00:00:00Z`);

export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at(text)) && addDays(text, 0) === text;

export function addDays(day: Day, days: number): Day {
  return new Date(at(day) + days * MS).toISOString().slice(0, 10);
}

/** How many days a window has, both ends counted; 0 when it ends before it begins. */
export const daysIn = (first: Day, last: Day): number =>
  Math.max(0, Math.round((at(last) - at(first)) / MS) + 1);

/** The present day in a time zone; that of UTC when the zone is not known here. */
export function today(zone: string, now: number = Date.now()): Day {
  try {
    // Part by part: engines write the same date in different orders.
    const parts = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    }).formatToParts(now);
    const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
    return `${part("year")}-${part("month")}-${part("day")}`;
  } catch {
    return new Date(now).toISOString().slice(0, 10);
  }
}

/** Monday first: 0 to 6. */
export const weekday = (day: Day): number => (new Date(at(day)).getUTCDay() + 6) % 7;

export const monthOf = (day: Day): string => day.slice(0, 7);

export function addMonths(month: string, months: number): string {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

/** The weeks of a month, its days beginning at their weekday. */
export function weeksOf(month: string): (Day | undefined)[][] {
  const first = `${month}-01`;
  const days = daysIn(first, addDays(`${addMonths(month, 1)}-01`, -1));
  const cells: (Day | undefined)[] = [
    ...Array.from({ length: weekday(first) }, () => undefined),
    ...Array.from({ length: days }, (_, n) => addDays(first, n)),
  ];
  while (cells.length % 7 > 0) cells.push(undefined);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

const long = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" });
const middle = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const month_ = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

export const longDay = (day: Day): string => long.format(at(day));
export const shortDay = (day: Day): string => middle.format(at(day));
export const monthName = (month: string): string => month_.format(at(`${month}-01`));
export const windowName = (first: Day, last: Day): string =>
  first === last ? shortDay(first) : `${shortDay(first)} to ${shortDay(last)}`;

/** Which days a run has sent, as far as is known: a day under way counts, because some of its visits are there. */
export function sentBy(run: Run): { first: Day; last: Day } | undefined {
  const { progress } = run;
  if (run.state === "finished") return { first: run.first_day, last: run.last_day };
  const active = run.state === "running" || run.state === "starting";
  // One that runs will have sent its whole window.
  if (active && !run.cancel_requested) return { first: run.first_day, last: run.last_day };
  if (progress.visits_sent + (progress.visits_failed ?? 0) === 0) return undefined;
  const begun = progress.days_done < progress.days ? progress.days_done + 1 : progress.days;
  return { first: run.first_day, last: addDays(run.first_day, Math.max(1, begun) - 1) };
}

/** Where a run's visits went: the same address and site. */
export const targetOf = (config: Record<string, unknown>): string =>
  `${String(config.MATOMO_URL ?? "")} ${String(config.MATOMO_SITE_ID ?? 1)}`;

/** The runs that have sent some of the days of a window to the same place. */
export function overlapping(runs: readonly Run[], first: Day, last: Day, target: string): Run[] {
  return runs.filter((run) => {
    const sent = sentBy(run);
    return sent && targetOf(run.config) === target && sent.first <= last && sent.last >= first;
  });
}

/** Which days of a window were sent already. */
export function sentDays(runs: readonly Run[], first: Day, last: Day, target: string): Set<Day> {
  const days = new Set<Day>();
  for (const run of overlapping(runs, first, last, target)) {
    const sent = sentBy(run);
    if (!sent) continue;
    const from = sent.first > first ? sent.first : first;
    const to = sent.last < last ? sent.last : last;
    for (let day = from; day <= to; day = addDays(day, 1)) days.add(day);
  }
  return days;
}
