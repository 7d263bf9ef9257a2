//! Who may ask, and what everybody else is told.

use control::openapi;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{Harness, KEY, answer};

/// Every operation of the description that wants a key.
fn guarded() -> Vec<(Method, String)> {
    let paths = openapi::document()["paths"].as_object().unwrap();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for method in openapi::methods(path) {
            if item[method.to_lowercase()].get("security") != Some(&Value::Array(Vec::new())) {
                operations.push((method.parse().unwrap(), path.replace("{id}", "1")));
            }
        }
    }
    operations
}

#[tokio::test]
async fn only_what_must_be_open_is_open() {
    let mut open: Vec<String> = Vec::new();
    for (path, item) in openapi::document()["paths"].as_object().unwrap() {
        for method in openapi::methods(path) {
            if item[method.to_lowercase()].get("security") == Some(&Value::Array(Vec::new())) {
                open.push(format!("{method} {path}"));
            }
        }
    }
    assert_eq!(open, ["GET /", "GET /docs", "GET /health", "GET /openapi.json", "GET /ui"]);
}

#[tokio::test]
async fn no_route_answers_without_a_key() {
    let harness = Harness::start().await;
    for (method, path) in guarded() {
        // The body is wrong, too: who has no key does not learn that.
        let request = harness.request(method.clone(), &path).body("{");
        let answer = answer(request).await;
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
        answer.assert_error(401, "missing_key");
        assert_eq!(answer.header("www-authenticate"), "ApiKey", "{method} {path}");
    }
}

#[tokio::test]
async fn no_route_answers_to_a_wrong_key() {
    for (method, path) in guarded() {
        // One control plane for each, since guessing is slowed.
        let harness = Harness::start().await;
        let request = harness.request(method.clone(), &path).header("X-API-Key", "a-wrong-key").body("{");
        let answer = answer(request).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
        answer.assert_error(403, "wrong_key");
    }
}

#[tokio::test]
async fn a_key_of_any_bytes_is_only_wrong() {
    let harness = Harness::start().await;
    for key in
        [&b""[..], b"\xff\xfe", "schlüssel".as_bytes(), &[b'x'; 8000], &KEY.as_bytes()[..KEY.len() - 1]]
    {
        let request = harness.request(Method::GET, "/api/schema").header("X-API-Key", key);
        answer(request).await.assert_error(403, "wrong_key");
    }
}

#[tokio::test]
async fn guessing_is_slowed_also_for_the_right_guess() {
    let harness = Harness::start().await;
    for _ in 0..10 {
        let request = harness.request(Method::GET, "/api/schema").header("X-API-Key", "a-guess");
        answer(request).await.assert_error(403, "wrong_key");
    }
    let right = harness.get("/api/schema").await;
    right.assert_error(429, "rate_limited");
    let wait: u64 = right.header("retry-after").parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_guesser_cannot_pass_for_others_and_does_not_shut_them_out() {
    let harness = Harness::with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    for number in 0..12 {
        let request = harness.request(Method::GET, "/api/schema");
        let request = request.header("X-API-Key", "a-guess").header("X-Forwarded-For", "203.0.113.9");
        let expected = if number < 10 { 403 } else { 429 };
        assert_eq!(answer(request).await.status, expected, "{number}");
    }
    let request = harness.request(Method::GET, "/api/schema").header("X-Forwarded-For", "203.0.113.10");
    answer(request.header("X-API-Key", KEY)).await.assert_status(200);
}

#[tokio::test]
async fn a_key_is_made_when_none_is_given() {
    use secrecy::ExposeSecret as _;

    let dir = tempfile::tempdir().unwrap();
    let vars = [
        ("CONTROL_UI_HOST", "127.0.0.1"),
        ("CONTROL_UI_PORT", "0"),
        ("DATA_DIR", dir.path().to_str().unwrap()),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let config = control::Config::from_vars(&vars, &|_| Err(String::new())).unwrap();
    let build = async || {
        let engine = std::sync::Arc::new(control::engine::fake::FakeEngine::new(dir.path()));
        control::build(config.clone(), engine, control::Store::open(&config.db_path).unwrap()).await.unwrap()
    };
    let first = build().await;
    let key = first.new_key.as_ref().unwrap().expose_secret().to_owned();
    assert!(first.state().key.matches(key.as_bytes()));
    let second = build().await;
    assert!(second.new_key.is_none(), "it is shown once");
    assert!(second.state().key.matches(key.as_bytes()));
}
