//! Reports about visits as a whole: how many, by whom, how long, at which hour.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::metrics::{Cells, Table, VisitFigures, add_day, percent, put, quotient};
use super::period::{Period, span};
use super::query::{conversions_by, visits_by};
use super::{Context, ReportError};

/// Everything.
pub(crate) const ALL: &str = "1";
/// Visits of people who were never here before.
pub(crate) const NEW: &str = "visitor_kind = 0";
/// Visits of people who were.
pub(crate) const RETURNING: &str = "visitor_kind > 0";

/// Figures of a period's visits. Visitors are counted where the period's kind has them.
pub(crate) fn figures(
    context: &Context<'_>,
    period: Period,
    only: &str,
) -> Result<VisitFigures, ReportError> {
    let mut sum = VisitFigures::default();
    for day in period.days() {
        for (_, figures) in visits_by(context.db, context.site.id, span(day, &context.zone), &[], only)? {
            sum.add(&figures);
        }
    }
    if period.counts_visitors() {
        let whole = visits_by(context.db, context.site.id, period.span(&context.zone), &[], only)?;
        if let Some((_, whole)) = whole.first() {
            sum.visitors = whole.visitors;
            sum.users = whole.users;
        }
    }
    Ok(sum)
}

/// `VisitsSummary.get`, with what each name ends in.
pub(crate) fn summary(figures: &VisitFigures, period: Period, suffix: &str) -> Cells {
    let mut cells = Cells::new();
    let mut number = |name: &str, figure: f64| put(&mut cells, &format!("{name}{suffix}"), figure);
    if period.counts_visitors() {
        number("nb_uniq_visitors", figures.visitors as f64);
        number("nb_users", figures.users as f64);
    }
    number("nb_visits", figures.visits as f64);
    number("nb_actions", figures.actions as f64);
    number("nb_visits_converted", figures.converted as f64);
    number("bounce_count", figures.bounces as f64);
    number("sum_visit_length", figures.length as f64);
    number("max_actions", figures.max_actions as f64);
    let visits = figures.visits as f64;
    number("nb_actions_per_visit", quotient(figures.actions as f64, visits, 1));
    number("avg_time_on_site", quotient(figures.length as f64, visits, 0));
    cells.insert(format!("bounce_rate{suffix}"), percent(figures.bounces as f64, visits, 2));
    cells
}

/// `VisitFrequency.get`: the same for new and for returning visitors.
pub(crate) fn frequency(context: &Context<'_>, period: Period) -> Result<Cells, ReportError> {
    let mut cells = summary(&figures(context, period, NEW)?, period, "_new");
    cells.extend(summary(&figures(context, period, RETURNING)?, period, "_returning"));
    Ok(cells)
}

/// Most actions of visits, with how the buckets are called.
const BY_ACTIONS: [(i64, i64); 10] =
    [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 7), (8, 10), (11, 14), (15, 20), (21, i64::MAX)];
/// Seconds of visits.
const BY_LENGTH: [(i64, i64); 10] = [
    (0, 10),
    (11, 30),
    (31, 60),
    (61, 120),
    (121, 240),
    (241, 420),
    (421, 600),
    (601, 900),
    (901, 1800),
    (1801, i64::MAX),
];
/// How many visits a visitor had made by then.
const BY_COUNT: [(i64, i64); 13] = [
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 5),
    (6, 6),
    (7, 7),
    (8, 8),
    (9, 14),
    (15, 25),
    (26, 50),
    (51, 100),
    (101, i64::MAX),
];

/// `VisitorInterest.*`: visits in buckets of a column.
pub(crate) fn interest(
    context: &Context<'_>,
    period: Period,
    by: Interest,
) -> Result<Vec<Cells>, ReportError> {
    let (column, buckets, segment) = match by {
        Interest::Actions => ("actions", &BY_ACTIONS[..], "actions"),
        Interest::Length => ("total_time", &BY_LENGTH[..], "visitDuration"),
        Interest::Count => ("visit_count", &BY_COUNT[..], "visitCount"),
    };
    let mut visits = vec![0; buckets.len()];
    let mut total = 0;
    for day in period.days() {
        let groups = visits_by(context.db, context.site.id, span(day, &context.zone), &[column], ALL)?;
        for (group, figures) in groups {
            let value: i64 = group[0].parse().unwrap_or(0);
            total += figures.visits;
            if let Some(bucket) = buckets.iter().position(|(least, most)| (*least..=*most).contains(&value)) {
                visits[bucket] += figures.visits;
            }
        }
    }
    if total == 0 {
        return Ok(Vec::new());
    }
    let rows = buckets.iter().zip(visits).map(|((least, most), visits)| {
        let mut cells = Cells::new();
        cells.insert("label".to_owned(), by.label(*least, *most).into());
        put(&mut cells, "nb_visits", visits as f64);
        if by == Interest::Count {
            let share = quotient(visits as f64, total as f64, 2) * 100.0;
            cells.insert("nb_visits_percentage".to_owned(), format!("{}%", share.round()).into());
        }
        let condition = match (least, most) {
            (least, most) if least == most => format!("{segment}=={least}"),
            (least, &i64::MAX) => format!("{segment}>={least}"),
            (least, most) => format!("{segment}>={least};{segment}<={most}"),
        };
        cells.insert("segment".to_owned(), condition.into());
        cells
    });
    Ok(rows.collect())
}

/// What visits are put into buckets by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Actions,
    Length,
    Count,
}

impl Interest {
    fn label(self, least: i64, most: i64) -> String {
        let range = |unit: &str, units: &str, scale: i64| {
            let (low, high) = (least / scale, most / scale);
            match (least, most) {
                // As a Matomo writes a plus, which would be a blank once the label is decoded.
                (_, i64::MAX) => format!("{low}%2B {units}"),
                (1, 1) => format!("1 {unit}"),
                (least, most) if least == most => format!("{low} {units}"),
                _ => format!("{low}-{high} {units}"),
            }
        };
        match self {
            Self::Actions => range("page", "pages", 1),
            Self::Count => range("visit", "visits", 1),
            Self::Length if most < 60 => format!("{least}-{most}s"),
            Self::Length if most == 60 => "31s - 1 min".to_owned(),
            Self::Length if most == i64::MAX => "30+ min".to_owned(),
            Self::Length => format!("{}-{} min", least / 60, most / 60),
        }
    }
}

/// `VisitTime.getVisitInformationPerServerTime`: a row for each hour of the site's day.
pub(crate) fn by_server_hour(context: &Context<'_>, period: Period) -> Result<Vec<Cells>, ReportError> {
    let mut total = Table::new();
    for day in period.days() {
        let span = span(day, &context.zone);
        // Hours are grouped in UTC and named as the site's clock shows them on that day of UTC.
        let midnight = span.from.div_euclid(86_400) * 86_400;
        let local = |hour: &str| {
            let moment = midnight + hour.parse::<i64>().unwrap_or(0) * 3600;
            format!("{:02}", crate::tracker::time::civil(moment, &context.zone).hour())
        };
        let mut table = Table::new();
        for (group, figures) in
            visits_by(context.db, context.site.id, span, &["(first_time / 3600) % 24"], ALL)?
        {
            table.entry(local(&group[0])).or_default().add_visits(&figures);
        }
        for (group, goal, figures) in
            conversions_by(context.db, context.site.id, span, &["(time / 3600) % 24"], ALL)?
        {
            table.entry(local(&group[0])).or_default().add_goal(goal, &figures);
        }
        add_day(&mut total, table, usize::MAX);
    }
    // Segments have hours of UTC: those that the period's last day shows as the site's.
    let in_utc = |hour: i8| {
        let zoned = period.last.at(hour, 0, 0, 0).to_zoned(context.zone.clone());
        zoned.map_or(hour, |zoned| zoned.with_time_zone(TimeZone::UTC).hour())
    };
    Ok(all_hours(total, period, "visitStartServerHour", in_utc))
}

/// `VisitTime.getVisitInformationPerLocalTime`: a row for each hour of the visitors' own clocks.
pub(crate) fn by_local_hour(context: &Context<'_>, period: Period) -> Result<Vec<Cells>, ReportError> {
    let mut total = Table::new();
    for day in period.days() {
        let span = span(day, &context.zone);
        let mut table = Table::new();
        for (group, figures) in
            visits_by(context.db, context.site.id, span, &["substr(local_time, 1, 2)"], ALL)?
        {
            table.entry(group[0].clone()).or_default().add_visits(&figures);
        }
        add_day(&mut total, table, usize::MAX);
    }
    Ok(all_hours(total, period, "visitLocalHour", |hour| hour))
}

/// `value` is the hour that a row's segment asks for.
fn all_hours(mut table: Table, period: Period, segment: &str, value: impl Fn(i8) -> i8) -> Vec<Cells> {
    if table.is_empty() {
        return Vec::new();
    }
    (0..24)
        .map(|hour| {
            let label = format!("{hour:02}");
            let mut row = table.remove(&label).unwrap_or_default();
            row.visits.get_or_insert_default();
            let mut cells = row.cells(&label, period.is_long());
            cells.insert("segment".to_owned(), Value::from(format!("{segment}=={}", value(hour))));
            cells
        })
        .collect()
}
