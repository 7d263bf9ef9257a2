//! What an API receives.

use serde_json::{Value, json};
use settings::{from_json, normalize};

fn errors(config: &Value) -> Vec<String> {
    from_json(config.as_object().unwrap()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn names_are_taken_in_any_case_and_values_in_their_own_kind() {
    let config = json!({
        "matomo_url": "http://h/matomo.php",
        "CONCURRENCY": 5,
        "target_visits_per_day": 1e10,
        "PAGEVIEWS_MIN": "4",
        "auto_start": false,
        "SEED": u64::MAX,
        "ECOMMERCE_SHIPPING_RATES": 4.5,
        "TIMEZONE": null,
    });
    let vars = from_json(config.as_object().unwrap()).unwrap();
    let vars: Vec<_> = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        vars,
        [
            "AUTO_START=false",
            "CONCURRENCY=5",
            "ECOMMERCE_SHIPPING_RATES=4.5",
            "MATOMO_URL=http://h/matomo.php",
            "PAGEVIEWS_MIN=4",
            "SEED=18446744073709551615",
            "TARGET_VISITS_PER_DAY=10000000000.0",
        ]
    );
    assert_eq!(normalize("Matomo_Url"), Some("MATOMO_URL"));
    assert_eq!(normalize("MATOMO_URI"), None);
}

#[test]
fn null_is_the_default() {
    let config =
        json!({"matomo_url": "http://h/m.php", "randomize_visitor_countries": false, "concurrency": null});
    let vars = from_json(config.as_object().unwrap()).unwrap();
    assert_eq!(crate::common::parse(&vars).unwrap().settings.transport.concurrency, 50);
}

#[test]
fn wrong_kinds_are_refused_all_at_once() {
    let config = json!({
        "CONCURRENCY": 3.0,
        "MATOMO_SITE_ID": true,
        "AUTO_START": 1,
        "LOG_LEVEL": 5,
        "PAGEVIEWS_MIN": [3],
        "PAGEVIEWS_MAX": {"value": 3},
        "BACKFILL_SEED": 18_446_744_073_709_551_616.0,
    });
    insta::assert_snapshot!(errors(&config).join("\n"), @r#"
    AUTO_START: 1 is the wrong kind of value: give true or false
    BACKFILL_SEED: 1.8446744073709552e+19 is the wrong kind of value: give a whole number from 0 to 18446744073709551615, without a point
    CONCURRENCY: 3.0 is the wrong kind of value: give a whole number from 1 to 10000, without a point
    LOG_LEVEL: 5 is the wrong kind of value: give text in quotes
    MATOMO_SITE_ID: true is the wrong kind of value: give a whole number from 1 to 4294967295, without a point
    PAGEVIEWS_MAX: an object is the wrong kind of value: give a whole number from 1 to 100, without a point
    PAGEVIEWS_MIN: a list is the wrong kind of value: give a whole number from 1 to 100, without a point
    "#);
}

#[test]
fn unknown_names_are_refused_with_what_was_probably_meant() {
    let config = json!({"concurency": 5, "Visits Per Day": 1, "frobnicate": 1, "nul\u{0}": 1});
    insta::assert_snapshot!(errors(&config).join("\n"), @r#"
    Visits Per Day: is not a setting: did you mean TARGET_VISITS_PER_DAY?
    concurency: is not a setting: did you mean CONCURRENCY?
    frobnicate: is not a setting: remove it
    nul\0: is not a setting: remove it
    "#);
}

#[test]
fn a_name_given_twice_is_refused() {
    insta::assert_snapshot!(errors(&json!({"CONCURRENCY": 5, "concurrency": 6})).join("\n"), @r#"
    CONCURRENCY: is given twice, as CONCURRENCY and concurrency: give it once
    "#);
}
