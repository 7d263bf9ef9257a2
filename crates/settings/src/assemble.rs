//! From checked values to the typed whole. Nothing can fail here: the table and the rules have seen to that.

use jiff::civil::Date;

use crate::{
    model::{
        ArrivalProcess, Arrivals, Backfill, ContentFiles, Ecommerce, Features, Judgement, Limits, LogLevel,
        Pacing, PagesPerVisit, Popularity, Process, Range, Settings, Shape, Target, Transport, TransportMode,
        Visits,
    },
    parse::Values,
    table::definition,
    value::Value,
};

pub(crate) fn assemble(values: &Values, window: Option<(Date, Date)>) -> Settings {
    Settings {
        target: target(values),
        arrivals: arrivals(values),
        visits: visits(values),
        features: features(values),
        ecommerce: ecommerce(values),
        transport: transport(values),
        limits: limits(values),
        backfill: window.map(|days| backfill(values, days)),
        content: content(values),
        process: process(values),
        judgement: judgement(values),
        seed: values.integer_if_set("SEED"),
        shard: match values.get("SHARD") {
            Value::Shard(shard) => *shard,
            other => wrong_kind("SHARD", other),
        },
    }
}

fn target(values: &Values) -> Target {
    Target {
        url: match values.get("MATOMO_URL") {
            Value::Url(url) => url.clone(),
            other => wrong_kind("MATOMO_URL", other),
        },
        site_id: values.integer("MATOMO_SITE_ID"),
        token: match values.get("MATOMO_TOKEN_AUTH") {
            Value::Secret(token) => Some(token.clone()),
            _ => None,
        },
        ca_file: text_if_set(values, "TLS_CA_FILE"),
        insecure: values.boolean("TLS_INSECURE"),
    }
}

fn arrivals(values: &Values) -> Arrivals {
    Arrivals {
        visits_per_day: values.number("TARGET_VISITS_PER_DAY"),
        process: pick(
            values,
            "ARRIVALS",
            [("poisson", ArrivalProcess::Poisson), ("even", ArrivalProcess::Even)],
        ),
        shape: pick(
            values,
            "TRAFFIC_SHAPE",
            [("flat", Shape::Flat), ("daily", Shape::Daily), ("weekly", Shape::Weekly)],
        ),
        time_zone: match values.get("TIMEZONE") {
            Value::TimeZone(zone) => zone.clone(),
            other => wrong_kind("TIMEZONE", other),
        },
    }
}

fn visits(values: &Values) -> Visits {
    Visits {
        pageviews: count_range(values, "PAGEVIEWS_MIN", "PAGEVIEWS_MAX"),
        pause_s: range(values, "PAUSE_BETWEEN_PVS_MIN", "PAUSE_BETWEEN_PVS_MAX"),
        duration_min: range(values, "VISIT_DURATION_MIN", "VISIT_DURATION_MAX"),
        pacing: pick(
            values,
            "VISIT_PACING",
            [("compressed", Pacing::Compressed), ("realtime", Pacing::Realtime)],
        ),
        popularity: pick(
            values,
            "PAGE_POPULARITY",
            [("zipf", Popularity::Zipf), ("uniform", Popularity::Uniform)],
        ),
        pages_per_visit: pick(
            values,
            "PAGES_PER_VISIT",
            [("uniform", PagesPerVisit::Uniform), ("inverse_gaussian", PagesPerVisit::InverseGaussian)],
        ),
        journey_mix: match values.get("JOURNEY_MIX") {
            Value::Weights(weights) => weights.clone(),
            _ => Vec::new(),
        },
    }
}

fn features(values: &Values) -> Features {
    Features {
        site_search: values.number("SITESEARCH_PROBABILITY"),
        outlinks: values.number("OUTLINKS_PROBABILITY"),
        downloads: values.number("DOWNLOADS_PROBABILITY"),
        click_events: values.number("CLICK_EVENTS_PROBABILITY"),
        random_events: values.number("RANDOM_EVENTS_PROBABILITY"),
        direct_traffic: values.number("DIRECT_TRAFFIC_PROBABILITY"),
        ecommerce: values.number("ECOMMERCE_PROBABILITY"),
        returning_visitors: values.number("RETURNING_VISITORS_PROBABILITY"),
        randomize_countries: values.boolean("RANDOMIZE_VISITOR_COUNTRIES"),
    }
}

fn ecommerce(values: &Values) -> Ecommerce {
    Ecommerce {
        order_value: range(values, "ECOMMERCE_ORDER_VALUE_MIN", "ECOMMERCE_ORDER_VALUE_MAX"),
        items: count_range(values, "ECOMMERCE_ITEMS_MIN", "ECOMMERCE_ITEMS_MAX"),
        tax_rate: values.number("ECOMMERCE_TAX_RATE"),
        shipping_rates: match values.get("ECOMMERCE_SHIPPING_RATES") {
            Value::Numbers(rates) => rates.clone(),
            other => wrong_kind("ECOMMERCE_SHIPPING_RATES", other),
        },
        currency: text(values, "ECOMMERCE_CURRENCY"),
    }
}

fn transport(values: &Values) -> Transport {
    Transport {
        mode: pick(values, "TRANSPORT", [("single", TransportMode::Single), ("bulk", TransportMode::Bulk)]),
        concurrency: count(values, "CONCURRENCY"),
        bulk_size: count(values, "BULK_SIZE"),
        bulk_connections: count(values, "BULK_CONNECTIONS"),
        timeout_s: values.number("REQUEST_TIMEOUT"),
        retries: count(values, "REQUEST_RETRIES"),
    }
}

fn limits(values: &Values) -> Limits {
    Limits {
        auto_stop_hours: unless_zero(values.number("AUTO_STOP_AFTER_HOURS")),
        visits_per_window: Some(values.integer("MAX_TOTAL_VISITS")).filter(|cap| *cap > 0),
        requests_per_second: unless_zero(values.number("MAX_REQUESTS_PER_SECOND")),
    }
}

fn backfill(values: &Values, (first_day, last_day): (Date, Date)) -> Backfill {
    // The least target is 1, so that a day has a visit at least.
    let asked = values.number("TARGET_VISITS_PER_DAY").round() as u64;
    Backfill {
        first_day,
        last_day,
        visits_per_day: asked.min(values.integer("BACKFILL_MAX_VISITS_PER_DAY")),
        visits_total: Some(values.integer("BACKFILL_MAX_VISITS_TOTAL")).filter(|total| *total > 0),
        requests_per_second: values.number_if_set("BACKFILL_RPS_LIMIT").and_then(unless_zero),
        seed: values.integer_if_set("BACKFILL_SEED"),
        run_once: values.boolean("BACKFILL_RUN_ONCE"),
    }
}

fn content(values: &Values) -> ContentFiles {
    ContentFiles {
        urls: text_if_set(values, "URLS_FILE"),
        events: text(values, "EVENTS_FILE"),
        funnels: text(values, "FUNNEL_CONFIG_PATH"),
        events_required: differs_from_default(values, "EVENTS_FILE"),
        funnels_required: differs_from_default(values, "FUNNEL_CONFIG_PATH"),
        dir: text_if_set(values, "CONTENT_DIR"),
    }
}

fn process(values: &Values) -> Process {
    Process {
        log_level: pick(
            values,
            "LOG_LEVEL",
            [
                ("DEBUG", LogLevel::Debug),
                ("INFO", LogLevel::Info),
                ("WARNING", LogLevel::Warning),
                ("ERROR", LogLevel::Error),
            ],
        ),
        log_json: pick(values, "LOG_FORMAT", [("text", false), ("json", true)]),
        auto_start: values.boolean("AUTO_START"),
        start_signal_file: text(values, "START_SIGNAL_FILE"),
        start_check_interval_s: values.number("START_CHECK_INTERVAL"),
        state_dir: text(values, "STATE_DIR"),
        metrics_port: Some(values.integer("METRICS_PORT") as u16).filter(|port| *port > 0),
        grace_period_s: values.number("GRACE_PERIOD"),
        stats_interval_s: values.number("STATS_INTERVAL"),
    }
}

fn judgement(values: &Values) -> Judgement {
    Judgement {
        thresholds: match values.get("THRESHOLDS") {
            Value::Thresholds(thresholds) => thresholds.clone(),
            _ => Vec::new(),
        },
        probes: match values.get("REPORT_PROBES") {
            Value::Words(words) => words.clone(),
            _ => Vec::new(),
        },
        probe_interval_s: values.number("REPORT_PROBE_INTERVAL"),
    }
}

/// Compose files often write the default out (`${EVENTS_FILE:-/app/data/events.json}`), without meaning that the file
/// must be there.
fn differs_from_default(values: &Values, name: &str) -> bool {
    let default = definition(name).map_or("", |definition| definition.default);
    values.given(name) && values.text_if_set(name) != Some(default)
}

fn pick<T: Copy, const N: usize>(values: &Values, name: &str, meanings: [(&str, T); N]) -> T {
    let given = values.choice(name);
    let meaning = meanings.iter().find(|(word, _)| *word == given);
    meaning.map_or_else(
        || unreachable!("{name} has the choice {given} in the table, without a meaning"),
        |(_, m)| *m,
    )
}

fn range(values: &Values, min: &str, max: &str) -> Range<f64> {
    Range { min: values.number(min), max: values.number(max) }
}

fn count_range(values: &Values, min: &str, max: &str) -> Range<u32> {
    Range { min: count(values, min), max: count(values, max) }
}

fn count(values: &Values, name: &str) -> u32 {
    u32::try_from(values.integer(name)).expect("the table bounds it well below")
}

fn text(values: &Values, name: &str) -> String {
    text_if_set(values, name).expect("the table gives it a default")
}

fn text_if_set(values: &Values, name: &str) -> Option<String> {
    values.text_if_set(name).map(str::to_owned)
}

fn unless_zero(value: f64) -> Option<f64> {
    (value > 0.0).then_some(value)
}

fn wrong_kind(name: &str, value: &Value) -> ! {
    unreachable!("{name} has another kind in the table than {value:?}")
}
