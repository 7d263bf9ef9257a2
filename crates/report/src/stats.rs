//! The line that a run logs once a minute, as pairs, so that text and JSON logs say the same under the same names.

use serde_json::{Value, json};

use crate::RunReport;

/// The figures of one log line, in order. Times in milliseconds; `cap` is `used/limit`, or null when there is none.
pub fn stats_line(report: &RunReport) -> Vec<(&'static str, Value)> {
    let cap = report.cap.map(|cap| format!("{}/{}", cap.used, cap.limit));
    vec![
        ("visits_total", json!(report.visits.completed + report.visits.under_way)),
        ("visits_per_day", json!(report.visits.per_day_achieved)),
        ("success_rate", json!(report.hits.success_rate)),
        ("latency_p50_ms", json!(report.latency_ms.p50)),
        ("latency_p95_ms", json!(report.latency_ms.p95)),
        ("latency_p99_ms", json!(report.latency_ms.p99)),
        ("lag_p99_ms", json!(report.lag_ms.p99)),
        ("in_flight", json!(report.in_flight)),
        ("hits_acknowledged", json!(report.hits.acknowledged)),
        ("hits_refused", json!(report.hits.refused)),
        ("hits_failed", json!(report.hits.failed)),
        ("hits_unknown", json!(report.hits.unknown)),
        ("visits_skipped", json!(report.visits.skipped)),
        ("cap", json!(cap)),
    ]
}
