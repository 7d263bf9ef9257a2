//! How visits use the built-in content: popularity, sections, baskets, people.

use std::{collections::HashMap, sync::Arc};

use traffic::{Content, Kind, Model, Order, Visit};

use crate::support::{is_view, settings, visits};

fn built_in(vars: &[(&str, &str)]) -> Model {
    Model::new(&settings(vars), Arc::new(Content::built_in()), 1)
}

/// How often each page is viewed, from the most popular on.
fn page_counts(model: &Model, count: u64) -> Vec<u32> {
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for visit in visits(model, 0..count) {
        for hit in visit.hits.iter().filter(|hit| is_view(&hit.kind)) {
            *seen.entry(hit.page).or_default() += 1;
        }
    }
    let mut counts: Vec<u32> = seen.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

#[test]
fn page_popularity_falls_as_zipf_says() {
    let counts = page_counts(&built_in(&[]), 50_000);
    assert!(counts.len() > 1900, "{} pages viewed", counts.len());
    let ratio = f64::from(counts[4]) / f64::from(counts[499]);
    let wanted = 100_f64.powf(0.8);
    assert!((ratio / wanted - 1.0).abs() < 0.35, "the 5th to the 500th: {ratio}, wanted about {wanted}");
    let even = page_counts(&built_in(&[("PAGE_POPULARITY", "uniform")]), 50_000);
    assert!(f64::from(even[19]) < 1.5 * f64::from(even[1000]), "{} and {}", even[19], even[1000]);
}

#[test]
fn which_pages_are_popular_does_not_depend_on_the_seed() {
    let top = |seed| {
        let model = Model::new(&settings(&[]), Arc::new(Content::built_in()), seed);
        let mut seen: HashMap<u32, u32> = HashMap::new();
        visits(&model, 0..20_000).for_each(|visit| *seen.entry(visit.hits[0].page).or_default() += 1);
        seen.into_iter().max_by_key(|&(_, count)| count).unwrap().0
    };
    assert_eq!(top(1), top(2));
}

#[test]
fn the_next_page_is_more_often_of_the_same_section() {
    let model = built_in(&[]);
    let section = |page: u32| model.content().pages[page as usize].section;
    let (mut same, mut all) = (0, 0);
    for visit in visits(&model, 0..10_000) {
        for hit in &visit.hits {
            if let Kind::PageView { from: Some(from), .. } = hit.kind {
                all += 1;
                same += u32::from(section(from) == section(hit.page));
            }
        }
    }
    let share = f64::from(same) / f64::from(all);
    assert!((0.6..0.75).contains(&share), "{share} of the next pages are of the same section");
}

fn orders(model: &Model, count: u64) -> Vec<Order> {
    let of = |visit: Visit| {
        let bought =
            visit.hits.iter().find_map(|hit| if let Kind::Order(n) = hit.kind { Some(n) } else { None });
        bought.map(|n| visit.orders[n as usize].clone())
    };
    visits(model, 0..count).filter_map(of).collect()
}

#[test]
fn orders_look_like_orders() {
    let model = built_in(&[("ECOMMERCE_PROBABILITY", "1")]);
    let orders = orders(&model, 20_000);
    assert_eq!(orders.len(), 20_000);
    let lines: Vec<usize> = orders.iter().map(|order| order.items.len()).collect();
    let single = lines.iter().filter(|&&lines| lines == 1).count() as f64 / 20_000.0;
    assert!((0.57..0.63).contains(&single), "{single} of the orders have one line");
    assert!(lines.iter().all(|lines| (1..=5).contains(lines)) && lines.contains(&5));

    let items: Vec<_> = orders.iter().flat_map(|order| &order.items).collect();
    let ones = items.iter().filter(|item| item.quantity == 1).count() as f64 / items.len() as f64;
    assert!(ones > 0.8, "{ones} of the lines have a quantity of 1");
    for item in &items {
        let list = model.content().products[item.product as usize].price as f64;
        let off = (item.price as f64 / list - 1.0).abs();
        assert!(off <= 0.05 + 1e-9, "{} for {list}", item.price);
    }
    let products: std::collections::HashSet<u32> = items.iter().map(|item| item.product).collect();
    assert!(products.len() > 30, "{} products are bought", products.len());
    let shippings: std::collections::HashSet<u64> = orders.iter().map(|order| order.shipping).collect();
    assert_eq!(shippings, [0, 599, 999, 1599].into());
    assert!(orders.iter().all(|order| (1599..=29_999).contains(&order.revenue)));
    assert!(
        orders
            .iter()
            .all(|order| order.tax == ((order.subtotal + order.shipping) as f64 * 0.1).round() as u64)
    );
}

#[test]
fn countries_languages_and_addresses_agree() {
    let model = built_in(&[]);
    let content = model.content();
    for visit in visits(&model, 0..20_000) {
        let country = &content.countries[visit.country.unwrap() as usize];
        assert!(
            country.languages.iter().any(|&(language, _)| language == visit.language),
            "{}",
            country.code
        );
        let address = visit.address.unwrap().to_bits();
        let inside =
            country.blocks.iter().any(|&(first, prefix)| (address ^ first.to_bits()) >> (32 - prefix) == 0);
        assert!(inside, "{} in {}", visit.address.unwrap(), country.code);
    }
    let plain = built_in(&[("RANDOMIZE_VISITOR_COUNTRIES", "false")]);
    assert!(visits(&plain, 0..1000).all(|visit| visit.country.is_none() && visit.address.is_none()));
}

#[test]
fn devices_are_shared_as_the_agents_weigh_and_desktops_buy_more() {
    let model = built_in(&[]);
    let (mut all, mut bought) = ([0_u32; 3], [0_u32; 3]);
    for visit in visits(&model, 0..100_000) {
        let device = model.content().agents[visit.agent as usize].device as usize;
        all[device] += 1;
        bought[device] += u32::from(visit.hits.iter().any(|hit| matches!(hit.kind, Kind::Order(_))));
    }
    let rate = |device: usize| f64::from(bought[device]) / f64::from(all[device]);
    let ratio = rate(0) / rate(1);
    assert!((1.4..1.9).contains(&ratio), "desktops buy {ratio} times as often as phones");
}
