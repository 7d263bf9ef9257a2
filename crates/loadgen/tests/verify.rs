//! The proof against a receiver that keeps Matomo's rules: what was sent is what its reports say, to the last figure;
//! and what a target loses without a word is named.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Loadgen, Ran, Sink, TOKEN, terminate, wait_until};

/// What `loadgen verify` said.
struct Proof {
    code: Option<i32>,
    said: Value,
    stderr: String,
}

fn verify(sink: &Sink, state: &Path, args: &[&str]) -> Proof {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.env_clear().args(["verify", "--format", "json", "--wait", "3"]).args(args);
    command.env("MATOMO_URL", &sink.url).env("MATOMO_TOKEN_AUTH", TOKEN).env("STATE_DIR", state);
    let output = command.stdin(Stdio::null()).output().unwrap();
    Proof {
        code: output.status.code(),
        said: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Proof {
    fn count(&self, path: &str) -> u64 {
        self.said
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("no {path}\n{}", self.stderr))
    }

    fn text(&self) -> String {
        let lines = self.said["lines"].as_array().map_or(&[][..], Vec::as_slice);
        let differing: Vec<String> =
            lines.iter().filter(|line| line["difference"] != 0).map(Value::to_string).take(20).collect();
        format!(
            "{}\n{}\n{:#}\n{}",
            self.said["verdict"],
            differing.join("\n"),
            self.said["notes"],
            self.stderr
        )
    }

    /// Every figure is what was expected, and there are many.
    #[track_caller]
    fn assert_exact(&self, least_lines: u64) {
        assert_eq!(self.code, Some(0), "{}", self.text());
        assert_eq!(self.count("/totals/exact"), self.count("/totals/lines"), "{}", self.text());
        assert!(self.count("/totals/lines") >= least_lines, "{}", self.text());
    }

    /// Nothing is left unexplained.
    #[track_caller]
    fn assert_proved(&self) {
        assert_eq!(self.code, Some(0), "{}", self.text());
        assert_eq!(self.said["proved"], true);
        assert!(self.count("/totals/lines") > 100, "{}", self.text());
    }
}

/// A run against the receiver with a token, countries and a state folder of the test's.
fn run(sink: &Sink, state: &Path, vars: &[(&str, &str)], visits: u64) -> Ran {
    loadgen(sink, state, vars).arg(&format!("--visits={visits}")).run()
}

fn loadgen(sink: &Sink, state: &Path, vars: &[(&str, &str)]) -> Loadgen {
    let all = [
        ("MATOMO_TOKEN_AUTH", TOKEN),
        ("RANDOMIZE_VISITOR_COUNTRIES", "true"),
        ("STATE_DIR", state.to_str().unwrap()),
        ("CONCURRENCY", "8"),
    ];
    let all: Vec<(&str, &str)> = all.into_iter().chain(vars.iter().copied()).collect();
    Loadgen::new(&sink.url, &all)
}

/// All that visits can hold, and much of each.
const RICH: [(&str, &str); 8] = [
    ("SITESEARCH_PROBABILITY", "0.6"),
    ("OUTLINKS_PROBABILITY", "0.5"),
    ("DOWNLOADS_PROBABILITY", "0.5"),
    ("CLICK_EVENTS_PROBABILITY", "0.7"),
    ("RANDOM_EVENTS_PROBABILITY", "0.6"),
    ("ECOMMERCE_PROBABILITY", "0.4"),
    ("PAGEVIEWS_MIN", "1"),
    ("RETURNING_VISITORS_PROBABILITY", "0.5"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    RICH.iter().chain(more).copied().collect()
}

#[test]
fn live_traffic_is_recorded_as_it_was_sent() {
    for transport in ["single", "bulk"] {
        let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
        let ran = run(&sink, state.path(), &with(&[("TRANSPORT", transport), ("BULK_SIZE", "40")]), 300);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        verify(&sink, state.path(), &[]).assert_exact(1000);
    }
}

#[test]
fn journeys_are_recorded_as_they_were_sent() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let vars = [("JOURNEY_MIX", "researcher=2,buyer=2,casual=3"), ("TRANSPORT", "bulk")];
    let ran = run(&sink, state.path(), &vars, 300);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    verify(&sink, state.path(), &[]).assert_exact(1000);
}

/// Steps more than half an hour apart make two visits of one.
#[test]
fn funnels_are_recorded_as_they_were_sent() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let funnels = state.path().join("funnels.json");
    std::fs::write(&funnels, include_str!("data/funnels.json")).unwrap();
    let vars = [("FUNNEL_CONFIG_PATH", funnels.to_str().unwrap())];
    let ran = run(&sink, state.path(), &vars, 200);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    verify(&sink, state.path(), &[]).assert_exact(500);
}

/// In real time hits tell no time: what is near an hour's edge is known to lie on either side, the rest is exact.
#[test]
fn traffic_in_real_time_is_recorded_as_it_was_sent() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let vars = with(&[
        ("VISIT_PACING", "realtime"),
        ("VISIT_DURATION_MIN", "0.1"),
        ("VISIT_DURATION_MAX", "0.1"),
        ("CONCURRENCY", "20"),
    ]);
    let ran = run(&sink, state.path(), &vars, 150);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    verify(&sink, state.path(), &[]).assert_proved();
}

/// What waited in the next body was sent although its visit had been given up, and the ledger took the visit to be over
/// before that.
#[test]
fn hits_of_a_visit_that_was_given_up_went_out_with_the_next_body() {
    let sink = Sink::with(|config| config.faults = "bulk-rollback@rate=0.6; seed=30".to_owned());
    let state = tempfile::tempdir().unwrap();
    let vars = with(&[
        ("TRANSPORT", "bulk"),
        ("BULK_SIZE", "20"),
        ("BULK_CONNECTIONS", "4"),
        ("REQUEST_RETRIES", "1"),
        ("VISIT_PACING", "realtime"),
        ("VISIT_DURATION_MIN", "0.3"),
        ("VISIT_DURATION_MAX", "0.3"),
        ("PAGEVIEWS_MIN", "4"),
    ]);
    let ran = run(&sink, state.path(), &vars, 200);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.count("/visits/failed") > 10, "{}", ran.stderr);
    assert_eq!(ran.count("/visits/failed") + ran.count("/visits/completed"), 200, "{}", ran.stderr);
    verify(&sink, state.path(), &[]).assert_proved();
}

/// Days of 23 and 25 hours, midnights in the middle of visits, and zones whose hours are not UTC's.
#[test]
fn past_days_are_recorded_as_they_were_sent_in_any_zone() {
    for (zone, first, last) in [
        ("Europe/Berlin", "2025-10-25", "2025-10-27"),
        ("Europe/Berlin", "2025-03-29", "2025-03-31"),
        ("America/New_York", "2025-11-01", "2025-11-03"),
        ("Asia/Kolkata", "2025-06-01", "2025-06-02"),
        ("Australia/Lord_Howe", "2025-04-05", "2025-04-07"),
        ("Pacific/Auckland", "2025-09-27", "2025-09-29"),
    ] {
        let sink = Sink::with(|config| config.time_zone = Some(zone.to_owned()));
        let state = tempfile::tempdir().unwrap();
        let mut vars = with(&[
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_MAX_VISITS_PER_DAY", "120"),
            ("VISIT_DURATION_MAX", "100"),
            ("TRANSPORT", "bulk"),
        ]);
        vars.extend([("TIMEZONE", zone), ("BACKFILL_START_DATE", first), ("BACKFILL_END_DATE", last)]);
        let ran = loadgen(&sink, state.path(), &vars).run();
        assert_eq!(ran.code, Some(0), "{zone}: {}", ran.stderr);
        verify(&sink, state.path(), &[]).assert_exact(1000);
    }
}

/// The site's days count, whatever `TIMEZONE` says.
#[test]
fn the_sites_own_days_are_asked_for() {
    let sink = Sink::with(|config| config.time_zone = Some("Asia/Tokyo".to_owned()));
    let state = tempfile::tempdir().unwrap();
    let vars = [
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_START_DATE", "2025-06-01"),
        ("BACKFILL_END_DATE", "2025-06-02"),
        ("BACKFILL_MAX_VISITS_PER_DAY", "60"),
    ];
    let ran = loadgen(&sink, state.path(), &vars).run();
    assert!(ran.stderr.contains("the site's days are not those of TIMEZONE"), "{}", ran.stderr);
    let proof = verify(&sink, state.path(), &[]);
    proof.assert_exact(500);
    let days = proof.said["lines"].as_array().unwrap().iter();
    let days: std::collections::BTreeSet<&str> = days.map(|line| line["day"].as_str().unwrap()).collect();
    assert_eq!(days.len(), 3, "{days:?}");
}

#[test]
fn a_killed_backfill_is_proved_after_it_went_on() {
    for (transport, kills) in [("single", 5), ("bulk", 4)] {
        // Slow enough that each process is killed in the middle of its work.
        let sink = Sink::with(|config| "latency=10".clone_into(&mut config.faults));
        let state = tempfile::tempdir().unwrap();
        let vars = with(&[
            ("BACKFILL_ENABLED", "true"),
            ("BACKFILL_START_DATE", "2025-06-01"),
            ("BACKFILL_END_DATE", "2025-06-04"),
            ("BACKFILL_MAX_VISITS_PER_DAY", "100"),
            ("TRANSPORT", transport),
            ("BULK_SIZE", "25"),
        ]);
        for _ in 0..kills {
            // More than can still come from the process before: this one has taken the run up.
            let goal = sink.recorded() + 200;
            let (mut child, _dir) = loadgen(&sink, state.path(), &vars).spawn();
            wait_until("some hits", || sink.recorded() >= goal);
            assert!(child.try_wait().unwrap().is_none(), "it is not done yet");
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let ran = loadgen(&sink, state.path(), &vars).run();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let proof = verify(&sink, state.path(), &[]);
        proof.assert_proved();
        let loose = proof.count("/totals/possible");
        assert!(loose * 3 < proof.count("/totals/lines"), "{transport}: {}", proof.text());
        assert_eq!(proof.count("/totals/explained"), 0, "{}", proof.text());
        let record =
            std::fs::read(state.path().join("runs").join(run_id(state.path())).join("run.json")).unwrap();
        let record: Value = serde_json::from_slice(&record).unwrap();
        assert_eq!(record["processes"], kills + 1, "one run, however often it was taken up");
        assert!(!record.to_string().contains(TOKEN));
    }
}

fn run_id(state: &Path) -> String {
    let mut runs: Vec<String> = (std::fs::read_dir(state.join("runs")).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// A run that was stopped left visits half done; they count as far as they went.
#[test]
fn a_stopped_run_is_proved_as_far_as_it_went() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let vars = [("VISIT_PACING", "realtime"), ("CONCURRENCY", "20")];
    let (child, dir) = loadgen(&sink, state.path(), &vars).spawn();
    wait_until("some visits", || sink.stats()["visits"].as_u64() >= Some(60));
    let ran = terminate(child, dir);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.count("/hits/not_yet_sent") > 0);
    verify(&sink, state.path(), &[]).assert_proved();
}

/// Answers that never came make intervals, and what was recorded lies in them.
#[test]
fn unknown_answers_are_no_differences() {
    for transport in ["single", "bulk"] {
        let sink = Sink::with(|config| {
            config.faults =
                "reset-after@rate=0.03; reset@rate=0.02,after=20; drop=1/1@rate=0; seed=5".to_owned();
        });
        let state = tempfile::tempdir().unwrap();
        let ran = run(&sink, state.path(), &with(&[("TRANSPORT", transport), ("BULK_SIZE", "10")]), 200);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
        let proof = verify(&sink, state.path(), &[]);
        proof.assert_proved();
        assert!(proof.count("/totals/possible") > 0, "{}", proof.text());
        assert!(proof.count("/totals/exact") > 0, "{}", proof.text());
    }
}

/// What a target acknowledges and does not record is named: how many hits, of which kind, where.
#[test]
fn what_is_lost_without_a_word_is_named() {
    let sink = Sink::with(|config| config.faults = "drop@rate=0.01; seed=3".to_owned());
    let state = tempfile::tempdir().unwrap();
    let ran = run(&sink, state.path(), &RICH, 300);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let stats = sink.stats();
    assert!(stats["hits"]["lost"].as_u64() > Some(10), "{stats}");
    let proof = verify(&sink, state.path(), &[]);
    assert_eq!(proof.code, Some(1), "{}", proof.text());
    let missing = proof.said["missing"].as_array().unwrap();
    for kind in ["page_view", "search", "outlink", "download", "event", "order"] {
        let sent = ran.summary["hits"]["by_kind"][kind].as_u64().unwrap();
        let lost = sent - stats["hits"]["by_kind"][kind].as_u64().unwrap();
        let named: Vec<&Value> = missing.iter().filter(|missing| missing["kind"] == kind).collect();
        let count: u64 = named.iter().map(|missing| missing["count"].as_u64().unwrap()).sum();
        assert_eq!(count, lost, "{kind}: {missing:?}");
        let rows = named.iter().flat_map(|missing| missing["rows"].as_array().unwrap());
        assert!(lost == 0 || rows.count() > 0, "{kind}: where? {missing:?}");
    }
}

/// What was there before the run is taken off.
#[test]
fn earlier_traffic_is_taken_off() {
    let (sink, state, other) = (Sink::start(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&sink, other.path(), &[("SEED", "77")], 60);
    let ran = run(&sink, state.path(), &[("SEED", "78")], 120);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let proof = verify(&sink, state.path(), &[]);
    proof.assert_proved();
    assert!(
        proof.said["lines"].as_array().unwrap().iter().any(|line| line["before"] != 0),
        "{}",
        proof.text()
    );
    // Its own later runs are known as well.
    run(&sink, state.path(), &[("SEED", "79")], 60);
    let first = proof.said["run"].as_str().unwrap();
    verify(&sink, state.path(), &["--run", first]).assert_proved();
    verify(&sink, state.path(), &["--run", "last"]).assert_proved();
}

#[test]
fn a_run_that_is_not_there_and_a_wrong_token_are_told() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let proof = verify(&sink, state.path(), &["--run", "nobody"]);
    assert_eq!(proof.code, Some(64));
    assert!(proof.stderr.contains("there is no run \"nobody\""), "{}", proof.stderr);
    run(&sink, state.path(), &[], 5);
    let proof = verify(&sink, state.path(), &["--matomo-token-auth", "wrong"]);
    assert_eq!(proof.code, Some(69), "{}", proof.stderr);
    assert!(!proof.stderr.contains(TOKEN));
}
