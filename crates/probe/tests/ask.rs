//! Against programs that answer well, badly, or not at all.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use probe::{PATIENCE, Subject, ask, subject};

/// A program that gives every caller this answer, once.
fn program(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut caller, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        let length = caller.read(&mut asked).unwrap();
        assert!(asked[..length].starts_with(b"GET /health HTTP/1.1\r\n"));
        caller.write_all(answer).unwrap();
    });
    port
}

#[test]
fn ok_is_well() {
    let port = program(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}");
    assert_eq!(ask(port, PATIENCE).unwrap(), "HTTP/1.1 200 OK");
}

#[test]
fn any_other_answer_is_not() {
    let port = program(b"HTTP/1.1 503 Service Unavailable\r\n\r\n");
    assert_eq!(
        ask(port, PATIENCE).unwrap_err().to_string(),
        "/health answered \"HTTP/1.1 503 Service Unavailable\""
    );
    // a 200 that stands elsewhere than in the status
    assert!(ask(program(b"HTTP/1.1 500 200\r\n\r\n"), PATIENCE).is_err());
    assert!(ask(program(b"200\r\n"), PATIENCE).is_err());
    assert!(ask(program(b""), PATIENCE).is_err());
}

#[test]
fn a_closed_port_is_named() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let fault = ask(port, PATIENCE).unwrap_err().to_string();
    assert!(fault.starts_with(&format!("127.0.0.1:{port}/health does not answer: ")), "{fault}");
}

#[test]
fn one_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(ask(port, Duration::from_millis(50)).is_err());
}

#[test]
fn the_port_comes_from_the_variable() {
    assert_eq!(subject("METRICS_PORT", None, 0).unwrap(), Subject::Nobody);
    assert_eq!(subject("METRICS_PORT", Some(" "), 0).unwrap(), Subject::Nobody);
    assert_eq!(subject("METRICS_PORT", Some("0"), 9464).unwrap(), Subject::Nobody);
    assert_eq!(subject("METRICS_PORT", Some("9464"), 0).unwrap(), Subject::Port(9464));
    assert_eq!(subject("CONTROL_UI_PORT", None, 8000).unwrap(), Subject::Port(8000));
    assert_eq!(
        subject("METRICS_PORT", Some("70000"), 0).unwrap_err().to_string(),
        "METRICS_PORT: \"70000\" is no port; give a number from 0 to 65535"
    );
}
