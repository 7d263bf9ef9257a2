//! `GET /api/metrics`: the time series for the graphs.

use actix_web::{get, web::Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    auth::Caller,
    clock,
    error::{ApiError, FieldError},
    request::Query,
    store::Piece,
};

/// The shortest and the longest window, in seconds.
const WINDOWS: std::ops::RangeInclusive<i64> = 60..=366 * 86_400;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(metrics);
}

/// Which part of the time series.
#[derive(Deserialize, IntoParams)]
struct MetricsQuery {
    /// How far back, for example `15m`, `1h`, `7d`; a minute to a year.
    #[serde(default = "default_window")]
    #[param(default = "1h")]
    window: String,
}

fn default_window() -> String {
    "1h".to_owned()
}

/// A part of the time series.
#[derive(Debug, Serialize, ToSchema)]
struct Metrics {
    /// How far back it goes, in seconds.
    window_s: i64,
    /// The length of a point's time, in seconds. The further back, the longer.
    resolution_s: i64,
    /// Times in which something was reported, in order; between them nothing ran.
    points: Vec<Point>,
}

/// What was done in a piece of time.
#[derive(Debug, Serialize, ToSchema)]
struct Point {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    ts: Timestamp,
    /// Visits that were started.
    visits: u64,
    /// Hits whose outcome became known.
    hits: u64,
    /// Hits that the target acknowledged.
    successes: u64,
    /// All others of them.
    failures: u64,
    /// Milliseconds from a request to its answer that half of the run's requests did not exceed.
    latency_p50_ms: Option<f64>,
    /// The same for 95 of 100.
    latency_p95_ms: Option<f64>,
    /// The same for 99 of 100.
    latency_p99_ms: Option<f64>,
    /// The most requests in flight.
    in_flight: u64,
    /// Milliseconds that 99 of 100 visits were not later than.
    lag_ms: Option<f64>,
    /// Visits that could not start in time.
    skipped: u64,
    /// The probed reports of the target.
    probes: Vec<ProbePoint>,
}

/// How a probed report did in a piece of time.
#[derive(Debug, Serialize, ToSchema)]
struct ProbePoint {
    /// Its name.
    name: String,
    /// How long it took the last time, in milliseconds; null when it did not come in this time.
    ms: Option<f64>,
    /// How often it did not come.
    failed: u64,
}

impl From<Piece> for Point {
    fn from(piece: Piece) -> Self {
        let latency = |index: usize| piece.latency_ms.map(|latency| latency[index]);
        Self {
            ts: Timestamp::from_second(piece.at).unwrap_or_default(),
            visits: piece.visits,
            hits: piece.hits,
            successes: piece.successes,
            failures: piece.failures,
            latency_p50_ms: latency(0),
            latency_p95_ms: latency(1),
            latency_p99_ms: latency(2),
            in_flight: piece.in_flight,
            lag_ms: piece.lag_ms,
            skipped: piece.skipped,
            probes: piece
                .probes
                .into_iter()
                .map(|(name, probe)| ProbePoint { name, ms: probe.last_ms, failed: probe.failed })
                .collect(),
        }
    }
}

/// What the load generator did over time.
#[utoipa::path(tag = "load generator", params(MetricsQuery), responses((status = 200, body = Metrics)))]
#[get("/api/metrics")]
async fn metrics(
    _: Caller,
    state: State,
    Query(query): Query<MetricsQuery>,
) -> Result<Json<Metrics>, ApiError> {
    let Some(window_s) = seconds(&query.window).filter(|seconds| WINDOWS.contains(seconds)) else {
        let message = "is no window: give a minute to a year, like 15m, 1h or 7d";
        return Err(ApiError::invalid(vec![FieldError::new("window", message)]));
    };
    let series = state.observe.series(window_s, clock::now()).await?;
    let points = series.pieces.into_iter().map(Point::from).collect();
    Ok(Json(Metrics { window_s, resolution_s: series.resolution_s, points }))
}

/// A span like `90s`, `15m`, `1h` or `7d`, or a number of seconds.
fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_with_their_unit() {
        for (text, read) in [("90", Some(90)), ("15m", Some(900)), ("1h", Some(3600)), ("7d", Some(604_800))]
        {
            assert_eq!(seconds(text), read, "{text}");
        }
        for wrong in ["", "h", "1w", "-1h", "1.5h", "1h30m", "9999999999999999999d", "999999999999999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
