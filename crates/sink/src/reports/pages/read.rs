//! Reading the rows of one day from its hits, visits and conversions.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, params};

use super::cut::Room;
use super::figures::{self, Entry, Exits, Figures, Page, Pages, STAGES, Timing};
use super::path::{REST, path_of};
use crate::reports::metrics::quotient;
use crate::reports::period::Span;
use crate::store::words::WordKind;
use crate::tracker::url::denormalize;

/// The two halves of a page that are reported apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    rows: HashMap<(Side, i64), (WordKind, Vec<String>)>,
}

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
        for pages in
            [&mut day.urls, &mut day.titles, &mut day.outlinks, &mut day.downloads, &mut day.searches]
        {
            let rest = |page: &&mut Page| page.path.last().is_some_and(|last| last == REST);
            pages.values_mut().filter(rest).for_each(|page| page.figures.forget_visitors());
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
        let (kind, path) = self.rows.get(&(side, text))?.clone();
        self.pages(kind).get_mut(&path).map(|page| &mut page.figures)
    }

    fn read_hits(&mut self, db: &Connection, site: i64, span: Span, side: Side) -> rusqlite::Result<()> {
        let column = side.column();
        let mut timings = String::new();
        for stage in STAGES {
            write!(timings, ", count(hit.{stage}), sum(hit.{stage}), min(hit.{stage}), max(hit.{stage})")
                .expect("writing to a string does not fail");
        }
        // Grouped first and named afterwards: a text is looked up once, not for every hit.
        let sql = format!(
            "SELECT page.*, action.type AS type, action.name AS name, action.prefix AS prefix FROM ( \
             SELECT hit.{column} AS text, count(DISTINCT hit.visit) AS visits, \
             count(DISTINCT hit.visitor) AS visitors, count(*) AS hits, \
             coalesce(max(hit.search_count) = 0, 0) AS without_result, \
             coalesce(sum(hit.name_before IN (SELECT id FROM action WHERE type = 8)), 0) AS following{timings} \
             FROM hit WHERE hit.site = ?1 AND hit.time BETWEEN ?2 AND ?3 AND hit.{column} IS NOT NULL \
             AND hit.event_category IS NULL AND hit.content_name IS NULL GROUP BY hit.{column}) AS page \
             LEFT JOIN action ON action.id = page.text WHERE action.type IS NULL OR action.type <= 8 \
             ORDER BY page.hits DESC, action.name"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query(params![site, span.from, span.to])?;
        let mut room = Room::default();
        while let Some(row) = rows.next()? {
            let text: i64 = row.get("text")?;
            let kind = match row.get::<_, Option<i64>>("type")? {
                Some(2) => WordKind::Outlink,
                Some(3) => WordKind::Download,
                Some(4) => WordKind::PageTitle,
                Some(8) => WordKind::Search,
                Some(_) => WordKind::PageUrl,
                None if side == Side::Url => WordKind::PageUrl,
                None => WordKind::PageTitle,
            };
            let name: String = row.get::<_, Option<String>>("name")?.unwrap_or_default();
            let prefix: Option<u8> = row.get("prefix")?;
            let path = room.place(kind, path_of(kind, &name, prefix.is_some()));
            let is_rest = path.last().is_some_and(|last| last == REST);
            let hits: f64 = row.get("hits")?;
            let url = match kind {
                WordKind::PageTitle | WordKind::Search => None,
                _ if is_rest => None,
                _ if text == 0 => Some(String::new()),
                _ => Some(denormalize(&name, prefix)),
            };
            let page = figures::row(self.pages(kind), &path);
            if let Some(url) = url
                && page.url.as_ref().is_none_or(|(_, best)| hits > *best)
            {
                page.url = Some((url, hits));
            }
            let figures = &mut page.figures;
            figures.visits += row.get::<_, f64>("visits")?;
            *figures.visitors.get_or_insert_default() += row.get::<_, f64>("visitors")?;
            figures.hits += hits;
            figures.without_result += row.get::<_, f64>("without_result")?;
            figures.following_search += row.get::<_, f64>("following")?;
            for (stage, timing) in figures.timings.iter_mut().enumerate() {
                let at = 6 + stage * 4;
                timing.add(&Timing {
                    hits: row.get(at)?,
                    sum: row.get::<_, Option<f64>>(at + 1)?.unwrap_or(0.0) / 1000.0,
                    least: row.get::<_, Option<f64>>(at + 2)?.map(|least| least / 1000.0),
                    most: row.get::<_, Option<f64>>(at + 3)?.map(|most| most / 1000.0),
                });
            }
            self.rows.insert((side, text), (kind, path));
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
                figures
                    .exits
                    .get_or_insert_default()
                    .add(&Exits { visitors: row.get(1)?, visits: row.get(2)? });
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
