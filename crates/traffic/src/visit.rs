//! A visit as the model makes it: who comes, from where, and every hit in order, with offsets instead of times.
//!
//! Nothing here knows when the visit happens. That is the schedule's part, and the two meet in the encoder.

use std::net::Ipv4Addr;

/// One visit. The vectors are kept and refilled, so that planning allocates nothing in the steady state.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// Its number in the stream of this seed.
    pub index: u64,
    /// The visitor: sent as 16 hex digits, as both `_id` and `cid`.
    pub visitor: u64,
    /// The visitor was here before.
    pub returning: bool,
    /// Index into [`Content::agents`](crate::Content::agents).
    pub agent: u32,
    /// Index into [`Content::languages`](crate::Content::languages).
    pub language: u32,
    /// Index into [`Content::countries`](crate::Content::countries), when countries are randomized.
    pub country: Option<u32>,
    /// An address in that country; never in a search engine's range.
    pub address: Option<Ipv4Addr>,
    /// Index into [`Content::referrers`](crate::Content::referrers); `None` = direct.
    pub referrer: Option<u32>,
    /// Index into [`Content::campaigns`](crate::Content::campaigns): parameters on the landing page's URL.
    pub campaign: Option<u32>,
    /// Index into [`Content::funnels`](crate::Content::funnels) of the funnel that this visit ran.
    pub funnel: Option<u32>,
    /// Index into [`Content::journeys`](crate::Content::journeys) of the template that shaped it.
    pub journey: Option<u32>,
    /// The hits in the order they are sent; the first is a page view.
    pub hits: Vec<Hit>,
    /// Orders and carts that hits refer to.
    pub orders: Vec<Order>,
    /// Emptied lists of items, kept for the next order.
    pub spare: Vec<Vec<Item>>,
}

/// One tracking request of a visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Timeline: milliseconds after the visit's first hit, as Matomo will see them. Never decreases.
    pub offset_ms: u32,
    /// Wire: milliseconds after the first request when pacing is compressed (sums of the short pauses).
    pub send_ms: u32,
    /// The page it happens on: index into [`Content::pages`](crate::Content::pages).
    pub page: u32,
    /// That page view's `pv_id`: 24 bits, sent as 6 hex digits.
    pub pv_id: u32,
    /// What happens.
    pub kind: Kind,
}

/// What a hit says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A page is viewed. `from` is the page before; `None` on the first, whose referrer is the visit's.
    PageView {
        /// The page before, as an index into `Content::pages`.
        from: Option<u32>,
        /// Page performance, in milliseconds (`pf_*`).
        timing: PageTiming,
    },
    /// Closes the last page's share of the visit (`ping=1`).
    Ping,
    /// A site search.
    Search {
        /// Index into [`Content::searches`](crate::Content::searches).
        term: u32,
        /// Index into [`Content::search_categories`](crate::Content::search_categories).
        category: Option<u32>,
    },
    /// A click to another site: index into [`Content::outlinks`](crate::Content::outlinks).
    Outlink(u32),
    /// A file: index into [`Content::downloads`](crate::Content::downloads).
    Download(u32),
    /// A custom event: index into [`Content::events`](crate::Content::events).
    Event(u32),
    /// A cart update: index into [`Visit::orders`].
    Cart(u32),
    /// An order: index into [`Visit::orders`].
    Order(u32),
}

/// How long the page took to load, in milliseconds, by Matomo's stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageTiming {
    /// `pf_net`.
    pub network: u16,
    /// `pf_srv`.
    pub server: u16,
    /// `pf_tfr`.
    pub transfer: u16,
    /// `pf_dm1`.
    pub dom_processing: u16,
    /// `pf_dm2`.
    pub dom_completion: u16,
    /// `pf_onl`.
    pub on_load: u16,
}

/// An order or a cart. Money in hundredths of the currency's unit; `subtotal + shipping + tax = revenue`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// What is in it.
    pub items: Vec<Item>,
    /// What is paid.
    pub revenue: u64,
    /// The items' price times quantity.
    pub subtotal: u64,
    /// `ECOMMERCE_TAX_RATE` on subtotal + shipping.
    pub tax: u64,
    /// One of `ECOMMERCE_SHIPPING_RATES`.
    pub shipping: u64,
}

/// A line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Index into [`Content::products`](crate::Content::products).
    pub product: u32,
    /// Price of one, in hundredths.
    pub price: u64,
    /// How many.
    pub quantity: u32,
}
