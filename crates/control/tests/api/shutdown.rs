//! How it ends.

use reqwest::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{Harness, answer};

#[tokio::test]
async fn it_ends_when_told_though_connections_are_open() {
    let mut harness = Harness::start().await;
    // one that says nothing, one that began a request, one that was answered and stays open
    let silent = TcpStream::connect(harness.address).await.unwrap();
    let mut begun = TcpStream::connect(harness.address).await.unwrap();
    begun.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    answer(harness.request(Method::GET, "/")).await.assert_status(200);
    harness.stop().await;
    assert!(TcpStream::connect(harness.address).await.is_err(), "it listens no more");
    drop((silent, begun));
}

#[tokio::test]
async fn a_request_under_way_is_answered() {
    let mut harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    let head = format!(
        "POST /api/validate HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Length: 13\r\n\
         Expect: 100-continue\r\n\r\n",
        crate::harness::KEY
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It says so when it has begun.
    let mut begun = Vec::new();
    while !begun.ends_with(b"\r\n\r\n") {
        begun.push(stream.read_u8().await.unwrap());
    }
    assert!(begun.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&begun));
    let stopping = harness.stop();
    let answering = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        stream.write_all(b"{\"config\":{}}").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let ((), answer) = tokio::join!(stopping, answering);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn an_open_stream_is_ended_and_does_not_hold_it_up() {
    let mut harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    let head = format!(
        "GET /api/logs/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        crate::harness::KEY
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    let ((), frames) = tokio::join!(harness.stop(), async {
        let mut frames = Vec::new();
        stream.read_to_end(&mut frames).await.unwrap();
        frames
    });
    // 0x88 begins the frame that closes a WebSocket: it was ended, not cut
    let close = frames.iter().rposition(|byte| *byte == 0x88);
    assert!(close.is_some_and(|at| frames.len() - at <= 2 + 125), "{frames:x?}");
}
