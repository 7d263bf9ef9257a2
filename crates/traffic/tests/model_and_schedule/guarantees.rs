//! Guarantees 1 to 4 and 7 of the traffic model, over many settings and thousands of visits each.

use std::{collections::HashMap, sync::Arc};

use proptest::prelude::*;
use settings::Settings;
use traffic::{Content, Kind, Model, Visit, shard_of};

use crate::support::{content, is_view, page_views, settings, visits};

/// Thirty minutes: from such a gap on Matomo sees two visits.
const APART_MS: u32 = 30 * 60_000;

/// Settings as wide as they may be.
fn any_settings() -> impl Strategy<Value = Settings> {
    let pages = (1..=100_u32, 1..=100_u32);
    let minutes = (0.1..120.0_f64, 0.1..120.0_f64);
    let pauses = (0.0..60.0_f64, 0.0..60.0_f64);
    let odds = proptest::array::uniform8(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64]);
    let money = (0.01..400.0_f64, 0.01..400.0_f64, 0.0..0.5_f64, 1..=8_u32, 1..=8_u32);
    let flags = proptest::array::uniform4(any::<bool>());
    (pages, minutes, pauses, odds, money, flags, 1.0..100_000.0_f64).prop_map(
        |(pages, minutes, pauses, odds, money, flags, rate)| {
            let mut s = settings(&[]);
            let range = |a, b| {
                if a < b { settings::Range { min: a, max: b } } else { settings::Range { min: b, max: a } }
            };
            s.arrivals.visits_per_day = rate;
            s.visits.pageviews = settings::Range { min: pages.0.min(pages.1), max: pages.0.max(pages.1) };
            s.visits.duration_min = range(minutes.0, minutes.1);
            s.visits.pause_s = range(pauses.0, pauses.1);
            if flags[0] {
                s.visits.pages_per_visit = settings::PagesPerVisit::InverseGaussian;
            }
            if flags[1] {
                s.visits.popularity = settings::Popularity::Uniform;
            }
            if flags[2] {
                s.visits.pacing = settings::Pacing::Realtime;
            }
            s.features.randomize_countries = flags[3];
            let f = &mut s.features;
            [
                f.site_search,
                f.outlinks,
                f.downloads,
                f.click_events,
                f.random_events,
                f.direct_traffic,
                f.ecommerce,
                f.returning_visitors,
            ] = odds;
            s.ecommerce.order_value = range(money.0, money.1);
            s.ecommerce.tax_rate = money.2;
            s.ecommerce.items = settings::Range { min: money.3.min(money.4), max: money.3.max(money.4) };
            s
        },
    )
}

fn any_model() -> impl Strategy<Value = (Settings, Model)> {
    (any_settings(), any::<u64>()).prop_map(|(settings, seed)| {
        let model = Model::new(&settings, Arc::new(content()), seed);
        (settings, model)
    })
}

/// Guarantee 1, and what a visit is made of.
fn check_visit(settings: &Settings, content: &Content, visit: &Visit) {
    let views = page_views(visit);
    let range = settings.visits.pageviews;
    assert!((range.min as usize..=range.max as usize).contains(&views), "{views} page views");
    assert!(is_view(&visit.hits[0].kind), "the first hit is a page view");
    assert_eq!(visit.hits.last().unwrap().kind, Kind::Ping, "a ping closes the last page");
    assert_eq!(visit.hits.iter().filter(|hit| hit.kind == Kind::Ping).count(), 1);

    let mut page = None;
    let mut pv_ids = Vec::new();
    for hit in &visit.hits {
        if let Kind::PageView { from, timing } = hit.kind {
            assert_eq!(from, page, "the referrer of a page is the page before");
            assert!(hit.page < content.browsable);
            assert_ne!(from, Some(hit.page), "no page is viewed twice in a row");
            assert!(hit.pv_id < 1 << 24 && !pv_ids.contains(&hit.pv_id), "each page view has its own pv_id");
            assert!(timing.server > 0 && timing.network > 0);
            page = Some(hit.page);
            pv_ids.push(hit.pv_id);
        } else {
            assert_eq!(Some(hit.page), page, "an action is on the page viewed last");
            assert_eq!(hit.pv_id, *pv_ids.last().unwrap());
        }
        if views == 1 {
            assert!(
                matches!(hit.kind, Kind::PageView { .. } | Kind::Ping | Kind::Order(_)),
                "{:?}",
                hit.kind
            );
        }
        match hit.kind {
            Kind::PageView { .. } | Kind::Ping => {}
            Kind::Search { term, category } => {
                assert!(term < content.browsable_searches);
                assert!(category.is_none_or(|c| (c as usize) < content.search_categories.len()));
            }
            Kind::Outlink(link) => assert!(link < content.browsable_outlinks),
            Kind::Download(file) => assert!(file < content.browsable_downloads),
            Kind::Event(event) => assert!((event as usize) < content.events.len()),
            Kind::Cart(order) | Kind::Order(order) => assert!((order as usize) < visit.orders.len()),
        }
    }
    // Each kind of action once at the most.
    let count = |test: fn(&Kind) -> bool| visit.hits.iter().filter(|hit| test(&hit.kind)).count();
    assert!(count(|kind| matches!(kind, Kind::Search { .. })) <= 1);
    assert!(count(|kind| matches!(kind, Kind::Outlink(_))) <= 1);
    assert!(count(|kind| matches!(kind, Kind::Download(_))) <= 1);
    assert!(count(|kind| matches!(kind, Kind::Event(_))) <= 2);
    assert!(count(|kind| matches!(kind, Kind::Order(_))) <= 1);
    if let Some(order) = visit.hits.iter().position(|hit| matches!(hit.kind, Kind::Order(_))) {
        assert!(
            !visit.hits[order..].iter().any(|hit| is_view(&hit.kind)),
            "an order follows the last page view"
        );
        assert!(
            !visit.hits[order..].iter().any(|hit| matches!(hit.kind, Kind::Cart(_))),
            "the cart comes before"
        );
    }
}

/// Guarantee 3, the model's half, and the length.
fn check_timeline(settings: &Settings, visit: &Visit) {
    assert_eq!((visit.hits[0].offset_ms, visit.hits[0].send_ms), (0, 0));
    let pause = settings.visits.pause_s;
    for pair in visit.hits.windows(2) {
        let gap =
            pair[1].offset_ms.checked_sub(pair[0].offset_ms).expect("the timeline never goes backwards");
        assert!(gap < APART_MS, "a gap of {gap} ms");
        let wait = f64::from(pair[1].send_ms.checked_sub(pair[0].send_ms).expect("nor does the wire"));
        assert!(wait >= pause.min * 1000.0 - 1.0 && wait <= pause.max * 1000.0 + 1.0, "a pause of {wait} ms");
    }
    let length = f64::from(visit.hits.last().unwrap().offset_ms) / 60_000.0;
    let range = settings.visits.duration_min;
    // Few pages cannot hold a long visit: each is left after 29.5 minutes at the latest.
    let most = page_views(visit) as f64 * 29.5;
    assert!(length >= range.min.min(most) - 0.01, "{length} minutes, at least {}", range.min);
    assert!(length <= range.max.min(most) + 0.01, "{length} minutes, at most {}", range.max);
}

fn check_orders(settings: &Settings, content: &Content, visit: &Visit) {
    let ecommerce = &settings.ecommerce;
    for hit in &visit.hits {
        let (Kind::Order(index) | Kind::Cart(index)) = hit.kind else { continue };
        let order = &visit.orders[index as usize];
        let sum: u64 = order.items.iter().map(|item| item.price * u64::from(item.quantity)).sum();
        assert_eq!(order.subtotal, sum);
        assert_eq!(order.subtotal + order.shipping + order.tax, order.revenue);
        for (n, item) in order.items.iter().enumerate() {
            assert!(item.product < content.browsable_products && item.quantity > 0 && item.price > 0);
            assert!(
                !order.items[..n].iter().any(|other| other.product == item.product),
                "one line a product"
            );
        }
        if matches!(hit.kind, Kind::Order(_)) {
            let value = order.revenue as f64 / 100.0;
            let wanted = ecommerce.order_value;
            // A range within one hundredth holds the hundredth above it.
            assert!(
                value >= wanted.min - 0.01
                    && value <= wanted.max.max((wanted.min * 100.0).ceil() / 100.0) + 1e-9
            );
            assert!(order.items.len() <= ecommerce.items.max as usize);
            let off = order.tax as f64 - (order.subtotal + order.shipping) as f64 * ecommerce.tax_rate;
            let narrow = wanted.max - wanted.min < 0.02;
            assert!(off.abs() <= 0.5 + 1e-6 || narrow, "tax {} is off by {off}", order.tax);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn guarantee_1_a_visit_begins_with_a_page_and_one_page_has_no_actions((settings, model) in any_model()) {
        for visit in visits(&model, 0..300) {
            check_visit(&settings, model.content(), &visit);
        }
    }

    #[test]
    fn guarantee_2_links_and_files_lie_on_the_page_that_is_open((mut settings, _) in any_model(), seed in any::<u64>()) {
        settings.visits.pageviews.max = settings.visits.pageviews.max.max(2);
        (settings.features.outlinks, settings.features.downloads) = (1.0, 1.0);
        let model = Model::new(&settings, Arc::new(content()), seed);
        for visit in visits(&model, 0..300).filter(|visit| page_views(visit) > 1) {
            for (n, hit) in visit.hits.iter().enumerate() {
                if matches!(hit.kind, Kind::Outlink(_) | Kind::Download(_)) {
                    let open = visit.hits[..n].iter().rfind(|hit| is_view(&hit.kind)).unwrap();
                    prop_assert_eq!((hit.page, hit.pv_id), (open.page, open.pv_id));
                }
            }
            let links = visit.hits.iter().filter(|hit| matches!(hit.kind, Kind::Outlink(_) | Kind::Download(_)));
            prop_assert_eq!(links.count(), 2);
        }
    }

    #[test]
    fn guarantee_3_time_never_goes_backwards_and_no_gap_reaches_thirty_minutes((settings, model) in any_model()) {
        for visit in visits(&model, 0..300) {
            check_timeline(&settings, &visit);
            prop_assert!(u64::from(visit.hits.last().unwrap().offset_ms) <= model.longest_visit_ms());
        }
    }

    #[test]
    fn guarantee_4_a_visitor_keeps_agent_and_address((_, model) in any_model(), from in 0..1_000_000_u64) {
        let mut people = HashMap::new();
        for visit in visits(&model, from..from + 1500) {
            let person = (visit.agent, visit.language, visit.country, visit.address);
            prop_assert_eq!(*people.entry(visit.visitor).or_insert(person), person);
            prop_assert_eq!(model.visitor(visit.index), visit.visitor);
        }
    }

    #[test]
    fn orders_are_right_to_the_hundredth((mut settings, _) in any_model(), seed in any::<u64>()) {
        settings.features.ecommerce = 1.0;
        let model = Model::new(&settings, Arc::new(content()), seed);
        for visit in visits(&model, 0..300) {
            check_orders(&settings, model.content(), &visit);
        }
    }

    #[test]
    fn guarantee_7_a_visit_is_the_same_in_any_order((settings, model) in any_model(), picks in prop::collection::vec(0..50_000_u64, 50)) {
        let again = Model::new(&settings, Arc::new(content()), 77);
        let first = Model::new(&settings, Arc::new(content()), 77);
        let (mut a, mut b) = (Visit::default(), Visit::default());
        for index in picks {
            again.visit(index, &mut a);
            model.visit(index / 2, &mut b);
            first.visit(index, &mut b);
            prop_assert_eq!(format!("{:?}", (&a.hits, &a.orders, a.visitor, a.address)), format!("{:?}", (&b.hits, &b.orders, b.visitor, b.address)));
        }
    }

    #[test]
    fn guarantee_7_shards_share_out_the_visits_and_keep_visitors_whole((_, model) in any_model(), count in 1..9_u32) {
        let mut owner = HashMap::new();
        let mut sizes = vec![0_u32; count as usize];
        for index in 0..4000 {
            let visitor = model.visitor(index);
            let shard = shard_of(visitor, count);
            prop_assert!(shard < count, "each visit is in one shard");
            prop_assert_eq!(*owner.entry(visitor).or_insert(shard), shard);
            sizes[shard as usize] += 1;
        }
        prop_assert_eq!(sizes.iter().sum::<u32>(), 4000);
    }
}

#[test]
fn shards_are_alike_in_size() {
    let model = crate::support::model(&[], 3);
    for count in [2, 3, 7, 16] {
        let mut sizes = vec![0_u32; count as usize];
        (0..100_000).for_each(|index| sizes[shard_of(model.visitor(index), count) as usize] += 1);
        let mean = 100_000.0 / f64::from(count);
        assert!(sizes.iter().all(|&size| (f64::from(size) / mean - 1.0).abs() < 0.05), "{sizes:?}");
    }
}
