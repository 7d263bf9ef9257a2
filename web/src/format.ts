/** Figures and times as a person reads them. */
import { preferences, type RateUnit } from "./preferences";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1, notation: "compact" });

/** `12,345`; from a million on `1.2M`. */
export const count = (n: number): string => (Math.abs(n) >= 1e6 ? short.format(n) : whole.format(n));

/** A number with as many digits as say something: `0.23`, `4.1`, `8`, `312`. */
export function figure(n: number): string {
  const size = Math.abs(n);
  if (size >= 100) return count(n);
  return String(Number(n.toFixed(size < 1 ? 2 : 1)));
}

/** Milliseconds: `0.4 ms`, `12 ms`, `1.3 s`. */
export function millis(ms: number): string {
  if (ms >= 1000) return `${figure(ms / 1000)} s`;
  return `${ms < 10 ? Number(ms.toFixed(1)) : whole.format(ms)} ms`;
}

/** A fraction as percent; never `100%` while something failed. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value > 99.9 && value < 100) return "99.9%";
  return `${value.toFixed(Number.isInteger(value) ? 0 : 1)}%`;
}

/** A span in its two largest units: `3 s`, `2 min 5 s`, `4 h 10 min`, `2 d 3 h`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(s / 86_400), "d"],
    [Math.floor(s / 3600) % 24, "h"],
    [Math.floor(s / 60) % 60, "min"],
    [s % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

const clocks = [undefined, "UTC"].map(
  (timeZone) =>
    new Intl.DateTimeFormat(undefined, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      ...(timeZone && { timeZone, timeZoneName: "short" as const }),
    }),
);
const dates = [undefined, "UTC"].map(
  (timeZone) =>
    new Intl.DateTimeFormat(undefined, {
      dateStyle: "medium",
      timeStyle: "short",
      ...(timeZone && { timeZone }),
    }),
);
const inUtc = (): boolean => preferences.value.utc;

export const timeOfDay = (at: string | number): string => clocks[Number(inUtc())]?.format(new Date(at)) ?? "";
export const dateAndTime = (at: string | number): string =>
  `${dates[Number(inUtc())]?.format(new Date(at)) ?? ""}${inUtc() ? " UTC" : ""}`;

const SECONDS: Record<RateUnit, [number, string]> = {
  second: [1, "s"],
  minute: [60, "min"],
  hour: [3600, "h"],
};

/** So many of a thing a second, in the unit that the person prefers: `4.2 visits/s`, `252 visits/min`. */
export function rate(perSecond: number, things: string): string {
  const [seconds, unit] = SECONDS[preferences.value.rate] ?? SECONDS.second;
  return `${figure(perSecond * seconds)} ${things}/${unit}`;
}
