//! Which past days a backfill replays.

use jiff::{Timestamp, ToSpan, civil::Date};

use crate::{
    parse::{Report, Values},
    table::{LONGEST_WINDOW_DAYS, MOST_DAYS_BACK},
    value::Value,
};

const START: &str = "BACKFILL_START_DATE";
const END: &str = "BACKFILL_END_DATE";
const BACK: &str = "BACKFILL_DAYS_BACK";
const DURATION: &str = "BACKFILL_DURATION_DAYS";
const ENABLED: &str = "BACKFILL_ENABLED";
/// A longer window deserves a warning, in days.
const LONG_WINDOW: i64 = 90;
/// The longest window that the older Trafficinator took, in days.
const OLD_LONGEST_WINDOW: i64 = 180;

/// First and last day of the window, when there is one and no rule is broken.
pub(crate) fn window(values: &Values, now: Timestamp, report: &mut Report) -> Option<(Date, Date)> {
    if !values.boolean(ENABLED) {
        let given = [START, END, BACK, DURATION].into_iter().find(|name| values.given(name));
        if let (Some(name), true) = (given, values.sound(&[ENABLED])) {
            report.warning(name, format!("has no effect, since {ENABLED} is not true"));
        }
        return None;
    }
    if values.sound(&["MATOMO_TOKEN_AUTH"]) && !values.is_set("MATOMO_TOKEN_AUTH") {
        report.error(
            "MATOMO_TOKEN_AUTH",
            format!(
                "is not set, and {ENABLED}=true needs it, since Matomo refuses times older than a day without one: \
                 set it, or {ENABLED}=false"
            ),
        );
    }
    totals(values, report);
    if values.choice("VISIT_PACING") == "realtime" {
        report.warning(
            "VISIT_PACING",
            "realtime has no effect on a backfill: the past does not happen again at its own pace",
        );
    }
    let zone = match values.get("TIMEZONE") {
        Value::TimeZone(zone) => zone.clone(),
        other => unreachable!("TIMEZONE is a time zone in the table, not {other:?}"),
    };
    if !values.sound(&["TIMEZONE", START, END, BACK, DURATION]) {
        return None;
    }
    let today = now.to_zoned(zone).date();
    let (first, last) = days(values, today, report)?;
    let length = i64::from(first.until(last).ok()?.get_days()) + 1;
    if length > LONG_WINDOW {
        let old = if length > OLD_LONGEST_WINDOW { " (older versions took 180 at the most)" } else { "" };
        report.warning(
            ENABLED,
            format!(
                "the window has {length} days, more than {LONG_WINDOW}{old}: expect a long run here, and long \
                 archiving on the target"
            ),
        );
    }
    if last == today {
        report.warning(
            ENABLED,
            format!(
                "the window ends today, {today}, which is not over: end it on the day before for whole days"
            ),
        );
    }
    Some((first, last))
}

fn totals(values: &Values, report: &mut Report) {
    const TOTAL: &str = "BACKFILL_MAX_VISITS_TOTAL";
    const PER_DAY: &str = "BACKFILL_MAX_VISITS_PER_DAY";
    let (total, per_day) = (values.integer(TOTAL), values.integer(PER_DAY));
    if values.sound(&[TOTAL, PER_DAY]) && total != 0 && total < per_day {
        report.error(
            TOTAL,
            format!(
                "{total} is below {PER_DAY}, which is {per_day}: give at least {per_day}, or 0 for no total"
            ),
        );
    }
}

/// The window by whichever kind was given.
fn days(values: &Values, today: Date, report: &mut Report) -> Option<(Date, Date)> {
    let dates = values.given(START) || values.given(END);
    let relative = values.given(BACK) || values.given(DURATION);
    match (dates, relative) {
        (true, true) => {
            let field = if values.given(START) { START } else { END };
            report.error(
                field,
                format!(
                    "dates and days back are given at once: set {START} and {END}, or {BACK} and {DURATION}, not \
                     both kinds"
                ),
            );
            None
        }
        (false, false) => {
            report.error(
                ENABLED,
                format!("true needs a window: set {START} and {END}, or {BACK} and {DURATION}"),
            );
            None
        }
        (true, false) => by_dates(values, today, report),
        (false, true) => by_days_back(values, today, report),
    }
}

fn by_dates(values: &Values, today: Date, report: &mut Report) -> Option<(Date, Date)> {
    let (Value::Date(first), Value::Date(last)) = (values.get(START), values.get(END)) else {
        let (given, missing) = if values.given(START) { (START, END) } else { (END, START) };
        report.error(missing, format!("is not set, while {given} is: set both or neither"));
        return None;
    };
    let (first, last) = (*first, *last);
    let oldest = today.saturating_sub((MOST_DAYS_BACK.cast_signed()).days());
    let mut right = true;
    let mut refuse = |field, message| {
        report.error(field, message);
        right = false;
    };
    if first > last {
        refuse(START, format!("{first} is after {END}, which is {last}: begin on that day or before"));
    }
    if last > today {
        refuse(
            END,
            format!("{last} lies in the future, for today is {today} in TIMEZONE: end today or before"),
        );
    }
    if first < oldest {
        refuse(
            START,
            format!(
                "{first} is more than 20 years ago, and Matomo would record it as now: begin on {oldest} or after"
            ),
        );
    }
    let length = i64::from(first.until(last).map_or(0, |span| span.get_days())) + 1;
    if length > LONGEST_WINDOW_DAYS.cast_signed() {
        refuse(
            END,
            format!(
                "{last} makes a window of {length} days: it may have {LONGEST_WINDOW_DAYS} at the most, so split it"
            ),
        );
    }
    right.then_some((first, last))
}

fn by_days_back(values: &Values, today: Date, report: &mut Report) -> Option<(Date, Date)> {
    let (Some(back), Some(duration)) = (values.integer_if_set(BACK), values.integer_if_set(DURATION)) else {
        let (given, missing) = if values.given(BACK) { (BACK, DURATION) } else { (DURATION, BACK) };
        report.error(missing, format!("is not set, while {given} is: set both or neither"));
        return None;
    };
    let most = back + 1; // from that day to today
    if duration > most {
        report.error(
            DURATION,
            format!(
                "{duration} days that begin {back} days back reach into the future: give at most {most}, or raise \
                 {BACK}"
            ),
        );
        return None;
    }
    let first = today.saturating_sub(back.cast_signed().days());
    Some((first, first.saturating_add((duration.cast_signed() - 1).days())))
}
