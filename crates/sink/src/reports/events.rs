//! Reports about events, and about the categories of site searches.

use std::collections::BTreeMap;

use rusqlite::params;

use super::metrics::{Cells, OTHERS, put, quotient, round};
use super::period::{Period, span};
use super::segment::encoded;
use super::{Context, ReportError};

const MOST_ROWS: usize = 500;
const NO_NAME: &str = "Event Name not defined";

/// What events are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Category,
    Action,
    Name,
}

#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    visits: f64,
    visitors: f64,
    events: f64,
    with_value: f64,
    sum: f64,
    least: Option<f64>,
    most: Option<f64>,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        let pick = |a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(choose(a, b)),
            (a, b) => a.or(b),
        };
        self.visits += other.visits;
        self.visitors += other.visitors;
        self.events += other.events;
        self.with_value += other.with_value;
        self.sum += other.sum;
        self.least = pick(self.least, other.least, f64::min);
        self.most = pick(self.most, other.most, f64::max);
    }
}

type Rows = BTreeMap<String, Figures>;

/// Keeps the most visited rows and puts the rest into one.
fn cut(mut rows: Rows) -> Rows {
    if rows.len() <= MOST_ROWS {
        return rows;
    }
    let former = rows.remove(OTHERS);
    let mut ranked: Vec<(String, Figures)> = rows.into_iter().collect();
    ranked.sort_by(|a, b| b.1.visits.total_cmp(&a.1.visits));
    let rest = ranked.split_off(MOST_ROWS - 1);
    let mut kept: Rows = ranked.into_iter().collect();
    let others = kept.entry(OTHERS.to_owned()).or_default();
    for figures in rest.into_iter().map(|(_, figures)| figures).chain(former) {
        others.add(&figures);
    }
    kept
}

/// `Events.getCategory`, `getAction`, `getName`.
pub(crate) fn rows(context: &Context<'_>, period: Period, by: By) -> Result<Vec<Cells>, ReportError> {
    let mut total = Rows::new();
    // Each combination of the three counts its own visits; a label has the sum of its combinations.
    let sql = "SELECT category.name, action.name, name.name, count(DISTINCT hit.visit), count(DISTINCT hit.visitor), \
               count(*), count(hit.value), coalesce(sum(hit.value), 0), min(hit.value), max(hit.value) FROM hit \
               JOIN action AS category ON category.id = hit.event_category \
               JOIN action AS action ON action.id = hit.event_action \
               LEFT JOIN action AS name ON name.id = hit.name \
               WHERE hit.site = ?1 AND hit.time BETWEEN ?2 AND ?3 \
               GROUP BY hit.event_category, hit.event_action, hit.name";
    let mut statement = context.db.prepare(sql)?;
    for day in period.days() {
        let span = span(day, &context.zone);
        let mut of_day = Rows::new();
        let mut rows = statement.query(params![context.site.id, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            let label = match by {
                By::Category => row.get(0)?,
                By::Action => row.get(1)?,
                // To PHP, which decides this in a Matomo, `0` is empty.
                By::Name => row
                    .get::<_, Option<String>>(2)?
                    .filter(|name| name != "0")
                    .unwrap_or_else(|| NO_NAME.to_owned()),
            };
            of_day.entry(label).or_default().add(&Figures {
                visits: row.get(3)?,
                visitors: row.get(4)?,
                events: row.get(5)?,
                with_value: row.get(6)?,
                sum: round(row.get(7)?, 2),
                least: row.get::<_, Option<f64>>(8)?.map(|value| round(value, 2)),
                most: row.get::<_, Option<f64>>(9)?.map(|value| round(value, 2)),
            });
        }
        for (label, figures) in cut(of_day) {
            total.entry(label).or_default().add(&figures);
        }
    }
    let total = cut(total);
    let visitors = if period.is_long() { "sum_daily_nb_uniq_visitors" } else { "nb_uniq_visitors" };
    let rows = total.into_iter().enumerate().map(|(index, (label, figures))| {
        let mut cells = Cells::new();
        cells.insert("label".to_owned(), label.clone().into());
        put(&mut cells, "nb_visits", figures.visits);
        put(&mut cells, "nb_events", figures.events);
        put(&mut cells, "nb_events_with_value", figures.with_value);
        put(&mut cells, "sum_event_value", figures.sum);
        put(&mut cells, "min_event_value", figures.least.unwrap_or(0.0));
        put(&mut cells, "max_event_value", figures.most.unwrap_or(0.0));
        put(&mut cells, visitors, figures.visitors);
        put(&mut cells, "avg_event_value", quotient(figures.sum, figures.with_value, 2));
        let segment = match by {
            By::Category => "eventCategory",
            By::Action => "eventAction",
            By::Name => "eventName",
        };
        cells.insert("segment".to_owned(), format!("{segment}=={}", encoded(&label)).into());
        cells.insert("idsubdatatable".to_owned(), (index + 1).into());
        cells
    });
    Ok(rows.collect())
}

/// `Actions.getSiteSearchCategories`.
pub(crate) fn search_categories(context: &Context<'_>, period: Period) -> Result<Vec<Cells>, ReportError> {
    let mut total: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    let sql = "SELECT search_category, count(DISTINCT visit), count(*), count(DISTINCT visitor) FROM hit \
               WHERE site = ?1 AND time BETWEEN ?2 AND ?3 AND search_category IS NOT NULL GROUP BY search_category";
    let mut statement = context.db.prepare(sql)?;
    for day in period.days() {
        let span = span(day, &context.zone);
        let mut rows = statement.query(params![context.site.id, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            let figures = total.entry(row.get(0)?).or_default();
            for (figure, column) in figures.iter_mut().zip(1..) {
                *figure += row.get::<_, f64>(column)?;
            }
        }
    }
    let visitors = if period.is_long() { "sum_daily_nb_uniq_visitors" } else { "nb_uniq_visitors" };
    let rows = total.into_iter().map(|(label, [visits, actions, people])| {
        let mut cells = Cells::new();
        cells.insert("label".to_owned(), label.clone().into());
        put(&mut cells, "nb_visits", visits);
        put(&mut cells, "nb_actions", actions);
        put(&mut cells, visitors, people);
        put(&mut cells, "nb_pages_per_search", quotient(actions, visits, 1));
        cells.insert("segment".to_owned(), format!("siteSearchCategory=={}", encoded(&label)).into());
        cells
    });
    Ok(rows.collect())
}
