//! Start, stop, restart and apply.

use std::time::Duration;

use control::engine::{State, fake::Call};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, TOKEN},
    support::{NAME, config, running, until_state},
};

fn with(name: &str, value: Value) -> Value {
    let mut config = config();
    config[name] = value;
    json!({ "config": config })
}

#[tokio::test]
async fn without_a_container_all_is_said_and_nothing_fails() {
    let harness = Harness::start().await;
    until_state(&harness, "not_found").await;
    let status = harness.get("/api/status").await.json();
    assert_eq!(status["container"]["name"], NAME);
    assert_eq!(status["container"]["engine"], "docker");
    assert_eq!((&status["stats"], &status["config"]), (&Value::Null, &json!({})));
    for path in ["/api/start", "/api/stop", "/api/restart"] {
        harness.post(path, json!({})).await.assert_error(404, "not_found");
    }
    let created = harness.post("/api/config/apply", json!({ "config": config() })).await.json();
    assert_eq!((&created["success"], &created["state"]), (&json!(true), &json!("created")));
    assert_eq!(created["container_restarted"], false);
    let started = harness.post("/api/start", json!({})).await.json();
    assert_eq!((&started["state"], &started["error"]), (&json!("running"), &Value::Null));
}

#[tokio::test]
async fn the_token_is_nowhere_but_in_its_file() {
    let harness = running().await;
    let env = harness.engine.env(NAME).unwrap();
    assert!(!env.values().any(|value| value.contains(TOKEN)), "{env:?}");
    let status = harness.get("/api/status").await;
    assert!(!status.text.contains(TOKEN));
    assert_eq!(status.json()["config"]["MATOMO_TOKEN_AUTH"], "***MASKED***");
    assert_eq!(status.json()["config"]["MATOMO_TOKEN_AUTH_FILE"], Value::Null);
    // what was shown, sent back with a change, keeps the token
    let mut shown = status.json()["config"].clone();
    shown["CONCURRENCY"] = json!(8);
    harness.post("/api/config/apply", json!({ "config": shown })).await.assert_status(200);
    let env = harness.engine.env(NAME).unwrap();
    assert_eq!(env["CONCURRENCY"], "8");
    assert_eq!(std::fs::read_to_string(&env["MATOMO_TOKEN_AUTH_FILE"]).unwrap(), TOKEN);
    assert_eq!(std::fs::read_dir(harness.dir.path().join("secrets")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_running_one_is_not_interrupted_unless_it_may_be() {
    let harness = running().await;
    let same = harness.post("/api/start", json!({})).await;
    assert!(same.assert_status(200).json()["message"].as_str().unwrap().contains("runs already"));
    harness.post("/api/start", with("CONCURRENCY", json!(8))).await.assert_error(409, "conflict");
    assert_eq!(harness.engine.env(NAME).unwrap()["CONCURRENCY"], "7");
    let mut anyway = with("concurrency", json!(9));
    anyway["config"].as_object_mut().unwrap().remove("CONCURRENCY");
    anyway["restart_if_running"] = json!(true);
    harness.post("/api/start", anyway).await.assert_status(200);
    assert_eq!(harness.engine.env(NAME).unwrap()["CONCURRENCY"], "9");
    let restarted = harness.post("/api/restart?timeout=5", json!({})).await;
    assert_eq!(restarted.assert_status(200).json()["container_restarted"], true);
    let stopped = harness.post("/api/stop?timeout=1", json!({})).await;
    assert_eq!(stopped.assert_status(200).json()["state"], "stopped");
    let again = harness.post("/api/stop", json!({})).await;
    assert_eq!(again.assert_status(200).json()["state"], "stopped");
    assert_eq!(harness.engine.state(NAME), State::Stopped);
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_every_fault_and_touches_nothing() {
    let harness = running().await;
    let calls = harness.engine.calls();
    let wrong = json!({ "config": { "CONCURRENCY": 3.0, "TIMEZONE": "Mars/Olympus", "MATOMO_SIGHT": 1 } });
    for path in ["/api/config/apply", "/api/restart"] {
        let refused = harness.post(path, wrong.clone()).await;
        let fields = refused.assert_error(422, "invalid").fields();
        assert!(fields.contains(&"config.CONCURRENCY".to_owned()), "{fields:?}");
        assert!(fields.contains(&"config.MATOMO_SIGHT".to_owned()), "{fields:?}");
    }
    let zone = harness.post("/api/config/apply", with("TIMEZONE", json!("Mars/Olympus"))).await;
    assert_eq!(zone.assert_error(422, "invalid").fields(), ["config.TIMEZONE"]);
    // what would be "None" in an environment, and what cannot be in one at all
    for (name, value) in
        [("MATOMO_URL", json!(null)), ("TIMEZONE", json!("UTC\0")), ("URLS_FILE", json!("/app/data/a\0b"))]
    {
        let refused = harness.post("/api/config/apply", with(name, value)).await;
        assert_eq!(refused.assert_error(422, "invalid").fields(), [format!("config.{name}")]);
    }
    let everywhere = json!({ "config": { "MATOMO_URL": "http://127.0.0.1:9/", "CONCURRENCY": "None" } });
    let fields = harness.post("/api/restart", everywhere).await.assert_error(422, "invalid").fields();
    assert!(fields.contains(&"config.CONCURRENCY".to_owned()), "{fields:?}");
    harness.post("/api/config/apply", json!({})).await.assert_error(422, "invalid");
    harness.post("/api/start", json!({ "configuration": {} })).await.assert_error(422, "invalid");
    for timeout in ["0", "61", "-1", "x", "1.5", "99999999999999999999"] {
        for path in ["/api/stop", "/api/restart"] {
            harness.post(&format!("{path}?timeout={timeout}"), json!({})).await.assert_error(422, "invalid");
        }
    }
    assert_eq!(harness.engine.calls(), calls);
}

#[tokio::test]
async fn a_target_that_may_not_be_contacted_is_refused() {
    let harness = Harness::with(|config| config.targets.private = false).await;
    let refused = harness.post("/api/start", json!({ "config": config() })).await;
    assert_eq!(refused.assert_error(422, "invalid").fields(), ["config.MATOMO_URL"]);
    let mut more = config();
    more["CONCURRENCY"] = "3.0".into();
    let mut told =
        harness.post("/api/start", json!({ "config": more })).await.assert_error(422, "invalid").fields();
    told.sort();
    assert_eq!(told, ["config.CONCURRENCY", "config.MATOMO_URL"], "everything is told at once");
    assert_eq!(harness.engine.names(), [""; 0]);
}

#[tokio::test]
async fn a_new_one_that_falls_is_an_error_and_the_old_one_is_back() {
    let harness = running().await;
    let is = |env: &std::collections::BTreeMap<String, String>, value: &str| {
        env.get("CONCURRENCY").is_some_and(|given| given == value)
    };
    harness.engine.set_fate(move |env| {
        // 64: it does not like its settings
        is(env, "13").then_some(64).or(is(env, "14").then_some(1))
    });
    for (concurrency, status, code) in [(13, 422, "invalid"), (14, 502, "engine")] {
        let refused = harness.post("/api/config/apply", with("CONCURRENCY", json!(concurrency))).await;
        refused.assert_error(status, code);
        assert!(refused.text.contains("the one before is back, and running"), "{}", refused.text);
    }
    assert_eq!(harness.engine.env(NAME).unwrap()["CONCURRENCY"], "7");
    let status = harness.get("/api/status").await.json();
    assert_eq!(
        (&status["container"]["state"], &status["config"]["CONCURRENCY"]),
        (&json!("running"), &json!("7"))
    );
}

#[tokio::test]
async fn an_engine_that_is_away_is_said_to_be() {
    let harness = running().await;
    harness.engine.set_away(true);
    until_state(&harness, "error").await;
    let status = harness.get("/api/status").await.json();
    assert!(status["error"].as_str().unwrap().contains("cannot be reached"), "{status}");
    let health = harness.get("/health").await;
    assert_eq!(health.assert_status(200).json()["docker"], "disconnected");
    for path in ["/api/start", "/api/stop", "/api/restart"] {
        harness.post(path, json!({})).await.assert_error(503, "engine_unavailable");
    }
    harness
        .post("/api/config/apply", json!({ "config": config() }))
        .await
        .assert_error(503, "engine_unavailable");
    harness.get("/api/backfill/status").await.assert_error(503, "engine_unavailable");
    harness.get("/api/logs").await.assert_status(200);
    harness.engine.set_away(false);
    until_state(&harness, "running").await;
    assert_eq!(harness.get("/health").await.json()["docker"], "connected");
}

#[tokio::test]
async fn somebody_elses_container_is_a_conflict() {
    let harness = Harness::start().await;
    harness.engine.put_foreign(NAME);
    until_state(&harness, "error").await;
    for path in ["/api/start", "/api/stop", "/api/restart"] {
        harness.post(path, json!({})).await.assert_error(409, "conflict");
    }
    assert_eq!(harness.engine.calls(), []);
}

#[tokio::test]
async fn a_slow_stop_holds_up_no_other_route() {
    let harness = running().await;
    harness.engine.slow(Call::Stop, Duration::from_secs(3));
    let stop = harness.post("/api/stop?timeout=10", json!({}));
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        for path in ["/health", "/api/status", "/api/logs", "/api/metrics", "/api/backfill/status"] {
            harness.get(path).await.assert_status(200);
        }
        harness.engine.state(NAME)
    };
    let (stopped, meanwhile) = tokio::join!(stop, others);
    // all the others were answered while it still ran
    assert_eq!(meanwhile, State::Running);
    assert_eq!(stopped.assert_status(200).json()["state"], "stopped");
}
