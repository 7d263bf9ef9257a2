/** What the load generator does at the moment: asked for by the whole page, once. */
import { computed, effect, signal } from "@preact/signals";
import { api } from "../api/client";
import { unlocked } from "../api/session";
import type { Status } from "../api/types";
import { preferences } from "../preferences";
import { poll } from "./poll";

export const status = signal<Status | undefined>(undefined);
/** When `status` was true, by this browser's clock. */
export const statusAt = signal(0);

/** The API allows one a second; what was kept by hand may be anything. */
const every = computed(() => Math.min(60_000, Math.max(2000, preferences.value.refresh)));

export async function refreshStatus(abort?: AbortSignal): Promise<void> {
  const answer = await api("GET /api/status", abort ? { signal: abort } : {});
  status.value = answer;
  statusAt.value = Date.now();
}

effect(() => {
  if (!unlocked.value) {
    status.value = undefined;
    return undefined;
  }
  return poll(refreshStatus, every.value);
});
