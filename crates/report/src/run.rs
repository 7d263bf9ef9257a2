//! The report of a run: the document that other programs read. Its schema is `docs/run-report.schema.json`.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{HitKind, Judgement, ProbeReport, Quantiles, RequestCounts, Tally};

/// Rises when a field changes its meaning or goes away; new fields alone do not raise it.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run says about itself, at one moment or at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The seed of the run: the same seed and settings make the same traffic.
    pub seed: u64,
    /// Which run this is.
    pub run: RunInfo,
    /// Visits a day that were asked for.
    pub target_visits_per_day: f64,
    /// Visits.
    pub visits: VisitReport,
    /// Hits: planned = acknowledged + refused + failed + unknown + not yet sent.
    pub hits: HitReport,
    /// HTTP requests.
    pub requests: RequestReport,
    /// HTTP requests in flight now.
    pub in_flight: u64,
    /// Milliseconds from a request's first byte to its answer.
    pub latency_ms: Quantiles,
    /// Milliseconds from the moment a request was due to its answer.
    pub response_ms: Quantiles,
    /// Milliseconds from a visit's scheduled start to its first byte.
    pub lag_ms: Quantiles,
    /// `MAX_TOTAL_VISITS`, when it is set.
    pub cap: Option<Cap>,
    /// How far a backfill is.
    pub backfill: Option<Backfill>,
    /// What the process itself uses, where the system tells.
    pub process: Option<ProcessUse>,
    /// What went wrong, the most frequent first.
    pub faults: Vec<FaultCount>,
    /// `THRESHOLDS`, each with what was observed.
    #[serde(default)]
    pub judgements: Vec<Judgement>,
    /// `REPORT_PROBES`, each with how long its reports took.
    #[serde(default)]
    pub probes: Vec<ProbeReport>,
}

/// Which run this is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Unique to the run.
    pub id: String,
    /// The program's version.
    pub version: String,
    /// Live traffic, or a historical window.
    pub mode: Mode,
    /// How hits travel.
    pub transport: Transport,
    /// The seed, as at the top.
    pub seed: u64,
    /// The part of the visitors this process plays: `index/count`.
    pub shard: String,
    /// When the process began.
    pub started_at: Timestamp,
    /// When this report was made.
    pub now: Timestamp,
    /// When the run ended; null while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Seconds from the start to now or to the end.
    pub uptime_s: f64,
    /// What it does at the moment.
    pub state: RunState,
}

/// Live traffic, or a historical window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Visits as they happen.
    Live,
    /// Visits of days that are over.
    Backfill,
}

/// How hits travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// One request a hit.
    Single,
    /// Matomo's bulk tracking.
    Bulk,
}

/// What a run does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for the start signal (`AUTO_START=false`).
    Waiting,
    /// Starts visits.
    Running,
    /// Starts none until the cap's window resets.
    Capped,
    /// Starts no more and finishes those under way.
    Draining,
    /// Done, and alive on purpose (`BACKFILL_RUN_ONCE`).
    Idle,
    /// Over.
    Ended,
}

/// Visits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisitReport {
    /// How many the run will have when it is done; null for a run without an end.
    pub planned: Option<u64>,
    /// Their hits were planned.
    pub started: u64,
    /// Over, and every hit was acknowledged.
    pub completed: u64,
    /// Never started, because the target could not keep up.
    pub skipped: u64,
    /// Over, and at least one hit was not acknowledged.
    pub failed: u64,
    /// Started and not over.
    pub under_way: u64,
    /// Visits a day at the pace so far: completed and under way, over the time in which visits were started.
    pub per_day_achieved: f64,
}

/// Hits by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HitReport {
    /// Belonging to a visit that was started.
    pub planned: u64,
    /// The target said that it recorded them.
    pub acknowledged: u64,
    /// The target said that it did not record them.
    pub refused: u64,
    /// Provably never recorded.
    pub failed: u64,
    /// Sent, and no answer tells whether they were recorded.
    pub unknown: u64,
    /// Waiting for their time, or in flight.
    pub not_yet_sent: u64,
    /// Those acknowledged, by kind.
    pub by_kind: KindReport,
    /// Acknowledged, as a fraction of those whose outcome is counted; null when there is none.
    pub success_rate: Option<f64>,
}

/// Acknowledged hits of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindReport {
    /// Page views.
    pub page_view: u64,
    /// Heartbeats.
    pub ping: u64,
    /// Site searches.
    pub search: u64,
    /// Clicks to other sites.
    pub outlink: u64,
    /// Files.
    pub download: u64,
    /// Custom events.
    pub event: u64,
    /// Cart updates.
    pub cart: u64,
    /// Orders.
    pub order: u64,
}

/// HTTP requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestReport {
    /// Attempts of which at least a byte was sent.
    pub sent: u64,
    /// Attempts that were answered, well or badly.
    pub answered: u64,
    /// Attempts after the first of the same request.
    pub retried: u64,
}

/// The cap of visits in a rolling 24-hour window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cap {
    /// `MAX_TOTAL_VISITS`.
    pub limit: u64,
    /// Visits started in the window.
    pub used: u64,
    /// When the window resets; null before its first visit.
    pub resets_at: Option<Timestamp>,
}

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// The day being sent; null when all are done.
    pub day: Option<Date>,
    /// Days done.
    pub days_done: u64,
    /// Days of the window.
    pub days: u64,
    /// Visits that are over, those of runs before a restart included.
    pub visits_done: u64,
    /// Visits of the window.
    pub visits_planned: u64,
    /// When it will be done at the pace so far; null before there is one.
    pub estimated_end: Option<Timestamp>,
    /// Hits that may be recorded twice, because a run was killed while they were in flight.
    pub possible_duplicates: u64,
}

/// What the process uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessUse {
    /// Processor time so far in seconds, user and system.
    pub cpu_s: f64,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// Open files and connections.
    pub open_files: u64,
}

/// How often one thing went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultCount {
    /// What, and what to do about it.
    pub message: String,
    /// How often.
    pub count: u64,
}

/// What a report needs beside the tally: all that only the engine knows.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// Which run this is.
    pub run: RunInfo,
    /// Visits a day that were asked for.
    pub target_visits_per_day: f64,
    /// Visits the run will have when it is done; `None` = it has no end.
    pub visits_planned: Option<u64>,
    /// Seconds in which visits were started: neither waiting for the signal nor draining.
    pub producing_s: f64,
    /// HTTP requests in flight.
    pub in_flight: u64,
    /// The cap, when one is set.
    pub cap: Option<Cap>,
    /// The backfill, when this is one.
    pub backfill: Option<Backfill>,
    /// What the process uses, where the system tells.
    pub process: Option<ProcessUse>,
}

impl RunReport {
    /// The report of all workers' merged figures, without judgements and probes.
    pub fn build(tally: &Tally, context: RunContext) -> Self {
        let per_day_achieved =
            per_day(tally.visits.completed + tally.visits.under_way(), context.producing_s);
        Self {
            schema_version: SCHEMA_VERSION,
            seed: context.run.seed,
            run: context.run,
            target_visits_per_day: context.target_visits_per_day,
            visits: VisitReport {
                planned: context.visits_planned,
                started: tally.visits.started,
                completed: tally.visits.completed,
                skipped: tally.visits.skipped,
                failed: tally.visits.failed,
                under_way: tally.visits.under_way(),
                per_day_achieved,
            },
            hits: HitReport::of(tally),
            requests: tally.requests.into(),
            in_flight: context.in_flight,
            latency_ms: tally.latency.quantiles(),
            response_ms: tally.response.quantiles(),
            lag_ms: tally.lag.quantiles(),
            cap: context.cap,
            backfill: context.backfill,
            process: context.process,
            faults: tally
                .faults
                .by_count()
                .into_iter()
                .map(|(message, count)| FaultCount { message: message.to_owned(), count })
                .collect(),
            judgements: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// Whether every planned hit and every started visit is accounted for, once.
    pub fn conserved(&self) -> bool {
        let (hits, visits) = (&self.hits, &self.visits);
        hits.planned == hits.acknowledged + hits.refused + hits.failed + hits.unknown + hits.not_yet_sent
            && hits.acknowledged == hits.by_kind.total()
            && visits.started == visits.completed + visits.failed + visits.under_way
    }
}

/// A count over some seconds as a rate a day; 0 when no time has passed.
fn per_day(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { (count as f64 * 86_400.0 / seconds * 10.0).round() / 10.0 } else { 0.0 }
}

impl HitReport {
    fn of(tally: &Tally) -> Self {
        let hits = tally.hits();
        let settled = hits.settled();
        Self {
            planned: hits.planned,
            acknowledged: hits.acknowledged,
            refused: hits.refused,
            failed: hits.failed,
            unknown: hits.unknown,
            not_yet_sent: hits.not_yet_sent(),
            by_kind: KindReport::of(tally),
            success_rate: (settled > 0).then(|| hits.acknowledged as f64 / settled as f64),
        }
    }
}

impl KindReport {
    fn of(tally: &Tally) -> Self {
        let acknowledged = |kind| tally.hits_of(kind).acknowledged;
        Self {
            page_view: acknowledged(HitKind::PageView),
            ping: acknowledged(HitKind::Ping),
            search: acknowledged(HitKind::Search),
            outlink: acknowledged(HitKind::Outlink),
            download: acknowledged(HitKind::Download),
            event: acknowledged(HitKind::Event),
            cart: acknowledged(HitKind::Cart),
            order: acknowledged(HitKind::Order),
        }
    }

    /// The count of one kind.
    pub fn get(&self, kind: HitKind) -> u64 {
        match kind {
            HitKind::PageView => self.page_view,
            HitKind::Ping => self.ping,
            HitKind::Search => self.search,
            HitKind::Outlink => self.outlink,
            HitKind::Download => self.download,
            HitKind::Event => self.event,
            HitKind::Cart => self.cart,
            HitKind::Order => self.order,
        }
    }

    /// Of all kinds.
    pub fn total(&self) -> u64 {
        HitKind::ALL.into_iter().map(|kind| self.get(kind)).sum()
    }
}

impl From<RequestCounts> for RequestReport {
    fn from(counts: RequestCounts) -> Self {
        Self { sent: counts.sent, answered: counts.answered, retried: counts.retried }
    }
}

/// The JSON schema of [`RunReport`].
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(RunReport).to_value()
}
