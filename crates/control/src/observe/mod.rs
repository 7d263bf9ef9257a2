//! What the load generator does, in figures: asked for every few seconds, kept as a time series, shown.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use report::ProbeReport;
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    engine::{LoadGenerator, State, Unit},
    logs::{LogHub, Position},
    store::{Piece, ProbePiece, Store, TIERS},
};

mod figures;
mod reports;

pub use figures::{Figures, Source};
pub use reports::Reports;

/// How often figures are asked for.
const INTERVAL: Duration = Duration::from_secs(2);
/// Over how long the present rate is measured.
const RATE_OVER: SignedDuration = SignedDuration::from_secs(60);
/// The most pieces of time that one answer has.
const MOST_PIECES: i64 = 1500;

/// Keeps the figures of the load generator.
pub struct Observer {
    load: Arc<LoadGenerator>,
    logs: Arc<LogHub>,
    store: Store,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    latest: Option<Figures>,
    /// The unit and the start of its process that `latest` is of.
    of: Option<(String, Option<Timestamp>)>,
    /// When there were how many visits, over the last minute.
    visits: VecDeque<(Timestamp, u64)>,
    /// The piece of time that is not over.
    open: Option<Piece>,
    /// The last line of statistics that was read.
    line: Option<Position>,
}

/// A time series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The length of a piece in seconds.
    pub resolution_s: i64,
    /// The pieces in which something was reported, in order.
    pub pieces: Vec<Piece>,
}

impl Observer {
    /// An observer of this load generator. [`watch`](Self::watch) must run for it to see anything.
    pub fn new(load: Arc<LoadGenerator>, logs: Arc<LogHub>, store: Store) -> Arc<Self> {
        Arc::new(Self { load, logs, store, memory: Mutex::default() })
    }

    /// Asks for figures until the token is cancelled.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            if let Some(unit) = self.load.view().unit.filter(|unit| unit.state == State::Running) {
                self.look(&unit).await;
            }
            self.close_piece(clock::now()).await;
        }
        // What was gathered of the piece that is open is worth keeping.
        self.close_piece(Timestamp::MAX).await;
    }

    /// Asks for figures now.
    pub async fn look(&self, unit: &Unit) {
        let figures = match self.load.reports().of(unit).await {
            Some(report) => Some(Figures::of_report(&report)),
            None => self.read_log(unit),
        };
        if let Some(figures) = figures {
            self.take(unit, figures);
        }
    }

    /// The figures in the newest line of statistics of this run that was not read yet.
    fn read_log(&self, unit: &Unit) -> Option<Figures> {
        let after = self.memory().line;
        let line = self.logs.newest_where(after, |line| Figures::is_in(&line.text))?;
        self.memory().line = Some(line.position);
        let of_this_run = unit.started_at.is_none_or(|started| line.ts >= started);
        Figures::of_line(&line.text, line.ts).filter(|_| of_this_run)
    }

    fn take(&self, unit: &Unit, figures: Figures) {
        let now = clock::now();
        let of = Some((unit.id.clone(), unit.started_at));
        let mut memory = self.memory();
        let same_run = memory.of == of;
        let before = memory.latest.take().filter(|_| same_run);
        if before.is_none() {
            memory.visits.clear();
        }
        let from =
            |count: fn(&Figures) -> u64| count(&figures).saturating_sub(before.as_ref().map_or(0, count));
        let piece = Piece {
            at: piece_of(now),
            visits: from(|figures| figures.started),
            skipped: from(|figures| figures.visits_skipped),
            hits: from(Figures::settled),
            successes: from(|figures| figures.acknowledged),
            failures: from(|figures| figures.refused + figures.failed + figures.unknown),
            latency_ms: figures.latency_ms,
            in_flight: figures.in_flight,
            lag_ms: figures.lag_ms,
            probes: probes(before.as_ref(), &figures),
        };
        // The first figures of a run that was under way when we began tell of a time that we did not see.
        let first_sight = before.is_none()
            && unit.started_at.is_some_and(|started| now.duration_since(started) > RATE_OVER);
        if !first_sight {
            match &mut memory.open {
                Some(open) if open.at == piece.at => open.merge(&piece),
                // The piece before is written down by the task that looks; until then it is the open one.
                Some(open) => open.merge(&Piece { at: open.at, ..piece }),
                None => memory.open = Some(piece),
            }
        }
        memory.visits.push_back((figures.at, figures.visits));
        while memory.visits.len() > 2
            && memory.visits.front().is_some_and(|(at, _)| figures.at.duration_since(*at) > RATE_OVER)
        {
            memory.visits.pop_front();
        }
        memory.of = of;
        memory.latest = Some(figures);
    }

    /// Writes the open piece down when it is over.
    async fn close_piece(&self, now: Timestamp) {
        let over = {
            let mut memory = self.memory();
            memory.open.take_if(|open| open.at < piece_of(now))
        };
        if let Some(piece) = over
            && let Err(problem) = self.store.add_to_series(piece).await
        {
            tracing::warn!(%problem, "ten seconds of figures are not kept");
        }
    }

    /// The latest figures of the unit's present or last run.
    pub fn latest(&self, unit: &Unit) -> Option<Figures> {
        let memory = self.memory();
        let of = memory.of.as_ref()?;
        (of.0 == unit.id && of.1 == unit.started_at).then(|| memory.latest.clone()).flatten()
    }

    /// Visits a second over the last minute; `None` before there are two moments to compare.
    pub fn visits_per_second(&self) -> Option<f64> {
        let memory = self.memory();
        let ((from, first), (to, last)) = (memory.visits.front()?, memory.visits.back()?);
        let seconds = to.duration_since(*from).as_secs_f64();
        (seconds > 0.0).then(|| last.saturating_sub(*first) as f64 / seconds)
    }

    /// The time series of the last `window_s` seconds, in the finest pieces that go back so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn series(&self, window_s: i64, now: Timestamp) -> Result<Series, crate::store::StoreError> {
        let fits = |tier: &&crate::store::Tier| {
            tier.kept_s >= window_s && window_s / tier.resolution_s <= MOST_PIECES
        };
        let resolution_s = TIERS.iter().find(fits).unwrap_or(&TIERS[TIERS.len() - 1]).resolution_s;
        let from = now.as_second() - window_s;
        let mut pieces = self.store.series(resolution_s, from - from.rem_euclid(resolution_s)).await?;
        let open = self.memory().open.clone();
        if let Some(mut open) = open {
            open.at -= open.at.rem_euclid(resolution_s);
            match pieces.last_mut() {
                Some(last) if last.at == open.at => last.merge(&open),
                _ => pieces.push(open),
            }
        }
        Ok(Series { resolution_s, pieces })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the probed reports did since the figures before.
fn probes(before: Option<&Figures>, now: &Figures) -> BTreeMap<String, ProbePiece> {
    let since = |probe: &ProbeReport| {
        let before = before.and_then(|before| before.probes.iter().find(|other| other.name == probe.name));
        let (answered, failed) = before.map_or((0, 0), |before| (before.answered, before.failed));
        let piece = ProbePiece {
            last_ms: probe.last_ms.filter(|_| probe.answered > answered),
            failed: probe.failed.saturating_sub(failed),
        };
        (piece != ProbePiece::default()).then(|| (probe.name.clone(), piece))
    };
    now.probes.iter().filter_map(since).collect()
}

/// When the shortest piece of time begins that a moment lies in.
fn piece_of(now: Timestamp) -> i64 {
    let second = now.as_second();
    second - second.rem_euclid(TIERS[0].resolution_s)
}
