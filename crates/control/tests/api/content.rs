//! The user's own pages and events.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use traffic::content::File;

use crate::harness::Harness;

const PAGES: &str = "# mine\nhttps://example.com/ Home\nhttps://example.com/shop/shoes Shoes\n";

fn events() -> Value {
    json!({
        "click_events": [{ "category": "nav", "action": "click", "name": "menu", "value": null }],
        "random_events": [],
        "click_events_probability": 0.5,
    })
}

fn file(harness: &Harness, name: &str) -> Option<String> {
    std::fs::read_to_string(harness.dir.path().join(name)).ok()
}

#[tokio::test]
async fn pages_are_built_in_until_there_are_others_and_again_after() {
    let harness = Harness::start().await;
    let before = harness.get("/api/urls").await;
    before.assert_status(200);
    assert_eq!(before.json()["source"], "built-in");
    assert_eq!(before.json()["total"], 2000);
    assert_eq!(before.json()["content"], File::Urls.built_in());

    let saved = harness.post("/api/urls", json!({ "content": PAGES })).await;
    saved.assert_status(200);
    assert_json_snapshot!("saved_urls", saved.json());
    assert_eq!(file(&harness, "urls.txt").as_deref(), Some(PAGES));
    let now = harness.get("/api/urls").await;
    assert_json_snapshot!("urls", now.json());

    harness.delete("/api/urls").await.assert_status(200);
    assert_eq!(file(&harness, "urls.txt"), None);
    assert_eq!(harness.get("/api/urls").await.json(), before.json());
    harness.delete("/api/urls").await.assert_status(200);
}

#[tokio::test]
async fn wrong_pages_are_told_by_line_and_not_saved() {
    let harness = Harness::start().await;
    let wrong = "https://example.com/ Home\n\nnot a url\njavascript:alert(1)\n";
    let answer = harness.post("/api/urls", json!({ "content": wrong })).await;
    answer.assert_error(422, "invalid");
    assert_eq!(answer.fields(), ["line 3", "line 4"]);
    harness.post("/api/urls", json!({ "content": "# nothing\n" })).await.assert_error(422, "invalid");
    assert_eq!(file(&harness, "urls.txt"), None);

    let checked = harness.post("/api/urls/validate", json!({ "content": wrong })).await;
    checked.assert_status(200);
    assert_json_snapshot!("checked_urls", checked.json());
    let good = harness.post("/api/urls/validate", json!({ "content": PAGES })).await;
    assert_eq!((good.json()["valid"].as_bool(), good.json()["total"].as_i64()), (Some(true), Some(2)));
    assert_eq!(file(&harness, "urls.txt"), None, "checking saves nothing");
}

#[tokio::test]
async fn a_file_spoilt_by_hand_is_shown_with_its_faults() {
    let harness = Harness::start().await;
    std::fs::write(harness.dir.path().join("urls.txt"), "nonsense\n").unwrap();
    std::fs::write(harness.dir.path().join("events.json"), "{").unwrap();
    let urls = harness.get("/api/urls").await;
    urls.assert_status(200);
    assert_eq!(urls.json()["errors"][0]["line"], 1);
    let events = harness.get("/api/events").await;
    events.assert_status(200);
    assert_eq!(events.json()["counts"], Value::Null);
    assert_eq!(events.json()["errors"][0]["line"], 1);
}

#[tokio::test]
async fn a_large_list_is_taken() {
    let harness = Harness::start().await;
    let pages = (0..50_000).map(|number| format!("https://example.com/s{}/p{number} Page", number % 50));
    let list = pages.collect::<Vec<_>>().join("\n");
    let answer = harness.post("/api/urls", json!({ "content": list })).await;
    answer.assert_status(200);
    assert_eq!(answer.json()["total"], 50_000);
}

#[tokio::test]
async fn events_are_built_in_until_there_are_others_and_again_after() {
    let harness = Harness::start().await;
    let before = harness.get("/api/events").await;
    before.assert_status(200);
    assert_eq!(before.json()["source"], "built-in");
    assert_eq!(before.json()["counts"], json!({ "click_events": 16, "random_events": 16 }));

    let saved = harness.post("/api/events", json!({ "content": events() })).await;
    saved.assert_status(200);
    assert_json_snapshot!("saved_events", saved.json());
    let written: Value = serde_json::from_str(&file(&harness, "events.json").unwrap()).unwrap();
    assert_eq!(written, events());
    assert_eq!(harness.get("/api/events").await.json()["source"], "custom");

    let text = events().to_string();
    harness.post("/api/events", json!({ "content": text })).await.assert_status(200);
    assert_eq!(file(&harness, "events.json"), Some(text));

    harness.delete("/api/events").await.assert_status(200);
    assert_eq!(harness.get("/api/events").await.json(), before.json());
}

#[tokio::test]
async fn wrong_events_are_told_by_line_and_not_saved() {
    let harness = Harness::start().await;
    let wrong = "{\n\"click_events\": [\n{\"category\": \"\", \"action\": \"a\"}\n],\n\"colour\": 1\n}";
    let answer = harness.post("/api/events", json!({ "content": wrong })).await;
    answer.assert_error(422, "invalid");
    assert_eq!(answer.fields(), ["line 3, click_events[0].category", "line 5, colour"]);
    let checked = harness.post("/api/events/validate", json!({ "content": wrong })).await;
    checked.assert_status(200);
    assert_json_snapshot!("checked_events", checked.json());
    let good = harness.post("/api/events/validate", json!({ "content": events() })).await;
    assert_eq!(good.json()["valid"], true);
    for content in [json!(5), json!([]), json!(null)] {
        harness.post("/api/events", json!({ "content": content })).await.assert_error(422, "invalid");
    }
    assert_eq!(file(&harness, "events.json"), None);
}
