//! kill -9: nothing that the process had acknowledged is missing, and what a later process must know is on disk.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use serde_json::Value;
use support::{Loadgen, Ran, Sink, TOKEN, assert_law, free_port, report, terminate, wait_until};

const SIZE: u64 = 20;

/// What one kill of a process with these settings may leave in doubt.
fn most_in_flight(transport: &str) -> u64 {
    if transport == "bulk" { 2 * SIZE } else { 8 }
}

fn generator(sink: &Sink, transport: &str, more: &[(&str, &str)]) -> Loadgen {
    let usual = [
        ("TRANSPORT", transport),
        ("BULK_SIZE", "20"),
        ("BULK_CONNECTIONS", "2"),
        ("CONCURRENCY", "8"),
        ("REQUEST_TIMEOUT", "60"),
    ];
    let vars: Vec<(&str, &str)> = usual.into_iter().chain(more.iter().copied()).collect();
    Loadgen::new(&sink.url, &vars)
}

fn hits(report: &Value, what: &str) -> u64 {
    report["hits"][what].as_u64().unwrap()
}

/// The receiver records and then never answers, so that it is known what was in flight at the kill.
fn live_run_is_killed(transport: &str) {
    let sink = Sink::with(|config| "hang-after@after=15".clone_into(&mut config.faults));
    let port = free_port();
    let (mut child, _dir) = generator(&sink, transport, &[("METRICS_PORT", &port.to_string())]).spawn();
    let requests = if transport == "bulk" { 2 } else { 8 };
    wait_until("the receiver to have them all", || sink.count("/requests") == 15 + requests);
    let mut last = Value::Null;
    wait_until("the generator to have the answers before them", || {
        last = report(port).unwrap_or_default();
        last["in_flight"].as_u64() == Some(requests) && last["requests"]["answered"].as_u64() == Some(15)
    });
    let acknowledged = hits(&last, "acknowledged");
    child.kill().unwrap();
    child.wait().unwrap();
    let recorded = sink.recorded();
    assert_law(acknowledged, most_in_flight(transport), recorded, &last.to_string());
    assert!(recorded > acknowledged, "what was in flight was recorded, and nobody was told");

    // A live run has no memory: the next one begins, and its own books hold.
    sink.set_faults("");
    let ran = generator(&sink, transport, &[]).arg("--visits=20").run();
    assert_eq!((ran.code, ran.count("/visits/completed")), (Some(0), 20), "{}", ran.stderr);
    ran.assert_conserved();
    assert_law(ran.count("/hits/acknowledged"), ran.count("/hits/unknown"), sink.recorded() - recorded, "");
}

#[test]
fn a_live_run_is_killed_single() {
    live_run_is_killed("single");
}

#[test]
fn a_live_run_is_killed_bulk() {
    live_run_is_killed("bulk");
}

fn capped_run_is_killed(transport: &str) {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let cap = [
        ("MAX_TOTAL_VISITS", "60"),
        ("STATE_DIR", state.path().to_str().unwrap()),
        ("RETURNING_VISITORS_PROBABILITY", "0"),
    ];
    for kill in 1..=3_u64 {
        let (mut child, _dir) = generator(&sink, transport, &cap).spawn();
        wait_until("some visits", || sink.count("/visits") >= kill * 10);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = sink.recorded();
    let (last, log) = generator(&sink, transport, &cap).log_to_file();
    let (child, dir) = last.spawn();
    let log = || std::fs::read_to_string(&log).unwrap();
    wait_until("the cap", || log().contains("daily cap reached (60). Pausing production until window reset"));
    let mut unfinished = 0;
    wait_until("the visits under way to end", || {
        // Nothing more comes in: two looks at the same count, a while apart.
        let same = unfinished == sink.recorded();
        unfinished = sink.recorded();
        std::thread::sleep(std::time::Duration::from_millis(if transport == "bulk" { 1_500 } else { 300 }));
        same
    });
    let log = log();
    let ran = terminate(child, dir);
    assert_eq!(ran.code, Some(0), "{log}");
    ran.assert_conserved();
    assert_eq!(ran.count("/cap/used"), 60, "{log}");
    assert!(ran.count("/visits/started") <= 50, "the window outlived the kills\n{log}");
    assert!(sink.count("/visits") <= 60, "{} visits, whatever the kills\n{log}", sink.count("/visits"));
    assert_law(ran.count("/hits/acknowledged"), ran.count("/hits/unknown"), sink.recorded() - before, &log);
}

#[test]
fn a_capped_run_is_killed_single() {
    capped_run_is_killed("single");
}

#[test]
fn a_capped_run_is_killed_bulk() {
    capped_run_is_killed("bulk");
}

/// As above: all that is in flight at the kill is recorded, the worst case. Returns how it ended with so many orders, what
/// is recorded, and the hits of it that were in flight.
fn backfill_is_killed(transport: &str, orders: &str) -> (Ran, u64) {
    let sink = Sink::with(|config| "hang-after@after=15".clone_into(&mut config.faults));
    let state = tempfile::tempdir().unwrap();
    let window = [
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_DAYS_BACK", "3"),
        ("BACKFILL_DURATION_DAYS", "2"),
        ("BACKFILL_MAX_VISITS_PER_DAY", "100"),
        ("MATOMO_TOKEN_AUTH", TOKEN),
        ("STATE_DIR", state.path().to_str().unwrap()),
        ("ECOMMERCE_PROBABILITY", orders),
    ];
    let in_flight = if transport == "bulk" { 2 } else { 8 };
    let (mut child, _dir) = generator(&sink, transport, &window).spawn();
    wait_until("all requests to hang", || sink.count("/requests") == 15 + in_flight);
    child.kill().unwrap();
    child.wait().unwrap();

    sink.set_faults("");
    let ran: Ran = generator(&sink, transport, &window).run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.assert_conserved();
    assert!(ran.count("/backfill/possible_duplicates") <= most_in_flight(transport), "{}", ran.stderr);
    assert!(ran.stderr.contains("the backfill goes on where it was"), "{}", ran.stderr);
    let recorded = sink.recorded();
    (ran, recorded)
}

/// All that was in flight is there twice at the end, and the report says so.
fn backfill_without_orders_is_killed(transport: &str) {
    let (ran, recorded) = backfill_is_killed(transport, "0");
    assert_eq!(ran.count("/visits/completed"), 200, "{}", ran.stderr);
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
    let twice = recorded - ran.count("/hits/acknowledged");
    let possible = ran.count("/backfill/possible_duplicates");
    assert!(twice > 0 && twice <= possible, "{twice} twice, {possible} possible\n{}", ran.stderr);
}

#[test]
fn a_backfill_is_killed_single() {
    backfill_without_orders_is_killed("single");
}

#[test]
fn a_backfill_is_killed_bulk() {
    backfill_without_orders_is_killed("bulk");
}

/// An order that is recorded is refused when it comes again, and what lies before it rolls a whole body back. It took the
/// other hits of the body along once.
fn backfill_with_orders_is_killed(transport: &str) {
    let (ran, recorded) = backfill_is_killed(transport, "1");
    let (planned, refused) = (ran.count("/hits/planned"), ran.count("/hits/refused"));
    assert_eq!(ran.count("/hits/acknowledged") + refused, planned, "{}", ran.stderr);
    assert!(refused <= ran.count("/backfill/possible_duplicates"), "{refused}\n{}", ran.stderr);
    assert!(recorded >= planned, "{recorded} of {planned} are recorded\n{}", ran.stderr);
    if transport == "bulk" {
        assert!(
            refused > 0,
            "the kill came where no order was in flight: this test shows nothing\n{}",
            ran.stderr
        );
    }
}

#[test]
fn a_backfill_full_of_orders_is_killed_single() {
    backfill_with_orders_is_killed("single");
}

#[test]
fn a_backfill_full_of_orders_is_killed_bulk() {
    backfill_with_orders_is_killed("bulk");
}
