/** A setting's name as a person says it. */

/** Parts of names that are more than a word in lower case. */
const WORDS: Record<string, string> = {
  MATOMO: "Matomo",
  URL: "URL",
  URLS: "URLs",
  ID: "ID",
  TLS: "TLS",
  CA: "CA",
  RPS: "requests-per-second",
  PVS: "page views",
  PAGEVIEWS: "page views",
  SITESEARCH: "site search",
  AUTH: "",
  MIN: "min",
  MAX: "max",
  DIR: "folder",
};

/** Names that read better in other words. */
const WHOLE: Record<string, string> = {
  MATOMO_URL: "Matomo URL",
  MATOMO_SITE_ID: "Site ID",
  MATOMO_TOKEN_AUTH: "Token",
  MATOMO_TOKEN_AUTH_FILE: "Token file",
  TARGET_VISITS_PER_DAY: "Visits per day",
  TIMEZONE: "Time zone",
  PAUSE_BETWEEN_PVS_MIN: "Pause between pages, min",
  PAUSE_BETWEEN_PVS_MAX: "Pause between pages, max",
  MAX_TOTAL_VISITS: "Daily cap of visits",
  AUTO_STOP_AFTER_HOURS: "Stop after",
  MAX_REQUESTS_PER_SECOND: "Most requests per second",
  RANDOMIZE_VISITOR_COUNTRIES: "Visitors from many countries",
  FUNNEL_CONFIG_PATH: "Funnels file",
  ECOMMERCE_PROBABILITY: "Orders",
  SITESEARCH_PROBABILITY: "Site searches",
  RANDOM_EVENTS_PROBABILITY: "Other events",
  JOURNEY_MIX: "Mix of journeys",
  BACKFILL_RPS_LIMIT: "Backfill requests per second",
  BACKFILL_ENABLED: "Backfill instead of live traffic",
  BACKFILL_RUN_ONCE: "Idle after the backfill",
};

export function labelOf(name: string): string {
  const known = WHOLE[name];
  if (known) return known;
  const bound = /_(MIN|MAX)$/.exec(name)?.[1];
  const base = bound ? name.slice(0, -4) : name.replace(/_PROBABILITY$/, "");
  const words = base
    .split("_")
    .map((word) => WORDS[word] ?? word.toLowerCase())
    .filter(Boolean)
    .join(" ");
  const label = words.charAt(0).toUpperCase() + words.slice(1);
  return bound ? `${label}, ${bound.toLowerCase()}` : label;
}
