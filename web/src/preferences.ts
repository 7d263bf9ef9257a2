/** What a person has chosen for this browser. Kept in local storage; nothing secret goes in here. */
import { effect, signal } from "@preact/signals";

export type RateUnit = "second" | "minute" | "hour";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Theme;
  /** Shortcuts of a single key can be in the way of speech input and of assistive tools. */
  shortcuts: boolean;
  /** How often figures are asked for, in milliseconds. */
  refresh: number;
  /** Times of this browser's zone, or of UTC. */
  utc: boolean;
  /** Rates a second, a minute or an hour. */
  rate: RateUnit;
  /** The window of the graphs, as the API takes it. */
  range: string;
  logs: { lines: number; wrap: boolean; times: boolean; level: string };
}

const PLACE = "trafficinator.preferences";

export const DEFAULTS: Preferences = {
  theme: "system",
  shortcuts: true,
  refresh: 2500,
  utc: false,
  rate: "second",
  range: "1h",
  logs: { lines: 500, wrap: false, times: true, level: "DEBUG" },
};

/** What was kept, as far as it is of the right kind; all else has its default. */
export function readPreferences(text: string | null): Preferences {
  let kept: Partial<Preferences> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (typeof parsed === "object" && parsed !== null) kept = parsed;
  } catch {
    // Somebody else's text: start anew.
  }
  return merge(DEFAULTS, kept);
}

/** `over` on top of `base`, without names that `base` does not know and without values of another type. */
function merge<T extends object>(base: T, over: Partial<T>): T {
  const result = { ...base };
  for (const name of Object.keys(base) as (keyof T)[]) {
    const [known, given] = [base[name], over[name]];
    if (typeof given !== typeof known || given === null || given === undefined) continue;
    result[name] =
      typeof known === "object" ? (merge(known as object, given) as T[keyof T]) : (given as T[keyof T]);
  }
  return result;
}

function stored(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

export const preferences = signal<Preferences>(readPreferences(stored()));

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
}

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<"light" | "dark">(systemDark.matches ? "dark" : "light");
systemDark.addEventListener("change", (event) => {
  systemTheme.value = event.matches ? "dark" : "light";
});

/** The theme that is on. */
export const shownTheme = (): "light" | "dark" => {
  const { theme } = preferences.value;
  return theme === "system" ? systemTheme.value : theme;
};

effect(() => {
  document.documentElement.dataset.theme = shownTheme();
});

effect(() => {
  try {
    localStorage.setItem(PLACE, JSON.stringify(preferences.value));
  } catch {
    // Storage is closed: the choice holds until the page is left.
  }
});
