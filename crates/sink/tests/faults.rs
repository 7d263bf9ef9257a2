//! Faults on request: what a client sees of each, and what the receiver counts and records meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::time::Duration;

use common::{BROWSER, Request, Sink, TOKEN};
use serde_json::{Value, json};

fn hit(number: u32) -> Request {
    Request::get(&format!(
        "/matomo.php?idsite=1&rec=1&cid=00000000000000ff&url=https://example.test/{number}"
    ))
}

fn bulk(count: u32) -> Request {
    let entries: Vec<String> = (0..count)
        .map(|number| format!("?idsite=1&rec=1&cid=00000000000000aa&url=https://example.test/{number}"))
        .collect();
    Request::post("/matomo.php", "application/json", json!({"requests": entries}).to_string())
}

fn with_faults(plan: &str) -> (Sink, String) {
    let sink = Sink::start(sink::Config { faults: plan.to_owned(), ..sink::Config::default() });
    let host = sink.addr().to_string();
    (sink, host)
}

#[test]
fn a_status_is_answered_with_its_retry_after_and_nothing_is_recorded() {
    let (sink, host) = with_faults("status=429:7@after=1,for=2");
    let statuses: Vec<u16> = (0..4).map(|number| hit(number).send(&host).status).collect();
    assert_eq!(statuses, [200, 429, 429, 200]);
    sink.handle().set_faults("status=429:7").unwrap();
    assert_eq!(hit(9).send(&host).header("retry-after"), Some("7"));
    let stats = sink.stats();
    assert_eq!((stats.requests, stats.hits.received, stats.hits.recorded), (5, 2, 2));
}

#[test]
fn a_reset_cuts_the_connection_and_says_by_its_kind_what_was_recorded() {
    let (sink, host) = with_faults("");
    for (plan, recorded) in [("reset", 0), ("reset-after", 1), ("reset-mid", 2), ("half", 3)] {
        sink.handle().set_faults(plan).unwrap();
        assert!(hit(1).try_send(&host).is_err(), "{plan}");
        assert_eq!(sink.stats().hits.recorded, recorded, "{plan}");
    }
}

#[test]
fn a_closed_port_refuses_and_opens_again() {
    let (sink, host) = with_faults("");
    let answer = Request::post("/sink/fault", "text/plain", "refuse").send(&host);
    assert_eq!(answer.status, 200, "who closes the port is told so");
    let until = |open: bool| {
        for _ in 0..500 {
            if std::net::TcpStream::connect(&host).is_ok() == open {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the port did not change");
    };
    until(false);
    sink.handle().set_faults("").unwrap();
    until(true);
    assert_eq!(hit(1).send(&host).status, 200);
}

#[test]
fn a_hung_request_ends_with_the_receiver() {
    let (sink, host) = with_faults("hang");
    let waiting = std::thread::spawn({
        let host = host.clone();
        move || hit(1).try_send(&host).is_err()
    });
    while sink.stats().requests == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    sink.shutdown();
    assert!(waiting.join().unwrap());
}

#[test]
fn a_request_may_hang_after_it_was_recorded() {
    let (sink, host) = with_faults("hang-after");
    let waiting = std::thread::spawn(move || hit(1).try_send(&host).is_err());
    while sink.stats().hits.recorded == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    sink.shutdown();
    assert!(waiting.join().unwrap());
}

#[test]
fn dropped_hits_are_acknowledged_and_counted_as_lost() {
    let (sink, host) = with_faults("drop=1/3; seed=11");
    for number in 0..60 {
        let answer = hit(number).send(&host);
        assert_eq!((answer.status, answer.body.len()), (200, 43));
    }
    let stats = sink.stats();
    assert!(stats.hits.lost > 5 && stats.hits.lost < 40, "{stats:?}");
    assert_eq!((stats.hits.received, stats.hits.recorded + stats.hits.lost), (60, 60));
}

#[test]
fn bulks_half_tracked_rolled_back_and_without_counts() {
    let (sink, host) = with_faults("bulk-half");
    let answer = bulk(5).send(&host);
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"status": "success", "tracked": 3, "invalid": 0}))
    );
    assert_eq!((sink.stats().hits.recorded, sink.stats().hits.lost), (3, 2));

    sink.handle().set_faults("deadlock=1").unwrap();
    let answer = bulk(4).send(&host);
    assert_eq!((answer.status, answer.json()), (500, json!({"status": "error", "tracked": 2, "invalid": 0})));
    assert_eq!((sink.stats().hits.recorded, sink.stats().hits.lost), (3, 6));

    sink.handle().set_faults("bulk-no-counts").unwrap();
    let answer = bulk(4).send(&host);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let stats = sink.stats();
    assert_eq!((stats.hits.recorded, stats.hits.received), (7, 13));
    assert_eq!(stats.visits, 1, "what was rolled back left no visit behind");
}

#[test]
fn faults_are_changed_and_read_over_http() {
    let (_sink, host) = with_faults("");
    let answer = Request::post("/sink/fault", "text/plain", "status=503@for=1").send(&host);
    assert_eq!((answer.status, &answer.json()["spec"]), (200, &Value::from("status=503@for=1")));
    assert_eq!([hit(1).send(&host).status, hit(2).send(&host).status], [503, 200]);
    assert_eq!(Request::get("/sink/fault").send(&host).json()["struck"], json!([1]));
    let answer = Request::post("/sink/fault", "text/plain", "explode").send(&host);
    assert_eq!(answer.status, 400);
    assert!(answer.json()["message"].as_str().unwrap().contains("explode"));
    let answer = Request::new("DELETE", "/sink/fault").send(&host);
    assert_eq!(answer.json()["spec"], "");
}

#[test]
fn a_null_receiver_answers_and_records_nothing() {
    let sink = Sink::start(sink::Config { null: true, ..sink::Config::default() });
    let host = sink.addr().to_string();
    assert_eq!(hit(1).send(&host).body.len(), 43);
    assert_eq!(bulk(3).send(&host).json(), json!({"status": "success", "tracked": 3, "invalid": 0}));
    let stats = sink.stats();
    assert_eq!((stats.requests, stats.hits.recorded), (2, 0));
    assert_eq!(Request::get("/").send(&host).status, 200);
    assert_eq!(Request::get("/sink/recent").send(&host).status, 200);
    assert!(Request::get("/sink/hits").send(&host).body.is_empty());
}

#[test]
fn only_a_super_user_sets_the_receiver_up() {
    let (_sink, host) = with_faults("");
    let site =
        json!({"name": "Second", "time_zone": "Asia/Tokyo", "urls": ["https://second.test"]}).to_string();
    let mut request = Request::post("/sink/admin/sites", "application/json", site);
    assert_eq!(request.send(&host).status, 401);
    request.headers.push(("Authorization".to_owned(), format!("Bearer {TOKEN}")));
    assert_eq!(request.send(&host).json(), json!({"id": 2}));
    assert_eq!(common::api(&host, TOKEN, "2", "SitesManager.getSiteFromId", &[])["timezone"], "Asia/Tokyo");
    request.body = br#"{"name": "Third", "time_zone": "Mars/Olympus"}"#.to_vec();
    let answer = request.send(&host);
    assert_eq!(answer.status, 400);
    assert!(answer.json()["message"].as_str().unwrap().contains("Mars/Olympus"));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let (_sink, host) = with_faults("");
    let page = Request::get("/").send(&host);
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert!(!text.contains("http://") && !text.contains("https://"));
    for (path, media_type) in [("/sink/page.js", "text/javascript"), ("/sink/page.css", "text/css")] {
        assert!(text.contains(path));
        let file = Request::get(path).send(&host);
        assert!(file.header("content-type").unwrap().starts_with(media_type));
    }
    hit(1).send(&host);
    let recent = Request::get("/sink/recent").send(&host).json();
    assert_eq!((&recent["visits"], &recent["last"][0]["visitor"]), (&json!(1), &json!("00000000000000ff")));
    assert!(BROWSER.contains("Firefox") && recent["last"][0]["browser"] == "Firefox 121.0");
}
