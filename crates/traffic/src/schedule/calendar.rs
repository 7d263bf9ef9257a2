//! Local days and weeks as spans of real time, and how the rate curve divides them.
//!
//! A period is a local day (or week, for the weekly curve) with its real length, be it 23, 24 or 25 hours. Within it
//! the curve follows the local clock; the whole of it takes its length's share of the visits, so the mean rate is the
//! target's in every period and not only in those without a change of the clock.

use std::sync::Arc;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use settings::Shape;

use super::curve::{STEP_US, STEPS, weight};

/// A day without a change of the clock.
const DAY_US: i64 = 86_400_000_000;

/// The periods of a time zone.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    shape: Shape,
    time_zone: TimeZone,
    /// Days in a period: 1 or 7.
    days: u32,
    /// The division of a period without a change of the clock.
    regular: Division,
}

/// A local day or week.
#[derive(Debug, Clone)]
pub(super) struct Period {
    /// The date it begins with.
    pub(super) first: Date,
    /// Its first moment, in Unix microseconds.
    pub(super) start_us: i64,
    /// The first moment after it.
    end_us: i64,
    division: Division,
}

/// The cumulated share of a period's visits at the end of each step.
#[derive(Debug, Clone)]
struct Division {
    step_us: i64,
    /// From 0 to 1, one more than there are steps.
    shares: Arc<[f64]>,
}

impl Calendar {
    /// Periods as long as the curve: weeks for the weekly one, else days.
    pub(super) fn new(shape: Shape, time_zone: TimeZone) -> Self {
        Self::with_days(shape, time_zone, if shape == Shape::Weekly { 7 } else { 1 })
    }

    /// Days as periods, whatever the curve.
    pub(super) fn by_day(shape: Shape, time_zone: TimeZone) -> Self {
        Self::with_days(shape, time_zone, 1)
    }

    fn with_days(shape: Shape, time_zone: TimeZone, days: u32) -> Self {
        let steps = STEPS * days as usize;
        let regular = match shape {
            Shape::Flat => Division { step_us: DAY_US * i64::from(days), shares: [0.0, 1.0].into() },
            _ => Division::new(STEP_US, (0..steps).map(|step| weight(shape, step / STEPS, step % STEPS))),
        };
        Self { shape, time_zone, days, regular }
    }

    /// The dates from first to last that a clock of this zone ever shows.
    pub(super) fn days(&self, first: Date, last: Date) -> impl Iterator<Item = Date> {
        let dates = first.series(1.day()).take_while(move |&day| day <= last);
        dates.filter(|&day| self.start_of(day) < self.start_of(add_days(day, 1)))
    }

    /// The local date at a moment.
    pub(super) fn date_at(&self, at_us: i64) -> Date {
        self.time_zone.to_datetime(timestamp(at_us)).date()
    }

    /// The period that a moment lies in.
    pub(super) fn period_at(&self, at_us: i64) -> Period {
        let at_us = within_calendars(at_us);
        let today = self.date_at(at_us);
        let mut first = match self.days {
            7 => add_days_back(today, u64::from(today.weekday().to_monday_zero_offset().unsigned_abs())),
            _ => today,
        };
        // Where the clock is set back across midnight a date's hours come in two parts; the day begins with its first.
        while self.start_of(add_days(first, self.days.into())) <= at_us {
            first = add_days(first, self.days.into());
        }
        self.period_of(first)
    }

    /// The period that begins with a date.
    pub(super) fn period_of(&self, first: Date) -> Period {
        let (start_us, end_us) = (self.start_of(first), self.start_of(add_days(first, self.days.into())));
        Period { first, start_us, end_us, division: self.division(start_us, end_us) }
    }

    /// The first moment of a local date.
    fn start_of(&self, date: Date) -> i64 {
        let midnight = date.at(0, 0, 0, 0);
        self.time_zone.to_timestamp(midnight).map_or(i64::MAX, Timestamp::as_microsecond)
    }

    fn division(&self, start_us: i64, end_us: i64) -> Division {
        let start = timestamp(start_us);
        let changes =
            self.time_zone.following(start).next().is_some_and(|t| t.timestamp().as_microsecond() < end_us);
        let at_midnight = self.time_zone.to_datetime(start).time() == jiff::civil::Time::midnight();
        let length_us = end_us - start_us;
        if self.shape == Shape::Flat {
            return Division { step_us: length_us.max(1), shares: Arc::clone(&self.regular.shares) };
        }
        if !changes && at_midnight && length_us == DAY_US * i64::from(self.days) {
            return self.regular.clone();
        }
        let steps = (length_us + STEP_US - 1) / STEP_US;
        let weights = (0..steps).map(|step| {
            let from = start_us + step * STEP_US;
            let length = STEP_US.min(end_us - from);
            let local = self.time_zone.to_datetime(timestamp(from + length / 2));
            let weekday = local.date().weekday().to_monday_zero_offset() as usize;
            let step_of_day = local.hour() as usize * 4 + local.minute() as usize / 15;
            weight(self.shape, weekday, step_of_day) * (length as f64 / STEP_US as f64)
        });
        Division::new(STEP_US, weights)
    }
}

impl Period {
    /// Its real length.
    pub(super) fn length_us(&self) -> f64 {
        (self.end_us - self.start_us) as f64
    }

    /// Whether a moment lies in it.
    pub(super) fn contains(&self, at_us: i64) -> bool {
        (self.start_us..self.end_us).contains(&at_us)
    }

    /// When `share` of its visits have started.
    pub(super) fn at_share(&self, share: f64) -> i64 {
        let Division { step_us, shares } = &self.division;
        let step = shares.partition_point(|&reached| reached <= share).clamp(1, shares.len() - 1) - 1;
        let part = (share - shares[step]) / (shares[step + 1] - shares[step]);
        let from = self.start_us + step.cast_signed() as i64 * step_us;
        let length = (*step_us).min(self.end_us - from);
        from + ((part.clamp(0.0, 1.0) * length as f64) as i64).min(length - 1)
    }

    /// The share of its visits that have started at a moment within it.
    pub(super) fn share_at(&self, at_us: i64) -> f64 {
        let Division { step_us, shares } = &self.division;
        let passed = at_us - self.start_us;
        let step = ((passed / step_us) as usize).min(shares.len() - 2);
        let from = step.cast_signed() as i64 * step_us;
        let length = (*step_us).min(self.end_us - self.start_us - from);
        let part = (passed - from) as f64 / length as f64;
        shares[step] + (shares[step + 1] - shares[step]) * part
    }
}

impl Division {
    fn new(step_us: i64, weights: impl Iterator<Item = f64>) -> Self {
        let mut shares = vec![0.0];
        let mut sum = 0.0;
        for weight in weights {
            sum += weight;
            shares.push(sum);
        }
        for share in &mut shares {
            *share /= sum;
        }
        Self { step_us, shares: shares.into() }
    }
}

/// The date so many days later, or the last one that there is.
pub(super) fn add_days(day: Date, days: u64) -> Date {
    i64::try_from(days).ok().and_then(|days| day.checked_add(days.days()).ok()).unwrap_or(Date::MAX)
}

fn add_days_back(day: Date, days: u64) -> Date {
    i64::try_from(days).ok().and_then(|days| day.checked_sub(days.days()).ok()).unwrap_or(Date::MIN)
}

/// A number of its own for each date.
pub(crate) fn day_number(day: Date) -> u64 {
    i64::from(day.since(date(1, 1, 1)).map_or(0, |span| span.get_days())).cast_unsigned()
}

/// A moment, brought into the years that calendars are computed for.
fn timestamp(at_us: i64) -> Timestamp {
    Timestamp::from_microsecond(within_calendars(at_us)).unwrap_or_default()
}

/// The nearest moment from the year 1 to about the year 9000.
pub(super) fn within_calendars(at_us: i64) -> i64 {
    at_us.clamp(-62_135_000_000_000_000, 221_845_000_000_000_000)
}
