/** Axes: the time of day, the time since a beginning. */
import { dateAndTime, span, timeOfDay } from "../format";
import type { Axis } from "./graph";

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const second = new Intl.DateTimeFormat(undefined, { minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** A mark of the time axis, told as finely as its neighbours are apart, in seconds. */
const markOf = (step: number) => (at: number) => {
  const date = new Date(at * 1000);
  if (step >= 86_400 || (step >= 3600 && date.getHours() === 0 && date.getMinutes() === 0))
    return day.format(date);
  return (step >= 60 ? hour : second).format(date);
};

/** Times as clocks show them, in seconds since 1970. */
export const clockAxis = (shared: string): Axis => ({
  title: "Time",
  order: "the newest first",
  newestFirst: true,
  isTime: true,
  inTable: (at) => dateAndTime(at * 1000),
  atCursor: (at) => timeOfDay(at * 1000),
  ticks: (ticks, step) => ticks.map(markOf(step)),
  shared,
});

/** Seconds since something began. */
export const elapsedAxis = (shared: string): Axis => ({
  title: "After",
  order: "from the beginning on",
  newestFirst: false,
  isTime: false,
  inTable: span,
  atCursor: span,
  ticks: (ticks) => ticks.map((at) => (at < 0 ? "" : span(at))),
  shared,
});
