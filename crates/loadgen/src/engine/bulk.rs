//! The bulk transport: many hits a request, for targets and backfills that browsers' way would take too long.
//!
//! A visitor belongs to one stream and a stream has one body in flight, so a visitor's hits arrive in order
//! although nobody waits for each one's answer. Parallel bodies deadlock in the target's database now and
//! then; it rolls the whole body back and says 500. Then the body goes out again, and for a while on fewer
//! streams.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use matomo::answer::{self, BulkVerdict};
use report::Outcome;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use traffic::{Visit, shard_of};

use super::books::{self, Entry};
use super::feed::PATIENCE_US;
use super::job::Job;
use super::pace::Ceiling;
use super::{Engine, single};
use crate::wire::{self, Lane, Request, Response};

/// A body that is not full goes out when its oldest hit has waited so long.
const FLUSH_US: i64 = 1_000_000;

/// So many bodies in a row without a deadlock, and one more stream may send again.
const CALM: u32 = 50;

/// A body that was rolled back so often more is not the victim of a deadlock.
const ROLLBACKS: u8 = 2;

const CAME_BEFORE: &str = "the target cannot take some hits once more that were on their way when an earlier process was killed: they lie \
                           before an order that it has recorded since, and so it has them; nothing is to be done";

const REFUSED: &str = "the target refused hits of a bulk request; check MATOMO_SITE_ID, and that MATOMO_TOKEN_AUTH has \
                       write access to that site if countries or past dates are sent; its own log says more";

const UNCOUNTED: &str = "the target counted fewer hits of a bulk request than it was sent: nobody knows of the others \
                         and they are not sent again; look in its error log, and lower BULK_SIZE if it ran out of time";

/// The streams and what they share.
pub(super) struct Streams {
    size: usize,
    lines: Vec<Stream>,
    ceiling: RefCell<Option<Ceiling>>,
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

/// How many streams may send at once: fewer after a deadlock, more again after a calm while.
struct Gate {
    most: u32,
    limit: Cell<u32>,
    active: Cell<u32>,
    calm: Cell<u32>,
    freed: Notify,
}

impl Streams {
    pub(super) fn new(size: u32, connections: u32) -> Self {
        Self {
            size: size as usize,
            lines: (0..connections).map(|_| Stream::default()).collect(),
            ceiling: RefCell::new(None),
            gate: Gate {
                most: connections,
                limit: Cell::new(connections),
                active: Cell::new(0),
                calm: Cell::new(0),
                freed: Notify::new(),
            },
            abandoned: RefCell::default(),
            blemished: RefCell::default(),
        }
    }

    /// The ceiling on requests holds for bodies.
    pub(super) fn limit_rate(&self, ceiling: Option<Ceiling>) {
        self.ceiling.replace(ceiling);
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
    } else if bulk.abandoned.borrow_mut().remove(&visit.index) {
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

/// Sends one stream's bodies and enters what became of them.
struct Sender<'a> {
    engine: &'a Engine,
    wire: Lane,
    request: Request,
    response: Response,
    visit: Visit,
}

/// What an attempt at a body came to.
enum End {
    Settled(BulkVerdict),
    /// Provably nothing of it was recorded.
    Again(String, Duration),
    /// Nothing of it was kept, since the target could not do with some hit of it or with another body beside it.
    RolledBack(String, Duration),
    /// The run is over and the body was not sent.
    Unsent,
}

impl<'a> Sender<'a> {
    fn new(engine: &'a Engine) -> Self {
        let agent = concat!("Trafficinator/", env!("CARGO_PKG_VERSION"));
        let request = Request { post: true, json: true, user_agent: agent.into(), ..Request::default() };
        let wire = Lane::new(Rc::clone(&engine.connector));
        Self { engine, wire, request, response: Response::default(), visit: Visit::default() }
    }

    /// False when what became of a body cannot be made to outlast a kill and the run is to end.
    async fn deliver(&mut self, bulk: &Streams, body: Body) -> bool {
        let engine = self.engine;
        if !engine.books.commit(|| engine.stop.is_cancelled()).await {
            return false;
        }
        let mut parts = VecDeque::from([body]);
        while let Some(part) = parts.pop_front() {
            if let Some(smaller) = self.deliver_part(bulk, part).await {
                smaller.into_iter().rev().for_each(|part| parts.push_front(part));
            }
            if engine.ended.is_cancelled() {
                break;
            }
        }
        engine.books.commit(|| engine.stop.is_cancelled()).await
    }

    /// Sends a body until its end is known. When the target rolls it back again and again, and hits of it may be recorded
    /// already, returns it in parts that are to be sent in its place.
    async fn deliver_part(&mut self, bulk: &Streams, mut body: Body) -> Option<Vec<Body>> {
        let engine = self.engine;
        engine.plan.encoder.bulk_close(&mut body.bytes);
        self.request.payload = std::mem::take(&mut body.bytes);
        let mut attempt = 0;
        loop {
            let sent_us = engine.clock.now_us();
            match self.attempt(bulk, &body, attempt).await {
                End::Settled(verdict) => {
                    settle(engine, bulk, &body.entries, &verdict, [sent_us, engine.clock.now_us()]);
                    return None;
                }
                End::RolledBack(..) if attempt >= ROLLBACKS && body.is_resumed() => {
                    if let [entry] = body.entries[..] {
                        engine.books.fault(CAME_BEFORE);
                        let now_us = engine.clock.now_us();
                        let end = books::End {
                            outcome: Outcome::Refused,
                            doubtful: false,
                            sent_us,
                            done_us: now_us,
                        };
                        enter(engine, bulk, &entry, end);
                        return None;
                    }
                    return Some(self.parts(&body));
                }
                End::Again(fault, wait) | End::RolledBack(fault, wait) => {
                    engine.books.fault(&fault);
                    if attempt >= engine.retries {
                        give_up(engine, bulk, &body.entries);
                        return None;
                    }
                    attempt += 1;
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = engine.ended.cancelled() => return None,
                    }
                }
                End::Unsent => return None,
            }
        }
    }

    /// The same hits in the same order: each that may be recorded already in a body of its own.
    fn parts(&mut self, body: &Body) -> Vec<Body> {
        let engine = self.engine;
        let alone = |entry: &Entry| entry.job().resumed;
        let runs = body.entries.chunk_by(|one, next| !alone(one) && !alone(next));
        let mut parts = Vec::new();
        for run in runs {
            let mut part = Body::default();
            for entry in run {
                engine.plan.model.visit(entry.visit(), &mut self.visit);
                part.push(engine, &self.visit, entry.job(), body.opened_us);
            }
            parts.push(part);
        }
        parts
    }

    async fn attempt(&mut self, bulk: &Streams, body: &Body, attempt: u8) -> End {
        let engine = self.engine;
        let Some(_pass) = bulk.enter(engine).await else { return End::Unsent };
        let sent_us = engine.clock.now_us();
        engine.books.sending(attempt > 0);
        let outcome = tokio::select! {
            biased;
            outcome = self.wire.exchange(&self.request, &mut self.response) => Some(outcome),
            () = engine.ended.cancelled() => None,
        };
        let done_us = engine.clock.now_us();
        let answered = matches!(outcome, Some(wire::Outcome::Answered));
        let sent = self.wire.handed_over() && !matches!(outcome, Some(wire::Outcome::NotSent(_)));
        engine.books.sent(sent, answered.then_some((done_us - sent_us, done_us - body.opened_us)));
        match outcome {
            Some(wire::Outcome::Answered) => self.judge(bulk, body, attempt, done_us),
            Some(wire::Outcome::NotSent(fault)) => {
                let wait = engine.backoff.borrow_mut().wait(attempt, None);
                End::Again(fault, wait)
            }
            Some(wire::Outcome::Unknown(fault)) => unknown(engine, &fault),
            None if self.wire.handed_over() => unknown(engine, wire::fault::RUN_ENDED),
            None => End::Unsent,
        }
    }

    fn judge(&self, bulk: &Streams, body: &Body, attempt: u8, now_us: i64) -> End {
        let engine = self.engine;
        let response = &self.response;
        if response.status < 300 && !response.complete {
            return unknown(engine, wire::fault::HALF_AN_ANSWER);
        }
        let sent = u32::try_from(body.entries.len()).expect("a body has at most BULK_SIZE hits");
        match answer::bulk(response.status, &response.body, sent) {
            BulkVerdict::RolledBack(reason) => {
                bulk.gate.narrow();
                // Nothing of it is stored, so it goes out again at once, give or take what keeps two apart.
                let mut wait = engine.backoff.borrow_mut().jitter(Duration::from_millis(50));
                if attempt > 1 {
                    wait += engine.backoff.borrow_mut().wait(attempt, None);
                }
                End::RolledBack(reason.to_string(), wait)
            }
            BulkVerdict::Retry(reason) => {
                let asked = single::retry_after(response, now_us);
                End::Again(reason.to_string(), engine.backoff.borrow_mut().wait(attempt, asked))
            }
            BulkVerdict::Unknown(reason) => {
                engine.books.fault(&reason.to_string());
                End::Settled(BulkVerdict::Unknown(reason))
            }
            BulkVerdict::Refused(reason) => {
                engine.books.fault(&reason.to_string());
                End::Settled(BulkVerdict::Refused(reason))
            }
            counted @ BulkVerdict::Counted { .. } => {
                bulk.gate.widen();
                End::Settled(counted)
            }
        }
    }
}

fn unknown(engine: &Engine, fault: &str) -> End {
    engine.books.fault(fault);
    End::Settled(BulkVerdict::Unknown(answer::Reason::NoCounts))
}

/// Enters a body's hits as the target counted them.
///
/// A target works through a body in order, so when it counts fewer than were sent, the first ones are those.
/// When it does not say which ones it refused (only a super user's token is told), the last of the counted
/// ones stand for them: the totals are exact, the kinds are not.
fn settle(
    engine: &Engine,
    bulk: &Streams,
    entries: &[Entry],
    verdict: &BulkVerdict,
    [sent_us, done_us]: [i64; 2],
) {
    let end = |outcome, doubtful| books::End { outcome, doubtful, sent_us, done_us };
    match verdict {
        BulkVerdict::Counted { acknowledged, refused, invalid_indices, .. } => {
            if *refused > 0 {
                engine.books.fault(REFUSED);
            }
            let counted = (acknowledged + refused) as usize;
            let named = invalid_indices.as_ref().filter(|indices| indices.len() == *refused as usize);
            let doubtful = named.is_none() && *refused > 0;
            for (at, entry) in entries.iter().enumerate() {
                let refused = match named {
                    Some(indices) => indices.contains(&u32::try_from(at).unwrap_or(u32::MAX)),
                    None => (*acknowledged as usize..counted).contains(&at),
                };
                let outcome = match (refused, at < counted) {
                    (true, _) => Outcome::Refused,
                    (false, true) => Outcome::Acknowledged,
                    (false, false) => Outcome::Unknown,
                };
                enter(engine, bulk, entry, end(outcome, doubtful));
            }
            if counted < entries.len() {
                engine.books.fault(UNCOUNTED);
            }
        }
        BulkVerdict::Refused(_) => enter_all(engine, bulk, entries, end(Outcome::Refused, false)),
        _ => enter_all(engine, bulk, entries, end(Outcome::Unknown, false)),
    }
}

fn enter_all(engine: &Engine, bulk: &Streams, entries: &[Entry], end: books::End) {
    for entry in entries {
        enter(engine, bulk, entry, end);
    }
}

/// The body cannot be delivered: its hits failed, and so does the rest of their visits.
fn give_up(engine: &Engine, bulk: &Streams, entries: &[Entry]) {
    for (at, entry) in entries.iter().enumerate() {
        let visit = entry.visit();
        let more_here = entries[at + 1..].iter().any(|later| later.visit() == visit);
        if !entry.is_last() && !more_here {
            bulk.abandoned.borrow_mut().insert(visit);
        }
        let now_us = engine.clock.now_us();
        let end = books::End { outcome: Outcome::Failed, doubtful: false, sent_us: now_us, done_us: now_us };
        enter(engine, bulk, entry, end);
    }
}

fn enter(engine: &Engine, bulk: &Streams, entry: &Entry, end: books::End) {
    let mut blemished = bulk.blemished.borrow_mut();
    let before = !blemished.is_empty() && blemished.contains(&entry.visit());
    let now = engine.books.settle(&entry.blemished(before), end);
    if entry.is_last() {
        if before {
            blemished.remove(&entry.visit());
        }
        drop(blemished);
        engine.over(entry.visit());
    } else if now && !before {
        blemished.insert(entry.visit());
    }
}

/// Leave to have a body in flight, given back when dropped.
struct Pass<'a>(&'a Gate);

impl Streams {
    async fn enter(&self, engine: &Engine) -> Option<Pass<'_>> {
        while self.gate.active.get() >= self.gate.limit.get() {
            tokio::select! {
                () = self.gate.freed.notified() => {}
                () = engine.ended.cancelled() => return None,
            }
        }
        self.gate.active.set(self.gate.active.get() + 1);
        let pass = Pass(&self.gate);
        loop {
            let free = self
                .ceiling
                .borrow_mut()
                .as_mut()
                .map_or(Ok(()), |ceiling| ceiling.take(engine.clock.now_us()));
            let Err(at_us) = free else { return Some(pass) };
            tokio::select! {
                () = tokio::time::sleep_until(engine.clock.deadline(at_us)) => {}
                () = engine.ended.cancelled() => return None,
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get() - 1);
        self.0.freed.notify_one();
    }
}

impl Gate {
    fn narrow(&self) {
        self.calm.set(0);
        if self.limit.get() > 1 {
            self.limit.set(self.limit.get() - 1);
            tracing::info!(
                streams = self.limit.get(),
                "the target rolled a bulk request back: fewer streams for a while"
            );
        }
    }

    fn widen(&self) {
        self.calm.set(self.calm.get() + 1);
        if self.calm.get() >= CALM && self.limit.get() < self.most {
            self.calm.set(0);
            self.limit.set(self.limit.get() + 1);
            self.freed.notify_one();
        }
    }
}

impl Engine {
    fn is_draining(&self) -> bool {
        self.books.figures().status().state == report::RunState::Draining
    }
}
