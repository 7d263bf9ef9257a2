//! The engine of real processes.

use std::{collections::BTreeMap, time::Duration};

use control::{
    engine::{Engine as _, LogStart, State, change::ChangeError},
    logs::Position,
};
use futures_util::StreamExt as _;

use crate::support::{NAME, config, process, process_engine};

const TIMEOUT: Duration = Duration::from_secs(10);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_process_is_started_changed_and_ended() {
    let bench = process();
    let done = bench.generator.start(Some(config(&[("CONCURRENCY", "7")])), false).await.unwrap();
    assert_eq!(done.state, State::Running);
    let first = bench.generator.view().unit.unwrap();
    let done = bench.generator.apply(config(&[("CONCURRENCY", "8")])).await.unwrap();
    assert_eq!(done.state, State::Running);
    let second = bench.generator.view().unit.unwrap();
    assert_ne!(first.id, second.id);
    let done = bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    assert_eq!(done.state, State::Stopped);
    assert_eq!(bench.generator.view().unit.unwrap().exit_code, Some(0));
    let lines: Vec<_> = bench
        .engine
        .logs(NAME, LogStart::Tail(100))
        .map(|line| String::from_utf8(line.unwrap().bytes).unwrap())
        .collect()
        .await;
    assert_eq!(lines, ["INFO begins with concurrency 8", "INFO stopping"]);
}

#[tokio::test]
async fn one_that_falls_is_told_with_its_last_words_and_the_old_one_is_back() {
    let bench = process();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    let refused = bench.generator.apply(config(&[("CONCURRENCY", "13")])).await.unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("64") && told.contains("thirteen is refused"), "{told}");
    assert_eq!(bench.generator.view().state(), State::Running);
    assert!(matches!(refused, ChangeError::RolledBack { .. }));
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
}

#[tokio::test]
async fn one_that_is_done_at_once_has_come_up() {
    let bench = process();
    let done = bench.generator.start(Some(config(&[("CONCURRENCY", "14")])), false).await.unwrap();
    assert_eq!(done.state, State::Stopped);
    assert!(done.message.contains("did its work"), "{}", done.message);
}

#[tokio::test]
async fn a_new_control_plane_finds_the_process_and_leaves_it_alone() {
    let bench = process();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    let before = bench.generator.view().unit.unwrap();
    let engine = process_engine(bench.path());
    let bench = bench.restarted(engine);
    bench.generator.views().wait_for(|view| view.known).await.unwrap();
    let after = bench.generator.view().unit.unwrap();
    assert_eq!((after.state, after.started_at, &after.id), (State::Running, before.started_at, &before.id));
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    assert_eq!(bench.generator.view().state(), State::Stopped);
}

#[tokio::test]
async fn a_process_that_was_killed_or_frozen_from_outside_is_seen() {
    let bench = process();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.pause(NAME).await.unwrap();
    assert_eq!(bench.generator.look().await.state(), State::Paused);
    assert_eq!(bench.generator.start(None, false).await.unwrap().state, State::Running);
    bench.engine.pause(NAME).await.unwrap();
    assert_eq!(bench.generator.stop(Some(TIMEOUT)).await.unwrap().state, State::Stopped);
    bench.generator.start(None, false).await.unwrap();
    bench.engine.stop(NAME, Duration::ZERO).await.unwrap();
    until("its end is seen", async || bench.generator.view().state() == State::Stopped).await;
}

#[tokio::test]
async fn the_start_signal_reaches_one_that_waits() {
    let bench = process();
    let waiting = [("AUTO_START", "false"), ("START_CHECK_INTERVAL", "0.1")];
    let done = bench.generator.start(Some(config(&waiting)), false).await.unwrap();
    assert!(done.message.contains("start signal"), "{}", done.message);
    assert!(!bench.path().join("loadgen.start").exists());
    let mut lines = bench.engine.logs(NAME, LogStart::Tail(100));
    while lines.next().await.unwrap().unwrap().bytes != b"INFO the signal came" {}
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
}

#[tokio::test]
async fn what_we_were_told_for_ourselves_does_not_reach_the_process() {
    let bench = process();
    bench.generator.start(Some(config(&[("CONCURRENCY", "9")])), false).await.unwrap();
    let unit = bench.generator.view().unit.unwrap();
    // this test's own process has neither, but the environment must be ours alone in those names
    assert_eq!(unit.blueprint.env.get("CONCURRENCY").map(String::as_str), Some("9"));
    assert!(unit.reports.len() == 1 && unit.reports[0].starts_with("127.0.0.1:"));
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
}

#[tokio::test]
async fn a_log_is_read_on_from_any_line_over_restarts() {
    let bench = process();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.generator.restart(None, Some(TIMEOUT)).await.unwrap();
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    let all: Vec<_> = bench.engine.logs(NAME, LogStart::Tail(100)).map(Result::unwrap).collect().await;
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by_key(|line| line.position));
    for (index, line) in all.iter().enumerate() {
        let rest: Vec<_> =
            bench.engine.logs(NAME, LogStart::After(line.position)).map(Result::unwrap).collect().await;
        assert_eq!(rest, all[index + 1..], "after {index}");
    }
    let last: Vec<_> = bench.engine.logs(NAME, LogStart::Tail(1)).map(Result::unwrap).collect().await;
    assert_eq!(last, all[3..]);
    let first: Vec<_> =
        bench.engine.logs(NAME, LogStart::After(Position::default())).map(Result::unwrap).collect().await;
    assert_eq!(first, all);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_said_to_be_missing() {
    let bench = process();
    std::fs::remove_file(bench.path().join("program")).unwrap();
    let refused = bench.generator.start(Some(config(&[])), false).await.unwrap_err();
    assert!(refused.to_string().contains("LOADGEN_BINARY"), "{refused}");
    assert_eq!(bench.generator.view().unit.unwrap().exit_code, Some(127));
}

#[tokio::test]
async fn a_large_log_gives_its_beginning_back_and_loses_no_place() {
    let bench = process();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    let unit_folder = bench.path().join("engine").join(NAME);
    let log = std::fs::read_dir(&unit_folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "log"))
        .unwrap();
    let write = |from: usize, to: usize| {
        use std::io::Write as _;
        let mut file = std::io::BufWriter::new(std::fs::OpenOptions::new().append(true).open(&log).unwrap());
        for number in from..to {
            writeln!(file, "line {number:>990}").unwrap();
        }
    };
    write(0, 70_000);
    let mid = {
        let mut lines = bench.engine.logs(NAME, LogStart::Tail(10));
        lines.next().await.unwrap().unwrap()
    };
    bench.engine.find(NAME).await.unwrap();
    let blocks = std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(&log).unwrap());
    assert!(blocks * 512 < 40 << 20, "{} bytes on disk", blocks * 512);
    write(70_000, 70_005);
    let mut after = bench.engine.logs(NAME, LogStart::After(mid.position));
    let mut seen = BTreeMap::new();
    while seen.len() < 14 {
        let line = after.next().await.unwrap().unwrap();
        seen.insert(line.position, String::from_utf8(line.bytes).unwrap());
    }
    let numbers: Vec<&str> = seen.values().map(|text| text.trim_start_matches("line").trim()).collect();
    assert_eq!(numbers.first(), Some(&"69991"));
    assert_eq!(numbers.last(), Some(&"70004"));
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
}
