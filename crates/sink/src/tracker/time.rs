//! Times as a hit gives them: a Unix time, or a date in one of the forms that clients write.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Unix seconds of `cdt`: a Unix time, `2026-11-18 17:29:59` or ISO 8601, in UTC unless it has an offset.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then_some(seconds as i64);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_second());
    }
    let civil = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The civil date and time of a Unix time in a time zone.
pub(crate) fn civil(seconds: i64, zone: &TimeZone) -> DateTime {
    // Times are checked to lie within twenty years of now; anything else shows as the epoch.
    zone.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_time() {
        assert_eq!(parse("1795022999"), Some(1_795_022_999));
        assert_eq!(parse("2026-11-18 17:29:59"), Some(1_795_022_999));
        assert_eq!(parse("2026-11-18T17:29:59Z"), Some(1_795_022_999));
        assert_eq!(parse("2026-11-18T18:29:59+01:00"), Some(1_795_022_999));
        assert_eq!(parse("2026-11-18"), Some(1_794_960_000));
        assert_eq!(parse("yesterday-ish"), None);
    }
}
