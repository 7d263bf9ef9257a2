//! Whether a run kept what it is held to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Figure, Statistic, Threshold};

use crate::{Quantiles, RunReport};

/// A threshold and what the run showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The threshold, as in `THRESHOLDS`.
    pub threshold: String,
    /// What was observed: milliseconds, or a fraction for shares; null while there is nothing to observe.
    pub observed: Option<f64>,
    /// Whether it held; null while there is nothing to observe.
    pub held: Option<bool>,
}

impl RunReport {
    /// Compares the report with thresholds.
    pub fn judge(&self, thresholds: &[Threshold]) -> Vec<Judgement> {
        let judge = |threshold: &Threshold| {
            let observed = self.figure(threshold.figure);
            Judgement {
                threshold: threshold.to_string(),
                observed,
                held: observed.map(|value| threshold.holds(value)),
            }
        };
        thresholds.iter().map(judge).collect()
    }

    /// The figure, in milliseconds or as a fraction; `None` when nothing was counted yet.
    fn figure(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::Latency(statistic) => value(&self.latency_ms, statistic),
            Figure::Response(statistic) => value(&self.response_ms, statistic),
            Figure::Lag(statistic) => value(&self.lag_ms, statistic),
            Figure::Success => self.hits.success_rate,
            Figure::Skipped => {
                let all = self.visits.started + self.visits.skipped;
                (all > 0).then(|| self.visits.skipped as f64 / all as f64)
            }
        }
    }
}

fn value(times: &Quantiles, statistic: Statistic) -> Option<f64> {
    let value = match statistic {
        Statistic::Mean => times.mean,
        Statistic::P50 => times.p50,
        Statistic::P90 => times.p90,
        Statistic::P95 => times.p95,
        Statistic::P99 => times.p99,
        Statistic::P999 => times.p999,
        Statistic::Max => times.max,
    };
    (times.count > 0).then_some(value)
}
