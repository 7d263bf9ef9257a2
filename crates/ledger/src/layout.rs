//! Where each figure lies in a day's dense counts, so that counting is adding to an array at a small integer.

use traffic::Content;
use traffic::content::{Channel, Device};
use url::form_urlencoded;

use crate::book::{DayFigures, Figure, GROUP_JOINT, Span, Table};
use crate::label::{link_label, page_label};

/// The place of a figure in a day's counts.
pub(crate) type Key = u32;

/// Figures of the site as a whole, in the order of their places.
const SITE: [Figure; 17] = [
    Figure::Visits,
    Figure::UniqueVisitors,
    Figure::Actions,
    Figure::Bounces,
    Figure::Length,
    Figure::PageViews,
    Figure::Searches,
    Figure::Outlinks,
    Figure::Downloads,
    Figure::Orders,
    Figure::Revenue,
    Figure::Subtotal,
    Figure::Tax,
    Figure::Shipping,
    Figure::Quantity,
    Figure::AbandonedCarts,
    Figure::CartRevenue,
];

/// Names of the kinds of referrer, in the order of [`Referrer`].
const REFERRERS: [&str; 5] = ["direct", "search", "website", "campaign", "social"];

/// Names of the kinds of device, in the order of [`Device`].
const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];

/// Where a visit came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referrer {
    Direct,
    Search,
    Website,
    Campaign,
    Social,
}

impl From<Channel> for Referrer {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Search => Self::Search,
            Channel::Social => Self::Social,
            Channel::Site => Self::Website,
        }
    }
}

/// The places of all figures, and what content they are about.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    hours: Key,
    pages: Key,
    events: Key,
    keywords: Key,
    search_categories: Key,
    outlinks: Key,
    downloads: Key,
    products: Key,
    countries: Key,
    referrers: Key,
    campaigns: Key,
    devices: Key,
    pub(crate) len: usize,
    /// By download: it is a path that is joined to the page's origin.
    relative: Vec<bool>,
    origins: u32,
    /// By row of the dense counts: what it is called. Filled once.
    names: Vec<Name>,
    /// By page: index into origins.
    pub(crate) origin_of: Vec<u32>,
    /// By origin: it is one of the site's addresses.
    is_own: Vec<bool>,
    pub(crate) channels: Vec<Referrer>,
    pub(crate) device_of: Vec<Device>,
}

/// What a place counts: table, label, figure, and by how much one of it counts.
#[derive(Debug, Clone)]
struct Name(Vec<(Table, String, Figure, i64)>);

impl Layout {
    pub(crate) fn new(content: &Content, site_hosts: &[String]) -> Self {
        let mut names: Vec<Name> =
            SITE.iter().map(|&figure| Name(vec![(Table::Site, "all".to_owned(), figure, 1)])).collect();
        let mut rows = |more: Vec<Name>| {
            let first = names.len() as Key;
            names.extend(more);
            first
        };
        let row = |table, label: &str, figures: &[Figure]| {
            figures.iter().map(|&figure| Name(vec![(table, label.to_owned(), figure, 1)])).collect::<Vec<_>>()
        };
        let hours = rows(
            (0..24)
                .flat_map(|h| row(Table::Hours, &format!("{h:02}"), &[Figure::Visits, Figure::Length]))
                .collect(),
        );
        let pages = rows(
            (content.pages.iter())
                .flat_map(|page| {
                    let label = page_label(&page.url);
                    row(Table::Pages, &label, &[Figure::PageViews, Figure::Entries, Figure::Exits])
                })
                .collect(),
        );
        let events = rows(content.events.iter().map(event).collect());
        let keywords = rows(
            content
                .searches
                .iter()
                .flat_map(|s| row(Table::Keywords, &plain(&s.keyword).to_lowercase(), &[Figure::Searches]))
                .collect(),
        );
        let search_categories = rows(
            (content.search_categories.iter())
                .flat_map(|category| {
                    row(Table::SearchCategories, &plain(category).to_lowercase(), &[Figure::Searches])
                })
                .collect(),
        );
        let outlinks = rows(
            content
                .outlinks
                .iter()
                .flat_map(|url| row(Table::Outlinks, &link_label(url), &[Figure::Outlinks]))
                .collect(),
        );
        let origins = content.origins.len().max(1) as u32;
        let downloads = rows(
            (content.downloads.iter())
                .flat_map(|file| {
                    (0..origins as usize).flat_map(move |origin| {
                        let url = if is_relative(file) {
                            let origin = content.origins.get(origin).map_or("", String::as_str);
                            let joint = if file.starts_with('/') { "" } else { "/" };
                            format!("{origin}{joint}{file}")
                        } else {
                            file.clone()
                        };
                        row(Table::Downloads, &link_label(&url), &[Figure::Downloads])
                    })
                })
                .collect(),
        );
        let products = rows(
            (content.products.iter())
                .flat_map(|product| {
                    let figures = [Figure::Orders, Figure::Quantity, Figure::Revenue];
                    row(Table::Products, &plain(&product.sku), &figures)
                })
                .collect(),
        );
        let visits = [Figure::Visits];
        let countries = rows(
            content
                .countries
                .iter()
                .flat_map(|c| row(Table::Countries, &c.code.to_lowercase(), &visits))
                .collect(),
        );
        let referrers =
            rows(REFERRERS.iter().flat_map(|name| row(Table::Referrers, name, &visits)).collect());
        let campaigns = rows(
            content
                .campaigns
                .iter()
                .flat_map(|query| row(Table::Campaigns, &campaign(query), &visits))
                .collect(),
        );
        let devices = rows(DEVICES.iter().flat_map(|name| row(Table::Devices, name, &visits)).collect());
        Self {
            hours,
            pages,
            events,
            keywords,
            search_categories,
            outlinks,
            downloads,
            products,
            countries,
            referrers,
            campaigns,
            devices,
            len: names.len(),
            relative: content.downloads.iter().map(|file| is_relative(file)).collect(),
            origins,
            names,
            origin_of: content.pages.iter().map(|page| page.origin).collect(),
            is_own: content.origins.iter().map(|origin| is_own(origin, site_hosts)).collect(),
            channels: content.referrers.iter().map(|referrer| referrer.channel.into()).collect(),
            device_of: content.agents.iter().map(|agent| agent.device).collect(),
        }
    }

    /// The place of a figure of the site as a whole; it is one of [`SITE`].
    pub(crate) const fn site(figure: Figure) -> Key {
        let mut at = 0;
        while at < SITE.len() {
            if SITE[at] as u8 == figure as u8 {
                return at as Key;
            }
            at += 1;
        }
        panic!("not a figure of the site as a whole");
    }

    /// Visits that began in an hour; their lengths lie behind it.
    pub(crate) fn hour(&self, hour: usize) -> Key {
        self.hours + 2 * hour as Key
    }

    /// Views of a page; entries and exits lie behind it.
    pub(crate) fn page(&self, page: u32) -> Key {
        self.pages + 3 * page
    }

    pub(crate) fn event(&self, event: u32) -> Key {
        self.events + event
    }

    pub(crate) fn keyword(&self, term: u32) -> Key {
        self.keywords + term
    }

    pub(crate) fn search_category(&self, category: u32) -> Key {
        self.search_categories + category
    }

    pub(crate) fn outlink(&self, outlink: u32) -> Key {
        self.outlinks + outlink
    }

    /// A file, fetched from a page: its own host's file when it is named by a path alone.
    pub(crate) fn download(&self, download: u32, page: u32) -> Key {
        let origin = if self.relative[download as usize] { self.origin_of[page as usize] } else { 0 };
        self.downloads + download * self.origins + origin
    }

    /// Orders of a product; pieces and revenue lie behind it.
    pub(crate) fn product(&self, product: u32) -> Key {
        self.products + 3 * product
    }

    pub(crate) fn country(&self, country: u32) -> Key {
        self.countries + country
    }

    pub(crate) fn referrer(&self, referrer: Referrer) -> Key {
        self.referrers + referrer as Key
    }

    pub(crate) fn campaign(&self, campaign: u32) -> Key {
        self.campaigns + campaign
    }

    pub(crate) fn device(&self, agent: u32) -> Key {
        self.devices + self.device_of[agent as usize] as Key
    }

    /// Whether a page is no referrer to another: both are of one host, or it is a page of the site's.
    pub(crate) fn is_internal(&self, from: u32, page: u32) -> bool {
        let (from, page) = (self.origin_of[from as usize], self.origin_of[page as usize]);
        from == page || self.is_own.get(from as usize).copied().unwrap_or(false)
    }

    /// Adds a dense count to the figures that it stands for.
    pub(crate) fn spell(&self, key: Key, count: Span, out: &mut DayFigures) {
        for (table, label, figure, times) in &self.names[key as usize].0 {
            // Of a negative value, more is less.
            let ends = (count.least * times, count.most * times);
            out.add(*table, label, *figure, Span { least: ends.0.min(ends.1), most: ends.0.max(ends.1) });
        }
    }
}

/// An event counts in three tables, and its value with it.
fn event(event: &traffic::content::Event) -> Name {
    let mut of = vec![(Table::Site, "all".to_owned(), Figure::Events, 1)];
    let mut group = format!("{}{GROUP_JOINT}{}", plain(&event.category), plain(&event.action));
    if let Some(name) = &event.name {
        group.push(GROUP_JOINT);
        group.push_str(&plain(name));
    }
    if let Some(value) = event.value {
        of.push((Table::EventGroups, group, Figure::ExactEventValue, (value * 1e6).round() as i64));
    }
    let tables = [
        (Table::EventCategories, Some(&event.category)),
        (Table::EventActions, Some(&event.action)),
        (Table::EventNames, event.name.as_ref()),
    ];
    for (table, label) in tables.into_iter().filter_map(|(table, label)| Some((table, label?))) {
        of.push((table, plain(label), Figure::Events, 1));
    }
    Name(of)
}

fn is_own(origin: &str, site_hosts: &[String]) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let bare =
        |host: &str| host.split(':').next().unwrap_or_default().trim_start_matches("www.").to_lowercase();
    site_hosts.iter().any(|own| bare(own) == bare(host))
}

/// A label without what reports drop.
fn plain(text: &str) -> String {
    text.trim().to_owned()
}

fn is_relative(file: &str) -> bool {
    !file.contains("://")
}

/// The campaign that parameters on a landing page name, as reports write it.
fn campaign(query: &str) -> String {
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "mtm_campaign")
        .map(|(_, value)| value.trim().to_lowercase())
        .unwrap_or_default()
}
