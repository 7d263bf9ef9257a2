//! The single transport: one request a hit, as a browser sends it.

use std::rc::Rc;
use std::time::Duration;

use matomo::answer::{self, Verdict};
use report::Outcome;
use traffic::Visit;

use super::Engine;
use super::books::{self, Entry};
use super::job::{AT_ONCE, Job};
use crate::encode;
use crate::wire::{self, Lane, Request, Response};

/// Takes hits that are due and sends them, one at a time, until the run is over.
pub(super) async fn lane(engine: Rc<Engine>, number: usize) {
    let mut wire = Lane::new(Rc::clone(&engine.connector));
    let (mut visit, mut request, mut response) = (Visit::default(), Request::default(), Response::default());
    let ended = engine.ended.clone();
    let ended = ended.cancelled();
    tokio::pin!(ended);
    while !engine.ended.is_cancelled() {
        let now_us = engine.clock.now_us();
        let Some(job) = engine.feed.borrow_mut().take(now_us) else {
            engine.lanes.park(number).await;
            continue;
        };
        engine.plan.model.visit(job.visit, &mut visit);
        if job.fresh {
            engine.books.begin(&visit, Some(now_us - job.due_us).filter(|_| job.due_us != AT_ONCE));
            if !engine.books.commit(|| engine.stop.is_cancelled()).await {
                return;
            }
        }
        let base_ms = engine.plan.timeline.base_ms(&visit, job.start_us);
        encode::single(&engine.plan.encoder, &visit, usize::from(job.seq), base_ms, &mut request);
        engine.books.sending(job.attempt > 0);
        let outcome = tokio::select! {
            biased;
            outcome = wire.exchange(&request, &mut response) => Some(outcome),
            () = &mut ended => None,
        };
        let done_us = engine.clock.now_us();
        let end = match &outcome {
            Some(outcome) => judge(outcome, &response, done_us),
            // Cut off by the end of the run: it was handed over or it was not.
            None if wire.handed_over() => {
                End::Settled(Outcome::Unknown, Some(wire::fault::RUN_ENDED.to_owned()))
            }
            None => End::Unsent,
        };
        let sent = !matches!(outcome, Some(wire::Outcome::NotSent(_))) && wire.handed_over();
        let due_us = if job.due_us == AT_ONCE { now_us } else { job.due_us };
        let answered = matches!(outcome, Some(wire::Outcome::Answered));
        engine.books.sent(sent, answered.then_some((done_us - now_us, done_us - due_us)));
        if !conclude(&engine, job, &visit, end, [now_us, done_us]).await {
            return;
        }
    }
}

/// What an attempt came to.
enum End {
    Settled(Outcome, Option<String>),
    /// Provably nothing was recorded: another attempt cannot count the hit twice.
    Again(String, Option<Duration>),
    /// The run is over and the hit was not sent.
    Unsent,
}

fn judge(outcome: &wire::Outcome, response: &Response, now_us: i64) -> End {
    match outcome {
        wire::Outcome::NotSent(fault) => End::Again(fault.clone(), None),
        wire::Outcome::Unknown(fault) => End::Settled(Outcome::Unknown, Some(fault.clone())),
        wire::Outcome::Answered if response.status < 300 && !response.complete => {
            End::Settled(Outcome::Unknown, Some(wire::fault::HALF_AN_ANSWER.to_owned()))
        }
        wire::Outcome::Answered => {
            let content_type = Some(&response.content_type[..]).filter(|text| !text.is_empty());
            match answer::single(response.status, content_type, &response.body) {
                Verdict::Acknowledged => End::Settled(Outcome::Acknowledged, None),
                Verdict::Refused(reason) => End::Settled(Outcome::Refused, Some(reason.to_string())),
                Verdict::Unknown(reason) => End::Settled(Outcome::Unknown, Some(reason.to_string())),
                Verdict::Retry(reason) => End::Again(reason.to_string(), retry_after(response, now_us)),
            }
        }
    }
}

/// How long the target asked to be left alone.
pub(super) fn retry_after(response: &Response, now_us: i64) -> Option<Duration> {
    answer::retry_after(&response.retry_after, u64::try_from(now_us / 1_000_000).unwrap_or(0))
}

/// Enters what became of the hit, and queues what comes next once that outlasts a kill: so no more than one hit of
/// a visit is ever in doubt. False when it cannot be made to last and the run is to end: nothing more is sent then.
async fn conclude(engine: &Engine, job: Job, visit: &Visit, end: End, [sent_us, now_us]: [i64; 2]) -> bool {
    match end {
        End::Settled(outcome, fault) => {
            if let Some(fault) = fault {
                engine.books.fault(&fault);
            }
            let blemished = engine.books.settle(
                &Entry::of(visit, job),
                books::End { outcome, doubtful: false, sent_us, done_us: now_us },
            );
            if !engine.books.commit(|| engine.stop.is_cancelled()).await {
                return false;
            }
            let next = usize::from(job.seq) + 1;
            if next == visit.hits.len() {
                engine.over(visit.index);
            } else {
                engine.put(job.next(engine.plan.timeline.due_us(visit, next, job.start_us), blemished));
            }
        }
        End::Again(fault, asked) => {
            engine.books.fault(&fault);
            if job.attempt < engine.retries {
                let wait = engine.backoff.borrow_mut().wait(job.attempt, asked);
                engine.put(job.again(now_us + super::micros(wait)));
            } else {
                engine.books.abandon(visit, job);
                if !engine.books.commit(|| engine.stop.is_cancelled()).await {
                    return false;
                }
                engine.over(visit.index);
            }
        }
        End::Unsent => {}
    }
    true
}
