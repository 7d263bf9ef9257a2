/** For tests: findings that never were. */
import type { CapacitySearch, Findings, FindingsStep } from "../../api/types";

export function stepOf(
  rate: number,
  held: boolean,
  confirmation = false,
  more: Partial<FindingsStep> = {},
): FindingsStep {
  return {
    visits_per_day: rate,
    confirmation,
    seconds: confirmation ? 60 : 20,
    hits_per_second: rate / 20_000,
    latency_ms: [10, 20, 30],
    response_p95_ms: held ? 25 : 2500,
    lag_p99_ms: 1,
    success_rate: held ? 1 : 0.5,
    skipped: 0,
    in_flight: 3,
    held,
    judgements: [
      { threshold: "success>90%", observed: held ? 1 : 0.5, held },
      { threshold: "p95<1s", observed: 20, held: true },
    ],
    ...more,
  };
}

export function findingsOf(steps: FindingsStep[], more: Partial<Findings> = {}): Findings {
  return {
    schema_version: 1,
    state: "done",
    started_at: "2026-01-05T08:00:00Z",
    thresholds: ["success>90%", "p95<1s"],
    steps,
    verdict: "It went as it went.",
    ...more,
  };
}

export function searchOf(more: Partial<CapacitySearch> = {}): CapacitySearch {
  return {
    id: 1,
    name: "first",
    container_name: "x-capacity-first",
    state: "done",
    started_at: "2026-01-05T08:00:00Z",
    finished_at: "2026-01-05T08:05:00Z",
    request: {
      from: 20_000,
      least: 1000,
      most: 1e9,
      step: 1.6,
      precision: 3,
      warm_up: 4,
      step_time: 20,
      confirm: 60,
    },
    ...more,
  };
}
