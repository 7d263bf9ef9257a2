//! A small shop with one text of every kind, and one visit that does everything once.

use std::collections::BTreeMap;

use settings::Settings;
use traffic::content::{
    Agent, Channel, Country, Device, Event, Language, Page, Product, Referrer, SearchTerm,
};
use traffic::{Content, Hit, Item, Kind, Order, PageTiming, Visit};

/// Like Matomo's own: 32 hex digits.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Settings from `MATOMO_URL`, site 7, and `more`.
pub(crate) fn settings(more: &[(&str, &str)]) -> Settings {
    let base = [
        ("MATOMO_URL", "https://stats.example/matomo.php"),
        ("MATOMO_SITE_ID", "7"),
        ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
    ];
    let vars: BTreeMap<String, String> =
        base.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let read_file = |path: &str| Err(format!("{path} is not there"));
    let context = settings::Context { now: "2025-06-15T12:00:00Z".parse().unwrap(), read_file: &read_file };
    settings::parse(&vars, &context).unwrap().settings
}

/// Settings with a token and countries.
pub(crate) fn settings_with_token() -> Settings {
    settings(&[("MATOMO_TOKEN_AUTH", TOKEN), ("RANDOMIZE_VISITOR_COUNTRIES", "true")])
}

/// The shop.
pub(crate) fn content() -> Content {
    let page =
        |url: &str, title: &str| Page { url: url.to_owned(), title: title.to_owned(), origin: 0, section: 0 };
    Content {
        pages: vec![
            page("https://shop.example/", "Home & More"),
            page("https://shop.example/käse?sort=a b#top", "Käse – 100% \"gut\""),
        ],
        browsable: 2,
        origins: vec!["https://shop.example".to_owned()],
        events: vec![
            Event {
                category: "Video".into(),
                action: "play".into(),
                name: Some("Intro+1".into()),
                value: Some(2.5),
            },
            Event { category: "Menu".into(), action: "open".into(), name: None, value: None },
        ],
        searches: vec![SearchTerm { keyword: "blue shoes".into(), results: 12 }],
        search_categories: vec!["Shoes & Boots".into()],
        outlinks: vec!["https://partner.example/a?b=c&d".into()],
        downloads: vec!["/files/price list.pdf".into(), "https://cdn.example/app.zip".into()],
        referrers: vec![Referrer {
            url: "https://www.google.com/search?q=x".into(),
            channel: Channel::Search,
        }],
        campaigns: vec!["mtm_campaign=spring%20sale&mtm_medium=email".into()],
        products: vec![
            Product {
                sku: "SKU-1".into(),
                name: "Mug \"XL\"".into(),
                category: "Kitchen".into(),
                price: 1250,
            },
            Product { sku: "SKU-2".into(), name: "Lamp, big".into(), category: "Home".into(), price: 4999 },
        ],
        countries: vec![Country {
            code: "DE".into(),
            weight: 1.0,
            languages: vec![(0, 1.0)],
            blocks: vec![],
        }],
        languages: vec![Language { lang: "de-de".into(), accept: "de-DE,de;q=0.9,en;q=0.8".into() }],
        agents: vec![Agent {
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".into(),
            resolution: "1920x1080".into(),
            device: Device::Desktop,
            weight: 1.0,
        }],
        ..Content::default()
    }
}

/// What a page took to load.
pub(crate) const TIMING: PageTiming = PageTiming {
    network: 12,
    server: 180,
    transfer: 30,
    dom_processing: 240,
    dom_completion: 95,
    on_load: 7,
};

/// A visit from Germany with a hit of every kind, one every 1.5 s.
pub(crate) fn visit() -> Visit {
    let kinds = [
        Kind::PageView { from: None, timing: TIMING },
        Kind::PageView { from: Some(0), timing: PageTiming::default() },
        Kind::Search { term: 0, category: Some(0) },
        Kind::Search { term: 0, category: None },
        Kind::Outlink(0),
        Kind::Download(0),
        Kind::Download(1),
        Kind::Event(0),
        Kind::Event(1),
        Kind::Cart(0),
        Kind::Order(0),
        Kind::Ping,
    ];
    let hits = (0..).zip(kinds).map(|(seq, kind)| Hit {
        offset_ms: 1500 * seq,
        send_ms: 500 * seq,
        page: u32::from(seq > 0),
        pv_id: if seq == 0 { 0xa1 } else { 0xb2_c3d4 },
        kind,
    });
    let items =
        vec![Item { product: 0, price: 1249, quantity: 2 }, Item { product: 1, price: 5005, quantity: 1 }];
    Visit {
        index: 1234,
        visitor: 0x00ff_1234_5678_9abc,
        country: Some(0),
        address: Some([85, 214, 0, 9].into()),
        referrer: Some(0),
        hits: hits.collect(),
        orders: vec![Order { items, revenue: 9640, subtotal: 7503, tax: 1539, shipping: 598 }],
        ..Visit::default()
    }
}
