/** The thresholds that the run is held to, and the reports that are timed; nothing of what is not set. */
import { CircleX } from "lucide";
import type { Judgement } from "../api/types";
import { count, millis } from "../format";
import { Card, Icon, Table } from "../ui";
import { HeldBadge } from "./badge";
import { inShort, type Probe, probeName } from "./judged";
import { meaning, observed } from "./thresholds";

export function Held({ judgements, probes }: { judgements: Judgement[]; probes: Probe[] }) {
  if (judgements.length === 0 && probes.length === 0) return null;
  const both = judgements.length > 0 && probes.length > 0;
  return (
    <div class={`grid items-start gap-4 ${both ? "xl:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]" : ""}`}>
      {judgements.length > 0 && (
        <Card title="Thresholds" about={`What the run is held to: ${inShort(judgements)}`} flush>
          <Table
            caption="Thresholds and what was observed"
            rows={judgements}
            keyOf={({ threshold }) => threshold}
            columns={[
              {
                title: "Threshold",
                cell: ({ threshold }) => (
                  <span class="block min-w-32">
                    <code class="font-mono text-[13px]">{threshold}</code>
                    <span class="block text-[12.5px] text-faint">{meaning(threshold)}</span>
                  </span>
                ),
              },
              { title: "State", cell: ({ held }) => <HeldBadge held={held} /> },
              {
                title: "Observed",
                figures: true,
                cell: ({ threshold, observed: value }) =>
                  value === null || value === undefined ? "–" : observed(threshold, value),
              },
            ]}
          />
        </Card>
      )}
      {probes.length > 0 && (
        <Card title="Reports of the target" about="How long they take while the traffic flows" flush>
          <Table
            caption="Reports of the target and how long they take"
            rows={probes}
            keyOf={({ name }) => name}
            columns={[
              { title: "Report", cell: (probe) => <Name probe={probe} /> },
              { title: "Last", figures: true, cell: ({ last_ms: last }) => time(last) },
              { title: "Median", figures: true, cell: (probe) => time(quantile(probe, "p50")) },
              { title: "p95", figures: true, cell: (probe) => time(quantile(probe, "p95")) },
              { title: "Answered", figures: true, cell: (probe) => <Answers probe={probe} /> },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

const time = (ms: number | null | undefined): string => (ms === null || ms === undefined ? "–" : millis(ms));

const quantile = ({ duration_ms: times }: Probe, which: "p50" | "p95"): number | undefined =>
  times && times.count > 0 ? times[which] : undefined;

function Name({ probe: { name, fault } }: { probe: Probe }) {
  const [title, about] = probeName(name);
  return (
    <span class="block min-w-32">
      <span class="font-medium">{title}</span>
      <span class="block text-[12.5px] text-faint">{about}</span>
      {fault && <span class="block text-[13px] text-bad [overflow-wrap:anywhere]">Last fault: {fault}</span>}
    </span>
  );
}

function Answers({ probe: { answered = 0, failed = 0 } }: { probe: Probe }) {
  if (answered + failed === 0) return <span class="text-faint">not asked yet</span>;
  return (
    <>
      {count(answered)}
      {failed > 0 && (
        <span class="flex items-center justify-end gap-1 text-[13px] text-bad">
          <Icon of={CircleX} size={13} />
          {count(failed)} failed
        </span>
      )}
    </>
  );
}
