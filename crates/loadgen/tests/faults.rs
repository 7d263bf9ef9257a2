//! Targets that misbehave, byte by byte: what is certain about a hit is what the summary says.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::time::Duration;

use support::{Answer, Loadgen, Ran, Scripted, gif, status};

const QUICK: [(&str, &str); 2] = [("REQUEST_RETRIES", "2"), ("CONCURRENCY", "4")];

fn run(server: &Scripted, vars: &[(&str, &str)], visits: u32) -> Ran {
    let all: Vec<_> = QUICK.iter().chain(vars).copied().collect();
    let ran = Loadgen::new(&server.url, &all).arg(&format!("--visits={visits}")).run();
    ran.assert_conserved();
    ran
}

/// Lesson: HTTP 500 counted as success.
#[test]
fn an_error_500_is_tried_again_and_never_counted_as_sent() {
    let server = Scripted::start(|_, _| Answer::Bytes(status("500 Internal Server Error", "")));
    let ran = run(&server, &[], 5);
    assert_eq!(ran.code, Some(0), "it answered, badly");
    assert_eq!(ran.count("/hits/acknowledged"), 0);
    assert_eq!(ran.count("/hits/failed"), ran.count("/hits/planned"));
    assert_eq!(server.requests().len(), 15, "three attempts at the first hit of each of five visits");
}

#[test]
fn a_passing_error_costs_an_attempt_and_no_hit() {
    let server = Scripted::start(|number, _| {
        if number % 3 == 0 {
            Answer::Bytes(status("503 Service Unavailable", ""))
        } else {
            Answer::Bytes(gif())
        }
    });
    let ran = run(&server, &[("REQUEST_RETRIES", "9")], 10);
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert!(ran.count("/requests/retried") > 0);
}

#[test]
fn retry_after_is_honoured() {
    let server = Scripted::start(|number, _| {
        if number == 0 {
            Answer::Bytes(status("429 Too Many Requests", "Retry-After: 2\r\n"))
        } else {
            Answer::Bytes(gif())
        }
    });
    let begin = support::now();
    let ran = run(&server, &[], 1);
    assert_eq!(ran.count("/visits/completed"), 1, "{}", ran.stderr);
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn an_answer_that_never_came_is_unknown_and_not_sent_again() {
    let server = Scripted::start(|number, _| if number == 3 { Answer::Reset } else { Answer::Bytes(gif()) });
    let ran = run(&server, &[("CONCURRENCY", "1")], 3);
    assert_eq!(ran.count("/hits/unknown"), 1, "{}", ran.stderr);
    assert_eq!(ran.count("/hits/acknowledged") + 1, ran.count("/hits/planned"));
    assert_eq!(server.requests().len() as u64, ran.count("/hits/planned"), "the hit was not sent twice");
    assert_eq!(ran.count("/visits/failed"), 1);
}

#[test]
fn half_an_answer_is_unknown() {
    let server = Scripted::start(|number, _| {
        let mut bytes = gif();
        if number == 2 {
            bytes.truncate(bytes.len() - 20);
            return Answer::Last(bytes);
        }
        Answer::Bytes(bytes)
    });
    let ran = run(&server, &[("CONCURRENCY", "1")], 3);
    assert_eq!(ran.count("/hits/unknown"), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("half an answer"), "{}", ran.stderr);
}

#[test]
fn a_target_that_hangs_is_left_after_the_time_limit() {
    let server = Scripted::start(|number, _| {
        if number == 1 { Answer::Silence(Duration::from_secs(30)) } else { Answer::Bytes(gif()) }
    });
    let ran = run(&server, &[("REQUEST_TIMEOUT", "0.5"), ("CONCURRENCY", "1")], 2);
    assert_eq!(ran.count("/hits/unknown"), 1, "{}", ran.stderr);
}

#[test]
fn a_refused_hit_is_refused_and_said_once_in_the_log() {
    let server =
        Scripted::start(|_, _| Answer::Bytes(status("400 Bad Request", "Content-Type: image/gif\r\n")));
    let ran = run(&server, &[], 3);
    assert_eq!(ran.count("/hits/refused"), ran.count("/hits/planned"));
    assert_eq!(ran.stderr.matches("400: Matomo refused the hit").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_redirect_is_refused_with_the_remedy() {
    let server = Scripted::start(|_, _| {
        Answer::Bytes(status("301 Moved Permanently", "Location: https://elsewhere/\r\n"))
    });
    let ran = run(&server, &[], 1);
    assert_eq!(ran.count("/hits/refused"), ran.count("/hits/planned"));
    assert!(ran.stderr.contains("redirect"), "{}", ran.stderr);
}

/// Servers close connections as they like; a hit is not lost for it.
#[test]
fn a_connection_that_the_target_closes_after_each_answer_costs_no_hit() {
    let server = Scripted::start(|_, _| {
        let mut bytes = gif();
        let head =
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: image/gif\r\nContent-Length: 43\r\n\r\n";
        let body = bytes.split_off(bytes.len() - 43);
        Answer::Last([head.as_slice(), &body].concat())
    });
    let ran = run(&server, &[], 5);
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
}

#[test]
fn a_chunked_answer_and_one_without_length_are_read_to_their_end() {
    let server = Scripted::start(|number, _| {
        let body = gif().split_off(gif().len() - 43);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n";
        if number % 2 == 0 {
            let mut bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n2b\r\n").into_bytes();
            bytes.extend_from_slice(&body);
            bytes.extend_from_slice(b"\r\n0\r\n\r\n");
            Answer::Bytes(bytes)
        } else {
            Answer::Last([format!("{head}\r\n").as_bytes(), &body].concat())
        }
    });
    let ran = run(&server, &[], 5);
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
}

mod bulk {
    use super::*;

    fn counts(tracked: usize, invalid: usize) -> Vec<u8> {
        let body = format!(r#"{{"status":"success","tracked":{tracked},"invalid":{invalid}}}"#);
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn size(request: &support::Received) -> usize {
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        body["requests"].as_array().unwrap().len()
    }

    fn bulk(server: &Scripted) -> Ran {
        run(server, &[("TRANSPORT", "bulk"), ("BULK_SIZE", "20"), ("REQUEST_RETRIES", "3")], 20)
    }

    #[test]
    fn a_body_that_was_rolled_back_goes_out_again_although_it_says_tracked() {
        let server = Scripted::start(|number, request| {
            if number % 4 == 0 {
                let body = r#"{"status":"error","tracked":7,"invalid":0}"#;
                let text = format!(
                    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                return Answer::Bytes(text.into_bytes());
            }
            Answer::Bytes(counts(size(request), 0))
        });
        let ran = bulk(&server);
        assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
        assert!(ran.count("/requests/retried") > 0);
    }

    #[test]
    fn a_body_that_was_tracked_in_part_is_unknown_for_the_rest() {
        let server = Scripted::start(|number, request| {
            let sent = size(request);
            if number == 0 { Answer::Bytes(counts(sent - 3, 1)) } else { Answer::Bytes(counts(sent, 0)) }
        });
        let ran = bulk(&server);
        assert_eq!(ran.count("/hits/unknown"), 2, "{}", ran.stderr);
        assert_eq!(ran.count("/hits/refused"), 1);
        assert_eq!(ran.count("/hits/acknowledged") + 3, ran.count("/hits/planned"));
    }

    #[test]
    fn a_body_answered_without_counts_is_unknown() {
        let server = Scripted::start(|_, _| Answer::Bytes(gif()));
        let ran = bulk(&server);
        assert_eq!(ran.count("/hits/unknown"), ran.count("/hits/planned"), "{}", ran.stderr);
    }

    #[test]
    fn a_target_that_rolls_everything_back_fails_whole_visits() {
        let server = Scripted::start(|_, _| {
            let body = r#"{"status":"error","tracked":1,"invalid":0}"#;
            let text =
                format!("HTTP/1.1 500 Internal Server Error\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            Answer::Bytes(text.into_bytes())
        });
        let ran = bulk(&server);
        assert_eq!(ran.count("/hits/failed"), ran.count("/hits/planned"), "{}", ran.stderr);
        assert_eq!(ran.count("/visits/failed"), ran.count("/visits/started"));
    }
}
