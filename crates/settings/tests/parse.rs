//! Parsing as a program does it: from variables to settings.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests")]

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use settings::{Context, Parsed, Rejected, Settings, parse};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn vars(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn base(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut all =
        vars(&[("MATOMO_URL", "https://stats.example.org/matomo.php"), ("MATOMO_TOKEN_AUTH", TOKEN)]);
    all.extend(vars(more));
    all
}

fn read(vars: &BTreeMap<String, String>) -> Result<Parsed, Rejected> {
    let read_file = |path: &str| match path {
        "/run/secrets/token" => Ok("fedcba98\n".to_owned()),
        "/run/secrets/empty" => Ok("\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    // Half an hour before midnight of 15 June in UTC: already 16 June east of it.
    parse(vars, &Context { now: "2025-06-15T23:30:00Z".parse().unwrap(), read_file: &read_file })
}

fn good(more: &[(&str, &str)]) -> Settings {
    read(&base(more)).unwrap().settings
}

#[test]
fn an_address_and_a_token_are_enough() {
    let settings = good(&[]);
    assert_eq!(settings.target.url.as_str(), "https://stats.example.org/matomo.php");
    assert_eq!(settings.target.site_id, 1);
    assert_eq!(settings.arrivals.visits_per_day, 20_000.0);
    assert_eq!((settings.visits.pause_s.min, settings.visits.pause_s.max), (0.5, 2.0));
    assert_eq!(settings.ecommerce.shipping_rates, [0.0, 5.99, 9.99, 15.99]);
    assert_eq!(settings.limits.visits_per_window, None);
    assert_eq!(settings.process.metrics_port, None);
    assert_eq!((settings.shard.index, settings.shard.count), (0, 1));
    assert!(settings.backfill.is_none() && settings.seed.is_none());
}

#[test]
fn the_token_file_wins() {
    let parsed = read(&base(&[("MATOMO_TOKEN_AUTH_FILE", "/run/secrets/token")])).unwrap();
    assert_eq!(parsed.settings.target.token.unwrap().expose_secret(), "fedcba98");
    assert!(parsed.warnings.iter().any(|w| w.field == "MATOMO_TOKEN_AUTH"));
}

#[test]
fn backfill_days_are_the_sites_own() {
    let window = |zone| {
        let settings = good(&[
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_DAYS_BACK", "10"),
            ("BACKFILL_DURATION_DAYS", "3"),
            ("TIMEZONE", zone),
        ]);
        let backfill = settings.backfill.unwrap();
        (backfill.first_day.to_string(), backfill.last_day.to_string())
    };
    assert_eq!(window("UTC"), ("2025-06-05".into(), "2025-06-07".into()));
    assert_eq!(window("Asia/Tokyo"), ("2025-06-06".into(), "2025-06-08".into()));
}
