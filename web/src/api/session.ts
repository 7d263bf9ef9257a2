/** The key. In memory, or in session storage when the person wants to keep it for this tab; never anywhere else. */
import { computed, signal } from "@preact/signals";

const PLACE = "trafficinator.key";

function stored(): string | undefined {
  try {
    return sessionStorage.getItem(PLACE) ?? undefined;
  } catch {
    return undefined;
  }
}

const key = signal<string | undefined>(stored());

/** Why a person is asked for the key although one was given. */
export const lockReason = signal<string | undefined>(undefined);

export const unlocked = computed(() => key.value !== undefined);

/** Whether the key is kept when the tab is loaded again. */
export const isKept = (): boolean => stored() !== undefined;

export const currentKey = (): string | undefined => key.peek();

export function unlock(given: string, keep: boolean): void {
  try {
    if (keep) sessionStorage.setItem(PLACE, given);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Storage is closed: the key is kept in memory.
  }
  lockReason.value = undefined;
  key.value = given;
}

export function lock(reason?: string): void {
  try {
    sessionStorage.removeItem(PLACE);
  } catch {
    // Nothing was kept then.
  }
  lockReason.value = reason;
  key.value = undefined;
}
