//! What a valid configuration is. A value of these types has been checked: nothing downstream checks it again.

use std::fmt;

use jiff::{civil::Date, tz::TimeZone};
use secrecy::SecretString;

/// Everything that the load generator can be told, parsed and valid.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where hits go, and as whom.
    pub target: Target,
    /// How many visits, and when they start.
    pub arrivals: Arrivals,
    /// What one visit is like.
    pub visits: Visits,
    /// How likely each feature is, per visit.
    pub features: Features,
    /// Orders.
    pub ecommerce: Ecommerce,
    /// How hits travel.
    pub transport: Transport,
    /// What ends or pauses a run.
    pub limits: Limits,
    /// The historical window to replay instead of live traffic, when `BACKFILL_ENABLED`.
    pub backfill: Option<Backfill>,
    /// Where the content comes from when it is not the built-in one.
    pub content: ContentFiles,
    /// How the process starts, logs and keeps state.
    pub process: Process,
    /// What the run is held to.
    pub judgement: Judgement,
    /// `SEED`; `None` = draw one and log it.
    pub seed: Option<u64>,
    /// `SHARD` as index and count: this process's part of the visitors.
    pub shard: Shard,
}

/// The Matomo that is visited.
#[derive(Clone)]
pub struct Target {
    /// `MATOMO_URL`: http or https with a host; usually ends in `matomo.php`; no trailing slash.
    pub url: url::Url,
    /// `MATOMO_SITE_ID`.
    pub site_id: u64,
    /// `MATOMO_TOKEN_AUTH` or the content of `MATOMO_TOKEN_AUTH_FILE`.
    pub token: Option<SecretString>,
    /// `TLS_CA_FILE`: more certificate authorities to trust, as PEM.
    pub ca_file: Option<String>,
    /// `TLS_INSECURE`: certificates are not verified. Said loudly at start.
    pub insecure: bool,
}

/// By hand, since a URL may hold a password.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &crate::mask::mask_url(self.url.as_str()))
            .field("site_id", &self.site_id)
            .field("token", &self.token)
            .field("ca_file", &self.ca_file)
            .field("insecure", &self.insecure)
            .finish()
    }
}

/// How visits are spread over time.
#[derive(Debug, Clone)]
pub struct Arrivals {
    /// `TARGET_VISITS_PER_DAY`, 1 to 1e10.
    pub visits_per_day: f64,
    /// `ARRIVALS`.
    pub process: ArrivalProcess,
    /// `TRAFFIC_SHAPE`.
    pub shape: Shape,
    /// `TIMEZONE`: the site's time zone; curves and backfill days are in it.
    pub time_zone: TimeZone,
}

/// `ARRIVALS`: how visits are spread at the given rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalProcess {
    /// Exponential gaps.
    Poisson,
    /// Equal gaps.
    Even,
}

/// `TRAFFIC_SHAPE`: the rate curve. Its mean is the target whatever the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The same rate at all times.
    Flat,
    /// By hour of the day.
    Daily,
    /// By hour of the week.
    Weekly,
}

/// What one visit is like.
#[derive(Debug, Clone)]
pub struct Visits {
    /// `PAGEVIEWS_MIN`/`_MAX`, 1 to 100.
    pub pageviews: Range<u32>,
    /// `PAUSE_BETWEEN_PVS_MIN`/`_MAX` in seconds: real time between two requests of a visit when compressed.
    pub pause_s: Range<f64>,
    /// `VISIT_DURATION_MIN`/`_MAX` in minutes: the visit's length as Matomo reports it.
    pub duration_min: Range<f64>,
    /// `VISIT_PACING`.
    pub pacing: Pacing,
    /// `PAGE_POPULARITY`.
    pub popularity: Popularity,
    /// `PAGES_PER_VISIT`.
    pub pages_per_visit: PagesPerVisit,
    /// `JOURNEY_MIX`: template name and weight; empty = the plain model.
    pub journey_mix: Vec<(String, f64)>,
}

/// An inclusive range, `min <= max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range<T> {
    /// Least.
    pub min: T,
    /// Most.
    pub max: T,
}

/// `VISIT_PACING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// The timeline lies in the recent past, carried by `cdt`; requests go out after short pauses.
    Compressed,
    /// Each hit goes out at the moment it happens; no `cdt`.
    Realtime,
}

/// `PAGE_POPULARITY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Popularity {
    /// Zipf with exponent 0.8.
    Zipf,
    /// Every page alike.
    Uniform,
}

/// `PAGES_PER_VISIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagesPerVisit {
    /// Uniform over the range.
    Uniform,
    /// Inverse Gaussian by channel, cut to the range.
    InverseGaussian,
}

/// Probabilities per visit, 0 to 1.
#[derive(Debug, Clone)]
pub struct Features {
    /// `SITESEARCH_PROBABILITY`.
    pub site_search: f64,
    /// `OUTLINKS_PROBABILITY`.
    pub outlinks: f64,
    /// `DOWNLOADS_PROBABILITY`.
    pub downloads: f64,
    /// `CLICK_EVENTS_PROBABILITY`.
    pub click_events: f64,
    /// `RANDOM_EVENTS_PROBABILITY`.
    pub random_events: f64,
    /// `DIRECT_TRAFFIC_PROBABILITY`.
    pub direct_traffic: f64,
    /// `ECOMMERCE_PROBABILITY`.
    pub ecommerce: f64,
    /// `RETURNING_VISITORS_PROBABILITY`.
    pub returning_visitors: f64,
    /// `RANDOMIZE_VISITOR_COUNTRIES`: true only when there is a token.
    pub randomize_countries: bool,
}

/// Orders. Money in the currency's unit, not in cents.
#[derive(Debug, Clone)]
pub struct Ecommerce {
    /// `ECOMMERCE_ORDER_VALUE_MIN`/`_MAX`: revenue of an order.
    pub order_value: Range<f64>,
    /// `ECOMMERCE_ITEMS_MIN`/`_MAX`.
    pub items: Range<u32>,
    /// `ECOMMERCE_TAX_RATE`, as a fraction, on subtotal + shipping.
    pub tax_rate: f64,
    /// `ECOMMERCE_SHIPPING_RATES`, at least one.
    pub shipping_rates: Vec<f64>,
    /// `ECOMMERCE_CURRENCY`, ISO 4217.
    pub currency: String,
}

/// How hits travel.
#[derive(Debug, Clone)]
pub struct Transport {
    /// `TRANSPORT`.
    pub mode: TransportMode,
    /// `CONCURRENCY`: the most HTTP requests in flight (single).
    pub concurrency: u32,
    /// `BULK_SIZE`: hits a bulk request.
    pub bulk_size: u32,
    /// `BULK_CONNECTIONS`: bulk requests in flight at the most.
    pub bulk_connections: u32,
    /// `REQUEST_TIMEOUT` in seconds, for one attempt from connect to the last byte of the answer.
    pub timeout_s: f64,
    /// `REQUEST_RETRIES`: further attempts after one that provably recorded nothing.
    pub retries: u32,
}

/// `TRANSPORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportMode {
    /// One request a hit, as a browser does.
    Single,
    /// Matomo's bulk tracking.
    Bulk,
}

/// What ends or pauses a run. `None` = off (0 in the environment).
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// `AUTO_STOP_AFTER_HOURS`.
    pub auto_stop_hours: Option<f64>,
    /// `MAX_TOTAL_VISITS` in a rolling 24-hour window.
    pub visits_per_window: Option<u64>,
    /// `MAX_REQUESTS_PER_SECOND`.
    pub requests_per_second: Option<f64>,
}

/// A historical window to replay.
#[derive(Debug, Clone)]
pub struct Backfill {
    /// First day, in the site's time zone.
    pub first_day: Date,
    /// Last day, inclusive.
    pub last_day: Date,
    /// Visits of each day: the lesser of `TARGET_VISITS_PER_DAY` and `BACKFILL_MAX_VISITS_PER_DAY`, rounded.
    pub visits_per_day: u64,
    /// `BACKFILL_MAX_VISITS_TOTAL`; `None` = no total.
    pub visits_total: Option<u64>,
    /// `BACKFILL_RPS_LIMIT`.
    pub requests_per_second: Option<f64>,
    /// `BACKFILL_SEED`; `None` = the run's seed.
    pub seed: Option<u64>,
    /// `BACKFILL_RUN_ONCE`: stay alive and idle afterwards.
    pub run_once: bool,
}

/// Files that replace built-in content. `None` = not named: the program tries the documented fall-backs.
#[derive(Debug, Clone, Default)]
pub struct ContentFiles {
    /// `URLS_FILE`.
    pub urls: Option<String>,
    /// `EVENTS_FILE`, with its default when not set.
    pub events: String,
    /// `FUNNEL_CONFIG_PATH`, with its default when not set.
    pub funnels: String,
    /// Whether `EVENTS_FILE` was set by the user: then a missing file is an error.
    pub events_required: bool,
    /// Whether `FUNNEL_CONFIG_PATH` was set by the user: then a missing file is an error.
    pub funnels_required: bool,
    /// `CONTENT_DIR`: a folder whose files replace the built-in ones of the same name.
    pub dir: Option<String>,
}

/// How the process starts, logs and keeps state.
#[derive(Debug, Clone)]
pub struct Process {
    /// `LOG_LEVEL`.
    pub log_level: LogLevel,
    /// `LOG_FORMAT`.
    pub log_json: bool,
    /// `AUTO_START`.
    pub auto_start: bool,
    /// `START_SIGNAL_FILE`.
    pub start_signal_file: String,
    /// `START_CHECK_INTERVAL` in seconds.
    pub start_check_interval_s: f64,
    /// `STATE_DIR`.
    pub state_dir: String,
    /// `METRICS_PORT`; `None` = off.
    pub metrics_port: Option<u16>,
    /// `GRACE_PERIOD` in seconds.
    pub grace_period_s: f64,
    /// `STATS_INTERVAL` in seconds between two stats lines of the log.
    pub stats_interval_s: f64,
}

/// What the run is held to, and how the target's reports are watched meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// `THRESHOLDS`: what the report must keep.
    pub thresholds: Vec<crate::Threshold>,
    /// `REPORT_PROBES`: names of queries of the Reporting API that are timed; none = off.
    pub probes: Vec<&'static str>,
    /// `REPORT_PROBE_INTERVAL` in seconds.
    pub probe_interval_s: f64,
}

/// `LOG_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What an operator wants to know.
    Info,
    /// What may need an operator.
    Warning,
    /// What needs one.
    Error,
}

/// A part of the visitors: those whose hash modulo `count` is `index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}
