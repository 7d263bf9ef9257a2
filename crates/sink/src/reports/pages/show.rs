//! Rows as a report gives them out: names, rates and segments made from the figures.

use std::collections::BTreeMap;

use serde_json::Value;

use super::figures::{Figures, Page, PageGoal, Pages, STAGES, Timing};
use super::path::{REST, flat_label, label};
use crate::reports::metrics::{Cells, goal_name, percent, put, quotient, round};
use crate::reports::segment::{encoded, escaped, twice_encoded};
use crate::store::words::WordKind;

/// What a report shows of its rows.
#[derive(Debug, Clone)]
pub(crate) struct Show<'a> {
    pub(crate) kind: WordKind,
    /// The visitors of more than a day are sums of the days'.
    pub(crate) is_long: bool,
    /// The name of the dimension, for a column of its own and the segment.
    pub(crate) column: &'a str,
    pub(crate) segment: &'a str,
    /// One row a page instead of one a directory.
    pub(crate) flat: bool,
    /// The stages of loading that any page was timed in.
    pub(crate) timed: [bool; 6],
    /// What the whole site converted, by goal.
    pub(crate) conversions: &'a BTreeMap<i64, f64>,
    pub(crate) only: Only,
}

/// Rows that a report leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    All,
    /// What visits began with.
    Entries,
    /// What visits ended with.
    Exits,
    /// Keywords whose searches had no result.
    WithoutResult,
}

impl Only {
    fn keeps(self, figures: &Figures) -> bool {
        match self {
            Self::All => true,
            Self::Entries => figures.entry.is_some(),
            Self::Exits => figures.exits.is_some(),
            Self::WithoutResult => figures.without_result > 0.0,
        }
    }
}

/// The rows of a report.
pub(crate) fn rows(pages: &Pages, show: &Show<'_>) -> Vec<Cells> {
    // What is left out is decided by the first level: a directory stays with all its pages or goes with them.
    let mut first_level: BTreeMap<&str, (Figures, bool)> = BTreeMap::new();
    for page in pages.values() {
        let (sum, is_directory) = first_level.entry(page.path[0].as_str()).or_default();
        sum.add(&page.figures);
        *is_directory |= page.path.len() > 1;
    }
    first_level.retain(|_, (figures, _)| show.only.keeps(figures));
    if show.flat {
        let kept = pages.values().filter(|page| first_level.contains_key(page.path[0].as_str()));
        return kept.map(|page| page_cells(page, show)).collect();
    }
    first_level
        .into_iter()
        .map(|(name, (figures, is_directory))| {
            if !is_directory && let Some(page) = pages.get(std::slice::from_ref(&name.to_owned())) {
                return page_cells(page, show);
            }
            let mut figures = figures;
            figures.forget_visitors();
            figure_cells(&figures, name, show, false)
        })
        .collect()
}

fn page_cells(page: &Page, show: &Show<'_>) -> Cells {
    let label = if show.flat { flat_label(show.kind, &page.path) } else { label(&page.path).to_owned() };
    let mut cells = figure_cells(&page.figures, &label, show, page.path.len() == 1);
    if let Some((url, _)) = &page.url {
        cells.insert("url".to_owned(), url.clone().into());
    }
    if show.flat && !show.column.is_empty() {
        cells.insert(show.column.to_owned(), label.clone().into());
    }
    if page.path.last().is_some_and(|last| last == REST) {
        return cells;
    }
    let segment = match (&page.url, show.kind) {
        (Some((url, _)), _) => twice_encoded(url),
        (None, WordKind::Search) => encoded(&label),
        (None, _) => twice_encoded(&escaped(label.trim())),
    };
    cells.insert("segment".to_owned(), format!("{}=={segment}", show.segment).into());
    cells
}

fn figure_cells(figures: &Figures, label: &str, show: &Show<'_>, on_first_level: bool) -> Cells {
    let mut cells = Cells::new();
    cells.insert("label".to_owned(), label.into());
    put(&mut cells, "nb_visits", figures.visits);
    put(&mut cells, "nb_hits", figures.hits);
    put(&mut cells, "sum_time_spent", figures.time_spent);
    let is_page = matches!(show.kind, WordKind::PageUrl | WordKind::PageTitle);
    let is_search = show.kind == WordKind::Search;
    if figures.following_search > 0.0 && !is_search {
        put(&mut cells, "nb_hits_following_search", figures.following_search);
    }
    if !figures.goals.is_empty() && is_page {
        let goals = figures.goals.iter().map(|(goal, part)| {
            let total = on_first_level.then(|| show.conversions.get(goal).copied()).flatten();
            (goal_name(*goal), Value::Object(part.cells(total)))
        });
        cells.insert("goals".to_owned(), Value::Object(goals.collect()));
    }
    let unique = |name: &str| if show.is_long { format!("sum_daily_{name}") } else { name.to_owned() };
    if !is_search {
        put_known(&mut cells, &unique("nb_uniq_visitors"), figures.visitors);
    }
    if let Some(entry) = figures.entry.as_ref().filter(|_| is_page) {
        put(&mut cells, "entry_nb_visits", entry.visits);
        put(&mut cells, "entry_nb_actions", entry.actions);
        put(&mut cells, "entry_sum_visit_length", entry.length);
        put(&mut cells, "entry_bounce_count", entry.bounces);
        put_known(&mut cells, &unique("entry_nb_uniq_visitors"), entry.visitors);
    }
    if let Some(exits) = figures.exits {
        put(&mut cells, "exit_nb_visits", exits.visits);
        if is_page {
            put_known(&mut cells, &unique("exit_nb_uniq_visitors"), exits.visitors);
        }
    }
    if is_page {
        timing_cells(&mut cells, &figures.timings, show.timed);
    }
    if is_search {
        put(&mut cells, "nb_pages_per_search", quotient(figures.hits, figures.visits, 1));
    }
    if is_page || is_search {
        put(&mut cells, "avg_time_on_page", quotient(figures.time_spent, figures.hits, 0));
        let entry = figures.entry.filter(|_| is_page).unwrap_or_default();
        cells.insert("bounce_rate".to_owned(), percent(entry.bounces, entry.visits, 2));
        let exits = figures.exits.map_or(0.0, |exits| exits.visits);
        cells.insert("exit_rate".to_owned(), percent(exits, figures.visits, 2));
    }
    cells
}

fn put_known(cells: &mut Cells, name: &str, figure: Option<f64>) {
    if let Some(figure) = figure {
        put(cells, name, figure);
    }
}

fn timing_cells(cells: &mut Cells, timings: &[Timing; 6], timed: [bool; 6]) {
    let mut load = 0.0;
    for ((stage, timing), _) in STAGES.iter().zip(timings).zip(timed).filter(|(_, timed)| *timed) {
        let average = quotient(timing.sum, timing.hits, 3);
        load += average;
        put(cells, &format!("avg_time_{stage}"), average);
        put(cells, &format!("nb_hits_with_time_{stage}"), timing.hits);
        put_known(cells, &format!("min_time_{stage}"), timing.least);
        put_known(cells, &format!("max_time_{stage}"), timing.most);
    }
    put(cells, "avg_page_load_time", round(load, 3));
}

impl PageGoal {
    /// `total` is what the whole site converted, where the page's share of it is shown.
    fn cells(&self, total: Option<f64>) -> Cells {
        let mut cells = Cells::new();
        if let Some(conversions) = self.conversions {
            put(&mut cells, "nb_conversions", conversions);
            put(&mut cells, "revenue", self.revenue);
            if let (Some(pages), Some(attributed)) = (self.pages_before, self.attributed) {
                put(&mut cells, "nb_conv_pages_before", pages);
                put(&mut cells, "nb_conversions_attrib", attributed);
                let rate = total.map_or(0.0, |total| quotient(self.unique, total, 3).min(1.0));
                put(&mut cells, "nb_conversions_page_rate", rate);
            }
            put(&mut cells, "nb_conversions_page_uniq", self.unique);
            if let Some(revenue) = self.revenue_attributed {
                put(&mut cells, "revenue_attrib", revenue);
            }
        }
        if let Some(entries) = &self.entries {
            put(&mut cells, "revenue_entry", entries.revenue);
            put(&mut cells, "nb_conversions_entry_rate", entries.rate);
            put(&mut cells, "revenue_per_entry", entries.revenue_per_entry);
            put(&mut cells, "nb_conversions_entry", entries.conversions);
        }
        cells
    }
}
