/** Everything that a person has made here, as one file: written, read, compared with what is there, and put in its place. */
import { ApiError, api } from "../../api/client";
import type { ConfigFile, Funnel, NewConfig, NewFunnel, Preset } from "../../api/types";

export const MASKED = "***MASKED***";

export interface Bundle {
  kind: "trafficinator";
  /** The layout of this file. */
  version: 1;
  exported_at: string;
  configs: ConfigFile["configs"];
  presets: NewConfig[];
  funnels: NewFunnel[];
  /** The text of the pages and events; null where the built-in ones are in use. */
  urls: string | null;
  events: string | null;
}

export const PARTS = ["configs", "presets", "funnels", "urls", "events"] as const;
export type Part = (typeof PARTS)[number];

export const PART_NAMES: Record<Part, string> = {
  configs: "Configurations",
  presets: "Presets of your own",
  funnels: "Funnels",
  urls: "URLs",
  events: "Events",
};

/** Settings without those whose value was masked. */
const unmasked = (config: Preset["config"]): NewConfig["config"] =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== MASKED)) as NewConfig["config"];

export const bareFunnel = ({ id: _, created_at: __, updated_at: ___, ...funnel }: Funnel): NewFunnel =>
  funnel;

/** Reads everything from the control plane. Tokens of configurations come along only when asked for. */
export async function collect(includeTokens: boolean): Promise<Bundle> {
  const [configs, presets, funnels, urls, events] = await Promise.all([
    api("GET /api/configs/export", { query: { include_tokens: includeTokens } }),
    api("GET /api/presets"),
    api("GET /api/funnels"),
    api("GET /api/urls"),
    api("GET /api/events"),
  ]);
  return {
    kind: "trafficinator",
    version: 1,
    exported_at: new Date().toISOString(),
    configs: configs.configs,
    presets: presets.presets
      .filter(({ builtin }) => !builtin)
      .map(({ name, description, config }) => ({ name, description, config: unmasked(config) })),
    funnels: funnels.funnels.map(bareFunnel),
    urls: urls.source === "custom" ? urls.content : null,
    events: events.source === "custom" ? events.content : null,
  };
}

/** How many things of a part there are; a text is one. */
export const sizeOf = (bundle: Bundle, part: Part): number => {
  const value = bundle[part];
  return Array.isArray(value) ? value.length : value === null ? 0 : 1;
};

/** Reads a file. What it is not is told in words. */
export function readBundle(text: string): Bundle {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `This is not JSON: ${error instanceof Error ? error.message : String(error)}. Choose a file that was exported here.`,
    );
  }
  const given = file as Partial<Bundle> | null;
  if (typeof given !== "object" || given === null || given.kind !== "trafficinator") {
    throw new Error(
      'This was not exported here: it does not say "kind": "trafficinator". A file of configurations or presets alone is imported in its own view.',
    );
  }
  if (given.version !== 1) {
    throw new Error(
      `This file has the layout ${String(given.version)}, and only 1 is known here. Update the control plane.`,
    );
  }
  const faults: string[] = [];
  const named = (part: "configs" | "presets" | "funnels") => {
    const list: unknown = given[part] ?? [];
    if (!Array.isArray(list)) {
      faults.push(`${part} is no list`);
      return [];
    }
    list.forEach((item: unknown, at) => {
      const name = (item as { name?: unknown } | null)?.name;
      if (typeof name !== "string" || name === "") faults.push(`${part}[${at}] has no name`);
    });
    return list;
  };
  const words = (part: "urls" | "events") => {
    const value: unknown = given[part] ?? null;
    if (value !== null && typeof value !== "string") faults.push(`${part} is no text`);
    return value as string | null;
  };
  const bundle: Bundle = {
    kind: "trafficinator",
    version: 1,
    exported_at: String(given.exported_at ?? ""),
    configs: named("configs") as Bundle["configs"],
    presets: named("presets") as Bundle["presets"],
    funnels: named("funnels") as Bundle["funnels"],
    urls: words("urls"),
    events: words("events"),
  };
  if (faults.length > 0) throw new Error(`Nothing was imported: ${faults.slice(0, 5).join("; ")}.`);
  return bundle;
}

/** Of the things of a part, which take the place of one that is there, by name. */
export function replacing(bundle: Bundle, here: Bundle, part: Part): string[] {
  const now = here[part];
  const next = bundle[part];
  if (Array.isArray(now) && Array.isArray(next)) {
    const taken = new Set(now.map(({ name }) => name.trim()));
    return next.map(({ name }) => name.trim()).filter((name) => taken.has(name));
  }
  return now !== null && next !== null && now !== next ? [part] : [];
}

export interface Outcome {
  part: Part;
  name: string;
  /** `kept`: one of that name was there, and is to stay. */
  what: "created" | "replaced" | "kept" | "failed";
  why?: string;
}

/** Asks again when we were told to wait; tells for how long. */
async function patiently<T>(ask: () => Promise<T>, onWait: (seconds: number) => void): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "rate_limited") throw error;
      const seconds = error.retryAfter ?? 6;
      onWait(seconds);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
}

/** Puts the parts of a file in place, one after the other. What fails is told and does not stop the rest. */
export async function restore(
  bundle: Bundle,
  parts: ReadonlySet<Part>,
  replace: boolean,
  onStep: (outcome: Outcome) => void,
  onWait: (seconds: number) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const done = (outcome: Outcome) => {
    outcomes.push(outcome);
    onStep(outcome);
  };
  const attempt = async (part: Part, name: string, act: () => Promise<Outcome["what"]>) => {
    try {
      done({ part, name, what: await patiently(act, onWait) });
    } catch (error) {
      const why = error instanceof ApiError ? error.story : String(error);
      done({ part, name, what: "failed", why });
    }
  };

  if (parts.has("configs") && bundle.configs.length > 0) await restoreConfigs(bundle, replace, attempt);
  if (parts.has("presets") && bundle.presets.length > 0) {
    const { presets } = await patiently(() => api("GET /api/presets"), onWait);
    const own = new Map(presets.filter(({ builtin }) => !builtin).map(({ name, id }) => [name, id]));
    for (const { name, description, config } of bundle.presets) {
      await attempt("presets", name, async () => {
        const id = own.get(name.trim());
        const body = { name, description: description ?? "", config };
        if (id === undefined) await api("POST /api/presets", { body });
        else if (replace) await api("PUT /api/presets/{id}", { path: { id }, body });
        return id === undefined ? "created" : replace ? "replaced" : "kept";
      });
    }
  }
  if (parts.has("funnels") && bundle.funnels.length > 0) {
    const { funnels } = await patiently(() => api("GET /api/funnels"), onWait);
    const ids = new Map(funnels.map(({ name, id }) => [name, id]));
    for (const funnel of bundle.funnels) {
      await attempt("funnels", funnel.name, async () => {
        const id = ids.get(funnel.name.trim());
        if (id === undefined) await api("POST /api/funnels", { body: funnel });
        else if (replace) await api("PUT /api/funnels/{id}", { path: { id }, body: funnel });
        return id === undefined ? "created" : replace ? "replaced" : "kept";
      });
    }
  }
  for (const part of ["urls", "events"] as const) {
    const content = bundle[part];
    if (content === null || !parts.has(part)) continue;
    await attempt(part, PART_NAMES[part], async () => {
      const now = part === "urls" ? await api("GET /api/urls") : await api("GET /api/events");
      if (now.source === "custom" && now.content !== content && !replace) return "kept";
      if (part === "urls") await api("POST /api/urls", { body: { content } });
      else await api("POST /api/events", { body: { content } });
      return now.source === "custom" ? "replaced" : "created";
    });
  }
  return outcomes;
}

/** Configurations go in one request, which takes all of them or none. */
async function restoreConfigs(
  bundle: Bundle,
  replace: boolean,
  attempt: (part: Part, name: string, act: () => Promise<Outcome["what"]>) => Promise<void>,
): Promise<void> {
  let taken = new Set<string>();
  await attempt("configs", "all that are new", async () => {
    const { configs } = await api("GET /api/configs");
    taken = new Set(configs.map(({ name }) => name));
    const fresh = bundle.configs.filter(({ name }) => !taken.has(name.trim()));
    if (fresh.length === 0) return "kept";
    await api("POST /api/configs/import", { body: { version: 1, configs: fresh } });
    return "created";
  });
  const there = bundle.configs.filter(({ name }) => taken.has(name.trim()));
  if (there.length === 0) return;
  await attempt("configs", "those of the same name", async () => {
    if (!replace) return "kept";
    await api("POST /api/configs/import", { query: { replace: true }, body: { version: 1, configs: there } });
    return "replaced";
  });
}
