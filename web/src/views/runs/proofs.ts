/** A proof in plain words: its reports, its kinds of hit, what explains a difference, figures in their units. */
import type { ProofLine, ProofMissing } from "../../api/types";
import { count } from "../../format";

const TABLES: Record<string, string> = {
  site: "The site's own figures",
  hours: "Visits by hour",
  orders: "Orders",
};

/** `event_names` is `Event names`. */
export function tableName(table: string): string {
  const known = TABLES[table];
  if (known) return known;
  const words = table.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const CAUSES: Record<string, string> = {
  unknown: "hits whose answer never came",
  table_limit: "the target keeps only so many rows of a report",
  other_run: "another run of the same days",
  same_visitors: "visitors that another run has brought, too",
  no_baseline: "nobody knows what was there before the run",
  unfinished: "visits that go on",
  excluded_addresses: "addresses that the target leaves out",
  ignored_agents: "browsers that the target leaves out",
  excluded_referrers: "websites that the target leaves out of its referrers",
  goals: "hits that met a goal of the site",
  no_ecommerce: "e-commerce is off for the site",
  no_site_search: "site search is off for the site",
  rounding: "the target rounds",
};

export const causeName = (cause: string): string => CAUSES[cause] ?? cause.replaceAll("_", " ");

/** A figure of a line, in the unit that the report shows. */
export function amount(value: number, line: Pick<ProofLine, "scale">): string {
  if (line.scale === 1) return count(value);
  return (value / line.scale).toLocaleString("en", {
    minimumFractionDigits: line.scale === 100 ? 2 : 0,
    maximumFractionDigits: 3,
  });
}

/** What a line should be: one figure, or from and to. */
export function expected(line: ProofLine): string {
  const [from = 0, to = from] = line.expected;
  const before = line.before;
  return from === to
    ? amount(before + from, line)
    : `${amount(before + from, line)} to ${amount(before + to, line)}`;
}

export const signed = (value: number, line: Pick<ProofLine, "scale">): string =>
  `${value > 0 ? "+" : ""}${amount(value, line)}`;

const KINDS: Record<string, [one: string, many: string]> = {
  page_view: ["page view", "page views"],
  search: ["site search", "site searches"],
  outlink: ["outlink", "outlinks"],
  download: ["download", "downloads"],
  event: ["event", "events"],
  order: ["order", "orders"],
  cart: ["cart update", "cart updates"],
  ping: ["heartbeat", "heartbeats"],
};

/** `3 page views`, `at least 1 order`. */
export function missing({ kind, count: many, at_least }: ProofMissing): string {
  const [one, more] = KINDS[kind] ?? [kind, kind];
  return `${at_least ? "at least " : ""}${count(many)} ${many === 1 ? one : more}`;
}
