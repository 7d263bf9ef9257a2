//! The figures of a page, file, link or keyword, and how those of several days become one.

use std::collections::{BTreeMap, HashSet};

/// Seconds and counts of one stage of loading pages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timing {
    pub(super) hits: f64,
    pub(super) sum: f64,
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
}

/// The stages by the names of their figures and columns, in the order of the table's.
pub(super) const STAGES: [&str; 6] =
    ["network", "server", "transfer", "dom_processing", "dom_completion", "on_load"];

/// What a page contributed to a goal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PageGoal {
    pub(super) conversions: Option<f64>,
    pub(super) revenue: f64,
    pub(super) pages_before: Option<f64>,
    pub(super) attributed: Option<f64>,
    pub(super) unique: f64,
    pub(super) revenue_attributed: Option<f64>,
    pub(super) entries: Option<EntryGoal>,
}

/// What visits that began on a page contributed to a goal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EntryGoal {
    pub(super) conversions: f64,
    pub(super) revenue: f64,
    pub(super) rate: f64,
    pub(super) revenue_per_entry: f64,
}

/// Figures of a page, file, link or keyword.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(super) visits: f64,
    /// Not known of rows that are sums of others: a visitor may be in several.
    pub(super) visitors: Option<f64>,
    pub(super) hits: f64,
    /// Seconds until the next action.
    pub(super) time_spent: f64,
    pub(super) following_search: f64,
    /// Days (and directories) whose every search for it had no result.
    pub(super) without_result: f64,
    pub(super) entry: Option<Entry>,
    pub(super) exits: Option<Exits>,
    pub(super) timings: [Timing; 6],
    pub(super) goals: BTreeMap<i64, PageGoal>,
}

/// Visits that began with it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) visitors: Option<f64>,
    pub(super) visits: f64,
    pub(super) actions: f64,
    pub(super) length: f64,
    pub(super) bounces: f64,
}

/// Visits that ended with it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exits {
    pub(super) visitors: Option<f64>,
    pub(super) visits: f64,
}

/// A row with the path that its label is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(super) path: Vec<String>,
    /// How many rows were there before it.
    pub(super) order: usize,
    /// Where it leads, and the hits of the day that knew it best.
    pub(super) url: Option<(String, f64)>,
    pub(super) figures: Figures,
}

/// Rows by path.
pub(crate) type Pages = BTreeMap<Vec<String>, Page>;

/// The row with this path, a new one when there was none.
pub(super) fn row<'a>(pages: &'a mut Pages, path: &[String]) -> &'a mut Page {
    let order = pages.len();
    pages.entry(path.to_vec()).or_insert_with(|| Page { path: path.to_vec(), order, ..Page::default() })
}

/// Sums what is known.
fn sum(total: &mut Option<f64>, part: Option<f64>) {
    if let Some(part) = part {
        *total.get_or_insert_default() += part;
    }
}

impl Timing {
    pub(super) fn add(&mut self, other: &Self) {
        let pick = |a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(choose(a, b)),
            (a, b) => a.or(b),
        };
        self.hits += other.hits;
        self.sum += other.sum;
        self.least = pick(self.least, other.least, f64::min);
        self.most = pick(self.most, other.most, f64::max);
    }
}

impl Entry {
    pub(super) fn add(&mut self, other: &Self) {
        sum(&mut self.visitors, other.visitors);
        self.visits += other.visits;
        self.actions += other.actions;
        self.length += other.length;
        self.bounces += other.bounces;
    }
}

impl Exits {
    pub(super) fn add(&mut self, other: &Self) {
        sum(&mut self.visitors, other.visitors);
        self.visits += other.visits;
    }
}

impl Figures {
    /// Drops what cannot be summed over rows.
    pub(super) fn forget_visitors(&mut self) {
        self.visitors = None;
        if let Some(entry) = &mut self.entry {
            entry.visitors = None;
        }
        if let Some(exits) = &mut self.exits {
            exits.visitors = None;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.visits += other.visits;
        sum(&mut self.visitors, other.visitors);
        self.hits += other.hits;
        self.time_spent += other.time_spent;
        self.following_search += other.following_search;
        self.without_result += other.without_result;
        if let Some(entry) = &other.entry {
            self.entry.get_or_insert_default().add(entry);
        }
        if let Some(exits) = &other.exits {
            self.exits.get_or_insert_default().add(exits);
        }
        for (timing, other) in self.timings.iter_mut().zip(&other.timings) {
            timing.add(other);
        }
        for (goal, other) in &other.goals {
            self.goals.entry(*goal).or_default().add(other);
        }
    }
}

impl PageGoal {
    pub(super) fn add(&mut self, other: &Self) {
        sum(&mut self.conversions, other.conversions);
        sum(&mut self.pages_before, other.pages_before);
        sum(&mut self.attributed, other.attributed);
        sum(&mut self.revenue_attributed, other.revenue_attributed);
        self.revenue += other.revenue;
        self.unique += other.unique;
        if let Some(other) = &other.entries {
            let entries = self.entries.get_or_insert_default();
            entries.conversions += other.conversions;
            entries.revenue += other.revenue;
            entries.rate += other.rate;
            entries.revenue_per_entry += other.revenue_per_entry;
        }
    }
}

/// Adds a day's rows to those of the days before.
pub(crate) fn add_day(total: &mut Pages, day: Pages) {
    let mut pages: Vec<Page> = day.into_values().collect();
    pages.sort_unstable_by_key(|page| page.order);
    for page in pages {
        let sum = row(total, &page.path);
        sum.figures.add(&page.figures);
        if let Some((url, hits)) = page.url
            && sum.url.as_ref().is_none_or(|(_, best)| hits > *best)
        {
            sum.url = Some((url, hits));
        }
    }
}

/// The stages of loading that any page was timed in.
pub(crate) fn timed(pages: &Pages) -> [bool; 6] {
    let mut timed = [false; 6];
    for page in pages.values() {
        for (timed, timing) in timed.iter_mut().zip(&page.figures.timings) {
            *timed |= timing.sum > 0.0;
        }
    }
    timed
}

/// Counts that `Actions.get` gives.
pub(crate) fn totals(pages: &Pages) -> (f64, f64) {
    pages
        .values()
        .fold((0.0, 0.0), |(hits, visits), page| (hits + page.figures.hits, visits + page.figures.visits))
}

/// The keywords of a day's or period's searches.
pub(crate) fn keywords(pages: &Pages) -> HashSet<&str> {
    pages.keys().filter_map(|path| path.first()).map(String::as_str).collect()
}
