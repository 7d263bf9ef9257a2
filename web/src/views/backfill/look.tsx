/** What became of a backfill, in a word, a colour and a pictogram. */
import { Ban, CircleCheck, CircleX, type IconNode, LoaderCircle, Unplug } from "lucide";
import type { Run, RunState } from "../../api/types";
import { Badge, type Tone } from "../../ui";

const LOOKS: Record<RunState, [string, Tone, IconNode]> = {
  starting: ["Starting", "accent", LoaderCircle],
  running: ["Running", "accent", LoaderCircle],
  finished: ["Finished", "ok", CircleCheck],
  failed: ["Failed", "bad", CircleX],
  cancelled: ["Cancelled", "neutral", Ban],
  interrupted: ["Interrupted", "warn", Unplug],
};

export function RunBadge({ run }: { run: Run }) {
  const [word, tone, icon] = LOOKS[run.state];
  const ending = run.cancel_requested && (run.state === "running" || run.state === "starting");
  return (
    <Badge tone={ending ? "warn" : tone} icon={icon}>
      {ending ? "Cancelling" : word}
    </Badge>
  );
}
