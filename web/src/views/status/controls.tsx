/** Start, stop, restart: each asks first, says what it did, and shows the new state at once. */
import { Play, RotateCw, SlidersHorizontal, Square } from "lucide";
import { api } from "../../api/client";
import type { Status } from "../../api/types";
import { isWaiting } from "../../frame/state";
import { go } from "../../router";
import { useShortcuts } from "../../shortcuts";
import { refreshStatus } from "../../state/status";
import { Button, confirm, toast, useAction } from "../../ui";

const target = (status: Status): string => String(status.config.MATOMO_URL ?? "the target");

async function start(status: Status): Promise<void> {
  const yes = await confirm({
    title: "Start the load generator?",
    body: `Visits will be sent to ${target(status)}, at ${status.config.TARGET_VISITS_PER_DAY ?? "20000"} a day.`,
    action: "Start",
  });
  if (yes) await tellOf(api("POST /api/start"));
}

async function stop(): Promise<void> {
  const yes = await confirm({
    title: "Stop the load generator?",
    body: "No new visits begin. Those under way are finished, which takes some seconds.",
    action: "Stop",
    danger: true,
  });
  if (yes) await tellOf(api("POST /api/stop"));
}

async function restart(): Promise<void> {
  const yes = await confirm({
    title: "Restart the load generator?",
    body: "Visits under way are finished, then it begins again with the same configuration.",
    action: "Restart",
  });
  if (yes) await tellOf(api("POST /api/restart"));
}

async function tellOf(change: Promise<{ message: string }>): Promise<void> {
  try {
    toast((await change).message);
  } finally {
    await refreshStatus().catch(() => undefined);
  }
}

export function Controls({ status }: { status: Status }) {
  const [onStart, starting] = useAction(() => start(status));
  const [onStop, stopping] = useAction(stop);
  const [onRestart, restarting] = useAction(restart);
  const { state } = status.container;
  const busy = starting || stopping || restarting;
  const alive = state === "running" || state === "restarting" || state === "paused";
  const waits = isWaiting(status);
  const known = state !== "not_found" && state !== "error";
  useShortcuts(
    [
      ...(known && (!alive || waits) ? [{ keys: "S", label: "Start", run: () => void onStart() }] : []),
      ...(alive ? [{ keys: "X", label: "Stop", run: () => void onStop() }] : []),
    ],
    [known, alive, waits, status.config],
  );
  if (state === "not_found") {
    return (
      <Button kind="primary" icon={SlidersHorizontal} onClick={() => go("config")}>
        Set it up
      </Button>
    );
  }
  return (
    <>
      {(!alive || waits) && (
        <Button kind="primary" icon={Play} busy={starting} disabled={busy || !known} onClick={onStart}>
          Start
        </Button>
      )}
      {alive && !waits && (
        <Button icon={RotateCw} busy={restarting} disabled={busy} onClick={onRestart}>
          Restart
        </Button>
      )}
      {alive && (
        <Button kind="danger" icon={Square} busy={stopping} disabled={busy} onClick={onStop}>
          Stop
        </Button>
      )}
    </>
  );
}
