//! The list of all settings. This is the only place where a name, a default or a range is written down.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::definition::{Condition, Definition, Group, Kind};

/// A year of 365 days twenty times over, less one: Matomo takes no older time than that.
pub(crate) const MOST_DAYS_BACK: u64 = 20 * 365 - 1;
/// The longest window a backfill replays, in days.
pub(crate) const LONGEST_WINDOW_DAYS: u64 = 3660;
/// The journey templates that ship.
pub(crate) const JOURNEYS: &[&str] = &["researcher", "buyer", "casual"];

const BACKFILL_ON: Condition = Condition::Is("BACKFILL_ENABLED", "true");
const ORDERS_ON: Condition = Condition::IsNot("ECOMMERCE_PROBABILITY", "0");
const BULK: Condition = Condition::Is("TRANSPORT", "bulk");

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const fn number(min: f64, max: f64) -> Kind {
    Kind::Number { min, max }
}

const PROBABILITY: Kind = number(0.0, 1.0);

const CORE: &[Definition] = &[
    Definition::new(
        "MATOMO_URL",
        Kind::Url,
        "",
        "The tracking endpoint of the Matomo to visit; usually ends in matomo.php.",
    )
    .required(),
    Definition::new(
        "MATOMO_SITE_ID",
        integer(1, u32::MAX as u64),
        "1",
        "The site's number in Matomo (idsite).",
    ),
    Definition::new(
        "MATOMO_TOKEN_AUTH",
        Kind::Token,
        "",
        "Token of a user with write access to the site. Without one, visitors have no country of their own \
         and nothing older than a day can be sent. Goes into request bodies only.",
    ),
    Definition::new(
        "MATOMO_TOKEN_AUTH_FILE",
        Kind::Path,
        "",
        "A file that holds the token, for example a container secret. Wins over MATOMO_TOKEN_AUTH.",
    ),
    Definition::new(
        "TARGET_VISITS_PER_DAY",
        number(1.0, 1e10),
        "20000",
        "How many visits start per day, on average.",
    )
    .warn_above(500_000.0, "few Matomo servers keep up with more than 500000 visits a day: watch the target"),
    Definition::new(
        "CONCURRENCY",
        integer(1, 10_000),
        "50",
        "The most HTTP requests in flight at once. It does not limit how many visits are under way.",
    )
    .warn_above(200.0, "more than 200 requests in flight can exhaust the target's workers"),
    Definition::new(
        "TIMEZONE",
        Kind::TimeZone,
        "UTC",
        "The site's time zone (IANA name). Rate curves and backfill days are in it.",
    ),
    Definition::new(
        "LOG_LEVEL",
        Kind::Choice(&["DEBUG", "INFO", "WARNING", "ERROR"]),
        "INFO",
        "The least important messages that are still logged.",
    ),
    Definition::new("LOG_FORMAT", Kind::Choice(&["text", "json"]), "text", "How log lines are written."),
    Definition::new(
        "STATS_INTERVAL",
        number(1.0, 3600.0),
        "60",
        "Time between two lines of statistics in the log.",
    )
    .unit("seconds"),
];

const VISITS: &[Definition] = &[
    Definition::new("PAGEVIEWS_MIN", integer(1, 100), "3", "Fewest page views of a visit."),
    Definition::new("PAGEVIEWS_MAX", integer(1, 100), "6", "Most page views of a visit."),
    Definition::new(
        "PAUSE_BETWEEN_PVS_MIN",
        number(0.0, 60.0),
        "0.5",
        "Shortest real time between two requests of one visit.",
    )
    .unit("seconds")
    .when(Condition::Is("VISIT_PACING", "compressed")),
    Definition::new(
        "PAUSE_BETWEEN_PVS_MAX",
        number(0.0, 60.0),
        "2.0",
        "Longest real time between two requests of one visit.",
    )
    .unit("seconds")
    .when(Condition::Is("VISIT_PACING", "compressed")),
    Definition::new(
        "VISIT_DURATION_MIN",
        number(0.1, 120.0),
        "1.0",
        "Shortest visit, as Matomo will report it.",
    )
    .unit("minutes"),
    Definition::new(
        "VISIT_DURATION_MAX",
        number(0.1, 120.0),
        "8.0",
        "Longest visit, as Matomo will report it.",
    )
    .unit("minutes"),
    Definition::new(
        "VISIT_PACING",
        Kind::Choice(&["compressed", "realtime"]),
        "compressed",
        "compressed: a visit's timeline lies in the recent past and its requests go out after short \
         pauses. realtime: each hit goes out at the moment it happens.",
    ),
    Definition::new(
        "JOURNEY_MIX",
        Kind::Weights(JOURNEYS),
        "",
        "Journey templates and their weights, for example researcher=2,buyer=1,casual=7. Empty = visits of \
         the plain model.",
    ),
    Definition::new(
        "URLS_FILE",
        Kind::Path,
        "",
        "Pages to visit: one URL a line, then optional white space and a title; # begins a comment. Unset \
         = /app/data/urls.txt if it is there, else the built-in list.",
    ),
    Definition::new(
        "EVENTS_FILE",
        Kind::Path,
        "/app/data/events.json",
        "Custom events that replace the built-in ones.",
    ),
    Definition::new("FUNNEL_CONFIG_PATH", Kind::Path, "/app/data/funnels.json", "Funnels that visits run."),
    Definition::new(
        "CONTENT_DIR",
        Kind::Path,
        "",
        "A folder whose files replace the built-in content of the same name: products, referrers, \
         countries, agents and so on.",
    ),
    Definition::new(
        "SEED",
        integer(0, u64::MAX),
        "",
        "The same seed and settings make the same traffic. Unset = a random one, which is logged.",
    ),
];

const LIMITS: &[Definition] = &[
    Definition::new(
        "AUTO_STOP_AFTER_HOURS",
        number(0.0, 168.0),
        "0",
        "Ends the run after this time; visits under way are finished.",
    )
    .unit("hours"),
    Definition::new(
        "MAX_TOTAL_VISITS",
        integer(0, 1_000_000_000_000),
        "0",
        "The most visits in 24 hours: at the cap the run pauses until the window resets. Survives a restart.",
    ),
    Definition::new(
        "MAX_REQUESTS_PER_SECOND",
        number(0.0, 1e6),
        "0",
        "A hard ceiling on the requests that the target receives.",
    )
    .unit("requests per second"),
];

const FEATURES: &[Definition] = &[
    Definition::new("SITESEARCH_PROBABILITY", PROBABILITY, "0.15", "A visit searches the site."),
    Definition::new("OUTLINKS_PROBABILITY", PROBABILITY, "0.10", "A visit leaves by a link to another site."),
    Definition::new("DOWNLOADS_PROBABILITY", PROBABILITY, "0.08", "A visit downloads a file."),
    Definition::new(
        "CLICK_EVENTS_PROBABILITY",
        PROBABILITY,
        "0.25",
        "A visit clicks something that is tracked.",
    ),
    Definition::new(
        "RANDOM_EVENTS_PROBABILITY",
        PROBABILITY,
        "0.12",
        "A visit causes some other tracked event.",
    ),
    Definition::new(
        "DIRECT_TRAFFIC_PROBABILITY",
        PROBABILITY,
        "0.30",
        "A visit comes without a referrer. The rest comes from search engines, social networks and other \
         sites.",
    ),
    Definition::new("ECOMMERCE_PROBABILITY", PROBABILITY, "0.05", "A visit ends in an order."),
    Definition::new(
        "RETURNING_VISITORS_PROBABILITY",
        PROBABILITY,
        "0.20",
        "A visit is made by someone seen before, on an earlier day or more than 30 minutes ago.",
    ),
    Definition::new(
        "RANDOMIZE_VISITOR_COUNTRIES",
        Kind::Boolean,
        "true",
        "Visitors come from many countries, each with an address there. Needs a token: without one Matomo \
         refuses every such hit.",
    ),
];

const ECOMMERCE: &[Definition] = &[
    Definition::new("ECOMMERCE_ORDER_VALUE_MIN", number(0.01, 1e9), "15.99", "Least revenue of an order.")
        .when(ORDERS_ON),
    Definition::new("ECOMMERCE_ORDER_VALUE_MAX", number(0.01, 1e9), "299.99", "Most revenue of an order.")
        .when(ORDERS_ON),
    Definition::new("ECOMMERCE_ITEMS_MIN", integer(1, 100), "1", "Fewest different products of an order.")
        .when(ORDERS_ON),
    Definition::new("ECOMMERCE_ITEMS_MAX", integer(1, 100), "5", "Most different products of an order.")
        .when(ORDERS_ON),
    Definition::new(
        "ECOMMERCE_TAX_RATE",
        number(0.0, 1.0),
        "0.10",
        "Tax on subtotal and shipping, as a fraction.",
    )
    .when(ORDERS_ON),
    Definition::new(
        "ECOMMERCE_SHIPPING_RATES",
        Kind::Numbers { min: 0.0, max: 1e6 },
        "0,5.99,9.99,15.99",
        "What shipping can cost, separated by commas.",
    )
    .when(ORDERS_ON),
    Definition::new(
        "ECOMMERCE_CURRENCY",
        Kind::Currency,
        "USD",
        "The currency of orders (ISO 4217 code, upper case).",
    )
    .when(ORDERS_ON),
];

const START_UP: &[Definition] = &[
    Definition::new(
        "AUTO_START",
        Kind::Boolean,
        "true",
        "false: wait, healthy and idle, until START_SIGNAL_FILE appears.",
    ),
    Definition::new(
        "START_SIGNAL_FILE",
        Kind::Path,
        "/app/data/loadgen.start",
        "The file whose appearance starts the traffic; it is removed then.",
    )
    .when(Condition::Is("AUTO_START", "false")),
    Definition::new(
        "START_CHECK_INTERVAL",
        number(0.1, 3600.0),
        "2.0",
        "Time between two looks for START_SIGNAL_FILE.",
    )
    .unit("seconds")
    .when(Condition::Is("AUTO_START", "false")),
    Definition::new(
        "STATE_DIR",
        Kind::Path,
        "/app/data/state",
        "The folder that holds what must survive a restart: cap window, checkpoint, ledger.",
    ),
    Definition::new(
        "METRICS_PORT",
        integer(0, 65_535),
        "0",
        "Port of /metrics, /report and /health. 0 = none is opened.",
    ),
    Definition::new(
        "GRACE_PERIOD",
        number(0.0, 3600.0),
        "10",
        "How long a stop waits for the visits under way.",
    )
    .unit("seconds"),
    Definition::new(
        "SHARD",
        Kind::Shard,
        "0/1",
        "This process's part of the traffic, as index/count: the shards 0/3, 1/3 and 2/3 together make \
         what one process would.",
    ),
];

const TRAFFIC_SHAPE: &[Definition] = &[
    Definition::new(
        "ARRIVALS",
        Kind::Choice(&["poisson", "even"]),
        "poisson",
        "How visits are spread at the given rate: at random, as people come, or evenly.",
    ),
    Definition::new(
        "TRAFFIC_SHAPE",
        Kind::Choice(&["flat", "daily", "weekly"]),
        "flat",
        "The curve of the rate in TIMEZONE. Its mean is TARGET_VISITS_PER_DAY whatever the shape.",
    ),
    Definition::new(
        "PAGE_POPULARITY",
        Kind::Choice(&["zipf", "uniform"]),
        "zipf",
        "zipf: few pages get most of the views. uniform: every page alike.",
    ),
    Definition::new(
        "PAGES_PER_VISIT",
        Kind::Choice(&["uniform", "inverse_gaussian"]),
        "uniform",
        "How page views are drawn from PAGEVIEWS_MIN to PAGEVIEWS_MAX: all counts alike, or many short \
         visits and few long ones, by channel.",
    ),
];

const TRANSPORT: &[Definition] = &[
    Definition::new(
        "TRANSPORT",
        Kind::Choice(&["single", "bulk"]),
        "single",
        "single: one request a hit, as browsers do. bulk: many hits a request (Matomo's bulk tracking).",
    ),
    Definition::new("BULK_SIZE", integer(1, 10_000), "200", "Hits in one bulk request.").when(BULK),
    Definition::new(
        "BULK_CONNECTIONS",
        integer(1, 64),
        "2",
        "Bulk requests in flight at the most; fewer when the target answers with deadlocks. As many as it \
         has cores is best.",
    )
    .when(BULK),
    Definition::new(
        "REQUEST_TIMEOUT",
        number(0.1, 600.0),
        "30",
        "Time for one attempt, from connecting to the last byte of the answer.",
    )
    .unit("seconds"),
    Definition::new(
        "REQUEST_RETRIES",
        integer(0, 20),
        "3",
        "Further attempts after one that certainly recorded nothing.",
    ),
    Definition::new("TLS_CA_FILE", Kind::Path, "", "More certificate authorities to trust, as a PEM file."),
    Definition::new(
        "TLS_INSECURE",
        Kind::Boolean,
        "false",
        "true: the target's certificate is not verified. For tests only; TLS_CA_FILE is the safe way.",
    ),
];

const BACKFILL: &[Definition] = &[
    Definition::new(
        "BACKFILL_ENABLED",
        Kind::Boolean,
        "false",
        "Runs the window once instead of live traffic.",
    ),
    Definition::new(
        "BACKFILL_START_DATE",
        Kind::Date,
        "",
        "First day (YYYY-MM-DD) in TIMEZONE. Together with BACKFILL_END_DATE.",
    )
    .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_END_DATE",
        Kind::Date,
        "",
        "Last day (YYYY-MM-DD), inclusive. Together with BACKFILL_START_DATE.",
    )
    .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_DAYS_BACK",
        integer(1, MOST_DAYS_BACK),
        "",
        "The first day, counted back from today: 1 = yesterday. Together with BACKFILL_DURATION_DAYS, and \
         never with dates.",
    )
    .unit("days")
    .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_DURATION_DAYS",
        integer(1, LONGEST_WINDOW_DAYS),
        "",
        "How many days the window has. Together with BACKFILL_DAYS_BACK.",
    )
    .unit("days")
    .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_MAX_VISITS_PER_DAY",
        integer(1, 10_000_000_000),
        "2000",
        "The most visits of one day; TARGET_VISITS_PER_DAY when that is less.",
    )
    .when(BACKFILL_ON)
    .warn_above(8000.0, "more than 8000 visits for each past day make a long archiving run on the target"),
    Definition::new(
        "BACKFILL_MAX_VISITS_TOTAL",
        integer(0, 100_000_000_000_000),
        "200000",
        "The most visits of the whole window, at least BACKFILL_MAX_VISITS_PER_DAY. 0 = no total.",
    )
    .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_RPS_LIMIT",
        number(0.0, 1e6),
        "",
        "A ceiling on the requests that the target receives. Unset or 0 = none.",
    )
    .unit("requests per second")
    .when(BACKFILL_ON)
    .warn_above(100.0, "more than 100 requests a second is near what a small Matomo bears"),
    Definition::new("BACKFILL_SEED", integer(0, u64::MAX), "", "Seed of the window's days. Unset = SEED.")
        .when(BACKFILL_ON),
    Definition::new(
        "BACKFILL_RUN_ONCE",
        Kind::Boolean,
        "false",
        "Stay alive and idle after the window, so that a restart policy does not run it again.",
    )
    .when(BACKFILL_ON),
];

const JUDGEMENT: &[Definition] = &[
    Definition::new(
        "THRESHOLDS",
        Kind::Thresholds,
        "",
        "What the run must keep, such as p95<500ms,success>99.9%,lag_p99<50ms. When it does not, the program ends with \
         exit code 1.",
    ),
    Definition::new(
        "REPORT_PROBES",
        Kind::Words(&["dashboard", "pages", "visitors", "ecommerce", "segment"]),
        "",
        "Reports that are asked for and timed while the traffic flows. They need a token that may view the site.",
    ),
    Definition::new(
        "REPORT_PROBE_INTERVAL",
        number(1.0, 86_400.0),
        "60",
        "Time between two rounds of REPORT_PROBES.",
    )
    .unit("seconds"),
];

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    [
        (Group::Core, CORE),
        (Group::Visits, VISITS),
        (Group::Limits, LIMITS),
        (Group::Features, FEATURES),
        (Group::Ecommerce, ECOMMERCE),
        (Group::StartUp, START_UP),
        (Group::TrafficShape, TRAFFIC_SHAPE),
        (Group::Transport, TRANSPORT),
        (Group::Backfill, BACKFILL),
        (Group::Judgement, JUDGEMENT),
    ]
    .into_iter()
    .flat_map(|(group, list)| list.iter().map(move |definition| definition.within(group)))
    .collect()
});

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Definition>> =
    LazyLock::new(|| DEFINITIONS.iter().map(|definition| (definition.name, definition)).collect());

/// Every setting, in the order of the documents.
pub fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}

/// The setting of this name, in upper case.
pub fn definition(name: &str) -> Option<&'static Definition> {
    BY_NAME.get(name).copied()
}
