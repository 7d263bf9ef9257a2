//! Backfills: the window is sent once, whatever happens to the process.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::collections::HashMap;

use support::{Loadgen, Ran, Sink, TOKEN, terminate, wait_until};

fn vars(state: &std::path::Path, more: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    let mut vars: Vec<(&str, String)> = [
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_DAYS_BACK", "5"),
        ("BACKFILL_DURATION_DAYS", "4"),
        ("BACKFILL_MAX_VISITS_PER_DAY", "100"),
        ("MATOMO_TOKEN_AUTH", TOKEN),
        ("CONCURRENCY", "8"),
    ]
    .into_iter()
    .chain(more.iter().copied())
    .map(|(name, value)| (name, value.to_owned()))
    .collect();
    vars.push(("STATE_DIR", state.to_str().unwrap().to_owned()));
    vars
}

fn backfill(sink: &Sink, state: &std::path::Path, more: &[(&'static str, &'static str)]) -> Loadgen {
    let vars = vars(state, more);
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Loadgen::new(&sink.url, &vars)
}

fn assert_whole(sink: &Sink, ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.assert_conserved();
    // An order keeps its id: one that was recorded just before a kill is refused when it comes again.
    let refused = ran.count("/hits/refused");
    assert!(refused <= ran.count("/backfill/possible_duplicates"), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed") + ran.count("/visits/failed"), 400, "{}", ran.stderr);
    assert!(ran.count("/visits/failed") <= refused, "{}", ran.stderr);
    assert_eq!(ran.count("/hits/acknowledged") + refused, ran.count("/hits/planned"));
    assert!(sink.stats()["hits"]["recorded"].as_u64().unwrap() >= ran.count("/hits/acknowledged"));
}

#[test]
fn a_window_is_sent_whole_single_and_bulk() {
    for transport in ["single", "bulk"] {
        let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
        let ran = backfill(&sink, state.path(), &[("TRANSPORT", transport), ("BULK_SIZE", "30")]).run();
        assert_whole(&sink, &ran);
        assert_eq!(
            sink.stats()["hits"]["recorded"].as_u64(),
            Some(ran.count("/hits/acknowledged")),
            "{transport}"
        );
        assert_eq!(ran.count("/backfill/possible_duplicates"), 0);
    }
}

#[test]
fn a_finished_window_is_not_sent_again() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    backfill(&sink, state.path(), &[]).run();
    let before = sink.stats();
    let again = backfill(&sink, state.path(), &[]).run();
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
    assert_eq!(sink.stats()["hits"]["recorded"], before["hits"]["recorded"]);
}

/// Killed again and again, and resumed: every visit is there, and what is there twice was in flight at a kill.
#[test]
fn a_killed_backfill_goes_on_without_a_gap() {
    for (transport, kills) in [("single", 6), ("bulk", 4)] {
        let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
        let limits = [
            ("TRANSPORT", transport),
            ("BULK_SIZE", "20"),
            ("BACKFILL_RPS_LIMIT", if transport == "bulk" { "40" } else { "800" }),
        ];
        for kill in 1..=kills {
            let goal = kill * 250;
            let (mut child, _dir) = backfill(&sink, state.path(), &limits).spawn();
            wait_until("some hits", || {
                sink.stats()["hits"]["recorded"].as_u64() >= Some(goal) || child.try_wait().unwrap().is_some()
            });
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let ran = backfill(&sink, state.path(), &[("TRANSPORT", transport), ("BULK_SIZE", "20")]).run();
        assert_whole(&sink, &ran);
        let recorded = sink.stats()["hits"]["recorded"].as_u64().unwrap();
        let twice = recorded - ran.count("/hits/acknowledged");
        let bound = ran.count("/backfill/possible_duplicates");
        assert!(twice <= bound, "{transport}: {twice} recorded twice, at most {bound} said");
        let in_flight = if transport == "single" { 8 } else { 40 };
        assert!(bound <= kills * in_flight, "{transport}: {bound}");
    }
}

#[test]
fn a_stopped_backfill_goes_on_where_it_was_and_sends_nothing_twice() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let (child, dir) = backfill(&sink, state.path(), &[("BACKFILL_RPS_LIMIT", "500")]).spawn();
    wait_until("some hits", || sink.stats()["hits"]["recorded"].as_u64() >= Some(300));
    let stopped = terminate(child, dir);
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
    let ran = backfill(&sink, state.path(), &[]).run();
    assert_whole(&sink, &ran);
    assert_eq!(sink.stats()["hits"]["recorded"].as_u64(), Some(ran.count("/hits/acknowledged")));
}

/// One visitor's visits arrive in the order of their times: Matomo's visits would break otherwise.
#[test]
fn a_visitors_hits_arrive_in_the_order_of_their_times() {
    let (state, server) = (
        tempfile::tempdir().unwrap(),
        support::Scripted::start(|_, _| support::Answer::Bytes(support::gif())),
    );
    let vars = vars(
        state.path(),
        &[
            ("RETURNING_VISITORS_PROBABILITY", "0.9"),
            ("BACKFILL_MAX_VISITS_PER_DAY", "12"),
            ("CONCURRENCY", "40"),
        ],
    );
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ran = Loadgen::new(&server.url, &vars).run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut last: HashMap<String, i64> = HashMap::new();
    // The reports are asked before the run; only the tracker's requests are hits.
    for request in server.requests().into_iter().filter(|request| request.line.contains("/matomo.php")) {
        let field =
            |name: &str| request.body.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap().to_owned();
        let (visitor, time) = (field("cid="), field("cdt=").parse::<i64>().unwrap());
        let before = last.insert(visitor.clone(), time).unwrap_or(i64::MIN);
        assert!(before <= time, "{visitor} went back from {before} to {time}");
    }
    assert!(last.len() < 48, "some visitors returned");
}

#[test]
fn run_once_stays_idle_afterwards() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let (mut child, dir) =
        backfill(&sink, state.path(), &[("BACKFILL_RUN_ONCE", "true"), ("BACKFILL_MAX_VISITS_PER_DAY", "5")])
            .spawn();
    wait_until("20 visits", || sink.stats()["visits"].as_u64() >= Some(20));
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "it must stay alive");
    let ran = terminate(child, dir);
    assert_eq!((ran.code, ran.count("/visits/completed")), (Some(0), 20), "{}", ran.stderr);
}
