//! The bulk transport: many hits a request, for targets and backfills that browsers' way would take too long.
//!
//! A visitor belongs to one stream and a stream has one body in flight, so a visitor's hits arrive in order
//! although nobody waits for each one's answer. Parallel bodies deadlock in the target's database now and
//! then; it rolls the whole body back and says 500. Then the body goes out again, and for a while on fewer
//! streams.

mod gate;
mod sender;

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use traffic::{Visit, shard_of};

use super::Engine;
use super::books::Entry;
use super::feed::PATIENCE_US;
use super::job::Job;
use super::pace::Ceiling;
use gate::Gate;
use sender::Sender;

/// A body that is not full goes out when its oldest hit has waited so long.
const FLUSH_US: i64 = 1_000_000;

/// The streams and what they share.
pub(super) struct Streams {
    size: usize,
    lines: Vec<Stream>,
    gate: Gate,
    /// Visits of which a body was given up: the rest of them is not sent.
    abandoned: RefCell<HashSet<u64>>,
    /// Visits under way of which a hit was not acknowledged.
    blemished: RefCell<HashSet<u64>>,
}

#[derive(Default)]
struct Stream {
    open: RefCell<Body>,
    sealed: RefCell<VecDeque<Body>>,
    /// A replayed visit that did not fit into the last body.
    carry: Cell<Option<Job>>,
    wake: Notify,
    waits: Cell<bool>,
}

#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    opened_us: i64,
}

impl Streams {
    pub(super) fn new(size: u32, connections: u32) -> Self {
        Self {
            size: size as usize,
            lines: (0..connections).map(|_| Stream::default()).collect(),
            gate: Gate::new(connections),
            abandoned: RefCell::default(),
            blemished: RefCell::default(),
        }
    }

    /// The ceiling on requests holds for bodies.
    pub(super) fn limit_rate(&self, ceiling: Option<Ceiling>) {
        self.gate.limit_rate(ceiling);
    }

    /// When a waiting stream's body is to go out although it is not full.
    pub(super) fn flush_due_us(&self) -> Option<i64> {
        let waiting = self.lines.iter().filter(|stream| stream.waits.get());
        waiting.filter_map(|stream| stream.open.borrow().flush_us()).min()
    }

    /// Nothing waits in any stream.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|stream| {
            stream.open.borrow().entries.is_empty()
                && stream.sealed.borrow().is_empty()
                && stream.carry.get().is_none()
        })
    }
}

impl Body {
    /// A hit of it may be recorded already.
    fn is_resumed(&self) -> bool {
        self.entries.iter().any(|entry| entry.job().resumed)
    }

    fn flush_us(&self) -> Option<i64> {
        (!self.entries.is_empty()).then(|| self.opened_us + FLUSH_US)
    }

    fn push(&mut self, engine: &Engine, visit: &Visit, job: Job, now_us: i64) {
        let encoder = &engine.plan.encoder;
        if self.entries.is_empty() {
            self.opened_us = now_us;
            self.bytes.clear();
            encoder.bulk_open(&mut self.bytes);
        } else {
            self.bytes.push(b',');
        }
        let base_ms = engine.plan.timeline.base_ms(visit, job.start_us);
        encoder.bulk_entry(visit, usize::from(job.seq), base_ms, &mut self.bytes);
        self.entries.push(Entry::of(visit, job));
    }
}

/// Puts every hit that is due into its visitor's stream.
pub(super) fn fill(engine: &Engine, now_us: i64) {
    let Some(bulk) = &engine.bulk else { return };
    if engine.books.journal().is_none() {
        let mut visit = Visit::default();
        loop {
            let Some(job) = engine.feed.borrow_mut().take(now_us) else { break };
            engine.plan.model.visit(job.visit, &mut visit);
            append(engine, bulk, &visit, job, now_us);
        }
    }
    let draining = engine.is_draining();
    for stream in &bulk.lines {
        let due = stream.open.borrow().flush_us().is_some_and(|at| at <= now_us || draining);
        if due || !stream.sealed.borrow().is_empty() || engine.books.journal().is_some() {
            stream.wake.notify_one();
        }
    }
}

fn append(engine: &Engine, bulk: &Streams, visit: &Visit, job: Job, now_us: i64) {
    let count = u32::try_from(bulk.lines.len()).expect("at most 64 streams");
    let stream = &bulk.lines[shard_of(visit.visitor, count) as usize];
    if job.fresh {
        let behind = stream
            .sealed
            .borrow()
            .front()
            .is_some_and(|body| now_us - body.opened_us > PATIENCE_US + FLUSH_US);
        if behind {
            engine.books.skip();
            engine.over(visit.index);
            return;
        }
        engine.books.begin(visit, Some(now_us - job.due_us));
    } else if bulk.abandoned.borrow().contains(&visit.index) && !stream.holds(visit.index) {
        // Hits of it that wait in a body fail when that body's turn comes, and this one behind them.
        bulk.abandoned.borrow_mut().remove(&visit.index);
        engine.books.abandon(visit, job);
        engine.over(visit.index);
        return;
    }
    let mut open = stream.open.borrow_mut();
    open.push(engine, visit, job, now_us);
    if open.entries.len() >= bulk.size {
        stream.sealed.borrow_mut().push_back(open.take());
    }
    drop(open);
    let next = usize::from(job.seq) + 1;
    if next < visit.hits.len() {
        engine.put(job.next(engine.plan.timeline.due_us(visit, next, job.start_us), false));
    }
}

/// Starts the streams, when the transport is bulk.
pub(super) fn spawn(engine: &Rc<Engine>) -> Vec<JoinHandle<()>> {
    let count = engine.bulk.as_ref().map_or(0, |bulk| bulk.lines.len());
    (0..count).map(|number| tokio::task::spawn_local(stream(Rc::clone(engine), number))).collect()
}

async fn stream(engine: Rc<Engine>, number: usize) {
    let Some(bulk) = &engine.bulk else { return };
    let stream = &bulk.lines[number];
    let mut sender = Sender::new(&engine);
    loop {
        let now_us = engine.clock.now_us();
        let body = if engine.books.journal().is_some() {
            refill(&engine, bulk, stream, now_us, &mut sender.visit)
        } else {
            stream.next_body(now_us, engine.is_draining())
        };
        match body {
            Some(body) => {
                if !sender.deliver(bulk, body).await {
                    return;
                }
            }
            None if engine.ended.is_cancelled() => return,
            None => {
                stream.waits.set(true);
                engine.wake.notify_one();
                tokio::select! {
                    () = stream.wake.notified() => {}
                    () = engine.ended.cancelled() => {}
                }
                stream.waits.set(false);
            }
        }
        if engine.ended.is_cancelled() {
            return;
        }
    }
}

impl Stream {
    /// Whether a hit of a visit waits here.
    fn holds(&self, visit: u64) -> bool {
        let is_in = |body: &Body| body.entries.iter().any(|entry| entry.visit() == visit);
        is_in(&self.open.borrow()) || self.sealed.borrow().iter().any(is_in)
    }

    fn next_body(&self, now_us: i64, draining: bool) -> Option<Body> {
        if let Some(body) = self.sealed.borrow_mut().pop_front() {
            return Some(body);
        }
        let mut open = self.open.borrow_mut();
        let due = open.flush_us().is_some_and(|at| at <= now_us || draining);
        due.then(|| open.take())
    }
}

impl Body {
    fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

/// The next body of a replay: whole visits, the last one cut where the body is full and carried on.
fn refill(engine: &Engine, bulk: &Streams, stream: &Stream, now_us: i64, visit: &mut Visit) -> Option<Body> {
    let mut body = Body::default();
    while body.entries.len() < bulk.size {
        let Some(mut job) = stream.carry.take().or_else(|| engine.feed.borrow_mut().take(now_us)) else {
            break;
        };
        engine.plan.model.visit(job.visit, visit);
        if job.fresh {
            engine.books.begin(visit, None);
        } else if bulk.abandoned.borrow_mut().remove(&job.visit) {
            engine.books.abandon(visit, job);
            engine.over(job.visit);
            continue;
        }
        let room = bulk.size - body.entries.len();
        let end = visit.hits.len().min(usize::from(job.seq) + room);
        while usize::from(job.seq) < end {
            body.push(engine, visit, job, now_us);
            job = job.next(job.due_us, job.blemished);
        }
        if end < visit.hits.len() {
            stream.carry.set(Some(job));
        }
    }
    (!body.entries.is_empty()).then_some(body)
}

impl Engine {
    fn is_draining(&self) -> bool {
        self.books.figures().status().state == report::RunState::Draining
    }
}
