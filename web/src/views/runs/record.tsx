/** What a run's report says: its figures, its settings. */
import { useState } from "preact/hooks";
import type { RunDetail, RunReport, RunSummary } from "../../api/types";
import { count, millis, percent } from "../../format";
import { Button, Card, Tile, Tiles as TileGrid } from "../../ui";

export function Figures({ summary, report }: { summary: RunSummary; report: RunReport | undefined }) {
  const rate = summary.success_rate ?? undefined;
  const latency = report?.latency_ms;
  const faults = report?.faults ?? [];
  return (
    <TileGrid>
      <Tile name="Visits" value={count(summary.visits)}>
        {summary.visits_failed > 0 && <span class="text-bad">{count(summary.visits_failed)} failed · </span>}
        {summary.visits_skipped > 0
          ? `${count(summary.visits_skipped)} could not start`
          : "every hit acknowledged"}
      </Tile>
      <Tile name="Visits a day" value={count(Math.round(summary.visits_per_day))}>
        at the run's pace
      </Tile>
      <Tile name="Hits" value={count(summary.hits)}>
        acknowledged{report ? ` of ${count(report.hits.planned)} planned` : ""}
      </Tile>
      <Tile
        name="Success rate"
        value={rate === undefined ? "–" : percent(rate)}
        tone={rate === undefined || rate >= 0.99 ? "" : rate >= 0.9 ? "text-warn" : "text-bad"}
      >
        {faults[0] ? `${count(faults[0].count)} × ${faults[0].message}` : "nothing went wrong"}
      </Tile>
      <Tile name="Latency" value={latency && latency.count > 0 ? millis(latency.p50) : "–"}>
        {latency && latency.count > 0 ? `p95 ${millis(latency.p95)} · p99 ${millis(latency.p99)}` : "median"}
      </Tile>
      <Tile name="Longest answer" value={latency && latency.count > 0 ? millis(latency.max) : "–"}>
        of {count(latency?.count ?? 0)} requests
      </Tile>
      <Tile name="Lag" value={report && report.lag_ms.count > 0 ? millis(report.lag_ms.p99) : "–"}>
        99 of 100 visits start no later
      </Tile>
      <Tile name="Unknown" value={report ? count(report.hits.unknown) : "–"}>
        hits whose answer never came
      </Tile>
    </TileGrid>
  );
}

/** How many settings are shown before the rest is asked for. */
const FEW = 8;

export function Settings({ detail: { settings } }: { detail: RunDetail }) {
  const [all, setAll] = useState(false);
  const entries = Object.entries(settings).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <Card title="Settings" about="Those that were given; all others had their defaults.">
      <dl class="grid gap-x-8 gap-y-1.5 sm:grid-cols-2 xl:grid-cols-3">
        {entries.slice(0, all ? entries.length : FEW).map(([name, value]) => (
          <div key={name} class="min-w-0">
            <dt class="font-mono text-[12px] text-faint [overflow-wrap:anywhere]">{name}</dt>
            <dd class="figures [overflow-wrap:anywhere]">{value === "" ? "(empty)" : value}</dd>
          </div>
        ))}
      </dl>
      {entries.length > FEW && (
        <Button small kind="quiet" class="mt-2 -ml-2" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${entries.length}`}
        </Button>
      )}
    </Card>
  );
}
