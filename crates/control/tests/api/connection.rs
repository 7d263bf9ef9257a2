//! The connection test, against a receiver that answers as a Matomo does, and against what does not.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Harness, KEY, TOKEN, answer};

async fn receiver() -> (sink::Handle, String) {
    let config = sink::Config { token: Some(TOKEN.to_owned()), ..sink::Config::default() };
    let sink = sink::start(config).await.unwrap();
    let url = format!("{}/matomo.php", sink.url());
    (sink, url)
}

/// Makes what changes from run to run the same.
fn settled(mut result: Value) -> Value {
    if result["response_time_ms"].is_number() {
        result["response_time_ms"] = "[time]".into();
    }
    result
}

#[tokio::test]
async fn a_good_target_is_told_and_no_visit_is_left() {
    let harness = Harness::start().await;
    let (sink, url) = receiver().await;
    let answer =
        harness.post("/api/test-connection", json!({ "matomo_url": url, "token_auth": TOKEN })).await;
    answer.assert_status(200);
    assert!(!answer.text.contains(TOKEN));
    assert_json_snapshot!("good", settled(answer.json()));
    let answer = harness.post("/api/test-connection", json!({ "matomo_url": url })).await;
    assert_json_snapshot!("good_without_a_token", settled(answer.json()));
    let dump = reqwest::get(format!("{}/sink/hits", sink.url())).await.unwrap().text().await.unwrap();
    assert_eq!(dump, "", "nothing was recorded");
    sink.shutdown().await;
}

#[tokio::test]
async fn a_wrong_site_or_token_is_told_without_repeating_it() {
    let harness = Harness::start().await;
    let (sink, url) = receiver().await;
    let answer = harness.post("/api/test-connection", json!({ "matomo_url": url, "site_id": 99 })).await;
    assert_eq!(
        (answer.json()["success"].as_bool(), answer.json()["reachable"].as_bool()),
        (Some(false), Some(true))
    );
    let wrong = "deadbeefdeadbeefdeadbeefdeadbeef";
    let answer =
        harness.post("/api/test-connection", json!({ "matomo_url": url, "token_auth": wrong })).await;
    assert_eq!(
        (answer.json()["success"].as_bool(), answer.json()["token_valid"].as_bool()),
        (Some(false), Some(false))
    );
    assert!(!answer.text.contains(wrong), "{}", answer.text);
    sink.shutdown().await;
}

/// A server that answers everything with the same.
async fn stub(response: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/matomo.php", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 8192];
                if stream.read(&mut buffer).await.is_ok() {
                    stream.write_all(response.as_bytes()).await.ok();
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn what_answers_anything_is_no_matomo() {
    let harness = Harness::start().await;
    for response in [
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "not http at all",
    ] {
        let url = stub(response).await;
        let answer = harness
            .post("/api/test-connection", json!({ "matomo_url": url, "token_auth": TOKEN, "timeout": 2 }))
            .await;
        answer.assert_status(200);
        assert_eq!(answer.json()["success"], false, "{response}: {}", answer.text);
        assert!(answer.json()["error"].is_string(), "{response}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let harness = Harness::start().await;
    let (sink, _) = receiver().await;
    let target = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}/matomo.php\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        sink.url()
    );
    let url = stub(Box::leak(target.into_boxed_str())).await;
    let answer = harness.post("/api/test-connection", json!({ "matomo_url": url })).await;
    assert_eq!(answer.json()["success"], false, "{}", answer.text);
    assert_eq!(answer.json()["status_code"], 302);
    assert_eq!(sink.stats().await.requests, 0);
    sink.shutdown().await;
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_told() {
    let harness = Harness::start().await;
    let answer =
        harness.post("/api/test-connection", json!({ "matomo_url": "http://127.0.0.1:1/matomo.php" })).await;
    answer.assert_status(200);
    assert_json_snapshot!("unreachable", answer.json());
}

#[tokio::test]
async fn only_allowed_targets_are_contacted() {
    let listed = Harness::with(|config| config.targets.allowed = vec!["m.example".parse().unwrap()]).await;
    let closed = Harness::with(|config| config.targets.private = false).await;
    let (sink, url) = receiver().await;
    for harness in [&listed, &closed] {
        let answer = harness.post("/api/test-connection", json!({ "matomo_url": url })).await;
        answer.assert_error(403, "target_forbidden");
    }
    let answer = closed
        .post("/api/test-connection", json!({ "matomo_url": url.replace("127.0.0.1", "localhost") }))
        .await;
    answer.assert_error(403, "target_forbidden");
    assert_eq!(sink.stats().await.requests, 0);

    let address = "127.0.0.1".parse().unwrap();
    let named = Harness::with(|config| {
        config.targets.private = false;
        config.targets.allowed = vec![address];
    })
    .await;
    let answer = named.post("/api/test-connection", json!({ "matomo_url": url })).await;
    assert_eq!(answer.json()["success"], true, "{}", answer.text);
    sink.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_told_at_once() {
    let harness = Harness::start().await;
    let body = json!({ "matomo_url": "ftp://x", "site_id": 0, "timeout": 61, "token_auth": "a b" });
    let answer = harness.post("/api/test-connection", body).await;
    answer.assert_error(422, "invalid");
    assert_json_snapshot!("wrong_request", answer.json());
    let masked = json!({ "matomo_url": "http://127.0.0.1/", "token_auth": settings::MASK });
    assert_eq!(harness.post("/api/test-connection", masked).await.fields(), ["token_auth"]);
    let numeric = json!({ "matomo_url": "http://127.0.0.1/", "token_auth": 123_456_789 });
    let answer = harness.post("/api/test-connection", numeric).await;
    assert_eq!(answer.fields(), ["token_auth"]);
    assert!(!answer.text.contains("123456789"), "{}", answer.text);
    let request = harness.request(Method::POST, "/api/test-connection").header("X-API-Key", KEY);
    assert_eq!(answer_of(request.body("")).await, ["matomo_url"]);
}

async fn answer_of(request: reqwest::RequestBuilder) -> Vec<String> {
    answer(request).await.fields()
}
