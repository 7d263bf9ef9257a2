//! Keeps the ledger while the engine runs, and writes it down.

use std::sync::Arc;

use anyhow::Context as _;
use ledger::{Fate, Ledger, Settled};
use proof::{FolderError, RunFolder, RunRecord};
use report::Outcome;
use traffic::{Model, Schedule, Visit};

use super::Opening;
use crate::encode::Timeline;
use crate::engine::books::Figures;
use crate::figures::{self, Subject};
use crate::state::journal::{self, Witness};

/// So often the ledger is written down.
const INTERVAL_US: i64 = 5_000_000;

/// The ledger of a run under way.
pub struct Keeper {
    folder: RunFolder,
    record: RunRecord,
    ledger: Ledger,
    subject: Subject,
    figures: Arc<Figures>,
    visit: Visit,
    written_us: i64,
    failed: bool,
}

/// What an outcome says about the reports. A hit of a body of which the target refused some and does not say which may
/// be any of them.
pub fn fate(outcome: Outcome, doubtful: bool) -> Fate {
    match outcome {
        _ if doubtful => Fate::Unknown,
        Outcome::Acknowledged => Fate::Recorded,
        Outcome::Unknown => Fate::Unknown,
        Outcome::Refused | Outcome::Failed => Fate::Lost,
    }
}

impl Keeper {
    /// Keeps what was begun.
    pub fn new(opening: Opening) -> Self {
        let Opening { folder, record, ledger, subject, figures } = opening;
        let written_us = subject.clock.now_us();
        Self { folder, record, ledger, subject, figures, visit: Visit::default(), written_us, failed: false }
    }

    /// A hit's end; with the `last` one its visit is counted. `start_us`: when the visit was scheduled to start.
    pub fn settled(&mut self, model: &Model, timeline: Timeline, start_us: i64, hit: Settled, last: bool) {
        self.ledger.settle(hit);
        if last {
            close(&mut self.ledger, &mut self.visit, model, timeline, start_us, hit.visit);
        }
    }

    /// It is time to write the ledger down.
    pub fn is_due(&self) -> bool {
        self.ledger.is_full() || self.subject.clock.now_us() - self.written_us >= INTERVAL_US
    }

    /// Writes the ledger down. Returns its number, for the journal that goes with it; `None` when it could not be
    /// written, and then it will be tried again.
    pub fn write(&mut self, with_open: bool) -> Option<u64> {
        self.written_us = self.subject.clock.now_us();
        match self.try_write(with_open) {
            Ok(()) => {
                self.failed = false;
                Some(self.ledger.generation())
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::error!(%error, "the ledger of this run cannot be written; make room in STATE_DIR");
                }
                None
            }
        }
    }

    fn try_write(&mut self, with_open: bool) -> Result<(), FolderError> {
        write_ledger(&self.folder, &mut self.ledger, with_open)?;
        self.record.written_at = self.subject.clock.now();
        self.record.report = Some(figures::report(&self.subject, &self.figures).0);
        self.folder.write_record(&self.record)
    }

    /// The run ends. Visits that are not over count with the hits that have an end, unless the run is taken up again.
    pub fn end(&mut self, model: &Model, schedule: &Schedule, timeline: Timeline) {
        for visit in self.ledger.open() {
            if let Some(start_us) = schedule.at(visit) {
                close(&mut self.ledger, &mut self.visit, model, timeline, start_us, visit);
            }
        }
        self.record.ended_at = Some(self.subject.clock.now());
    }
}

/// Writes a ledger into its folder, and puts days aside that are over.
fn write_ledger(folder: &RunFolder, ledger: &mut Ledger, with_open: bool) -> Result<(), FolderError> {
    for date in ledger.without_base() {
        let aside = folder.day(date)?;
        ledger.adopt(date, &aside.unwrap_or_default());
    }
    // They stand in the last ledger as well: only the next one leaves them out.
    for (date, figures) in ledger.take_settled() {
        folder.put_day_aside(date, &figures)?;
    }
    folder.write_book(&ledger.book(with_open))
}

/// Counts a visit as far as it went.
fn close(
    ledger: &mut Ledger,
    scratch: &mut Visit,
    model: &Model,
    timeline: Timeline,
    start_us: i64,
    visit: u64,
) {
    model.visit(visit, scratch);
    let begins_ms = timeline.base_ms(scratch, start_us).unwrap_or(start_us.div_euclid(1000));
    let before = if scratch.returning { model.visit_before(visit) } else { None };
    ledger.close(scratch, begins_ms, before);
}

/// A ledger that is taken up: what the journal tells is counted again.
pub struct TakenUp<'a> {
    /// Its folder.
    pub folder: &'a RunFolder,
    /// The ledger as it was written down with the journal's first line.
    pub ledger: &'a mut Ledger,
    /// Number to visit.
    pub model: &'a Model,
    /// Number to moment.
    pub schedule: &'a Schedule,
    /// Room for a visit.
    pub visit: Visit,
}

impl Witness for TakenUp<'_> {
    fn settled(&mut self, hit: journal::Settled) {
        let fate = fate(hit.outcome, hit.doubtful);
        self.ledger.settle(Settled { visit: hit.visit, seq: hit.seq, fate, came: None });
        if hit.last
            && let Some(start_us) = self.schedule.at(hit.visit)
        {
            close(self.ledger, &mut self.visit, self.model, Timeline::Replayed, start_us, hit.visit);
        }
    }

    fn sent_again(&mut self, visit: u64, until: u16) {
        self.ledger.sent_again(visit, until);
    }

    fn written(&mut self) -> anyhow::Result<u64> {
        write_ledger(self.folder, self.ledger, true)
            .context("the ledger of the backfill cannot be written; make room in STATE_DIR")?;
        Ok(self.ledger.generation())
    }
}
