//! The engine: visits start when the schedule says, and each hit goes out when it is due.
//!
//! One thread does all of it. A scheduler sleeps until the next hit is due; lanes (at most CONCURRENCY of
//! them, each with a connection) take what is due, send it, and put the visit's next hit back when this one
//! is answered. So a visit is in one place at a time and its hits cannot overtake each other. More than one
//! thread can send is what SHARD is for: docs/adr/0005-open-model-one-thread.md.

pub mod books;
mod bulk;
mod doubt;
mod feed;
mod job;
pub mod pace;
mod single;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use matomo::Encoder;
use report::RunState;
use settings::{Settings, Shard, TransportMode};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};
use tokio_util::sync::CancellationToken;
use traffic::{Model, Schedule};

use crate::clock::Clock;
use crate::encode::Timeline;
use crate::record::{Keeper, Opening};
use crate::state::StateDir;
use crate::state::cap::Cap;
use crate::state::journal::Journal;
use crate::wire::Connector;
use books::{Books, Figures, Replay};
use feed::Feed;
pub use job::AT_ONCE;
use pace::{Backoff, Ceiling};

/// What is to be sent, and when: all that follows from settings, seed and content.
pub struct Plan {
    /// Number to visit.
    pub model: Model,
    /// Number to moment.
    pub schedule: Schedule,
    /// Visit to bytes.
    pub encoder: Encoder,
    /// Where visits' timelines lie.
    pub timeline: Timeline,
    /// Which visits are this process's.
    pub shard: Shard,
}

/// Everything that a run needs.
pub struct Job {
    /// The settings.
    pub settings: Settings,
    /// What is to be sent.
    pub plan: Plan,
    /// The run's clock.
    pub clock: Clock,
    /// Only the visits with a lower number.
    pub visits: Option<u64>,
    /// The cap's window.
    pub cap: Option<Cap>,
    /// A backfill's journal.
    pub journal: Option<Journal>,
    /// The record of the run.
    pub record: Option<Opening>,
    /// The state folder, held while the run goes on.
    pub state: Option<StateDir>,
    /// Where the figures are kept.
    pub figures: Arc<Figures>,
    /// Ends the run: no more visits start, those under way have the grace period.
    pub stop: CancellationToken,
}

/// Runs on the calling thread until the run is over.
///
/// # Errors
/// When no connection to the target can be prepared (TLS files), or the runtime cannot be made.
pub fn run(job: Job) -> anyhow::Result<()> {
    let connector = Rc::new(Connector::new(
        &job.settings.target,
        Duration::from_secs_f64(job.settings.transport.timeout_s),
        job.clock,
    )?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async move { Engine::new(job, connector).run().await });
    Ok(())
}

struct Engine {
    plan: Rc<Plan>,
    clock: Clock,
    books: Books,
    feed: RefCell<Feed>,
    connector: Rc<Connector>,
    backoff: RefCell<Backoff>,
    retries: u8,
    grace: Duration,
    auto_stop: Option<Duration>,
    stop: CancellationToken,
    /// Wakes the scheduler: something is due earlier than it thinks, or a visit is over.
    wake: Notify,
    sleeping_until_us: Cell<i64>,
    /// The run is over: whoever still waits for an answer gives up.
    ended: CancellationToken,
    lanes: Lanes,
    bulk: Option<bulk::Streams>,
    _state: Option<StateDir>,
}

/// The lanes of the single transport: the one that was idle for the shortest time is used first, so that few
/// connections are kept warm and the others may close.
struct Lanes {
    most: usize,
    idle: RefCell<Vec<usize>>,
    wakers: RefCell<Vec<Rc<Notify>>>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
}

impl Engine {
    fn new(job: Job, connector: Rc<Connector>) -> Rc<Self> {
        let Job { settings, plan, clock, visits, cap, journal, record, figures, stop, state } = job;
        let plan = Rc::new(plan);
        let bulk = (settings.transport.mode == TransportMode::Bulk)
            .then(|| bulk::Streams::new(settings.transport.bulk_size, settings.transport.bulk_connections));
        let backfill = settings.backfill.as_ref();
        let rate = match (settings.limits.requests_per_second, backfill.and_then(|b| b.requests_per_second)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let ceiling = Ceiling::new(rate);
        // In bulk the ceiling is on bodies, and the streams keep to it.
        let (feed_ceiling, bulk_ceiling) = if bulk.is_some() { (None, ceiling) } else { (ceiling, None) };
        if let Some(streams) = &bulk {
            streams.limit_rate(bulk_ceiling);
        }
        let feed = match &journal {
            Some(journal) => {
                let progress = journal.progress();
                let open = progress.open.iter().map(|(&visit, &(seq, blemished))| (visit, seq, blemished));
                let room = if bulk.is_some() { u64::MAX } else { u64::from(settings.transport.concurrency) };
                Feed::replay(Rc::clone(&plan), feed_ceiling, progress.next_visit, open, room, visits)
            }
            None => Feed::live(Rc::clone(&plan), feed_ceiling, cap, visits),
        };
        Rc::new(Self {
            books: Books::new(figures, journal, record.map(Keeper::new), Rc::clone(&plan)),
            plan,
            clock,
            feed: RefCell::new(feed),
            connector,
            backoff: RefCell::new(Backoff::new(clock.now_us().unsigned_abs())),
            retries: u8::try_from(settings.transport.retries).unwrap_or(u8::MAX),
            grace: Duration::from_secs_f64(settings.process.grace_period_s),
            auto_stop: settings.limits.auto_stop_hours.map(|hours| Duration::from_secs_f64(hours * 3600.0)),
            stop,
            wake: Notify::new(),
            sleeping_until_us: Cell::new(0),
            ended: CancellationToken::new(),
            lanes: Lanes::new(settings.transport.concurrency),
            bulk,
            _state: state,
        })
    }

    async fn run(self: Rc<Self>) {
        let began_us = self.clock.now_us();
        {
            let mut status = self.books.figures().status();
            status.state = RunState::Running;
            status.producing_since_us = began_us;
        }
        self.show();
        let streams = bulk::spawn(&self);
        self.schedule(began_us).await;
        self.books.figures().status().state = RunState::Draining;
        self.ended.cancel();
        self.lanes.wake_all();
        let tasks = self.lanes.tasks.take().into_iter().chain(streams);
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane of the engine ended badly");
            }
        }
        self.close().await;
        let ended_us = self.clock.now_us();
        let mut status = self.books.figures().status();
        if status.producing_until_us == 0 {
            status.producing_until_us = ended_us;
        }
        status.ended_us = ended_us;
        status.state = RunState::Ended;
    }

    /// Sleeps until something is due, again and again, until the run is over.
    async fn schedule(self: &Rc<Self>, began_us: i64) {
        let auto_stop_us = self.auto_stop.map(|after| began_us + micros(after));
        // While draining: until when. `None` = until every visit under way is finished.
        let mut draining: Option<Option<i64>> = None;
        loop {
            let now_us = self.clock.now_us();
            if draining.is_none() {
                let signalled = self.stop.is_cancelled();
                if signalled || auto_stop_us.is_some_and(|at| now_us >= at) {
                    draining = Some(signalled.then(|| now_us + micros(self.grace)));
                    self.drain(now_us, signalled);
                }
            } else if draining == Some(None) && self.stop.is_cancelled() {
                draining = Some(Some(now_us + micros(self.grace)));
            }
            let advance = self.feed.borrow_mut().advance(now_us);
            self.note(&advance);
            self.note_last_start(now_us);
            if self.is_over(now_us, draining.flatten()) {
                return;
            }
            if self.bulk.is_some() {
                bulk::fill(self, now_us);
            } else {
                self.lanes.serve(self, advance.ready);
            }
            let wake_us = [advance.next_us, auto_stop_us.filter(|_| draining.is_none()), draining.flatten()]
                .into_iter()
                .chain([self.bulk.as_ref().and_then(bulk::Streams::flush_due_us)])
                .flatten()
                // Figures that only the queues know are shown at least once a second.
                .fold(now_us + 1_000_000, i64::min);
            self.sleeping_until_us.set(wake_us);
            tokio::select! {
                () = tokio::time::sleep_until(self.clock.deadline(wake_us)) => {}
                () = self.wake.notified() => {}
                () = self.stop.cancelled(), if !matches!(draining, Some(Some(_))) => {}
            }
            if self.books.journal().is_none() {
                self.books.checkpoint();
            }
            self.show();
        }
    }

    /// Every visit is over, or time is up, or nothing more can be sent before it is.
    fn is_over(&self, now_us: i64, until_us: Option<i64>) -> bool {
        let mut feed = self.feed.borrow_mut();
        if feed.is_done() {
            return true;
        }
        let Some(until_us) = until_us else { return false };
        let idle =
            self.books.figures().in_flight() == 0 && self.bulk.as_ref().is_none_or(bulk::Streams::is_empty);
        now_us >= until_us || (idle && feed.next_timer_us().is_none_or(|at| at > until_us))
    }

    fn drain(&self, now_us: i64, signalled: bool) {
        let mut feed = self.feed.borrow_mut();
        feed.stop();
        let under_way = feed.under_way();
        let mut status = self.books.figures().status();
        status.state = RunState::Draining;
        status.producing_until_us = now_us;
        if signalled {
            tracing::info!(
                under_way,
                grace_s = self.grace.as_secs_f64(),
                "stopping: no more visits start, those under way have the grace period"
            );
        } else {
            tracing::info!(
                under_way,
                "AUTO_STOP_AFTER_HOURS is over: no more visits start, those under way are finished"
            );
        }
    }

    /// Tells what the passing of time did to the queues.
    fn note(&self, advance: &feed::Advance) {
        (0..advance.skipped).for_each(|_| self.books.skip());
        if let Some(resets_us) = advance.capped {
            let limit = self.feed.borrow().cap().map_or(0, |(limit, ..)| limit);
            let resets_at = crate::clock::timestamp(resets_us);
            tracing::info!(%resets_at, "daily cap reached ({limit}). Pausing production until window reset");
            self.books.figures().status().state = RunState::Capped;
        }
        if advance.uncapped {
            tracing::info!("the cap's window was reset: visits start again");
            self.books.figures().status().state = RunState::Running;
        }
    }

    /// Rates are taken over the time in which visits started: what comes after the last start is not part of it.
    fn note_last_start(&self, now_us: i64) {
        let mut status = self.books.figures().status();
        if status.producing_until_us == 0 && self.feed.borrow_mut().starts_no_more() {
            status.producing_until_us = now_us;
        }
    }

    /// Puts what only the queues know where others can read it.
    fn show(&self) {
        let cap = self.feed.borrow().cap();
        let replay = self.books.journal().map(|journal| {
            let journal = journal.borrow();
            let progress = journal.progress();
            Replay {
                next_visit: progress.next_visit,
                possible_duplicates: progress.possible_duplicates,
                done_before: 0,
            }
        });
        let mut status = self.books.figures().status();
        status.cap = cap;
        if let Some(replay) = replay {
            let done_before = status.replay.map_or(0, |replay| replay.done_before);
            status.replay = Some(Replay { done_before, ..replay });
        }
    }

    /// The last words of journal and ledger. What was still in flight may be recorded, and will be sent again.
    async fn close(&self) {
        self.books.commit(|| true).await;
        self.show();
        let finished = !self.stop.is_cancelled() && self.feed.borrow_mut().is_done();
        if let Err(error) = self.books.close(&self.plan.schedule, finished) {
            tracing::error!(%error, "the checkpoint could not be closed: the next run will count what was in flight as possibly sent twice");
        }
        self.show();
    }

    /// A visit's next hit, or the same once more.
    fn put(&self, job: job::Job) {
        let now_us = self.clock.now_us();
        self.feed.borrow_mut().put(job, now_us);
        if job.due_us < self.sleeping_until_us.get() {
            self.wake.notify_one();
        }
    }

    /// A visit is over.
    fn over(&self, visit: u64) {
        let mut feed = self.feed.borrow_mut();
        feed.over(visit);
        if feed.under_way() == 0 || self.books.journal().is_some() {
            self.wake.notify_one();
        }
    }
}

impl Lanes {
    fn new(most: u32) -> Self {
        Self {
            most: most as usize,
            idle: RefCell::default(),
            wakers: RefCell::default(),
            tasks: RefCell::default(),
        }
    }

    /// Sets up to `ready` lanes to work, making new ones while there may be more.
    fn serve(&self, engine: &Rc<Engine>, ready: usize) {
        for _ in 0..ready.min(self.most) {
            if let Some(lane) = self.idle.borrow_mut().pop() {
                self.wakers.borrow()[lane].notify_one();
            } else if self.wakers.borrow().len() < self.most {
                let lane = self.wakers.borrow().len();
                self.wakers.borrow_mut().push(Rc::default());
                self.tasks.borrow_mut().push(tokio::task::spawn_local(single::lane(Rc::clone(engine), lane)));
            } else {
                return;
            }
        }
    }

    fn wake_all(&self) {
        self.wakers.borrow().iter().for_each(|waker| waker.notify_one());
    }

    async fn park(&self, lane: usize) {
        let waker = Rc::clone(&self.wakers.borrow()[lane]);
        self.idle.borrow_mut().push(lane);
        waker.notified().await;
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}
