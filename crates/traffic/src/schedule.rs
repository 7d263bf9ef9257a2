//! When visits start: numbered moments that can be computed from any number on.
//!
//! Two maps make a moment. The first gives visit *i* a place in *operational time*, which runs at one visit a unit:
//! [`spacing`] does that, block by block. The second turns operational time into time on the clock, by the inverse of
//! the cumulative rate: [`curve`] and [`calendar`] do that, period by period. Both are exact at the ends of their
//! blocks and periods, so the rate over a long window is exact and any visit is found without those before it.

mod calendar;
mod cursor;
mod curve;
mod spacing;

use std::sync::Arc;

use jiff::civil::Date;
use settings::{Arrivals, Backfill, Visits};

pub(crate) use calendar::day_number;
pub use cursor::{Cursor, Start};
pub(crate) use curve::peak_factor;

use crate::random::keyed;
use calendar::{Calendar, Period};
use spacing::{BLOCK, Spacing};

/// Separates the schedule's random streams from those of the visits.
const STREAM: u64 = 0x5343_4845_4455_4c45;

/// Microseconds of a day of 24 hours.
const DAY_US: f64 = 86_400e6;

/// The plan of when visits start. Cheap to clone; shared by all of its cursors.
#[derive(Debug, Clone)]
pub struct Schedule(Arc<Plan>);

#[derive(Debug)]
struct Plan {
    calendar: Calendar,
    spacing: Spacing,
    kind: KindOfPlan,
}

#[derive(Debug)]
enum KindOfPlan {
    /// Endless, from a moment on.
    Live {
        /// Operational time at which the plan begins, counted from the start of its first period.
        offset: f64,
        /// Where operational time 0 lies.
        origin_us: i64,
        /// Visits a microsecond.
        rate: f64,
    },
    /// The days of a window, so many visits each.
    Backfill { days: Arc<[Date]>, visits_per_day: u64, total: u64 },
}

impl Schedule {
    /// Live traffic from `start_us` on, in Unix microseconds. Endless.
    pub fn live(arrivals: &Arrivals, seed: u64, start_us: i64) -> Self {
        let calendar = Calendar::new(arrivals.shape, arrivals.time_zone.clone());
        let rate = arrivals.visits_per_day / DAY_US;
        let period = calendar.period_at(start_us);
        let offset = rate * period.length_us() * period.share_at(start_us);
        Self(Arc::new(Plan {
            spacing: Spacing::new(arrivals.process, keyed(seed, STREAM)),
            kind: KindOfPlan::Live { offset, origin_us: period.start_us, rate },
            calendar,
        }))
    }

    /// A historical window, day by day, each with its visits spread by the traffic shape over that local day.
    ///
    /// `BACKFILL_SEED` takes the place of `seed` where it is set. Visits that could reach past `now_us` (Unix
    /// microseconds) with the longest plain visit are left out of the plan, and so is what exceeds
    /// `BACKFILL_MAX_VISITS_TOTAL`. Where funnels or journeys can last longer, see [`ending_before`](Self::ending_before).
    pub fn backfill(
        backfill: &Backfill,
        arrivals: &Arrivals,
        visits: &Visits,
        seed: u64,
        now_us: i64,
    ) -> Self {
        let calendar = Calendar::by_day(arrivals.shape, arrivals.time_zone.clone());
        let days: Arc<[Date]> = calendar.days(backfill.first_day, backfill.last_day).collect();
        let planned = backfill.visits_per_day.saturating_mul(days.len() as u64);
        let plan = Plan {
            calendar,
            spacing: Spacing::new(arrivals.process, keyed(backfill.seed.unwrap_or(seed), STREAM)),
            kind: KindOfPlan::Backfill {
                days,
                visits_per_day: backfill.visits_per_day,
                total: planned.min(backfill.visits_total.unwrap_or(u64::MAX)),
            },
        };
        let longest_ms = (visits.duration_min.max * 60_000.0).ceil() as u64;
        Self(Arc::new(plan)).ending_before(now_us, longest_ms)
    }

    /// Leaves out of a backfill the visits that would start less than `longest_ms` before `now_us`, so that no hit
    /// of a visit of that length is dated in the future. Live plans stay as they are.
    #[must_use]
    pub fn ending_before(self, now_us: i64, longest_ms: u64) -> Self {
        let last_us = now_us.saturating_sub_unsigned(longest_ms.saturating_mul(1000));
        let due = self.index_at(last_us.saturating_add(1));
        let KindOfPlan::Backfill { days, visits_per_day, total } = &self.0.kind else { return self };
        Self(Arc::new(Plan {
            calendar: self.0.calendar.clone(),
            spacing: self.0.spacing,
            kind: KindOfPlan::Backfill {
                days: Arc::clone(days),
                visits_per_day: *visits_per_day,
                total: (*total).min(due),
            },
        }))
    }

    /// When visit `index` starts, in Unix microseconds; `None` past the end of a backfill.
    pub fn at(&self, index: u64) -> Option<i64> {
        self.cursor(index).next().map(|start| start.at_us)
    }

    /// The visits from number `from` on, in order. Owned: it can be kept anywhere and cloned.
    pub fn cursor(&self, from: u64) -> Cursor {
        Cursor::new(self.clone(), from)
    }

    /// The first visit that is due at `at_us` (Unix microseconds) or later.
    pub fn index_at(&self, at_us: i64) -> u64 {
        let plan = &self.0;
        let at_us = calendar::within_calendars(at_us);
        let mut low = match &plan.kind {
            KindOfPlan::Live { offset, origin_us, rate } => {
                let period = plan.calendar.period_at(at_us);
                let passed = (period.start_us - origin_us) as f64 * rate - offset;
                let due = passed + rate * period.length_us() * period.share_at(at_us);
                // A visit lies in the block of its operational time or on that block's lower end.
                (due.max(0.0) as u64 / BLOCK).saturating_sub(1) * BLOCK
            }
            KindOfPlan::Backfill { days, visits_per_day, total } => {
                let today = plan.calendar.date_at(at_us);
                let before = days.partition_point(|&day| day < today).saturating_sub(1) as u64;
                before.saturating_mul(*visits_per_day).min(*total)
            }
        };
        // From there on the starts ascend: double the step until one is due, then halve.
        let due = |index: u64| self.at(index).is_none_or(|at| at >= at_us);
        if due(low) {
            return low;
        }
        let mut step = 1;
        while !due(low.saturating_add(step)) {
            low = low.saturating_add(step);
            step *= 2;
        }
        let mut high = low.saturating_add(step);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if due(middle) { high = middle } else { low = middle }
        }
        high.min(self.total().unwrap_or(u64::MAX))
    }

    /// How many visits there are; `None` = endless.
    pub fn total(&self) -> Option<u64> {
        match self.0.kind {
            KindOfPlan::Live { .. } => None,
            KindOfPlan::Backfill { total, .. } => Some(total),
        }
    }

    /// The day of the window that visit `index` belongs to; `None` when live or past the end.
    pub fn day(&self, index: u64) -> Option<Date> {
        match self.0.kind {
            KindOfPlan::Live { .. } => None,
            KindOfPlan::Backfill { total, .. } => (index < total).then(|| self.0.day_of(index)),
        }
    }
}

impl Plan {
    /// The block that visit `index` lies in: its first visit, how many there are, and where they lie in the
    /// operational time of `segment`.
    fn segment_of(&self, index: u64) -> Option<Segment> {
        match self.kind {
            KindOfPlan::Live { .. } => {
                Some(Segment { first: index / BLOCK * BLOCK, count: BLOCK, closed: true, key: index / BLOCK })
            }
            KindOfPlan::Backfill { visits_per_day, total, .. } => {
                if index >= total {
                    return None;
                }
                let within = index % visits_per_day;
                let start = within / BLOCK * BLOCK;
                let count = (visits_per_day - start).min(BLOCK);
                // A day draws from its date, so it is the same whatever window it is part of.
                let key = keyed(calendar::day_number(self.day_of(index)), start / BLOCK);
                let closed = start + count < visits_per_day;
                Some(Segment { first: index - within + start, count, closed, key })
            }
        }
    }

    /// The day of a backfill's visit.
    fn day_of(&self, index: u64) -> Date {
        match &self.kind {
            KindOfPlan::Live { .. } => Date::ZERO,
            KindOfPlan::Backfill { days, visits_per_day, .. } => days[(index / visits_per_day) as usize],
        }
    }

    /// Whether a visit at `place`, of the same block as one in `period`, falls in that period too.
    fn holds(&self, period: &Period, place: f64) -> bool {
        match self.kind {
            KindOfPlan::Live { .. } => period.contains(self.evenly(place)),
            KindOfPlan::Backfill { .. } => true,
        }
    }

    /// When the visit at `place` would start if the rate were the same at all times. At the ends of a period the two
    /// agree, so this tells the period.
    fn evenly(&self, place: f64) -> i64 {
        match self.kind {
            KindOfPlan::Live { offset, origin_us, rate } => origin_us + ((place + offset) / rate) as i64,
            KindOfPlan::Backfill { .. } => 0,
        }
    }

    /// The period in which visit `index`, at `place`, falls.
    fn period_of(&self, index: u64, place: f64) -> Period {
        match self.kind {
            KindOfPlan::Live { .. } => self.calendar.period_at(self.evenly(place)),
            KindOfPlan::Backfill { .. } => self.calendar.period_of(self.day_of(index)),
        }
    }

    /// The share of `period` that has passed when operational time reaches `place`.
    fn share_of(&self, index: u64, place: f64, period: &Period) -> f64 {
        match self.kind {
            KindOfPlan::Live { offset, origin_us, rate } => {
                let before = (period.start_us - origin_us) as f64 * rate;
                (place + offset - before) / (rate * period.length_us())
            }
            KindOfPlan::Backfill { visits_per_day, .. } => {
                (place - (index - index % visits_per_day) as f64) / visits_per_day as f64
            }
        }
    }
}

/// A run of visits whose spacing is drawn at once.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Segment {
    /// Number of its first visit, which is also where its operational time begins.
    first: u64,
    /// Visits in it.
    count: u64,
    /// The last visit lies at its very end, where the next one begins; otherwise it lies before the end.
    closed: bool,
    /// What its stream is keyed by.
    key: u64,
}
