//! The days of a site, and the hours that its report of visits by hour has.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Days that are kept at hand: visits are about today and yesterday.
const AT_HAND: usize = 4;

/// A site's time zone, with the days that were asked for last.
#[derive(Debug, Clone)]
pub struct Zone {
    rules: TimeZone,
    days: Vec<DaySpan>,
    oldest: usize,
}

/// A day and what lies in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DaySpan {
    pub(crate) date: Date,
    number: i64,
    /// Unix seconds of its first moment and of the next day's.
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// The clock shows this date all the time. It does not where it goes back from a moment past midnight.
    is_plain: bool,
    /// By hour of UTC: under which hour visits that begin then are reported.
    hours: [u8; 24],
}

impl DaySpan {
    /// A number of its own for each date.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    pub(crate) fn holds(&self, at: i64) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// The hour under which a visit that began at `at` is reported.
    pub(crate) fn hour(&self, at: i64) -> usize {
        usize::from(self.hours[at.div_euclid(3600).rem_euclid(24) as usize])
    }
}

impl Zone {
    /// A site's zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { rules: zone, days: Vec::with_capacity(AT_HAND), oldest: 0 }
    }

    /// Whether a clock of the site shows one date at two moments, the first of which lies in `day`.
    pub(crate) fn is_one_date(&self, day: &DaySpan, first: i64, second: i64) -> bool {
        if day.is_plain && day.holds(first) && day.holds(second) {
            return true;
        }
        self.shown(first).date() == self.shown(second).date()
    }

    fn shown(&self, at: i64) -> DateTime {
        self.rules.to_datetime(Timestamp::from_second(at).unwrap_or_default())
    }

    /// The day of a moment in Unix seconds.
    pub fn date(&mut self, at: i64) -> Date {
        self.day(at).date
    }

    pub(crate) fn day(&mut self, at: i64) -> DaySpan {
        if let Some(day) = self.days.iter().find(|day| day.holds(at)) {
            return *day;
        }
        let day = self.span(at);
        if self.days.len() < AT_HAND {
            self.days.push(day);
        } else {
            self.days[self.oldest] = day;
            self.oldest = (self.oldest + 1) % AT_HAND;
        }
        day
    }

    /// A day by its date; `None` for a date beyond all calendars.
    pub(crate) fn day_of(&mut self, date: Date) -> Option<DaySpan> {
        let begins = date.to_zoned(self.rules.clone()).ok()?;
        Some(self.day(begins.timestamp().as_second()))
    }

    fn span(&self, at: i64) -> DaySpan {
        let begins =
            |date: Date| date.to_zoned(self.rules.clone()).map_or(at, |zoned| zoned.timestamp().as_second());
        let next = |date: Date| date.checked_add(1.day()).unwrap_or(date);
        let mut date = self.shown(at).date();
        if begins(next(date)) <= at {
            // The clock went back behind midnight: to the reports, the next day has begun at the first midnight.
            date = next(date);
        }
        let (from, until) = (begins(date), begins(next(date)));
        let since = Timestamp::from_second(from).unwrap_or_default();
        let changes = self.rules.following(since).map(|change| change.timestamp().as_second());
        let is_plain = changes.take_while(|at| *at < until).all(|at| self.shown(at).date() == date);
        // Matomo groups visits by their hour in UTC, and then asks what a clock of the site shows at that hour of the
        // day (of UTC) on which the site's day began. So on days that change the clock, and in zones that are off by
        // half an hour, an hour is not quite what it says.
        let midnight = from.div_euclid(86_400) * 86_400;
        let hours = std::array::from_fn(|hour| {
            self.shown(midnight + 3600 * hour.cast_signed() as i64).hour().unsigned_abs()
        });
        let number = date.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()));
        DaySpan { date, number, from, until, is_plain, hours }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::new(TimeZone::get(name).unwrap())
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn days_are_the_sites() {
        let mut berlin = zone("Europe/Berlin");
        assert_eq!(berlin.date(at("2026-03-28T22:59:59Z")).to_string(), "2026-03-28");
        assert_eq!(berlin.date(at("2026-03-28T23:00:00Z")).to_string(), "2026-03-29");
        let short = berlin.day(at("2026-03-29T12:00:00Z"));
        assert_eq!(short.until - short.from, 23 * 3600);
        let long = berlin.day(at("2026-10-25T12:00:00Z"));
        assert_eq!(long.until - long.from, 25 * 3600);
    }

    /// Until 2011 clocks in Newfoundland went back from 00:01 to 23:01.
    #[test]
    fn visits_between_two_midnights_of_one_date_were_expected_on_the_day_before() {
        let mut zone = zone("America/St_Johns");
        let (before, between, after) =
            (at("2010-11-07T02:29:00Z"), at("2010-11-07T02:45:00Z"), at("2010-11-07T03:40:00Z"));
        assert_eq!(zone.date(before).to_string(), "2010-11-06");
        assert_eq!(zone.date(between).to_string(), "2010-11-07");
        let day = zone.day(between);
        assert!(day.holds(after) && !day.holds(before));
        assert!(!zone.is_one_date(&day, between, after), "it shows the 6th again, and then the 7th");
        let eve = zone.day(before);
        assert!(zone.is_one_date(&eve, before, between));
        let plain = zone.day(at("2010-11-09T12:00:00Z"));
        assert!(zone.is_one_date(&plain, plain.from, plain.until - 1));
        assert!(!zone.is_one_date(&plain, plain.from, plain.until));
    }

    #[test]
    fn every_day_has_a_number_of_its_own() {
        for name in ["Pacific/Auckland", "Europe/London", "America/New_York", "Pacific/Kiritimati", "UTC"] {
            let mut zone = zone(name);
            let noon = at("2025-01-01T12:00:00Z");
            let numbers: Vec<i64> = (0..730).map(|day| zone.day(noon + day * 86_400).number()).collect();
            assert!(numbers.windows(2).all(|two| two[1] - two[0] <= 1), "{name}");
            assert!(numbers.last().unwrap() - numbers[0] >= 728, "{name}");
        }
    }

    #[test]
    fn hours_are_those_of_the_day_on_which_the_sites_day_began() {
        let mut berlin = zone("Europe/Berlin");
        let day = berlin.day(at("2026-10-25T12:00:00Z"));
        // The site's day begins at 22:00 of the 24th, so the clock is still the summer's.
        assert_eq!(day.hour(at("2026-10-25T12:30:00Z")), 14);
        assert_eq!(day.hour(at("2026-10-24T22:30:00Z")), 0);
        assert_eq!(day.hour(at("2026-10-25T22:30:00Z")), 0);
        let mut york = zone("America/New_York");
        let day = york.day(at("2026-11-01T12:00:00Z"));
        assert_eq!(day.hour(at("2026-11-01T04:30:00Z")), 0);
        assert_eq!(day.hour(at("2026-11-01T12:30:00Z")), 7);
        let mut kolkata = zone("Asia/Kolkata");
        let day = kolkata.day(at("2026-11-01T12:00:00Z"));
        assert_eq!(day.hour(at("2026-11-01T12:45:00Z")), 17);
    }
}
