//! Files that are taken, and what becomes of them.

use traffic::{
    Content, Item, Order, Step, StepKind,
    content::{Fault, File, Sources, events, urls},
    funnel::{self, Action},
};

fn load(files: &[(File, &str)]) -> Result<Content, Vec<Fault>> {
    let mut sources = Sources::default();
    for (file, text) in files {
        sources.set(*file, format!("/content/{}", file.name()), *text);
    }
    Content::load(&sources)
}

#[test]
fn the_example_funnels_are_valid_and_told_apart() {
    let text = include_str!("../../../../config/funnels.example.json");
    let content = load(&[(File::Funnels, text)]).unwrap();
    let names: Vec<(&str, u32, bool)> =
        content.funnels.iter().map(|f| (f.name.as_str(), f.priority, f.exit_after_completion)).collect();
    assert_eq!(names, [("Purchase", 1, true), ("Lead", 2, true), ("Content", 3, false)]);
    // the cart, the checkout and its thanks are pages that only the funnel knows
    assert_eq!((content.browsable, content.pages.len()), (2000, 2003));
    assert_eq!((content.browsable_searches, content.searches.len()), (37, 37));
    assert_eq!((content.browsable_outlinks, content.outlinks.len()), (25, 25));
    assert_eq!((content.browsable_downloads, content.downloads.len()), (20, 20));
    assert_eq!((content.browsable_products, content.products.len()), (50, 50));
    assert_eq!((content.random_events.end, content.events.len()), (32, 33));
    let Some(Step { delay_ms: (3000, 15000), kind: StepKind::Order(template) }) =
        content.funnels[0].steps.last()
    else {
        panic!("the purchase ends with an order");
    };
    let order = template.order.as_ref().unwrap();
    assert_eq!((order.revenue, order.subtotal, order.tax, order.shipping), (22549, 19900, 2050, 599));
    assert_eq!(template.currency.as_deref(), Some("USD"));
}

#[test]
fn funnels_are_tried_in_ascending_priority_and_disabled_ones_never() {
    let text = r#"{ "funnels": [
        { "name": "late", "probability": 1, "priority": 9, "steps": [{ "type": "pageview", "url": "https://a.example/" }] },
        { "name": "off", "probability": 1, "enabled": false, "steps": [{ "type": "pageview", "url": "https://b.example/" }] },
        { "name": "first", "probability": 1, "steps": [{ "type": "pageview", "url": "https://a.example/" }] },
        { "name": "second", "probability": 1, "steps": [{ "type": "pageview", "url": "https://a.example/", "title": "A" }] }
    ] }"#;
    let content = load(&[(File::Funnels, text)]).unwrap();
    let names: Vec<&str> = content.funnels.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "late"]);
    // one page without a title of its own, one with; none of the disabled funnel
    assert_eq!(content.pages.len(), 2002);
    assert_eq!(content.origins, ["https://example.com", "https://a.example"]);
    assert!(content.pages.iter().all(|page| (page.section as usize) < content.sections.len()));
    assert_eq!(funnel::validate(text).unwrap().len(), 4);
}

#[test]
fn a_step_says_what_it_says_in_numbers() {
    let text = r#"[ { "name": "F", "probability": 0.25, "steps": [
        { "type": "pageview", "url": "https://example.com/products/laptops/aurora-13", "delay_seconds_min": 0.5 },
        { "type": "event", "event_category": "Navigation", "event_action": "Click", "event_name": "Main menu",
          "url": "https://example.com/products/laptops/aurora-13", "event_value": null },
        { "type": "site_search", "search_keyword": "laptop", "search_results": 3, "search_category": "Kits" },
        { "type": "site_search", "search_keyword": "zither", "search_category": "" },
        { "type": "outlink", "target_url": "https://matomo.org/guides/" },
        { "type": "download", "target_url": "/new.pdf", "delay_seconds_min": 1, "delay_seconds_max": 3600 },
        { "type": "ecommerce" },
        { "type": "ecommerce", "ecommerce_revenue": 300 },
        { "type": "ecommerce", "ecommerce_items": [["X-1", "Thing", "Things", 2.5, 4], { "sku": "COM-01", "name": "Aurora 13 Laptop", "category": "Computers", "price": 1000 }], "ecommerce_revenue": 1111 }
    ] } ]"#;
    let content = load(&[(File::Funnels, text)]).unwrap();
    let kinds: Vec<&StepKind> = content.funnels[0].steps.iter().map(|step| &step.kind).collect();
    assert_eq!(*kinds[0], StepKind::PageView { page: 0 });
    assert_eq!(content.funnels[0].steps[0].delay_ms, (500, 500));
    assert_eq!(*kinds[1], StepKind::Event { event: 0 });
    assert_eq!(*kinds[2], StepKind::Search { term: 0, category: Some(5) });
    assert_eq!(content.search_categories[5], "Kits");
    // the funnel's word on a keyword holds for all traffic
    assert_eq!(content.searches[0].results, 3);
    assert_eq!(*kinds[3], StepKind::Search { term: 37, category: None });
    assert_eq!(content.searches[37].keyword, "zither");
    assert_eq!(*kinds[4], StepKind::Outlink(6));
    assert_eq!(*kinds[5], StepKind::Download(20));
    assert_eq!(content.funnels[0].steps[5].delay_ms, (1000, 3_600_000));
    let orders: Vec<Option<&Order>> = kinds[6..]
        .iter()
        .map(|kind| match kind {
            StepKind::Order(template) => template.order.as_ref(),
            other => panic!("{other:?} is no order"),
        })
        .collect();
    assert_eq!(orders[0], None, "it is drawn");
    let alone = orders[1].unwrap();
    assert_eq!((alone.revenue, alone.subtotal, alone.tax, alone.shipping), (30000, 30000, 0, 0));
    assert_eq!(content.products[alone.items[0].product as usize].price, 29900, "the nearest in price");
    assert_eq!((alone.items[0].price, alone.items[0].quantity), (30000, 1));
    let listed = orders[2].unwrap();
    assert_eq!((listed.revenue, listed.subtotal, listed.tax, listed.shipping), (111_100, 101_000, 10_100, 0));
    assert_eq!(
        listed.items,
        [Item { product: 50, price: 250, quantity: 4 }, Item { product: 0, price: 100_000, quantity: 1 }]
    );
    assert_eq!(content.products[50].name, "Thing");
}

#[test]
fn the_action_name_of_a_page_view_comes_before_its_title() {
    let text = r#"[ { "name": "F", "probability": 1, "steps": [
        { "type": "pageview", "url": "https://example.com/x", "title": "T", "action_name": "N" },
        { "type": "pageview", "url": "https://example.com/x", "title": "T", "action_name": "" },
        { "type": "pageview", "url": "https://example.com/x" }
    ] } ]"#;
    let titles: Vec<Option<String>> = funnel::validate(text).unwrap()[0]
        .steps
        .iter()
        .map(|step| match &step.action {
            Action::PageView { title, .. } => title.clone(),
            other => panic!("{other:?} is no page view"),
        })
        .collect();
    assert_eq!(titles, [Some("N".to_owned()), Some("T".to_owned()), None]);
}

#[test]
fn a_list_of_urls_takes_the_place_of_the_built_in_one() {
    let content = load(&[(File::Urls, "https://shop.example/ Shop\nhttps://shop.example/blog/a\n")]).unwrap();
    assert_eq!((content.browsable, content.pages.len()), (2, 2));
    assert_eq!(content.pages[1].title, "A");
    // of the journeys' sections the site has one
    let preferred: Vec<&[u32]> = content.journeys.iter().map(|journey| journey.sections.as_slice()).collect();
    assert_eq!(preferred, [&[1][..], &[], &[1]]);
}

#[test]
fn events_and_their_probabilities_take_the_place_of_the_built_in_ones() {
    let text = r#"{ "click_events": [], "random_events": [ { "category": " A ", "action": "B", "name": null, "value": -1.5 } ],
                    "click_events_probability": 0, "random_events_probability": 0.75 }"#;
    let content = load(&[(File::Events, text)]).unwrap();
    assert_eq!((content.click_events.clone(), content.random_events.clone()), (0..0, 0..1));
    assert_eq!(
        (content.click_events_probability, content.random_events_probability),
        (Some(0.0), Some(0.75))
    );
    assert_eq!((content.events[0].category.as_str(), content.events[0].value), ("A", Some(-1.5)));
    let built_in = Content::built_in();
    assert_eq!((built_in.click_events_probability, built_in.random_events_probability), (None, None));
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_tolerated() {
    assert_eq!(urls::validate("\u{feff}https://example.com/ A\r\n#\r\n").unwrap().pages[0].title, "A");
    assert!(events::validate("\u{feff}{\r\n\"click_events\": []\r\n}\r\n").is_ok());
    assert!(funnel::validate("\u{feff}[]\r\n").unwrap().is_empty());
}

#[test]
fn the_faults_of_all_files_come_at_once_by_the_names_that_the_user_gave() {
    let faults = load(&[(File::Urls, "nowhere"), (File::Events, "{}"), (File::Products, "[]")]).unwrap_err();
    let files: Vec<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
    assert_eq!(files, ["/content/urls.txt", "/content/events.json", "/content/products.json"]);
}
