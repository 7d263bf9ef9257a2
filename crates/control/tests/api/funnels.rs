//! Funnels: stored, checked by the load generator's own rules, and exported to its file at once.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use traffic::content::{Content, File, Sources};

use crate::harness::{Harness, funnel, settled};

/// The names in the load generator's file, as it reads them itself.
fn exported(harness: &Harness) -> Vec<String> {
    let text = std::fs::read_to_string(harness.dir.path().join("funnels.json")).unwrap();
    let mut sources = Sources::default();
    sources.set(File::Funnels, "funnels.json", text);
    Content::load(&sources).unwrap().funnels.iter().map(|funnel| funnel.name.clone()).collect()
}

async fn create(harness: &Harness, name: &str) -> String {
    let answer = harness.post("/api/funnels", funnel(name)).await;
    answer.assert_status(201);
    format!("/api/funnels/{}", answer.json()["id"])
}

#[tokio::test]
async fn a_funnel_is_saved_exported_changed_and_removed() {
    let harness = Harness::start().await;
    assert_eq!(harness.get("/api/funnels").await.json(), json!({ "funnels": [], "total": 0 }));
    let created = harness.post("/api/funnels", funnel("Buy")).await;
    created.assert_status(201);
    assert_json_snapshot!("created_funnel", settled(created.json()));
    assert_eq!(exported(&harness), ["Buy"]);
    let path = format!("/api/funnels/{}", created.json()["id"]);
    assert_eq!(harness.get(&path).await.json(), created.json());

    let mut changed = funnel("Buy more");
    changed["priority"] = 3.into();
    let answer = harness.put(&path, changed).await;
    answer.assert_status(200);
    assert_eq!(answer.json()["created_at"], created.json()["created_at"]);
    assert_eq!(exported(&harness), ["Buy more"]);

    let removed = harness.delete(&path).await;
    removed.assert_status(200);
    assert_json_snapshot!("removed_funnel", removed.json());
    assert_eq!(exported(&harness), Vec::<String>::new());
    harness.get(&path).await.assert_error(404, "not_found");
    harness.put(&path, funnel("Buy")).await.assert_error(404, "not_found");
    harness.delete(&path).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn names_are_unique() {
    let harness = Harness::start().await;
    create(&harness, "Buy").await;
    let other = create(&harness, "Read").await;
    harness.post("/api/funnels", funnel("Buy")).await.assert_error(409, "name_taken");
    harness.put(&other, funnel(" Buy ")).await.assert_error(409, "name_taken");
    assert_eq!(exported(&harness), ["Buy", "Read"]);
}

#[tokio::test]
async fn a_wrong_funnel_is_refused_by_step_and_field() {
    let harness = Harness::start().await;
    let wrong = json!({
        "name": "Buy", "probability": 1.5, "priority": 9_223_372_036_854_775_808_u64, "colour": "red",
        "steps": [
            { "type": "event", "event_category": "c", "event_action": "a", "event_name": "n" },
            { "type": "pageview" },
            { "type": "outlink", "target_url": "javascript:alert(1)" },
            { "type": "pageview", "url": "https://example.com/", "delay_seconds_min": 5, "delay_seconds_max": 4, "x": 1 },
        ],
    });
    let answer = harness.post("/api/funnels", wrong.clone()).await;
    answer.assert_error(422, "invalid");
    assert_json_snapshot!(answer.json());
    let preview = harness.post("/api/funnels/preview", wrong).await;
    assert_eq!(preview.json(), answer.json());
    for value in [json!({}), json!({ "name": "x", "probability": 1, "steps": [] }), json!({ "steps": "x" })] {
        harness.post("/api/funnels", value).await.assert_error(422, "invalid");
    }
    assert!(!harness.dir.path().join("funnels.json").exists(), "nothing was written");
}

#[tokio::test]
async fn what_contradicts_another_funnel_is_refused_and_changes_nothing() {
    let harness = Harness::start().await;
    create(&harness, "Buy").await;
    let mut other = funnel("Read");
    // a keyword has one number of results
    other["steps"][1]["search_results"] = 7.into();
    let answer = harness.post("/api/funnels", other).await;
    answer.assert_error(422, "invalid");
    assert_eq!(exported(&harness), ["Buy"]);
    assert_eq!(harness.get("/api/funnels").await.json()["total"], 1);
}

#[tokio::test]
async fn a_preview_shows_the_hits_and_saves_nothing() {
    let harness = Harness::start().await;
    let answer = harness.post("/api/funnels/preview", funnel("Buy")).await;
    answer.assert_status(200);
    let kinds: Vec<Value> =
        answer.json()["hits"].as_array().unwrap().iter().map(|hit| hit["type"].clone()).collect();
    assert_eq!(kinds, ["pageview", "site_search", "ecommerce", "ping"]);
    let hits = answer.json()["hits"].clone();
    assert_eq!(hits[0]["url"], "https://example.com/shop");
    assert_eq!(hits[0]["params"]["action_name"], "Shop");
    assert_eq!(hits[1]["params"]["search"], "shoes");
    assert_eq!(hits[1]["offset_seconds"], 2.0);
    assert_eq!(hits[2]["params"]["revenue"], "20.00");
    let mut goes_on = funnel("Buy");
    goes_on["exit_after_completion"] = false.into();
    let answer = harness.post("/api/funnels/preview", goes_on).await;
    assert_eq!(answer.json()["hits"].as_array().unwrap().len(), 3);
    assert_eq!(harness.get("/api/funnels").await.json()["total"], 0);
    assert!(!harness.dir.path().join("funnels.json").exists());
}

#[tokio::test]
async fn the_file_is_brought_up_to_date_at_the_start() {
    let mut harness = Harness::start().await;
    create(&harness, "Buy").await;
    harness.stop().await;
    // as after a process that ended between its commit and the file
    std::fs::write(harness.dir.path().join("funnels.json"), "[]").unwrap();
    let harness = Harness::in_dir(harness.dir, |_| {}).await;
    assert_eq!(exported(&harness), ["Buy"]);
}

#[tokio::test]
async fn funnels_written_by_hand_are_taken_over_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("funnels.json");
    std::fs::write(&file, json!([funnel("By hand"), funnel("Another")]).to_string()).unwrap();
    let harness = Harness::in_dir(dir, |_| {}).await;
    let all = harness.get("/api/funnels").await.json();
    assert_eq!(all["total"], 2);
    harness.delete(&format!("/api/funnels/{}", all["funnels"][0]["id"])).await.assert_status(200);
    let harness = harness.restart().await;
    assert_eq!(harness.get("/api/funnels").await.json()["total"], 1);
    assert_eq!(exported(&harness), ["Another"]);
}

#[tokio::test]
async fn an_unreadable_file_is_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("funnels.json"), "[{]").unwrap();
    let harness = Harness::in_dir(dir, |_| {}).await;
    assert_eq!(harness.get("/api/funnels").await.json()["total"], 0);
    assert_eq!(std::fs::read_to_string(harness.dir.path().join("funnels.json")).unwrap(), "[{]");
    create(&harness, "Buy").await;
    assert_eq!(exported(&harness), ["Buy"]);
    assert_eq!(std::fs::read_to_string(harness.dir.path().join("funnels.json.unreadable")).unwrap(), "[{]");
}

#[tokio::test]
async fn texts_come_back_as_they_were_sent() {
    let harness = Harness::start().await;
    let mut body = funnel("<script>alert(1)</script>");
    body["description"] = "\"quoted\" & <b>ümläut</b>\n🦀".into();
    let answer = harness.post("/api/funnels", body.clone()).await;
    answer.assert_status(201);
    assert_eq!(answer.json()["name"], body["name"]);
    assert_eq!(answer.json()["description"], body["description"]);
    assert!(answer.header("content-type").starts_with("application/json"));
}
