//! `GET /api/status`: what the load generator does, how it is set up, and what it has done.

use actix_web::{get, web::Json};
use jiff::Timestamp;
use report::{Cap, Judgement, ProbeReport, RunState};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    auth::Caller,
    clock,
    engine::{self, EngineKind, Health, Unit, configuration},
    observe::{Figures, Source},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(status);
}

/// What the load generator does.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    /// Its container or process.
    container: Container,
    /// Its settings, secrets masked; empty when there is none.
    #[schema(value_type = crate::routes::ShownSettings)]
    config: configuration::Vars,
    /// What it has done; null before anything is known.
    stats: Option<Stats>,
    /// Why its state is not known.
    error: Option<String>,
}

/// A container or process.
#[derive(Debug, Serialize, ToSchema)]
struct Container {
    /// What it does.
    state: engine::State,
    /// Its name.
    name: String,
    /// The engine's id, or its beginning.
    id: Option<String>,
    /// For how long it has been running, for example `2h 15m`.
    uptime: Option<String>,
    /// When it was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    created: Option<Timestamp>,
    /// When its process began last.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When its process ended; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// What its process ended with; null while it runs.
    exit_code: Option<i64>,
    /// What its healthcheck says, where it has one.
    health: Option<Health>,
    /// What runs it.
    engine: EngineKind,
}

/// What a run has done so far.
#[derive(Debug, Serialize, ToSchema)]
struct Stats {
    /// For how long the run has gone on, for example `2h 15m`.
    uptime: Option<String>,
    /// What the load generator does itself: a running container may wait for its start signal or the cap's window.
    #[schema(value_type = Option<String>, example = "running")]
    state: Option<RunState>,
    /// Visits that were started and did not fail.
    visits_generated: u64,
    /// Visits that are over, and at least one hit was not acknowledged; null where only the log tells.
    visits_failed: Option<u64>,
    /// Visits a second that did not fail, measured over the last minute, for example `0.23/sec`.
    current_rate: String,
    /// Hits that left for the target.
    hits_sent: u64,
    /// Acknowledged hits as a fraction, 0 to 1; null before the first outcome.
    success_rate: Option<f64>,
    /// From a request to its answer; null before the first.
    latency: Option<Latency>,
    /// The cap of visits in 24 hours; null when there is none.
    cap: Option<CapStatus>,
    /// Milliseconds that 99 of 100 visits were not later than; null before the first.
    schedule_lag_ms: Option<f64>,
    /// `THRESHOLDS`, each with what was observed; none where only the log tells.
    #[schema(value_type = Vec<crate::openapi::JudgementSchema>)]
    judgements: Vec<Judgement>,
    /// `REPORT_PROBES`, each with how long its reports took; none where only the log tells.
    #[schema(value_type = Vec<crate::openapi::ProbeReportSchema>)]
    probes: Vec<ProbeReport>,
    /// Where this comes from.
    source: Source,
    /// When it was so.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Milliseconds that so many of 100 requests did not take longer than.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Latency {
    p50: f64,
    p95: f64,
    p99: f64,
}

impl From<[f64; 3]> for Latency {
    fn from([p50, p95, p99]: [f64; 3]) -> Self {
        Self { p50, p95, p99 }
    }
}

/// The cap of visits in 24 hours.
#[derive(Debug, Serialize, ToSchema)]
struct CapStatus {
    /// The most visits.
    limit: u64,
    /// Visits in the present window.
    used: u64,
    /// When the window resets; null before its first visit, and where it is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    resets_at: Option<Timestamp>,
}

impl From<Cap> for CapStatus {
    fn from(cap: Cap) -> Self {
        Self { limit: cap.limit, used: cap.used, resets_at: cap.resets_at }
    }
}

/// What the load generator does, how it is set up, and what it has done. Never older than a second.
#[utoipa::path(tag = "load generator", responses((status = 200, body = Status)))]
#[get("/api/status")]
async fn status(_: Caller, state: State) -> Json<Status> {
    let view = state.load.view();
    let now = clock::now();
    let unit = view.unit.as_deref();
    let running = view.state() == engine::State::Running;
    let figures = unit.and_then(|unit| state.observe.latest(unit));
    let rate = if running { state.observe.visits_per_second().unwrap_or(0.0) } else { 0.0 };
    Json(Status {
        container: Container {
            state: view.state(),
            name: state.load.place().name.clone(),
            id: unit.map(|unit| unit.id.chars().take(12).collect()),
            uptime: unit.and_then(|unit| uptime(unit, now)),
            created: unit.and_then(|unit| unit.created),
            started_at: unit.and_then(|unit| unit.started_at),
            finished_at: unit.and_then(|unit| unit.finished_at),
            exit_code: unit.and_then(|unit| unit.exit_code),
            health: unit.and_then(|unit| unit.health),
            engine: state.load.kind(),
        },
        config: unit
            .map(|unit| configuration::shown(&unit.blueprint.env, state.load.folder()))
            .unwrap_or_default(),
        stats: figures.as_ref().map(|figures| stats(figures, unit, rate, now)),
        error: view
            .error
            .map(|error| error.to_string())
            .or_else(|| unit.and_then(|unit| unit.complaint.clone())),
    })
}

fn stats(figures: &Figures, unit: Option<&Unit>, rate: f64, now: Timestamp) -> Stats {
    let running = unit.is_some_and(|unit| unit.state == engine::State::Running);
    Stats {
        uptime: unit.and_then(|unit| uptime(unit, now)),
        state: if running { figures.state } else { Some(RunState::Ended) },
        visits_generated: figures.visits,
        visits_failed: figures.visits_failed,
        current_rate: format!("{rate:.2}/sec"),
        hits_sent: figures.sent(),
        success_rate: figures.success_rate,
        latency: figures.latency_ms.map(Latency::from),
        cap: figures.cap.map(CapStatus::from),
        schedule_lag_ms: figures.lag_ms,
        judgements: figures.judgements.clone(),
        probes: figures.probes.clone(),
        source: figures.source,
        at: figures.at,
    }
}

/// For how long the process has been there.
fn uptime(unit: &Unit, now: Timestamp) -> Option<String> {
    let alive = matches!(unit.state, engine::State::Running | engine::State::Paused);
    let since = unit.started_at.filter(|_| alive)?;
    Some(span(now.duration_since(since).as_secs()))
}

/// A number of seconds in its two largest units.
fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, ..) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_two_units() {
        for (seconds, told) in [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m 0s"),
            (8100, "2h 15m"),
            (86_399, "23h 59m"),
            (200_000, "2d 7h"),
        ] {
            assert_eq!(span(seconds), told);
        }
    }
}
