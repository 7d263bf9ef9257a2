//! Stands in for the load generator in a container: behaves as one does as far as an engine can see, and writes as many
//! lines as it is asked to. Compiled by itself, without any library.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    net::TcpListener,
    process, thread,
    time::{Duration, Instant},
};

/// What it says about itself when it is asked at METRICS_PORT.
const REPORT: &str = r#"{
    "schema_version": 1, "seed": 1, "target_visits_per_day": 1, "in_flight": 0, "cap": null, "backfill": null, "process": null,
    "faults": [], "run": {
        "id": "r", "version": "1", "mode": "live", "transport": "single", "seed": 1, "shard": "0/1",
        "started_at": "2999-01-01T00:00:00Z", "now": "2999-01-01T00:00:00Z", "ended_at": null, "uptime_s": 1, "state": "running"
    },
    "visits": {
        "planned": null, "started": 7, "completed": 7, "skipped": 0, "failed": 0, "under_way": 0, "per_day_achieved": 1
    },
    "hits": {
        "planned": 0, "acknowledged": 0, "refused": 0, "failed": 0, "unknown": 0, "not_yet_sent": 0, "success_rate": null,
        "by_kind": {
            "page_view": 0, "ping": 0, "search": 0, "outlink": 0, "download": 0, "event": 0, "cart": 0, "order": 0
        }
    },
    "requests": {"sent": 0, "answered": 0, "retried": 0},
    "latency_ms": {"count": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "p999": 0, "max": 0},
    "response_ms": {"count": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "p999": 0, "max": 0},
    "lag_ms": {"count": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "p999": 0, "max": 0}
}"#;

fn report(port: u16) {
    let Ok(listener) = TcpListener::bind(("0.0.0.0", port)) else { return };
    for mut stream in listener.incoming().flatten() {
        let length = REPORT.len();
        stream.read(&mut [0; 4096]).ok();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{REPORT}").ok();
    }
}

fn main() {
    let setting = |name: &str| env::var(name).unwrap_or_default();
    let concurrency = setting("CONCURRENCY");
    println!("INFO begins with concurrency {concurrency}");
    if concurrency == "13" {
        eprintln!("ERROR thirteen is refused");
        process::exit(64);
    }
    if let Ok(path) = env::var("MATOMO_TOKEN_AUTH_FILE") {
        match fs::read_to_string(&path) {
            // The token must never be seen; here it is shown on purpose.
            Ok(token) => println!("INFO the token is {token}"),
            Err(error) => {
                eprintln!("ERROR the token cannot be read: {error}");
                process::exit(64);
            }
        }
    }
    if let Ok(port) = setting("METRICS_PORT").parse() {
        thread::spawn(move || report(port));
    }
    // Lines a second, in the place of a setting that has no other effect here.
    let rate: u64 = setting("TARGET_VISITS_PER_DAY").parse().unwrap_or(0);
    if rate == 0 {
        loop {
            thread::sleep(Duration::from_secs(3600));
        }
    }
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stderr());
    let began = Instant::now();
    for number in 0_u64.. {
        writeln!(out, "INFO line {number}").expect("standard error is open");
        if number % 500 == 499 {
            out.flush().expect("standard error is open");
            let due = Duration::from_secs_f64(number as f64 / rate as f64);
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
}
