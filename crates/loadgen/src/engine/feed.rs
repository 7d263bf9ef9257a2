//! Which hit is next.
//!
//! Two kinds of queue hold the work: hits of visits under way, each due at its moment, and visits that may
//! start. Hits under way always go before starts, so that a target at its limit sees fewer visits and no halves.

use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::iter::Peekable;
use std::rc::Rc;

use settings::Shard;
use traffic::{Cursor, shard_of};

use super::Plan;
use super::job::{AT_ONCE, Job};
use super::pace::Ceiling;
use crate::state::cap::Cap;

/// A visit that could not start for so long is skipped: the schedule says when visits start, not the target.
pub const PATIENCE_US: i64 = 1_000_000;

/// The queues of a run.
pub struct Feed {
    plan: Rc<Plan>,
    timers: BinaryHeap<Job>,
    ready: VecDeque<Job>,
    under_way: u64,
    ceiling: Option<Ceiling>,
    stopping: bool,
    source: Source,
}

enum Source {
    Live(Live),
    Replay(Replay),
}

/// Visits start when the schedule says.
struct Live {
    cursor: Peekable<Cursor>,
    starts: VecDeque<Job>,
    cap: Option<Cap>,
    last: Option<u64>,
    paused_until_us: Option<i64>,
    /// The cap was reached and nobody was told yet.
    capped: Option<i64>,
}

/// Visits start when there is room for them, in order.
struct Replay {
    cursor: Peekable<Cursor>,
    resumed: VecDeque<Job>,
    /// Whose visits are under way: one visitor's visits must arrive one after another.
    visitors: HashSet<u64>,
    waiting: HashMap<u64, VecDeque<Job>>,
    waiting_count: usize,
    last: Option<u64>,
    room: u64,
}

/// How far a replay looks past visits that wait for their visitor's earlier one.
const LOOKAHEAD: usize = 4096;

/// What the queues changed by the passing of time.
#[derive(Debug, Default)]
pub struct Advance {
    /// Jobs that a lane could take now.
    pub ready: usize,
    /// When to look again, in Unix microseconds.
    pub next_us: Option<i64>,
    /// Visits that were given up because they could not start in time.
    pub skipped: u64,
    /// The cap was reached just now: when its window resets, in Unix microseconds.
    pub capped: Option<i64>,
    /// The cap's window was reset just now.
    pub uncapped: bool,
}

impl Feed {
    /// Live traffic. `visits`: only those with a lower number.
    pub fn live(plan: Rc<Plan>, ceiling: Option<Ceiling>, cap: Option<Cap>, visits: Option<u64>) -> Self {
        let cursor = plan.schedule.cursor(0).peekable();
        let live =
            Live { cursor, starts: VecDeque::new(), cap, last: visits, paused_until_us: None, capped: None };
        Self::new(plan, ceiling, Source::Live(live))
    }

    /// A backfill that goes on after the visits below `from`, and with those that were open; at most `room`
    /// visits under way at once.
    pub fn replay(
        plan: Rc<Plan>,
        ceiling: Option<Ceiling>,
        from: u64,
        open: impl Iterator<Item = (u64, u16, bool)>,
        room: u64,
        visits: Option<u64>,
    ) -> Self {
        let resumed = open
            .filter_map(|(visit, seq, blemished)| {
                let start_us = plan.schedule.at(visit)?;
                Some(Job { seq, blemished, fresh: false, resumed: true, ..Job::first(visit, start_us) })
            })
            .collect();
        let replay = Replay {
            cursor: plan.schedule.cursor(from).peekable(),
            resumed,
            visitors: HashSet::new(),
            waiting: HashMap::new(),
            waiting_count: 0,
            last: visits,
            room,
        };
        Self::new(plan, ceiling, Source::Replay(replay))
    }

    fn new(plan: Rc<Plan>, ceiling: Option<Ceiling>, source: Source) -> Self {
        let (timers, ready) = (BinaryHeap::new(), VecDeque::new());
        Self { plan, timers, ready, under_way: 0, ceiling, stopping: false, source }
    }

    /// No visit starts any more.
    pub fn stop(&mut self) {
        self.stopping = true;
        if let Source::Live(live) = &mut self.source {
            live.starts.clear();
        }
    }

    /// Visits begun and not over.
    pub fn under_way(&self) -> u64 {
        self.under_way
    }

    /// The cap's limit, visits used, and reset moment.
    pub fn cap(&self) -> Option<(u64, u64, i64)> {
        match &self.source {
            Source::Live(live) => live.cap.as_ref().map(|cap| (cap.limit(), cap.used(), cap.resets_us())),
            Source::Replay(_) => None,
        }
    }

    /// Nothing is under way and nothing will start.
    pub fn is_done(&mut self) -> bool {
        self.under_way == 0 && self.starts_no_more()
    }

    /// No visit will start any more.
    pub fn starts_no_more(&mut self) -> bool {
        self.stopping
            || match &mut self.source {
                Source::Live(live) => live.is_exhausted(),
                Source::Replay(replay) => replay.is_exhausted(),
            }
    }

    /// The earliest moment at which a visit under way has something to send.
    pub fn next_timer_us(&self) -> Option<i64> {
        if self.ready.is_empty() { self.timers.peek().map(|job| job.due_us) } else { Some(AT_ONCE) }
    }

    /// Lets the time be `now_us`: what has become due becomes ready.
    pub fn advance(&mut self, now_us: i64) -> Advance {
        let mut advance = Advance::default();
        while let Some(job) = self.timers.peek().filter(|job| job.due_us <= now_us) {
            self.ready.push_back(*job);
            self.timers.pop();
        }
        advance.next_us = self.timers.peek().map(|job| job.due_us);
        advance.ready = self.ready.len();
        match &mut self.source {
            Source::Live(live) if !self.stopping => live.advance(&self.plan, now_us, &mut advance),
            Source::Live(_) => {}
            Source::Replay(replay) => {
                if !self.stopping && self.under_way < replay.room {
                    let room = usize::try_from(replay.room - self.under_way).unwrap_or(usize::MAX);
                    advance.ready = advance.ready.saturating_add(room);
                }
            }
        }
        if let Some(ceiling) = &self.ceiling
            && advance.ready > 0
        {
            let free_us = ceiling.free_at_us();
            advance.ready = usize::from(free_us <= now_us);
            if free_us > now_us {
                advance.next_us = Some(earlier(advance.next_us, free_us));
            }
        }
        advance
    }

    /// The job to send now, if there is one and the ceiling admits it.
    pub fn take(&mut self, now_us: i64) -> Option<Job> {
        if self.ceiling.as_ref().is_some_and(|ceiling| ceiling.free_at_us() > now_us) {
            return None;
        }
        let job = self.ready.pop_front().or_else(|| self.start(now_us))?;
        if let Some(ceiling) = &mut self.ceiling {
            ceiling.take(now_us).expect("the place was free a moment ago");
        }
        Some(job)
    }

    /// A visit that starts now.
    fn start(&mut self, now_us: i64) -> Option<Job> {
        if self.stopping {
            return None;
        }
        let job = match &mut self.source {
            Source::Live(live) => live.start(now_us),
            Source::Replay(replay) if self.under_way < replay.room => replay.start(&self.plan),
            Source::Replay(_) => None,
        }?;
        self.under_way += 1;
        Some(job)
    }

    /// A visit under way has something more to send.
    pub fn put(&mut self, job: Job, now_us: i64) {
        if job.due_us <= now_us {
            self.ready.push_back(job);
        } else {
            self.timers.push(job);
        }
    }

    /// A visit is over.
    pub fn over(&mut self, visit: u64) {
        self.under_way -= 1;
        if let Source::Replay(replay) = &mut self.source {
            replay.over(&self.plan, visit);
        }
    }
}

impl Live {
    fn advance(&mut self, plan: &Plan, now_us: i64, advance: &mut Advance) {
        advance.capped = self.capped.take();
        if let Some(until_us) = self.paused_until_us {
            if now_us < until_us {
                advance.next_us = Some(earlier(advance.next_us, until_us));
                return;
            }
            self.paused_until_us = None;
            self.cursor = plan.schedule.cursor(plan.schedule.index_at(until_us)).peekable();
            advance.uncapped = true;
        }
        while let Some(start) = self.cursor.peek().copied() {
            if self.last.is_some_and(|last| start.index >= last) {
                break;
            }
            if start.at_us > now_us {
                advance.next_us = Some(earlier(advance.next_us, start.at_us));
                break;
            }
            self.cursor.next();
            if !plan.owns(start.index) {
                continue;
            }
            self.starts.push_back(Job::first(start.index, start.at_us));
        }
        while let Some(job) = self.starts.front() {
            let until_us = job.due_us + PATIENCE_US;
            if until_us > now_us {
                advance.next_us = Some(earlier(advance.next_us, until_us));
                break;
            }
            self.starts.pop_front();
            advance.skipped += 1;
        }
        advance.ready += self.starts.len();
    }

    fn start(&mut self, now_us: i64) -> Option<Job> {
        let job = self.starts.pop_front_if(|job| job.due_us + PATIENCE_US > now_us)?;
        let Some(cap) = &mut self.cap else { return Some(job) };
        let taken = cap.take(now_us);
        if taken.is_err() || cap.used() == cap.limit() {
            self.paused_until_us = Some(cap.resets_us());
            self.capped = self.paused_until_us;
            self.starts.clear();
        }
        taken.is_ok().then_some(job)
    }

    fn is_exhausted(&mut self) -> bool {
        let last = self.last;
        self.starts.is_empty()
            && self.paused_until_us.is_none()
            && self.cursor.peek().is_none_or(|start| last.is_some_and(|last| start.index >= last))
    }
}

impl Replay {
    fn start(&mut self, plan: &Plan) -> Option<Job> {
        if let Some(job) = self.resumed.pop_front() {
            self.visitors.insert(plan.model.visitor(job.visit));
            return Some(job);
        }
        while self.waiting_count < LOOKAHEAD {
            let last = self.last;
            let start = self.cursor.next_if(|start| last.is_none_or(|last| start.index < last))?;
            let visitor = plan.model.visitor(start.index);
            if !plan.owns_visitor(visitor) {
                continue;
            }
            let job = Job { due_us: AT_ONCE, ..Job::first(start.index, start.at_us) };
            if self.visitors.insert(visitor) {
                return Some(job);
            }
            self.waiting.entry(visitor).or_default().push_back(job);
            self.waiting_count += 1;
        }
        None
    }

    fn over(&mut self, plan: &Plan, visit: u64) {
        let visitor = plan.model.visitor(visit);
        let Some(queue) = self.waiting.get_mut(&visitor) else {
            self.visitors.remove(&visitor);
            return;
        };
        // The visitor stays taken: the visit that waited longest is next.
        self.resumed.extend(queue.pop_front());
        self.waiting_count -= 1;
        if queue.is_empty() {
            self.waiting.remove(&visitor);
        }
    }

    fn is_exhausted(&mut self) -> bool {
        let last = self.last;
        self.resumed.is_empty()
            && self.waiting.is_empty()
            && self.cursor.peek().is_none_or(|start| last.is_some_and(|last| start.index >= last))
    }
}

impl Plan {
    /// The visit is one of this shard's.
    pub fn owns(&self, visit: u64) -> bool {
        self.shard.count == 1 || self.owns_visitor(self.model.visitor(visit))
    }

    fn owns_visitor(&self, visitor: u64) -> bool {
        let Shard { index, count } = self.shard;
        count == 1 || shard_of(visitor, count) == index
    }
}

fn earlier(at: Option<i64>, other: i64) -> i64 {
    at.map_or(other, |at| at.min(other))
}
