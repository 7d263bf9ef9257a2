/** Every rate that was tried, in that order, and what broke. */
import { BadgeCheck, CircleCheck, CircleX } from "lucide";
import type { FindingsStep } from "../../api/types";
import { count, figure, millis, span } from "../../format";
import { finePercent, observed } from "../../judged/thresholds";
import { Badge, Table } from "../../ui";
import { broken, visits } from "./found";

export function Steps({ name, steps }: { name: string; steps: readonly FindingsStep[] }) {
  return (
    <Table
      caption={`Rates that ${name} tried, in that order`}
      rows={steps.map((step, index) => ({ ...step, number: index + 1 }))}
      keyOf={({ number }) => number}
      columns={[
        { title: "No.", figures: true, cell: ({ number }) => number },
        {
          title: "Visits a day",
          figures: true,
          cell: (step) => <span class="font-medium">{visits(step.visits_per_day)}</span>,
        },
        { title: "Outcome", cell: (step) => <Outcome step={step} /> },
        { title: "What broke", cell: (step) => <Broken step={step} /> },
        { title: "p50", figures: true, cell: ({ latency_ms: [p50] }) => time(p50) },
        { title: "p95", figures: true, cell: ({ latency_ms: [, p95] }) => time(p95) },
        { title: "p99", figures: true, cell: ({ latency_ms: [, , p99] }) => time(p99) },
        {
          title: "Acknowledged",
          figures: true,
          cell: ({ success_rate: rate }) => (rate === null || rate === undefined ? "–" : finePercent(rate)),
        },
        { title: "Hits", figures: true, cell: (step) => `${figure(step.hits_per_second)}/s` },
        { title: "Skipped", figures: true, cell: (step) => count(step.skipped) },
        { title: "In flight", figures: true, cell: (step) => count(step.in_flight) },
        { title: "Measured", figures: true, cell: (step) => measured(step.seconds) },
      ]}
    />
  );
}

const time = (ms: number | undefined): string => (ms === undefined ? "–" : millis(ms));

/** A measured time; those of a few seconds in tenths. */
const measured = (seconds: number): string => (seconds < 10 ? `${figure(seconds)} s` : span(seconds));

function Outcome({ step: { held, confirmation } }: { step: FindingsStep }) {
  if (!held) {
    return (
      <Badge tone="bad" icon={CircleX}>
        {confirmation ? "Not confirmed" : "Too much"}
      </Badge>
    );
  }
  return confirmation ? (
    <Badge tone="ok" icon={BadgeCheck}>
      Confirmed
    </Badge>
  ) : (
    <Badge tone="ok" icon={CircleCheck}>
      Held
    </Badge>
  );
}

function Broken({ step }: { step: FindingsStep }) {
  if (step.held) return null;
  const all = broken(step);
  if (all.length === 0) return <span class="whitespace-nowrap text-soft">No hit was answered</span>;
  return (
    <ul>
      {all.map(({ threshold, observed: value }) => (
        <li key={threshold} class="whitespace-nowrap">
          <code class="font-mono text-[13px]">{threshold}</code>
          {value !== null && value !== undefined && (
            <span class="figures text-bad"> was {observed(threshold, value)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
