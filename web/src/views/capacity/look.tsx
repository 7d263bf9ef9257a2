/** What became of a search, in a word, a colour and a pictogram. */
import { Ban, CircleCheck, CircleX, type IconNode, LoaderCircle, Unplug } from "lucide";
import type { CapacitySearch, CapacityState } from "../../api/types";
import { Badge, type Tone } from "../../ui";

const LOOKS: Record<CapacityState, [string, Tone, IconNode]> = {
  starting: ["Starting", "accent", LoaderCircle],
  searching: ["Searching", "accent", LoaderCircle],
  done: ["Done", "ok", CircleCheck],
  failed: ["Failed", "bad", CircleX],
  cancelled: ["Cancelled", "neutral", Ban],
  interrupted: ["Interrupted", "warn", Unplug],
};

export function SearchBadge({ search }: { search: CapacitySearch }) {
  const { state, findings } = search;
  if (search.cancel_requested && (state === "starting" || state === "searching")) {
    return (
      <Badge tone="warn" icon={LoaderCircle}>
        Cancelling
      </Badge>
    );
  }
  if (state === "done" && !findings?.held) {
    return (
      <Badge tone="warn" icon={CircleX}>
        Nothing held
      </Badge>
    );
  }
  const [word, tone, icon] = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
