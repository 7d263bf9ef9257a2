/** Thresholds in words: what a limit such as `p95<500ms` looks at, and what was observed of it. */
import { millis } from "../format";

/** What is held to when nothing else is said: what a target that keeps up shows, whatever its speed. */
export const DEFAULT_THRESHOLDS = "success>=99.9%,response_p95<1s,skipped<=0.1%";

const STATISTICS: Record<string, string> = {
  mean: "on average",
  p50: "of half of them",
  p90: "of 90 in 100",
  p95: "of 95 in 100",
  p99: "of 99 in 100",
  p999: "of 999 in 1,000",
  max: "of the slowest",
};

const FIGURES: Record<string, string> = {
  latency: "From a request to its answer",
  response: "From when a request was due to its answer",
  lag: "How late visits start",
};

const SHARES: Record<string, string> = {
  success: "Hits acknowledged, of those whose outcome is known",
  skipped: "Visits that could not start in time, of all",
};

/** `p95<500ms` as `p95`. */
const figureOf = (threshold: string): string => (/^[^<>=]*/.exec(threshold)?.[0] ?? "").trim().toLowerCase();

/** What a threshold looks at, in a few words; empty when it is not known here. */
export function meaning(threshold: string): string {
  const name = figureOf(threshold);
  const share = SHARES[name];
  if (share) return share;
  const parts = name.split("_");
  const [figure, statistic] = parts.length > 1 ? parts : ["latency", name];
  const words = FIGURES[figure ?? ""];
  const of = STATISTICS[statistic ?? ""];
  return words && of ? `${words}, ${of}` : "";
}

/** What was observed: milliseconds, or a fraction as percent, fine enough to be told from its limit. */
export function observed(threshold: string, value: number): string {
  return figureOf(threshold) in SHARES ? finePercent(value) : millis(value);
}

/** A fraction in more digits near its ends, where limits lie; never `100%` or `0%` unless it is. */
export function finePercent(fraction: number): string {
  const value = fraction * 100;
  const told = Number(value.toFixed(value > 99 || value < 1 ? 3 : 1));
  if (told === 100 && value < 100) return "99.999%";
  if (told === 0 && value > 0) return "0.001%";
  return `${told}%`;
}

/** The parts of a setting that is a list. */
export const partsOf = (list: unknown): string[] =>
  (Array.isArray(list) ? list.map(String) : String(list ?? "").split(","))
    .map((part) => part.trim())
    .filter(Boolean);
