//! What the load generator has done, from its report or from its log.

use report::{Judgement, Mode, Probe, RunContext, RunInfo, RunReport, RunState, Tally, Transport};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{NAME, running, until};

fn report(visits: u64) -> RunReport {
    let mut tally = Tally::default();
    tally.visits.started = visits;
    tally.visits.completed = visits;
    let now = control::clock::now();
    let run = RunInfo {
        id: "run-1".to_owned(),
        version: "1".to_owned(),
        mode: Mode::Live,
        transport: Transport::Single,
        seed: 1,
        shard: "0/1".to_owned(),
        started_at: now,
        now,
        ended_at: None,
        uptime_s: 1.0,
        state: RunState::Capped,
    };
    let context = RunContext {
        run,
        target_visits_per_day: 1000.0,
        visits_planned: None,
        producing_s: 1.0,
        in_flight: 3,
        cap: Some(report::Cap { limit: 500, used: visits, resets_at: Some(now) }),
        backfill: None,
        process: None,
    };
    let judgement = Judgement { threshold: "success>99%".to_owned(), observed: Some(0.5), held: Some(false) };
    let mut probe = Probe::new("pages");
    probe.failed("no answer".to_owned());
    RunReport {
        judgements: vec![judgement],
        probes: vec![probe.report()],
        ..RunReport::build(&tally, context)
    }
}

/// Answers like a load generator's metrics port, with ten more visits each time.
async fn metrics_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        for visits in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0, "it asks something");
            let body = serde_json::to_string(&report(visits * 10)).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    place
}

#[tokio::test]
async fn figures_come_from_the_report() {
    let harness = running().await;
    harness.engine.set_report_place(NAME, &metrics_port().await);
    until("two reports were read", async || {
        harness.get("/api/status").await.json()["stats"]["visits_generated"].as_u64() >= Some(20)
    })
    .await;
    let stats = harness.get("/api/status").await.json()["stats"].clone();
    assert_eq!((&stats["source"], &stats["state"]), (&json!("report"), &json!("capped")));
    assert_eq!((&stats["cap"]["limit"], &stats["latency"]), (&json!(500), &Value::Null));
    assert_eq!(stats["visits_failed"], 0);
    let judgement = json!({"threshold": "success>99%", "observed": 0.5, "held": false});
    assert_eq!(stats["judgements"], json!([judgement]));
    assert_eq!(
        (&stats["probes"][0]["name"], &stats["probes"][0]["fault"]),
        (&json!("pages"), &json!("no answer"))
    );
    assert!(stats["current_rate"].as_str().unwrap().ends_with("/sec"));
    assert_ne!(stats["current_rate"], "0.00/sec");
    let metrics = harness.get("/api/metrics?window=15m").await.json();
    assert_eq!((&metrics["window_s"], &metrics["resolution_s"]), (&json!(900), &json!(10)));
    let points = metrics["points"].as_array().unwrap();
    assert!(points.iter().map(|point| point["visits"].as_u64().unwrap()).sum::<u64>() >= 20, "{metrics}");
    let scraped = harness.get("/metrics").await;
    assert_eq!(
        scraped.assert_status(200).header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let scraped = &scraped.text;
    for line in [
        "trafficinator_engine_connected 1",
        "trafficinator_load_generator_state{name=\"matomo-loadgen\",state=\"running\"} 1",
        "trafficinator_load_generator_state{name=\"matomo-loadgen\",state=\"paused\"} 0",
        "trafficinator_in_flight{name=\"matomo-loadgen\"} 3",
        "trafficinator_cap_limit_visits{name=\"matomo-loadgen\"} 500",
        "trafficinator_visits_total{name=\"matomo-loadgen\",outcome=\"failed\"} 0",
    ] {
        assert!(scraped.lines().any(|found| found == line), "{line} is not in\n{scraped}");
    }
    assert!(scraped.contains("process_resident_memory_bytes ") && scraped.ends_with("# EOF\n"), "{scraped}");
    // one that has ended keeps its figures, and has no rate
    harness.engine.end(NAME, 0);
    until("its end is seen", async || harness.get("/api/status").await.json()["stats"]["state"] == "ended")
        .await;
    let stats = harness.get("/api/status").await.json()["stats"].clone();
    assert_eq!(stats["current_rate"], "0.00/sec");
    assert!(stats["visits_generated"].as_u64() >= Some(20));
}

#[tokio::test]
async fn figures_come_from_the_log_where_the_port_cannot_be_reached() {
    let harness = running().await;
    let line = |visits: u64| {
        format!(
            "2026-01-05T08:00:00Z  INFO stats visits_total={visits} visits_per_day=2000.5 success_rate=0.99 latency_p50_ms=4.1 \
             latency_p95_ms=9.0 latency_p99_ms=12.5 lag_p99_ms=1.5 in_flight=3 hits_acknowledged=400 hits_refused=1 \
             hits_failed=2 hits_unknown=1 visits_skipped=7 cap=null"
        )
    };
    harness.engine.write_line(NAME, &line(120));
    until("the line was read", async || {
        harness.get("/api/status").await.json()["stats"]["visits_generated"] == 120
    })
    .await;
    let stats = harness.get("/api/status").await.json()["stats"].clone();
    assert_eq!((&stats["source"], &stats["hits_sent"]), (&json!("log"), &json!(402)));
    assert_eq!((&stats["latency"]["p99"], &stats["cap"]), (&json!(12.5), &Value::Null));
    assert_eq!((&stats["judgements"], &stats["probes"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_window_is_checked() {
    let harness = running().await;
    for (window, resolution) in [("1h", 10), ("24h", 60), ("7d", 600), ("365d", 3600)] {
        let metrics = harness.get(&format!("/api/metrics?window={window}")).await;
        assert_eq!(metrics.assert_status(200).json()["resolution_s"], resolution, "{window}");
    }
    for window in ["0", "30s", "2y", "367d", "-1h", "x"] {
        let refused = harness.get(&format!("/api/metrics?window={window}")).await;
        assert_eq!(refused.assert_error(422, "invalid").fields(), ["window"], "{window}");
    }
}
