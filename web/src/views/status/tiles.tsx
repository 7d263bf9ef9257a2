/** The figures of the run, readable from across the room. */
import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { CapStatus, Metrics, Status } from "../../api/types";
import { count, figure, millis, percent, span } from "../../format";
import { visitsPerDay } from "../../graphs/series";
import { now } from "../../state/now";
import { poll } from "../../state/poll";
import { Tile, Tiles as TileGrid } from "../../ui";

/** How often the pace is asked for, in milliseconds: a new point comes every ten seconds. */
const EVERY = 10_000;

export function Tiles({ status }: { status: Status }) {
  const { stats, container, config } = status;
  const recent = useRecent(container.state === "running");
  const target = Number(config.TARGET_VISITS_PER_DAY ?? 20_000);
  const startedAt = container.started_at ? Date.parse(container.started_at) : 0;
  const pace =
    recent && container.state === "running" ? visitsPerDay(recent, startedAt, now.value) : undefined;
  const inFlight = container.state === "running" ? recent?.points.at(-1)?.in_flight : undefined;
  const rate = stats?.success_rate ?? undefined;
  const lag = stats?.schedule_lag_ms ?? undefined;
  return (
    <TileGrid>
      <Tile name="Visits" value={stats ? count(stats.visits_generated) : "–"}>
        {stats ? `${count(stats.hits_sent)} hits sent` : "none yet"}
        {stats?.visits_failed ? <span class="text-bad"> · {count(stats.visits_failed)} failed</span> : null}
      </Tile>
      <Tile name="Visits a day" value={pace === undefined ? "–" : count(Math.round(pace))}>
        <Share of={pace} target={target} />
        target {count(target)}
      </Tile>
      <Tile
        name="Success rate"
        value={rate === undefined ? "–" : percent(rate)}
        tone={rate === undefined || rate >= 0.99 ? "" : rate >= 0.9 ? "text-warn" : "text-bad"}
      >
        hits acknowledged by Matomo
      </Tile>
      <Tile
        name="Rate"
        value={stats && container.state === "running" ? stats.current_rate.replace("/sec", "/s") : "–"}
      >
        visits, over the last minute
      </Tile>
      <Tile name="Latency" value={stats?.latency ? millis(stats.latency.p50) : "–"}>
        {stats?.latency ? (
          <>
            p95 {millis(stats.latency.p95)} · p99 {millis(stats.latency.p99)}
          </>
        ) : (
          "median; p95, p99"
        )}
      </Tile>
      <Tile name="In flight" value={inFlight === undefined ? "–" : count(inFlight)}>
        of {count(Number(config.CONCURRENCY ?? 50))} requests at once
      </Tile>
      <Tile
        name="Lag"
        value={lag === undefined ? "–" : millis(lag)}
        tone={lag !== undefined && lag > 1000 ? "text-warn" : ""}
      >
        99 of 100 visits start no later
      </Tile>
      <Cap cap={stats?.cap ?? undefined} />
    </TileGrid>
  );
}

/** A bar: how much of the target is reached. */
function Share({ of, target }: { of: number | undefined; target: number }) {
  const share = of === undefined ? 0 : Math.min(1, of / target);
  return (
    <span class="my-1 block h-1.5 overflow-hidden rounded-full bg-sunken">
      <span
        class="block h-full rounded-full bg-accent transition-[width]"
        style={{ width: `${share * 100}%` }}
      />
    </span>
  );
}

function Cap({ cap }: { cap: CapStatus | undefined }) {
  if (!cap) {
    return (
      <Tile name="Daily cap" value="None">
        visits are not limited
      </Tile>
    );
  }
  const left = cap.resets_at ? (Date.parse(cap.resets_at) - now.value) / 1000 : undefined;
  const full = cap.used >= cap.limit;
  return (
    <Tile
      name="Daily cap"
      value={`${figure(Math.min(100, (cap.used / cap.limit) * 100))}%`}
      tone={full ? "text-warn" : ""}
    >
      <Share of={cap.used} target={cap.limit} />
      {count(cap.used)} of {count(cap.limit)}
      {left !== undefined && left > 0 && `, resets in ${span(left)}`}
    </Tile>
  );
}

/** The last quarter of an hour. */
function useRecent(running: boolean): Metrics | undefined {
  const [recent, setRecent] = useState<Metrics>();
  useEffect(() => {
    if (!running) return undefined;
    return poll(async (signal) => {
      setRecent(await api("GET /api/metrics", { query: { window: "15m" }, signal }));
    }, EVERY);
  }, [running]);
  return recent;
}
