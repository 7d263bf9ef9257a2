//! What every answer carries.

use control::config::Cors;
use reqwest::Method;

use crate::harness::{Answer, Harness, KEY, answer};

fn assert_secure(answer: &Answer, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("x-xss-protection", "0"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert!(!answer.header("cache-control").is_empty(), "{what}: cache-control");
}

#[tokio::test]
async fn every_answer_is_secured_whoever_made_it() {
    let harness = Harness::start().await;
    for path in
        ["/", "/health", "/ui", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/api/schema", "/nowhere"]
    {
        assert_secure(&harness.get(path).await, path);
    }
    assert_secure(&harness.put("/health", serde_json::json!({})).await, "a wrong method");
    assert_secure(&harness.get("/api/configs/x").await, "a wrong id");
    assert_secure(&answer(harness.request(Method::GET, "/api/schema")).await, "no key");
}

#[tokio::test]
async fn hsts_is_sent_over_tls_as_a_trusted_proxy_says() {
    let trusted = Harness::with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let strange = Harness::start().await;
    for (harness, proto, expected) in
        [(&trusted, "https", "max-age=31536000"), (&trusted, "http", ""), (&strange, "https", "")]
    {
        let request = harness.request(Method::GET, "/").header("X-Forwarded-Proto", proto);
        assert_eq!(answer(request).await.header("strict-transport-security"), expected, "{proto}");
    }
}

async fn from_origin(harness: &Harness, origin: &str) -> Answer {
    let request = harness.request(Method::GET, "/api/schema").header("X-API-Key", KEY);
    answer(request.header("Origin", origin.to_owned())).await
}

async fn preflight(harness: &Harness, origin: &str) -> Answer {
    let request = harness.request(Method::OPTIONS, "/api/configs").header("Origin", origin.to_owned());
    let request = request.header("Access-Control-Request-Method", "POST");
    answer(request.header("Access-Control-Request-Headers", "x-api-key, content-type")).await
}

#[tokio::test]
async fn no_other_page_may_call_unless_it_is_named() {
    let closed = Harness::start().await;
    let answer = from_origin(&closed, "https://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(preflight(&closed, "https://evil.example").await.header("access-control-allow-origin"), "");

    let named =
        Harness::with(|config| config.cors = Cors::Origins(vec!["https://good.example".to_owned()])).await;
    let answer = from_origin(&named, "https://good.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://good.example");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert!(answer.header("vary").to_lowercase().contains("origin"), "{}", answer.header("vary"));
    let answer = preflight(&named, "https://good.example").await;
    answer.assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), "https://good.example");
    assert!(answer.header("access-control-allow-headers").to_lowercase().contains("x-api-key"));

    for answer in [from_origin(&named, "https://evil.example").await, preflight(&named, "null").await] {
        assert_eq!(answer.header("access-control-allow-origin"), "");
        answer.assert_error(400, "bad_request");
        assert_secure(&answer, "a wrong origin");
    }
}

#[tokio::test]
async fn any_page_may_call_and_never_with_credentials() {
    let any = Harness::with(|config| config.cors = Cors::Any).await;
    let answer = from_origin(&any, "https://any.example").await;
    answer.assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn large_answers_are_compressed() {
    let harness = Harness::start().await;
    let request = harness.request(Method::GET, "/openapi.json").header("Accept-Encoding", "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert!(response.bytes().await.unwrap().len() < control::openapi::text().len() / 3);
}
