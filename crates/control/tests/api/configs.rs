//! Saved configurations.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::harness::{Harness, TOKEN, settled};

fn config() -> Value {
    json!({
        "matomo_url": "https://me:pass@m.example/matomo.php",
        "MATOMO_TOKEN_AUTH": TOKEN,
        "CONCURRENCY": 20,
        "TARGET_VISITS_PER_DAY": 1500.5,
        "SEED": null,
    })
}

async fn create(harness: &Harness, name: &str) -> i64 {
    let body = json!({ "name": name, "description": "what it is for", "config": config() });
    let answer = harness.post("/api/configs", body).await;
    answer.assert_status(201);
    answer.json()["id"].as_i64().unwrap()
}

/// What the load generator would be given.
async fn stored(harness: &Harness, id: i64) -> Value {
    let export = harness.get("/api/configs/export?include_tokens=true").await.json();
    let name = harness.get(&format!("/api/configs/{id}")).await.json()["name"].clone();
    let found = export["configs"].as_array().unwrap().iter().find(|config| config["name"] == name).unwrap();
    found["config"].clone()
}

#[tokio::test]
async fn a_configuration_is_saved_listed_shown_and_removed() {
    let harness = Harness::start().await;
    assert_eq!(harness.get("/api/configs").await.json(), json!({ "configs": [], "total": 0 }));
    let answer = harness.post("/api/configs", json!({ "name": " Nightly ", "config": config() })).await;
    answer.assert_status(201);
    assert_json_snapshot!("created", settled(answer.json()));
    let id = answer.json()["id"].as_i64().unwrap();
    assert_eq!(harness.get(&format!("/api/configs/{id}")).await.json(), answer.json());
    let all = harness.get("/api/configs").await.json();
    assert_eq!(all, json!({ "configs": [answer.json()], "total": 1 }));

    let removed = harness.delete(&format!("/api/configs/{id}")).await;
    removed.assert_status(200);
    assert_json_snapshot!("removed", removed.json());
    harness.get(&format!("/api/configs/{id}")).await.assert_error(404, "not_found");
    harness.delete(&format!("/api/configs/{id}")).await.assert_error(404, "not_found");
    assert_ne!(create(&harness, "Nightly").await, id, "an id is never used twice");
}

#[tokio::test]
async fn secrets_are_never_returned_and_a_mask_keeps_them() {
    let harness = Harness::start().await;
    let id = create(&harness, "Nightly").await;
    let path = format!("/api/configs/{id}");
    let mut shown = harness.get(&path).await.json()["config"].clone();
    assert_eq!(shown["MATOMO_TOKEN_AUTH"], settings::MASK);
    assert_eq!(shown["matomo_url"], "https://***MASKED***@m.example/matomo.php");
    for list in ["/api/configs", "/api/configs/export", &path] {
        let text = harness.get(list).await.text;
        assert!(!text.contains(TOKEN) && !text.contains("pass@"), "{list}: {text}");
    }

    shown["CONCURRENCY"] = 30.into();
    harness.put(&path, json!({ "config": shown })).await.assert_status(200);
    let full = stored(&harness, id).await;
    assert_eq!(full["MATOMO_TOKEN_AUTH"], TOKEN);
    assert_eq!(full["matomo_url"], "https://me:pass@m.example/matomo.php");
    assert_eq!(full["CONCURRENCY"], 30);

    // a password does not follow to another host
    shown["matomo_url"] = "https://***MASKED***@evil.example/matomo.php".into();
    let answer = harness.put(&path, json!({ "config": shown })).await;
    answer.assert_error(422, "invalid");
    assert_eq!(answer.fields(), ["config.MATOMO_URL"]);
    assert_eq!(stored(&harness, id).await["CONCURRENCY"], 30, "nothing was changed");
}

#[tokio::test]
async fn the_database_keeps_tokens_apart_from_configurations() {
    let mut harness = Harness::start().await;
    create(&harness, "Nightly").await;
    harness.stop().await;
    let db = rusqlite::Connection::open(&harness.config.db_path).unwrap();
    let config: String = db.query_row("SELECT config FROM saved", [], |row| row.get(0)).unwrap();
    assert!(!config.contains(TOKEN) && config.contains(settings::MASK), "{config}");
    let secret: String = db
        .query_row("SELECT value FROM secrets WHERE name = 'MATOMO_TOKEN_AUTH'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(secret, TOKEN);
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let harness = Harness::start().await;
    let id = create(&harness, "Nightly").await;
    let path = format!("/api/configs/{id}");
    let answer = harness.put(&path, json!({ "name": "Daily" })).await;
    answer.assert_status(200);
    assert_json_snapshot!(settled(answer.json()));
    harness.put(&path, json!({ "description": "" })).await.assert_status(200);
    assert_eq!(stored(&harness, id).await, config());
    harness.put(&path, json!({})).await.assert_error(422, "invalid");
    harness.put("/api/configs/999", json!({ "name": "x" })).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn names_are_unique() {
    let harness = Harness::start().await;
    let first = create(&harness, "Nightly").await;
    create(&harness, "Daily").await;
    let again = harness.post("/api/configs", json!({ "name": "Nightly", "config": {} })).await;
    again.assert_error(409, "name_taken");
    assert_json_snapshot!(again.json());
    harness
        .put(&format!("/api/configs/{first}"), json!({ "name": "Daily" }))
        .await
        .assert_error(409, "name_taken");
    harness.put(&format!("/api/configs/{first}"), json!({ "name": "Nightly" })).await.assert_status(200);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_and_nothing_is_saved() {
    let harness = Harness::start().await;
    let body = json!({
        "name": "", "description": "x".repeat(501),
        "config": { "CONCURRENCY": 0, "TIMEZONE": "Mars/Olympus", "PAGEVIEWS_MIN": 9, "PAGEVIEWS_MAX": 2 },
    });
    let answer = harness.post("/api/configs", body).await;
    answer.assert_error(422, "invalid");
    assert_json_snapshot!("wrong", answer.json());
    let answer = harness
        .post("/api/configs", json!({ "name": "x", "config": { "COLOUR": "red", "CONCURRENCY": 3.0 } }))
        .await;
    assert_json_snapshot!("unreadable", answer.json());
    for name in ["a\u{0}b", "a\nb", &"x".repeat(101), "  "] {
        let answer = harness.post("/api/configs", json!({ "name": name, "config": {} })).await;
        assert_eq!(answer.fields(), ["name"], "{name:?}");
    }
    assert_eq!(harness.get("/api/configs").await.json()["total"], 0);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_process() {
    let harness = Harness::start().await;
    let id = create(&harness, "Nightly").await;
    let before = harness.get(&format!("/api/configs/{id}")).await.json();
    let harness = harness.restart().await;
    assert_eq!(harness.get(&format!("/api/configs/{id}")).await.json(), before);
    assert_eq!(stored(&harness, id).await, config());
}

#[tokio::test]
async fn an_export_has_no_tokens_unless_asked_for() {
    let harness = Harness::start().await;
    create(&harness, "Nightly").await;
    let bare = harness.get("/api/configs/export").await;
    bare.assert_status(200);
    assert!(bare.header("content-disposition").contains("attachment"));
    assert_json_snapshot!(settled(bare.json()));
    let full = harness.get("/api/configs/export?include_tokens=true").await;
    assert_eq!(full.json()["configs"][0]["config"], config());
    harness.get("/api/configs/export?include_tokens=perhaps").await.assert_error(422, "invalid");
}

#[tokio::test]
async fn what_was_exported_can_be_imported() {
    let harness = Harness::start().await;
    create(&harness, "Nightly").await;
    create(&harness, "Daily").await;
    let file = harness.get("/api/configs/export?include_tokens=true").await.json();
    let other = Harness::start().await;
    let answer = other.post("/api/configs/import", file.clone()).await;
    answer.assert_status(200);
    assert_json_snapshot!(answer.json());
    let again = other.get("/api/configs/export?include_tokens=true").await.json();
    assert_eq!(again["configs"], file["configs"]);
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let harness = Harness::start().await;
    create(&harness, "Nightly").await;
    let file = json!({ "version": 1, "configs": [{ "name": "New", "config": {} }, { "name": "Nightly", "config": {} }] });
    harness.post("/api/configs/import", file.clone()).await.assert_error(409, "name_taken");
    assert_eq!(harness.get("/api/configs").await.json()["total"], 1);

    let wrong = json!({
        "version": 2,
        "configs": [{ "name": "A", "config": {} }, { "name": "A", "config": {} }, { "name": "B", "config": { "CONCURRENCY": 0 } }],
    });
    let answer = harness.post("/api/configs/import", wrong).await;
    answer.assert_error(422, "invalid");
    assert_eq!(answer.fields(), ["version", "configs[1].name", "configs[2].config.CONCURRENCY"]);
    assert_eq!(harness.get("/api/configs").await.json()["total"], 1);

    let answer = harness.post("/api/configs/import?replace=true", file).await;
    answer.assert_status(200);
    assert_eq!((answer.json()["created"].as_i64(), answer.json()["replaced"].as_i64()), (Some(1), Some(1)));
    assert_eq!(harness.get("/api/configs").await.json()["total"], 2);
}

#[tokio::test]
async fn a_replaced_configuration_keeps_a_token_that_the_file_leaves_out() {
    let harness = Harness::start().await;
    let id = create(&harness, "Nightly").await;
    let file = harness.get("/api/configs/export").await.json();
    harness.post("/api/configs/import?replace=true", file).await.assert_status(200);
    assert_eq!(stored(&harness, id).await["MATOMO_TOKEN_AUTH"], TOKEN);
}

#[tokio::test]
async fn a_backup_is_a_whole_database() {
    let harness = Harness::start().await;
    let id = create(&harness, "Nightly").await;
    let copy = harness.dir.path().join("copy.db");
    let store = control::Store::open(&harness.config.db_path).unwrap();
    store.backup(&copy).await.unwrap();
    let error = store.backup(&copy).await.unwrap_err();
    assert!(error.to_string().contains("copy.db"), "{error}");
    create(&harness, "Later").await;

    let restored = Harness::with(|config| config.db_path = copy.clone()).await;
    assert_eq!(restored.get("/api/configs").await.json()["total"], 1);
    assert_eq!(stored(&restored, id).await, config());
}

#[tokio::test]
async fn many_clients_at_once_lose_nothing() {
    let harness = Harness::start().await;
    let writes = (0..40).map(|number| create(&harness, Box::leak(format!("n{number}").into_boxed_str())));
    let mut ids: Vec<i64> = futures_util::future::join_all(writes).await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    assert_eq!(harness.get("/api/configs").await.json()["total"], 40);
}
