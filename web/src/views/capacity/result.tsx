/** What a search that is over has found. */
import { Copy, Download } from "lucide";
import type { CapacitySearch, Findings } from "../../api/types";
import { copy, download, fileName } from "../../download";
import { dateAndTime, figure, millis, span } from "../../format";
import { Button, Notice, toast, useAction } from "../../ui";
import { Curve } from "./curve";
import { between, bounds, verdictOf, visits } from "./found";
import { Steps } from "./steps";

const asJson = (findings: Findings): string => `${JSON.stringify(findings, null, 2)}\n`;

export function Downloads({ search: { name, findings } }: { search: CapacitySearch }) {
  const [onCopy, copying] = useAction(async () => {
    if (!findings) return;
    await copy(asJson(findings));
    toast(`The findings of ${name} are in the clipboard`);
  });
  if (!findings) return null;
  return (
    <>
      <Button small icon={Copy} busy={copying} onClick={() => void onCopy()}>
        Copy as JSON
      </Button>
      <Button
        small
        icon={Download}
        label={`Download the findings of ${name}`}
        onClick={() => download(fileName(`capacity-${name}`), asJson(findings))}
      >
        Download
      </Button>
    </>
  );
}

export function Result({ search }: { search: CapacitySearch }) {
  const { findings, error, state } = search;
  return (
    <div class="flex flex-col gap-4">
      {error && (
        <Notice tone={state === "failed" ? "bad" : "warn"} title="It did not come to its end">
          <span class="[overflow-wrap:anywhere] whitespace-pre-line">{error}</span>
        </Notice>
      )}
      {findings ? (
        <>
          <Headline search={search} findings={findings} />
          {findings.caution && (
            <Notice tone="warn" title="The target may bear more">
              {sentence(findings.caution)}
            </Notice>
          )}
          <Curve search={search} findings={findings} />
          {findings.steps.length > 0 && (
            <details>
              <summary class="font-medium text-soft hover:text-ink">
                {findings.steps.length === 1 ? "The rate tried" : `All ${findings.steps.length} rates tried`}
              </summary>
              <div class="mt-2 rounded-xl border border-line">
                <Steps name={search.name} steps={findings.steps} />
              </div>
            </details>
          )}
        </>
      ) : (
        !error && <p class="text-soft">It ended before the first rate was tried.</p>
      )}
    </div>
  );
}

function Headline({ search, findings }: { search: CapacitySearch; findings: Findings }) {
  const { held } = findings;
  const known = bounds(findings);
  const took = search.finished_at
    ? span((Date.parse(search.finished_at) - Date.parse(search.started_at)) / 1000)
    : "";
  const facts: [term: string, value: string][] = [
    ["Too much", known.tooMuch === undefined ? "not met" : visits(known.tooMuch)],
    ...(held
      ? ([
          ["Confirmed for", span(held.seconds)],
          ["Hits", `${figure(held.hits_per_second)}/s`],
          ["Latency p95", millis(held.latency_ms[1] ?? 0)],
        ] as [string, string][])
      : []),
    ["Searched", took ? `${dateAndTime(search.started_at)}, for ${took}` : dateAndTime(search.started_at)],
    ["Held to", findings.thresholds.join(", ")],
  ];
  return (
    <div>
      <p class="figures text-[34px] leading-tight font-semibold tracking-tight">
        {held ? (
          <>
            {visits(held.visits_per_day)}{" "}
            <span class="text-[16px] font-medium tracking-normal text-soft">visits a day held</span>
          </>
        ) : (
          <span class="text-[22px]">No rate was confirmed</span>
        )}
      </p>
      <p class="mt-1 text-soft">
        {verdictOf(findings)}
        {!held && known.held !== undefined && ` ${between(known)}`}
      </p>
      <dl class="figures mt-4 grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3 xl:grid-cols-6">
        {facts.map(([term, value]) => (
          <div key={term} class="min-w-0">
            <dt class="text-[12.5px] text-faint">{term}</dt>
            <dd class="font-medium [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
