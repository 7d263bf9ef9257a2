//! The end of the program while its log is being read: nobody holds it up, and the load generator does not notice.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use futures_util::StreamExt as _;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::{KEY, Running, client};

/// Lines that are written as fast as they can be. More than the control plane keeps in memory at once.
const FLOOD: u64 = 30_000;
const READERS: usize = 10;

/// Stands in for a load generator: a flood of numbered lines, and then some every moment.
fn noisy_program(dir: &Path) -> String {
    let path = dir.join("noisy");
    let script = format!(
        "#!/bin/sh\n\
         trap 'exit 0' TERM\n\
         n=0\n\
         while :; do\n\
         n=$((n+1))\n\
         echo \"2026-01-05T08:00:00Z  INFO line $n\"\n\
         [ $n -lt {FLOOD} ] || sleep 0.02\n\
         done\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_string_lossy().into_owned()
}

/// Reads the log from the oldest line that is kept until the stream is closed; the numbers of the first and the last line.
/// Panics when one is missing, comes twice, or is out of order.
async fn read_to_the_end(url: &str, reached: tokio::sync::mpsc::Sender<()>) -> (u64, u64) {
    let url = format!("{}/api/logs/stream?since=2000-01-01T00:00:00Z", url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("X-API-Key", HeaderValue::from_static(KEY));
    let (mut socket, _) = connect_async(request).await.unwrap();
    let (mut first, mut last) = (None, 0);
    while let Some(Ok(message)) = socket.next().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return (first.unwrap(), last),
            _ => continue,
        };
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_ne!(line["gap"], true, "after {last}");
        let number: u64 = line["text"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(first.is_none() || number == last + 1, "{number} after {last}");
        first.get_or_insert(number);
        last = number;
        if number == FLOOD + 20 {
            reached.send(()).await.unwrap();
        }
    }
    panic!("the stream was cut and not closed, after line {last}");
}

async fn status(running: &Running) -> Value {
    let request = client().get(format!("{}/api/status", running.url)).header("X-API-Key", KEY);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_ten_readers_who_have_every_line_and_the_load_generator_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let program = noisy_program(dir.path());
    let vars = [("CONTROL_UI_API_KEY", KEY), ("RATE_LIMITS", "off"), ("LOADGEN_BINARY", program.as_str())];
    let first = Running::start(dir.path(), &vars);
    let config = json!({ "MATOMO_URL": "http://127.0.0.1:9/", "RANDOMIZE_VISITOR_COUNTRIES": false });
    let (started, answer) = first.post("/api/start", KEY, &json!({ "config": config })).await.unwrap();
    assert_eq!(started, 200, "{answer}");
    let before = status(&first).await;
    assert_eq!(before["container"]["state"], "running");

    let (reached, mut all_reached) = tokio::sync::mpsc::channel(READERS);
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let (url, reached) = (first.url.clone(), reached.clone());
            tokio::spawn(async move { read_to_the_end(&url, reached).await })
        })
        .collect();
    for _ in 0..READERS {
        all_reached.recv().await.unwrap();
    }
    let ended = tokio::task::spawn_blocking(move || first.end(Signal::SIGTERM));
    let (ended_well, printed) = tokio::time::timeout(std::time::Duration::from_secs(5), ended)
        .await
        .expect("it drains in time")
        .unwrap();
    assert!(ended_well, "{printed}");
    for reader in readers {
        let (first, last) = reader.await.unwrap();
        assert!(last - first >= FLOOD / 10 && last >= FLOOD + 20, "{first} to {last}");
    }

    let second = Running::start(dir.path(), &vars);
    let mut after = status(&second).await;
    while after["container"]["state"] == "error" {
        // not known in the first moment
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        after = status(&second).await;
    }
    for what in ["state", "id", "started_at"] {
        assert_eq!(after["container"][what], before["container"][what], "{what}");
    }
    let (stopped, answer) = second.post("/api/stop", KEY, &json!({})).await.unwrap();
    assert_eq!(stopped, 200, "{answer}");
    second.end(Signal::SIGTERM);
}
