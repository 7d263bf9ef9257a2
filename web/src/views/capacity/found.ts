/** What a search has found: its bounds so far, its result, and its steps as columns for graphs. */
import type { Findings, FindingsStep, Judgement } from "../../api/types";
import { millis } from "../../format";
import type { Axis, Plan } from "../../graphs/panels";
import type { Column } from "../../graphs/series";
import { finePercent } from "../../judged/thresholds";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1, notation: "compact" });

/** A rate in full: `1,234,567`, since the last digits are what the search is for. */
export const visits = (rate: number): string => whole.format(rate);

/** Between what it lies: the highest rate that held, and the lowest that was too much. */
export interface Bounds {
  held: number | undefined;
  tooMuch: number | undefined;
}

export function bounds(findings: Findings | null | undefined): Bounds {
  if (!findings) return { held: undefined, tooMuch: undefined };
  const broken = findings.steps.filter((step) => !step.held).map((step) => step.visits_per_day);
  const tooMuch = findings.too_much ?? (broken.length > 0 ? Math.min(...broken) : undefined);
  // What held for a short time and broke when it was to be confirmed has not held.
  const held = findings.steps
    .filter((step) => step.held && step.visits_per_day < (tooMuch ?? Number.POSITIVE_INFINITY))
    .map((step) => step.visits_per_day);
  return { held: held.length > 0 ? Math.max(...held) : undefined, tooMuch };
}

/** Where the limit lies, in a sentence. */
export function between({ held, tooMuch }: Bounds): string {
  if (held !== undefined && tooMuch !== undefined)
    return `The limit lies between ${visits(held)} and ${visits(tooMuch)} visits a day.`;
  if (held !== undefined) return `The limit lies above ${visits(held)} visits a day.`;
  if (tooMuch !== undefined) return `The limit lies below ${visits(tooMuch)} visits a day.`;
  return "Nothing is known yet.";
}

/** The verdict in the words of this page: it names the options of the program, and has its figures as they come. */
export const verdictOf = ({ verdict }: Findings): string =>
  verdict
    .replace("raise --most", "raise the highest rate")
    .replace("a lower --least", "a lower lowest rate")
    .replace(/\d{4,}/g, (digits) => visits(Number(digits)));

export const broken = (step: FindingsStep): Judgement[] =>
  step.judgements.filter(({ held }) => held === false);

/** What stands below the graphs: rates. */
export const rateAxis = (shared: string): Axis => ({
  title: "Visits a day",
  order: "from the lowest rate on",
  newestFirst: false,
  isTime: false,
  inTable: visits,
  atCursor: (rate) => `${visits(rate)} visits a day`,
  ticks: (ticks) => ticks.map((rate) => (rate < 0 ? "" : short.format(rate))),
  shared,
});

/** One step for each rate, the lowest first: a confirmation, which was measured longer, stands for what it confirms. */
export function byRate(steps: readonly FindingsStep[]): FindingsStep[] {
  const latest = new Map(steps.map((step) => [step.visits_per_day, step]));
  return [...latest.values()].sort((a, b) => a.visits_per_day - b.visits_per_day);
}

export interface Curve {
  at: number[];
  plans: Plan[];
  /** All of the axis. */
  window: [number, number];
}

/** What is drawn of a search; `name` tells its graphs from those of another. */
export function curve(findings: Findings, name: string): Curve | undefined {
  const steps = byRate(findings.steps);
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return undefined;
  const column = (of: (step: FindingsStep) => number | null | undefined): Column =>
    // Where no hit was answered there is nothing to draw.
    steps.map((step) =>
      step.success_rate === null || step.success_rate === undefined ? null : (of(step) ?? null),
    );
  const marked = (values: Column): Column =>
    values.map((value, index) => (steps[index]?.held ? null : value));
  const [p50, p95, p99] = [0, 1, 2].map((n) => column(({ latency_ms }) => latency_ms[n])) as [
    Column,
    Column,
    Column,
  ];
  const success = column((step) => step.success_rate);
  const margin = Math.max((last.visits_per_day - first.visits_per_day) * 0.04, last.visits_per_day * 0.01);
  return {
    at: steps.map((step) => step.visits_per_day),
    window: [first.visits_per_day - margin, last.visits_per_day + margin],
    plans: [
      {
        title: `Latency by rate, ${name}`,
        show: millis,
        atLeast: 5,
        lines: [
          { label: "p50", colour: "--series-1", values: p50 },
          { label: "p95", colour: "--series-3", dash: [6, 4], values: p95 },
          { label: "p99", colour: "--series-4", dash: [2, 3], values: p99 },
          { label: "Too much", colour: "--bad", marks: true, values: marked(p95) },
        ],
      },
      {
        title: `Acknowledged hits by rate, ${name}`,
        show: finePercent,
        atLeast: 1,
        most: 1.05,
        lines: [
          { label: "Acknowledged", colour: "--series-2", values: success },
          { label: "Too much", colour: "--bad", marks: true, values: marked(success) },
        ],
      },
    ],
  };
}
