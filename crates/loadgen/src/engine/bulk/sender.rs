//! One stream's bodies on their way: sending them, again if need be, and entering what became of their hits.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use matomo::answer::{self, BulkVerdict};
use report::Outcome;
use traffic::Visit;

use super::{Body, Streams};
use crate::engine::books::{self, Entry};
use crate::engine::{Engine, single};
use crate::wire::{self, Lane, Request, Response};

/// A body that was rolled back so often more is not the victim of a deadlock.
const ROLLBACKS: u8 = 2;

const CAME_BEFORE: &str = "the target cannot take some hits once more that were on their way when an earlier process was killed: they lie \
                           before an order that it has recorded since, and so it has them; nothing is to be done";

const REFUSED: &str = "the target refused hits of a bulk request; check MATOMO_SITE_ID, and that MATOMO_TOKEN_AUTH has \
                       write access to that site if countries or past dates are sent; its own log says more";

const UNCOUNTED: &str = "the target counted fewer hits of a bulk request than it was sent: nobody knows of the others \
                         and they are not sent again; look in its error log, and lower BULK_SIZE if it ran out of time";

/// Sends one stream's bodies and enters what became of them.
pub(super) struct Sender<'a> {
    engine: &'a Engine,
    wire: Lane,
    request: Request,
    response: Response,
    pub(super) visit: Visit,
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
    pub(super) fn new(engine: &'a Engine) -> Self {
        let agent = concat!("Trafficinator/", env!("CARGO_PKG_VERSION"));
        let request = Request { post: true, json: true, user_agent: agent.into(), ..Request::default() };
        let wire = Lane::new(Rc::clone(&engine.connector));
        Self { engine, wire, request, response: Response::default(), visit: Visit::default() }
    }

    /// False when what became of a body cannot be made to outlast a kill and the run is to end.
    pub(super) async fn deliver(&mut self, bulk: &Streams, body: Body) -> bool {
        let engine = self.engine;
        if !engine.books.commit(|| engine.stop.is_cancelled()).await {
            return false;
        }
        let mut parts = VecDeque::from([body]);
        while let Some(part) = parts.pop_front() {
            let part = self.without_abandoned(bulk, part);
            if part.entries.is_empty() {
                continue;
            }
            if let Some(smaller) = self.deliver_part(bulk, part).await {
                smaller.into_iter().rev().for_each(|part| parts.push_front(part));
            }
            if engine.ended.is_cancelled() {
                break;
            }
        }
        engine.books.commit(|| engine.stop.is_cancelled()).await
    }

    /// A body without the hits of visits that were given up after they had been put into it: these fail, in their order.
    fn without_abandoned(&mut self, bulk: &Streams, body: Body) -> Body {
        let engine = self.engine;
        let is_abandoned = |entry: &Entry| bulk.abandoned.borrow().contains(&entry.visit());
        if bulk.abandoned.borrow().is_empty() || !body.entries.iter().any(is_abandoned) {
            return body;
        }
        let mut rest = Body::default();
        for entry in &body.entries {
            if is_abandoned(entry) {
                enter(engine, bulk, entry, books::End::never_sent());
                if entry.is_last() {
                    bulk.abandoned.borrow_mut().remove(&entry.visit());
                }
            } else {
                engine.plan.model.visit(entry.visit(), &mut self.visit);
                rest.push(engine, &self.visit, entry.job(), body.opened_us);
            }
        }
        rest
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
        let Some(_pass) = bulk.gate.enter(engine).await else { return End::Unsent };
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
