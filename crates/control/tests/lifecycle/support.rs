//! What these tests have in common.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Harness, TOKEN};

/// The name of the main unit.
pub(crate) const NAME: &str = "matomo-loadgen";

/// A configuration that can run, with a token.
pub(crate) fn config() -> Value {
    json!({ "MATOMO_URL": "http://127.0.0.1:9/matomo.php", "MATOMO_TOKEN_AUTH": TOKEN, "CONCURRENCY": 7 })
}

/// A control plane with a load generator that runs.
pub(crate) async fn running() -> Harness {
    let harness = Harness::start().await;
    harness.post("/api/start", json!({ "config": config() })).await.assert_status(200);
    harness
}

/// Waits until it holds; some seconds at the most.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never: {what}");
}

/// Waits until the API says that the main unit does this.
pub(crate) async fn until_state(harness: &Harness, state: &str) {
    until(state, async || harness.get("/api/status").await.json()["container"]["state"] == state).await;
}
