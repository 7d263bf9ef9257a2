//! `loadgen capacity`: the most visits a day that the target bears.
//!
//! Each rate is tried by a run of the real engine at that rate ([`trial`]); [`search`] says which rate is next. A rate
//! holds when every threshold holds over the measured time, which begins after a warm-up.

pub mod search;
pub mod trial;

use std::time::Duration;

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
