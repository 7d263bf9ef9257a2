//! Funnels and journeys: what they make of a visit.

use std::sync::Arc;

use traffic::{
    Content, Funnel, Item, Journey, Kind, Model, Order, OrderTemplate, Step, StepKind, Visit,
    journey::{Channels, Dwell, Features, Pages},
};

use crate::support::{content, is_view, page_views, settings, visits};

fn step(delay_ms: (u32, u32), kind: StepKind) -> Step {
    Step { delay_ms, kind }
}

fn view(page: u32) -> Step {
    step((1000, 2000), StepKind::PageView { page })
}

fn funnel(name: &str, probability: f64, exit_after_completion: bool, steps: Vec<Step>) -> Funnel {
    Funnel { name: name.to_owned(), probability, exit_after_completion, steps, ..Funnel::default() }
}

/// A purchase that the file spells out.
fn given_order() -> Order {
    let items = vec![Item { product: 3, price: 2000, quantity: 2 }];
    Order { items, revenue: 4900, subtotal: 4000, tax: 400, shipping: 500 }
}

/// All six kinds of step.
fn all_steps() -> Vec<Step> {
    vec![
        view(11),
        step((0, 0), StepKind::Event { event: 7 }),
        step((60_000, 60_000), StepKind::Search { term: 2, category: Some(1) }),
        view(12),
        step((5000, 9000), StepKind::Download(4)),
        step((0, 3_600_000), StepKind::Order(OrderTemplate { order: Some(given_order()), currency: None })),
        step((0, 0), StepKind::Order(OrderTemplate::default())),
        step((700, 700), StepKind::Outlink(5)),
    ]
}

fn with_funnels(funnels: Vec<Funnel>, vars: &[(&str, &str)]) -> Model {
    let content = Content { funnels, ..content() };
    Model::new(&settings(vars), Arc::new(content), 1)
}

/// What the steps of a funnel became, as far as they are fixed.
fn check_steps(visit: &Visit) {
    let kinds: Vec<Kind> = visit.hits.iter().map(|hit| hit.kind).collect();
    assert!(matches!(kinds[0], Kind::PageView { from: None, .. }));
    assert_eq!(kinds[1], Kind::Event(7));
    assert_eq!(kinds[2], Kind::Search { term: 2, category: Some(1) });
    assert!(matches!(kinds[3], Kind::PageView { from: Some(11), .. }));
    assert_eq!(kinds[4], Kind::Download(4));
    assert_eq!(kinds[5..8], [Kind::Order(0), Kind::Order(1), Kind::Outlink(5)]);
    let pages: Vec<u32> = visit.hits[..8].iter().map(|hit| hit.page).collect();
    assert_eq!(pages, [11, 11, 11, 12, 12, 12, 12, 12]);
    assert_eq!(visit.orders[0], given_order());
    let drawn = &visit.orders[1];
    assert_eq!(drawn.subtotal + drawn.shipping + drawn.tax, drawn.revenue);
    assert!(!drawn.items.is_empty());

    let gaps: Vec<u32> = visit.hits.windows(2).map(|pair| pair[1].offset_ms - pair[0].offset_ms).collect();
    assert!((1000..=2000).contains(&gaps[0]) && gaps[1] == 0 && gaps[2] == 60_000);
    assert!((1000..=2000).contains(&gaps[3]) && (5000..=9000).contains(&gaps[4]));
    assert_eq!((gaps[6], gaps[7]), (0, 700));
    assert!(gaps.iter().all(|&gap| gap < 30 * 60_000), "an hour's delay would make two visits of one");
}

#[test]
fn a_funnel_that_exits_is_the_whole_visit() {
    let model = with_funnels(vec![funnel("all", 1.0, true, all_steps())], &[("ECOMMERCE_PROBABILITY", "1")]);
    for visit in visits(&model, 0..2000) {
        assert_eq!(visit.funnel, Some(0));
        check_steps(&visit);
        assert_eq!(visit.hits.len(), 9);
        assert_eq!(visit.hits[8].kind, Kind::Ping);
        assert_eq!((visit.hits[8].page, visit.hits[8].pv_id), (12, visit.hits[3].pv_id));
        assert!(u64::from(visit.hits[8].offset_ms) <= model.longest_visit_ms());
    }
}

#[test]
fn a_funnel_that_does_not_exit_goes_on_browsing_in_the_same_visit() {
    let vars = [
        ("PAGEVIEWS_MIN", "1"),
        ("PAGEVIEWS_MAX", "8"),
        ("CLICK_EVENTS_PROBABILITY", "1"),
        ("ECOMMERCE_PROBABILITY", "1"),
    ];
    let model = with_funnels(vec![funnel("all", 1.0, false, all_steps())], &vars);
    for visit in visits(&model, 0..2000) {
        check_steps(&visit);
        assert!(matches!(visit.hits[8].kind, Kind::PageView { from: Some(12), .. }), "browsing goes on");
        assert!((3..=8).contains(&page_views(&visit)));
        assert_eq!(visit.hits.last().unwrap().kind, Kind::Ping);
        assert!(visit.hits.iter().skip(8).all(|hit| !matches!(hit.kind, Kind::Order(_))), "bought already");
        let ascending = visit.hits.windows(2).all(|pair| pair[0].offset_ms <= pair[1].offset_ms);
        assert!(ascending && visit.hits.windows(2).all(|pair| pair[0].send_ms <= pair[1].send_ms));
        assert!(u64::from(visit.hits.last().unwrap().offset_ms) <= model.longest_visit_ms());
    }
}

#[test]
fn the_first_funnel_whose_chance_comes_up_is_run() {
    let funnels = vec![
        funnel("often", 0.5, true, vec![view(1)]),
        funnel("rare", 0.2, true, vec![view(2)]),
        funnel("never", 0.0, true, vec![view(3)]),
    ];
    let model = with_funnels(funnels, &[]);
    let mut seen = [0_u32; 4];
    for visit in visits(&model, 0..50_000) {
        seen[visit.funnel.map_or(3, |funnel| funnel as usize)] += 1;
    }
    let share = |n: usize| f64::from(seen[n]) / 50_000.0;
    assert!((share(0) - 0.5).abs() < 0.01 && (share(1) - 0.1).abs() < 0.01, "{seen:?}");
    assert!(seen[2] == 0 && (share(3) - 0.4).abs() < 0.01, "{seen:?}");
}

#[test]
fn one_funnel_can_be_asked_for() {
    let funnels = vec![funnel("first", 1.0, true, vec![view(1)]), funnel("second", 0.0, true, vec![view(2)])];
    let model = with_funnels(funnels, &[]);
    let only = model.clone().with_only_funnel("second").unwrap();
    assert!(visits(&only, 0..100).all(|visit| visit.funnel == Some(1) && visit.hits[0].page == 2));
    let error = model.with_only_funnel("third").unwrap_err();
    assert_eq!(error.to_string(), "no enabled funnel is called \"third\"; there is first, second");
}

#[test]
fn an_order_without_products_still_has_right_sums() {
    let steps = vec![view(1), step((0, 0), StepKind::Order(OrderTemplate::default()))];
    let content = Content {
        funnels: vec![funnel("buy", 1.0, true, steps)],
        products: Vec::new(),
        browsable_products: 0,
        ..content()
    };
    let model = Model::new(&settings(&[]), Arc::new(content), 1);
    for visit in visits(&model, 0..200) {
        let order = &visit.orders[0];
        assert_eq!(order.subtotal + order.shipping + order.tax, order.revenue);
        assert!((1599..=29_999).contains(&order.revenue));
    }
}

fn journey(name: &str, bounce: f64, pages: Pages, features: Features) -> Journey {
    Journey {
        name: name.to_owned(),
        bounce,
        pages,
        features,
        dwell: Dwell { shape: 0.7, scale_s: 50.0 },
        channels: Channels { direct: 1.0, social: 1.0, campaign: 2.0, ..Channels::default() },
        sections: vec![2, 3],
        section_affinity: 0.7,
        ..Journey::default()
    }
}

fn with_journeys(mix: &str) -> Model {
    let long = Pages { min: 4, max: 40, mean: 14.0, shape: 30.0 };
    let short = Pages { min: 2, max: 8, mean: 3.0, shape: 6.0 };
    let reads = Features { site_search: Some(0.5), ..Features::default() };
    let buys = Features { ecommerce: Some(0.4), cart: Some(0.6), ..Features::default() };
    let content = Content {
        journeys: vec![journey("researcher", 0.0, long, reads), journey("casual", 0.6, short, buys)],
        ..content()
    };
    Model::new(&settings(&[("JOURNEY_MIX", mix)]), Arc::new(content), 1)
}

#[test]
fn journeys_have_their_shares_and_their_figures() {
    let model = with_journeys("researcher=1,casual=3");
    let mut count = [0_u32; 2];
    let (mut pages, mut bounced, mut searched, mut bought, mut carts) =
        ([0_u32; 2], [0_u32; 2], [0_u32; 2], [0_u32; 2], [0_u32; 2]);
    let (mut direct, mut campaigns, mut at_home, mut views) = (0_u32, 0_u32, 0_u32, 0_u32);
    for visit in visits(&model, 0..100_000) {
        let journey = visit.journey.unwrap() as usize;
        let has = |test: fn(&Kind) -> bool| u32::from(visit.hits.iter().any(|hit| test(&hit.kind)));
        count[journey] += 1;
        pages[journey] += page_views(&visit) as u32;
        bounced[journey] += u32::from(page_views(&visit) == 1);
        searched[journey] += has(|kind| matches!(kind, Kind::Search { .. }));
        bought[journey] += has(|kind| matches!(kind, Kind::Order(_)));
        carts[journey] += has(|kind| matches!(kind, Kind::Cart(_)));
        direct += u32::from(visit.referrer.is_none() && visit.campaign.is_none());
        campaigns += u32::from(visit.campaign.is_some());
        for hit in visit.hits.iter().filter(|hit| is_view(&hit.kind)) {
            views += 1;
            at_home += u32::from([2, 3].contains(&model.content().pages[hit.page as usize].section));
        }
        assert!(visit.hits.last().unwrap().offset_ms <= 3_600_000, "an hour at the most");
        assert!(visit.hits.windows(2).all(|pair| pair[1].offset_ms - pair[0].offset_ms < 30 * 60_000));
    }
    let near = |met: f64, wanted: f64| assert!((met - wanted).abs() < 0.015, "{met}, wanted {wanted}");
    let rate = |counts: [u32; 2], journey: usize| f64::from(counts[journey]) / f64::from(count[journey]);
    near(f64::from(count[0]) / 100_000.0, 0.25);
    near(f64::from(direct) / 100_000.0, 0.25);
    near(f64::from(campaigns) / 100_000.0, 0.5);
    near(rate(bounced, 0), 0.0);
    near(rate(bounced, 1), 0.6);
    assert!((rate(pages, 0) - 14.0).abs() < 0.3, "{}", rate(pages, 0));
    near(rate(searched, 0), 0.5);
    near(rate(searched, 1), 0.15);
    near(rate(bought, 1), 0.4);
    near(rate(bought, 0), 0.05);
    // One-page visits, a fifth of those that have a cart at so many, buy without a cart update before.
    assert!(rate(carts, 1) > 0.35 && rate(carts, 1) < 0.61, "{}", rate(carts, 1));
    assert!(f64::from(at_home) / f64::from(views) > 0.7, "it keeps to its sections");
}

#[test]
fn without_a_mix_no_journey_is_used_and_unknown_names_are_told() {
    assert!(visits(&with_journeys(""), 0..100).all(|visit| visit.journey.is_none()));
    let settings = settings(&[("JOURNEY_MIX", "buyer=1,casual=1")]);
    let content = with_journeys("casual=1").content().clone();
    assert_eq!(Model::unknown_journeys(&settings, &content), ["buyer"]);
    assert!(visits(&Model::new(&settings, content, 1), 0..100).all(|visit| visit.journey == Some(1)));
}

#[test]
fn nobody_buys_on_a_journey_when_ecommerce_is_off() {
    let content = with_journeys("casual=1").content().clone();
    let settings = settings(&[("JOURNEY_MIX", "casual=1"), ("ECOMMERCE_PROBABILITY", "0")]);
    let model = Model::new(&settings, content, 1);
    assert!(visits(&model, 0..5000).all(|visit| visit.orders.is_empty()));
}
