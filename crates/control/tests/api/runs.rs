//! Runs: listed, shown, noted, verified, compared, taken away as a file.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use ledger::{BOOK_VERSION, Book, DayFigures, Figure, Span, Table, Times};
use proof::{Baseline, RECORD_VERSION, RunFolder, RunRecord, Runs, ZoneSource};
use report::{Piece, Series};
use serde_json::{Value, json};
use sha2::Digest as _;
use tokio::net::TcpListener;

use crate::harness::{Harness, KEY, TOKEN, answer};

/// The record of a run that began so many minutes ago and took one.
fn record(id: &str, minutes_ago: i64, target: &str) -> RunRecord {
    let started_at = control::clock::now() - SignedDuration::from_mins(minutes_ago);
    let ended_at = started_at + SignedDuration::from_mins(1);
    RunRecord {
        schema_version: RECORD_VERSION,
        id: id.to_owned(),
        version: "0.1.0".to_owned(),
        seed: 7,
        target: target.to_owned(),
        site_id: 1,
        started_at,
        ended_at: Some(ended_at),
        written_at: ended_at,
        processes: 1,
        time_zone: "UTC".to_owned(),
        time_zone_from: ZoneSource::Site,
        site: ledger::Site::default(),
        settings: [("MATOMO_URL", target), ("CONCURRENCY", "7")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        visits: None,
        report: None,
    }
}

/// A run's folder, with page views that it says were acknowledged, and ten seconds of figures.
fn leave(state_dir: &Path, record: &RunRecord, page_views: i64) -> RunFolder {
    let folder = Runs::of_state_dir(state_dir).create(&record.id).unwrap();
    folder.write_record(record).unwrap();
    let today = record.started_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut figures = DayFigures::default();
    figures.add(Table::Site, "", Figure::PageViews, Span::exactly(page_views));
    let book = Book {
        schema_version: BOOK_VERSION,
        generation: 1,
        time_zone: "UTC".to_owned(),
        times: Times::Told,
        countries: false,
        gaps: Vec::new(),
        open: Vec::new(),
        days: [(today, figures)].into(),
    };
    folder.write_book(&book).unwrap();
    let baseline = Baseline {
        taken_at: record.started_at,
        missing: None,
        first: Some(today),
        last: Some(today),
        days: std::collections::BTreeMap::new(),
    };
    folder.write_baseline(&baseline).unwrap();
    let mut series = Series::default();
    for at_s in 0..10 {
        series.add(Piece {
            at_s,
            seconds: 1.0,
            visits: 2,
            skipped: 1,
            acknowledged: 5,
            refused: 1,
            ..Piece::default()
        });
    }
    folder.write_series(&series).unwrap();
    folder
}

fn state(harness: &Harness) -> PathBuf {
    harness.dir.path().join("state")
}

async fn receiver() -> (sink::Handle, String) {
    let config = sink::Config { token: Some(TOKEN.to_owned()), ..sink::Config::default() };
    let sink = sink::start(config).await.unwrap();
    let url = format!("{}/matomo.php", sink.url());
    (sink, url)
}

async fn until_verified(harness: &Harness, id: &str, state: &str) -> Value {
    for _ in 0..400 {
        let run = harness.get(&format!("/api/runs/{id}")).await.json();
        if run["verification"]["state"] == state {
            return run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never {state}: {}", harness.get(&format!("/api/runs/{id}")).await.text);
}

const TARGET: &str = "http://127.0.0.1:9/matomo.php";

#[tokio::test]
async fn runs_are_listed_the_latest_first_in_parts() {
    let harness = Harness::start().await;
    let none = harness.get("/api/runs").await.assert_status(200).json();
    assert_eq!(none, json!({ "runs": [], "total": 0, "next": null, "warnings": [] }));
    for number in 0..7 {
        leave(&state(&harness), &record(&format!("run-{number}"), 100 - number, TARGET), 1);
    }
    // one of a unit that ran once, later than all others
    leave(&state(&harness).join("matomo-loadgen-backfill-b"), &record("beside", 5, TARGET), 1);
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let part = harness.get(&format!("/api/runs?limit=3{before}")).await.assert_status(200).json();
        assert_eq!(part["total"], 8);
        let ids = part["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let Some(next) = part["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    let expected = ["beside", "run-6", "run-5", "run-4", "run-3", "run-2", "run-1", "run-0"];
    assert_eq!(seen, expected);
    for (query, field) in [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "query")] {
        let refused = harness.get(&format!("/api/runs?{query}")).await;
        assert_eq!(refused.assert_error(422, "invalid").fields(), [field], "{query}");
    }
    harness.get("/api/runs?before=nobody").await.assert_error(404, "not_found");
}

#[tokio::test]
async fn what_has_changed_or_gone_is_read_anew_and_what_cannot_be_read_is_told() {
    let harness = Harness::start().await;
    let mut one = record("one", 10, TARGET);
    let folder = leave(&state(&harness), &one, 1);
    let site = async || harness.get("/api/runs").await.json()["runs"][0]["site_id"].clone();
    assert_eq!(site().await, 1);
    one.site_id = 22;
    folder.write_record(&one).unwrap();
    assert_eq!(site().await, 22);
    let broken = Runs::of_state_dir(&state(&harness)).create("broken").unwrap();
    std::fs::write(broken.path().join("run.json"), "{").unwrap();
    let list = harness.get("/api/runs").await.json();
    assert_eq!(list["total"], 1);
    assert!(list["warnings"][0].as_str().unwrap().contains("broken/run.json"), "{list}");
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(harness.get("/api/runs").await.json()["total"], 0);
}

#[tokio::test]
async fn a_run_that_nobody_goes_on_with_is_interrupted() {
    let harness = Harness::start().await;
    let killed = RunRecord { ended_at: None, ..record("killed", 10, TARGET) };
    let fresh = RunRecord { ended_at: None, written_at: control::clock::now(), ..record("fresh", 5, TARGET) };
    for run in [&killed, &fresh, &record("ended", 3, TARGET)] {
        leave(&state(&harness), run, 1);
    }
    let list = harness.get("/api/runs").await.json();
    let states: Vec<&Value> = list["runs"].as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["ended", "running", "interrupted"]);
}

#[tokio::test]
async fn a_run_is_shown_with_its_figures_over_time() {
    let harness = Harness::start().await;
    let mut with_secret = record("one", 10, TARGET);
    with_secret.settings.insert("MATOMO_TOKEN_AUTH".to_owned(), TOKEN.to_owned());
    leave(&state(&harness), &with_secret, 1);
    let answer = harness.get("/api/runs/one").await;
    assert!(
        !answer.assert_status(200).text.contains(TOKEN),
        "also one that should not be in there is masked"
    );
    let run = answer.json();
    assert_eq!(
        (&run["settings"]["CONCURRENCY"], &run["time_zone"], &run["processes"]),
        (&json!("7"), &json!("UTC"), &json!(1))
    );
    assert_eq!((&run["proof"], &run["report"]), (&Value::Null, &Value::Null));
    assert_eq!(run["verification"]["state"], "idle");
    let points = run["series"]["points"].as_array().unwrap();
    assert_eq!((points.len(), &run["series"]["resolution_s"]), (10, &json!(1)));
    let tenth = with_secret.started_at + SignedDuration::from_secs(9);
    assert_eq!(points[9]["ts"].as_str().unwrap().parse::<Timestamp>().unwrap(), tenth);
    assert_eq!(
        (&points[9]["hits"], &points[9]["failures"], &points[9]["skipped"]),
        (&json!(6), &json!(1), &json!(1))
    );
    for path in
        ["/api/runs/nobody", "/api/runs/nobody/proof", "/api/runs/nobody/download", "/api/runs/%2e%2e"]
    {
        harness.get(path).await.assert_error(404, "not_found");
    }
    harness.get("/api/runs/one/proof").await.assert_error(404, "not_found");
}

#[tokio::test]
async fn a_note_outlives_the_control_plane() {
    let harness = Harness::start().await;
    leave(&state(&harness), &record("one", 10, TARGET), 1);
    let noted = harness.put("/api/runs/one", json!({ "note": " before\nthe <b>upgrade</b> " })).await;
    assert_eq!(noted.assert_status(200).json()["note"], "before\nthe <b>upgrade</b>");
    let long = harness.put("/api/runs/one", json!({ "note": "x".repeat(2001) })).await;
    assert_eq!(long.assert_error(422, "invalid").fields(), ["note"]);
    harness.put("/api/runs/one", json!({ "notes": "x" })).await.assert_error(422, "invalid");
    harness.put("/api/runs/nobody", json!({ "note": "x" })).await.assert_error(404, "not_found");
    let harness = harness.restart().await;
    assert_eq!(harness.get("/api/runs").await.json()["runs"][0]["note"], "before\nthe <b>upgrade</b>");
    harness.put("/api/runs/one", json!({ "note": "" })).await.assert_status(200);
    assert_eq!(harness.get("/api/runs/one").await.json()["summary"]["note"], "");
}

#[tokio::test]
async fn what_is_missing_in_the_reports_is_named_and_the_token_is_not_kept() {
    let harness = Harness::start().await;
    let (sink, url) = receiver().await;
    let folder = leave(&state(&harness), &record("one", 2, &url), 3);
    let begun = harness.post("/api/runs/one/verify", json!({ "wait_s": 0, "token_auth": TOKEN })).await;
    assert_eq!(begun.assert_status(202).json()["state"], "running");
    let run = until_verified(&harness, "one", "done").await;
    assert_eq!(
        (&run["proof"]["proved"], &run["summary"]["proof"], &run["summary"]["verifying"]),
        (&json!(false), &json!("unproved"), &json!(false))
    );
    let missing = &run["proof"]["missing"][0];
    assert_eq!((&missing["kind"], &missing["count"]), (&json!("page_view"), &json!(3)), "{run}");
    let line = &run["proof"]["lines"][0];
    assert_eq!(
        (&line["figure"], &line["expected"], &line["recorded"], &line["unexplained"]),
        (&json!("page_views"), &json!([3, 3]), &json!(0), &json!(-3))
    );
    assert_eq!(harness.get("/api/runs").await.json()["runs"][0]["proof"], "unproved");
    let whole = harness.get("/api/runs/one/proof").await;
    assert_eq!(whole.assert_status(200).json()["run"], "one");
    let words = harness.get("/api/runs/one/proof?format=markdown").await;
    assert_eq!(words.header("content-type"), "text/markdown; charset=utf-8");
    assert!(words.text.contains("3 page view"), "{}", words.text);
    harness.get("/api/runs/one/proof?format=pdf").await.assert_error(422, "invalid");
    // the folder may belong to somebody else: nothing was written there
    assert!(folder.proof().unwrap().is_none());
    // one that the load generator's own command has made since then is the later one
    let mut later: proof::Proof = serde_json::from_str(&whole.text).unwrap();
    later.made_at += SignedDuration::from_secs(60);
    later.proved = true;
    folder.write_proof(&later).unwrap();
    let run = harness.get("/api/runs/one").await.json();
    assert_eq!((&run["proof"]["proved"], &run["summary"]["proof"]), (&json!(true), &json!("proved")));
    let database = std::fs::read(&harness.config.db_path).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains(TOKEN));
    sink.shutdown().await;
}

#[tokio::test]
async fn without_a_token_it_is_the_load_generators_where_its_target_is_that_of_the_run() {
    let harness = Harness::start().await;
    let (sink, url) = receiver().await;
    leave(&state(&harness), &record("ours", 2, &url), 1);
    leave(&state(&harness), &record("of-another", 2, TARGET), 1);
    let refused = harness.post("/api/runs/ours/verify", json!({ "wait_s": 0 })).await;
    assert_eq!(refused.assert_error(422, "invalid").fields(), ["token_auth"]);
    let config = json!({ "MATOMO_URL": url, "MATOMO_TOKEN_AUTH": TOKEN });
    harness.post("/api/start", json!({ "config": config })).await.assert_status(200);
    harness.post("/api/runs/ours/verify", json!({ "wait_s": 0 })).await.assert_status(202);
    until_verified(&harness, "ours", "done").await;
    // it goes nowhere else
    let refused = harness.post("/api/runs/of-another/verify", json!({ "wait_s": 0 })).await;
    assert_eq!(refused.assert_error(422, "invalid").fields(), ["token_auth"]);
    sink.shutdown().await;
}

#[tokio::test]
async fn a_target_that_does_not_answer_or_refuses_the_token_is_told_without_repeating_it() {
    let harness = Harness::start().await;
    let (sink, url) = receiver().await;
    leave(&state(&harness), &record("away", 2, TARGET), 1);
    leave(&state(&harness), &record("one", 2, &url), 1);
    let wrong = "deadbeefdeadbeefdeadbeefdeadbeef";
    for id in ["away", "one"] {
        let path = format!("/api/runs/{id}/verify");
        harness.post(&path, json!({ "wait_s": 0, "token_auth": wrong })).await.assert_status(202);
        let run = until_verified(&harness, id, "failed").await;
        let error = run["verification"]["error"].as_str().unwrap();
        assert!(error.contains("reports cannot be read") && !run.to_string().contains(wrong), "{run}");
        assert_eq!(run["proof"], Value::Null);
    }
    sink.shutdown().await;
}

#[tokio::test]
async fn only_allowed_targets_are_asked() {
    let harness = Harness::with(|config| config.targets.private = false).await;
    let (sink, url) = receiver().await;
    leave(&state(&harness), &record("one", 2, &url), 1);
    let refused = harness.post("/api/runs/one/verify", json!({ "token_auth": TOKEN })).await;
    refused.assert_error(403, "target_forbidden");
    assert_eq!(sink.stats().await.requests, 0);
    sink.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_to_verify_is_told_at_once() {
    let harness = Harness::start().await;
    leave(&state(&harness), &record("one", 2, TARGET), 1);
    let masked = record("masked", 2, "http://***MASKED***@127.0.0.1:9/matomo.php");
    leave(&state(&harness), &masked, 1);
    let refused = harness.post("/api/runs/one/verify", json!({ "wait_s": 3601, "token_auth": "a b" })).await;
    let mut fields = refused.assert_error(422, "invalid").fields();
    fields.sort();
    assert_eq!(fields, ["token_auth", "wait_s"]);
    harness.post("/api/runs/nobody/verify", json!({})).await.assert_error(404, "not_found");
    harness
        .post("/api/runs/masked/verify", json!({ "token_auth": TOKEN }))
        .await
        .assert_error(409, "conflict");
    harness.delete("/api/runs/one/verify").await.assert_error(404, "not_found");
}

/// An address where somebody takes connections and never says a word.
async fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/matomo.php", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_verification_is_stopped_when_somebody_says_so() {
    let harness = Harness::start().await;
    let (_listener, url) = silence().await;
    for number in 0..5 {
        leave(&state(&harness), &record(&format!("run-{number}"), 2, &url), 1);
    }
    let verify = async |number: u64| {
        harness.post(&format!("/api/runs/run-{number}/verify"), json!({ "token_auth": TOKEN })).await
    };
    for number in 0..4 {
        verify(number).await.assert_status(202);
    }
    verify(0).await.assert_error(409, "conflict");
    assert!(verify(4).await.assert_error(409, "conflict").text.contains("4 verifications"));
    assert_eq!(harness.get("/api/runs/run-0").await.json()["summary"]["verifying"], true);
    let stopped = harness.delete("/api/runs/run-0/verify").await;
    assert_eq!(stopped.assert_status(200).json()["state"], "stopped");
    assert!(stopped.json()["ended_at"].is_string());
    assert_eq!(harness.get("/api/runs/run-0").await.json()["summary"]["verifying"], false);
    // and there is room again, also for the same run
    verify(0).await.assert_status(202);
}

#[tokio::test]
async fn a_verification_under_way_ends_with_the_control_plane_and_is_told_to_be_stopped() {
    let harness = Harness::start().await;
    let (_listener, url) = silence().await;
    leave(&state(&harness), &record("one", 2, &url), 1);
    harness.post("/api/runs/one/verify", json!({ "token_auth": TOKEN })).await.assert_status(202);
    let harness = harness.restart().await;
    let run = harness.get("/api/runs/one").await.json();
    assert_eq!(
        (&run["verification"]["state"], &run["summary"]["verifying"]),
        (&json!("stopped"), &json!(false))
    );
    // one that was killed could not write that down
    let store = control::Store::open(&harness.config.db_path).unwrap();
    let left = control::runs::Verification {
        state: control::runs::VerificationState::Running,
        started_at: Some(control::clock::now()),
        ..control::runs::Verification::default()
    };
    store.put_verification("one".to_owned(), left).await.unwrap();
    drop(store);
    let harness = harness.restart().await;
    let verification = harness.get("/api/runs/one").await.json()["verification"].clone();
    assert_eq!(verification["state"], "stopped");
    assert!(verification["error"].as_str().unwrap().contains("verify again"), "{verification}");
}

#[tokio::test]
async fn two_runs_are_compared() {
    let harness = Harness::start().await;
    leave(&state(&harness), &record("a", 20, TARGET), 1);
    leave(&state(&harness), &record("b", 10, TARGET), 1);
    let compared = harness.get("/api/runs/compare?a=a&b=b").await.assert_status(200).json();
    assert_eq!((&compared["a"]["id"], &compared["b"]["id"]), (&json!("a"), &json!("b")));
    assert_eq!((&compared["same_seed"], &compared["confidence"]), (&json!(true), &json!(0.95)));
    let figures = compared["figures"].as_array().unwrap();
    assert!(figures.iter().any(|figure| figure["figure"] == "hits_per_second" && figure["a"] == figure["b"]));
    harness.get("/api/runs/compare?a=a&b=nobody").await.assert_error(404, "not_found");
    harness.get("/api/runs/compare?a=a").await.assert_error(422, "invalid");
    // it is no run of that name
    harness.put("/api/runs/compare", json!({ "note": "x" })).await.assert_error(405, "method_not_allowed");
}

#[tokio::test]
async fn a_run_is_taken_away_as_a_file() {
    let harness = Harness::start().await;
    let mut one = record("one", 10, TARGET);
    one.settings.insert("NOTE".to_owned(), "<script>alert(1)</script>".to_owned());
    leave(&state(&harness), &one, 1);
    harness.put("/api/runs/one", json!({ "note": "<img src=x onerror=alert(1)>" })).await.assert_status(200);
    let file = harness.get("/api/runs/one/download").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"run-one.json\"");
    let told = file.assert_status(200).json();
    assert_eq!((&told["record"]["id"], &told["proof"]), (&json!("one"), &Value::Null));
    assert_eq!(told["series"]["pieces"].as_array().unwrap().len(), 10);
    let page = harness.get("/api/runs/one/download?format=html").await;
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"run-one.html\"");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(!page.text.contains("<script>") && !page.text.contains("<img"), "{}", page.text);
    // its own style is known by its hash, and nothing else may be used or shown
    let policy = page.header("content-security-policy");
    let style = page.text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = data_encoding::BASE64.encode(&sha2::Sha256::digest(style));
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains(&hash),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains("'self'"), "{policy}");
    // that of all other answers is not loosened by it
    let usual = harness.get("/api/runs/one").await;
    assert!(usual.header("content-security-policy").contains("style-src 'self'"));
}

#[tokio::test]
async fn a_thousand_runs_are_read_once() {
    let harness = Harness::start().await;
    let runs = Runs::of_state_dir(&state(&harness));
    for number in 0..1000 {
        let id = format!("run-{number:04}");
        runs.create(&id).unwrap().write_record(&record(&id, 2000 - number, TARGET)).unwrap();
    }
    let first = harness.get("/api/runs?limit=200").await.assert_status(200).json();
    assert_eq!((&first["total"], &first["runs"][0]["id"]), (&json!(1000), &json!("run-0999")));
    // what is not looked into again cannot be missed: only the date tells that it is as it was
    for number in 0..1000 {
        let file = state(&harness).join(format!("runs/run-{number:04}/run.json"));
        let (meta, length) = (std::fs::metadata(&file).unwrap(), std::fs::read(&file).unwrap().len());
        let open = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&open, &vec![b' '; length], 0).unwrap();
        open.set_modified(meta.modified().unwrap()).unwrap();
    }
    assert_eq!(harness.get("/api/runs?limit=200").await.json(), first);
}

#[tokio::test]
async fn a_run_needs_the_key() {
    let harness = Harness::start().await;
    leave(&state(&harness), &record("one", 10, TARGET), 1);
    for path in ["/api/runs", "/api/runs/one", "/api/runs/one/download?format=html"] {
        answer(harness.request(reqwest::Method::GET, path)).await.assert_error(401, "missing_key");
    }
    let given = harness.request(reqwest::Method::GET, "/api/runs/one").header("X-API-Key", KEY);
    answer(given).await.assert_status(200);
}
