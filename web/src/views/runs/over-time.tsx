/** A run over time. */
import { ChartLine, RotateCcw } from "lucide";
import { useMemo, useState } from "preact/hooks";
import type { RunSeries } from "../../api/types";
import { elapsedAxis } from "../../graphs/axes";
import { Panels } from "../../graphs/panels";
import { plans } from "../../graphs/plans";
import { runSeries } from "../../graphs/series";
import { Button, Card, Empty } from "../../ui";

const AXIS = elapsedAxis("run");

export function OverTime({ series }: { series: RunSeries }) {
  const [zoom, setZoom] = useState<[number, number]>();
  const data = useMemo(() => runSeries(series), [series]);
  const shown = useMemo(() => plans(data), [data]);
  const end = (data.at.at(-1) ?? 0) + series.resolution_s;
  return (
    <section aria-labelledby="over-time">
      <div class="mt-2 mb-3 flex min-h-7.5 items-center gap-3">
        <h2 id="over-time" class="grow text-[16px] font-semibold">
          Over time
        </h2>
        {zoom && (
          <Button small icon={RotateCcw} onClick={() => setZoom(undefined)}>
            Show all
          </Button>
        )}
      </div>
      {data.at.length === 0 ? (
        <Card>
          <Empty icon={ChartLine} title="Its course is not known">
            It was too short to be written down, or was made by an older load generator.
          </Empty>
        </Card>
      ) : (
        <Panels plans={shown} axis={AXIS} at={data.at} window={zoom ?? [0, end]} onZoom={setZoom} />
      )}
    </section>
  );
}
