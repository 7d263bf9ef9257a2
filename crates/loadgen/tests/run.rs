//! A run against a receiver that records: what was sent is what was recorded, and limits hold.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use support::{Loadgen, Sink, TOKEN, dead_url, terminate, wait_until};

/// What the receiver recorded is what the run says was acknowledged, kind by kind.
fn assert_recorded(sink: &Sink, ran: &support::Ran) {
    let stats = sink.stats();
    assert_eq!(stats["hits"]["recorded"], ran.summary["hits"]["acknowledged"], "{stats:#}\n{}", ran.stderr);
    for (kind, count) in ran.summary["hits"]["by_kind"].as_object().unwrap() {
        let recorded = stats["hits"]["by_kind"][kind].as_u64().unwrap_or(0);
        assert_eq!(Some(recorded), count.as_u64(), "{kind}: {stats:#}");
    }
}

#[test]
fn every_hit_of_a_run_is_recorded_single() {
    let sink = Sink::start();
    let ran = Loadgen::new(&sink.url, &[]).arg("--visits=200").run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/started"), 200);
    assert_eq!(ran.count("/visits/completed"), 200);
    assert_eq!(ran.count("/hits/planned"), ran.count("/hits/acknowledged"));
    ran.assert_conserved();
    assert_recorded(&sink, &ran);
    assert!(ran.stdout.contains("acknowledged"), "{}", ran.stdout);
}

#[test]
fn every_hit_of_a_run_is_recorded_bulk() {
    let sink = Sink::start();
    let vars = [
        ("TRANSPORT", "bulk"),
        ("BULK_SIZE", "50"),
        ("RANDOMIZE_VISITOR_COUNTRIES", "true"),
        ("MATOMO_TOKEN_AUTH", TOKEN),
    ];
    let ran = Loadgen::new(&sink.url, &vars).arg("--visits=200").run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed"), 200, "{}", ran.stderr);
    ran.assert_conserved();
    assert_recorded(&sink, &ran);
    assert!(!ran.stderr.contains(TOKEN) && !ran.stdout.contains(TOKEN));
}

/// Lesson: one seed gave a different stream of requests at every run.
#[test]
fn one_seed_makes_one_stream_of_requests_at_any_concurrency() {
    let stream = |concurrency: &str| {
        let server = support::Scripted::start(|_, _| support::Answer::Bytes(support::gif()));
        let ran = Loadgen::new(&server.url, &[("CONCURRENCY", concurrency), ("VISIT_PACING", "compressed")])
            .arg("--visits=40")
            .run();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let mut lines: Vec<String> = server
            .requests()
            .iter()
            .map(|request| {
                let query = request.line.split(['?', ' ']).nth(2).unwrap_or_default();
                // What names the moment of the run is not the seed's.
                let kept =
                    query.split('&').filter(|pair| !pair.starts_with("cdt=") && !pair.starts_with("ec_id="));
                kept.collect::<Vec<_>>().join("&")
            })
            .collect();
        lines.sort();
        lines
    };
    let one = stream("1");
    assert!(one.len() > 100);
    assert_eq!(one, stream("20"));
}

/// Lesson: a dead target was reported as visits sent.
#[test]
fn a_dead_target_is_no_visit_and_exit_69() {
    let vars = [("REQUEST_RETRIES", "1")];
    let ran = Loadgen::new(&dead_url(), &vars).arg("--visits=20").run();
    assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed"), 0);
    assert_eq!(ran.count("/hits/acknowledged"), 0);
    assert_eq!(ran.count("/hits/failed"), ran.count("/hits/planned"));
    ran.assert_conserved();
    assert!(ran.stderr.contains("is the target up"), "{}", ran.stderr);
}

/// Lesson: the cap sent nothing at all, or ended the run.
#[test]
fn the_cap_pauses_and_survives_a_restart() {
    let sink = Sink::start();
    let state = tempfile::tempdir().unwrap();
    let vars = [("MAX_TOTAL_VISITS", "25"), ("STATE_DIR", state.path().to_str().unwrap())];
    let (child, dir) = Loadgen::new(&sink.url, &vars).spawn();
    wait_until("25 visits", || sink.stats()["visits"].as_u64() >= Some(25));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let ran = terminate(child, dir);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/started"), 25);
    assert!(
        ran.stderr.contains("daily cap reached (25). Pausing production until window reset"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.count("/cap/used"), 25);

    let (child, dir) = Loadgen::new(&sink.url, &vars).spawn();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let again = terminate(child, dir);
    assert_eq!(again.count("/visits/started"), 0, "{}", again.stderr);
}

#[test]
fn a_signal_ends_the_run_in_order_and_with_a_summary() {
    let sink = Sink::start();
    let (child, dir) = Loadgen::new(&sink.url, &[("VISIT_PACING", "realtime")]).spawn();
    wait_until("some visits", || sink.stats()["visits"].as_u64() >= Some(20));
    let ran = terminate(child, dir);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.assert_conserved();
    assert!(ran.count("/hits/not_yet_sent") > 0, "visits in real time cannot be over after a second");
    assert_eq!(ran.count("/hits/unknown"), 0);
    assert_recorded(&sink, &ran);
    assert!(ran.stdout.contains("not yet sent"), "{}", ran.stdout);
}

#[test]
fn a_signal_right_after_the_start_is_heeded() {
    let (child, dir) = Loadgen::new(&dead_url(), &[]).spawn();
    std::thread::sleep(std::time::Duration::from_millis(150));
    let code = terminate(child, dir).code;
    assert!(
        code == Some(0) || code == Some(69),
        "{code:?}: neither an orderly end nor a target that answered nothing"
    );
}

#[test]
fn the_start_signal_is_waited_for_and_a_stale_one_discarded() {
    let sink = Sink::start();
    let files = tempfile::tempdir().unwrap();
    let signal = files.path().join("loadgen.start");
    std::fs::write(&signal, "").unwrap();
    let vars = [
        ("AUTO_START", "false"),
        ("START_SIGNAL_FILE", signal.to_str().unwrap()),
        ("START_CHECK_INTERVAL", "0.1"),
    ];
    let (child, dir) = Loadgen::new(&sink.url, &vars).arg("--visits=5").spawn();
    wait_until("the stale signal to go", || !signal.exists());
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(sink.stats()["visits"], 0, "a stale signal started traffic");
    std::fs::write(&signal, "").unwrap();
    let ran = support::Ran::new(child.wait_with_output().unwrap(), dir);
    assert_eq!((ran.code, ran.count("/visits/completed")), (Some(0), 5), "{}", ran.stderr);
    assert!(!signal.exists());
}

#[test]
fn a_ceiling_on_requests_is_never_exceeded() {
    let sink = Sink::start();
    let begin = support::now();
    let ran = Loadgen::new(&sink.url, &[("MAX_REQUESTS_PER_SECOND", "100"), ("CONCURRENCY", "20")])
        .arg("--visits=30")
        .run();
    let requests = ran.count("/requests/sent");
    let least = std::time::Duration::from_secs_f64(requests.saturating_sub(2) as f64 / 100.0);
    assert!(begin.elapsed() >= least, "{requests} requests in {:?}", begin.elapsed());
    ran.assert_conserved();
}

/// A target slower than the schedule costs visits, and those are counted; no visit is left half sent.
#[test]
fn a_slow_target_loses_whole_visits_only() {
    let server = support::Scripted::start(|_, _| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        support::Answer::Bytes(support::gif())
    });
    let ran = Loadgen::new(&server.url, &[("CONCURRENCY", "4")]).arg("--visits=300").run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.count("/visits/skipped") > 100, "{:#}", ran.summary["visits"]);
    assert_eq!(ran.count("/visits/started"), ran.count("/visits/completed"));
    assert_eq!(ran.count("/visits/started") + ran.count("/visits/skipped"), 300);
    assert_eq!(ran.count("/hits/planned"), ran.count("/hits/acknowledged"));
}

#[test]
fn metrics_report_and_health_are_served_while_it_runs() {
    let sink = Sink::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (child, dir) = Loadgen::new(&sink.url, &[("METRICS_PORT", &port)]).spawn();
    wait_until("some visits", || sink.stats()["visits"].as_u64() >= Some(10));
    let get = |path: &str| {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    assert!(get("/health").contains("\"running\""));
    assert!(get("/metrics").contains("trafficinator_hits_total"));
    let report = get("/report");
    let report: serde_json::Value = serde_json::from_str(report.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(report["seed"], 1);
    let ran = terminate(child, dir);
    assert_eq!(ran.code, Some(0));
}
