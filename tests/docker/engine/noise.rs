//! A log of fifty thousand lines a second, with ten readers.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::bench::{Bench, config};

const READERS: usize = 10;
const LINES: u64 = 50_000;

/// Reads so many lines, and fails when one is repeated, out of order, or gone without a word.
async fn read(bench_request: tokio_tungstenite::tungstenite::http::Request<()>, pause: Duration) -> u64 {
    let (mut socket, _) = connect_async(bench_request).await.unwrap();
    let (mut expected, mut read) = (None, 0);
    while read < LINES {
        let message = tokio::time::timeout(Duration::from_mins(1), socket.next()).await.expect("lines go on");
        let Some(Ok(Message::Text(text))) = message else {
            assert!(matches!(message, Some(Ok(Message::Ping(_)))), "{message:?}");
            continue;
        };
        let line: Value = serde_json::from_str(&text).unwrap();
        if line["gap"] == true {
            expected = None;
            continue;
        }
        let text = line["text"].as_str().unwrap();
        let Some(number) = text.strip_prefix("INFO line ").and_then(|number| number.parse::<u64>().ok())
        else {
            continue;
        };
        assert!(expected.is_none_or(|expected| expected == number), "{number} instead of {expected:?}");
        expected = Some(number + 1);
        read += 1;
        if read % 1000 == 0 && !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    read
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_readers_of_a_flood_lose_and_repeat_nothing() {
    let bench = Bench::new("noise").await;
    bench.start_with(7).await;
    let before = resident();
    // the slow ones must not hold up the others
    let readers: Vec<_> = (0..READERS)
        .map(|reader| {
            let pause = Duration::from_millis(if reader < 3 { 50 } else { 0 });
            tokio::spawn(read(bench.stream_request(), pause))
        })
        .collect();
    let mut flood = config(8);
    flood["TARGET_VISITS_PER_DAY"] = json!(50_000);
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": flood })).await;
    assert_eq!(status, 200, "{answer}");
    for reader in readers {
        assert_eq!(reader.await.unwrap(), LINES);
    }
    // other routes are answered meanwhile, and the flood can be stopped
    assert_eq!(bench.get("/health").await.0, 200);
    assert_eq!(bench.get("/api/logs?lines=10000&filter=line").await.0, 200);
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 << 20, "{} MB more", grown >> 20);
    let (status, answer) = bench.post("/api/stop?timeout=1", json!({})).await;
    assert_eq!(status, 200, "{answer}");
}
