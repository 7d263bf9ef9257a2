//! Where each figure lies in a day's dense counts, so that counting is adding to an array at a small integer.

use std::collections::HashMap;
use std::hash::Hash;

use traffic::Content;
use traffic::content::{Channel, Device};

use crate::book::{DayFigures, FRACTIONS, Figure, GROUP_JOINT, Span, Table, is_event_name};
use crate::label::{link_label, page_label, shown};
use crate::site::{Campaign, Site, Standing, host_of};

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
    origin_of: Vec<u32>,
    /// By origin: its host, as the first origin with it.
    host_of: Vec<u32>,
    /// By page: whose it is.
    standings: Vec<Standing>,
    /// By page: hits on it are recorded.
    is_recorded: Vec<bool>,
    /// By page: what a view of it counts as when it is a search, keyword and category.
    searches: Vec<Option<(Key, Option<Key>)>>,
    /// By page: the campaign that its own address names.
    page_campaigns: Vec<Option<u32>>,
    /// Those of the content, then those of pages.
    campaign_list: Vec<Campaign>,
    /// By product: the first one with its SKU.
    skus: Vec<u32>,
    /// Searches are recorded as such.
    pub(crate) has_search: bool,
    pub(crate) channels: Vec<Referrer>,
    pub(crate) device_of: Vec<Device>,
}

/// What a place counts: table, label, figure, and by how much one of it counts.
#[derive(Debug, Clone)]
struct Name(Vec<(Table, String, Figure, i64)>);

impl Layout {
    #[allow(clippy::too_many_lines, reason = "it is one list of tables")]
    pub(crate) fn new(content: &Content, site: &Site) -> Self {
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
                .flat_map(|s| row(Table::Keywords, &shown(&s.keyword).to_lowercase(), &[Figure::Searches]))
                .collect(),
        );
        let search_categories = rows(
            (content.search_categories.iter())
                .map(|category| Name(search_category(category).into_iter().collect()))
                .collect(),
        );
        let mut keys_of_page = |page: &traffic::content::Page| {
            let (keyword, category) = site.search_of(&page.url)?;
            let label = shown(&keyword).to_lowercase();
            let keyword = rows(row(Table::Keywords, &label, &[Figure::Searches]));
            let category =
                category.and_then(|category| Some(rows(vec![Name(vec![search_category(&category)?])])));
            Some((keyword, category))
        };
        let searches = content.pages.iter().map(&mut keys_of_page).collect();
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
                    row(Table::Products, &shown(&product.sku), &figures)
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
        let (campaign_list, page_campaigns) = all_campaigns(content);
        let campaigns = rows(
            (campaign_list.iter())
                .flat_map(|campaign| row(Table::Campaigns, &shown(&campaign.name), &visits))
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
            host_of: firsts(content.origins.iter().map(|origin| host_of(origin))),
            standings: content.pages.iter().map(|page| site.standing(&page.url)).collect(),
            is_recorded: content.pages.iter().map(|page| site.records(&page.url)).collect(),
            searches,
            page_campaigns,
            campaign_list,
            // Funnels may give a product a name of their own, and it stays the same product.
            skus: firsts(content.products.iter().map(|product| product.sku.trim())),
            has_search: site.search,
            channels: (content.referrers.iter())
                .map(|referrer| match site.standing(&referrer.url) {
                    Standing::Own => Referrer::Direct,
                    _ => referrer.channel.into(),
                })
                .collect(),
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

    /// Whether a page is no referrer to another: it is a page of the site's, or both are of one host that is not known
    /// to be another site's.
    pub(crate) fn is_internal(&self, from: u32, page: u32) -> bool {
        let host = |page: u32| self.host_of[self.origin_of[page as usize] as usize];
        match self.standings[from as usize] {
            Standing::Own => true,
            Standing::Other => false,
            Standing::Unknown => host(from) == host(page),
        }
    }

    /// Whether hits on a page are recorded at all.
    pub(crate) fn is_recorded(&self, page: u32) -> bool {
        self.is_recorded[page as usize]
    }

    /// Keyword and category of a search that a view of a page is.
    pub(crate) fn search_of_page(&self, page: u32) -> Option<(Key, Option<Key>)> {
        self.searches[page as usize]
    }

    /// The campaign of a hit on a page, which the visit's may have been added to.
    pub(crate) fn campaign_of(&self, page: u32, added: Option<u32>) -> Option<u32> {
        let own = self.page_campaigns[page as usize];
        let goes_before = |own: u32| self.campaign_list[own as usize].goes_before_landing();
        own.filter(|own| added.is_none() || goes_before(*own)).or(added)
    }

    /// Whether a visit of one campaign goes on when a hit names the other one.
    pub(crate) fn goes_on_with(&self, campaign: u32, other: u32) -> bool {
        let of = |number: u32| &self.campaign_list[number as usize];
        campaign == other || of(campaign).goes_on_with(of(other))
    }

    /// Whether two products are one to reports.
    pub(crate) fn is_same_sku(&self, one: u32, other: u32) -> bool {
        self.skus[one as usize] == self.skus[other as usize]
    }

    /// Adds a dense count to the figures that it stands for.
    pub(crate) fn spell(&self, key: Key, count: Span, out: &mut DayFigures) {
        for (table, label, figure, times) in &self.names[key as usize].0 {
            // Of a negative value, more is less.
            let ends = (count.least.saturating_mul(*times), count.most.saturating_mul(*times));
            out.add(*table, label, *figure, Span { least: ends.0.min(ends.1), most: ends.0.max(ends.1) });
        }
    }
}

/// An event counts in three tables, and its value with it.
fn event(event: &traffic::content::Event) -> Name {
    let mut of = vec![(Table::Site, "all".to_owned(), Figure::Events, 1)];
    // To PHP a text of `0` is an empty one, and the event has no name.
    let name = event.name.as_ref().filter(|name| is_event_name(name.trim()));
    let mut group = format!("{}{GROUP_JOINT}{}", event.category.trim(), event.action.trim());
    // It is a group of its own all the same.
    if let Some(name) = &event.name {
        group.push(GROUP_JOINT);
        group.push_str(name.trim());
    }
    if let Some(value) = event.value {
        // Large values have no digits behind the point that could be lost here.
        let fractions = (value.fract() * FRACTIONS as f64).round() as i64;
        of.push((Table::EventGroups, group.clone(), Figure::EventValueUnits, value.trunc() as i64));
        of.push((Table::EventGroups, group, Figure::EventValueFraction, fractions));
    }
    let tables = [
        (Table::EventCategories, Some(&event.category)),
        (Table::EventActions, Some(&event.action)),
        (Table::EventNames, name),
    ];
    for (table, label) in tables.into_iter().filter_map(|(table, label)| Some((table, label?))) {
        of.push((table, shown(label), Figure::Events, 1));
    }
    Name(of)
}

/// The campaigns of the content and of its pages, and by page which one its own address names.
fn all_campaigns(content: &Content) -> (Vec<Campaign>, Vec<Option<u32>>) {
    let named = |query: &String| Campaign::of(query).unwrap_or_default();
    let mut list: Vec<Campaign> = content.campaigns.iter().map(named).collect();
    let of_pages = content.pages.iter().map(|page| {
        let campaign = Campaign::of_page(&page.url)?;
        let known = list.iter().position(|known| *known == campaign).unwrap_or_else(|| {
            list.push(campaign);
            list.len() - 1
        });
        Some(known as u32)
    });
    let of_pages = of_pages.collect();
    (list, of_pages)
}

/// For each of some values the place of the first one that is the same.
fn firsts<T: Eq + Hash>(values: impl Iterator<Item = T>) -> Vec<u32> {
    let mut seen = HashMap::new();
    values.zip(0..).map(|(value, place)| *seen.entry(value).or_insert(place)).collect()
}

/// The most bytes of a search's category that are kept.
const LONGEST_CATEGORY: usize = 200;

/// The row of a category of searches. To Matomo, `0` is no category.
fn search_category(text: &str) -> Option<(Table, String, Figure, i64)> {
    let text = text.trim();
    let label = shown(&text[..text.floor_char_boundary(LONGEST_CATEGORY)]).to_lowercase();
    (text != "0").then_some((Table::SearchCategories, label, Figure::Searches, 1))
}

fn is_relative(file: &str) -> bool {
    // A path may have another address in its query.
    file.starts_with('/') || !file.contains("://")
}

#[cfg(test)]
mod tests {
    use traffic::content::{File, Sources};

    use super::*;

    fn layout(file: File, text: &str) -> Layout {
        let mut sources = Sources::default();
        sources.set(file, file.name(), text);
        let site = Site { addresses: vec!["https://www.Shop.test".to_owned()], ..Site::default() };
        Layout::new(&Content::load(&sources).unwrap(), &site)
    }

    /// Matomo compares hosts alone.
    #[test]
    fn pages_of_one_host_by_two_schemes_or_ports_were_called_websites_to_each_other() {
        let pages = "https://a.test/1\nhttp://a.test:8080/2\nhttps://[2001:db8::1]:81/3\nhttps://[2001:db8::1]/4\n\
                     https://shop.test/5";
        let layout = layout(File::Urls, pages);
        let internal = [(0, 1), (1, 0), (2, 3), (4, 0)];
        assert!(internal.iter().all(|(from, page)| layout.is_internal(*from, *page)), "{:?}", layout.host_of);
        assert!([(0, 2), (3, 1), (0, 4)].iter().all(|(from, page)| !layout.is_internal(*from, *page)));
    }

    #[test]
    fn searches_in_a_category_called_0_had_a_row() {
        let searches = r#"{"categories":["0","1"],"terms":[{"keyword":"a","results":1}]}"#;
        let layout = layout(File::Searches, searches);
        let mut figures = DayFigures::default();
        layout.spell(layout.search_category(0), Span::exactly(5), &mut figures);
        assert_eq!(figures, DayFigures::default());
        layout.spell(layout.search_category(1), Span::exactly(5), &mut figures);
        assert_eq!(figures.get(Table::SearchCategories, "1", Figure::Searches), Span::exactly(5));
    }

    #[test]
    fn a_path_with_an_address_in_its_query_was_taken_for_an_address() {
        assert!(is_relative("/a?next=https://b.test/") && is_relative("a.pdf"));
        assert!(!is_relative("https://a.test/a.pdf"));
    }
}
