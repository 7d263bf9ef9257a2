//! Presets.

use insta::assert_json_snapshot;
use serde_json::json;

use crate::harness::{Harness, TOKEN, settled};

#[tokio::test]
async fn the_built_in_ones_are_there_and_valid() {
    let harness = Harness::start().await;
    let all = harness.get("/api/presets").await;
    all.assert_status(200);
    let ids: Vec<String> = all.json()["presets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|preset| preset["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["light", "medium", "heavy", "extreme"]);
    for id in ids {
        let preset = harness.get(&format!("/api/presets/{id}")).await;
        let mut config = preset.json()["config"].clone();
        config["MATOMO_URL"] = "https://m.example/".into();
        config["MATOMO_TOKEN_AUTH"] = TOKEN.into();
        let valid = harness.post("/api/validate", json!({ "config": config })).await;
        assert_eq!(valid.json()["valid"], true, "{id}: {}", valid.text);
    }
    assert_json_snapshot!(harness.get("/api/presets/light").await.json());
}

#[tokio::test]
async fn the_built_in_ones_are_read_only() {
    let harness = Harness::start().await;
    let answer = harness.put("/api/presets/heavy", json!({ "name": "mine" })).await;
    answer.assert_error(403, "read_only");
    assert_json_snapshot!(answer.json());
    harness.delete("/api/presets/light").await.assert_error(403, "read_only");
    harness
        .post("/api/presets", json!({ "name": "light", "config": {} }))
        .await
        .assert_error(409, "name_taken");
}

#[tokio::test]
async fn the_users_own_are_saved_changed_and_removed() {
    let harness = Harness::start().await;
    let body = json!({ "name": "Mine", "config": { "CONCURRENCY": 7, "MATOMO_TOKEN_AUTH": TOKEN } });
    let created = harness.post("/api/presets", body.clone()).await;
    created.assert_status(201);
    assert_json_snapshot!(settled(created.json()));
    let path = format!("/api/presets/{}", created.json()["id"].as_str().unwrap());
    assert_eq!(harness.get(&path).await.json(), created.json());
    assert_eq!(harness.get("/api/presets").await.json()["total"], 5);
    harness.post("/api/presets", body).await.assert_error(409, "name_taken");

    let changed = harness.put(&path, json!({ "config": { "CONCURRENCY": 8 } })).await;
    changed.assert_status(200);
    assert_eq!(changed.json()["config"], json!({ "CONCURRENCY": 8 }));
    harness.put(&path, json!({ "name": "Extreme" })).await.assert_error(409, "name_taken");
    harness.put(&path, json!({ "config": { "CONCURRENCY": -1 } })).await.assert_error(422, "invalid");
    harness.delete(&path).await.assert_status(200);
    harness.get(&path).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn presets_and_configurations_do_not_mix() {
    let harness = Harness::start().await;
    let preset = harness.post("/api/presets", json!({ "name": "Mine", "config": {} })).await.json();
    harness.post("/api/configs", json!({ "name": "Mine", "config": {} })).await.assert_status(201);
    harness
        .get(&format!("/api/configs/{}", preset["id"].as_str().unwrap()))
        .await
        .assert_error(404, "not_found");
    assert_eq!(harness.get("/api/configs").await.json()["total"], 1);
}
