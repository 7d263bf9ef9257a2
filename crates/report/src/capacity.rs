//! What a search for the limit of a target has found so far: the document of `loadgen capacity --json`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Judgement;

/// Rises when a field changes its meaning or goes away.
pub const FINDINGS_VERSION: u32 = 1;

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchState {
    /// Rates are being tried.
    Searching,
    /// It has come to its end.
    Done,
    /// It was stopped before.
    Stopped,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// How far the search is.
    pub state: SearchState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; null while it goes on.
    pub ended_at: Option<Timestamp>,
    /// What each rate is held to.
    pub thresholds: Vec<String>,
    /// The highest rate that was confirmed; null when none was.
    pub held: Option<Step>,
    /// The lowest rate that is known to be too much, in visits a day; null when none was found.
    pub too_much: Option<f64>,
    /// What may have been the limit in the target's place; null when it was the target.
    pub caution: Option<String>,
    /// What was found, in a sentence.
    pub verdict: String,
    /// The rate that is being tried.
    pub trying: Option<Trying>,
    /// Every rate that was tried, in that order.
    pub steps: Vec<Step>,
}

/// A rate that is being tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trying {
    /// The rate.
    pub visits_per_day: f64,
    /// It is to confirm an earlier step.
    pub confirmation: bool,
    /// Since when.
    pub began_at: Timestamp,
    /// How long it takes with its warm-up, in seconds.
    pub seconds: f64,
}

/// One rate and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Every threshold held.
    pub held: bool,
    /// Each threshold and what was observed.
    pub judgements: Vec<Judgement>,
}

impl Step {
    /// Whether every threshold that could be judged held, and at least one could.
    pub fn judge(judgements: &[Judgement]) -> bool {
        judgements.iter().any(|judgement| judgement.held == Some(true))
            && judgements.iter().all(|judgement| judgement.held != Some(false))
    }
}

impl Findings {
    /// A search that begins.
    pub fn begin(started_at: Timestamp, thresholds: Vec<String>) -> Self {
        Self {
            schema_version: FINDINGS_VERSION,
            state: SearchState::Searching,
            started_at,
            ended_at: None,
            thresholds,
            held: None,
            too_much: None,
            caution: None,
            verdict: "Rates are being tried.".to_owned(),
            trying: None,
            steps: Vec::new(),
        }
    }

    /// The search has ended.
    pub fn end(&mut self, state: SearchState, ended_at: Timestamp) {
        self.trying = None;
        self.state = state;
        self.ended_at = Some(ended_at);
        self.verdict = match (&self.held, self.too_much) {
            (Some(step), Some(too_much)) => format!(
                "The target held {:.0} visits a day ({:.1} hits a second) for {:.0} s; {too_much:.0} were too much.",
                step.visits_per_day, step.hits_per_second, step.seconds
            ),
            (Some(step), None) => format!(
                "The target held {:.0} visits a day ({:.1} hits a second) for {:.0} s, the most that was tried: raise --most.",
                step.visits_per_day, step.hits_per_second, step.seconds
            ),
            (None, _) if state == SearchState::Stopped => {
                "The search was stopped before a rate was confirmed.".to_owned()
            }
            (None, Some(too_much)) => format!(
                "No rate was confirmed; {too_much:.0} visits a day were too much. Is the target up? Try a lower --least."
            ),
            (None, None) => "No rate could be tried.".to_owned(),
        };
    }
}
