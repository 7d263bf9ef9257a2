//! The books of a run: every hit is entered once when its visit begins and once when its end is known.
//!
//! `planned = acknowledged + refused + failed + unknown + not yet sent` holds at every moment, because these
//! are the only places that change the figures.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use report::{HitKind, Outcome, Probe, ProbeReport, RunState, Tally};
use traffic::{Schedule, Visit};

use super::Plan;
use crate::encode::{Timeline, hit_kind};
use crate::engine::doubt::Doubts;
use crate::engine::job::Job;
use crate::record::{Keeper, fate};
use crate::state::journal::{Journal, NO_LEDGER, Settled};

/// Figures of the run under way, readable from other threads at any moment.
#[derive(Debug)]
pub struct Figures {
    tally: Mutex<Tally>,
    in_flight: AtomicU64,
    status: Mutex<Status>,
    probes: Mutex<Vec<Probe>>,
}

/// What only the engine knows, besides the tally.
#[derive(Debug, Clone)]
pub struct Status {
    /// What the run does at the moment.
    pub state: RunState,
    /// When visits began to start, in Unix microseconds; 0 = not yet.
    pub producing_since_us: i64,
    /// When they ceased to, in Unix microseconds; 0 = not yet.
    pub producing_until_us: i64,
    /// When the run ended, in Unix microseconds; 0 = not yet.
    pub ended_us: i64,
    /// The cap's limit, visits used, and reset moment in Unix microseconds.
    pub cap: Option<(u64, u64, i64)>,
    /// A backfill's standing.
    pub replay: Option<Replay>,
}

/// Where a backfill stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replay {
    /// The first visit that was not begun.
    pub next_visit: u64,
    /// Visits that were over when this process began.
    pub done_before: u64,
    /// Hits that may be recorded twice.
    pub possible_duplicates: u64,
}

impl Figures {
    /// Nothing has happened yet, save for what an earlier process of the same run left.
    pub fn new(tally: Tally) -> Self {
        let status = Status {
            state: RunState::Waiting,
            producing_since_us: 0,
            producing_until_us: 0,
            ended_us: 0,
            cap: None,
            replay: None,
        };
        Self {
            tally: Mutex::new(tally),
            in_flight: AtomicU64::new(0),
            status: Mutex::new(status),
            probes: Mutex::default(),
        }
    }

    /// The counts and histograms.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no holder of this lock panics")
    }

    /// What the engine says of itself.
    pub fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().expect("no holder of this lock panics")
    }

    /// Counts for one of `REPORT_PROBES`.
    pub fn probe(&self, name: &'static str, count: impl FnOnce(&mut Probe)) {
        let mut probes = self.probes.lock().expect("no holder of this lock panics");
        let place = probes.iter().position(|probe| probe.name() == name).unwrap_or_else(|| {
            probes.push(Probe::new(name));
            probes.len() - 1
        });
        count(&mut probes[place]);
    }

    /// How `REPORT_PROBES` went.
    pub fn probes(&self) -> Vec<ProbeReport> {
        self.probes.lock().expect("no holder of this lock panics").iter().map(Probe::report).collect()
    }

    /// HTTP requests in flight.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Relaxed)
    }
}

/// A hit, as far as the books care.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    job: Job,
    kind: HitKind,
    last: bool,
    /// When it happens, in Unix seconds.
    at_s: i64,
}

impl Entry {
    /// The hit of `visit` that `job` is about.
    pub fn of(visit: &Visit, job: Job) -> Self {
        let seq = usize::from(job.seq);
        let hit = &visit.hits[seq];
        let at_s = (job.start_us + i64::from(hit.offset_ms) * 1000).div_euclid(1_000_000);
        Self { job, kind: hit_kind(hit.kind), last: seq + 1 == visit.hits.len(), at_s }
    }

    /// Its visit.
    pub fn visit(&self) -> u64 {
        self.job.visit
    }

    /// The job that it is an entry of.
    pub fn job(&self) -> Job {
        self.job
    }

    /// It is its visit's last.
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// The same, of a visit of which another hit is known not to be acknowledged.
    pub fn blemished(self, blemished: bool) -> Self {
        Self { job: Job { blemished: self.job.blemished || blemished, ..self.job }, ..self }
    }
}

/// How a hit ended.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// What became of it.
    pub outcome: Outcome,
    /// The target refused some hits of its body and did not say which: it may be another one's outcome.
    pub doubtful: bool,
    /// When it was sent, in Unix microseconds.
    pub sent_us: i64,
    /// When its end was known, in Unix microseconds.
    pub done_us: i64,
}

impl End {
    /// It was given up.
    pub fn never_sent() -> Self {
        Self { outcome: Outcome::Failed, doubtful: false, sent_us: 0, done_us: 0 }
    }
}

/// Enters what happens, for the thread that makes it happen.
pub struct Books {
    figures: Arc<Figures>,
    journal: Option<RefCell<Journal>>,
    ledger: Option<RefCell<Keeper>>,
    plan: Rc<Plan>,
    /// The checkpoint could not be written last time: said once, not by every lane that waits.
    waits: Cell<bool>,
    doubts: Doubts,
}

impl Books {
    /// Books that write a journal and a ledger when there is one.
    pub fn new(
        figures: Arc<Figures>,
        journal: Option<Journal>,
        ledger: Option<Keeper>,
        plan: Rc<Plan>,
    ) -> Self {
        // Of a visit whose only hit so far was not acknowledged, nothing is known to be recorded.
        let doubted = journal.iter().flat_map(|journal| &journal.progress().open);
        let doubted =
            doubted.filter(|(_, (seq, blemished))| *seq == 1 && *blemished).map(|(&visit, _)| visit);
        let doubts = Doubts::new(doubted);
        let (journal, ledger) = (journal.map(RefCell::new), ledger.map(RefCell::new));
        Self { figures, journal, ledger, plan, waits: Cell::new(false), doubts }
    }

    /// The figures that these books keep.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// A visit begins: all of its hits are planned. `lag_us`: how late its first request is.
    pub fn begin(&self, visit: &Visit, lag_us: Option<i64>) {
        {
            let mut tally = self.figures.tally();
            tally.visits.started += 1;
            visit.hits.iter().for_each(|hit| tally.plan(hit_kind(hit.kind)));
            if let Some(lag_us) = lag_us {
                tally.lag.record_us(u64::try_from(lag_us).unwrap_or(0));
            }
        }
        if let Some(journal) = &self.journal {
            journal.borrow_mut().begun(visit);
        }
    }

    /// A visit was due and could not start in time.
    pub fn skip(&self) {
        self.figures.tally().visits.skipped += 1;
    }

    /// A request goes out.
    pub fn sending(&self, again: bool) {
        self.figures.in_flight.fetch_add(1, Relaxed);
        if again {
            self.figures.tally().requests.retried += 1;
        }
    }

    /// A request is over. `sent`: some of it reached the target; `answered`: an answer came after
    /// `latency_us` from sending and `response_us` from when it was due.
    pub fn sent(&self, sent: bool, answered: Option<(i64, i64)>) {
        self.figures.in_flight.fetch_sub(1, Relaxed);
        let mut tally = self.figures.tally();
        tally.requests.sent += u64::from(sent);
        if let Some((latency_us, response_us)) = answered {
            tally.requests.answered += 1;
            tally.latency.record_us(u64::try_from(latency_us).unwrap_or(0));
            tally.response.record_us(u64::try_from(response_us).unwrap_or(0));
        }
    }

    /// A hit's end. Returns whether the visit was the worse for it.
    pub fn settle(&self, entry: &Entry, end: End) -> bool {
        let Entry { job, kind, last, at_s } = *entry;
        let End { outcome, doubtful, sent_us, done_us } = end;
        let outcome = self.doubts.weigh(job, kind, outcome, last);
        if let Some(keeper) = &self.ledger {
            let timeline = self.plan.timeline;
            let came = [at_s, sent_us.div_euclid(1_000_000), done_us.div_euclid(1_000_000)];
            let hit = ledger::Settled {
                visit: job.visit,
                seq: job.seq,
                fate: fate(outcome, doubtful),
                came: (timeline == Timeline::Realtime).then_some(came),
            };
            keeper.borrow_mut().settled(&self.plan.model, timeline, job.start_us, hit, last);
        }
        let blemished = job.blemished || outcome != Outcome::Acknowledged;
        {
            let mut tally = self.figures.tally();
            tally.settle(kind, outcome);
            if last {
                let visits = &mut tally.visits;
                *(if blemished { &mut visits.failed } else { &mut visits.completed }) += 1;
            }
        }
        if let Some(journal) = &self.journal {
            let hit = Settled { visit: job.visit, seq: job.seq, kind, outcome, last, doubtful };
            journal.borrow_mut().settled(hit);
        }
        blemished
    }

    /// A hit could not be delivered: it and the rest of its visit failed. A visit is not left with holes that
    /// the target would report as something that never was.
    pub fn abandon(&self, visit: &Visit, mut job: Job) {
        loop {
            let entry = Entry::of(visit, job);
            self.settle(&entry, End::never_sent());
            if entry.last {
                return;
            }
            job = job.next(job.due_us, true);
        }
    }

    /// Something went wrong. Said in the log the first time, counted always.
    pub fn fault(&self, message: &str) {
        let mut tally = self.figures.tally();
        let known = tally.faults.total();
        let before = tally.faults.by_count().len();
        tally.fault(message);
        let new = tally.faults.by_count().len() > before || known == 0;
        drop(tally);
        if new {
            tracing::warn!("{message}");
        }
    }

    /// Makes what was entered outlast a kill of this process. Waits while the disk is full, since going on
    /// would mean to send again what a later process cannot know of. False when `stop` says to give up.
    pub async fn commit(&self, stop: impl Fn() -> bool) -> bool {
        let Some(journal) = &self.journal else { return true };
        loop {
            let committed = journal.borrow_mut().commit();
            match committed {
                Ok(()) => {
                    if self.waits.take() {
                        tracing::info!("the checkpoint can be written again: the backfill goes on");
                    }
                    self.checkpoint();
                    return true;
                }
                Err(error) if !self.waits.replace(true) => {
                    tracing::error!(%error, "the checkpoint cannot be written and the backfill waits; make room in STATE_DIR");
                }
                Err(_) => {}
            }
            if stop() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Writes the ledger down when it is time, and with it a journal that goes with it and is short again.
    pub fn checkpoint(&self) {
        let is_long = self.journal.as_ref().is_some_and(|journal| journal.borrow().is_long());
        if is_long || self.ledger.as_ref().is_some_and(|keeper| keeper.borrow().is_due()) {
            self.write_down();
        }
    }

    fn write_down(&self) {
        let generation = match &self.ledger {
            // A journal that went on without its ledger would lose what the ledger has not written.
            Some(keeper) => match keeper.borrow_mut().write(self.journal.is_some()) {
                Some(generation) => generation,
                None => return,
            },
            None => NO_LEDGER,
        };
        if let Some(journal) = &self.journal
            && let Err(error) = journal.borrow_mut().compact(generation)
        {
            tracing::error!(%error, "the checkpoint cannot be made shorter; make room in STATE_DIR");
        }
    }

    /// The last words of ledger and journal: nothing is in flight, and the window is done or is to go on.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn close(&self, schedule: &Schedule, finished: bool) -> std::io::Result<()> {
        let goes_on = self.journal.is_some() && !finished;
        let generation = self.ledger.as_ref().map_or(Some(NO_LEDGER), |keeper| {
            let mut keeper = keeper.borrow_mut();
            if !goes_on {
                keeper.end(&self.plan.model, schedule, self.plan.timeline);
            }
            keeper.write(goes_on)
        });
        match (&self.journal, generation) {
            (Some(journal), Some(generation)) => journal.borrow_mut().close(0, finished, generation),
            (Some(journal), None) => journal.borrow_mut().commit(),
            (None, _) => Ok(()),
        }
    }

    /// The journal, for its standing and its end.
    pub fn journal(&self) -> Option<&RefCell<Journal>> {
        self.journal.as_ref()
    }
}
