//! Searches for the limit of the target beside the main load generator.

use control::engine::{State, fake::Call};
use report::{Findings, SearchState};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, TOKEN},
    support::{NAME, running, until, until_state},
};

const UNIT: &str = "matomo-loadgen-capacity-first";

fn wish() -> Value {
    json!({ "name": "first", "from": 50_000, "step_time": 5, "confirm": 10.5, "thresholds": "p95<300ms" })
}

/// Writes what a search has found so far.
fn leave_findings(harness: &Harness, state: SearchState) {
    let now = control::clock::now();
    let mut findings = Findings::begin(now, vec!["p95<300ms".to_owned()]);
    findings.too_much = Some(80_000.0);
    if state != SearchState::Searching {
        findings.end(state, now);
    }
    let path = harness.dir.path().join("state").join(UNIT).join("capacity.json");
    std::fs::write(path, serde_json::to_string(&findings).unwrap()).unwrap();
}

async fn status(harness: &Harness) -> Value {
    harness.get("/api/capacity/status").await.assert_status(200).json()
}

async fn until_over(harness: &Harness) -> Value {
    until("the search is over", async || status(harness).await["running"] == false).await;
    status(harness).await["history"][0].clone()
}

#[tokio::test]
async fn a_search_runs_beside_the_main_one_and_what_it_finds_is_shown() {
    let harness = running().await;
    let main = harness.engine.env(NAME).unwrap();
    let begun = harness.post("/api/capacity/run", wish()).await.assert_status(200).json();
    assert_eq!((&begun["container_name"], &begun["search"]["state"]), (&json!(UNIT), &json!("searching")));
    // the main one runs, and that is said
    assert!(begun["warnings"][0]["message"].as_str().unwrap().contains(NAME), "{begun}");
    let args = harness.engine.args(UNIT);
    let pairs: Vec<(&str, &str)> =
        args[1..].chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    assert_eq!(args[0], "capacity");
    assert!(pairs.contains(&("--from", "50000")) && pairs.contains(&("--confirm", "10.5")), "{pairs:?}");
    assert!(pairs[0].0 == "--json-file" && pairs[0].1.ends_with(&format!("state/{UNIT}/capacity.json")));
    let env = harness.engine.env(UNIT).unwrap();
    assert_eq!(env["THRESHOLDS"], "p95<300ms");
    assert_ne!(env["MATOMO_TOKEN_AUTH_FILE"], main["MATOMO_TOKEN_AUTH_FILE"]);
    assert!(!format!("{args:?} {env:?} {begun}").contains(TOKEN));
    assert_eq!(status(&harness).await["active"]["findings"], Value::Null);

    leave_findings(&harness, SearchState::Searching);
    until("what it has found is shown", async || {
        status(&harness).await["active"]["findings"]["too_much"] == 80_000.0
    })
    .await;
    harness.post("/api/capacity/run", json!({ "name": "second" })).await.assert_error(409, "conflict");

    leave_findings(&harness, SearchState::Done);
    // no rate was confirmed, which is a finding and no failure
    harness.engine.end(UNIT, 1);
    let over = until_over(&harness).await;
    assert_eq!(
        (&over["state"], &over["error"], &over["exit_code"], &over["findings"]["state"]),
        (&json!("done"), &Value::Null, &json!(1), &json!("done"))
    );
    // nothing is left of it, and the main one was not touched
    until("its unit is gone", async || harness.engine.names() == [NAME]).await;
    assert!(!harness.dir.path().join("state").join(UNIT).exists());
    assert!(!std::path::Path::new(&env["MATOMO_TOKEN_AUTH_FILE"]).exists());
    assert_eq!((harness.engine.state(NAME), harness.engine.env(NAME)), (State::Running, Some(main)));
    // and its name is free
    harness.post("/api/capacity/run", wish()).await.assert_status(200);
}

#[tokio::test]
async fn settings_that_stand_against_a_search_are_left_out() {
    let harness = Harness::start().await;
    let config = json!({
        "MATOMO_URL": "http://127.0.0.1:9/matomo.php", "RANDOMIZE_VISITOR_COUNTRIES": false, "MAX_TOTAL_VISITS": 10,
        "MAX_REQUESTS_PER_SECOND": 5, "SEED": 7, "TARGET_VISITS_PER_DAY": 4321, "AUTO_START": false,
        "THRESHOLDS": "success>99%",
    });
    harness.post("/api/config/apply", json!({ "config": config })).await.assert_status(200);
    let begun = harness.post("/api/capacity/run", json!({})).await.assert_status(200).json();
    // what was made and does not run brings no traffic
    assert_eq!(begun["warnings"], json!([]));
    let unit = begun["container_name"].as_str().unwrap();
    let env = harness.engine.env(unit).unwrap();
    for name in ["MAX_TOTAL_VISITS", "MAX_REQUESTS_PER_SECOND", "SEED"] {
        assert_eq!(env.get(name), None, "{name}");
    }
    assert_eq!((env["AUTO_START"].as_str(), env["THRESHOLDS"].as_str()), ("true", "success>99%"));
    assert_eq!(begun["search"]["request"]["from"], 4321.0);
    assert_eq!(begun["search"]["request"]["thresholds"], "success>99%");
}

#[tokio::test]
async fn a_cancelled_search_is_told_to_be() {
    let harness = running().await;
    harness.post("/api/capacity/run", wish()).await.assert_status(200);
    leave_findings(&harness, SearchState::Stopped);
    let cancel = json!({ "container_name": UNIT });
    let cancelled = harness.post("/api/capacity/cancel", cancel.clone()).await;
    assert_eq!(cancelled.assert_status(200).json()["state"], "cancelled");
    let over = until_over(&harness).await;
    assert_eq!((&over["state"], &over["findings"]["state"]), (&json!("cancelled"), &json!("stopped")));
    harness.post("/api/capacity/cancel", cancel).await.assert_error(404, "not_found");
    until("its unit is gone", async || harness.engine.names() == [NAME]).await;
}

#[tokio::test]
async fn one_that_fails_or_is_killed_is_told_for_what_it_is() {
    let harness = running().await;
    harness.post("/api/capacity/run", wish()).await.assert_status(200);
    harness.engine.write_line(UNIT, "ERROR MAX_TOTAL_VISITS: unset it to look for the target's limit");
    harness.engine.end(UNIT, 64);
    let failed = until_over(&harness).await;
    assert_eq!((&failed["state"], &failed["exit_code"]), (&json!("failed"), &json!(64)));
    let error = failed["error"].as_str().unwrap();
    assert!(error.contains("it ended with 64") && error.contains("unset it"), "{error}");

    harness.post("/api/capacity/run", wish()).await.assert_status(200);
    leave_findings(&harness, SearchState::Searching);
    until("its findings are known", async || !status(&harness).await["active"]["findings"].is_null()).await;
    harness.engine.remove_behind_our_back(UNIT);
    let removed = until_over(&harness).await;
    assert_eq!(removed["state"], "interrupted");
    // nobody searches any more
    assert_eq!(
        (&removed["findings"]["state"], &removed["findings"]["trying"]),
        (&json!("stopped"), &Value::Null)
    );

    harness.engine.refuse_next(Call::Start, "no more pids");
    harness.post("/api/capacity/run", wish()).await.assert_error(502, "engine");
    let history = status(&harness).await["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 3);
    assert!(history[0]["error"].as_str().unwrap().contains("no more pids"));
    assert_eq!(harness.engine.names(), [NAME]);
}

#[tokio::test]
async fn without_a_target_and_with_wrong_fields_nothing_is_searched() {
    let harness = Harness::start().await;
    until_state(&harness, "not_found").await;
    harness.post("/api/capacity/run", wish()).await.assert_error(404, "not_found");
    let harness = running().await;
    for (body, field) in [
        (json!({ "from": 0 }), "from"),
        (json!({ "step": 1 }), "step"),
        (json!({ "step_time": 0 }), "step_time"),
        (json!({ "confirm": 1e9 }), "confirm"),
        (json!({ "precision": "3" }), "precision"),
        (json!({ "least": 100, "most": 10 }), "least"),
        (json!({ "name": "../x" }), "name"),
        (json!({ "thresholds": "fast" }), "thresholds"),
        (json!({ "seconds": 1 }), "seconds"),
    ] {
        let refused = harness.post("/api/capacity/run", body.clone()).await;
        assert_eq!(refused.assert_error(422, "invalid").fields(), [field], "{body}");
    }
    assert_eq!(harness.engine.names(), [NAME]);
    assert_eq!(status(&harness).await, json!({ "running": false, "active": null, "history": [] }));
}

#[tokio::test]
async fn a_search_goes_on_over_a_restart_of_the_control_plane_or_is_interrupted() {
    let harness = running().await;
    harness.post("/api/capacity/run", wish()).await.assert_status(200);
    let harness = harness.restart().await;
    // its engine is a new one, that knows of no container
    let over = until_over(&harness).await;
    assert_eq!((&over["state"], &over["name"]), (&json!("interrupted"), &json!("first")));
}

#[tokio::test]
async fn an_engine_that_is_away_is_said_to_be() {
    let harness = running().await;
    harness.engine.set_away(true);
    until_state(&harness, "error").await;
    harness.get("/api/capacity/status").await.assert_error(503, "engine_unavailable");
    harness.post("/api/capacity/run", wish()).await.assert_error(503, "engine_unavailable");
}
