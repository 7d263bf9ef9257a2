//! A historical window: the same number of visits on each of its days, shaped over the day's real length.

use std::sync::Arc;

use jiff::civil::Date;
use settings::{Arrivals, Backfill};

use super::{
    calendar::{Calendar, Period, day_number},
    spacing::{BLOCK, Segment},
};
use crate::random::keyed;

/// Where the visits of a backfill lie.
#[derive(Debug, Clone)]
pub(super) struct Window {
    calendar: Calendar,
    /// The days that the zone's clock shows; a date that it leaves out has no visits.
    days: Arc<[Date]>,
    visits_per_day: u64,
    /// Visits of the plan.
    pub(super) total: u64,
}

impl Window {
    pub(super) fn new(backfill: &Backfill, arrivals: &Arrivals) -> Self {
        let calendar = Calendar::by_day(arrivals.shape, arrivals.time_zone.clone());
        let days: Arc<[Date]> = calendar.days(backfill.first_day, backfill.last_day).collect();
        let visits_per_day = backfill.visits_per_day;
        let planned = visits_per_day.saturating_mul(days.len() as u64);
        Self { calendar, days, visits_per_day, total: planned.min(backfill.visits_total.unwrap_or(u64::MAX)) }
    }

    /// The same window without the visits from number `total` on.
    pub(super) fn cut(&self, total: u64) -> Self {
        Self { total: self.total.min(total), ..self.clone() }
    }

    /// The day of visit `index`, which is in the plan.
    pub(super) fn day(&self, index: u64) -> Option<Date> {
        (index < self.total).then(|| self.days[(index / self.visits_per_day) as usize])
    }

    /// The block of visit `index`. Blocks do not reach over the end of a day.
    pub(super) fn segment(&self, index: u64) -> Option<Segment> {
        let day = self.day(index)?;
        let within = index % self.visits_per_day;
        let start = within / BLOCK * BLOCK;
        let count = (self.visits_per_day - start).min(BLOCK);
        // A day draws from its date, so it is the same whatever window it is part of.
        let key = keyed(day_number(day), start / BLOCK);
        // The last visit of a day starts before midnight, not at it.
        let closed = start + count < self.visits_per_day;
        Some(Segment { first: index - within + start, count, closed, key })
    }

    /// The day of visit `index` as a period: the one at hand, if it is that.
    pub(super) fn period(&self, index: u64, at_hand: Option<Period>) -> Option<Period> {
        let day = self.day(index)?;
        Some(at_hand.filter(|period| period.first == day).unwrap_or_else(|| self.calendar.period_of(day)))
    }

    /// When visit `index`, at this place in operational time, starts in its day.
    pub(super) fn moment(&self, index: u64, place: f64, day: &Period) -> i64 {
        let first = index - index % self.visits_per_day;
        day.at_share((place - first as f64) / self.visits_per_day as f64)
    }

    /// A visit that starts before `at_us`, and not long before; or the first.
    pub(super) fn shortly_before(&self, at_us: i64) -> u64 {
        let today = self.calendar.date_at(at_us);
        let days = self.days.partition_point(|&day| day < today).saturating_sub(1) as u64;
        days.saturating_mul(self.visits_per_day).min(self.total)
    }
}
