//! What a run says about itself: counters, histograms and the ledger; as JSON, Prometheus text and a summary.
//!
//! Workers count into a [`Tally`] each; merged, and set beside what only the engine knows ([`RunContext`]), they become
//! the [`RunReport`] that `/report` answers, `--summary-json` writes and the control plane reads.
//! Pure: the time comes in as an argument, and nothing here prints.

mod capacity;
mod compare;
mod durations;
mod judgement;
mod kind;
mod metrics;
mod probe;
mod run;
mod series;
mod stats;
mod summary;
mod tally;
pub mod text;

pub use capacity::{FINDINGS_VERSION, Findings, SearchState, Step, Trying};
pub use compare::{
    CONFIDENCE, Change, Comparison, Difference, DifferingSetting, RunBrief, Side, Unit, compare,
    comparison_markdown, comparison_text, spoken,
};
pub use durations::{Durations, Quantiles};
pub use judgement::Judgement;
pub use kind::HitKind;
pub use metrics::{METRICS_CONTENT_TYPE, prometheus};
pub use probe::{Probe, ProbeReport};
pub use run::{
    Backfill, Cap, FaultCount, HitReport, KindReport, Mode, ProcessUse, RunContext, RunInfo, RunReport,
    RunState, SCHEMA_VERSION, Transport, VisitReport, json_schema,
};
pub use series::{Buckets, Piece, ProbePiece, SERIES_VERSION, Series};
pub use stats::stats_line;
pub use summary::{live_line, summary_table};
pub use tally::{Faults, HitCounts, Outcome, RequestCounts, Tally, VisitCounts};
