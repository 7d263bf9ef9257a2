/** Whether a threshold held, by word, colour and pictogram. */
import { CircleCheck, CircleX, Hourglass } from "lucide";
import { Badge } from "../ui/badge";
import { Icon } from "../ui/icon";

export function HeldBadge({ held }: { held: boolean | null | undefined }) {
  if (held === true) {
    return (
      <Badge tone="ok" icon={CircleCheck}>
        Holds
      </Badge>
    );
  }
  if (held === false) {
    return (
      <Badge tone="bad" icon={CircleX}>
        Broken
      </Badge>
    );
  }
  return (
    <span class="inline-flex gap-1.5 text-[13px] text-soft">
      <Icon of={Hourglass} size={13} class="mt-1" /> Nothing to observe yet
    </span>
  );
}
