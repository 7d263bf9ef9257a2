//! Reports about what visitors did: page URLs and titles, entries and exits, outlinks, downloads, site searches.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::metrics::{Cells, OTHERS, goal_name, percent, put, quotient};
use super::period::Span;
use crate::store::words::WordKind;
use crate::tracker::url::denormalize;

/// So many rows of a table, and of each directory in it, are kept for a day.
const MOST_ROWS: usize = 500;
const MOST_ROWS_IN_DIRECTORY: usize = 100;
/// A path is split into so many directories at most.
const DEEPEST: usize = 10;

/// Seconds and counts of one stage of loading pages.
#[derive(Debug, Clone, Copy, Default)]
struct Timing {
    hits: f64,
    sum: f64,
    least: Option<f64>,
    most: Option<f64>,
}

/// The stages by the names of their figures, in the order of the table's columns.
const STAGES: [(&str, &str); 6] = [
    ("network", "network"),
    ("server", "server"),
    ("transfer", "transfer"),
    ("dom_processing", "dom_processing"),
    ("dom_completion", "dom_completion"),
    ("on_load", "on_load"),
];

/// What a page contributed to a goal.
#[derive(Debug, Clone, Copy, Default)]
struct PageGoal {
    conversions: Option<f64>,
    revenue: f64,
    pages_before: Option<f64>,
    attributed: Option<f64>,
    unique: f64,
    revenue_attributed: Option<f64>,
    entries: Option<EntryGoal>,
}

/// What visits that began on a page contributed to a goal.
#[derive(Debug, Clone, Copy, Default)]
struct EntryGoal {
    conversions: f64,
    revenue: f64,
    rate: f64,
    revenue_per_entry: f64,
}

/// Figures of a page, file, link or keyword.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    visits: f64,
    visitors: f64,
    hits: f64,
    /// Seconds until the next action.
    time_spent: f64,
    following_search: f64,
    /// Days (and directories) whose every search for it had no result.
    without_result: f64,
    entry: Option<Entry>,
    exits: Option<(f64, f64)>,
    timings: [Timing; 6],
    goals: BTreeMap<i64, PageGoal>,
}

/// Visits that began with it.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    visitors: f64,
    visits: f64,
    actions: f64,
    length: f64,
    bounces: f64,
}

/// A row with the path that its label is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    path: Vec<String>,
    /// Where it leads, and the hits of the day that knew it best.
    url: Option<(String, f64)>,
    figures: Figures,
}

/// Rows by path.
pub(crate) type Pages = BTreeMap<Vec<String>, Page>;

/// The two halves of a page that are reported apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Url,
    Name,
}

/// Everything that the day's hits say, by kind of text.
#[derive(Debug, Default)]
pub(crate) struct Day {
    pub(crate) urls: Pages,
    pub(crate) titles: Pages,
    pub(crate) outlinks: Pages,
    pub(crate) downloads: Pages,
    pub(crate) searches: Pages,
    /// Which row each text went to.
    rows: HashMap<(Side2, i64), (WordKind, Vec<String>)>,
}

/// A text's side, as a key.
type Side2 = bool;

impl Day {
    /// Reads one day of a site. `goals` are the numbers of its goals, with orders and carts where it has them.
    pub(crate) fn read(db: &Connection, site: i64, span: Span, goals: &[i64]) -> rusqlite::Result<Self> {
        let mut day = Self::default();
        for side in [Side::Url, Side::Name] {
            day.read_hits(db, site, span, side)?;
        }
        for side in [Side::Url, Side::Name] {
            day.read_entries(db, site, span, side)?;
            day.read_exits(db, site, span, side)?;
            day.read_times(db, site, span, side)?;
        }
        for side in [Side::Url, Side::Name] {
            for goal in goals {
                day.read_goals(db, site, span, side, *goal)?;
            }
            day.read_entry_goals(db, site, span, side)?;
        }
        Ok(day)
    }

    fn pages(&mut self, kind: WordKind) -> &mut Pages {
        match kind {
            WordKind::Outlink => &mut self.outlinks,
            WordKind::Download => &mut self.downloads,
            WordKind::PageTitle => &mut self.titles,
            WordKind::Search => &mut self.searches,
            _ => &mut self.urls,
        }
    }

    /// The row of a text that the day's hits had.
    fn row(&mut self, side: Side, text: i64) -> Option<&mut Figures> {
        let (kind, path) = self.rows.get(&(side == Side::Url, text))?.clone();
        self.pages(kind).get_mut(&path).map(|page| &mut page.figures)
    }

    fn read_hits(&mut self, db: &Connection, site: i64, span: Span, side: Side) -> rusqlite::Result<()> {
        let column = side.column();
        let timings: String = STAGES
            .iter()
            .map(|(_, column)| {
                format!(", count(hit.{column}), sum(hit.{column}), min(hit.{column}), max(hit.{column})")
            })
            .collect();
        let sql = format!(
            "SELECT hit.{column}, action.type, action.name, action.prefix, count(DISTINCT hit.visit), \
             count(DISTINCT hit.visitor), count(*), coalesce(max(hit.search_count) = 0, 0), \
             coalesce(sum(before.type = 8), 0){timings} FROM hit LEFT JOIN action ON action.id = hit.{column} \
             LEFT JOIN action AS before ON before.id = hit.name_before \
             WHERE hit.site = ?1 AND hit.time BETWEEN ?2 AND ?3 AND hit.{column} IS NOT NULL \
             AND hit.event_category IS NULL AND hit.content_name IS NULL AND (action.type IS NULL OR action.type <= 8) \
             GROUP BY hit.{column} ORDER BY count(*) DESC, action.name"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        let mut in_directory: HashMap<(WordKind, Vec<String>), usize> = HashMap::new();
        while let Some(row) = rows.next()? {
            let text: i64 = row.get(0)?;
            let kind = match row.get::<_, Option<i64>>(1)? {
                Some(2) => WordKind::Outlink,
                Some(3) => WordKind::Download,
                Some(4) => WordKind::PageTitle,
                Some(8) => WordKind::Search,
                Some(_) => WordKind::PageUrl,
                None if side == Side::Url => WordKind::PageUrl,
                None => WordKind::PageTitle,
            };
            let name: String = row.get::<_, Option<String>>(2)?.unwrap_or_default();
            let prefix: Option<u8> = row.get(3)?;
            let mut path = path_of(kind, &name);
            let directory = path[..path.len() - 1].to_vec();
            let known = self.pages(kind).contains_key(&path);
            if !known {
                let most = if directory.is_empty() { MOST_ROWS } else { MOST_ROWS_IN_DIRECTORY };
                let rows = in_directory.entry((kind, directory.clone())).or_default();
                *rows += 1;
                if *rows > most {
                    path = directory;
                    path.push(OTHERS.to_owned());
                }
            }
            let hits: f64 = row.get(6)?;
            let url = match kind {
                WordKind::PageTitle | WordKind::Search => None,
                _ if text == 0 => Some(String::new()),
                _ => Some(denormalize(&name, prefix)),
            };
            let page = self
                .pages(kind)
                .entry(path.clone())
                .or_insert_with(|| Page { path: path.clone(), ..Page::default() });
            if let Some(url) = url
                && page.url.as_ref().is_none_or(|(_, best)| hits > *best)
            {
                page.url = Some((url, hits));
            }
            let figures = &mut page.figures;
            figures.visits += row.get::<_, f64>(4)?;
            figures.visitors += row.get::<_, f64>(5)?;
            figures.hits += hits;
            figures.without_result += row.get::<_, f64>(7)?;
            figures.following_search += row.get::<_, f64>(8)?;
            for (stage, timing) in figures.timings.iter_mut().enumerate() {
                let at = 9 + stage * 4;
                timing.add(&Timing {
                    hits: row.get(at)?,
                    sum: row.get::<_, Option<f64>>(at + 1)?.unwrap_or(0.0) / 1000.0,
                    least: row.get::<_, Option<f64>>(at + 2)?.map(|least| least / 1000.0),
                    most: row.get::<_, Option<f64>>(at + 3)?.map(|most| most / 1000.0),
                });
            }
            self.rows.insert((side == Side::Url, text), (kind, path));
        }
        Ok(())
    }

    fn read_entries(&mut self, db: &Connection, site: i64, span: Span, side: Side) -> rusqlite::Result<()> {
        let column = side.entry();
        let sql = format!(
            "SELECT {column}, count(DISTINCT visitor), count(*), sum(actions), sum(total_time), sum(actions <= 1) \
             FROM visit WHERE site = ?1 AND last_time BETWEEN ?2 AND ?3 AND {column} > 0 GROUP BY {column}"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            if let Some(figures) = self.row(side, row.get(0)?) {
                figures.entry.get_or_insert_default().add(&Entry {
                    visitors: row.get(1)?,
                    visits: row.get(2)?,
                    actions: row.get(3)?,
                    length: row.get(4)?,
                    bounces: row.get(5)?,
                });
            }
        }
        Ok(())
    }

    fn read_exits(&mut self, db: &Connection, site: i64, span: Span, side: Side) -> rusqlite::Result<()> {
        let column = side.exit();
        let sql = format!(
            "SELECT {column}, count(DISTINCT visitor), count(*) FROM visit \
             WHERE site = ?1 AND last_time BETWEEN ?2 AND ?3 AND {column} > 0 GROUP BY {column}"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            if let Some(figures) = self.row(side, row.get(0)?) {
                let exits = figures.exits.get_or_insert_default();
                exits.0 += row.get::<_, f64>(1)?;
                exits.1 += row.get::<_, f64>(2)?;
            }
        }
        Ok(())
    }

    /// Time on a page is the time until the next action of the visit, told by that action.
    fn read_times(&mut self, db: &Connection, site: i64, span: Span, side: Side) -> rusqlite::Result<()> {
        let column = side.before();
        let sql = format!(
            "SELECT {column}, sum(time_before) FROM hit WHERE site = ?1 AND time BETWEEN ?2 AND ?3 \
             AND time_before > 0 AND {column} > 0 AND event_category IS NULL GROUP BY {column}"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            if let Some(figures) = self.row(side, row.get(0)?) {
                figures.time_spent += row.get::<_, f64>(1)?;
            }
        }
        Ok(())
    }

    /// Every page that was seen in a visit before it converted has its part in the conversion.
    fn read_goals(
        &mut self,
        db: &Connection,
        site: i64,
        span: Span,
        side: Side,
        goal: i64,
    ) -> rusqlite::Result<()> {
        let column = side.column();
        let kind = if side == Side::Url { 1 } else { 4 };
        let sql = format!(
            "SELECT hit.{column}, count(*), round(sum(conversion.revenue), 2), max(conversion.pages_before), \
             sum(round(1.0 / conversion.pages_before, 4)), \
             round(sum(1.0 / conversion.pages_before * conversion.revenue), 2) \
             FROM conversion JOIN hit ON hit.visit = conversion.visit AND hit.time <= conversion.time \
             JOIN action ON action.id = hit.{column} AND action.type = {kind} AND hit.event_category IS NULL \
             WHERE conversion.site = ?1 AND conversion.time BETWEEN ?2 AND ?3 AND conversion.goal = ?4 \
             GROUP BY conversion.visit, hit.{column}"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to, goal])?;
        while let Some(row) = rows.next()? {
            let Some(figures) = self.row(side, row.get(0)?) else { continue };
            let part = figures.goals.entry(goal).or_default();
            let count: f64 = row.get(1)?;
            *part.conversions.get_or_insert_default() += count;
            part.revenue += row.get::<_, f64>(2)?;
            part.unique += count;
            if let Some(pages) = row.get::<_, Option<f64>>(3)? {
                let most = part.pages_before.get_or_insert_default();
                *most = most.max(pages);
            }
            if let Some(attributed) = row.get::<_, Option<f64>>(4)? {
                *part.attributed.get_or_insert_default() += attributed;
            }
            if let Some(revenue) = row.get::<_, Option<f64>>(5)? {
                *part.revenue_attributed.get_or_insert_default() += revenue;
            }
        }
        Ok(())
    }

    fn read_entry_goals(
        &mut self,
        db: &Connection,
        site: i64,
        span: Span,
        side: Side,
    ) -> rusqlite::Result<()> {
        let column = side.entry();
        let sql = format!(
            "SELECT visit.{column}, conversion.goal, count(*), round(sum(conversion.revenue), 2) \
             FROM conversion JOIN visit ON visit.id = conversion.visit \
             WHERE conversion.site = ?1 AND conversion.time BETWEEN ?2 AND ?3 AND conversion.goal >= 0 \
             AND visit.{column} > 0 GROUP BY visit.{column}, conversion.goal"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        while let Some(row) = rows.next()? {
            let Some(figures) = self.row(side, row.get(0)?) else { continue };
            let visits = figures.entry.map_or(0.0, |entry| entry.visits);
            let (conversions, revenue): (f64, f64) = (row.get(2)?, row.get(3)?);
            let part = figures.goals.entry(row.get(1)?).or_default().entries.get_or_insert_default();
            part.conversions += conversions;
            part.revenue += revenue;
            part.rate += quotient(conversions, visits, 3);
            part.revenue_per_entry += quotient(revenue, visits, 3);
        }
        Ok(())
    }
}

impl Side {
    fn column(self) -> &'static str {
        if self == Self::Url { "url" } else { "name" }
    }

    fn before(self) -> &'static str {
        if self == Self::Url { "url_before" } else { "name_before" }
    }

    fn entry(self) -> &'static str {
        if self == Self::Url { "entry_url" } else { "entry_title" }
    }

    fn exit(self) -> &'static str {
        if self == Self::Url { "exit_url" } else { "exit_title" }
    }
}

impl Timing {
    fn add(&mut self, other: &Self) {
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
    fn add(&mut self, other: &Self) {
        self.visitors += other.visitors;
        self.visits += other.visits;
        self.actions += other.actions;
        self.length += other.length;
        self.bounces += other.bounces;
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.visits += other.visits;
        self.visitors += other.visitors;
        self.hits += other.hits;
        self.time_spent += other.time_spent;
        self.following_search += other.following_search;
        self.without_result += other.without_result;
        if let Some(entry) = &other.entry {
            self.entry.get_or_insert_default().add(entry);
        }
        if let Some((visitors, visits)) = other.exits {
            let exits = self.exits.get_or_insert_default();
            exits.0 += visitors;
            exits.1 += visits;
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
    fn add(&mut self, other: &Self) {
        let sum = |total: &mut Option<f64>, part: Option<f64>| {
            if let Some(part) = part {
                *total.get_or_insert_default() += part;
            }
        };
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

/// Adds a day's rows to those of the days before.
pub(crate) fn add_day(total: &mut Pages, day: Pages) {
    for (path, page) in day {
        let sum = total.entry(path).or_insert_with(|| Page { path: page.path.clone(), ..Page::default() });
        sum.figures.add(&page.figures);
        if let Some((url, hits)) = page.url
            && sum.url.as_ref().is_none_or(|(_, best)| hits > *best)
        {
            sum.url = Some((url, hits));
        }
    }
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
            let mut cells = figure_cells(&figures, name, show, false);
            for name in ["nb_uniq_visitors", "entry_nb_uniq_visitors", "exit_nb_uniq_visitors"] {
                cells.remove(name);
            }
            cells
        })
        .collect()
}

fn page_cells(page: &Page, show: &Show<'_>) -> Cells {
    let label = label(page, show);
    let mut cells = figure_cells(&page.figures, &label, show, page.path.len() == 1);
    if let Some((url, _)) = &page.url {
        cells.insert("url".to_owned(), url.clone().into());
    }
    if show.flat && !show.column.is_empty() {
        cells.insert(show.column.to_owned(), label.clone().into());
    }
    let segment = match (&page.url, show.kind) {
        (Some((url, _)), _) => twice_encoded(url),
        (None, WordKind::Search) => encoded(&label),
        (None, _) => twice_encoded(&escaped(&label)),
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
        put(&mut cells, &unique("nb_uniq_visitors"), figures.visitors);
    }
    if let Some(entry) = figures.entry.as_ref().filter(|_| is_page) {
        put(&mut cells, "entry_nb_visits", entry.visits);
        put(&mut cells, "entry_nb_actions", entry.actions);
        put(&mut cells, "entry_sum_visit_length", entry.length);
        put(&mut cells, "entry_bounce_count", entry.bounces);
        put(&mut cells, &unique("entry_nb_uniq_visitors"), entry.visitors);
    }
    if let Some((visitors, visits)) = figures.exits {
        put(&mut cells, "exit_nb_visits", visits);
        if is_page {
            put(&mut cells, &unique("exit_nb_uniq_visitors"), visitors);
        }
    }
    if is_page {
        timing_cells(&mut cells, &figures.timings);
    }
    if is_search {
        put(&mut cells, "nb_pages_per_search", quotient(figures.hits, figures.visits, 1));
    }
    if is_page || is_search {
        put(&mut cells, "avg_time_on_page", quotient(figures.time_spent, figures.hits, 0));
        let entry = figures.entry.filter(|_| is_page).unwrap_or_default();
        cells.insert("bounce_rate".to_owned(), percent(entry.bounces, entry.visits, 2));
        let exits = figures.exits.map_or(0.0, |(_, visits)| visits);
        cells.insert("exit_rate".to_owned(), percent(exits, figures.visits, 2));
    }
    cells
}

fn timing_cells(cells: &mut Cells, timings: &[Timing; 6]) {
    let mut load = 0.0;
    for ((stage, _), timing) in STAGES.iter().zip(timings) {
        if timing.hits > 0.0 {
            let average = quotient(timing.sum, timing.hits, 3);
            load += average;
            put(cells, &format!("avg_time_{stage}"), average);
            put(cells, &format!("nb_hits_with_time_{stage}"), timing.hits);
            put(cells, &format!("min_time_{stage}"), timing.least.unwrap_or(0.0));
            put(cells, &format!("max_time_{stage}"), timing.most.unwrap_or(0.0));
        }
    }
    put(cells, "avg_page_load_time", super::metrics::round(load, 3));
}

/// A text's path: directories and page for a URL, host and rest for links and files, itself for a title or keyword.
fn path_of(kind: WordKind, name: &str) -> Vec<String> {
    let not_defined = |what: &str| vec![format!("{what} not defined")];
    match kind {
        WordKind::Search => vec![name.to_owned()],
        WordKind::PageTitle if name.trim().is_empty() => not_defined("Page Name"),
        WordKind::PageTitle => vec![name.trim().to_owned()],
        WordKind::Outlink | WordKind::Download => {
            let rest = name.split_once("//").map_or(name, |(_, rest)| rest);
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            vec![host.trim().to_owned(), format!("/{}", path.trim())]
        }
        _ if name.is_empty() => not_defined("Page URL"),
        _ => {
            let (_, path) = name.split_once('/').unwrap_or((name, ""));
            let (path, fragment) =
                path.split_once('#').map_or((path, None), |(path, fragment)| (path, Some(fragment)));
            let mut page = path.to_owned();
            if page.is_empty() || page.ends_with('/') {
                page.push_str("index");
            }
            if let Some(fragment) =
                fragment.map(|fragment| fragment.trim_end_matches('#')).filter(|text| !text.is_empty())
            {
                page.push('#');
                page.push_str(fragment);
            }
            let mut parts: Vec<String> = page
                .splitn(DEEPEST, '/')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect();
            let last = parts.pop().unwrap_or_default();
            parts.push(format!("/{last}"));
            parts
        }
    }
}

fn label(page: &Page, show: &Show<'_>) -> String {
    match show.kind {
        WordKind::PageUrl if show.flat => {
            let joined = page.path.concat_with_slashes();
            // The start page of a directory is the directory.
            joined.strip_suffix("/index").map(|directory| format!("{directory}/")).unwrap_or(joined)
        }
        WordKind::Outlink | WordKind::Download if show.flat => page.path.concat(),
        _ => page.path.last().cloned().unwrap_or_default(),
    }
}

trait Slashed {
    fn concat_with_slashes(&self) -> String;
}

impl Slashed for Vec<String> {
    fn concat_with_slashes(&self) -> String {
        if self.len() == 1 && !self[0].starts_with('/') {
            return self[0].clone();
        }
        self.iter().map(|part| format!("/{}", part.trim_start_matches('/'))).collect()
    }
}

/// As PHP's `urlencode` writes it.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('*', "%2A")
}

/// Titles are kept escaped for HTML, and segments have them so.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#039;")
}

fn twice_encoded(text: &str) -> String {
    encoded(&encoded(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls_links_and_titles() {
        let path = |kind, name| path_of(kind, name).join("|");
        assert_eq!(path(WordKind::PageUrl, "example.test/blog/page-010"), "blog|/page-010");
        assert_eq!(path(WordKind::PageUrl, "example.test"), "/index");
        assert_eq!(path(WordKind::PageUrl, "example.test/docs/?a=1"), "docs|/?a=1");
        assert_eq!(
            path(WordKind::Download, "https://example.test/files/guide.pdf"),
            "example.test|/files/guide.pdf"
        );
        assert_eq!(path(WordKind::Outlink, "https://github.com/"), "github.com|/");
        assert_eq!(path(WordKind::PageTitle, " A / B "), "A / B");
        assert_eq!(path(WordKind::PageTitle, ""), "Page Name not defined");
    }

    #[test]
    fn segments_are_encoded_as_php_does() {
        assert_eq!(twice_encoded("https://a.test/b"), "https%253A%252F%252Fa.test%252Fb");
        assert_eq!(encoded("Thing 2"), "Thing+2");
    }
}
