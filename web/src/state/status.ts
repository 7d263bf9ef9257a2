/** What the load generator does at the moment: asked for by the whole page, once. */
import { effect, signal } from "@preact/signals";
import { api } from "../api/client";
import { unlocked } from "../api/session";
import type { Status } from "../api/types";
import { poll } from "./poll";

/** How often it is asked for, in milliseconds: fresh enough for the eye, and half of what the API allows. */
const EVERY = 2500;

export const status = signal<Status | undefined>(undefined);
/** When `status` was true, by this browser's clock. */
export const statusAt = signal(0);

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
  return poll(refreshStatus, EVERY);
});
