//! Periods as the Reporting API names them: `day`, `week`, `month`, `year`, `range`, with their dates.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The days that one report is about, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) kind: Kind,
    pub(crate) first: Date,
    pub(crate) last: Date,
}

/// How the days were named; some figures are given for some kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Day,
    Week,
    Month,
    Year,
    Range,
}

/// One period, or several whose reports are answered under their dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Periods {
    One(Period),
    Many(Vec<Period>),
}

/// Why a period was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeriodError {
    #[error("period {0:?} is not one of day, week, month, year, range")]
    Kind(String),
    #[error("date {0:?} is not YYYY-MM-DD, today, yesterday, lastN, previousN, or two days with a comma")]
    Date(String),
}

/// A day's first and last second, in Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Periods {
    /// Reads `period` and `date`. `today` is the site's.
    pub(crate) fn parse(period: &str, date: &str, today: Date) -> Result<Self, PeriodError> {
        let kind = match period {
            "day" => Kind::Day,
            "week" => Kind::Week,
            "month" => Kind::Month,
            "year" => Kind::Year,
            "range" => Kind::Range,
            other => return Err(PeriodError::Kind(other.to_owned())),
        };
        let wrong = || PeriodError::Date(date.to_owned());
        let several = Self::bounds(kind, date, today);
        match (kind, several) {
            (Kind::Range, bounds) => {
                let (first, last) =
                    bounds.or_else(|| day(date, today).map(|day| (day, day))).ok_or_else(wrong)?;
                if first > last {
                    return Err(wrong());
                }
                Ok(Self::One(Period { kind, first, last }))
            }
            (_, Some((first, last))) => {
                let mut periods = Vec::new();
                let mut next = Period::around(kind, first);
                while next.first <= last {
                    periods.push(next);
                    next = Period::around(kind, next.last.tomorrow().map_err(|_| wrong())?);
                }
                Ok(Self::Many(periods))
            }
            (_, None) => Ok(Self::One(Period::around(kind, day(date, today).ok_or_else(wrong)?))),
        }
    }

    /// The first second of the first and the last of the last.
    pub(crate) fn span(&self, zone: &TimeZone) -> Span {
        match self {
            Self::One(period) => period.span(zone),
            Self::Many(periods) => {
                let span = |period: Option<&Period>| period.map(|period| period.span(zone));
                let (first, last) = (span(periods.first()), span(periods.last()));
                Span { from: first.map_or(0, |span| span.from), to: last.map_or(0, |span| span.to) }
            }
        }
    }

    /// The first and last day of `A,B`, `lastN` and `previousN`.
    fn bounds(kind: Kind, date: &str, today: Date) -> Option<(Date, Date)> {
        if let Some((first, last)) = date.split_once(',') {
            return Some((day(first, today)?, day(last, today)?));
        }
        let (count, last) = if let Some(count) = date.strip_prefix("last") {
            (count, today)
        } else {
            let count = date.strip_prefix("previous")?;
            let yesterday = match kind {
                Kind::Day | Kind::Range => today.yesterday().ok()?,
                _ => Period::around(kind, today).first.yesterday().ok()?,
            };
            (count, yesterday)
        };
        let back: i32 = count.parse::<i32>().ok().filter(|count| (1..=1000).contains(count))? - 1;
        let first = match kind {
            Kind::Day | Kind::Range => last.checked_sub(back.days()),
            Kind::Week => last.checked_sub(back.weeks()),
            Kind::Month => last.checked_sub(back.months()),
            Kind::Year => last.checked_sub(back.years()),
        };
        Some((first.ok()?, last))
    }
}

fn day(text: &str, today: Date) -> Option<Date> {
    match text.trim() {
        "today" | "now" => Some(today),
        "yesterday" | "yesterdaySameTime" => today.yesterday().ok(),
        text => text.parse().ok(),
    }
}

impl Period {
    /// The period of a kind that a day lies in. Weeks begin on Monday.
    fn around(kind: Kind, day: Date) -> Self {
        let (first, last) = match kind {
            Kind::Day | Kind::Range => (day, day),
            Kind::Week => {
                let back = day.weekday().to_monday_zero_offset();
                let monday = day.checked_sub(back.days()).unwrap_or(day);
                (monday, monday.checked_add(6.days()).unwrap_or(day))
            }
            Kind::Month => (day.first_of_month(), day.last_of_month()),
            Kind::Year => (day.first_of_year(), day.last_of_year()),
        };
        Self { kind, first, last }
    }

    /// Its days in order.
    pub(crate) fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }

    /// Whether it is more than a day: its unique visitors are then sums over days.
    pub(crate) fn is_long(self) -> bool {
        self.kind != Kind::Day
    }

    /// Whether visitors are counted once over the whole period.
    pub(crate) fn counts_visitors(self) -> bool {
        matches!(self.kind, Kind::Day | Kind::Week | Kind::Month)
    }

    /// As several periods are told apart in an answer.
    pub(crate) fn name(self) -> String {
        match self.kind {
            Kind::Day => self.first.to_string(),
            Kind::Week | Kind::Range => format!("{},{}", self.first, self.last),
            Kind::Month => self.first.strftime("%Y-%m").to_string(),
            Kind::Year => self.first.strftime("%Y").to_string(),
        }
    }

    /// Its first and last second.
    pub(crate) fn span(self, zone: &TimeZone) -> Span {
        Span { from: span(self.first, zone).from, to: span(self.last, zone).to }
    }
}

/// A day's first and last second.
pub(crate) fn span(day: Date, zone: &TimeZone) -> Span {
    let start = |day: Date| {
        let zoned = day.to_zoned(zone.clone());
        zoned.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp()).as_second()
    };
    Span { from: start(day), to: start(day.tomorrow().unwrap_or(day)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn one(period: &str, text: &str) -> (String, String) {
        match Periods::parse(period, text, TODAY).unwrap() {
            Periods::One(period) => (period.first.to_string(), period.last.to_string()),
            Periods::Many(_) => panic!("several periods"),
        }
    }

    #[test]
    fn periods_and_their_days() {
        let expect = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(one("day", "yesterday"), expect("2026-11-22", "2026-11-22"));
        assert_eq!(one("week", "2026-11-18"), expect("2026-11-16", "2026-11-22"));
        assert_eq!(one("month", "2026-02-03"), expect("2026-02-01", "2026-02-28"));
        assert_eq!(one("range", "2026-11-18,2026-11-21"), expect("2026-11-18", "2026-11-21"));
        assert_eq!(one("range", "last3"), expect("2026-11-21", "2026-11-23"));
        assert_eq!(one("range", "previous3"), expect("2026-11-20", "2026-11-22"));
    }

    #[test]
    fn several_periods() {
        let Periods::Many(days) = Periods::parse("day", "2026-11-18,2026-11-20", TODAY).unwrap() else {
            panic!("one period");
        };
        assert_eq!(
            days.iter().map(|day| day.name()).collect::<Vec<_>>(),
            ["2026-11-18", "2026-11-19", "2026-11-20"]
        );
    }

    #[test]
    fn what_is_no_period() {
        assert!(Periods::parse("fortnight", "today", TODAY).is_err());
        assert!(Periods::parse("day", "2026-13-01", TODAY).is_err());
        assert!(Periods::parse("range", "2026-11-20,2026-11-18", TODAY).is_err());
    }

    #[test]
    fn a_day_ends_at_the_sites_midnight() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(span(date(2026, 11, 18), &zone), Span { from: 1_794_956_400, to: 1_795_042_799 });
        let spring = span(date(2026, 3, 29), &zone);
        assert_eq!(spring.to - spring.from + 1, 23 * 3600);
    }
}
