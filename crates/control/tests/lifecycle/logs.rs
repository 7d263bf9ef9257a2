//! The last lines of the log.

use serde_json::json;

use crate::{
    harness::{Harness, TOKEN},
    support::{NAME, running, until},
};

async fn with_lines(lines: &[&str]) -> Harness {
    let harness = running().await;
    for line in lines {
        harness.engine.write_line(NAME, line);
    }
    until("the lines are there", async || {
        harness.get("/api/logs").await.json()["lines_returned"] == lines.len()
    })
    .await;
    harness
}

fn texts(answer: &crate::harness::Answer) -> Vec<String> {
    let lines = answer.json()["logs"].as_array().cloned().unwrap();
    lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lines_are_filtered_by_text_pattern_level_and_time() {
    let harness = with_lines(&[
        "2026-01-05T08:00:00Z DEBUG visit 1 planned",
        "2026-01-05T08:00:01Z  INFO daily cap reached (10). Pausing production until window reset",
        "2026-01-05T08:00:02Z  WARN slow answers",
        "2026-01-05T08:00:03Z ERROR visit 2 failed",
    ])
    .await;
    let all = harness.get("/api/logs?lines=10").await;
    assert_eq!(texts(&all).len(), 4);
    assert_eq!(all.json()["container_state"], "running");
    assert_eq!(all.json()["searched_all"], true);
    let warnings = texts(&harness.get("/api/logs?level=warning").await);
    assert!(warnings.len() == 2 && warnings[0].contains("slow") && warnings[1].contains("failed"));
    assert_eq!(texts(&harness.get("/api/logs?filter=DAILY%20CAP").await).len(), 1);
    assert_eq!(texts(&harness.get(r"/api/logs?regex=visit%20%5Cd").await).len(), 2);
    assert_eq!(texts(&harness.get("/api/logs?level=ERROR&filter=visit&since=1h").await).len(), 1);
    assert_eq!(texts(&harness.get("/api/logs?since=2100-01-01T00:00:00Z").await).len(), 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named_at_once() {
    let harness = running().await;
    for lines in ["9", "10001", "0", "-1", "x", "99999999999999999999"] {
        harness.get(&format!("/api/logs?lines={lines}")).await.assert_error(422, "invalid");
    }
    let refused = harness.get("/api/logs?level=LOUD&regex=(&since=yesterday").await;
    assert_eq!(refused.assert_error(422, "invalid").fields(), ["regex", "level", "since"]);
    let bomb = harness.get("/api/logs?regex=((%5Cw%7B50%7D)%7B50%7D)%7B50%7D").await;
    assert_eq!(bomb.assert_error(422, "invalid").fields(), ["regex"]);
}

#[tokio::test]
async fn no_secret_is_shown_and_bytes_that_are_no_text_do_no_harm() {
    let harness = running().await;
    harness.engine.write_line(NAME, &format!("INFO POST body token_auth={TOKEN}&x=1 and again {TOKEN}"));
    harness.engine.write_bytes(NAME, b"INFO \xff\xfe\x00 bytes");
    harness.engine.write_line(NAME, &format!("INFO {}", "x".repeat(1 << 20)));
    until("the lines are there", async || harness.get("/api/logs").await.json()["lines_returned"] == 3).await;
    let answer = harness.get("/api/logs").await;
    assert!(!answer.text.contains(TOKEN));
    let lines = texts(&answer);
    assert_eq!(lines[0], "INFO POST body token_auth=***MASKED***&x=1 and again ***MASKED***");
    assert_eq!(lines[1], "INFO \u{fffd}\u{fffd}\0 bytes");
    assert_eq!(lines[2].len(), (1 << 20) + 5);
}

#[tokio::test]
async fn a_costly_pattern_over_large_lines_is_answered_in_bounded_time() {
    let harness = running().await;
    for _ in 0..20 {
        harness.engine.write_line(NAME, &"ab".repeat(500_000));
    }
    until("the lines are there", async || {
        harness.get("/api/logs?filter=ab").await.json()["lines_returned"].as_u64().unwrap() >= 5
    })
    .await;
    // matches nowhere, and must be tried from every place
    let answer = harness.get("/api/logs?regex=(a%7Cb%7Cab)*c%5Bx-z%5D%7B9%7D%24").await;
    assert_eq!(answer.assert_status(200).json()["lines_returned"], 0);
    harness.get("/health").await.assert_status(200);
}

#[tokio::test]
async fn a_ticket_tells_how_it_is_used() {
    let harness = running().await;
    let ticket = harness.post("/api/logs/ticket", json!({})).await.json();
    assert_eq!(ticket["protocols"][0], "trafficinator.logs");
    let second = ticket["protocols"][1].as_str().unwrap();
    assert_eq!(second, format!("ticket.{}", ticket["ticket"].as_str().unwrap()));
}

#[tokio::test]
async fn the_log_is_read_on_over_ends_and_restarts() {
    let harness = running().await;
    for round in 0..3 {
        // the process writes its last words and is gone in the same moment
        for line in 0..10 {
            harness.engine.write_line(NAME, &format!("INFO round {round} line {line}"));
        }
        harness.engine.end(NAME, 1);
        until("its last words are there", async || {
            harness.get("/api/logs").await.json()["lines_returned"] == 10 * (round + 1)
        })
        .await;
        harness.post("/api/start", json!({})).await.assert_status(200);
    }
    // a re-created one goes on where the other has ended
    harness.post("/api/config/apply", json!({ "config": crate::support::config() })).await.assert_status(200);
    harness.engine.write_line(NAME, "INFO a new one");
    until("its first word is there", async || harness.get("/api/logs").await.json()["lines_returned"] == 31)
        .await;
    let lines = texts(&harness.get("/api/logs").await);
    assert_eq!(lines[9..11], ["INFO round 0 line 9", "INFO round 1 line 0"]);
    assert_eq!(lines[30], "INFO a new one");
}
