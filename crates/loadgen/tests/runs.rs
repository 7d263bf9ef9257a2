//! What a run leaves behind: its course over time, the page that shows it, and how two runs are told apart.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{Loadgen, Ran, Sink, TOKEN};

fn loadgen(state: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.env_clear().env("STATE_DIR", state).args(args).output().unwrap()
}

fn said(state: &Path, args: &[&str]) -> String {
    let output = loadgen(state, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(sink: &Sink, state: &Path, vars: &[(&str, &str)], visits: u64) -> Ran {
    let all = [("MATOMO_TOKEN_AUTH", TOKEN), ("STATE_DIR", state.to_str().unwrap())];
    let all: Vec<(&str, &str)> = all.into_iter().chain(vars.iter().copied()).collect();
    Loadgen::new(&sink.url, &all).arg(&format!("--visits={visits}")).run()
}

/// 40 visits a second.
const STEADY: (&str, &str) = ("TARGET_VISITS_PER_DAY", "3456000");

#[test]
fn the_course_of_a_run_adds_up_to_its_report() {
    for transport in ["single", "bulk"] {
        let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
        let probes = ("REPORT_PROBES", "dashboard");
        let ran = run(&sink, state.path(), &[("TRANSPORT", transport), STEADY, probes], 100);
        let json: Value = serde_json::from_str(&said(state.path(), &["report", "--format", "json"])).unwrap();
        let pieces = json["series"]["pieces"].as_array().unwrap();
        let sum = |name: &str| pieces.iter().filter_map(|piece| piece[name].as_u64()).sum::<u64>();
        assert_eq!(sum("visits"), 100);
        assert_eq!(sum("acknowledged"), ran.count("/hits/acknowledged"), "{transport}");
        let latencies = pieces.iter().flat_map(|piece| piece["latency"].as_object().unwrap().values());
        assert_eq!(latencies.filter_map(Value::as_u64).sum::<u64>(), ran.count("/latency_ms/count"));
        assert!(pieces.len() > 1, "{json:#}");
        assert!(pieces.iter().any(|piece| piece["probes"]["dashboard"]["answered"] == 1), "{json:#}");
    }
}

#[test]
fn a_page_of_a_run_needs_nothing_else_and_runs_nothing() {
    let (sink, state) = (Sink::start(), tempfile::tempdir().unwrap());
    let hostile = "weekly<script>alert(1)</script>";
    let vars = [STEADY, ("THRESHOLDS", "p95<9s,success>=1%"), ("LOG_LEVEL", "ERROR"), ("BULK_SIZE", "20")];
    run(&sink, state.path(), &vars, 60);
    let folder = std::fs::read_dir(state.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    let record = folder.join("run.json");
    let text = std::fs::read_to_string(&record)
        .unwrap()
        .replace("\"BULK_SIZE\": \"20\"", &format!("\"BULK_SIZE\": \"{hostile}\""));
    assert!(text.contains(hostile));
    std::fs::write(&record, text).unwrap();
    let out = state.path().join("run.html");
    said(state.path(), &["report", "--out", out.to_str().unwrap()]);
    let page = std::fs::read_to_string(out).unwrap();
    assert!(page.contains("<svg") && page.contains("Latency") && page.contains("p95&lt;9s"), "{page}");
    for foreign in ["<script", "src=", "href=", "url(", "@import", TOKEN] {
        assert!(!page.contains(foreign), "{foreign} in {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn a_slower_target_shows_in_the_comparison_and_the_same_one_does_not() {
    let state = tempfile::tempdir().unwrap();
    let visits = 500;
    let sink = Sink::start();
    run(&sink, state.path(), &[STEADY], visits);
    sink.set_faults("latency=80");
    run(&sink, state.path(), &[STEADY], visits);
    let runs = said(state.path(), &["runs"]);
    let ids: Vec<&str> = runs.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let [slow, first] = ids[..] else { panic!("{runs}") };
    let compared = |a: &str, b: &str| -> Value {
        serde_json::from_str(&said(state.path(), &["compare", "--a", a, "--b", b, "--format", "json"]))
            .unwrap()
    };
    let change = |comparison: &Value, figure: &str| {
        let figures = comparison["figures"].as_array().unwrap();
        figures.iter().find(|found| found["figure"] == figure).unwrap()["change"].clone()
    };
    let same = compared(first, first);
    assert_eq!(same["verdict"], "Nothing changed that chance does not explain.", "{same:#}");
    let slower = compared(first, slow);
    assert_eq!(slower["same_seed"], true);
    assert_eq!(change(&slower, "latency_p50_ms"), "worse", "{slower:#}");
    assert_eq!(change(&compared(slow, first), "latency_p50_ms"), "better");
    let text = said(state.path(), &["compare", "--a", first, "--b", slow, "--format", "markdown"]);
    assert!(text.contains("| latency p50, ms") && text.contains("latency p50 rose from"), "{text}");
}

#[test]
fn a_run_that_is_not_there_is_told_with_those_that_are() {
    let state = tempfile::tempdir().unwrap();
    let output = loadgen(state.path(), &["compare", "--a", "x", "--b", "y"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{stderr}");
    assert!(stderr.contains("--a: there is no run \"x\"") && stderr.contains("--b: "), "{stderr}");
    assert!(said(state.path(), &["runs"]).contains("There is no run in "));
}
