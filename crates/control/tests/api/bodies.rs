//! Bodies that nobody should send.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, KEY, answer};

/// Routes that take a body, and a field of each that is a text or an object.
const ROUTES: [(&str, &str); 9] = [
    ("/api/validate", "config"),
    ("/api/test-connection", "matomo_url"),
    ("/api/configs", "name"),
    ("/api/configs/import", "configs"),
    ("/api/presets", "name"),
    ("/api/funnels", "name"),
    ("/api/funnels/preview", "name"),
    ("/api/urls", "content"),
    ("/api/events/validate", "content"),
];

async fn send(harness: &Harness, path: &str, body: impl Into<reqwest::Body>) -> crate::harness::Answer {
    answer(harness.request(Method::POST, path).header("X-API-Key", KEY).body(body)).await
}

#[tokio::test]
async fn whatever_is_sent_is_at_most_refused() {
    let harness = Harness::start().await;
    let deep = "[".repeat(100_000);
    for (path, field) in ROUTES {
        for body in [
            "{",
            "nonsense",
            "[]",
            "null",
            "1e999",
            "\"\\ud800\"",
            deep.as_str(),
            "{}{}",
            "\u{feff}{}",
            "{\"a\": 1, \"a\": 2}",
        ] {
            let answer = send(&harness, path, body.to_owned()).await;
            assert_eq!(answer.status, 422, "{path} {body:.20}: {}", answer.text);
        }
        let answer = send(&harness, path, vec![b'{', 0xff, 0xfe, b'}']).await;
        answer.assert_error(422, "not_json");
        for value in [
            json!(null),
            json!(true),
            json!(-1),
            json!(18_446_744_073_709_551_615_u64),
            json!(1e300),
            json!("a\u{0}b"),
            json!([[]]),
        ] {
            let answer = harness.post(path, json!({ field: value })).await;
            let refused = answer.status.is_client_error() || answer.json()["valid"] == false;
            assert!(refused, "{path} {value}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_named() {
    let harness = Harness::start().await;
    for (path, _) in ROUTES {
        let mut body: Value = match path {
            "/api/test-connection" => json!({ "matomo_url": "http://127.0.0.1:9/" }),
            "/api/configs/import" => json!({ "version": 1, "configs": [] }),
            "/api/configs" | "/api/presets" => json!({ "name": "x", "config": {} }),
            "/api/funnels" | "/api/funnels/preview" => crate::harness::funnel("x"),
            "/api/validate" => json!({ "config": {} }),
            _ => json!({ "content": "https://example.com/" }),
        };
        body["colour"] = "red".into();
        let answer = harness.post(path, body).await;
        answer.assert_error(422, "invalid");
        assert!(answer.fields().iter().any(|field| field.ends_with("colour")), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let harness = Harness::start().await;
    for (path, _) in ROUTES {
        let limit = if path.contains("urls") || path.contains("events") || path.ends_with("import") {
            4 << 20
        } else {
            256 << 10
        };
        let fits = send(&harness, path, vec![b' '; limit]).await;
        assert_ne!(fits.status, 413, "{path}");
        let answer = send(&harness, path, vec![b' '; limit + 1]).await;
        answer.assert_error(413, "body_too_large");
    }
    // without a length beforehand
    let chunks = (0..30).map(|_| Ok::<_, std::io::Error>(vec![b' '; 10_000]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    send(&harness, "/api/validate", body).await.assert_error(413, "body_too_large");
}

#[tokio::test]
async fn ids_of_any_size_are_at_most_not_found() {
    let harness = Harness::start().await;
    for kind in ["configs", "presets", "funnels"] {
        for id in [
            "0",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "1".repeat(400).as_str(),
        ] {
            let answer = harness.get(&format!("/api/{kind}/{id}")).await;
            answer.assert_error(404, "not_found");
        }
        for id in ["x", "1.5", "%00", "%ff", "%F0%9F%A6%80"] {
            let answer = harness.delete(&format!("/api/{kind}/{id}")).await;
            assert!(matches!(answer.status.as_u16(), 404 | 422), "{kind} {id}: {}", answer.text);
        }
    }
}
