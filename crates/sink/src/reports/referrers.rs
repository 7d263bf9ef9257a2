//! Reports about where visits came from.

use serde_json::Value;

use super::metrics::{Cells, Dimension, Table, add_day, cut};
use super::period::{Period, span};
use super::query::{conversions_by, visits_by};
use super::segment::encoded;
use super::visits::ALL;
use super::{Context, ReportError};
use crate::tracker::referrer::{self, Kind};

const MOST_ROWS: usize = 1000;
const NO_KEYWORD: &str = "Keyword not defined";

/// Everything about a period's referrers.
#[derive(Debug, Default)]
pub(crate) struct Referrers {
    kinds: Table,
    keywords: Table,
    engines: Table,
    websites: Table,
    campaigns: Table,
    socials: Table,
    is_long: bool,
}

/// What a report lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Kinds,
    Keywords,
    Engines,
    Websites,
    Campaigns,
    Socials,
}

impl Referrers {
    pub(crate) fn read(context: &Context<'_>, period: Period) -> Result<Self, ReportError> {
        let mut total = Self { is_long: period.is_long(), ..Self::default() };
        for day in period.days() {
            let span = span(day, &context.zone);
            let mut of_day = Self::default();
            let columns = ["referrer_kind", "referrer_name", "referrer_keyword", "referrer_url"];
            for (group, figures) in visits_by(context.db, context.site.id, span, &columns, ALL)? {
                of_day.add(&group, &mut |row| row.add_visits(&figures));
            }
            for (group, goal, figures) in
                conversions_by(context.db, context.site.id, span, &columns[..3], ALL)?
            {
                of_day.add(&group, &mut |row| row.add_goal(goal, &figures));
            }
            for (sum, table) in [
                (&mut total.kinds, of_day.kinds),
                (&mut total.keywords, of_day.keywords),
                (&mut total.engines, of_day.engines),
                (&mut total.websites, of_day.websites),
                (&mut total.campaigns, of_day.campaigns),
                (&mut total.socials, of_day.socials),
            ] {
                add_day(sum, table, MOST_ROWS);
            }
        }
        for table in [
            &mut total.keywords,
            &mut total.engines,
            &mut total.websites,
            &mut total.campaigns,
            &mut total.socials,
        ] {
            *table = cut(std::mem::take(table), MOST_ROWS);
        }
        Ok(total)
    }

    /// Adds a group's figures to every row that it belongs to. Conversions know no URL, and add to no row under one.
    fn add(&mut self, group: &[String], add: &mut dyn FnMut(&mut Dimension)) {
        let kind = Kind::from_number(group[0].parse().unwrap_or(0));
        let (name, keyword, url) = (&group[1], &group[2], group.get(3));
        let mut to = |table: &mut Table, label: &str, under: Option<&String>| {
            let row = table.entry(label.to_owned()).or_default();
            add(row);
            if let Some(under) = under.filter(|_| url.is_some() || kind == Kind::Campaign) {
                add(row.under.entry(under.clone()).or_default());
            }
        };
        to(&mut self.kinds, kind_name(kind), None);
        match kind {
            Kind::Search => {
                let keyword = if keyword.is_empty() { NO_KEYWORD.to_owned() } else { keyword.clone() };
                to(&mut self.keywords, &keyword, Some(name));
                to(&mut self.engines, name, Some(&keyword));
            }
            Kind::Website => to(&mut self.websites, name, url),
            Kind::Social => to(&mut self.socials, name, url),
            Kind::Campaign => {
                to(&mut self.campaigns, name, Some(keyword).filter(|keyword| !keyword.is_empty()));
            }
            Kind::Direct => {}
        }
    }

    /// The rows of a report.
    pub(crate) fn rows(&self, list: List) -> Vec<Cells> {
        let (table, kind) = match list {
            List::Kinds => (&self.kinds, Kind::Direct),
            List::Keywords => (&self.keywords, Kind::Search),
            List::Engines => (&self.engines, Kind::Search),
            List::Websites => (&self.websites, Kind::Website),
            List::Campaigns => (&self.campaigns, Kind::Campaign),
            List::Socials => (&self.socials, Kind::Social),
        };
        let rows = table.iter().enumerate().map(|(index, (label, row))| {
            let mut cells = row.cells(label, self.is_long);
            decorate(&mut cells, list, kind, label);
            if list == List::Kinds {
                if kind_of_name(label) != Kind::Direct {
                    cells.insert("idsubdatatable".to_owned(), kind_of_name(label).number().into());
                }
            } else if !row.under.is_empty() {
                cells.insert("idsubdatatable".to_owned(), (index + 1).into());
            }
            cells
        });
        rows.collect()
    }

    /// `Referrers.getAll`: keywords, sites, campaigns and networks in one list.
    pub(crate) fn all(&self) -> Vec<Cells> {
        let lists = [
            (List::Keywords, Kind::Search),
            (List::Websites, Kind::Website),
            (List::Campaigns, Kind::Campaign),
            (List::Socials, Kind::Social),
        ];
        let rows = lists.into_iter().flat_map(|(list, kind)| {
            self.rows(list).into_iter().map(move |mut cells| {
                cells.remove("idsubdatatable");
                cells.insert("referer_type".to_owned(), kind.number().into());
                cells
            })
        });
        rows.collect()
    }

    /// The rows under the row with this number, as `idsubdatatable` gave it.
    pub(crate) fn under(&self, list: List, number: i64) -> Vec<Cells> {
        let table = match list {
            List::Keywords => &self.keywords,
            List::Engines => &self.engines,
            List::Websites => &self.websites,
            List::Campaigns => &self.campaigns,
            List::Socials => &self.socials,
            List::Kinds => return self.of_kind(number),
        };
        let row = usize::try_from(number - 1).ok().and_then(|at| table.values().nth(at));
        row.map(|row| row.under.iter().map(|(label, row)| row.cells(label, self.is_long)).collect())
            .unwrap_or_default()
    }

    fn of_kind(&self, kind: i64) -> Vec<Cells> {
        match Kind::from_number(kind) {
            Kind::Search => self.rows(List::Keywords),
            Kind::Website => self.rows(List::Websites),
            Kind::Campaign => self.rows(List::Campaigns),
            Kind::Social => self.rows(List::Socials),
            Kind::Direct => Vec::new(),
        }
    }
}

fn decorate(cells: &mut Cells, list: List, kind: Kind, label: &str) {
    let mut text = |name: &str, value: String| {
        cells.insert(name.to_owned(), Value::from(value));
    };
    match list {
        List::Kinds => {
            let kind = kind_of_name(label);
            text("segment", format!("referrerType=={}", short_name(kind)));
            cells.insert("referrer_type".to_owned(), kind.number().into());
        }
        List::Keywords => {
            let keyword = if label == NO_KEYWORD { "" } else { label };
            text("segment", format!("referrerType==search;referrerKeyword=={}", encoded(keyword)));
        }
        List::Websites => text("segment", format!("referrerName=={}", encoded(label))),
        List::Engines => {
            let host = referrer::engine_host(label).unwrap_or_default();
            text("url", format!("http://{host}"));
            text("logo", format!("plugins/Morpheus/icons/dist/searchEngines/{host}.png"));
            text("segment", format!("referrerType==search;referrerName=={}", encoded(label)));
        }
        List::Campaigns | List::Socials => {
            text("segment", format!("referrerType=={};referrerName=={}", short_name(kind), encoded(label)));
            if list == List::Socials {
                let host = referrer::social_host(label).unwrap_or_default();
                text("url", host.to_owned());
                text("logo", format!("plugins/Morpheus/icons/dist/socials/{host}.png"));
            }
        }
    }
}

/// As the reports call a kind.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Direct => "Direct Entry",
        Kind::Search => "Search Engines",
        Kind::Website => "Websites",
        Kind::Campaign => "Campaigns",
        Kind::Social => "Social Networks",
    }
}

fn kind_of_name(name: &str) -> Kind {
    [Kind::Search, Kind::Website, Kind::Campaign, Kind::Social]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
        .unwrap_or_default()
}

/// As segments call a kind.
pub(crate) fn short_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Direct => "direct",
        Kind::Search => "search",
        Kind::Website => "website",
        Kind::Campaign => "campaign",
        Kind::Social => "social",
    }
}
