//! The reports that a real Matomo gave for a set of hits, and those that the receiver gives for the same hits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use common::{Request, Sink, TOKEN, api, data, feed};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

/// What depends on the installation or on lists that only Matomo has: pictures, numbers of rows, names of telephones.
const NOT_COMPARED: &[&str] = &[
    "idsubdatatable",
    "idSite",
    "idVisit",
    "siteName",
    "fingerprint",
    "pageId",
    "pageIdAction",
    "deviceModel",
];

/// Everything that differs, as lines that say where.
fn differences(at: &str, golden: &Value, ours: &Value, found: &mut Vec<String>) {
    match (golden, ours) {
        (Value::Object(golden), Value::Object(ours)) => {
            let names = golden.keys().chain(ours.keys().filter(|name| !golden.contains_key(*name)));
            for name in names.filter(|name| !NOT_COMPARED.contains(&name.as_str())) {
                match (golden.get(name), ours.get(name)) {
                    (Some(golden), Some(ours)) => differences(&format!("{at}.{name}"), golden, ours, found),
                    (golden, ours) => found.push(format!("{at}.{name}: golden {golden:?}, ours {ours:?}")),
                }
            }
        }
        (Value::Array(golden), Value::Array(ours)) => {
            if golden.len() != ours.len() {
                found.push(format!("{at}: golden has {} rows, ours {}", golden.len(), ours.len()));
            }
            for (index, (golden, ours)) in golden.iter().zip(ours).enumerate() {
                let name =
                    golden.get("label").and_then(Value::as_str).map_or(index.to_string(), str::to_owned);
                differences(&format!("{at}[{name}]"), golden, ours, found);
            }
        }
        (Value::Number(golden), Value::Number(ours)) => {
            // Sums of money carry the last bit of the order in which they were added.
            let distance = golden.as_f64().unwrap_or(f64::NAN) - ours.as_f64().unwrap_or(f64::NAN);
            if distance.abs() > 1e-9 {
                found.push(format!("{at}: golden {golden}, ours {ours}"));
            }
        }
        (golden, ours) if golden == ours => {}
        (golden, ours) => found.push(format!("{at}: golden {golden}, ours {ours}")),
    }
}

#[test]
fn the_golden_hits_give_the_golden_reports() {
    let sink = Sink::start(sink::Config::default());
    feed(&sink);
    let meta: Value = serde_json::from_str(&data("golden/meta.json")).unwrap();
    let first: Date = meta["first_day"].as_str().unwrap().parse().unwrap();
    let last = first.checked_add((meta["days"].as_i64().unwrap() - 1).days()).unwrap();
    let range = format!("{first},{last}");
    let host = sink.addr().to_string();
    let folder = format!("{}/../../tests/golden/reports", env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut compared = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let parts: Vec<&str> = name.trim_end_matches(".json").split('.').collect();
        let method = parts[..2].join(".");
        let day = parts
            .last()
            .and_then(|tag| tag.strip_prefix("day"))
            .map(|number| first.checked_add(number.parse::<i64>().unwrap().days()).unwrap().to_string());
        let mut more = match &day {
            Some(day) => vec![("period", "day"), ("date", day.as_str())],
            None => vec![("period", "range"), ("date", range.as_str())],
        };
        more.push(("filter_limit", if name.contains(".sample.") { "2" } else { "-1" }));
        if name.contains("ecommerceOrder") {
            more.push(("idGoal", "ecommerceOrder"));
        }
        if method.starts_with("Actions.get") && method != "Actions.get" {
            more.push(("flat", "1"));
        }
        let golden: Value = serde_json::from_str(&data(&format!("golden/reports/{name}"))).unwrap();
        differences(&name, &golden, &api(&host, TOKEN, "1", &method, &more), &mut found);
        compared += 1;
    }
    assert!(compared > 40, "only {compared} reports were there to compare");
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_dump_and_the_counts_know_every_golden_hit() {
    let sink = Sink::start(sink::Config::default());
    feed(&sink);
    let sent = data("golden/hits.jsonl").lines().count();
    let stats = sink.stats();
    assert_eq!((stats.requests, stats.hits.recorded, stats.visits), (sent as u64, sent as u64, 62));
    assert_eq!(stats.hits.by_kind.values().sum::<u64>(), sent as u64);
    let dump = Request::get("/sink/hits").send(&sink.addr().to_string());
    let lines: Vec<Value> = String::from_utf8(dump.body)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), sent);
    assert!(lines.iter().all(|line| line["params"].get("token_auth").is_none()));
    assert_eq!(lines[0]["visitor"], "f2a74de452e6b438");
}

#[test]
fn what_was_recorded_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config =
        || sink::Config { db: Some(directory.path().join("hits.sqlite")), ..sink::Config::default() };
    let sink = Sink::start(config());
    feed(&sink);
    let before = sink.stats();
    sink.shutdown();
    let sink = Sink::start(config());
    assert_eq!(sink.stats(), sink::Stats { requests: 0, ..before });
    let summary = api(
        &sink.addr().to_string(),
        TOKEN,
        "1",
        "VisitsSummary.get",
        &[("period", "day"), ("date", "2026-11-19")],
    );
    assert_eq!((&summary["nb_visits"], &summary["nb_actions"]), (&Value::from(23), &Value::from(118)));
}
