// Made by `cargo xtask generate` from docs/openapi.json.

/** What to re-create it with. */
export interface ApplyRequest {
  /** The whole configuration. What it does not name has its default, but for settings of the place (paths, ports), which stay. A masked secret stays what it is. */
  config: Settings;
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
}

/** How far a backfill is. */
export interface Backfill {
  /** The day being sent; null when all are done. */
  day?: string | null;
  /** Days of the window. */
  days: number;
  /** Days done. */
  days_done: number;
  /** When it will be done at the pace so far; null before there is one. */
  estimated_end?: string | null;
  /** Hits that may be recorded twice, because a run was killed while they were in flight. */
  possible_duplicates: number;
  /** Visits that are over, those of runs before a restart included. */
  visits_done: number;
  /** Visits of the window. */
  visits_planned: number;
}

/** A window of past days to replay. All else is taken from the main load generator. */
export interface BackfillRequest {
  /** The first day, counted back from today: 1 = yesterday. Together with BACKFILL_DURATION_DAYS, and never with dates. */
  BACKFILL_DAYS_BACK?: string | number | boolean | null;
  /** How many days the window has. Together with BACKFILL_DAYS_BACK. */
  BACKFILL_DURATION_DAYS?: string | number | boolean | null;
  /** Last day (YYYY-MM-DD), inclusive. Together with BACKFILL_START_DATE. */
  BACKFILL_END_DATE?: string | number | boolean | null;
  /** The most visits of one day; TARGET_VISITS_PER_DAY when that is less. */
  BACKFILL_MAX_VISITS_PER_DAY?: string | number | boolean | null;
  /** The most visits of the whole window, at least BACKFILL_MAX_VISITS_PER_DAY. 0 = no total. */
  BACKFILL_MAX_VISITS_TOTAL?: string | number | boolean | null;
  /** A ceiling on the requests that the target receives. Unset or 0 = none. */
  BACKFILL_RPS_LIMIT?: string | number | boolean | null;
  /** Seed of the window's days. Unset = SEED. */
  BACKFILL_SEED?: string | number | boolean | null;
  /** First day (YYYY-MM-DD) in TIMEZONE. Together with BACKFILL_END_DATE. */
  BACKFILL_START_DATE?: string | number | boolean | null;
  /** The first day, counted back from today: 1 = yesterday. Together with BACKFILL_DURATION_DAYS, and never with dates. */
  backfill_days_back?: string | number | boolean | null;
  /** How many days the window has. Together with BACKFILL_DAYS_BACK. */
  backfill_duration_days?: string | number | boolean | null;
  /** Last day (YYYY-MM-DD), inclusive. Together with BACKFILL_START_DATE. */
  backfill_end_date?: string | number | boolean | null;
  /** The most visits of one day; TARGET_VISITS_PER_DAY when that is less. */
  backfill_max_visits_per_day?: string | number | boolean | null;
  /** The most visits of the whole window, at least BACKFILL_MAX_VISITS_PER_DAY. 0 = no total. */
  backfill_max_visits_total?: string | number | boolean | null;
  /** A ceiling on the requests that the target receives. Unset or 0 = none. */
  backfill_rps_limit?: string | number | boolean | null;
  /** Seed of the window's days. Unset = SEED. */
  backfill_seed?: string | number | boolean | null;
  /** First day (YYYY-MM-DD) in TIMEZONE. Together with BACKFILL_END_DATE. */
  backfill_start_date?: string | number | boolean | null;
  /** What to call it: 1 to 40 letters, digits, _ . and -. Without one, the time. */
  name?: string;
}

/** Backfills at the moment. */
export interface Backfills {
  /** Those that run, with their progress. */
  active: Run[];
  /** Those that ran, the latest first; two hundred at the most. */
  history: Run[];
  /** Whether one runs. */
  running: boolean;
}

/** Which backfill to cancel. */
export interface CancelRequest {
  /** Its container or process. */
  container_name: string;
}

/** A backfill was cancelled. */
export interface Cancelled {
  /** What was done. */
  message: string;
  /** How far it came. */
  progress: Progress;
  /** What has become of it: it may have finished in this very moment. */
  state: RunState;
  /** Always true: what fails is an error. */
  success: boolean;
}

/** The cap of visits in a rolling 24-hour window. */
export interface Cap {
  /** `MAX_TOTAL_VISITS`. */
  limit: number;
  /** When the window resets; null before its first visit. */
  resets_at?: string | null;
  /** Visits started in the window. */
  used: number;
}

/** The cap of visits in 24 hours. */
export interface CapStatus {
  /** The most visits. */
  limit: number;
  /** When the window resets; null before its first visit, and where it is not known. */
  resets_at?: string | null;
  /** Visits in the present window. */
  used: number;
}

/** Which search to cancel. */
export interface CapacityCancelRequest {
  /** Its container or process. */
  container_name: string;
}

/** A search was cancelled. */
export interface CapacityCancelled {
  /** What was done. */
  message: string;
  /** What has become of it: it may have come to its end in this very moment. */
  state: CapacityState;
  /** Always true: what fails is an error. */
  success: boolean;
}

/** How a search goes about it. */
export interface CapacityPlan {
  /** Seconds that the answer must hold. */
  confirm: number;
  /** The first rate, in visits a day. */
  from: number;
  /** The lowest rate that is tried. */
  least: number;
  /** The highest rate that is tried. */
  most: number;
  /** How near the answer must be, in percent. */
  precision: number;
  /** The factor from step to step while everything holds. */
  step: number;
  /** Seconds that each rate is measured. */
  step_time: number;
  /** What must hold, as in `THRESHOLDS`; null = what a target that keeps up shows. */
  thresholds?: string | null;
  /** Seconds before each measurement. */
  warm_up: number;
}

/** How to search. All else is taken from the main load generator. */
export interface CapacityRequest {
  /** Seconds that the answer must hold. */
  confirm?: number;
  /** The first rate, in visits a day. Without one, the load generator's own. */
  from?: number | null;
  /** The lowest rate that is tried, in visits a day. */
  least?: number;
  /** The highest rate that is tried, in visits a day. */
  most?: number;
  /** What to call it: 1 to 40 letters, digits, _ . and -. Without one, the time. */
  name?: string | null;
  /** How near the answer must be, in percent. */
  precision?: number;
  /** The factor from step to step while everything holds. */
  step?: number;
  /** Seconds that each rate is measured. */
  step_time?: number;
  /** What must hold, as in THRESHOLDS, for example `p95<300ms,success>99.9%`. Without it, the load generator's own, and else what a target that keeps up shows. */
  thresholds?: string | null;
  /** Seconds before each measurement, so that as many visits end as begin. */
  warm_up?: number;
}

/** A search for the most visits a day that the target bears, now or in the past. */
export interface CapacitySearch {
  /** Somebody has cancelled it. */
  cancel_requested?: boolean;
  /** The container or process that runs it. */
  container_name: string;
  /** Why it failed, or did not come to its end. */
  error?: string | null;
  /** What its process ended with; 1 when no rate was confirmed. */
  exit_code?: number | null;
  /** What it has found so far; null before the first rate is tried. */
  findings?: Findings | null;
  /** When it was over. */
  finished_at?: string | null;
  /** Its number, never used twice. */
  id?: number;
  /** What it was called by whoever ran it. */
  name: string;
  /** How it goes about it. */
  request: CapacityPlan;
  /** When it was asked for. */
  started_at: string;
  /** What became of it. */
  state: CapacityState;
}

/** A search runs. */
export interface CapacityStarted {
  /** Its container or process: it is cancelled by this name. */
  container_name: string;
  /** What was done. */
  message: string;
  /** The search. */
  search: CapacitySearch;
  /** Always true: what fails is an error. */
  success: boolean;
  /** What may be worth a thought, for example that the main load generator's traffic counts, too. */
  warnings: FieldError[];
}

/** What became of a search. */
export type CapacityState = "starting" | "searching" | "done" | "cancelled" | "failed" | "interrupted";

/** Searches at the moment. */
export interface CapacityStatus {
  /** The one that runs, with what it has found so far. */
  active?: CapacitySearch | null;
  /** Those that ran, the latest first; a hundred at the most. */
  history: CapacitySearch[];
  /** Whether one runs. */
  running: boolean;
}

/** What a difference means. */
export type Change = "better" | "worse" | "none" | "unknown";

/** What was done. */
export interface Changed {
  /** A process was started. */
  container_restarted: boolean;
  /** Always null: what fails is an error. */
  error?: string | null;
  /** What happened, and what the load generator does now. */
  message: string;
  /** What it does now. */
  state: State;
  /** Always true: what fails is an error. */
  success: boolean;
  /** What may be worth a thought about the configuration. */
  warnings: FieldError[];
}

/** What is left of backfills that are over was removed. */
export interface CleanedUp {
  /** What is still there, and why. */
  left: FieldError[];
  /** What was done. */
  message: string;
  /** Containers or processes that are gone now. */
  removed: string[];
  /** Whether nothing is left. */
  success: boolean;
}

/** What went wrong, for a program. The status follows from it. */
export type Code = "bad_request" | "missing_key" | "wrong_key" | "target_forbidden" | "not_found" | "method_not_allowed" | "name_taken" | "read_only" | "conflict" | "body_too_large" | "not_json" | "invalid" | "rate_limited" | "internal" | "engine" | "engine_unavailable" | "timeout";

/** Two runs side by side. */
export interface Comparison {
  /** The run before. */
  a: RunBrief;
  /** The run after. */
  b: RunBrief;
  /** What makes the comparison weaker than it looks. */
  cautions: string[];
  /** How sure the intervals are: 0.95. */
  confidence: number;
  /** Settings that are not the same. */
  differing_settings: DifferingSetting[];
  /** What was compared. */
  figures: Difference[];
  /** Both brought the same visits, as far as the settings are the same. */
  same_seed: boolean;
  /** What changed, in plain words. */
  verdict: string;
}

/** When a setting matters. */
export interface Condition {
  /** It matters when that one has this value. */
  is?: string | null;
  /** It matters when that one has another value than this. */
  is_not?: string | null;
  /** The setting that decides. */
  name: string;
}

/** What is to change: at least one thing. What is left out stays. */
export interface ConfigChange {
  /** New settings in the place of all the old ones; `***MASKED***` keeps the stored secret. */
  config?: Settings | null;
  /** A new description. */
  description?: string | null;
  /** A new name. */
  name?: string | null;
}

/** A file of configurations. */
export interface ConfigFile {
  /** The configurations. */
  configs: FiledConfig[];
  /** When it was written. */
  exported_at?: string | null;
  /** The layout of this file: 1. */
  version: number;
}

/** A Matomo to try. */
export interface ConnectionRequest {
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
  /** Where its tracker is; usually ends in `matomo.php`. */
  matomo_url: string;
  /** The site that hits would be for. */
  site_id?: number;
  /** How long each request may take, in seconds. */
  timeout?: number;
  /** The token that hits would carry. `***MASKED***` is the one that is kept for the same address. */
  token_auth?: string | null;
}

/** What was found. Nothing in it repeats the token. */
export interface ConnectionResult {
  /** What makes the target unusable, with the remedy. */
  error?: string | null;
  /** Whether hits may say where their visitor is; `null` when nothing could tell. */
  may_override_country?: boolean | null;
  /** Whether hits may lie more than a day in the past, as those of a backfill do; `null` when nothing could tell. */
  may_send_old_dates?: boolean | null;
  /** The outcome in a sentence. */
  message: string;
  /** Whether anything answered. */
  reachable: boolean;
  /** From the first request to its answer, in milliseconds. */
  response_time_ms?: number | null;
  /** The site's name; told only to a token that may read its reports. */
  site_name?: string | null;
  /** HTTP status of the first answer. */
  status_code?: number | null;
  /** Whether hits would be recorded. */
  success: boolean;
  /** Whether the token is good for something; `null` without a token, or when nothing could tell. */
  token_valid?: boolean | null;
  /** Matomo's version; told only to a token that may read reports. */
  version?: string | null;
  /** What the operator should know. */
  warnings: string[];
}

/** A container or process. */
export interface Container {
  /** When it was made. */
  created?: string | null;
  /** What runs it. */
  engine: EngineKind;
  /** What its process ended with; null while it runs. */
  exit_code?: number | null;
  /** When its process ended; null while it runs. */
  finished_at?: string | null;
  /** What its healthcheck says, where it has one. */
  health?: Health | null;
  /** The engine's id, or its beginning. */
  id?: string | null;
  /** Its name. */
  name: string;
  /** When its process began last. */
  started_at?: string | null;
  /** What it does. */
  state: State;
  /** For how long it has been running, for example `2h 15m`. */
  uptime?: string | null;
}

/** Where the content comes from. */
export type ContentSource = "custom" | "built-in";

/** A figure in both runs. */
export interface Difference {
  /** Before; null when nothing was measured. */
  a?: number | null;
  /** After. */
  b?: number | null;
  /** What it means. */
  change: Change;
  /** `b - a`. */
  difference?: number | null;
  /** Which: `visits_per_day`, `hits_per_second`, `latency_p50_ms`, `latency_p95_ms`, `latency_p99_ms`, `lag_p99_ms`, `error_rate`, `skipped_share`, or `probe_NAME_ms`. */
  figure: string;
  /** Its upper end. */
  high?: number | null;
  /** The lower end of the difference's interval; null when there is too little to tell. */
  low?: number | null;
  /** `b / a - 1`; null when `a` is 0. */
  relative?: number | null;
}

/** A setting that is not the same in both runs. */
export interface DifferingSetting {
  /** What it was before; null when it was not given. */
  a?: string | null;
  /** What it was after. */
  b?: string | null;
  /** Its name. */
  name: string;
}

/** Something was done. */
export interface Done {
  /** What was done. */
  message: string;
  /** Always true: what fails is an error. */
  success: boolean;
}

/** Which kind of engine it is. The API says it, so that nobody looks for a container where there is none. */
export type EngineKind = "docker" | "process";

/** The body of every answer that is not a success. */
export interface ErrorBody {
  /** For a program. */
  code: Code;
  /** For a person: what happened and what to do. */
  detail: string;
  /** Every field that is wrong; empty when it is not about fields. */
  errors: FieldError[];
}

/** What there is to say about a file. */
export interface EventCheck {
  /** How many events there are; `null` when something is wrong. */
  counts?: EventCounts | null;
  /** What is wrong, by line. */
  errors: LineFault[];
  /** Whether it can be saved. */
  valid: boolean;
}

/** A file of events, as a text or an object. */
export type EventContent = string | Record<string, unknown>;

/** What an events file holds. */
export interface EventCounts {
  /** Click events. */
  click_events: number;
  /** Random events. */
  random_events: number;
}

/** A file of events. */
export interface EventFile {
  /** JSON with `click_events`, `random_events` and their probabilities: as a text, whose lines faults can name, or as an object. */
  content: EventContent;
}

/** The events in use. */
export interface Events {
  /** The file: JSON with `click_events`, `random_events` and their probabilities. */
  content: string;
  /** How many there are; `null` when the file is wrong. */
  counts?: EventCounts | null;
  /** What is wrong with the file, should somebody have changed it by hand; normally empty. */
  errors: LineFault[];
  /** Whether the events are the user's own. */
  source: ContentSource;
}

/** A file was saved. */
export interface EventsSaved {
  /** How many events there are. */
  counts: EventCounts;
  /** What was done, and what is needed for it to have an effect. */
  message: string;
  /** Always true: what fails is an error. */
  success: boolean;
}

/** How often one thing went wrong. */
export interface FaultCount {
  /** How often. */
  count: number;
  /** What, and what to do about it. */
  message: string;
}

/** What is wrong with one field. */
export interface FieldError {
  /** The field as the request names it, for example `config.CONCURRENCY` or `line 7`. */
  field: string;
  /** What was given, what is wrong with it, and what would be right. Never a secret. */
  message: string;
}

/** A configuration in a file. */
export interface FiledConfig {
  /** Settings by name. */
  config: ShownSettings;
  /** At most 500 characters. */
  description?: string | null;
  /** Unique: 1 to 100 characters. */
  name: string;
}

/** What was found. */
export interface Findings {
  /** What may have been the limit in the target's place; null when it was the target. */
  caution?: string | null;
  /** When it ended; null while it goes on. */
  ended_at?: string | null;
  /** The highest rate that was confirmed; null when none was. */
  held?: FindingsStep | null;
  /** The version of this document's shape. */
  schema_version: number;
  /** When it began. */
  started_at: string;
  /** How far the search is. */
  state: SearchState;
  /** Every rate that was tried, in that order. */
  steps: FindingsStep[];
  /** What each rate is held to. */
  thresholds: string[];
  /** The lowest rate that is known to be too much, in visits a day; null when none was found. */
  too_much?: number | null;
  /** The rate that is being tried. */
  trying?: Trying | null;
  /** What was found, in a sentence. */
  verdict: string;
}

/** One rate and how it went. */
export interface FindingsStep {
  /** It was to confirm an earlier step. */
  confirmation: boolean;
  /** Every threshold held. */
  held: boolean;
  /** Hits that were acknowledged a second. */
  hits_per_second: number;
  /** The most requests in flight that were seen. */
  in_flight: number;
  /** Each threshold and what was observed. */
  judgements: Judgement[];
  /** How late visits started, 99 of 100, in milliseconds. */
  lag_p99_ms: number;
  /** Latency quantiles in milliseconds: p50, p95, p99. */
  latency_ms: number[];
  /** From the moment a request was due to its answer, 95 of 100, in milliseconds. */
  response_p95_ms: number;
  /** How long was measured, in seconds. */
  seconds: number;
  /** Visits that could not start in time. */
  skipped: number;
  /** Hits acknowledged of those settled. */
  success_rate?: number | null;
  /** The rate that was asked for. */
  visits_per_day: number;
}

/** A saved funnel: the fields as they were sent, completed, with an id and times. */
export interface Funnel {
  /** When it was first saved. */
  created_at: string;
  /** What it stands for. */
  description?: string | null;
  /** Left out: true. */
  enabled?: boolean | null;
  /** True: the visit ends with the last step. False: browsing goes on in the same visit. Left out: true. */
  exit_after_completion?: boolean | null;
  /** Never used twice. */
  id: number;
  /** Unique among the funnels. */
  name: string;
  /** Lower ones are tried first. Left out: 0. */
  priority?: number | null;
  /** How likely a visit that gets to it runs it. */
  probability: number;
  /** The first is a page view. */
  steps: Step[];
  /** When it was last changed. */
  updated_at: string;
}

/** All funnels. */
export interface Funnels {
  /** The funnels, in the order they were made. */
  funnels: Funnel[];
  /** How many there are. */
  total: number;
}

/** A chapter of the settings. */
export interface Group {
  /** One sentence under it. */
  about: string;
  /** Its heading. */
  name: string;
}

/** What a healthcheck says. */
export type Health = "starting" | "healthy" | "unhealthy";

/** Whether a run was held to its thresholds. */
export type Held = "held" | "broken";

/** Hits by what became of them. */
export interface HitReport {
  /** The target said that it recorded them. */
  acknowledged: number;
  /** Those acknowledged, by kind. */
  by_kind: KindReport;
  /** Provably never recorded. */
  failed: number;
  /** Waiting for their time, or in flight. */
  not_yet_sent: number;
  /** Belonging to a visit that was started. */
  planned: number;
  /** The target said that it did not record them. */
  refused: number;
  /** Acknowledged, as a fraction of those whose outcome is counted; null when there is none. */
  success_rate?: number | null;
  /** Sent, and no answer tells whether they were recorded. */
  unknown: number;
}

/** What an import did. */
export interface ImportDone {
  /** New configurations. */
  created: number;
  /** What was done. */
  message: string;
  /** Configurations that took the place of one of the same name. */
  replaced: number;
  /** Always true: what fails is an error. */
  success: boolean;
}

/** A threshold and what the run showed. */
export interface Judgement {
  /** Whether it held; null while there is nothing to observe. */
  held?: boolean | null;
  /** What was observed: milliseconds, or a fraction for shares; null while there is nothing to observe. */
  observed?: number | null;
  /** The threshold, as in `THRESHOLDS`. */
  threshold: string;
}

/** Acknowledged hits of each kind. */
export interface KindReport {
  /** Cart updates. */
  cart: number;
  /** Files. */
  download: number;
  /** Custom events. */
  event: number;
  /** Orders. */
  order: number;
  /** Clicks to other sites. */
  outlink: number;
  /** Page views. */
  page_view: number;
  /** Heartbeats. */
  ping: number;
  /** Site searches. */
  search: number;
}

/** The latest backfill. */
export interface Last {
  /** It, whether it runs or not; null when there never was one. */
  run?: Run | null;
}

/** Milliseconds that so many of 100 requests did not take longer than. */
export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

/** What is wrong with a line of a list. */
export interface LineFault {
  /** What in the line or object; empty when the line says it all. */
  field: string;
  /** The line, from 1; `null` when it is about the whole. */
  line?: number | null;
  /** What was given and what would be right. */
  message: string;
}

/** The last lines of the log. */
export interface Logs {
  /** What the load generator does. */
  container_state: State;
  /** The place after the newest line: with it, the stream goes on from there. Null when there is no line. */
  cursor?: string | null;
  /** How many there are. */
  lines_returned: number;
  /** The lines, the oldest first. */
  logs: string[];
  /** Whether all that is kept was looked through; a costly filter gives up after a few seconds. */
  searched_all: boolean;
}

/** A part of the time series. */
export interface Metrics {
  /** Times in which something was reported, in order; between them nothing ran. */
  points: Point[];
  /** The length of a point's time, in seconds. The further back, the longer. */
  resolution_s: number;
  /** How far back it goes, in seconds. */
  window_s: number;
}

/** Live traffic, or a historical window. */
export type Mode = "live" | "backfill";

/** A configuration to save. */
export interface NewConfig {
  /** Settings by name; it need not be whole. */
  config: Settings;
  /** At most 500 characters. */
  description?: string | null;
  /** Unique: 1 to 100 characters. */
  name: string;
}

/** A funnel to save. This is what a client sends; it is checked by the load generator's own rules. */
export interface NewFunnel {
  /** What it stands for. */
  description?: string | null;
  /** Left out: true. */
  enabled?: boolean | null;
  /** True: the visit ends with the last step. False: browsing goes on in the same visit. Left out: true. */
  exit_after_completion?: boolean | null;
  /** Unique among the funnels. */
  name: string;
  /** Lower ones are tried first. Left out: 0. */
  priority?: number | null;
  /** How likely a visit that gets to it runs it. */
  probability: number;
  /** The first is a page view. */
  steps: Step[];
}

/** A configuration to save, perhaps a copy of another one. */
export interface NewSavedConfig {
  /** Settings by name; it need not be whole. */
  config: Settings;
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
  /** At most 500 characters. */
  description?: string | null;
  /** Unique: 1 to 100 characters. */
  name: string;
}

/** What is to be written about a run. */
export interface NoteRequest {
  /** At most 2,000 characters; none removes the note. */
  note: string;
}

/** A folder of the site, or a page. */
export interface PageNode {
  /** What lies below, by name. */
  children: PageNode[];
  /** The part of the address; at the top a host with its scheme. */
  name: string;
  /** Pages here and below. */
  pages: number;
}

/** What was done in a piece of time. */
export interface Point {
  /** All others of them. */
  failures: number;
  /** Hits whose outcome became known. */
  hits: number;
  /** The most requests in flight. */
  in_flight: number;
  /** Milliseconds that 99 of 100 visits were not later than. */
  lag_ms?: number | null;
  /** Milliseconds from a request to its answer that half of the run's requests did not exceed. */
  latency_p50_ms?: number | null;
  /** The same for 95 of 100. */
  latency_p95_ms?: number | null;
  /** The same for 99 of 100. */
  latency_p99_ms?: number | null;
  /** The probed reports of the target. */
  probes: ProbePoint[];
  /** Visits that could not start in time. */
  skipped: number;
  /** Hits that the target acknowledged. */
  successes: number;
  /** When it begins. */
  ts: string;
  /** Visits that were started. */
  visits: number;
}

/** A ready-made load. */
export interface Preset {
  /** Whether it is built in, and so cannot be changed. */
  builtin: boolean;
  /** Settings to put on top of an address and a token, every secret masked. */
  config: ShownSettings;
  /** When it was first saved; `null` for a built-in one. */
  created_at?: string | null;
  /** What it is for. */
  description: string;
  /** `light`, `medium`, `heavy` or `extreme`, or a number. */
  id: string;
  /** Its name as shown. */
  name: string;
  /** When it was last changed; `null` for a built-in one. */
  updated_at?: string | null;
}

/** All presets, the built-in ones first. */
export interface Presets {
  /** The presets. */
  presets: Preset[];
  /** How many there are. */
  total: number;
}

/** One run of a funnel. */
export interface Preview {
  /** From the first hit to the last, in seconds. */
  duration_seconds: number;
  /** The hits in the order they would be sent. */
  hits: PreviewHit[];
}

/** A hit that would be sent. */
export interface PreviewHit {
  /** Seconds after the first. */
  offset_seconds: number;
  /** The parameters of the tracking request. */
  params: Record<string, string>;
  /** What happens. */
  type: string;
  /** The page on which it happens. */
  url: string;
}

/** How a probed report did in a piece of time. */
export interface ProbePoint {
  /** How often it did not come. */
  failed: number;
  /** How long it took the last time, in milliseconds; null when it did not come in this time. */
  ms?: number | null;
  /** Its name. */
  name: string;
}

/** One of `REPORT_PROBES`. */
export interface ProbeReport {
  /** How often its reports came. */
  answered: number;
  /** How long they took. */
  duration_ms: Quantiles;
  /** How often they did not. */
  failed: number;
  /** Why they did not come the last time that they did not. */
  fault?: string | null;
  /** How long they took the last time, in milliseconds. */
  last_ms?: number | null;
  /** Its name. */
  name: string;
}

/** What the process uses. */
export interface ProcessUse {
  /** Processor time so far in seconds, user and system. */
  cpu_s: number;
  /** Open files and connections. */
  open_files: number;
  /** Resident memory in bytes. */
  resident_bytes: number;
}

/** How far a backfill is. */
export interface Progress {
  /** The day being sent; null when all are done, and before the first. */
  day?: string | null;
  /** Days of the window. */
  days: number;
  /** Days done. */
  days_done: number;
  /** When it will be done at the pace so far; null before there is one. */
  estimated_end?: string | null;
  /** Visits that are over, and at least one hit was not acknowledged. */
  visits_failed?: number;
  /** Visits of the window. */
  visits_planned: number;
  /** Visits of which every hit was acknowledged. */
  visits_sent: number;
}

/** What a difference can come from. */
export interface ProofCause {
  /** Up to so much. */
  amount: number;
  /** What: `unknown`, `table_limit`, `other_run`, `same_visitors`, `no_baseline`, `unfinished`, `excluded_addresses`, `ignored_agents`, `no_ecommerce`, `no_site_search`, `excluded_referrers`, `goals`, `rounding`. */
  cause: string;
}

/** A row of a report in which something is missing. */
export interface ProofLabel {
  /** How much is missing. */
  count: number;
  /** Its name. */
  label: string;
}

/** A figure of a report beside what was expected of it. */
export interface ProofLine {
  /** What was there before. */
  before: number;
  /** The site's day. */
  day: string;
  /** How far it is from what is expected. */
  difference: number;
  /** What the run should have added: from, to. */
  expected: number[];
  /** What the difference can come from. */
  explained: ProofCause[];
  /** What is counted. */
  figure: string;
  /** Its row. */
  label: string;
  /** What there is now. */
  recorded: number;
  /** All figures of this line are so many parts of one: 100 for money, 1000 for values of events, else 1. */
  scale: number;
  /** The report. */
  table: string;
  /** What is left of the difference. */
  unexplained: number;
}

/** Hits of one kind that were acknowledged and are not in the reports of a day. */
export interface ProofMissing {
  /** More of them may be missing. */
  at_least: boolean;
  /** How many. */
  count: number;
  /** The site's day. */
  day: string;
  /** Which kind: `page_view`, `search`, `outlink`, `download`, `event`, `order`, `cart`, `ping`. */
  kind: string;
  /** In which rows of the reports. */
  labels: ProofLabel[];
}

/** A comparison of a run with the target's reports. */
export interface ProofSummary {
  /** Figures that are not exact, the unexplained first; two hundred at the most. */
  lines: ProofLine[];
  /** How many more of those there are. */
  lines_left_out: number;
  /** When it was made. */
  made_at: string;
  /** Hits that were acknowledged and are not in the reports. */
  missing: ProofMissing[];
  /** What else there is to know. */
  notes: string[];
  /** Nothing is left unexplained. */
  proved: boolean;
  /** The same by report. */
  tables: ProofTable[];
  /** How many figures were compared, and what each came to. */
  totals: ProofTotals;
  /** What it comes to, in a sentence. */
  verdict: string;
}

/** Figures of one report by what they came to. */
export interface ProofTable {
  /** Recorded is what was expected. */
  exact: number;
  /** They differ, and that is explained. */
  explained: number;
  /** All that were compared. */
  lines: number;
  /** Recorded is within what is possible. */
  possible: number;
  /** The report: `site`, `pages`, `event_names` and so on. */
  table: string;
  /** They differ, and nothing explains it. */
  unexplained: number;
}

/** Figures by what they came to. */
export interface ProofTotals {
  /** Recorded is what was expected. */
  exact: number;
  /** They differ, and that is explained. */
  explained: number;
  /** All that were compared. */
  lines: number;
  /** Recorded is within what is possible. */
  possible: number;
  /** They differ, and nothing explains it. */
  unexplained: number;
}

/** What the last proof of a run came to. */
export type Proved = "proved" | "unproved";

/** Quantiles of a duration in milliseconds. All 0 when `count` is 0. */
export interface Quantiles {
  /** How many durations were measured. */
  count: number;
  /** The longest. */
  max: number;
  /** Arithmetic mean. */
  mean: number;
  /** Median. */
  p50: number;
  /** 90% were not longer. */
  p90: number;
  /** 95% were not longer. */
  p95: number;
  /** 99% were not longer. */
  p99: number;
  /** 99.9% were not longer. */
  p999: number;
}

/** HTTP requests. */
export interface RequestReport {
  /** Attempts that were answered, well or badly. */
  answered: number;
  /** Attempts after the first of the same request. */
  retried: number;
  /** Attempts of which at least a byte was sent. */
  sent: number;
}

/** How to restart. */
export interface RestartRequest {
  /** A configuration: the container is re-created with it. */
  config?: Settings | null;
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
}

/** Who answers here. */
export interface Root {
  /** Where the API is described. */
  docs: string;
  /** Where its health is told. */
  health: string;
  /** The program. */
  name: string;
  /** Always `running`. */
  status: string;
  /** Where the web page is. */
  ui: string;
  /** Its version. */
  version: string;
}

/** A backfill, now or in the past. */
export interface Run {
  /** Somebody has cancelled it. */
  cancel_requested?: boolean;
  /** Its settings, secrets masked. */
  config: Record<string, string>;
  /** The container or process that runs it. */
  container_name: string;
  /** Why it failed, or did not finish. */
  error?: string | null;
  /** What its process ended with. */
  exit_code?: number | null;
  /** When it was over. */
  finished_at?: string | null;
  /** The first day of the window. */
  first_day: string;
  /** Its number, never used twice. */
  id?: number;
  /** The last day of the window. */
  last_day: string;
  /** What it was called by whoever ran it. */
  name: string;
  /** How far it is, or came. */
  progress: Progress;
  /** When it was asked for. */
  started_at: string;
  /** What became of it. */
  state: RunState;
}

/** A run, in brief. */
export interface RunBrief {
  /** Its name. */
  id: string;
  /** How long was compared, in seconds. */
  seconds: number;
  /** Its seed. */
  seed: number;
  /** The site. */
  site_id: number;
  /** When it began. */
  started_at: string;
  /** The target's address. */
  target: string;
  /** The load generator's version. */
  version: string;
}

/** What became of a run. */
export type RunCondition = "running" | "ended" | "interrupted";

/** A run by itself. */
export interface RunDetail {
  /** Processes that worked on it: more than one when a backfill was taken up again. */
  processes: number;
  /** Its last proof. */
  proof?: ProofSummary | null;
  /** Its own report, as of the last time that it was written down. */
  report?: RunReport | null;
  /** The run over time. */
  series: RunSeries;
  /** The settings that were given, secrets masked. */
  settings: Record<string, string>;
  /** It, as in a list. */
  summary: RunSummary;
  /** The zone that cuts the site's days. */
  time_zone: string;
  /** Its last verification. */
  verification: Verification;
}

/** All that is known of a run. */
export interface RunFile {
  /** Its last proof; null when there is none. */
  proof?: unknown;
  /** `run.json` of its folder. */
  record: unknown;
  /** `series.json` of its folder; null when there is none. */
  series?: unknown;
}

/** Which run this is. */
export interface RunInfo {
  /** When the run ended; null while it goes on. */
  ended_at?: string | null;
  /** Unique to the run. */
  id: string;
  /** Live traffic, or a historical window. */
  mode: Mode;
  /** When this report was made. */
  now: string;
  /** The seed, as at the top. */
  seed: number;
  /** The part of the visitors this process plays: `index/count`. */
  shard: string;
  /** When the process began. */
  started_at: string;
  /** What it does at the moment. */
  state: RunReportRunState;
  /** How hits travel. */
  transport: Transport;
  /** Seconds from the start to now or to the end. */
  uptime_s: number;
  /** The program's version. */
  version: string;
}

/** A part of the list of runs. */
export interface RunList {
  /** Behind which run the next part begins (`before`); null when this was the last. */
  next?: string | null;
  /** The runs, the latest first. */
  runs: RunSummary[];
  /** How many there are at all. */
  total: number;
  /** Runs and folders that cannot be read, and why. */
  warnings: string[];
}

/** What a run did in a piece of its time. */
export interface RunPoint {
  /** All others of them. */
  failures: number;
  /** Hits whose outcome became known. */
  hits: number;
  /** The most requests in flight. */
  in_flight: number;
  /** Milliseconds that 99 of 100 visits were not later than. */
  lag_ms?: number | null;
  /** Milliseconds from a request to its answer that half of the piece's requests did not exceed. */
  latency_p50_ms?: number | null;
  /** The same for 95 of 100. */
  latency_p95_ms?: number | null;
  /** The same for 99 of 100. */
  latency_p99_ms?: number | null;
  /** The probed reports of the target. */
  probes: RunProbe[];
  /** How much of it was watched, in seconds. */
  seconds: number;
  /** Visits that could not start in time. */
  skipped: number;
  /** Hits that the target acknowledged. */
  successes: number;
  /** When it begins. */
  ts: string;
  /** Visits that were started. */
  visits: number;
}

/** How long a probed report took in a piece of a run's time. */
export interface RunProbe {
  /** How often it did not come. */
  failed: number;
  /** The longest that it took. */
  max_ms?: number | null;
  /** How long it took on average, in milliseconds; null when it did not come. */
  ms?: number | null;
  /** Its name. */
  name: string;
}

/** What a run says about itself, at one moment or at its end. */
export interface RunReport {
  /** How far a backfill is. */
  backfill?: Backfill | null;
  /** `MAX_TOTAL_VISITS`, when it is set. */
  cap?: Cap | null;
  /** What went wrong, the most frequent first. */
  faults: FaultCount[];
  /** Hits: planned = acknowledged + refused + failed + unknown + not yet sent. */
  hits: HitReport;
  /** HTTP requests in flight now. */
  in_flight: number;
  /** `THRESHOLDS`, each with what was observed. */
  judgements?: Judgement[];
  /** Milliseconds from a visit's scheduled start to its first byte. */
  lag_ms: Quantiles;
  /** Milliseconds from a request's first byte to its answer. */
  latency_ms: Quantiles;
  /** `REPORT_PROBES`, each with how long its reports took. */
  probes?: ProbeReport[];
  /** What the process itself uses, where the system tells. */
  process?: ProcessUse | null;
  /** HTTP requests. */
  requests: RequestReport;
  /** Milliseconds from the moment a request was due to its answer. */
  response_ms: Quantiles;
  /** Which run this is. */
  run: RunInfo;
  /** The version of this document's shape. */
  schema_version: number;
  /** The seed of the run: the same seed and settings make the same traffic. */
  seed: number;
  /** Visits a day that were asked for. */
  target_visits_per_day: number;
  /** Visits. */
  visits: VisitReport;
}

/** What a run does at the moment. */
export type RunReportRunState = "waiting" | "running" | "capped" | "draining" | "idle" | "ended";

/** A run over time. */
export interface RunSeries {
  /** Times in which somebody watched, in order; none of a run that an older load generator wrote down. */
  points: RunPoint[];
  /** The length of a point's time, in seconds. */
  resolution_s: number;
}

/** What became of a backfill. */
export type RunState = "starting" | "running" | "finished" | "failed" | "cancelled" | "interrupted";

/** A run in a list. */
export interface RunSummary {
  /** When it ended. */
  ended_at?: string | null;
  /** Hits that the target acknowledged. */
  hits: number;
  /** Its name, as its log and its report say it. */
  id: string;
  /** Milliseconds from a request to its answer that 95 of 100 did not exceed. */
  latency_p95_ms?: number | null;
  /** Visits as they happen, or those of past days. */
  mode: string;
  /** What somebody wrote about it. */
  note: string;
  /** What its last proof came to; null when there is none. */
  proof?: Proved | null;
  /** The same seed and settings make the same traffic. */
  seed: number;
  /** The site that they were for. */
  site_id: number;
  /** When it was first begun. */
  started_at: string;
  /** What became of it. */
  state: RunCondition;
  /** Acknowledged hits as a fraction of those whose outcome is counted; null when there is none. */
  success_rate?: number | null;
  /** Where hits went. */
  target: string;
  /** Whether it kept what it was held to; null when it was held to nothing. */
  thresholds?: Held | null;
  /** One request a hit, or many hits a request. */
  transport: string;
  /** Whether a verification is under way. */
  verifying: boolean;
  /** The load generator's version. */
  version: string;
  /** Visits of which every hit was acknowledged. */
  visits: number;
  /** Visits of which at least one was not. */
  visits_failed: number;
  /** Visits a day at the run's pace. */
  visits_per_day: number;
  /** Visits that never began, because the target could not keep up. */
  visits_skipped: number;
}

/** Something about one setting. */
export interface Said {
  /** The setting, in upper case, or an unknown name as it was given. */
  field: string;
  /** What was given, what is wrong with it, and what would be right. */
  message: string;
  /** `error` or `warning`. */
  severity: string;
}

/** A saved configuration. */
export interface SavedConfig {
  /** The settings as they were saved, every secret masked. */
  config: ShownSettings;
  /** When it was first saved. */
  created_at: string;
  /** What it is for. */
  description: string;
  /** Never used twice. */
  id: number;
  /** Unique among the configurations. */
  name: string;
  /** When it was last changed. */
  updated_at: string;
}

/** All saved configurations, by name. */
export interface SavedConfigs {
  /** The configurations. */
  configs: SavedConfig[];
  /** How many there are. */
  total: number;
}

/** Every setting of the load generator. */
export interface Schema {
  /** Chapters, in the order to show them. */
  groups: Group[];
  /** Settings, in the order to show them. */
  settings: Setting[];
}

/** How far a search is. */
export type SearchState = "searching" | "done" | "stopped";

/** How the control plane is. */
export interface ServiceHealth {
  /** Always true: there is no way to run without a key. */
  auth_enabled: boolean;
  /** Whether there is a load generator. */
  container_found: boolean;
  /** `connected` or `disconnected`: whether the engine answers. */
  docker: string;
  /** What the engine is. */
  engine: EngineKind;
  /** The program. */
  service: string;
  /** Always `healthy`: when it is not, nobody answers. */
  status: string;
  /** Its version. */
  version: string;
}

/** One setting. */
export interface Setting {
  /** The words that it may be, or whose weights it gives. */
  choices?: string[] | null;
  /** What it is when nobody sets it; `null` when there is no such thing. */
  default: unknown;
  /** The name of its group. */
  group: string;
  /** What it does. */
  help: string;
  /** The most that it may be. */
  max?: number | null;
  /** The least that it may be. */
  min?: number | null;
  /** The variable, in upper case. */
  name: string;
  /** There is no start without it. */
  required: boolean;
  /** Never shown or returned. */
  secret: boolean;
  /** When a form should show it. */
  shown_when?: Condition | null;
  /** What its values look like: `url`, `integer`, `number`, `boolean`, `choice`, `path`, `secret`, `time_zone`, `date`, `currency`, `numbers`, `weights` or `shard`. */
  type: string;
  /** What a number counts. */
  unit?: string | null;
  /** Above this there is a warning. */
  warn_above?: number | null;
}

/** Settings by name. Names in lower case are taken, too. */
export interface Settings {
  /** How visits are spread at the given rate: at random, as people come, or evenly. */
  ARRIVALS?: "poisson" | "even" | "" | null;
  /** false: wait, healthy and idle, until START_SIGNAL_FILE appears. */
  AUTO_START?: boolean | null;
  /** Ends the run after this time; visits under way are finished. */
  AUTO_STOP_AFTER_HOURS?: number | null;
  /** The first day, counted back from today: 1 = yesterday. Together with BACKFILL_DURATION_DAYS, and never with dates. */
  BACKFILL_DAYS_BACK?: number | null;
  /** How many days the window has. Together with BACKFILL_DAYS_BACK. */
  BACKFILL_DURATION_DAYS?: number | null;
  /** Runs the window once instead of live traffic. */
  BACKFILL_ENABLED?: boolean | null;
  /** Last day (YYYY-MM-DD), inclusive. Together with BACKFILL_START_DATE. */
  BACKFILL_END_DATE?: string | null;
  /** The most visits of one day; TARGET_VISITS_PER_DAY when that is less. */
  BACKFILL_MAX_VISITS_PER_DAY?: number | null;
  /** The most visits of the whole window, at least BACKFILL_MAX_VISITS_PER_DAY. 0 = no total. */
  BACKFILL_MAX_VISITS_TOTAL?: number | null;
  /** A ceiling on the requests that the target receives. Unset or 0 = none. */
  BACKFILL_RPS_LIMIT?: number | null;
  /** Stay alive and idle after the window, so that a restart policy does not run it again. */
  BACKFILL_RUN_ONCE?: boolean | null;
  /** Seed of the window's days. Unset = SEED. */
  BACKFILL_SEED?: number | string | null;
  /** First day (YYYY-MM-DD) in TIMEZONE. Together with BACKFILL_END_DATE. */
  BACKFILL_START_DATE?: string | null;
  /** Bulk requests in flight at the most; fewer when the target answers with deadlocks. As many as it has cores is best. */
  BULK_CONNECTIONS?: number | null;
  /** Hits in one bulk request. */
  BULK_SIZE?: number | null;
  /** A visit clicks something that is tracked. */
  CLICK_EVENTS_PROBABILITY?: number | null;
  /** The most HTTP requests in flight at once. It does not limit how many visits are under way. */
  CONCURRENCY?: number | null;
  /** A folder whose files replace the built-in content of the same name: products, referrers, countries, agents and so on. */
  CONTENT_DIR?: string | null;
  /** A visit comes without a referrer. The rest comes from search engines, social networks and other sites. */
  DIRECT_TRAFFIC_PROBABILITY?: number | null;
  /** A visit downloads a file. */
  DOWNLOADS_PROBABILITY?: number | null;
  /** The currency of orders (ISO 4217 code, upper case). */
  ECOMMERCE_CURRENCY?: string | null;
  /** Most different products of an order. */
  ECOMMERCE_ITEMS_MAX?: number | null;
  /** Fewest different products of an order. */
  ECOMMERCE_ITEMS_MIN?: number | null;
  /** Most revenue of an order. */
  ECOMMERCE_ORDER_VALUE_MAX?: number | null;
  /** Least revenue of an order. */
  ECOMMERCE_ORDER_VALUE_MIN?: number | null;
  /** A visit ends in an order. */
  ECOMMERCE_PROBABILITY?: number | null;
  /** What shipping can cost, separated by commas. */
  ECOMMERCE_SHIPPING_RATES?: string | number | null;
  /** Tax on subtotal and shipping, as a fraction. */
  ECOMMERCE_TAX_RATE?: number | null;
  /** Custom events that replace the built-in ones. */
  EVENTS_FILE?: string | null;
  /** Funnels that visits run. */
  FUNNEL_CONFIG_PATH?: string | null;
  /** How long a stop waits for the visits under way. */
  GRACE_PERIOD?: number | null;
  /** Journey templates and their weights, for example researcher=2,buyer=1,casual=7. Empty = visits of the plain model. */
  JOURNEY_MIX?: string | null;
  /** How log lines are written. */
  LOG_FORMAT?: "text" | "json" | "" | null;
  /** The least important messages that are still logged. */
  LOG_LEVEL?: "DEBUG" | "INFO" | "WARNING" | "ERROR" | "" | null;
  /** The site's number in Matomo (idsite). */
  MATOMO_SITE_ID?: number | null;
  /** Token of a user with write access to the site. Without one, visitors have no country of their own and nothing older than a day can be sent. Goes into request bodies only. */
  MATOMO_TOKEN_AUTH?: string | null;
  /** A file that holds the token, for example a container secret. Wins over MATOMO_TOKEN_AUTH. */
  MATOMO_TOKEN_AUTH_FILE?: string | null;
  /** The tracking endpoint of the Matomo to visit; usually ends in matomo.php. */
  MATOMO_URL?: string | null;
  /** A hard ceiling on the requests that the target receives. */
  MAX_REQUESTS_PER_SECOND?: number | null;
  /** The most visits in 24 hours: at the cap the run pauses until the window resets. Survives a restart. */
  MAX_TOTAL_VISITS?: number | null;
  /** Port of /metrics, /report and /health. 0 = none is opened. */
  METRICS_PORT?: number | null;
  /** A visit leaves by a link to another site. */
  OUTLINKS_PROBABILITY?: number | null;
  /** How page views are drawn from PAGEVIEWS_MIN to PAGEVIEWS_MAX: all counts alike, or many short visits and few long ones, by channel. */
  PAGES_PER_VISIT?: "uniform" | "inverse_gaussian" | "" | null;
  /** Most page views of a visit. */
  PAGEVIEWS_MAX?: number | null;
  /** Fewest page views of a visit. */
  PAGEVIEWS_MIN?: number | null;
  /** zipf: few pages get most of the views. uniform: every page alike. */
  PAGE_POPULARITY?: "zipf" | "uniform" | "" | null;
  /** Longest real time between two requests of one visit. */
  PAUSE_BETWEEN_PVS_MAX?: number | null;
  /** Shortest real time between two requests of one visit. */
  PAUSE_BETWEEN_PVS_MIN?: number | null;
  /** Visitors come from many countries, each with an address there. Needs a token: without one Matomo refuses every such hit. */
  RANDOMIZE_VISITOR_COUNTRIES?: boolean | null;
  /** A visit causes some other tracked event. */
  RANDOM_EVENTS_PROBABILITY?: number | null;
  /** Reports that are asked for and timed while the traffic flows. They need a token that may view the site. */
  REPORT_PROBES?: string | null;
  /** Time between two rounds of REPORT_PROBES. */
  REPORT_PROBE_INTERVAL?: number | null;
  /** Further attempts after one that certainly recorded nothing. */
  REQUEST_RETRIES?: number | null;
  /** Time for one attempt, from connecting to the last byte of the answer. */
  REQUEST_TIMEOUT?: number | null;
  /** A visit is made by someone seen before, on an earlier day or more than 30 minutes ago. */
  RETURNING_VISITORS_PROBABILITY?: number | null;
  /** The same seed and settings make the same traffic. Unset = a random one, which is logged. */
  SEED?: number | string | null;
  /** This process's part of the traffic, as index/count: the shards 0/3, 1/3 and 2/3 together make what one process would. */
  SHARD?: string | null;
  /** A visit searches the site. */
  SITESEARCH_PROBABILITY?: number | null;
  /** Time between two looks for START_SIGNAL_FILE. */
  START_CHECK_INTERVAL?: number | null;
  /** The file whose appearance starts the traffic; it is removed then. */
  START_SIGNAL_FILE?: string | null;
  /** The folder that holds what must survive a restart: cap window, checkpoint, ledger. */
  STATE_DIR?: string | null;
  /** Time between two lines of statistics in the log. */
  STATS_INTERVAL?: number | null;
  /** How many visits start per day, on average. */
  TARGET_VISITS_PER_DAY?: number | null;
  /** What the run must keep, such as p95<500ms,success>99.9%,lag_p99<50ms. When it does not, the program ends with exit code 1. */
  THRESHOLDS?: string | null;
  /** The site's time zone (IANA name). Rate curves and backfill days are in it. */
  TIMEZONE?: string | null;
  /** More certificate authorities to trust, as a PEM file. */
  TLS_CA_FILE?: string | null;
  /** true: the target's certificate is not verified. For tests only; TLS_CA_FILE is the safe way. */
  TLS_INSECURE?: boolean | null;
  /** The curve of the rate in TIMEZONE. Its mean is TARGET_VISITS_PER_DAY whatever the shape. */
  TRAFFIC_SHAPE?: "flat" | "daily" | "weekly" | "" | null;
  /** single: one request a hit, as browsers do. bulk: many hits a request (Matomo's bulk tracking). */
  TRANSPORT?: "single" | "bulk" | "" | null;
  /** Pages to visit: one URL a line, then optional white space and a title; # begins a comment. Unset = /app/data/urls.txt if it is there, else the built-in list. */
  URLS_FILE?: string | null;
  /** Longest visit, as Matomo will report it. */
  VISIT_DURATION_MAX?: number | null;
  /** Shortest visit, as Matomo will report it. */
  VISIT_DURATION_MIN?: number | null;
  /** compressed: a visit's timeline lies in the recent past and its requests go out after short pauses. realtime: each hit goes out at the moment it happens. */
  VISIT_PACING?: "compressed" | "realtime" | "" | null;
}

/** Settings by name, as they were saved. ***MASKED*** stands for a secret. */
export type ShownSettings = Record<string, string | number | boolean | null>;

/** Where figures come from. */
export type Source = "report" | "log";

/** How to start. */
export interface StartRequest {
  /** A configuration: the container is re-created with it. */
  config?: Settings | null;
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
  /** Also when it runs. */
  restart_if_running?: boolean;
}

/** A backfill runs. */
export interface Started {
  /** Its container or process: it is cancelled by this name. */
  container_name: string;
  /** What was done. */
  message: string;
  /** The backfill. */
  run: Run;
  /** Always true: what fails is an error. */
  success: boolean;
  /** What may be worth a thought. */
  warnings: FieldError[];
}

/** What a unit does at the moment. */
export type State = "running" | "stopped" | "created" | "restarting" | "paused" | "not_found" | "error";

/** What a run has done so far. */
export interface Stats {
  /** When it was so. */
  at: string;
  /** The cap of visits in 24 hours; null when there is none. */
  cap?: CapStatus | null;
  /** Visits a second that did not fail, measured over the last minute, for example `0.23/sec`. */
  current_rate: string;
  /** Hits that left for the target. */
  hits_sent: number;
  /** `THRESHOLDS`, each with what was observed; none where only the log tells. */
  judgements: Judgement[];
  /** From a request to its answer; null before the first. */
  latency?: Latency | null;
  /** `REPORT_PROBES`, each with how long its reports took; none where only the log tells. */
  probes: ProbeReport[];
  /** Milliseconds that 99 of 100 visits were not later than; null before the first. */
  schedule_lag_ms?: number | null;
  /** Where this comes from. */
  source: Source;
  /** What the load generator does itself: a running container may wait for its start signal or the cap's window. */
  state?: string | null;
  /** Acknowledged hits as a fraction, 0 to 1; null before the first outcome. */
  success_rate?: number | null;
  /** For how long the run has gone on, for example `2h 15m`. */
  uptime?: string | null;
  /** Visits that are over, and at least one hit was not acknowledged; null where only the log tells. */
  visits_failed?: number | null;
  /** Visits that were started and did not fail. */
  visits_generated: number;
}

/** What the load generator does. */
export interface Status {
  /** Its settings, secrets masked; empty when there is none. */
  config: ShownSettings;
  /** Its container or process. */
  container: Container;
  /** Why its state is not known. */
  error?: string | null;
  /** What it has done; null before anything is known. */
  stats?: Stats | null;
}

/** A step of a funnel. Which fields it needs follows from its type. */
export interface Step {
  /** The title that is reported; wins over `title`. */
  action_name?: string | null;
  /** The longest pause after this step, in seconds. Left out: the shortest. */
  delay_seconds_max?: number | null;
  /** The shortest pause after this step, in seconds. Left out: 0. */
  delay_seconds_min?: number | null;
  /** Of `ecommerce`: ISO 4217. */
  ecommerce_currency?: string | null;
  /** Of `ecommerce`: objects with sku, name, category, price and quantity, or lists of these in this order. */
  ecommerce_items?: unknown[] | null;
  /** Of `ecommerce`: what is paid. */
  ecommerce_revenue?: number | null;
  /** Of `ecommerce`. */
  ecommerce_shipping?: number | null;
  /** Of `ecommerce`: what the items cost. */
  ecommerce_subtotal?: number | null;
  /** Of `ecommerce`. */
  ecommerce_tax?: number | null;
  /** Needed by `event`. */
  event_action?: string | null;
  /** Needed by `event`. */
  event_category?: string | null;
  /** Needed by `event`. */
  event_name?: string | null;
  /** Of `event`. */
  event_value?: number | null;
  /** Of `site_search`. */
  search_category?: string | null;
  /** Needed by `site_search`. */
  search_keyword?: string | null;
  /** Of `site_search`. */
  search_results?: number | null;
  /** Needed by `outlink` and `download`. */
  target_url?: string | null;
  /** The page's title. */
  title?: string | null;
  /** What happens. */
  type: StepType;
  /** The page; needed by `pageview`. */
  url?: string | null;
}

/** What happens in a step. */
export type StepType = "pageview" | "event" | "site_search" | "outlink" | "download" | "ecommerce";

/** A ticket for one stream. */
export interface Ticket {
  /** How long it is good, in seconds. */
  expires_in_s: number;
  /** What to offer as subprotocols when the stream is opened: `new WebSocket(url, protocols)`. */
  protocols: string[];
  /** The ticket, good once. */
  ticket: string;
}

/** How hits travel. */
export type Transport = "single" | "bulk";

/** A rate that is being tried. */
export interface Trying {
  /** Since when. */
  began_at: string;
  /** It is to confirm an earlier step. */
  confirmation: boolean;
  /** How long it takes with its warm-up, in seconds. */
  seconds: number;
  /** The rate. */
  visits_per_day: number;
}

/** What there is to say about a list. */
export interface UrlCheck {
  /** What is wrong, by line. */
  errors: LineFault[];
  /** The pages as a tree; empty when something is wrong. */
  structure: PageNode[];
  /** How many pages it has. */
  total: number;
  /** Whether it can be saved. */
  valid: boolean;
}

/** A list of pages. */
export interface UrlList {
  /** One URL a line, then optional white space and a title; `#` begins a comment line. */
  content: string;
}

/** The pages in use. */
export interface Urls {
  /** One URL a line, then optional white space and a title; `#` begins a comment line. */
  content: string;
  /** What is wrong with the list, should somebody have changed the file by hand; normally empty. */
  errors: LineFault[];
  /** Whether the list is the user's own. */
  source: ContentSource;
  /** The pages as a tree of hosts and path segments. */
  structure: PageNode[];
  /** How many pages there are. */
  total: number;
}

/** A list was saved. */
export interface UrlsSaved {
  /** What was done, and what is needed for it to have an effect. */
  message: string;
  /** The pages as a tree. */
  structure: PageNode[];
  /** Always true: what fails is an error. */
  success: boolean;
  /** How many pages there are. */
  total: number;
}

/** A configuration to look at. */
export interface ValidateRequest {
  /** Settings by name, in lower or upper case. */
  config: Record<string, unknown>;
  /** The saved configuration that masked values are those of; else they are those of the load generator as it is. */
  config_id?: number | null;
}

/** What there is to say about it. */
export interface Validation {
  /** What blocks a start: all of it. */
  errors: Said[];
  /** Whether a load generator can start with it. */
  valid: boolean;
  /** What does not block a start, and may be worth a thought. */
  warnings: Said[];
}

/** A verification. */
export interface Verification {
  /** When it ended. */
  ended_at?: string | null;
  /** Why there is no proof. */
  error?: string | null;
  /** When it was asked for. */
  started_at?: string | null;
  /** What became of it. */
  state: VerificationState;
  /** How many seconds it may wait for the target to archive what it has recorded. */
  wait_s?: number | null;
}

/** What became of a verification. */
export type VerificationState = "idle" | "running" | "done" | "failed" | "stopped";

/** How to verify a run. */
export interface VerifyRequest {
  /** A token that may view the site. Without one it is that of the load generator, if its target is that of the run. It is used for this verification and not kept. */
  token_auth?: string | null;
  /** Seconds to wait for the target to archive what it has recorded. It is no longer waited than needed. */
  wait_s?: number;
}

/** Visits. */
export interface VisitReport {
  /** Over, and every hit was acknowledged. */
  completed: number;
  /** Over, and at least one hit was not acknowledged. */
  failed: number;
  /** Visits a day at the pace so far: completed and under way, over the time in which visits were started. */
  per_day_achieved: number;
  /** How many the run will have when it is done; null for a run without an end. */
  planned?: number | null;
  /** Never started, because the target could not keep up. */
  skipped: number;
  /** Their hits were planned. */
  started: number;
  /** Started and not over. */
  under_way: number;
}

/** What each operation takes and answers, by method and path. */
export interface Operations {
  /** Who answers here, and where to go on. */
  "GET /": {
    answer: Root;
  };
  /** Ends a backfill that runs: visits under way are finished or accounted for. */
  "POST /api/backfill/cancel": {
    body: CancelRequest;
    answer: Cancelled;
  };
  /** Removes the containers and state files of backfills that are over. What is known about them stays, and so do their runs. */
  "POST /api/backfill/cleanup": {
    answer: CleanedUp;
  };
  /** The latest backfill, whether it runs or not. */
  "GET /api/backfill/last": {
    answer: Last;
  };
  /** Replays a window of past days once, in a container of its own. The main load generator goes on undisturbed. */
  "POST /api/backfill/run": {
    body: BackfillRequest;
    answer: Started;
  };
  /** The backfills that run, with their progress, and those that ran. */
  "GET /api/backfill/status": {
    answer: Backfills;
  };
  /** Ends the search that runs. */
  "POST /api/capacity/cancel": {
    body: CapacityCancelRequest;
    answer: CapacityCancelled;
  };
  /** Looks for the most visits a day that the target bears, in a container of its own. The visits are real ones, and are recorded. The main load generator goes on undisturbed, and its traffic counts. */
  "POST /api/capacity/run": {
    body?: CapacityRequest | null;
    answer: CapacityStarted;
  };
  /** The search that runs, with what it has found so far, and those that ran. */
  "GET /api/capacity/status": {
    answer: CapacityStatus;
  };
  /** The new container is made before the old one is touched, and the old one is put back when the new one does not come up. */
  "POST /api/config/apply": {
    body: ApplyRequest;
    answer: Changed;
  };
  /** All saved configurations. */
  "GET /api/configs": {
    answer: SavedConfigs;
  };
  /** Saves a configuration. */
  "POST /api/configs": {
    body: NewSavedConfig;
    answer: SavedConfig;
  };
  /** All saved configurations as one file, without tokens unless they are asked for. */
  "GET /api/configs/export": {
    query?: { include_tokens?: boolean; };
    answer: ConfigFile;
  };
  /** Saves all configurations of an exported file, or none. */
  "POST /api/configs/import": {
    query?: { replace?: boolean; };
    body: ConfigFile;
    answer: ImportDone;
  };
  /** One saved configuration. */
  "GET /api/configs/{id}": {
    path: { id: number; };
    answer: SavedConfig;
  };
  /** Changes a saved configuration. */
  "PUT /api/configs/{id}": {
    path: { id: number; };
    body: ConfigChange;
    answer: SavedConfig;
  };
  /** Removes a saved configuration. */
  "DELETE /api/configs/{id}": {
    path: { id: number; };
    answer: Done;
  };
  /** The events in use. */
  "GET /api/events": {
    answer: Events;
  };
  /** Saves events in the place of those in use. */
  "POST /api/events": {
    body: EventFile;
    answer: EventsSaved;
  };
  /** Goes back to the built-in events. */
  "DELETE /api/events": {
    answer: Done;
  };
  /** What is wrong with a file of events. Nothing is saved. */
  "POST /api/events/validate": {
    body: EventFile;
    answer: EventCheck;
  };
  /** All funnels. */
  "GET /api/funnels": {
    answer: Funnels;
  };
  /** Saves a funnel. */
  "POST /api/funnels": {
    body: NewFunnel;
    answer: Funnel;
  };
  /** The hits that one run of a funnel would send. Nothing is sent and nothing is saved. */
  "POST /api/funnels/preview": {
    body: NewFunnel;
    answer: Preview;
  };
  /** One funnel. */
  "GET /api/funnels/{id}": {
    path: { id: number; };
    answer: Funnel;
  };
  /** Replaces a funnel. */
  "PUT /api/funnels/{id}": {
    path: { id: number; };
    body: NewFunnel;
    answer: Funnel;
  };
  /** Removes a funnel. */
  "DELETE /api/funnels/{id}": {
    path: { id: number; };
    answer: Done;
  };
  /** The last lines of the load generator's log. Secrets are masked. */
  "GET /api/logs": {
    query?: { lines?: number; filter?: string; regex?: string; level?: string; since?: string; };
    answer: Logs;
  };
  /** The key comes as `X-API-Key`, or as a ticket among the offered subprotocols. A line with `gap: true` stands where lines are gone for good. Lines that are larger than 64 KiB come in fragments. */
  "GET /api/logs/stream": {
    query?: { cursor?: string | null; lines?: number; filter?: string; regex?: string; level?: string; since?: string; };
    answer: unknown;
  };
  /** A ticket to open the stream with, for browsers: there a socket can send no key. */
  "POST /api/logs/ticket": {
    answer: Ticket;
  };
  /** What the load generator did over time. */
  "GET /api/metrics": {
    query?: { window?: string; };
    answer: Metrics;
  };
  /** All presets. */
  "GET /api/presets": {
    answer: Presets;
  };
  /** Saves a preset. */
  "POST /api/presets": {
    body: NewConfig;
    answer: Preset;
  };
  /** One preset. */
  "GET /api/presets/{id}": {
    path: { id: string; };
    answer: Preset;
  };
  /** Changes a preset of the user's own. */
  "PUT /api/presets/{id}": {
    path: { id: string; };
    body: ConfigChange;
    answer: Preset;
  };
  /** Removes a preset of the user's own. */
  "DELETE /api/presets/{id}": {
    path: { id: string; };
    answer: Done;
  };
  /** Ends the load generator's process when it has one, and starts it; with a configuration, one that has it. */
  "POST /api/restart": {
    query?: { timeout?: number | null; };
    body?: RestartRequest | null;
    answer: Changed;
  };
  /** The runs that the load generator and backfills have written down, the latest first. */
  "GET /api/runs": {
    query?: { limit?: number; before?: string; };
    answer: RunList;
  };
  /** Two runs side by side: what changed, by how much, and what chance alone explains. */
  "GET /api/runs/compare": {
    query: { a: string; b: string; };
    answer: Comparison;
  };
  /** A run: its settings, its report, what it did over time, and its last proof. */
  "GET /api/runs/{id}": {
    path: { id: string; };
    answer: RunDetail;
  };
  /** Writes a note about a run. */
  "PUT /api/runs/{id}": {
    path: { id: string; };
    body: NoteRequest;
    answer: RunSummary;
  };
  /** A run as a file. */
  "GET /api/runs/{id}/download": {
    path: { id: string; };
    query?: { format?: "json" | "html"; };
    answer: RunFile;
  };
  /** The last proof of a run, all of it. */
  "GET /api/runs/{id}/proof": {
    path: { id: string; };
    query?: { format?: "json" | "markdown"; };
    answer: unknown;
  };
  /** Begins to compare what a run should have left in the target's reports with what is there. The proof is part of the run when the verification is done. */
  "POST /api/runs/{id}/verify": {
    path: { id: string; };
    body?: VerifyRequest | null;
    answer: Verification;
  };
  /** Stops a verification that is under way. */
  "DELETE /api/runs/{id}/verify": {
    path: { id: string; };
    answer: Verification;
  };
  /** Every setting with type, range, default, group and help. */
  "GET /api/schema": {
    answer: Schema;
  };
  /** Starts the load generator; with a configuration, one that has it. It is created when there is none. */
  "POST /api/start": {
    body?: StartRequest | null;
    answer: Changed;
  };
  /** What the load generator does, how it is set up, and what it has done. Never older than a second. */
  "GET /api/status": {
    answer: Status;
  };
  /** Ends the load generator's process: visits under way are finished or accounted for. */
  "POST /api/stop": {
    query?: { timeout?: number | null; };
    answer: Changed;
  };
  /** Whether a Matomo would take our hits: reachable, of which version, whether the site exists, and what the token allows. It leaves no visit in the site's reports. */
  "POST /api/test-connection": {
    body: ConnectionRequest;
    answer: ConnectionResult;
  };
  /** The pages in use. */
  "GET /api/urls": {
    answer: Urls;
  };
  /** Saves a list of pages in the place of the one in use. */
  "POST /api/urls": {
    body: UrlList;
    answer: UrlsSaved;
  };
  /** Goes back to the built-in list. */
  "DELETE /api/urls": {
    answer: Done;
  };
  /** What is wrong with a list of pages. Nothing is saved. */
  "POST /api/urls/validate": {
    body: UrlList;
    answer: UrlCheck;
  };
  /** Whether a load generator can start with a configuration, and everything that is wrong with it. */
  "POST /api/validate": {
    body: ValidateRequest;
    answer: Validation;
  };
  /** A page to read and try the API. */
  "GET /docs": {
    answer: unknown;
  };
  /** How the control plane is. It answers without waiting for the engine. */
  "GET /health": {
    answer: ServiceHealth;
  };
  /** The control plane and what it watches, in the `OpenMetrics` text format. */
  "GET /metrics": {
    answer: unknown;
  };
  /** The description of the API (OpenAPI 3.1). */
  "GET /openapi.json": {
    answer: Record<string, unknown>;
  };
  /** The web page. */
  "GET /ui": {
    answer: unknown;
  };
}
