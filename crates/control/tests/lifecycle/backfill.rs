//! One-off backfills beside the main load generator.

use control::engine::State;
use serde_json::{Value, json};

use crate::{
    harness::{Harness, TOKEN},
    support::{NAME, running, until},
};

const WINDOW: [(&str, &str); 2] =
    [("BACKFILL_START_DATE", "2026-01-01"), ("BACKFILL_END_DATE", "2026-01-07")];

fn window(name: &str) -> Value {
    let mut body = json!({ "name": name, "BACKFILL_MAX_VISITS_PER_DAY": 100 });
    for (field, value) in WINDOW {
        body[field] = json!(value);
    }
    body
}

/// The backfill of that name as the API knows it.
async fn known(harness: &Harness, name: &str) -> Value {
    let status = harness.get("/api/backfill/status").await.json();
    let all = ["active", "history"].into_iter().flat_map(|list| status[list].as_array().cloned().unwrap());
    all.into_iter().find(|run| run["name"] == name).unwrap_or(Value::Null)
}

async fn until_known(harness: &Harness, name: &str, state: &str) -> Value {
    until(state, async || known(harness, name).await["state"] == state).await;
    known(harness, name).await
}

/// Writes the final report that a load generator leaves, with so many visits done.
fn leave_summary(harness: &Harness, container: &str, visits: u64) {
    let now = jiff::Timestamp::from_second(4_000_000_000).unwrap();
    let run = report::RunInfo {
        id: "run-1".to_owned(),
        version: "1".to_owned(),
        mode: report::Mode::Backfill,
        transport: report::Transport::Single,
        seed: 1,
        shard: "0/1".to_owned(),
        started_at: now,
        now,
        ended_at: Some(now),
        uptime_s: 1.0,
        state: report::RunState::Ended,
    };
    let context = report::RunContext {
        run,
        target_visits_per_day: 100.0,
        visits_planned: Some(700),
        producing_s: 1.0,
        in_flight: 0,
        cap: None,
        backfill: Some(report::Backfill {
            day: None,
            days_done: visits / 100,
            days: 7,
            visits_done: visits,
            visits_planned: 700,
            estimated_end: None,
            possible_duplicates: 0,
        }),
        process: None,
    };
    let report = report::RunReport::build(&report::Tally::default(), context);
    let folder = harness.dir.path().join("state").join(container);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("summary.json"), serde_json::to_string(&report).unwrap()).unwrap();
}

#[tokio::test]
async fn a_backfill_runs_beside_the_main_one_and_is_told_to_be_finished_when_it_is() {
    let harness = running().await;
    let main = harness.engine.env(NAME).unwrap();
    let started = harness.post("/api/backfill/run", window("january")).await;
    let started = started.assert_status(200).json();
    let container = "matomo-loadgen-backfill-january";
    assert_eq!((&started["success"], &started["container_name"]), (&json!(true), &json!(container)));
    assert_eq!(started["run"]["progress"]["visits_planned"], 700);
    let env = harness.engine.env(container).unwrap();
    assert_eq!((env["BACKFILL_ENABLED"].as_str(), env["BACKFILL_RUN_ONCE"].as_str()), ("true", "false"));
    assert!(env["STATE_DIR"].ends_with(&format!("state/{container}")), "{env:?}");
    assert_ne!(env["MATOMO_TOKEN_AUTH_FILE"], main["MATOMO_TOKEN_AUTH_FILE"]);
    assert_eq!(std::fs::read_to_string(&env["MATOMO_TOKEN_AUTH_FILE"]).unwrap(), TOKEN);
    assert!(!started.to_string().contains(TOKEN));
    assert_eq!(harness.get("/api/backfill/status").await.json()["running"], true);
    harness.post("/api/backfill/run", window("january")).await.assert_error(409, "name_taken");

    leave_summary(&harness, container, 700);
    harness.engine.end(container, 0);
    let run = until_known(&harness, "january", "finished").await;
    assert_eq!(
        (&run["progress"]["visits_sent"], &run["exit_code"], &run["error"]),
        (&json!(700), &json!(0), &Value::Null)
    );
    assert_eq!(harness.get("/api/backfill/last").await.json()["run"], run);
    // the main one was not touched, and the token of the other is gone
    assert_eq!((harness.engine.state(NAME), harness.engine.env(NAME)), (State::Running, Some(main)));
    assert!(!std::path::Path::new(&env["MATOMO_TOKEN_AUTH_FILE"]).exists());

    let cleaned = harness.post("/api/backfill/cleanup", json!({})).await.json();
    assert_eq!(cleaned["removed"], json!([container]));
    assert_eq!(harness.engine.names(), [NAME]);
    assert!(!harness.dir.path().join("state").join(container).exists());
    assert_eq!(known(&harness, "january").await["state"], "finished");
}

#[tokio::test]
async fn every_end_is_told_for_what_it_is() {
    let harness = running().await;
    let container = |name: &str| format!("{NAME}-backfill-{name}");
    for name in ["failed", "stopped", "removed", "silent"] {
        harness.post("/api/backfill/run", window(name)).await.assert_status(200);
    }
    let fifth = harness.post("/api/backfill/run", window("fifth")).await;
    fifth.assert_error(409, "conflict");
    harness.engine.write_line(&container("failed"), "ERROR the target answered nothing");
    harness.engine.end(&container("failed"), 69);
    leave_summary(&harness, &container("stopped"), 300);
    harness.engine.end(&container("stopped"), 0);
    harness.engine.remove_behind_our_back(&container("removed"));
    harness.engine.end(&container("silent"), 0);
    let failed = until_known(&harness, "failed", "failed").await;
    let error = failed["error"].as_str().unwrap();
    assert!(error.contains("69") && error.contains("answered nothing"), "{error}");
    let stopped = until_known(&harness, "stopped", "interrupted").await;
    assert_eq!(stopped["progress"]["visits_sent"], 300);
    assert!(
        until_known(&harness, "removed", "interrupted").await["error"].as_str().unwrap().contains("removed")
    );
    assert!(
        until_known(&harness, "silent", "interrupted").await["error"]
            .as_str()
            .unwrap()
            .contains("no final report")
    );

    harness.post("/api/backfill/run", window("cancelled")).await.assert_status(200);
    let name = container("cancelled");
    let cancelled = harness.post("/api/backfill/cancel", json!({ "container_name": name })).await;
    assert_eq!(cancelled.assert_status(200).json()["state"], "cancelled");
    harness
        .post("/api/backfill/cancel", json!({ "container_name": name }))
        .await
        .assert_error(404, "not_found");
    harness
        .post("/api/backfill/cancel", json!({ "container_name": NAME }))
        .await
        .assert_error(404, "not_found");
    assert_eq!(harness.engine.state(NAME), State::Running);
}

#[tokio::test]
async fn an_impossible_window_is_refused_and_leaves_nothing() {
    let harness = running().await;
    let cases = [
        (json!({}), "BACKFILL_ENABLED"),
        (
            json!({ "BACKFILL_START_DATE": "2026-01-07", "BACKFILL_END_DATE": "2026-01-01" }),
            "BACKFILL_START_DATE",
        ),
        (
            json!({ "BACKFILL_START_DATE": "2026-01-01", "BACKFILL_END_DATE": "2999-01-01" }),
            "BACKFILL_END_DATE",
        ),
        (
            json!({ "BACKFILL_START_DATE": "2026-13-01", "BACKFILL_END_DATE": "2026-01-01" }),
            "BACKFILL_START_DATE",
        ),
        (json!({ "BACKFILL_DAYS_BACK": 3 }), "BACKFILL_DURATION_DAYS"),
        (json!({ "backfill_days_back": 3, "backfill_duration_days": 9 }), "BACKFILL_DURATION_DAYS"),
        (json!({ "BACKFILL_DAYS_BACK": 3, "BACKFILL_DURATION_DAYS": 2, "CONCURRENCY": 5 }), "CONCURRENCY"),
        (
            json!({ "BACKFILL_DAYS_BACK": 3, "BACKFILL_DURATION_DAYS": 2, "BACKFILL_RUN_ONCE": true }),
            "BACKFILL_RUN_ONCE",
        ),
        (json!({ "BACKFILL_DAYS_BACK": 3, "BACKFILL_DURATION_DAYS": 2, "name": "../x" }), "name"),
        (json!({ "BACKFILL_DAYS_BACK": 3, "BACKFILL_DURATION_DAYS": 2.5 }), "BACKFILL_DURATION_DAYS"),
    ];
    for (body, field) in cases {
        let refused = harness.post("/api/backfill/run", body.clone()).await;
        let fields = refused.assert_error(422, "invalid").fields();
        assert!(fields.contains(&field.to_owned()), "{body}: {fields:?}");
    }
    harness.post("/api/backfill/run", json!({ "name": 7 })).await.assert_error(422, "invalid");
    assert_eq!(harness.engine.names(), [NAME]);
    assert_eq!(harness.get("/api/backfill/last").await.json()["run"], Value::Null);
}

#[tokio::test]
async fn without_a_main_one_there_is_no_target() {
    let harness = Harness::start().await;
    crate::support::until_state(&harness, "not_found").await;
    harness.post("/api/backfill/run", window("january")).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn one_that_cannot_be_made_is_remembered_and_leaves_nothing() {
    let harness = running().await;
    harness.engine.refuse_next(control::engine::fake::Call::Start, "no more pids");
    harness.post("/api/backfill/run", window("january")).await.assert_error(502, "engine");
    let run = known(&harness, "january").await;
    assert_eq!(run["state"], "failed");
    assert!(run["error"].as_str().unwrap().contains("no more pids"));
    assert_eq!(harness.engine.names(), [NAME]);
    // and its name is free
    harness.post("/api/backfill/run", window("january")).await.assert_status(200);
}

#[tokio::test]
async fn history_outlives_the_control_plane() {
    let harness = running().await;
    harness.post("/api/backfill/run", window("january")).await.assert_status(200);
    let harness = harness.restart().await;
    // its engine is a new one, that knows of no container
    let run = until_known(&harness, "january", "interrupted").await;
    assert_eq!(run["first_day"], "2026-01-01");
}

#[tokio::test]
async fn the_runs_of_a_backfill_are_listed_and_outlive_its_removal() {
    let harness = running().await;
    harness.post("/api/backfill/run", window("january")).await.assert_status(200);
    let container = "matomo-loadgen-backfill-january";
    let now = control::clock::now();
    let record = proof::RunRecord {
        schema_version: proof::RECORD_VERSION,
        id: "run-of-january".to_owned(),
        version: "1".to_owned(),
        seed: 1,
        target: "http://127.0.0.1:9/matomo.php".to_owned(),
        site_id: 1,
        started_at: now,
        ended_at: None,
        written_at: now - jiff::SignedDuration::from_mins(10),
        processes: 1,
        time_zone: "UTC".to_owned(),
        time_zone_from: proof::ZoneSource::Site,
        site: ledger::Site::default(),
        settings: [("BACKFILL_ENABLED".to_owned(), "true".to_owned())].into(),
        visits: None,
        report: None,
    };
    let state_dir = harness.dir.path().join("state");
    let runs = proof::Runs::of_state_dir(&state_dir.join(container));
    runs.create(&record.id).unwrap().write_record(&record).unwrap();
    let of_january = async || harness.get("/api/runs").await.json()["runs"][0].clone();
    // nothing was written down for a while, and yet its process is there
    assert_eq!(
        (&of_january().await["state"], &of_january().await["mode"]),
        (&json!("running"), &json!("backfill"))
    );
    leave_summary(&harness, container, 700);
    harness.engine.end(container, 0);
    until_known(&harness, "january", "finished").await;
    assert_eq!(of_january().await["state"], "interrupted");
    let cleaned = harness.post("/api/backfill/cleanup", json!({})).await.json();
    assert_eq!((&cleaned["removed"], &cleaned["left"]), (&json!([container]), &json!([])));
    assert!(!state_dir.join(container).exists());
    assert!(state_dir.join("runs/run-of-january/run.json").is_file());
    assert_eq!(of_january().await["id"], "run-of-january");
}
