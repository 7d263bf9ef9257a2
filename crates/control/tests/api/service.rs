//! The service itself: root, health, description, page, schema and validation.

use std::path::Path;

use control::openapi;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Harness, TOKEN, answer};

#[tokio::test]
async fn root_says_who_answers() {
    let harness = Harness::start().await;
    let answer = answer(harness.request(Method::GET, "/")).await;
    answer.assert_status(200);
    assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn health_is_well_also_without_an_engine() {
    let harness = Harness::start().await;
    harness.engine.set_away(true);
    let mut disconnected = None;
    for _ in 0..100 {
        let answer = answer(harness.request(Method::GET, "/health")).await;
        answer.assert_status(200);
        if answer.json()["docker"] == "disconnected" {
            disconnected = Some(answer.json());
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_json_snapshot!(disconnected.unwrap());
}

#[tokio::test]
async fn the_description_is_the_committed_one() {
    let harness = Harness::start().await;
    let answer = answer(harness.request(Method::GET, "/openapi.json")).await;
    answer.assert_status(200);
    assert_eq!(answer.text, openapi::text());
    assert!(answer.json()["openapi"].as_str().unwrap().starts_with("3.1"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == openapi::text(),
        "docs/openapi.json is stale: `cargo xtask generate` writes it anew"
    );
}

#[tokio::test]
async fn the_page_of_the_description_needs_nothing_from_outside_and_no_inline_script() {
    let harness = Harness::start().await;
    let page = answer(harness.request(Method::GET, "/docs")).await;
    page.assert_status(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let mut files = 0;
    for part in page.text.split(['"']).filter(|part| part.starts_with("/docs/")) {
        let file = answer(harness.request(Method::GET, part)).await;
        file.assert_status(200);
        assert!(!file.text.is_empty());
        files += 1;
    }
    assert!(files >= 5, "{files}");
    assert!(!page.text.contains("://"), "{}", page.text);
    for script in page.text.split("<script").skip(1) {
        assert!(script.trim_start().starts_with("src=\"/docs/"), "{script}");
    }
    answer(harness.request(Method::GET, "/docs/nothing.js")).await.assert_error(404, "not_found");
    answer(harness.request(Method::GET, "/docs/..%2fsecret")).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn the_web_page_is_served() {
    let harness = Harness::start().await;
    let page = answer(harness.request(Method::GET, "/ui")).await;
    page.assert_status(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("Trafficinator"));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_a_wrong_method_is_told_the_right_ones() {
    let harness = Harness::start().await;
    harness.get("/nowhere").await.assert_error(404, "not_found");
    harness.get("/api/").await.assert_error(404, "not_found");
    let answer = harness.send(Method::PATCH, "/api/configs/1", None).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, PUT, DELETE");
    for (path, allowed) in
        [("/api/configs/export", "GET"), ("/api/configs/import", "POST"), ("/api/funnels/preview", "POST")]
    {
        let answer = harness.send(Method::PUT, path, None).await;
        answer.assert_error(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allowed);
    }
    let answer = harness.send(Method::DELETE, "/api/validate", None).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn the_schema_tells_every_setting() {
    let harness = Harness::start().await;
    let answer = harness.get("/api/schema").await;
    answer.assert_status(200);
    let schema = answer.json();
    let names: Vec<&str> = schema["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|setting| setting["name"].as_str().unwrap())
        .collect();
    let defined: Vec<&str> = settings::definitions().iter().map(|definition| definition.name).collect();
    assert_eq!(names, defined);
    assert_eq!(schema, settings::render::json(), "nothing is lost on the way");
}

#[tokio::test]
async fn validation_tells_everything_at_once() {
    let harness = Harness::start().await;
    let good = json!({ "matomo_url": "https://m.example/matomo.php", "MATOMO_TOKEN_AUTH": TOKEN });
    let answer = harness.post("/api/validate", json!({ "config": good })).await;
    answer.assert_status(200);
    assert_json_snapshot!("validation_of_a_good_one", answer.json());

    let bad = json!({
        "MATOMO_URL": "ftp://me:pass@m.example", "CONCURRENCY": 3.0, "timezone": "Mars/Olympus", "COLOUR": "red",
        "MATOMO_TOKEN_AUTH": 5, "PAGEVIEWS_MIN": 9, "PAGEVIEWS_MAX": "2", "LOG_LEVEL": "a\u{0}b", "SEED": null,
        "TARGET_VISITS_PER_DAY": 600_000,
    });
    let answer = harness.post("/api/validate", json!({ "config": bad })).await;
    answer.assert_status(200);
    assert!(!answer.text.contains("pass@"), "{}", answer.text);
    assert_json_snapshot!("validation_of_a_bad_one", answer.json());
}

#[tokio::test]
async fn a_target_that_is_not_allowed_is_not_valid() {
    let harness = Harness::with(|config| config.targets.allowed = vec!["m.example".parse().unwrap()]).await;
    for (url, valid) in [("https://m.example/matomo.php", true), ("https://n.example/matomo.php", false)] {
        let config = json!({ "MATOMO_URL": url, "MATOMO_TOKEN_AUTH": TOKEN });
        let answer = harness.post("/api/validate", json!({ "config": config })).await;
        assert_eq!(answer.json()["valid"], valid, "{}", answer.text);
    }
}

#[tokio::test]
async fn validation_wants_a_configuration() {
    let harness = Harness::start().await;
    let answer = harness.post("/api/validate", json!({ "confg": {}, "config": [] })).await;
    answer.assert_error(422, "invalid");
    assert_eq!(answer.fields(), ["confg", "config"]);
    assert_eq!(harness.post("/api/validate", json!({})).await.fields(), ["config"]);
    let answer = harness.post("/api/validate", json!({ "config": {}, "confg": 1, "x": 2 })).await;
    assert_eq!(answer.fields(), ["confg", "x"]);
}
