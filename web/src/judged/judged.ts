/** What the run is held to and which reports are timed: as the run tells, or as they are set before it does. */
import type { Judgement, ProbeReport, Status } from "../api/types";
import { partsOf } from "./thresholds";

export function judgementsOf({ stats, config }: Status): Judgement[] {
  if (stats && stats.judgements.length > 0) return stats.judgements;
  return partsOf(config.THRESHOLDS).map((threshold) => ({ threshold, observed: null, held: null }));
}

/** A probe that has asked for nothing yet has only its name. */
export type Probe = Pick<ProbeReport, "name"> & Partial<ProbeReport>;

export function probesOf({ stats, config }: Status): Probe[] {
  if (stats && stats.probes.length > 0) return stats.probes;
  return partsOf(config.REPORT_PROBES).map((name) => ({ name }));
}

const NAMES: Record<string, [name: string, about: string]> = {
  dashboard: ["Dashboard", "visits, actions, channels, countries and times of day"],
  pages: ["Pages", "page addresses, titles and entry pages"],
  visitors: ["Visitors", "returning visitors, devices and the log of visits"],
  ecommerce: ["Orders", "orders and products"],
  segment: ["Segment", "visits and pages of smartphones alone"],
};

export const probeName = (name: string): [name: string, about: string] => NAMES[name] ?? [name, ""];

/** All of them in a few words. */
export function inShort(judgements: readonly Judgement[]): string {
  const broken = judgements.filter(({ held }) => held === false).length;
  const holding = judgements.filter(({ held }) => held === true).length;
  if (broken > 0) return `${broken} of ${judgements.length} broken`;
  if (holding === 0) return "nothing to observe yet";
  return holding === judgements.length
    ? "all hold"
    : `${holding} of ${judgements.length} hold, the rest shows nothing yet`;
}
