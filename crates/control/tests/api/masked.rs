//! Secrets that come back masked: each goes where it belongs and nowhere else.

use serde_json::{Value, json};

use crate::harness::{Harness, TOKEN};

const OTHER: &str = "0123456789abcdef0123456789abcdef";

/// Saves a configuration and gives its id and what is shown of it.
async fn saved(harness: &Harness, name: &str, url: &str, token: &str) -> (i64, Value) {
    let config = json!({ "MATOMO_URL": url, "matomo_token_auth": token });
    let answer = harness.post("/api/configs", json!({ "name": name, "config": config })).await;
    answer.assert_status(201);
    (answer.json()["id"].as_i64().unwrap(), answer.json()["config"].clone())
}

/// The token that the load generator was given.
fn given(harness: &Harness) -> String {
    let env = harness.engine.env("matomo-loadgen").unwrap();
    assert!(!env.contains_key("MATOMO_TOKEN_AUTH"), "the token stands in the environment");
    std::fs::read_to_string(&env["MATOMO_TOKEN_AUTH_FILE"]).unwrap()
}

#[tokio::test]
async fn a_saved_configuration_is_used_with_its_own_token() {
    let harness = Harness::start().await;
    let (_, first) = saved(&harness, "First", "http://127.0.0.1:9/matomo.php", TOKEN).await;
    let (second_id, second) = saved(&harness, "Second", "http://127.0.0.1:10/matomo.php", OTHER).await;
    // a mask alone says nothing when there is no load generator
    harness.post("/api/start", json!({ "config": first })).await.assert_error(422, "invalid");
    let clear = json!({ "MATOMO_URL": "http://127.0.0.1:9/matomo.php", "MATOMO_TOKEN_AUTH": TOKEN });
    harness.post("/api/start", json!({ "config": clear })).await.assert_status(200);
    assert_eq!(given(&harness), TOKEN);

    let valid = harness.post("/api/validate", json!({ "config": second, "config_id": second_id })).await;
    assert_eq!(valid.json()["valid"], true, "{}", valid.text);
    let body = json!({ "config": second, "config_id": second_id });
    harness.post("/api/config/apply", body).await.assert_status(200);
    assert_eq!(given(&harness), OTHER);
    let body = json!({ "config": first, "config_id": 999 });
    harness.post("/api/config/apply", body).await.assert_error(404, "not_found");
}

#[tokio::test]
async fn what_status_shows_is_valid_as_it_stands() {
    let harness = Harness::start().await;
    let config = json!({ "MATOMO_URL": "http://127.0.0.1:9/matomo.php", "MATOMO_TOKEN_AUTH": TOKEN });
    harness.post("/api/start", json!({ "config": config })).await.assert_status(200);
    let shown = harness.get("/api/status").await.json()["config"].clone();
    assert_eq!(shown["MATOMO_TOKEN_AUTH"], settings::MASK);
    let valid = harness.post("/api/validate", json!({ "config": shown })).await;
    assert_eq!(valid.json()["valid"], true, "{}", valid.text);
    harness.post("/api/config/apply", json!({ "config": shown })).await.assert_status(200);
    assert_eq!(given(&harness), TOKEN);
}

#[tokio::test]
async fn a_connection_is_tested_with_the_token_that_is_kept_for_it() {
    let harness = Harness::start().await;
    let config = sink::Config { token: Some(TOKEN.to_owned()), ..sink::Config::default() };
    let sink = sink::start(config).await.unwrap();
    let url = format!("{}/matomo.php", sink.url());
    let (id, _) = saved(&harness, "First", &url, TOKEN).await;
    let test = |url: &str, id: Value| {
        let body = json!({ "matomo_url": url, "token_auth": settings::MASK, "config_id": id });
        let harness = &harness;
        async move { harness.post("/api/test-connection", body).await }
    };
    let answer = test(&url, id.into()).await;
    assert_eq!(answer.json()["token_valid"], true, "{}", answer.text);
    // without the id, and for another host, no token is known
    assert_eq!(test(&url, Value::Null).await.fields(), ["token_auth"]);
    assert_eq!(test("http://127.0.0.1:9/matomo.php", id.into()).await.fields(), ["token_auth"]);
    test(&url, 999.into()).await.assert_error(404, "not_found");
    sink.shutdown().await;
}

#[tokio::test]
async fn a_masked_password_in_the_address_is_found_again() {
    let harness = Harness::start().await;
    let (id, shown) = saved(&harness, "First", "http://me:pass@127.0.0.1:1/matomo.php", TOKEN).await;
    let body = json!({ "matomo_url": shown["MATOMO_URL"], "token_auth": settings::MASK, "config_id": id });
    let answer = harness.post("/api/test-connection", body).await;
    answer.assert_status(200);
    assert_eq!(answer.json()["reachable"], false);
    assert!(!answer.text.contains("pass") && !answer.text.contains(TOKEN), "{}", answer.text);
}

#[tokio::test]
async fn a_copy_of_what_is_shown_keeps_its_token() {
    let harness = Harness::start().await;
    let (id, shown) = saved(&harness, "First", "http://127.0.0.1:9/matomo.php", TOKEN).await;
    let body = json!({ "name": "A mask of nothing", "config": shown });
    harness.post("/api/configs", body).await.assert_error(422, "invalid");
    let body = json!({ "name": "Copy", "config": shown, "config_id": id });
    let copy = harness.post("/api/configs", body).await;
    copy.assert_status(201);
    let exported = harness.get("/api/configs/export?include_tokens=true").await.json();
    let configs = exported["configs"].as_array().unwrap();
    let copy = configs.iter().find(|config| config["name"] == "Copy").unwrap();
    assert!(copy["config"].to_string().contains(TOKEN), "{copy}");

    let clear = json!({ "MATOMO_URL": "http://127.0.0.1:9/matomo.php", "MATOMO_TOKEN_AUTH": OTHER });
    harness.post("/api/start", json!({ "config": clear })).await.assert_status(200);
    let shown = harness.get("/api/status").await.json()["config"].clone();
    let body = json!({ "name": "As it runs", "config": shown });
    harness.post("/api/configs", body).await.assert_status(201);
    let exported = harness.get("/api/configs/export?include_tokens=true").await.text;
    assert!(exported.contains(OTHER), "{exported}");
}
