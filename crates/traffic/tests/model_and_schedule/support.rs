//! Settings and content for tests: the settings' own defaults, and a small site whose numbers are easy to follow.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use settings::{Context, Settings};
use traffic::{
    Content, Kind, Model, Visit,
    content::{Agent, Channel, Country, Device, Event, Language, Page, Product, Referrer, SearchTerm},
};

/// The default settings with these variables changed.
pub(crate) fn settings(vars: &[(&str, &str)]) -> Settings {
    let mut all = BTreeMap::from([
        ("MATOMO_URL".to_owned(), "https://matomo.example/matomo.php".to_owned()),
        ("MATOMO_TOKEN_AUTH".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    all.extend(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    let context = Context { now, read_file: &|path| Err(format!("no file {path}")) };
    settings::parse(&all, &context).unwrap().settings
}

/// A model of the small site with these variables changed.
pub(crate) fn model(vars: &[(&str, &str)], seed: u64) -> Model {
    Model::new(&settings(vars), Arc::new(content()), seed)
}

/// The visits of these numbers.
pub(crate) fn visits(model: &Model, numbers: std::ops::Range<u64>) -> impl Iterator<Item = Visit> {
    let mut out = Visit::default();
    numbers.map(move |index| {
        model.visit(index, &mut out);
        out.clone()
    })
}

/// Whether a hit is a page view.
pub(crate) fn is_view(kind: &Kind) -> bool {
    matches!(kind, Kind::PageView { .. })
}

/// How many pages a visit views.
pub(crate) fn page_views(visit: &Visit) -> usize {
    visit.hits.iter().filter(|hit| is_view(&hit.kind)).count()
}

/// Ten sections of 40 pages, and a few of everything else.
pub(crate) fn content() -> Content {
    let pages = (0..400_u32).map(|n| Page {
        url: format!("https://shop.example/section-{}/page-{}", n / 40, n % 40),
        title: format!("Page {} of section {}", n % 40, n / 40),
        origin: 0,
        section: n / 40,
    });
    let event = |category: &str, n: u32| Event {
        category: category.to_owned(),
        action: format!("action {n}"),
        name: Some(format!("name {n}")),
        value: None,
    };
    let referrer = |channel, n: u32| Referrer { url: format!("https://{channel:?}.example/{n}"), channel };
    let product = |n: u32| Product {
        sku: format!("SKU-{n}"),
        name: format!("Product {n}"),
        category: format!("Category {}", n / 10),
        price: u64::from(n * n * 45 + 499),
    };
    let agent = |device, weight| Agent {
        user_agent: format!("Agent for a {device:?}"),
        resolution: "1280x720".to_owned(),
        device,
        weight,
    };
    let country = |code: &str, weight, language, first: [u8; 4], prefix| Country {
        code: code.to_owned(),
        weight,
        languages: vec![(language, 3.0), (0, 1.0)],
        blocks: vec![(Ipv4Addr::from(first), prefix), (Ipv4Addr::new(198, 51, 100, first[0]), 32)],
    };
    let language = |lang: &str| Language { lang: lang.to_owned(), accept: format!("{lang};q=0.9") };
    Content {
        pages: pages.collect(),
        browsable: 400,
        sections: (0..10).map(|n| format!("section-{n}")).collect(),
        origins: vec!["https://shop.example".to_owned()],
        events: (0..6).map(|n| event("Click", n)).chain((0..4).map(|n| event("Random", n))).collect(),
        click_events: 0..6,
        random_events: 6..10,
        searches: (0..12).map(|n| SearchTerm { keyword: format!("term {n}"), results: n * 2 }).collect(),
        browsable_searches: 12,
        search_categories: vec!["Products".to_owned(), "Support".to_owned()],
        outlinks: (0..8).map(|n| format!("https://elsewhere.example/{n}")).collect(),
        browsable_outlinks: 8,
        downloads: (0..7).map(|n| format!("/files/{n}.pdf")).collect(),
        browsable_downloads: 7,
        referrers: (0..5)
            .flat_map(|n| {
                [Channel::Search, Channel::Social, Channel::Site].map(|channel| referrer(channel, n))
            })
            .collect(),
        campaigns: vec!["mtm_campaign=spring".to_owned(), "mtm_campaign=autumn".to_owned()],
        products: (0..30).map(product).collect(),
        browsable_products: 30,
        countries: vec![
            country("de", 3.0, 1, [192, 0, 2, 0], 24),
            country("fr", 2.0, 2, [203, 0, 113, 0], 24),
            country("us", 5.0, 0, [10, 0, 0, 0], 8),
        ],
        languages: vec![language("en-us"), language("de-de"), language("fr-fr")],
        agents: vec![agent(Device::Desktop, 35.0), agent(Device::Mobile, 60.0), agent(Device::Tablet, 5.0)],
        ..Content::default()
    }
}
