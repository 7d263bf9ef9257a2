/** What a funnel is on this page, and how it goes to the API and comes back. */
import type { Funnel, NewFunnel, Step, StepType } from "../../api/types";

/** A number that is being typed may be no number yet. */
export interface FieldSpec {
  name: keyof Step;
  label: string;
  kind: "text" | "url" | "number" | "items";
  required?: boolean;
  help?: string;
  /** Takes a whole line of the form. */
  wide?: boolean;
  placeholder?: string;
}

export interface StepSpec {
  label: string;
  /** What happens, in a sentence. */
  says: string;
  fields: readonly FieldSpec[];
}

export const STEPS: Record<StepType, StepSpec> = {
  pageview: {
    label: "Page view",
    says: "A page is viewed.",
    fields: [
      { name: "url", label: "Address of the page", kind: "url", required: true, wide: true },
      { name: "title", label: "Title", kind: "text" },
      {
        name: "action_name",
        label: "Reported title",
        kind: "text",
        help: "Where it differs from the title.",
      },
    ],
  },
  event: {
    label: "Event",
    says: "Something happens on the page.",
    fields: [
      { name: "event_category", label: "Category", kind: "text", required: true },
      { name: "event_action", label: "Action", kind: "text", required: true },
      { name: "event_name", label: "Name", kind: "text", required: true },
      { name: "event_value", label: "Value", kind: "number" },
    ],
  },
  site_search: {
    label: "Site search",
    says: "The site is searched.",
    fields: [
      { name: "search_keyword", label: "Keyword", kind: "text", required: true },
      { name: "search_category", label: "Category", kind: "text" },
      { name: "search_results", label: "Results", kind: "number" },
    ],
  },
  outlink: {
    label: "Outlink",
    says: "A link to another site is followed.",
    fields: [{ name: "target_url", label: "Address of the link", kind: "url", required: true, wide: true }],
  },
  download: {
    label: "Download",
    says: "A file is fetched.",
    fields: [
      {
        name: "target_url",
        label: "Address of the file",
        kind: "url",
        required: true,
        wide: true,
        help: "May begin with / : then it lies on the page's own host.",
      },
    ],
  },
  ecommerce: {
    label: "Order",
    says: "Something is bought.",
    fields: [
      { name: "ecommerce_revenue", label: "Total paid", kind: "number" },
      { name: "ecommerce_currency", label: "Currency", kind: "text", placeholder: "USD" },
      { name: "ecommerce_subtotal", label: "Subtotal", kind: "number" },
      { name: "ecommerce_tax", label: "Tax", kind: "number" },
      { name: "ecommerce_shipping", label: "Shipping", kind: "number" },
      {
        name: "ecommerce_items",
        label: "Items",
        kind: "items",
        wide: true,
        help: "JSON: a list of objects with sku, name, category, price and quantity.",
      },
    ],
  },
};

export const STEP_TYPES = Object.keys(STEPS) as StepType[];

/** A step on the page: every field as it is typed, and a key that stays when it is moved. */
export interface DraftStep {
  key: number;
  type: StepType;
  values: Partial<Record<keyof Step, string>>;
}

export interface Draft {
  name: string;
  description: string;
  probability: string;
  priority: string;
  enabled: boolean;
  exits: boolean;
  steps: DraftStep[];
}

let lastKey = 0;
export const nextKey = (): number => ++lastKey;

export const newStep = (type: StepType = "pageview", values: DraftStep["values"] = {}): DraftStep => ({
  key: nextKey(),
  type,
  values,
});

const DELAYS = ["delay_seconds_min", "delay_seconds_max"] as const;

/** The fields that a step of this type has. */
const fieldsOf = (type: StepType): (keyof Step)[] => [
  ...STEPS[type].fields.map(({ name }) => name),
  ...DELAYS,
];

export function draftOf(funnel: NewFunnel | Funnel): Draft {
  return {
    name: funnel.name,
    description: funnel.description ?? "",
    probability: String(funnel.probability),
    priority: String(funnel.priority ?? 0),
    enabled: funnel.enabled ?? true,
    exits: funnel.exit_after_completion ?? true,
    steps: funnel.steps.map((step) => {
      const values: DraftStep["values"] = {};
      for (const [name, value] of Object.entries(step) as [keyof Step, unknown][]) {
        if (name === "type" || value === null || value === undefined) continue;
        values[name] = typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
      }
      return newStep(step.type, values);
    }),
  };
}

/** What is typed, as the API takes it. What is no number is sent as it is, so that the API says what is wrong with it. */
export function funnelOf(draft: Draft): NewFunnel {
  const steps = draft.steps.map(({ type, values }) => {
    const step: Record<string, unknown> = { type };
    for (const name of fieldsOf(type)) {
      const text = values[name]?.trim();
      if (text === undefined || text === "") continue;
      const kind = STEPS[type].fields.find((field) => field.name === name)?.kind ?? "number";
      step[name] = kind === "number" ? numberOf(text) : kind === "items" ? itemsOf(text) : text;
    }
    return step as unknown as Step;
  });
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    probability: numberOf(draft.probability) as number,
    priority: draft.priority.trim() === "" ? 0 : (numberOf(draft.priority) as number),
    enabled: draft.enabled,
    exit_after_completion: draft.exits,
    steps,
  };
}

function numberOf(text: string): number | string {
  const given = text.trim().replace(",", ".");
  return given !== "" && Number.isFinite(Number(given)) ? Number(given) : text.trim();
}

function itemsOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A list with one of its elements at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const at = Math.max(0, Math.min(list.length - 1, to));
  next.splice(at, 0, ...next.splice(from, 1));
  return next;
}

/** What is wrong, by field of the funnel and by step. */
export interface FunnelFaults {
  own: Record<string, string>;
  steps: Record<string, string>[];
  /** What belongs to no field that is shown. */
  rest: string[];
}

/** Sorts what the API says to where it belongs: `probability`, `step 2, url`. */
export function sortFaults(
  errors: readonly { field: string; message: string }[],
  draft: Draft,
): FunnelFaults {
  const faults: FunnelFaults = { own: {}, steps: draft.steps.map(() => ({})), rest: [] };
  const put = (place: Record<string, string>, field: string, message: string) => {
    place[field] = place[field] ? `${place[field]}; ${message}` : message;
  };
  for (const { field, message } of errors) {
    const step = /^step (\d+)(?:, (\w+))?/.exec(field);
    const index = Number(step?.[1]) - 1;
    const target = draft.steps[index];
    const place = faults.steps[index];
    if (target && place) {
      const name = step?.[2];
      const known = name === "type" || fieldsOf(target.type).some((own) => own === name);
      put(place, name && known ? name : "", name && !known ? `${name}: ${message}` : message);
    } else if (["name", "description", "probability", "priority", "steps"].includes(field)) {
      put(faults.own, field, message);
    } else {
      faults.rest.push(field === "" || field === "funnel 1" ? message : `${field}: ${message}`);
    }
  }
  return faults;
}
