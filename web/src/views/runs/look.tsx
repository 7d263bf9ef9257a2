/** What became of a run, whether it held, whether it is proved: in a word each. */
import { CircleDashed, Play, ShieldCheck, ShieldX, Square, Zap } from "lucide";
import type { Proved, RunCondition, RunSummary } from "../../api/types";
import { Badge, type IconNode, type Tone } from "../../ui";

const CONDITIONS: Record<RunCondition, [Tone, IconNode, string]> = {
  running: ["ok", Play, "Running"],
  ended: ["neutral", Square, "Ended"],
  interrupted: ["warn", Zap, "Interrupted"],
};

export function ConditionBadge({ state }: { state: RunCondition }) {
  const [tone, icon, word] = CONDITIONS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

export function ProofBadge({ proof, verifying }: { proof: Proved | null | undefined; verifying: boolean }) {
  if (verifying) {
    return (
      <Badge tone="accent" icon={CircleDashed}>
        Verifying
      </Badge>
    );
  }
  if (!proof) return <span class="text-faint">Not verified</span>;
  return proof === "proved" ? (
    <Badge tone="ok" icon={ShieldCheck}>
      Proved
    </Badge>
  ) : (
    <Badge tone="bad" icon={ShieldX}>
      Not proved
    </Badge>
  );
}

export const KIND_OF_RUN = ({ mode, transport }: RunSummary): string =>
  `${mode === "backfill" ? "Backfill" : "Live"}, ${transport === "bulk" ? "bulk" : "single hits"}`;

/** Without the scheme and the tracker's file, which are the same for all. */
export const hostOf = (target: string): string =>
  target.replace(/^https?:\/\//, "").replace(/\/(matomo|piwik)\.php$/, "");
