/** The backfills that are over, and the broom for what they left. */
import { BrushCleaning, History as Clock, RotateCcw } from "lucide";
import { api } from "../../api/client";
import type { Run } from "../../api/types";
import { count, dateAndTime, span } from "../../format";
import { Button, Card, confirm, Empty, Table, toast, useAction } from "../../ui";
import { windowName } from "./days";
import { RunBadge } from "./look";

export function History({
  runs,
  refresh,
  onRepeat,
}: {
  runs: readonly Run[];
  refresh: () => Promise<void>;
  onRepeat: (run: Run) => void;
}) {
  const [clean, cleaning] = useAction(async () => {
    const yes = await confirm({
      title: "Remove what is left of them?",
      body: "The containers and state files of backfills that are over are removed. One that was cancelled or interrupted cannot go on where it was any more. This history stays, and so do the visits in Matomo.",
      action: "Remove",
    });
    if (!yes) return;
    const { message, left } = await api("POST /api/backfill/cleanup");
    toast(message.charAt(0).toUpperCase() + message.slice(1));
    for (const { field, message: why } of left) toast(`${field} is still there: ${why}`, "bad");
    await refresh();
  });
  return (
    <Card
      title="History"
      flush
      actions={
        runs.length > 0 && (
          <Button small icon={BrushCleaning} busy={cleaning} onClick={() => void clean()}>
            Clean up
          </Button>
        )
      }
    >
      {runs.length === 0 ? (
        <Empty icon={Clock} title="No backfill has run yet">
          Those that ran stand here, with what they sent.
        </Empty>
      ) : (
        <Table
          caption="Backfills that are over"
          rows={runs}
          keyOf={(run) => run.id ?? run.container_name}
          columns={[
            {
              title: "Name",
              cell: (run) => (
                <span class="block min-w-28">
                  <span class="font-medium [overflow-wrap:anywhere]">{run.name}</span>
                  {run.error && (
                    <span class="block text-[13px] text-bad [overflow-wrap:anywhere]">{run.error}</span>
                  )}
                </span>
              ),
            },
            { title: "Outcome", cell: (run) => <RunBadge run={run} /> },
            {
              title: "Days",
              cell: (run) => <span class="whitespace-nowrap">{windowName(run.first_day, run.last_day)}</span>,
            },
            {
              title: "Visits sent",
              figures: true,
              cell: ({ progress }) => `${count(progress.visits_sent)} of ${count(progress.visits_planned)}`,
            },
            { title: "Failed", figures: true, cell: ({ progress }) => count(progress.visits_failed ?? 0) },
            {
              title: "Begun",
              cell: (run) => <span class="figures whitespace-nowrap">{dateAndTime(run.started_at)}</span>,
            },
            {
              title: "Took",
              figures: true,
              cell: (run) =>
                run.finished_at
                  ? span((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)
                  : "",
            },
            {
              title: "Actions",
              cell: (run) => (
                <Button
                  small
                  kind="quiet"
                  icon={RotateCcw}
                  label={`Repeat ${run.name}`}
                  onClick={() => onRepeat(run)}
                >
                  Repeat
                </Button>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
