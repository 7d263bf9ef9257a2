/** What the load generator does, in a word, a colour and a pictogram. The same everywhere on the page. */
import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleStop,
  CircleX,
  Hourglass,
  type IconNode,
  LoaderCircle,
} from "lucide";
import type { Status } from "../api/types";
import { Badge, type Tone } from "../ui";

export interface Look {
  word: string;
  tone: Tone;
  icon: IconNode;
  /** The same in a sentence. */
  says: string;
}

/** Whether it is there and waits to be told to begin. Before it has said anything, its configuration tells. */
export function isWaiting({ container, config, stats }: Status): boolean {
  if (container.state !== "running") return false;
  if (stats?.state) return stats.state === "waiting";
  return !stats?.visits_generated && String(config.AUTO_START).toLowerCase() === "false";
}

/** How a state looks. A running container may still be waiting, for its signal or for the daily cap. */
export function look(status: Status): Look {
  const { state, exit_code: code, health } = status.container;
  switch (state) {
    case "running":
      if (isWaiting(status)) {
        return {
          word: "Waiting",
          tone: "warn",
          icon: Hourglass,
          says: "It is ready, and begins when you press Start.",
        };
      }
      return lookOfRun(status.stats?.state ?? undefined, health === "unhealthy");
    case "stopped":
      return code
        ? {
            word: "Failed",
            tone: "bad",
            icon: CircleX,
            says: `It ended with exit code ${code}. The logs say why.`,
          }
        : { word: "Stopped", tone: "neutral", icon: CircleStop, says: "It is set up and not running." };
    case "created":
      return {
        word: "Ready",
        tone: "neutral",
        icon: CircleStop,
        says: "It is set up and was never started.",
      };
    case "restarting":
      return { word: "Restarting", tone: "warn", icon: LoaderCircle, says: "It is being started again." };
    case "paused":
      return { word: "Frozen", tone: "warn", icon: CirclePause, says: "The container engine holds it." };
    case "not_found":
      return {
        word: "Not set up",
        tone: "neutral",
        icon: CircleDashed,
        says: "Choose a preset or write a configuration, then start.",
      };
    case "error":
      return {
        word: "Unknown",
        tone: "bad",
        icon: CircleX,
        says: status.error ?? "Its state could not be found out.",
      };
  }
}

function lookOfRun(run: string | undefined, unhealthy: boolean): Look {
  if (run === "capped") {
    return {
      word: "Cap reached",
      tone: "warn",
      icon: CirclePause,
      says: "The daily cap is reached; it goes on when the window resets.",
    };
  }
  if (run === "draining") {
    return {
      word: "Finishing",
      tone: "warn",
      icon: LoaderCircle,
      says: "Visits under way are being finished.",
    };
  }
  if (run === "idle") {
    return {
      word: "Done",
      tone: "ok",
      icon: CircleCheck,
      says: "It has done what it was asked for, and idles.",
    };
  }
  if (unhealthy) {
    return {
      word: "Unhealthy",
      tone: "warn",
      icon: CircleX,
      says: "It runs, and its health check fails. The logs say more.",
    };
  }
  return { word: "Running", tone: "ok", icon: CircleCheck, says: "Visits are on their way." };
}

export function StateBadge({ status }: { status: Status }) {
  const { word, tone, icon } = look(status);
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
