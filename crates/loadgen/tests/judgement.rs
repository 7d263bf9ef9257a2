//! What a run is held to, how the target's reports are timed meanwhile, and the search for what the target bears.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use serde_json::Value;
use support::{Loadgen, Ran, Sink, TOKEN};

fn held_to(thresholds: &str, more: &[(&str, &str)]) -> Ran {
    let sink = Sink::start();
    let settings = [("THRESHOLDS", thresholds)].into_iter().chain(more.iter().copied()).collect::<Vec<_>>();
    Loadgen::new(&sink.url, &settings).arg("--visits").arg("40").run()
}

#[test]
fn thresholds_that_hold_end_well() {
    let ran = held_to("success>=100%,p99<30s,skipped<=0%", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout.matches(": held, ").count(), 3, "{}", ran.stdout);
}

#[test]
fn a_broken_threshold_ends_with_1_and_is_named() {
    let ran = held_to("success>=100%,max<=0ms", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("threshold max<=0ms: BROKEN"), "{}", ran.stdout);
    assert!(ran.stderr.contains("a threshold was broken"), "{}", ran.stderr);
    assert_eq!(ran.summary["judgements"][1]["held"], false, "{}", ran.summary["judgements"]);
}

#[test]
fn reports_are_timed_while_the_traffic_flows() {
    let probes = ("REPORT_PROBES", "dashboard,pages,visitors,ecommerce");
    let ran = held_to(
        "",
        &[
            probes,
            ("REPORT_PROBE_INTERVAL", "1"),
            ("MATOMO_TOKEN_AUTH", TOKEN),
            ("TARGET_VISITS_PER_DAY", "1728000"),
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let reports = ran.summary["probes"].as_array().unwrap();
    assert_eq!(reports.len(), 4, "{reports:?}");
    for probe in reports {
        assert!(probe["answered"].as_u64().unwrap() > 0, "{probe}");
        assert_eq!((&probe["failed"], &probe["fault"]), (&Value::from(0), &Value::Null), "{probe}");
    }
    assert!(ran.stdout.contains("reports, in milliseconds"), "{}", ran.stdout);
}

#[test]
fn reports_that_are_refused_are_counted_and_say_why() {
    let wrong = "ffffffffffffffffffffffffffffffff";
    let ran = held_to("", &[("REPORT_PROBES", "dashboard"), ("MATOMO_TOKEN_AUTH", wrong)]);
    let probe = &ran.summary["probes"][0];
    assert!(probe["failed"].as_u64().unwrap() > 0, "{probe}");
    let fault = probe["fault"].as_str().unwrap();
    assert!(fault.contains("VisitsSummary.get") && fault.contains("MATOMO_TOKEN_AUTH"), "{fault}");
    assert!(!ran.stderr.contains(wrong) && !ran.stdout.contains(wrong), "a token is shown");
}

/// `loadgen capacity` against a receiver that serves one request after the other, 20 ms each: 50 hits a second.
fn capacity(faults: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let sink = Sink::with(|config| faults.clone_into(&mut config.faults));
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .env_clear()
        .env("MATOMO_URL", &sink.url)
        .env("STATE_DIR", dir.path())
        .env("RANDOMIZE_VISITOR_COUNTRIES", "false")
        .env("GRACE_PERIOD", "1")
        .env("SEED", "1")
        .args([
            "capacity",
            "--json",
            "--warm-up",
            "1",
            "--step-time",
            "2",
            "--confirm",
            "4",
            "--precision",
            "15",
        ])
        .args(more)
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), log)
}

#[test]
fn the_search_stops_below_what_the_target_can_serve() {
    let (code, found, log) = capacity("service=20", &["--from", "400000"]);
    assert_eq!(code, Some(0), "{log}");
    let (held, too_much) = (&found["held"], found["too_much"].as_f64().unwrap());
    let rate = held["hits_per_second"].as_f64().unwrap();
    assert!((15.0..=52.0).contains(&rate), "{rate} hits a second of 50\n{log}");
    assert!(held["visits_per_day"].as_f64().unwrap() < too_much, "{found:#}");
    assert_eq!(held["confirmation"], true, "{found:#}");
    assert!(log.contains("broke response_p95<1s"), "{log}");
}

#[test]
fn a_target_that_is_down_bears_nothing() {
    let (code, found, log) = capacity("refuse", &["--from", "2000", "--least", "1000"]);
    assert_eq!((code, &found["held"]), (Some(1), &Value::Null), "{log}");
}

#[test]
fn what_would_stand_in_for_the_targets_limit_is_refused_by_name() {
    let (code, _, log) =
        capacity("", &["--max-total-visits", "10", "--max-requests-per-second", "5", "--shard", "0/2"]);
    assert_eq!(code, Some(64), "{log}");
    for name in ["MAX_TOTAL_VISITS", "MAX_REQUESTS_PER_SECOND", "SHARD"] {
        assert!(log.contains(name), "{name}\n{log}");
    }
}
