//! Writes down what happens over time, in the run's own folder: a run has its graphs without anybody having watched it.
//!
//! Runs beside the engine and never on its thread; what it looks at is the same tally that the report is made of, so
//! the pieces add up to the report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proof::RunFolder;
use report::{Piece, ProbePiece, ProbeReport, Series, Tally};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::books::Figures;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Between two times that what was seen is written down.
const INTERVAL: Duration = Duration::from_secs(10);

/// What is to be written down, and where.
pub struct Chronicle {
    folder: RunFolder,
    started_at: Timestamp,
    figures: Arc<Figures>,
    clock: Clock,
    series: Series,
    seen: Tally,
    probes: BTreeMap<String, ProbeReport>,
    looked_us: i64,
    failed: bool,
}

impl Chronicle {
    /// Goes on with what an earlier process has left in the folder of the run, which began at `started_at`.
    pub fn open(folder: RunFolder, started_at: Timestamp, figures: Arc<Figures>, clock: Clock) -> Self {
        let series = folder.series().unwrap_or_else(|error| {
            tracing::warn!(%error, "the graphs of this run begin anew");
            None
        });
        let seen = figures.tally().clone();
        Self {
            folder,
            started_at,
            figures,
            clock,
            series: series.unwrap_or_default(),
            seen,
            probes: BTreeMap::new(),
            looked_us: clock.now_us(),
            failed: false,
        }
    }

    /// Looks and writes until the run is over, and then once more.
    pub async fn keep(mut self, over: CancellationToken) {
        let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut written = Instant::now();
        loop {
            let is_over = tokio::select! {
                _ = looks.tick() => false,
                () = over.cancelled() => true,
            };
            self.look();
            if is_over || written.elapsed() >= INTERVAL {
                written = Instant::now();
                self.write().await;
            }
            if is_over {
                return;
            }
        }
    }

    fn look(&mut self) {
        let (tally, now_us) = (self.figures.tally().clone(), self.clock.now_us());
        let at_us = (self.looked_us - self.started_at.as_microsecond()).max(0);
        let seconds = (now_us - self.looked_us) as f64 / 1e6;
        let mut piece = Piece::of(at_us.unsigned_abs() / 1_000_000, seconds, &tally.since(&self.seen));
        piece.in_flight = self.figures.in_flight();
        for report in self.figures.probes() {
            if let Some(probe) = ProbePiece::between(self.probes.get(&report.name), &report) {
                piece.probes.insert(report.name.clone(), probe);
            }
            self.probes.insert(report.name.clone(), report);
        }
        self.series.add(piece);
        (self.seen, self.looked_us) = (tally, now_us);
    }

    async fn write(&mut self) {
        let (folder, series) = (self.folder.clone(), self.series.clone());
        let written = tokio::task::spawn_blocking(move || folder.write_series(&series)).await;
        let failed = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &failed
            && !self.failed
        {
            tracing::error!(error, "the graphs of this run cannot be written; make room in STATE_DIR");
        }
        self.failed = failed.is_some();
    }
}
