/** How the target answers as its load rises. */
import { RotateCcw } from "lucide";
import { useMemo, useState } from "preact/hooks";
import type { CapacitySearch, Findings } from "../../api/types";
import { Panels } from "../../graphs/panels";
import { Button } from "../../ui";
import { curve, rateAxis } from "./found";

export function Curve({ search, findings }: { search: CapacitySearch; findings: Findings }) {
  const [zoom, setZoom] = useState<[number, number]>();
  // An answer like the last one is another object: the number of steps tells whether it is news.
  const shown = useMemo(() => curve(findings, search.name), [search.id, findings.steps.length]);
  const axis = useMemo(() => rateAxis(`capacity-${search.id}`), [search.id]);
  if (!shown) return null;
  return (
    <div class="flex flex-col gap-2">
      {zoom && (
        <Button small icon={RotateCcw} class="self-end" onClick={() => setZoom(undefined)}>
          Show all rates
        </Button>
      )}
      <Panels plans={shown.plans} axis={axis} at={shown.at} window={zoom ?? shown.window} onZoom={setZoom} />
    </div>
  );
}
