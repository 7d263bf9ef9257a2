//! How often each route may be called.

use control::{limits, openapi};
use reqwest::Method;

use crate::harness::{Harness, KEY, answer};

async fn limited() -> Harness {
    Harness::with(|config| {
        config.rate_limits = true;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

#[tokio::test]
async fn every_route_has_the_limit_that_is_documented() {
    let harness = limited().await;
    let mut tried = 0;
    for path in openapi::document()["paths"].as_object().unwrap().keys() {
        for method in openapi::methods(path) {
            let method: Method = method.parse().unwrap();
            let Some(limit) = limits::of(&method.as_str().parse().unwrap(), path) else { continue };
            for number in 0..=limit {
                let request = harness.request(method.clone(), &path.replace("{id}", "999")).body("[");
                // Without a key: who has none is counted, too.
                let answer = answer(request).await;
                if number < limit {
                    assert_ne!(answer.status, 429, "{method} {path} after {number} of {limit}");
                } else {
                    answer.assert_error(429, "rate_limited");
                    let wait: u32 = answer.header("retry-after").parse().unwrap();
                    assert!((1..=60 / limit + 1).contains(&wait), "{method} {path}: {wait}");
                    assert_eq!(answer.header("x-content-type-options"), "nosniff");
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 25, "{tried}");
}

#[tokio::test]
async fn each_client_and_each_route_is_counted_by_itself() {
    let harness = limited().await;
    let as_client = |client: &str, path: &str| {
        let request = harness.request(Method::POST, path).header("X-API-Key", KEY);
        answer(request.header("X-Forwarded-For", client.to_owned()).body("["))
    };
    for _ in 0..20 {
        as_client("203.0.113.1", "/api/test-connection").await.assert_error(422, "not_json");
    }
    as_client("203.0.113.1", "/api/test-connection").await.assert_error(429, "rate_limited");
    as_client("203.0.113.2", "/api/test-connection").await.assert_error(422, "not_json");
    as_client("203.0.113.1", "/api/validate").await.assert_error(422, "not_json");
}

#[tokio::test]
async fn a_stranger_cannot_name_another_address() {
    let harness = Harness::with(|config| config.rate_limits = true).await;
    let mut last = 0;
    for number in 0..=20 {
        let request = harness.request(Method::POST, "/api/test-connection").header("X-API-Key", KEY);
        let request = request.header("X-Forwarded-For", format!("203.0.113.{number}")).body("[");
        last = answer(request).await.status.as_u16();
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn what_is_not_limited_stays_open() {
    let harness = limited().await;
    for _ in 0..100 {
        answer(harness.request(Method::GET, "/")).await.assert_status(200);
    }
}
