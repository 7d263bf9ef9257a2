//! Expected beside recorded, figure by figure, and what a difference can be explained by.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use ledger::{Book, DayFigures, Figure, Span, Table, Times};
use serde::{Deserialize, Serialize};

use crate::reports::{OTHERS, Recorded, Refused, canonical, with_canonical_labels};
use crate::{Baseline, SiteFacts};

/// One figure of one row of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The site's day.
    pub day: Date,
    /// The report.
    pub table: Table,
    /// Its row.
    pub label: String,
    /// What is counted; money in hundredths, values of events in thousandths.
    pub figure: Figure,
    /// What the run should have added: one number, or what it lies between.
    pub expected: Span,
    /// What was there before.
    pub before: i64,
    /// What there is now.
    pub recorded: i64,
    /// How far `recorded - before` is from what is expected; 0 inside of an interval.
    pub difference: i64,
    /// What the difference, or an interval's width, can come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explanation>,
    /// What is left of the difference.
    pub unexplained: i64,
}

/// A possible cause and how much of the difference it can account for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The cause.
    pub cause: Cause,
    /// Up to so much.
    pub amount: i64,
}

/// What a difference can be explained by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Hits without an answer, hits that a kill may have doubled, or moments too near to an edge to tell.
    Unknown,
    /// The target keeps so many rows of a table and puts the rest into one.
    TableLimit,
    /// Another run against the same site.
    OtherRun,
    /// Visitors of this run were there before it on the same day, or in another run within half an hour.
    SameVisitors,
    /// What was there before the run is not known.
    NoBaseline,
    /// The run was killed or goes on: its last hits are not in the ledger.
    Unfinished,
    /// The site does not record visits from some addresses.
    ExcludedAddresses,
    /// The site does not record visits with some browsers.
    IgnoredAgents,
    /// Ecommerce is switched off at the site.
    NoEcommerce,
    /// Site search is switched off at the site: searches are recorded as page views.
    NoSiteSearch,
    /// The site takes visits from some websites for visits from nowhere.
    ExcludedReferrers,
    /// A hit that meets a goal makes its visit a second longer.
    Goals,
    /// Amounts are kept in single precision, and values of events are rounded to hundredths.
    Rounding,
}

/// What a line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Recorded is what was expected.
    Exact,
    /// Recorded is within what is possible.
    Possible,
    /// It differs, and that can be explained.
    Explained,
    /// It differs, and that cannot be explained.
    Unexplained,
}

/// Hits of one kind that were acknowledged and are not in the reports of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The site's day.
    pub day: Date,
    /// Which kind: `page_view`, `search`, `outlink`, `download`, `event`, `order`; `ping` by the lengths of visits.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// More of them may be missing: what is known is only that it is no fewer.
    pub at_least: bool,
    /// In which rows, with how many in each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(String, i64)>,
}

/// Another run against the same site.
#[derive(Debug)]
pub(crate) struct OtherRun {
    pub(crate) book: Book,
    /// It was over when our baseline was taken, which holds all of it.
    pub(crate) is_before: bool,
    /// It began after our baseline was taken; otherwise some of it may be in the baseline.
    pub(crate) is_later: bool,
    /// It brought the same visitors within half an hour.
    pub(crate) shares_visitors: bool,
}

/// All that there is to compare.
pub(crate) struct Sides<'a> {
    pub(crate) book: &'a Book,
    pub(crate) baseline: Option<&'a Baseline>,
    pub(crate) others: &'a [OtherRun],
    pub(crate) recorded: &'a Recorded,
    pub(crate) site: Option<&'a SiteFacts>,
    pub(crate) is_finished: bool,
    pub(crate) shares_visitors: bool,
}

impl Line {
    /// What the line comes to.
    pub fn verdict(&self) -> Verdict {
        match (self.difference, self.unexplained) {
            (0, _) if self.expected.least == self.expected.most && self.explained.is_empty() => {
                Verdict::Exact
            }
            (0, _) => Verdict::Possible,
            (_, 0) => Verdict::Explained,
            _ => Verdict::Unexplained,
        }
    }
}

impl Sides<'_> {
    /// Every figure of every day of the ledger.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (&day, expected) in &self.book.days {
            let expected = &with_canonical_labels(&expected.as_reported());
            for table in TABLES {
                if table == Table::Countries && !self.book.countries {
                    continue;
                }
                let from = lines.len();
                self.table(day, table, expected, &mut lines);
                explain_rest(&mut lines[from..]);
            }
        }
        for line in &mut lines {
            self.explain(line);
        }
        lines
    }

    fn table(&self, day: Date, table: Table, expected: &DayFigures, lines: &mut Vec<Line>) {
        let none = DayFigures::default();
        let before = self.baseline.and_then(|baseline| baseline.days.get(&day)).unwrap_or(&none);
        let recorded = self.recorded.days.get(&day).unwrap_or(&none);
        let others: Vec<(&DayFigures, bool)> = (self.others.iter())
            .filter(|other| !other.is_before)
            .filter_map(|other| Some((other.book.days.get(&day)?, other.is_later)))
            .collect();
        let mut places: BTreeSet<(&str, Figure)> = BTreeSet::new();
        for figures in
            [expected, before, recorded].into_iter().chain(others.iter().map(|(figures, _)| *figures))
        {
            for (label, row) in figures.0.get(&table).into_iter().flatten() {
                places.extend(row.keys().map(|figure| (label.as_str(), *figure)));
            }
        }
        for (label, figure) in places {
            if (figure == Figure::Length && self.book.times == Times::Received)
                || self.is_refused(table, figure)
            {
                continue;
            }
            let own = expected.get(table, label, figure);
            let before = before.get(table, label, figure).most;
            let recorded = recorded.get(table, label, figure).most;
            if own == Span::default() && recorded == before {
                continue;
            }
            let mut line = Line {
                day,
                table,
                label: label.to_owned(),
                figure,
                expected: own,
                before,
                recorded,
                difference: 0,
                explained: Vec::new(),
                unexplained: 0,
            };
            let mut span = own;
            let note = |line: &mut Line, cause, amount| line.explained.push(Explanation { cause, amount });
            for (figures, is_later) in &others {
                let theirs = figures.get(table, label, figure);
                if theirs != Span::default() {
                    let least = if *is_later && figure != Figure::UniqueVisitors { theirs.least } else { 0 };
                    span.add(Span { least, most: theirs.most });
                    note(&mut line, Cause::OtherRun, theirs.most);
                }
            }
            if figure == Figure::UniqueVisitors && before > 0 {
                note(&mut line, Cause::SameVisitors, before.min(span.least));
                span.least = (span.least - before).max(0);
            }
            if figure == Figure::EventValue && (before != 0 || !others.is_empty()) {
                // What was there is rounded together with what came.
                let groups = groups_in(expected, table, label);
                span.add(Span { least: -10 * groups, most: 10 * groups });
                note(&mut line, Cause::Rounding, 10 * groups);
            }
            if own.least != own.most {
                note(&mut line, Cause::Unknown, own.most - own.least);
            }
            let added = recorded - before;
            line.difference = (added - span.most).max(0) + (added - span.least).min(0);
            line.unexplained = line.difference;
            lines.push(line);
        }
    }

    fn is_refused(&self, table: Table, figure: Figure) -> bool {
        // All events of the site are the sum over their categories.
        let (table, figure) = match (table, figure) {
            (Table::Site, Figure::Events) => (Table::EventCategories, figure),
            place => place,
        };
        let is_it = |refused: &Refused| refused.table == table && refused.figures.contains(&figure);
        self.recorded.refused.iter().any(is_it)
    }

    /// What accounts for as much as there is, whatever that is.
    fn explain(&self, line: &mut Line) {
        if line.unexplained == 0 {
            return;
        }
        // A 24-bit mantissa keeps an amount to its 2^-25th part.
        let lost = (line.expected.most as f64 / f64::from(1 << 24)).round() as i64;
        if line.figure.scale() > 1 && line.unexplained.abs() <= lost {
            return line.account(Cause::Rounding);
        }
        let site = self.site;
        let is_off = |is_on: fn(&SiteFacts) -> bool| site.is_some_and(|site| !is_on(site));
        let is_money = matches!(
            line.figure,
            Figure::Orders
                | Figure::Revenue
                | Figure::Subtotal
                | Figure::Tax
                | Figure::Shipping
                | Figure::Quantity
                | Figure::AbandonedCarts
                | Figure::CartRevenue
        );
        let is_search =
            matches!(line.figure, Figure::Searches | Figure::PageViews | Figure::Entries | Figure::Exits);
        if self.shares_visitors {
            line.account(Cause::SameVisitors);
        } else if is_off(|site| site.ecommerce) && is_money {
            line.account(Cause::NoEcommerce);
        } else if is_off(|site| site.site.search) && is_search {
            line.account(Cause::NoSiteSearch);
        } else if line.table == Table::Referrers && site.is_some_and(|site| site.excludes_referrers) {
            line.account(Cause::ExcludedReferrers);
        } else if self.is_lengthened_by_goals(line) {
            line.account(Cause::Goals);
        } else if line.unexplained > 0 && self.baseline.is_none_or(|baseline| baseline.missing.is_some()) {
            line.account(Cause::NoBaseline);
        } else if line.unexplained > 0 && (!self.is_finished || !self.book.gaps.is_empty()) {
            line.account(Cause::Unfinished);
        } else if line.unexplained < 0 && site.is_some_and(|site| site.excludes_addresses) {
            line.account(Cause::ExcludedAddresses);
        } else if line.unexplained < 0 && site.is_some_and(|site| site.excludes_agents) {
            line.account(Cause::IgnoredAgents);
        }
    }
}

impl Sides<'_> {
    /// A visit whose last hit meets a goal is a second longer than its hits.
    fn is_lengthened_by_goals(&self, line: &Line) -> bool {
        if line.figure != Figure::Length || !self.site.is_some_and(|site| site.has_goals) {
            return false;
        }
        let recorded = self.recorded.days.get(&line.day);
        let visits = recorded.map_or(0, |day| day.get(line.table, &line.label, Figure::Visits).most);
        (1..=visits).contains(&line.unexplained)
    }
}

impl Line {
    /// All that is left is explained by this.
    fn account(&mut self, cause: Cause) {
        self.explained.push(Explanation { cause, amount: self.unexplained });
        self.unexplained = 0;
    }
}

/// How many groups of events, each rounded by itself, a row of one of the three tables of events sums up.
fn groups_in(expected: &DayFigures, table: Table, label: &str) -> i64 {
    let place = match table {
        Table::EventCategories => 0,
        Table::EventActions => 1,
        _ => 2,
    };
    let groups = expected.0.get(&Table::EventGroups).into_iter().flat_map(|rows| rows.keys());
    let is_in = |group: &String| {
        let part = ledger::group_parts(group).nth(place);
        part.and_then(|part| canonical(table, &part)).as_deref() == Some(label)
    };
    groups.map(|group| i64::from(is_in(group))).sum()
}

/// What is missing in rows and stands in the row for the rest is there.
fn explain_rest(lines: &mut [Line]) {
    let rests: Vec<(Figure, i64)> = (lines.iter())
        .filter(|line| line.label == OTHERS && line.unexplained > 0)
        .map(|line| (line.figure, line.unexplained))
        .collect();
    for (figure, rest) in rests {
        let mut left = rest;
        for line in lines.iter_mut().filter(|line| line.figure == figure && line.unexplained < 0) {
            let amount = left.min(-line.unexplained);
            if amount > 0 {
                line.unexplained += amount;
                line.explained.push(Explanation { cause: Cause::TableLimit, amount: -amount });
                left -= amount;
            }
        }
        if let Some(line) = lines.iter_mut().find(|line| line.label == OTHERS && line.figure == figure) {
            line.explained.push(Explanation { cause: Cause::TableLimit, amount: rest - left });
            line.unexplained = left;
        }
    }
}

/// In the order in which they are shown.
pub(crate) const TABLES: [Table; 15] = [
    Table::Site,
    Table::Hours,
    Table::Pages,
    Table::EventCategories,
    Table::EventActions,
    Table::EventNames,
    Table::Keywords,
    Table::SearchCategories,
    Table::Outlinks,
    Table::Downloads,
    Table::Products,
    Table::Countries,
    Table::Referrers,
    Table::Campaigns,
    Table::Devices,
];

/// Kinds of hit, the figure that counts each, and the rows that tell where it was.
const KINDS: [(&str, Figure, Table); 7] = [
    ("page_view", Figure::PageViews, Table::Pages),
    ("search", Figure::Searches, Table::Keywords),
    ("outlink", Figure::Outlinks, Table::Outlinks),
    ("download", Figure::Downloads, Table::Downloads),
    ("event", Figure::Events, Table::EventNames),
    ("order", Figure::Orders, Table::Products),
    // A cart that an order follows leaves no trace of its own.
    ("cart", Figure::AbandonedCarts, Table::Site),
];

/// The hits that are missing, by day and kind.
pub(crate) fn missing(lines: &[Line]) -> Vec<Missing> {
    let mut by_day: BTreeMap<Date, Vec<&Line>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.unexplained < 0) {
        by_day.entry(line.day).or_default().push(line);
    }
    let mut missing = Vec::new();
    for (day, lines) in by_day {
        let mut seen = 0;
        for (kind, figure, table) in KINDS {
            let of_site = lines.iter().find(|line| line.table == Table::Site && line.figure == figure);
            let Some(count) = of_site.map(|line| -line.unexplained) else { continue };
            let rows = lines
                .iter()
                .filter(|line| line.table == table && line.figure == figure && table != Table::Site)
                .map(|line| (line.label.clone(), -line.unexplained))
                .collect();
            seen += count;
            missing.push(Missing { day, kind: kind.to_owned(), count, at_least: false, rows });
        }
        // A closing ping shows in nothing but the length of its visit. A missing first or last action shows there too.
        let hours: Vec<(String, i64)> = lines
            .iter()
            .filter(|line| line.table == Table::Hours && line.figure == Figure::Length)
            .map(|line| (format!("{} h, {} s short", line.label, -line.unexplained), 1))
            .collect();
        let pings = i64::try_from(hours.len()).unwrap_or(i64::MAX) - seen;
        if pings > 0 {
            let rows = if seen == 0 { hours } else { Vec::new() };
            missing.push(Missing { day, kind: "ping".to_owned(), count: pings, at_least: true, rows });
        }
    }
    missing
}

#[cfg(test)]
mod tests;
