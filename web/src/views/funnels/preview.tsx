/** What one run of the funnel would send: the very hits, made by the load generator's own rules. */
import { Eye } from "lucide";
import type { Preview, PreviewHit } from "../../api/types";
import { figure, span } from "../../format";
import { Card, Empty, Failed, Icon, Loading } from "../../ui";
import type { Checked } from "../content/check";
import { iconOf } from "./icons";
import { STEPS } from "./shape";

const OTHER: Record<string, string> = { ping: "End of the last page", cart: "Cart" };
const labelOf = (type: string): string =>
  OTHER[type] ?? (STEPS as Record<string, { label: string }>)[type]?.label ?? type;

/** The parameter that says most about a hit. */
function gist({ type, params, url }: PreviewHit): string {
  switch (type) {
    case "event":
      return [params.e_c, params.e_a, params.e_n].filter(Boolean).join(" · ");
    case "site_search":
      return `"${params.search ?? ""}"`;
    case "outlink":
      return params.link ?? url;
    case "download":
      return params.download ?? url;
    case "ecommerce":
      return `${params.revenue ?? ""} ${params.currency ?? ""}`.trim();
    default:
      return params.action_name || url;
  }
}

export function PreviewCard({ check, wrong }: { check: Checked<Preview>; wrong: boolean }) {
  const { answer, error, waiting } = check;
  const shown = !wrong && answer;
  return (
    <Card
      title="One run of it"
      about={
        shown
          ? `${answer.hits.length === 1 ? "One hit" : `${answer.hits.length} hits`} over ${span(answer.duration_seconds)}. Nothing is sent.`
          : "The hits that it would send. Nothing is sent."
      }
      class="self-start xl:sticky xl:top-5"
    >
      {shown ? (
        <ol
          aria-busy={waiting}
          aria-label="Hits of one run"
          class={`max-h-[calc(100dvh-11rem)] overflow-y-auto transition-opacity ${waiting ? "opacity-60" : ""}`}
        >
          {answer.hits.map((hit, at) => (
            <Hit key={at} hit={hit} last={at === answer.hits.length - 1} />
          ))}
        </ol>
      ) : wrong ? (
        <Empty icon={Eye} title="Nothing to show yet">
          The hits appear when every field is right.
        </Empty>
      ) : error && !waiting ? (
        <Failed error={error} onRetry={() => location.reload()} />
      ) : (
        <Loading rows={6} />
      )}
    </Card>
  );
}

function Hit({ hit, last }: { hit: PreviewHit; last: boolean }) {
  return (
    <li class="flex gap-3">
      <span class="flex flex-col items-center" aria-hidden="true">
        <span class="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-accent">
          <Icon of={iconOf(hit.type)} size={14} />
        </span>
        {!last && <span class="w-px grow bg-line" />}
      </span>
      <div class={`min-w-0 grow ${last ? "" : "pb-3"}`}>
        <div class="flex items-baseline gap-2">
          <span class="font-medium">{labelOf(hit.type)}</span>
          <span class="figures ml-auto text-[12.5px] whitespace-nowrap text-faint">
            +{hit.offset_seconds < 60 ? `${figure(hit.offset_seconds)} s` : span(hit.offset_seconds)}
          </span>
        </div>
        <p class="text-[13px] text-soft [overflow-wrap:anywhere]">{gist(hit)}</p>
        <details class="text-[13px]">
          <summary class="text-faint">{Object.keys(hit.params).length} parameters</summary>
          <dl class="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-md bg-sunken px-2 py-1.5 font-mono text-[12.5px]">
            {Object.entries(hit.params).map(([name, value]) => (
              <div key={name} class="contents">
                <dt class="text-soft">{name}</dt>
                <dd class="[overflow-wrap:anywhere]">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
    </li>
  );
}
