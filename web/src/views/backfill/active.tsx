/** A backfill under way: how far it is, when it will be done, and how to end it. */
import { CircleX } from "lucide";
import { api } from "../../api/client";
import type { Run } from "../../api/types";
import { count, rate, span, timeOfDay } from "../../format";
import { now } from "../../state/now";
import { Button, Card, confirm, toast, useAction } from "../../ui";
import { shortDay, windowName } from "./days";
import { RunBadge } from "./look";

/** How much of it is over, from 0 to 1. */
export const share = ({ progress }: Run): number =>
  progress.visits_planned === 0
    ? 0
    : Math.min(1, (progress.visits_sent + (progress.visits_failed ?? 0)) / progress.visits_planned);

export function Active({ run, refresh }: { run: Run; refresh: () => Promise<void> }) {
  const { progress } = run;
  const done = share(run);
  const elapsed = Math.max(1, (now.value - Date.parse(run.started_at)) / 1000);
  const left = progress.estimated_end ? (Date.parse(progress.estimated_end) - now.value) / 1000 : undefined;
  const [cancel, cancelling] = useAction(async () => {
    const yes = await confirm({
      title: `Cancel ${run.name}?`,
      body: `Visits under way are finished. The ${count(progress.visits_sent)} that were sent stay in Matomo; the rest is not sent.`,
      action: "Cancel the backfill",
      danger: true,
    });
    if (!yes) return;
    const ended = await api("POST /api/backfill/cancel", { body: { container_name: run.container_name } });
    toast(
      ended.state === "finished"
        ? `${run.name} had finished in this very moment`
        : `${run.name} was cancelled after ${count(ended.progress.visits_sent)} visits`,
    );
    await refresh();
  });
  const facts: [term: string, value: string, more?: string][] = [
    ["Visits sent", `${count(progress.visits_sent)} of ${count(progress.visits_planned)}`],
    ["Failed", count(progress.visits_failed ?? 0)],
    ["Day", progress.day ? shortDay(progress.day) : progress.days_done > 0 ? "all done" : "not begun"],
    ["Days done", `${count(progress.days_done)} of ${count(progress.days)}`],
    ["Pace", rate(progress.visits_sent / elapsed, "visits")],
    [
      "Estimated end",
      left !== undefined && progress.estimated_end ? timeOfDay(progress.estimated_end) : "not known yet",
      left !== undefined ? `in ${span(left)}` : "",
    ],
  ];
  return (
    <Card
      title={
        <span class="flex flex-wrap items-center gap-2">
          <span class="[overflow-wrap:anywhere]">{run.name}</span> <RunBadge run={run} />
        </span>
      }
      about={windowName(run.first_day, run.last_day)}
      actions={
        <Button
          kind="danger"
          icon={CircleX}
          busy={cancelling || run.cancel_requested === true}
          onClick={() => void cancel()}
        >
          Cancel
        </Button>
      }
    >
      <div
        role="progressbar"
        aria-label={`Progress of ${run.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(done * 100)}
        aria-valuetext={`${Math.floor(done * 100)} percent, ${count(progress.visits_sent)} of ${count(progress.visits_planned)} visits`}
        class="h-2.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          class="h-full rounded-full bg-accent transition-[width] duration-700"
          style={{ width: `${done * 100}%` }}
        />
      </div>
      <dl class="figures mt-4 grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3 xl:grid-cols-6">
        {facts.map(([term, value, more]) => (
          <div key={term} class="min-w-0">
            <dt class="text-[12.5px] text-faint">{term}</dt>
            <dd class="font-medium">
              {value}
              {more && <span class="block text-[12.5px] font-normal text-faint">{more}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
