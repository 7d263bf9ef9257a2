//! The days of a site, and the hours that its report of visits by hour has.

use jiff::civil::Date;
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
        let moment = Timestamp::from_second(at).unwrap_or_default();
        let date = self.rules.to_datetime(moment).date();
        let begins =
            |date: Date| date.to_zoned(self.rules.clone()).map_or(at, |zoned| zoned.timestamp().as_second());
        let (from, until) = (begins(date), begins(date.checked_add(1.day()).unwrap_or(date)));
        // Matomo groups visits by their hour in UTC, and then asks what a clock of the site shows at that hour of the
        // day (of UTC) on which the site's day began. So on days that change the clock, and in zones that are off by
        // half an hour, an hour is not quite what it says.
        let midnight = from.div_euclid(86_400) * 86_400;
        let hours = std::array::from_fn(|hour| {
            let moment =
                Timestamp::from_second(midnight + 3600 * hour.cast_signed() as i64).unwrap_or_default();
            self.rules.to_datetime(moment).hour().unsigned_abs()
        });
        let number = date.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()));
        DaySpan { date, number, from, until, hours }
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
