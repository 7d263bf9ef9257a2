//! Parsing as a program does it: from variables to settings.

#![allow(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "values are taken over as they are; tests may panic"
)]

use crate::common::{TOKEN, base, parse, vars};
use secrecy::ExposeSecret;
use settings::{Pacing, Settings, Severity, Shape, TransportMode};

fn good(more: &[(&str, &str)]) -> Settings {
    parse(&base(more)).unwrap().settings
}

/// The fields that are warned about, without the one that says that nothing stops the run.
fn warned(more: &[(&str, &str)]) -> Vec<String> {
    let mut vars = base(more);
    vars.insert("AUTO_STOP_AFTER_HOURS".into(), "1".into());
    parse(&vars).unwrap().warnings.into_iter().map(|warning| warning.field).collect()
}

#[test]
fn an_address_and_a_token_are_enough() {
    let settings = good(&[]);
    assert_eq!(settings.target.url.as_str(), "https://stats.example.org/matomo.php");
    assert_eq!(settings.target.site_id, 1);
    assert_eq!(settings.target.token.unwrap().expose_secret(), TOKEN);
    assert_eq!(settings.arrivals.visits_per_day, 20_000.0);
    assert_eq!((settings.visits.pause_s.min, settings.visits.pause_s.max), (0.5, 2.0));
    assert_eq!(settings.ecommerce.shipping_rates, [0.0, 5.99, 9.99, 15.99]);
    assert_eq!((settings.transport.bulk_size, settings.transport.bulk_connections), (200, 2));
    assert_eq!((settings.transport.timeout_s, settings.transport.retries), (30.0, 3));
    assert_eq!(settings.limits.visits_per_window, None);
    assert_eq!(settings.process.metrics_port, None);
    assert_eq!((settings.shard.index, settings.shard.count), (0, 1));
    assert!(settings.features.randomize_countries);
    assert!(settings.backfill.is_none() && settings.seed.is_none());
    assert_eq!(settings.content.events, "/app/data/events.json");
}

#[test]
fn every_given_value_arrives() {
    let settings = good(&[
        ("TARGET_VISITS_PER_DAY", "1e10"),
        ("CONCURRENCY", "10000"),
        ("TIMEZONE", "Europe/Berlin"),
        ("TRAFFIC_SHAPE", "Weekly"),
        ("TRANSPORT", "bulk"),
        ("VISIT_PACING", "realtime"),
        ("JOURNEY_MIX", "researcher=2, buyer=1,casual=7.5"),
        ("SEED", "18446744073709551615"),
        ("SHARD", "2/3"),
        ("AUTO_STOP_AFTER_HOURS", "0.5"),
        ("MAX_TOTAL_VISITS", "1000"),
        ("METRICS_PORT", "9100"),
        ("LOG_FORMAT", "json"),
        ("TLS_CA_FILE", "/etc/ca.pem"),
        ("AUTO_START", "OFF"),
        ("ECOMMERCE_CURRENCY", "EUR"),
    ]);
    assert_eq!(settings.arrivals.visits_per_day, 1e10);
    assert_eq!(settings.transport.concurrency, 10_000);
    assert_eq!(settings.arrivals.time_zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(settings.arrivals.shape, Shape::Weekly);
    assert_eq!(settings.transport.mode, TransportMode::Bulk);
    assert_eq!(settings.visits.pacing, Pacing::Realtime);
    let mix = [("researcher", 2.0), ("buyer", 1.0), ("casual", 7.5)];
    assert_eq!(settings.visits.journey_mix, mix.map(|(name, weight)| (name.to_owned(), weight)));
    assert_eq!(settings.seed, Some(u64::MAX));
    assert_eq!((settings.shard.index, settings.shard.count), (2, 3));
    assert_eq!(settings.limits.auto_stop_hours, Some(0.5));
    assert_eq!(settings.limits.visits_per_window, Some(1000));
    assert_eq!(settings.process.metrics_port, Some(9100));
    assert!(settings.process.log_json && !settings.process.auto_start);
    assert_eq!(settings.target.ca_file.as_deref(), Some("/etc/ca.pem"));
    assert_eq!(settings.ecommerce.currency, "EUR");
}

#[test]
fn blank_is_unset() {
    assert_eq!(good(&[("CONCURRENCY", ""), ("TIMEZONE", "  ")]).transport.concurrency, 50);
}

#[test]
fn booleans_are_read_in_any_case() {
    for (text, value) in [
        ("TRUE", true),
        ("1", true),
        ("Yes", true),
        ("on", true),
        ("false", false),
        ("0", false),
        ("no", false),
        ("OFF", false),
    ] {
        assert_eq!(good(&[("AUTO_START", text)]).process.auto_start, value, "{text}");
    }
}

#[test]
fn addresses_lose_their_last_slashes_and_keep_their_query() {
    let url = |text| good(&[("MATOMO_URL", text)]).target.url.to_string();
    assert_eq!(url("http://h/matomo.php//"), "http://h/matomo.php");
    assert_eq!(url("HTTP://h:8080/piwik/"), "http://h:8080/piwik");
    assert_eq!(url("https://h/matomo.php?a=1&b=2"), "https://h/matomo.php?a=1&b=2");
}

#[test]
fn the_token_file_wins() {
    let parsed = parse(&base(&[("MATOMO_TOKEN_AUTH_FILE", "/run/secrets/token")])).unwrap();
    assert_eq!(parsed.settings.target.token.unwrap().expose_secret(), "fedcba98");
    assert!(parsed.warnings.iter().any(|warning| warning.field == "MATOMO_TOKEN_AUTH"));
}

#[test]
fn content_files_are_required_only_when_another_is_named() {
    let content =
        good(&[("EVENTS_FILE", "/app/data/events.json"), ("FUNNEL_CONFIG_PATH", "/x/funnels.json")]).content;
    assert!(!content.events_required && content.funnels_required);
    assert_eq!(content.funnels, "/x/funnels.json");
}

#[test]
fn backfill_days_are_the_sites_own() {
    let window = |zone| {
        let backfill = good(&[
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_DAYS_BACK", "10"),
            ("BACKFILL_DURATION_DAYS", "3"),
            ("TIMEZONE", zone),
        ])
        .backfill
        .unwrap();
        (backfill.first_day.to_string(), backfill.last_day.to_string())
    };
    assert_eq!(window("UTC"), ("2025-06-05".into(), "2025-06-07".into()));
    assert_eq!(window("Asia/Tokyo"), ("2025-06-06".into(), "2025-06-08".into()));
}

#[test]
fn a_backfill_takes_the_lesser_of_target_and_cap() {
    let per_day = |target| {
        let window = [
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_START_DATE", "2025-01-01"),
            ("BACKFILL_END_DATE", "2025-01-31"),
        ];
        let mut all = window.to_vec();
        all.push(("TARGET_VISITS_PER_DAY", target));
        let backfill = good(&all).backfill.unwrap();
        assert_eq!(
            (backfill.visits_total, backfill.requests_per_second, backfill.seed),
            (Some(200_000), None, None)
        );
        backfill.visits_per_day
    };
    assert_eq!(per_day("20000"), 2000);
    assert_eq!(per_day("100.6"), 101);
}

#[test]
fn today_may_be_the_last_day_in_a_zone_where_it_has_begun() {
    let vars = base(&[
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_START_DATE", "2025-06-16"),
        ("BACKFILL_END_DATE", "2025-06-16"),
        ("TIMEZONE", "Asia/Tokyo"),
    ]);
    let parsed = parse(&vars).unwrap();
    assert_eq!(parsed.settings.backfill.unwrap().last_day.to_string(), "2025-06-16");
    assert!(parsed.warnings.iter().any(|warning| warning.message.contains("not over")));
}

#[test]
fn all_faults_are_said_at_once() {
    let rejected = parse(&vars(&[
        ("MATOMO_SITE_ID", "0"),
        ("CONCURRENCY", "none"),
        ("TIMEZONE", "Mars/Olympus"),
        ("PAGEVIEWS_MIN", "9"),
        ("CONCURENCY", "5"),
    ]))
    .unwrap_err();
    let fields: Vec<_> = rejected.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "MATOMO_URL",
            "MATOMO_SITE_ID",
            "CONCURRENCY",
            "TIMEZONE",
            "PAGEVIEWS_MIN",
            "RANDOMIZE_VISITOR_COUNTRIES"
        ]
    );
    assert!(rejected.warnings.iter().any(|warning| warning.field == "CONCURENCY"));
    assert_eq!(rejected.to_string().lines().count(), 6);
}

#[test]
fn a_fault_is_said_once() {
    let rejected =
        parse(&base(&[("PAGEVIEWS_MIN", "500"), ("MATOMO_TOKEN_AUTH", "a b"), ("BACKFILL_ENABLED", "1")]))
            .unwrap_err();
    let fields: Vec<_> = rejected.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["MATOMO_TOKEN_AUTH", "PAGEVIEWS_MIN", "BACKFILL_ENABLED"]);
}

#[test]
fn doubts_are_warnings() {
    assert!(warned(&[]).is_empty());
    assert_eq!(warned(&[("CONCURRENCY", "201")]), ["CONCURRENCY"]);
    assert!(warned(&[("CONCURRENCY", "200")]).is_empty());
    assert_eq!(warned(&[("TARGET_VISITS_PER_DAY", "500001")]), ["TARGET_VISITS_PER_DAY"]);
    assert_eq!(warned(&[("TLS_INSECURE", "true")]), ["TLS_INSECURE"]);
    assert_eq!(warned(&[("MATOMO_URL", "http://h/")]), ["MATOMO_URL"]);
    assert_eq!(warned(&[("BACKFILL_MAX_VISITS_PER_DAY", "8001")]), ["BACKFILL_MAX_VISITS_PER_DAY"]);
    assert_eq!(warned(&[("BACKFILL_RPS_LIMIT", "100.5")]), ["BACKFILL_RPS_LIMIT"]);
    assert_eq!(warned(&[("BACKFILL_DAYS_BACK", "3")]), ["BACKFILL_DAYS_BACK"]);
    assert_eq!(warned(&[("PAGEVIEWS_MIN", "1"), ("VISIT_DURATION_MAX", "31")]), ["VISIT_DURATION_MAX"]);
    let backfill = |start| {
        warned(&[
            ("BACKFILL_ENABLED", "1"),
            ("BACKFILL_START_DATE", start),
            ("BACKFILL_END_DATE", "2025-05-31"),
        ])
    };
    assert_eq!(backfill("2025-03-02"), ["BACKFILL_ENABLED"]);
    assert!(backfill("2025-03-03").is_empty(), "90 days");
    let unbounded = parse(&base(&[])).unwrap().warnings;
    assert_eq!(unbounded.len(), 1);
    assert_eq!(
        (unbounded[0].field.as_str(), unbounded[0].severity),
        ("AUTO_STOP_AFTER_HOURS", Severity::Warning)
    );
}

#[test]
fn misspelt_names_are_noticed_and_foreign_ones_are_not() {
    for (name, meant) in [
        ("CONCURENCY", "CONCURRENCY"),
        ("TIME_ZONE", "TIMEZONE"),
        ("PAGEVIEW_MIN", "PAGEVIEWS_MIN"),
        ("MIN_PAGEVIEWS", "PAGEVIEWS_MIN"),
        ("VISITS_PER_DAY", "TARGET_VISITS_PER_DAY"),
        ("MAX_VISITS", "MAX_TOTAL_VISITS"),
        ("MATOMO_TOKEN", "MATOMO_TOKEN_AUTH"),
        ("matomo_url", "MATOMO_URL"),
        ("REQUEST_TIMEOUT_SECONDS", "REQUEST_TIMEOUT"),
        ("BACKFILL_UNTIL", "BACKFILL_"),
    ] {
        let warnings = parse(&base(&[(name, "some value")])).unwrap().warnings;
        let warning = warnings.iter().find(|warning| warning.field == name);
        let message = &warning.unwrap_or_else(|| panic!("{name} goes unnoticed")).message;
        assert!(message.contains(&format!("did you mean {meant}")), "{message}");
        assert!(!message.contains("some value"));
    }
    let foreign = "PATH HOME HOSTNAME LANG TERM PWD SHLVL USER TZ _ RUST_LOG HTTP_PROXY no_proxy SHARED SPEED EVENTS \
        DOCKER_HOST LOADGEN_IMAGE CONTROL_UI_PORT CONFIG_DB_PATH CORS_ORIGINS ALLOWED_TARGET_HOSTS MATOMO_TEST_URL \
        MATOMO_TEST_SITE_ID MATOMO_TEST_TOKEN MATOMO_DATABASE_HOST KUBERNETES_SERVICE_PORT LOG_DIR NO_COLOR";
    for name in foreign.split_whitespace() {
        let warnings = parse(&base(&[(name, "x")])).unwrap().warnings;
        assert!(warnings.iter().all(|warning| warning.field != name), "{name}");
    }
}
