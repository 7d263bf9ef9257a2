/** What the form works on: settings as texts, what was changed, what is wrong. Without a page, so that it can be tested. */
import type { Schema, Setting, ShownSettings } from "../../api/types";

export type Config = ShownSettings;

/** What stands for a secret that is kept and not shown. */
export const MASK = "***MASKED***";

/** Where a configuration came from; masked secrets are those of it. */
export type Origin = { kind: "new" } | { kind: "running" } | { kind: "saved"; id: number; name: string };

export interface Draft {
  origin: Origin;
  /** As it came from the API. What nobody has touched is sent back as it is. */
  base: Config;
  /** What was typed, by name. Empty = without this setting, which then has its default. */
  edits: Record<string, string>;
}

export const draftOf = (origin: Origin, base: Config, edits: Record<string, string> = {}): Draft => ({
  origin,
  base: upper(base),
  edits,
});

/** Configurations may name settings in lower case; the form knows them in upper case. */
const upper = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).map(([name, value]) => [name.toUpperCase(), value]));

const text = (value: Config[string] | undefined): string =>
  value === null || value === undefined ? "" : String(value);

/** The default as a text; empty where there is none. */
export const defaultOf = (setting: Setting): string => text(setting.default as Config[string]);

/** What stands in the field: what was typed, or what came; empty = nobody has set it. */
export const textOf = (draft: Draft, name: string): string => draft.edits[name] ?? text(draft.base[name]);

/** What the load generator would use. */
export const effective = (draft: Draft, setting: Setting): string =>
  textOf(draft, setting.name).trim() || defaultOf(setting);

/** Types a text into a field. What is the same as before is no change. */
export function edit(draft: Draft, setting: Setting, typed: string): Draft {
  const { [setting.name]: _, ...others } = draft.edits;
  const before = text(draft.base[setting.name]);
  // What is picked back to its default, and was not set before, is untouched. What is typed is left as it is: a field
  // that is emptied at 20000, on the way to 200000, would end as 0.
  const picked = setting.type === "boolean" || setting.type === "choice";
  const same = typed === before || (picked && before === "" && typed === defaultOf(setting));
  return { ...draft, edits: same ? others : { ...others, [setting.name]: typed } };
}

/** The configuration to send: what came, with the changes. */
export function configOf(draft: Draft, schema: Schema): Config {
  const config: Config = { ...draft.base };
  for (const [name, typed] of Object.entries(draft.edits)) {
    const setting = schema.settings.find((known) => known.name === name);
    if (typed.trim() === "") delete config[name];
    else config[name] = typedValue(typed.trim(), setting);
  }
  return config;
}

/** A text as JSON of the setting's type; as it is where it is not of it, for the API to say what is wrong. */
function typedValue(typed: string, setting: Setting | undefined): Config[string] {
  if (setting?.type === "boolean" && (typed === "true" || typed === "false")) return typed === "true";
  if ((setting?.type === "integer" || setting?.type === "number") && NUMBER.test(typed)) {
    const number = Number(typed);
    // Beyond that a number in JavaScript is another one.
    return Number.isSafeInteger(number) || !Number.isInteger(number) ? number : typed;
  }
  return typed;
}

export function isShown(draft: Draft, schema: Schema, setting: Setting): boolean {
  const condition = setting.shown_when;
  // What somebody has set is never hidden from them.
  if (!condition || textOf(draft, setting.name) !== "") return true;
  const decider = schema.settings.find(({ name }) => name === condition.name);
  if (!decider) return true;
  const value = effective(draft, decider);
  if (condition.is !== undefined && condition.is !== null) return same(value, condition.is);
  return condition.is_not === undefined || condition.is_not === null || !same(value, condition.is_not);
}

/** `0` and `0.0` are the same number. */
const same = (a: string, b: string): boolean =>
  a === b || (NUMBER.test(a) && NUMBER.test(b) && Number(a) === Number(b));

export interface Change {
  setting: Setting;
  from: string;
  to: string;
}

/** How a configuration would differ from the one that is in use. */
export function changes(draft: Draft, running: Config, schema: Schema): Change[] {
  const now = upper(running);
  return schema.settings
    .map((setting) => ({
      setting,
      from: text(now[setting.name]) || defaultOf(setting),
      to: effective(draft, setting),
    }))
    .filter(({ from, to }) => !same(from, to));
}

/** Puts other settings on top: a preset on what is in the form. */
export function overlay(draft: Draft, schema: Schema, over: Config): Draft {
  let result = draft;
  for (const [name, value] of Object.entries(upper(over))) {
    const setting = schema.settings.find((known) => known.name === name);
    if (!setting) continue;
    // A setting that nobody had set and that is to have its default is not set now either.
    const unset = text(draft.base[name]) === "" && text(value) === defaultOf(setting);
    result = edit(result, setting, unset ? "" : text(value));
  }
  return result;
}

/** Whether a configuration does all that a preset says. */
export function follows(config: Config, preset: Config, schema: Schema): boolean {
  const values = upper(config);
  return Object.entries(upper(preset)).every(([name, wanted]) => {
    const setting = schema.settings.find((known) => known.name === name);
    return same(text(values[name]) || (setting ? defaultOf(setting) : ""), text(wanted));
  });
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** What is wrong with a field, as far as can be seen here; the API looks at it again, and at the whole. */
export function fault(draft: Draft, schema: Schema, setting: Setting): string | undefined {
  const typed = textOf(draft, setting.name).trim();
  if (typed === "") {
    return setting.required ? "is needed: without it there is no start." : undefined;
  }
  if (typed === MASK && setting.secret) return undefined;
  const wrong = faultOfType(typed, setting);
  if (wrong) return wrong;
  const partner = partnerOf(setting, schema);
  if (partner && setting.name.endsWith("_MIN")) {
    const most = Number(effective(draft, partner));
    if (Number(typed) > most) return `is more than the maximum, ${most}.`;
  }
  if (partner && setting.name.endsWith("_MAX")) {
    const least = Number(effective(draft, partner));
    if (Number(typed) < least) return `is less than the minimum, ${least}.`;
  }
  return undefined;
}

function faultOfType(typed: string, setting: Setting): string | undefined {
  switch (setting.type) {
    case "url":
      return faultOfUrl(typed);
    case "integer":
      if (!/^[+-]?\d+$/.test(typed)) return "is not a whole number.";
      return outOfRange(Number(typed), setting);
    case "number":
      if (!NUMBER.test(typed)) return "is not a number: give one like 0.25, with a point.";
      return outOfRange(Number(typed), setting);
    case "choice":
      return setting.choices?.includes(typed) ? undefined : `is none of ${setting.choices?.join(", ")}.`;
    case "time_zone":
      return isZone(typed) ? undefined : "is no time zone: give a name like Europe/Berlin.";
    case "currency":
      return /^[A-Z]{3}$/.test(typed) ? undefined : "is no currency: give three capital letters, like EUR.";
    case "date":
      return /^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(Date.parse(typed))
        ? undefined
        : "is no date: give one like 2026-01-31.";
    case "numbers":
      return typed.split(",").every((part) => NUMBER.test(part.trim()))
        ? undefined
        : "is no list of numbers: separate them by commas, like 0,5.99,9.99.";
    case "weights":
      return typed.split(",").every((part) => /^\s*[a-z_]+\s*=\s*(\d+(\.\d*)?|\.\d+)\s*$/i.test(part))
        ? undefined
        : `gives no weights: write them like ${setting.choices?.map((name) => `${name}=1`).join(",")}.`;
    case "shard":
      return /^\d+\/[1-9]\d*$/.test(typed) ? undefined : "is no part: give index/count, like 0/3.";
    default:
      return undefined;
  }
}

function faultOfUrl(typed: string): string | undefined {
  const example = "give one like https://matomo.example.com/matomo.php.";
  if (!URL.canParse(typed)) return `is not a URL: ${example}`;
  const { protocol, hostname } = new URL(typed);
  return /^https?:$/.test(protocol) && hostname !== ""
    ? undefined
    : `is not an http or https address: ${example}`;
}

function outOfRange(value: number, { min, max }: Setting): string | undefined {
  const [least, most] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  if (value >= least && value <= most) return undefined;
  const limits = [
    ...(min === null || min === undefined ? [] : [`at least ${min}`]),
    ...(max === null || max === undefined ? [] : [`at most ${max}`]),
  ];
  return `is out of range: give ${limits.join(" and ")}.`;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The other end of a range: of X_MIN, X_MAX. */
function partnerOf({ name }: Setting, schema: Schema): Setting | undefined {
  const other = name.endsWith("_MIN")
    ? name.replace(/_MIN$/, "_MAX")
    : name.endsWith("_MAX")
      ? name.replace(/_MAX$/, "_MIN")
      : undefined;
  return other ? schema.settings.find((setting) => setting.name === other) : undefined;
}

/** The chapters of the form, each with groups of the schema. What is not named goes into the last but one. */
const CHAPTERS: readonly (readonly [title: string, groups: readonly string[]])[] = [
  ["Core", ["Core"]],
  ["Traffic", ["Visits", "Traffic shape", "Limits"]],
  ["Features", ["Features", "Ecommerce"]],
  ["Advanced", []],
  ["Backfill", ["Backfill"]],
];

export interface Chapter {
  title: string;
  groups: { name: string; about: string; settings: Setting[] }[];
}

export function chapters(schema: Schema): Chapter[] {
  const named = new Set(CHAPTERS.flatMap(([, groups]) => groups));
  return CHAPTERS.map(([title, names]) => ({
    title,
    groups: schema.groups
      .filter(({ name }) => (title === "Advanced" ? !named.has(name) : names.includes(name)))
      .sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
      .map(({ name, about }) => ({
        name,
        about,
        settings: schema.settings.filter(({ group }) => group === name),
      })),
  })).filter(({ groups }) => groups.length > 0);
}
