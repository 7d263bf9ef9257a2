//! What visits are made of: pages, events, products, referrers, countries, agents, journeys, funnels.
//!
//! Everything that a hit can name lies in one of these tables and is referred to by a small integer,
//! so that the encoder can prepare each text once and the ledger can count without strings.

pub mod events;
mod fault;
pub(crate) mod funnels;
mod intern;
mod journeys;
mod json;
mod load;
mod order;
pub mod places;
mod source;
mod tables;
mod text;
pub mod urls;

use std::net::Ipv4Addr;

pub use fault::Fault;
pub use source::{File, Sources};

/// The tables. Funnel steps' own pages, events, terms and so on are appended after the browsable ones.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// All pages; the first [`browsable`](Self::browsable) are what a plain visit may view.
    pub pages: Vec<Page>,
    /// How many of `pages` are browsable; the rest belong to funnels.
    pub browsable: u32,
    /// First path segment of the pages, which [`Page::section`] counts; empty for the home page.
    pub sections: Vec<String>,
    /// `scheme://host[:port]` of the pages, for relative downloads.
    pub origins: Vec<String>,
    /// All events: `click_events`, `random_events`, then those of funnels.
    pub events: Vec<Event>,
    /// The range of `events` that are click events.
    pub click_events: std::ops::Range<u32>,
    /// The range of `events` that are random events.
    pub random_events: std::ops::Range<u32>,
    /// The events file's own `click_events_probability`, in place of `CLICK_EVENTS_PROBABILITY`.
    pub click_events_probability: Option<f64>,
    /// The events file's own `random_events_probability`, in place of `RANDOM_EVENTS_PROBABILITY`.
    pub random_events_probability: Option<f64>,
    /// Search terms. The number of results is a property of the keyword.
    pub searches: Vec<SearchTerm>,
    /// How many of `searches` a plain visit may use.
    pub browsable_searches: u32,
    /// Search categories.
    pub search_categories: Vec<String>,
    /// Absolute URLs of other sites.
    pub outlinks: Vec<String>,
    /// How many of `outlinks` a plain visit may use.
    pub browsable_outlinks: u32,
    /// Files: absolute URLs, or paths from `/` that are joined to the page's origin.
    pub downloads: Vec<String>,
    /// How many of `downloads` a plain visit may use.
    pub browsable_downloads: u32,
    /// Referring URLs of all channels.
    pub referrers: Vec<Referrer>,
    /// Campaign parameters for a landing page, as a query string without `?`, already percent-encoded.
    pub campaigns: Vec<String>,
    /// What can be bought.
    pub products: Vec<Product>,
    /// How many of `products` a plain visit may buy.
    pub browsable_products: u32,
    /// Countries, weighted.
    pub countries: Vec<Country>,
    /// Languages as a browser sends them.
    pub languages: Vec<Language>,
    /// Browsers with their screens, weighted.
    pub agents: Vec<Agent>,
    /// Journey templates.
    pub journeys: Vec<crate::Journey>,
    /// Enabled funnels, in ascending priority.
    pub funnels: Vec<crate::Funnel>,
}

/// A page of the visited site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Absolute URL.
    pub url: String,
    /// `action_name`.
    pub title: String,
    /// Index into [`Content::origins`].
    pub origin: u32,
    /// Pages of one section are nearer to each other within a visit.
    pub section: u32,
}

/// A custom event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `e_c`, never blank.
    pub category: String,
    /// `e_a`, never blank.
    pub action: String,
    /// `e_n`.
    pub name: Option<String>,
    /// `e_v`.
    pub value: Option<f64>,
}

/// A keyword of the site's own search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    /// `search`.
    pub keyword: String,
    /// `search_count`, 0 to 25 for the built-in ones.
    pub results: u32,
}

/// Where a visit may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// `urlref`.
    pub url: String,
    /// Its channel.
    pub channel: Channel,
}

/// The kinds of referrer, as Matomo's reports name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Search engines.
    Search,
    /// Social networks.
    Social,
    /// Other sites.
    Site,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Stock-keeping unit.
    pub sku: String,
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// List price in hundredths of the currency's unit.
    pub price: u64,
}

/// A country visitors come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    /// ISO 3166-1 alpha-2 in lower case, as `country` wants it.
    pub code: String,
    /// Share of visitors, any scale.
    pub weight: f64,
    /// Languages spoken there: index into [`Content::languages`] and weight.
    pub languages: Vec<(u32, f64)>,
    /// Address blocks that geolocation puts there: first address and prefix length.
    pub blocks: Vec<(Ipv4Addr, u8)>,
}

/// A browser's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// The `lang` parameter, for example `de-de`.
    pub lang: String,
    /// The `Accept-Language` header, for example `de-DE,de;q=0.9,en;q=0.8`.
    pub accept: String,
}

/// A browser on a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// `User-Agent`.
    pub user_agent: String,
    /// `res`, for example `1920x1080`.
    pub resolution: String,
    /// What it runs on.
    pub device: Device,
    /// Share of visits, any scale.
    pub weight: f64,
}

/// Device classes with a conversion rate of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Desktop and laptop.
    Desktop,
    /// Phone.
    Mobile,
    /// Tablet.
    Tablet,
}
