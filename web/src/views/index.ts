/** The list of views: its address, its name, its shortcut, and where its code is. Each is loaded when it is first seen. */
import {
  Activity,
  CalendarClock,
  FileText,
  Filter,
  Gauge,
  History,
  type IconNode,
  Link,
  MousePointerClick,
  Settings2,
  SlidersHorizontal,
  TrendingUp,
} from "lucide";
import type { ComponentType } from "preact";

/** A view gets what follows its own part of the address: of `/ui/funnels/3`, `3`. */
export type View = ComponentType<{ rest: string }>;

export interface Route {
  /** The first part of the address after `/ui/`. */
  path: string;
  title: string;
  icon: IconNode;
  /** The key after `g` that leads here. */
  key: string;
  load: () => Promise<{ default: View }>;
}

export const ROUTES: readonly Route[] = [
  { path: "", title: "Status", icon: Activity, key: "s", load: () => import("./status") },
  { path: "config", title: "Config", icon: SlidersHorizontal, key: "c", load: () => import("./config") },
  { path: "presets", title: "Presets", icon: Gauge, key: "p", load: () => import("./presets") },
  { path: "logs", title: "Logs", icon: FileText, key: "l", load: () => import("./logs") },
  { path: "urls", title: "URLs", icon: Link, key: "u", load: () => import("./urls") },
  { path: "events", title: "Events", icon: MousePointerClick, key: "e", load: () => import("./events") },
  { path: "funnels", title: "Funnels", icon: Filter, key: "f", load: () => import("./funnels") },
  { path: "runs", title: "Runs", icon: History, key: "r", load: () => import("./runs") },
  { path: "backfill", title: "Backfill", icon: CalendarClock, key: "b", load: () => import("./backfill") },
  { path: "capacity", title: "Capacity", icon: TrendingUp, key: "t", load: () => import("./capacity") },
  {
    path: "preferences",
    title: "Preferences",
    icon: Settings2,
    key: ",",
    load: () => import("./preferences"),
  },
];

export const routeOf = (path: string): { route: Route | undefined; rest: string } => {
  const [first = "", ...rest] = path.split("/");
  return { route: ROUTES.find((route) => route.path === first), rest: rest.join("/") };
};
