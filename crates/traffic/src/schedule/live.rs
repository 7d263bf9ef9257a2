//! Live traffic: endless, at the target's rate from a moment on.
//!
//! Every period takes the visits that its real length is worth, so at the ends of periods a curve and a flat rate have
//! brought the same number: a division finds a visit's period, and the curve only says where in it.

use settings::Arrivals;

use super::{
    calendar::{Calendar, Period},
    spacing::{BLOCK, Segment},
};

/// Microseconds of a day of 24 hours.
const DAY_US: f64 = 86_400e6;

/// Where the visits of live traffic lie.
#[derive(Debug)]
pub(super) struct Live {
    calendar: Calendar,
    /// Where the period that the plan begins in begins.
    origin_us: i64,
    /// What that period had brought already when the plan begins, in visits.
    missed: f64,
    /// Visits a microsecond.
    rate: f64,
}

impl Live {
    pub(super) fn new(arrivals: &Arrivals, start_us: i64) -> Self {
        let calendar = Calendar::new(arrivals.shape, arrivals.time_zone.clone());
        let rate = arrivals.visits_per_day / DAY_US;
        let period = calendar.period_at(start_us);
        let missed = rate * period.length_us() * period.share_at(start_us);
        Self { origin_us: period.start_us, calendar, missed, rate }
    }

    /// The block of visit `index`.
    pub(super) fn segment(index: u64) -> Segment {
        let block = index / BLOCK;
        Segment { first: block * BLOCK, count: BLOCK, closed: true, key: block }
    }

    /// The period of a visit at this place in operational time: the one at hand, if it is that.
    pub(super) fn period(&self, place: f64, at_hand: Option<Period>) -> Period {
        let evenly = self.origin_us.saturating_add(((place + self.missed) / self.rate) as i64);
        at_hand.filter(|period| period.contains(evenly)).unwrap_or_else(|| self.calendar.period_at(evenly))
    }

    /// When a visit at this place in operational time, which is in `period`, starts.
    pub(super) fn moment(&self, place: f64, period: &Period) -> i64 {
        let before = (period.start_us - self.origin_us) as f64 * self.rate - self.missed;
        period.at_share((place - before) / (self.rate * period.length_us()))
    }

    /// A visit that starts before `at_us`, and not long before; or the first.
    pub(super) fn shortly_before(&self, at_us: i64) -> u64 {
        let period = self.calendar.period_at(at_us);
        let before = (period.start_us - self.origin_us) as f64 * self.rate - self.missed;
        let place = before + self.rate * period.length_us() * period.share_at(at_us);
        // A visit lies in the block of its operational time, or at the end of the one before.
        (place.max(0.0) as u64 / BLOCK).saturating_sub(1) * BLOCK
    }
}
