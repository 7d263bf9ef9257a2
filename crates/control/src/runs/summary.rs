//! A run as it is shown: in a list, and by itself.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use report::{Mode, Piece, RunReport, Series, Transport};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ProofSummary, Verification, catalogue::Brief};
use crate::store::Said;

/// What is known of a run that wrote nothing down for so long is that nobody goes on with it.
pub(super) const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunCondition {
    /// It goes on.
    Running,
    /// It came to its end, or was stopped.
    Ended,
    /// It was killed, and nobody has gone on with it.
    Interrupted,
}

/// Whether a run was held to its thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// All that could be judged held.
    Held,
    /// At least one did not.
    Broken,
}

/// What the last proof of a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proved {
    /// Nothing was left unexplained.
    Proved,
    /// Something was.
    Unproved,
}

/// A run in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunSummary {
    /// Its name, as its log and its report say it.
    pub id: String,
    /// When it was first begun.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What became of it.
    pub state: RunCondition,
    /// Visits as they happen, or those of past days.
    #[schema(value_type = String, examples("live", "backfill"))]
    pub mode: Mode,
    /// One request a hit, or many hits a request.
    #[schema(value_type = String, examples("single", "bulk"))]
    pub transport: Transport,
    /// The same seed and settings make the same traffic.
    pub seed: u64,
    /// The load generator's version.
    pub version: String,
    /// Where hits went.
    pub target: String,
    /// The site that they were for.
    pub site_id: u64,
    /// What somebody wrote about it.
    pub note: String,
    /// Visits of which every hit was acknowledged.
    pub visits: u64,
    /// Visits of which at least one was not.
    pub visits_failed: u64,
    /// Visits that never began, because the target could not keep up.
    pub visits_skipped: u64,
    /// Hits that the target acknowledged.
    pub hits: u64,
    /// Visits a day at the run's pace.
    pub visits_per_day: f64,
    /// Acknowledged hits as a fraction of those whose outcome is counted; null when there is none.
    pub success_rate: Option<f64>,
    /// Milliseconds from a request to its answer that 95 of 100 did not exceed.
    pub latency_p95_ms: Option<f64>,
    /// Whether it kept what it was held to; null when it was held to nothing.
    pub thresholds: Option<Held>,
    /// What its last proof came to; null when there is none.
    pub proof: Option<Proved>,
    /// Whether a verification is under way.
    pub verifying: bool,
}

impl RunSummary {
    pub(super) fn new(brief: &Brief, said: Said, is_alive: bool, verifying: bool, now: Timestamp) -> Self {
        let brief = brief.clone();
        let is_fresh = now.duration_since(brief.written_at) < FRESH;
        Self {
            state: match brief.ended_at {
                Some(_) => RunCondition::Ended,
                None if is_alive || is_fresh => RunCondition::Running,
                None => RunCondition::Interrupted,
            },
            id: brief.id,
            started_at: brief.started_at,
            ended_at: brief.ended_at,
            mode: brief.mode,
            transport: brief.transport,
            seed: brief.seed,
            version: brief.version,
            target: brief.target,
            site_id: brief.site_id,
            note: said.note,
            visits: brief.visits,
            visits_failed: brief.visits_failed,
            visits_skipped: brief.visits_skipped,
            hits: brief.hits,
            visits_per_day: brief.visits_per_day,
            success_rate: brief.success_rate,
            latency_p95_ms: brief.latency_p95_ms,
            thresholds: brief.thresholds_held.map(|held| if held { Held::Held } else { Held::Broken }),
            proof: said.proof.map(|(_, proved)| if proved { Proved::Proved } else { Proved::Unproved }),
            verifying,
        }
    }
}

/// A run by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetail {
    /// It, as in a list.
    pub summary: RunSummary,
    /// The settings that were given, secrets masked.
    pub settings: BTreeMap<String, String>,
    /// The zone that cuts the site's days.
    pub time_zone: String,
    /// Processes that worked on it: more than one when a backfill was taken up again.
    pub processes: u32,
    /// Its own report, as of the last time that it was written down.
    #[schema(value_type = Option<crate::openapi::RunReportSchema>)]
    pub report: Option<RunReport>,
    /// The run over time.
    pub series: RunSeries,
    /// Its last proof.
    pub proof: Option<ProofSummary>,
    /// Its last verification.
    pub verification: Verification,
}

/// A run over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunSeries {
    /// The length of a point's time, in seconds.
    pub resolution_s: u64,
    /// Times in which somebody watched, in order; none of a run that an older load generator wrote down.
    pub points: Vec<RunPoint>,
}

/// What a run did in a piece of its time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunPoint {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    /// How much of it was watched, in seconds.
    pub seconds: f64,
    /// Visits that were started.
    pub visits: u64,
    /// Hits whose outcome became known.
    pub hits: u64,
    /// Hits that the target acknowledged.
    pub successes: u64,
    /// All others of them.
    pub failures: u64,
    /// Visits that could not start in time.
    pub skipped: u64,
    /// Milliseconds from a request to its answer that half of the piece's requests did not exceed.
    pub latency_p50_ms: Option<f64>,
    /// The same for 95 of 100.
    pub latency_p95_ms: Option<f64>,
    /// The same for 99 of 100.
    pub latency_p99_ms: Option<f64>,
    /// Milliseconds that 99 of 100 visits were not later than.
    pub lag_ms: Option<f64>,
    /// The most requests in flight.
    pub in_flight: u64,
    /// The probed reports of the target.
    pub probes: Vec<RunProbe>,
}

/// How long a probed report took in a piece of a run's time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunProbe {
    /// Its name.
    pub name: String,
    /// How long it took on average, in milliseconds; null when it did not come.
    pub ms: Option<f64>,
    /// The longest that it took.
    pub max_ms: Option<f64>,
    /// How often it did not come.
    pub failed: u64,
}

impl RunSeries {
    pub(super) fn new(series: &Series, started_at: Timestamp) -> Self {
        let points = series.pieces.iter().map(|piece| RunPoint::new(piece, started_at)).collect();
        Self { resolution_s: series.piece_s, points }
    }
}

impl RunPoint {
    fn new(piece: &Piece, started_at: Timestamp) -> Self {
        let after = SignedDuration::from_secs(i64::try_from(piece.at_s).unwrap_or(i64::MAX));
        let probe = |(name, probe): (&String, &report::ProbePiece)| RunProbe {
            name: name.clone(),
            ms: probe.mean_ms(),
            max_ms: (probe.answered > 0).then_some(probe.max_ms),
            failed: probe.failed,
        };
        Self {
            ts: started_at.checked_add(after).unwrap_or(Timestamp::MAX),
            seconds: piece.seconds,
            visits: piece.visits,
            hits: piece.settled(),
            successes: piece.acknowledged,
            failures: piece.settled() - piece.acknowledged,
            skipped: piece.skipped,
            latency_p50_ms: piece.latency.quantile_ms(0.5),
            latency_p95_ms: piece.latency.quantile_ms(0.95),
            latency_p99_ms: piece.latency.quantile_ms(0.99),
            lag_ms: piece.lag.quantile_ms(0.99),
            in_flight: piece.in_flight,
            probes: piece.probes.iter().map(probe).collect(),
        }
    }
}
