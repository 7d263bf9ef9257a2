/** A run over time. */
import { ChartLine } from "lucide";
import { useMemo, useState } from "preact/hooks";
import type { RunSeries } from "../../api/types";
import { elapsedAxis } from "../../graphs/axes";
import { Panels } from "../../graphs/panels";
import { plans } from "../../graphs/plans";
import { OverTimeSection } from "../../graphs/section";
import { runSeries } from "../../graphs/series";
import { Card, Empty } from "../../ui";

const AXIS = elapsedAxis("run");

export function OverTime({ series }: { series: RunSeries }) {
  const [zoom, setZoom] = useState<[number, number]>();
  const data = useMemo(() => runSeries(series), [series]);
  const shown = useMemo(() => plans(data), [data]);
  const end = (data.at.at(-1) ?? 0) + series.resolution_s;
  return (
    <OverTimeSection zoom={zoom} onShowAll={() => setZoom(undefined)}>
      {data.at.length === 0 ? (
        <Card>
          <Empty icon={ChartLine} title="Its course is not known">
            It was too short to be written down, or was made by an older load generator.
          </Empty>
        </Card>
      ) : (
        <Panels plans={shown} axis={AXIS} at={data.at} window={zoom ?? [0, end]} onZoom={setZoom} />
      )}
    </OverTimeSection>
  );
}
