//! The live stream of the log.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::{
    harness::{Harness, KEY, answer},
    support::{NAME, running, until},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(harness: &Harness, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
    let url = format!("ws://{}/api/logs/stream{query}", harness.address);
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    connect_async(request).await.map(|(socket, response)| {
        let offered = headers.iter().any(|(name, _)| *name == "Sec-WebSocket-Protocol");
        let taken = response.headers().get("Sec-WebSocket-Protocol");
        assert_eq!(taken.map(|value| value.to_str().unwrap()), offered.then_some("trafficinator.logs"));
        socket
    })
}

async fn stream(harness: &Harness, query: &str) -> Socket {
    open(harness, query, &[("X-API-Key", KEY)]).await.unwrap()
}

/// The next line; `None` at the end.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        let message =
            tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("a message comes");
        match message {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

fn refused(result: Result<Socket, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    }
}

/// Waits until the control plane has taken in so many lines.
async fn taken(harness: &Harness, lines: usize) {
    until("the lines are there", async || {
        harness.get("/api/logs?lines=10000").await.json()["lines_returned"].as_u64() >= Some(lines as u64)
    })
    .await;
}

#[tokio::test]
async fn a_stream_wants_a_key_or_a_ticket_that_is_good_once() {
    let harness = running().await;
    assert_eq!(refused(open(&harness, "", &[]).await), 401);
    assert_eq!(refused(open(&harness, "", &[("X-API-Key", "wrong")]).await), 403);
    let ticket = harness.post("/api/logs/ticket", json!({})).await.json();
    let offered = format!("trafficinator.logs, {}", ticket["protocols"][1].as_str().unwrap());
    let mut socket = open(&harness, "", &[("Sec-WebSocket-Protocol", &offered)]).await.unwrap();
    harness.engine.write_line(NAME, "INFO hello");
    let line = next(&mut socket).await.unwrap();
    assert_eq!((&line["text"], &line["level"]), (&json!("INFO hello"), &json!("INFO")));
    assert!(line["ts"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(refused(open(&harness, "", &[("Sec-WebSocket-Protocol", &offered)]).await), 403);
    // a request that is none for a WebSocket is told so
    let plain = harness.request(Method::GET, "/api/logs/stream").header("X-API-Key", KEY);
    answer(plain).await.assert_error(400, "bad_request");
    let key = [("X-API-Key", KEY)];
    assert_eq!(refused(open(&harness, "?cursor=here&level=LOUD", &key).await), 422);
    assert_eq!(refused(open(&harness, "?cursor=here", &key).await), 422);
}

#[tokio::test]
async fn a_broken_stream_goes_on_without_loss_or_repeats() {
    let harness = running().await;
    let mut socket = stream(&harness, "").await;
    let mut seen = Vec::new();
    let mut written = 0;
    for round in 0..5 {
        for _ in 0..100 {
            harness.engine.write_line(NAME, &format!("INFO line {written}"));
            written += 1;
        }
        let mut cursor = String::new();
        // some of them, then the connection breaks
        for _ in 0..37 + round {
            let line = next(&mut socket).await.unwrap();
            seen.push(line["text"].as_str().unwrap().to_owned());
            cursor = line["cursor"].as_str().unwrap().to_owned();
        }
        drop(socket);
        socket = stream(&harness, &format!("?cursor={cursor}")).await;
    }
    while seen.len() < written {
        seen.push(next(&mut socket).await.unwrap()["text"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> = (0..written).map(|number| format!("INFO line {number}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_stream_begins_where_it_is_asked_to_and_is_filtered() {
    let harness = running().await;
    for number in 0..20 {
        harness
            .engine
            .write_line(NAME, &format!("{} line {number}", if number % 2 == 0 { "INFO" } else { "ERROR" }));
    }
    taken(&harness, 20).await;
    let mut last = stream(&harness, "?lines=3").await;
    assert_eq!(next(&mut last).await.unwrap()["text"], "ERROR line 17");
    let mut errors = stream(&harness, "?lines=100&level=ERROR&regex=line%20%5B12%5D").await;
    assert_eq!(next(&mut errors).await.unwrap()["text"], "ERROR line 1");
    assert_eq!(next(&mut errors).await.unwrap()["text"], "ERROR line 11");
    let cursor = harness.get("/api/logs").await.json()["cursor"].as_str().unwrap().to_owned();
    let mut from_now = stream(&harness, &format!("?cursor={cursor}")).await;
    harness.engine.write_line(NAME, "INFO the next one");
    assert_eq!(next(&mut from_now).await.unwrap()["text"], "INFO the next one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_holds_up_nobody_and_still_gets_every_line() {
    const LINES: usize = 70_000;
    let harness = running().await;
    let mut slow = stream(&harness, "").await;
    let mut fast = stream(&harness, "").await;
    // more than is kept in memory, while one reader reads nothing
    for number in 0..LINES {
        harness.engine.write_line(NAME, &format!("INFO line {number}"));
        if number % 500 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for number in 0..LINES {
        assert_eq!(next(&mut fast).await.unwrap()["text"], format!("INFO line {number}"));
    }
    for number in 0..LINES {
        assert_eq!(next(&mut slow).await.unwrap()["text"], format!("INFO line {number}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_nobody_has_any_more_are_said_to_be_missing() {
    let harness = running().await;
    harness.engine.write_line(NAME, "INFO the first");
    let mut socket = stream(&harness, "?lines=1").await;
    let first = next(&mut socket).await.unwrap();
    drop(socket);
    for number in 0..60_000 {
        harness.engine.write_line(NAME, &format!("INFO line {number}"));
    }
    until("the last line is there", async || {
        harness.get("/api/logs?filter=line%2059999").await.json()["lines_returned"] == 1
    })
    .await;
    harness.engine.forget_lines(NAME, 100);
    let mut socket = stream(&harness, &format!("?cursor={}", first["cursor"].as_str().unwrap())).await;
    let gap = next(&mut socket).await.unwrap();
    assert_eq!((&gap["gap"], &gap["cursor"]), (&json!(true), &Value::Null), "{gap}");
    assert!(next(&mut socket).await.unwrap()["text"].as_str().unwrap().starts_with("INFO line"));
}

#[tokio::test]
async fn a_line_of_a_megabyte_arrives_whole() {
    let harness = running().await;
    let mut socket = stream(&harness, "").await;
    let text = format!("INFO {}", "ü".repeat(500_000));
    harness.engine.write_line(NAME, &text);
    harness.engine.write_line(NAME, "INFO after it");
    assert_eq!(next(&mut socket).await.unwrap()["text"], text);
    assert_eq!(next(&mut socket).await.unwrap()["text"], "INFO after it");
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let mut harness = running().await;
    let mut socket = stream(&harness, "").await;
    harness.engine.write_line(NAME, "INFO hello");
    next(&mut socket).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), harness.stop()).await.expect("it ends in time");
    assert!(next(&mut socket).await.is_none());
    assert!(socket.send(Message::Text("x".into())).await.is_err());
    // and the load generator goes on
    assert_eq!(harness.engine.state(NAME), control::engine::State::Running);
}
