//! `loadgen capacity`: the most visits a day that the target bears.
//!
//! Each rate is tried by a run of the real engine at that rate ([`trial`]); [`search`] says which rate is next. A rate
//! holds when every threshold holds over the measured time, which begins after a warm-up.

pub mod search;
pub mod trial;

use std::time::Duration;

use report::Judgement;
use serde::Serialize;
use settings::{Pacing, Range, Settings, Shape, Threshold};

/// What is held to when `THRESHOLDS` is empty: what a target that keeps up shows, whatever its speed.
pub const DEFAULT_THRESHOLDS: [&str; 3] = ["success>=99.9%", "response_p95<1s", "skipped<=0.1%"];

/// Real time between two hits of a visit at the most, in seconds: short visits make a rate steady soon.
const LONGEST_PAUSE_S: f64 = 0.3;

/// How long a rate is tried.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Not measured: until as many visits end as begin.
    pub warm_up: Duration,
    /// Measured at each step.
    pub measure: Duration,
    /// Measured for the confirmation.
    pub confirm: Duration,
}

/// One rate and how it went.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The rate that was asked for.
    pub visits_per_day: f64,
    /// It was to confirm an earlier step.
    pub confirmation: bool,
    /// How long was measured, in seconds.
    pub seconds: f64,
    /// Hits that were acknowledged a second.
    pub hits_per_second: f64,
    /// Latency quantiles in milliseconds: p50, p95, p99.
    pub latency_ms: [f64; 3],
    /// From the moment a request was due to its answer, 95 of 100, in milliseconds.
    pub response_p95_ms: f64,
    /// How late visits started, 99 of 100, in milliseconds.
    pub lag_p99_ms: f64,
    /// Hits acknowledged of those settled.
    pub success_rate: Option<f64>,
    /// Visits that could not start in time.
    pub skipped: u64,
    /// The most requests in flight that were seen.
    pub in_flight: u64,
    /// Each threshold and what was observed.
    pub judgements: Vec<Judgement>,
}

impl Step {
    /// Every threshold that could be judged held, and at least one could.
    pub fn held(&self) -> bool {
        self.judgements.iter().any(|judgement| judgement.held == Some(true))
            && self.judgements.iter().all(|judgement| judgement.held != Some(false))
    }
}

/// The settings of a trial: the same visits at an even rate, with short pauses, and without what would limit them.
///
/// # Errors
/// One line for each setting that stands against a search for the limit.
pub fn prepared(mut settings: Settings) -> Result<Settings, Vec<String>> {
    let limits = &settings.limits;
    let against = [
        ("BACKFILL_ENABLED", settings.backfill.is_some(), "a backfill has no rate"),
        ("MAX_TOTAL_VISITS", limits.visits_per_window.is_some(), "it would pause the search"),
        (
            "MAX_REQUESTS_PER_SECOND",
            limits.requests_per_second.is_some(),
            "it would be taken for the target's limit",
        ),
        ("SHARD", settings.shard.count > 1, "the rate would be that of a part"),
    ];
    let faults: Vec<_> = against
        .into_iter()
        .filter(|(_, is_set, _)| *is_set)
        .map(|(name, _, why)| format!("{name}: unset it to look for the target's limit: {why}"))
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let pause = settings.visits.pause_s;
    settings.visits.pause_s =
        Range { min: pause.min.min(LONGEST_PAUSE_S), max: pause.max.min(LONGEST_PAUSE_S) };
    settings.visits.pacing = Pacing::Compressed;
    settings.arrivals.shape = Shape::Flat;
    settings.limits.auto_stop_hours = None;
    if settings.judgement.thresholds.is_empty() {
        let parse = |text: &str| Threshold::parse(text).expect("the defaults are thresholds");
        settings.judgement.thresholds = DEFAULT_THRESHOLDS.map(parse).into();
    }
    Ok(settings)
}
