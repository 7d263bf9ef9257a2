//! The proof with sites whose settings are not the usual ones, and pages that such settings are about.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{Loadgen, Sink, TOKEN};

/// Two hosts, two schemes, and all that an address can hold.
const PAGES: &str = "\
https://pages.test/ Home
https://pages.test/caf%C3%A9/menu Menu
https://pages.test/a+b/c%20d Odd
https://pages.test/find?Q=red+shoes&cat=Shoes Found
https://pages.test/list;q=c%2B%2B;page=2 Listed
https://pages.test/sale?utm_campaign=Spring+Sale&utm_term=Gift Sale
https://pages.test/sale/more?utm_campaign=spring%20sale More of it
https://pages.test/old?pk_campaign=Old Old
https://pages.test/news#utm_source=letter News
http://pages.test/plain Plain
https://www.shop.test/own/x Own
https://shop.test/elsewhere Elsewhere
";

fn sink(site: &Value) -> Sink {
    let mut site = site.clone();
    site["id"] = 1.into();
    site["name"] = "Shop".into();
    let other = json!({"id": 2, "name": "Other", "urls": ["https://pages.test", "https://shop.test"]});
    let setup = serde_json::from_value(json!({"sites": [site, other]})).unwrap();
    Sink::with(|config| config.setup = setup)
}

/// A run with all that visits can hold, and what is proved of it.
fn proved(sink: &Sink, vars: &[(&str, &str)]) -> Value {
    let state = tempfile::tempdir().unwrap();
    let pages = state.path().join("urls.txt");
    std::fs::write(&pages, PAGES).unwrap();
    let all = [
        ("MATOMO_TOKEN_AUTH", TOKEN),
        ("STATE_DIR", state.path().to_str().unwrap()),
        ("URLS_FILE", pages.to_str().unwrap()),
        ("CONCURRENCY", "8"),
        ("SITESEARCH_PROBABILITY", "0.5"),
        ("OUTLINKS_PROBABILITY", "0.5"),
        ("DOWNLOADS_PROBABILITY", "0.5"),
        ("CLICK_EVENTS_PROBABILITY", "0.5"),
        ("ECOMMERCE_PROBABILITY", "0.3"),
        ("CAMPAIGN_TRAFFIC_PROBABILITY", "0.3"),
    ];
    let all: Vec<(&str, &str)> = all.into_iter().chain(vars.iter().copied()).collect();
    let ran = Loadgen::new(&sink.url, &all).arg("--visits=300").run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    verify(sink, state.path())
}

fn verify(sink: &Sink, state: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.env_clear().args(["verify", "--format", "json", "--wait", "3"]);
    command.env("MATOMO_URL", &sink.url).env("MATOMO_TOKEN_AUTH", TOKEN).env("STATE_DIR", state);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{stderr}"))
}

fn differing(proof: &Value) -> String {
    let lines = proof["lines"].as_array().unwrap().iter();
    let lines: Vec<String> =
        lines.filter(|line| line["difference"] != 0).map(Value::to_string).take(30).collect();
    format!("{}\n{}\n{}", proof["verdict"], proof["notes"], lines.join("\n"))
}

#[track_caller]
fn assert_exact(proof: &Value) {
    assert_eq!(proof["totals"]["exact"], proof["totals"]["lines"], "{}", differing(proof));
    assert!(proof["totals"]["lines"].as_u64() > Some(100), "{}", differing(proof));
}

#[test]
fn pages_that_are_searches_and_bring_campaigns_were_called_missing() {
    let site = json!({
        "urls": ["https://www.shop.test/own"],
        "search_category_parameters": ["cat"],
    });
    assert_exact(&proved(&sink(&site), &[]));
}

#[test]
fn pages_that_are_the_sites_own_are_no_referrers() {
    let urls = json!({"urls": ["https://pages.test", "https://shop.test"]});
    assert_exact(&proved(&sink(&urls), &[]));
    assert_exact(&proved(&sink(&json!({"urls": ["https://nowhere.test"]})), &[]));
}

#[test]
fn a_site_without_searches_has_views_in_their_place() {
    let site = json!({"urls": ["https://pages.test"], "site_search": false});
    assert_exact(&proved(&sink(&site), &[]));
}

#[test]
fn a_site_whose_zone_is_hours_from_utc_is_proved_like_any_other() {
    for zone in ["UTC+5.5", "UTC-11"] {
        let site = json!({"urls": ["https://pages.test"], "time_zone": zone});
        let vars = [
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_START_DATE", "2025-06-01"),
            ("BACKFILL_END_DATE", "2025-06-02"),
            ("BACKFILL_MAX_VISITS_PER_DAY", "100"),
        ];
        let proof = proved(&sink(&site), &vars);
        assert_exact(&proof);
        assert!(proof["lines"].to_string().contains("2025-06-01"));
    }
}

#[test]
fn a_site_that_records_its_own_pages_only_is_proved_with_those() {
    let site = json!({"urls": ["https://www.shop.test/own"], "exclude_unknown_urls": true});
    let proof = proved(&sink(&site), &[]);
    assert_eq!(proof["totals"]["exact"], proof["totals"]["lines"], "{}", differing(&proof));
    assert!(proof["totals"]["lines"].as_u64() > Some(10), "{}", differing(&proof));
    assert!(proof["notes"].to_string().contains("exclude_unknown_urls"), "{}", proof["notes"]);
}

/// A hit that meets a goal makes its visit longer; when it is the last one, that stays.
#[test]
fn goals_of_the_site_lengthen_visits_and_are_named() {
    let goal = json!({"id": 1, "name": "Menu", "trigger": "url", "pattern": "menu", "match_by": "contains"});
    let site = json!({"urls": ["https://pages.test"], "goals": [goal]});
    let proof = proved(&sink(&site), &[]);
    assert_eq!(proof["proved"], true, "{}", differing(&proof));
}
