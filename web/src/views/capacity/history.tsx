/** The searches that are over, each with its result to unfold. */
import { ChevronDown, History as Clock, RotateCcw } from "lucide";
import { useState } from "preact/hooks";
import type { CapacitySearch } from "../../api/types";
import { dateAndTime } from "../../format";
import { Button, Card, Empty, Icon } from "../../ui";
import { bounds, visits } from "./found";
import { SearchBadge } from "./look";
import { Downloads, Result } from "./result";

/** How many are shown before the rest is asked for. */
const FEW = 8;

export function History({
  searches,
  onRepeat,
}: {
  searches: readonly CapacitySearch[];
  /** Not there while one runs. */
  onRepeat: ((search: CapacitySearch) => void) | undefined;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? searches : searches.slice(0, FEW);
  return (
    <Card title="Earlier searches" flush>
      {searches.length === 0 ? (
        <Empty icon={Clock} title="No search has run yet">
          Those that ran stand here, with what they found.
        </Empty>
      ) : (
        <ul>
          {shown.map((search) => (
            <Row key={search.id ?? search.container_name} search={search} onRepeat={onRepeat} />
          ))}
        </ul>
      )}
      {searches.length > FEW && (
        <div class="px-3 py-2">
          <Button small kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show less" : `Show all ${searches.length}`}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Row({
  search,
  onRepeat,
}: {
  search: CapacitySearch;
  onRepeat: ((search: CapacitySearch) => void) | undefined;
}) {
  const [open, setOpen] = useState(false);
  return (
    <li class="border-b border-line last:border-0">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          class="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-left -outline-offset-2! hover:bg-sunken"
        >
          <Icon of={ChevronDown} class={`text-faint transition-transform ${open ? "" : "-rotate-90"}`} />
          <span class="font-medium [overflow-wrap:anywhere]">{search.name}</span>
          <SearchBadge search={search} />
          <span class="figures text-soft">{inShort(search)}</span>
          <span class="figures ml-auto text-[13px] text-faint">{dateAndTime(search.started_at)}</span>
        </button>
      </h3>
      {open && (
        <div class="flex flex-col gap-4 px-4 pt-1 pb-4">
          <div class="flex flex-wrap gap-2">
            <Downloads search={search} />
            {onRepeat && <Repeat search={search} onRepeat={onRepeat} />}
          </div>
          <Result search={search} />
        </div>
      )}
    </li>
  );
}

export function Repeat({
  search,
  onRepeat,
}: {
  search: CapacitySearch;
  onRepeat: (search: CapacitySearch) => void;
}) {
  return (
    <Button small icon={RotateCcw} label={`Repeat ${search.name}`} onClick={() => onRepeat(search)}>
      Repeat
    </Button>
  );
}

/** The result in a few words. */
export function inShort({ findings }: CapacitySearch): string {
  if (!findings) return "";
  const { held, tooMuch } = bounds(findings);
  if (findings.held) return `${visits(findings.held.visits_per_day)} visits a day held`;
  if (held !== undefined) return `${visits(held)} held, not confirmed`;
  return tooMuch === undefined ? "" : `${visits(tooMuch)} were too much`;
}
