/** The graphs over time, with one range for all of them. */
import { ChartLine } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import { clockAxis } from "../../graphs/axes";
import { Panels } from "../../graphs/panels";
import { plans } from "../../graphs/plans";
import { OverTimeSection } from "../../graphs/section";
import { series } from "../../graphs/series";
import { prefer, preferences } from "../../preferences";
import { now } from "../../state/now";
import { Card, Empty, Failed, Loading, Segments, useAction, usePolled } from "../../ui";

const RANGES = [
  ["5m", "5 min", 300],
  ["15m", "15 min", 900],
  ["1h", "1 h", 3600],
  ["6h", "6 h", 21_600],
  ["24h", "24 h", 86_400],
  ["7d", "7 days", 604_800],
] as const;

const AXIS = clockAxis("status");

export function Graphs() {
  const range = RANGES.find(([id]) => id === preferences.value.range) ?? RANGES[2];
  const [id, , width] = range;
  const [zoom, setZoom] = useState<[number, number]>();
  // A new point comes every ten seconds at the most; a wide range shows none of them at once.
  const every = width <= 3600 ? 5000 : 20_000;
  const {
    data: metrics,
    error,
    refresh,
  } = usePolled((signal) => api("GET /api/metrics", { query: { window: id }, signal }), every, [id]);
  const [retry] = useAction(refresh);

  const end = Math.floor(now.value / 1000);
  const data = useMemo(() => metrics && series(metrics, end), [metrics]);
  const shown = useMemo(() => data && plans(data), [data]);
  const pick = (picked: string) => {
    setZoom(undefined);
    prefer({ range: picked });
  };

  return (
    <OverTimeSection
      zoom={zoom}
      onShowAll={() => setZoom(undefined)}
      actions={
        <Segments
          label="Range of the graphs"
          options={RANGES.map(([range, label]) => [range, label] as const)}
          active={id}
          onPick={pick}
        />
      }
    >
      {content()}
    </OverTimeSection>
  );

  function content() {
    if (!data || !shown) {
      if (error !== undefined) return <Failed error={error} onRetry={() => void retry()} />;
      return (
        <Card>
          <Loading rows={5} label="Loading the graphs" />
        </Card>
      );
    }
    if (data.at.length === 0) {
      return (
        <Card>
          <Empty icon={ChartLine} title="Nothing ran in this time">
            As soon as visits are on their way, their figures appear here, a point every ten seconds.
          </Empty>
        </Card>
      );
    }
    return (
      <Panels plans={shown} axis={AXIS} at={data.at} window={zoom ?? [end - width, end]} onZoom={setZoom} />
    );
  }
}
