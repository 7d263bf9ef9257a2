/** What is asked of a search, as a person types it; and how long it takes at the least. */
import type { CapacityPlan, CapacityRequest, CapacitySearch } from "../../api/types";

export const FIELDS = [
  "from",
  "thresholds",
  "least",
  "most",
  "step",
  "precision",
  "warm_up",
  "step_time",
  "confirm",
  "name",
] as const;
export type FieldName = (typeof FIELDS)[number];
export type Draft = Record<FieldName, string>;
/** Fields that are figures. */
type Figure = Exclude<FieldName, "thresholds" | "name">;

/** What holds for an empty field; the first rate is the load generator's own. */
export const DEFAULTS = {
  least: 1000,
  most: 1e9,
  step: 1.6,
  precision: 3,
  warm_up: 4,
  step_time: 20,
  confirm: 60,
} as const;

export const EMPTY: Draft = {
  from: "",
  thresholds: "",
  least: "",
  most: "",
  step: "",
  precision: "",
  warm_up: "",
  step_time: "",
  confirm: "",
  name: "",
};

const isText = (field: FieldName): boolean => field === "thresholds" || field === "name";

/** A number as people write it: `20,000`, `20 000`. Not a number when it is none. */
export function numberOf(text: string): number {
  const plain = text.replace(/[\s_]/g, "").replace(/,(?=\d{3}(\D|$))/g, "");
  return /^\d*\.?\d+$|^\d+\.$/.test(plain) ? Number(plain) : Number.NaN;
}

/** What cannot be sent, by field; what is out of range the API tells. */
export function faultsOf(draft: Draft): Partial<Record<FieldName, string>> {
  const faults: Partial<Record<FieldName, string>> = {};
  for (const field of FIELDS) {
    if (!isText(field) && draft[field].trim() && Number.isNaN(numberOf(draft[field])))
      faults[field] = "Give a number.";
  }
  return faults;
}

/** Only what is given: an empty field is not sent. */
export function requestOf(draft: Draft): CapacityRequest {
  const request: Record<string, string | number> = {};
  for (const field of FIELDS) {
    const text = draft[field].trim();
    if (text) request[field] = isText(field) ? text : numberOf(text);
  }
  return request as CapacityRequest;
}

/** The form as it was for an earlier search: what has its default stays empty. */
export function draftOf({ request }: CapacitySearch): Draft {
  const kept = (field: keyof typeof DEFAULTS) =>
    request[field] === DEFAULTS[field] ? "" : String(request[field]);
  return {
    ...EMPTY,
    from: String(Math.round(request.from * 10) / 10),
    thresholds: request.thresholds ?? "",
    ...(Object.fromEntries(
      (Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]).map((field) => [field, kept(field)]),
    ) as Record<keyof typeof DEFAULTS, string>),
  };
}

/** The plan that the API makes of it; `own` is the load generator's rate. Nothing while a field is no number. */
export function planOf(draft: Draft, own: number): CapacityPlan | undefined {
  if (Object.keys(faultsOf(draft)).length > 0) return undefined;
  const given = (field: Figure, otherwise: number) =>
    draft[field].trim() ? numberOf(draft[field]) : otherwise;
  const least = given("least", DEFAULTS.least);
  const most = given("most", DEFAULTS.most);
  const plan = {
    from: Math.min(Math.max(given("from", own), least), most),
    least,
    most,
    step: given("step", DEFAULTS.step),
    precision: given("precision", DEFAULTS.precision),
    warm_up: given("warm_up", DEFAULTS.warm_up),
    step_time: given("step_time", DEFAULTS.step_time),
    confirm: given("confirm", DEFAULTS.confirm),
  };
  const possible = plan.least > 0 && plan.least <= plan.most && plan.step > 1 && plan.precision > 0;
  return possible ? plan : undefined;
}

/** How many rates are tried before the confirmation when the limit lies there. */
export function triesUntil(limit: number, { from, least, most, step, precision }: CapacityPlan): number {
  const near = 1 + precision / 100;
  let held = 0;
  let broke = Number.POSITIVE_INFINITY;
  let next = from;
  for (let tries = 0; tries < 500; tries++) {
    const over = broke <= least || (held > 0 && (broke <= held * near || held >= most));
    if (over) return tries;
    if (next <= limit) {
      held = next;
      next = Number.isFinite(broke) ? Math.sqrt(held * broke) : Math.min(held * step, most);
    } else {
      broke = next;
      next = held > 0 ? Math.sqrt(held * broke) : Math.max(broke / step, least);
    }
  }
  return 500;
}

/** The shortest that it can take to an answer, in seconds: the limit lies near the first rate, or is never met. */
export function shortest(plan: CapacityPlan): number {
  const steps = [plan.from, plan.from * 0.999, Number.POSITIVE_INFINITY]
    // Below the least rate there is nothing to confirm.
    .filter((limit) => limit >= plan.least)
    .map((limit) => triesUntil(limit, plan));
  return Math.min(...steps) * perStep(plan) + plan.warm_up + plan.confirm;
}

export const perStep = ({ warm_up, step_time }: CapacityPlan): number => warm_up + step_time;
