/** A search under way: what is being tried, what is known so far, and how to end it. */
import { CircleX } from "lucide";
import { api } from "../../api/client";
import type { CapacitySearch, Trying } from "../../api/types";
import { count, span } from "../../format";
import { partsOf } from "../../judged/thresholds";
import { now } from "../../state/now";
import { Button, Card, confirm, toast, useAction } from "../../ui";
import { Curve } from "./curve";
import { between, bounds, verdictOf, visits } from "./found";
import { SearchBadge } from "./look";
import { Steps } from "./steps";

export function Active({ search, refresh }: { search: CapacitySearch; refresh: () => Promise<void> }) {
  const { findings, name, request } = search;
  const [cancel, cancelling] = useAction(async () => {
    const yes = await confirm({
      title: `Cancel ${name}?`,
      body: "The rate that is being tried is given up. What was found so far stays here, and the visits that were sent stay in Matomo.",
      action: "Cancel the search",
      danger: true,
    });
    if (!yes) return;
    const ended = await api("POST /api/capacity/cancel", { body: { container_name: search.container_name } });
    toast(
      ended.state === "done" ? `${name} had come to its end in this very moment` : `${name} was cancelled`,
    );
    await refresh();
  });
  const known = bounds(findings);
  const thresholds = findings?.thresholds ?? partsOf(request.thresholds);
  const facts: [term: string, value: string][] = [
    ["Held so far", known.held === undefined ? "–" : visits(known.held)],
    ["Too much", known.tooMuch === undefined ? "–" : visits(known.tooMuch)],
    ["Rates tried", count(findings?.steps.length ?? 0)],
    ["Under way for", span((now.value - Date.parse(search.started_at)) / 1000)],
  ];
  return (
    <>
      <Card
        title={
          <span class="flex flex-wrap items-center gap-2">
            <span class="[overflow-wrap:anywhere]">{name}</span> <SearchBadge search={search} />
          </span>
        }
        about={`From ${visits(request.from)} visits a day on${thresholds.length > 0 ? `, held to ${thresholds.join(", ")}` : ""}`}
        actions={
          <Button
            kind="danger"
            icon={CircleX}
            busy={cancelling || search.cancel_requested === true}
            onClick={() => void cancel()}
          >
            Cancel
          </Button>
        }
      >
        {findings?.trying ? (
          <Attempt trying={findings.trying} />
        ) : (
          <p class="text-soft">{findings ? verdictOf(findings) : "The load generator is being started."}</p>
        )}
        <dl class="figures mt-4 grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
          {facts.map(([term, value]) => (
            <div key={term} class="min-w-0">
              <dt class="text-[12.5px] text-faint">{term}</dt>
              <dd class="font-medium">{value}</dd>
            </div>
          ))}
        </dl>
        <p class="mt-3 text-soft" role="status">
          {between(known)}
        </p>
      </Card>
      {findings && <Curve search={search} findings={findings} />}
      {findings && findings.steps.length > 0 && (
        <Card title="Rates tried" flush>
          <Steps name={name} steps={findings.steps} />
        </Card>
      )}
    </>
  );
}

/** The rate that is being tried, and how much of its time is over. */
function Attempt({ trying }: { trying: Trying }) {
  const elapsed = Math.max(0, (now.value - Date.parse(trying.began_at)) / 1000);
  const done = Math.min(1, elapsed / trying.seconds);
  const left = trying.seconds - elapsed;
  const percent = Math.floor(done * 100);
  return (
    <>
      <p class="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
        <span>
          {trying.confirmation ? "Confirming" : "Trying"}{" "}
          <span class="figures font-semibold">{visits(trying.visits_per_day)}</span> visits a day
        </span>
        <span class="figures text-[13px] text-faint">
          for {span(Math.min(elapsed, trying.seconds))} of {span(trying.seconds)}
          {left < 0 && ", nearly done"}
        </span>
      </p>
      <div
        role="progressbar"
        aria-label="This rate"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        class="h-2.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          class="h-full rounded-full bg-accent transition-[width] duration-700"
          style={{ width: `${done * 100}%` }}
        />
      </div>
    </>
  );
}
