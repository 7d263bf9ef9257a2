/** The part of a view that shows something over time: its heading, and the way back from a zoom. */
import { RotateCcw } from "lucide";
import type { ComponentChildren } from "preact";
import { Button } from "../ui";

export function OverTimeSection({
  zoom,
  onShowAll,
  actions,
  children,
}: {
  zoom: [number, number] | undefined;
  onShowAll: () => void;
  /** Beside the heading: a choice of ranges. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section aria-labelledby="over-time">
      <div class="mt-6 mb-3 flex min-h-7.5 flex-wrap items-center gap-3">
        <h2 id="over-time" class="grow text-[16px] font-semibold">
          Over time
        </h2>
        {zoom && (
          <Button small icon={RotateCcw} onClick={onShowAll}>
            Show all
          </Button>
        )}
        {actions}
      </div>
      {children}
    </section>
  );
}
