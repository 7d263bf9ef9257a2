//! Guarantee 5, the model's half: each probability is met within its confidence bound over 100,000 visits.

use traffic::{Kind, Visit, content::Channel};

use crate::support::{content, model, page_views, visits};

const VISITS: u64 = 100_000;

/// Asserts that `count` of `n` visits is what probability `p` gives, within 4 standard deviations: a right model
/// fails once in 16,000 seeds, and the seed is fixed.
#[track_caller]
fn assert_rate(what: &str, count: usize, n: u64, p: f64) {
    let n = n as f64;
    let deviation = (count as f64 - n * p).abs();
    let bound = 4.0 * (n * p * (1.0 - p)).sqrt() + 1e-9;
    assert!(deviation <= bound, "{what}: {count} of {n}, wanted {} ± {bound}", n * p);
}

fn has(visit: &Visit, test: impl Fn(&Kind) -> bool) -> bool {
    visit.hits.iter().any(|hit| test(&hit.kind))
}

fn check_all(vars: &[(&str, &str)], seed: u64, wanted: [f64; 7]) {
    let content = content();
    let model = model(vars, seed);
    let mut seen = [0; 7];
    for visit in visits(&model, 0..VISITS) {
        let tests = [
            has(&visit, |kind| matches!(kind, Kind::Search { .. })),
            has(&visit, |kind| matches!(kind, Kind::Outlink(_))),
            has(&visit, |kind| matches!(kind, Kind::Download(_))),
            has(&visit, |kind| matches!(kind, Kind::Event(event) if content.click_events.contains(event))),
            has(&visit, |kind| matches!(kind, Kind::Event(event) if content.random_events.contains(event))),
            has(&visit, |kind| matches!(kind, Kind::Order(_))),
            visit.referrer.is_none(),
        ];
        for (count, test) in seen.iter_mut().zip(tests) {
            *count += usize::from(test);
        }
    }
    let names = ["site search", "outlink", "download", "click event", "random event", "order", "direct"];
    for ((name, count), p) in names.iter().zip(seen).zip(wanted) {
        assert_rate(name, count, VISITS, p);
    }
}

#[test]
fn each_default_probability_is_met() {
    check_all(&[], 1, [0.15, 0.10, 0.08, 0.25, 0.12, 0.05, 0.30]);
}

#[test]
fn each_probability_is_met_although_one_visit_in_three_views_one_page() {
    let vars = [("PAGEVIEWS_MIN", "1"), ("PAGEVIEWS_MAX", "3")];
    check_all(&vars, 2, [0.15, 0.10, 0.08, 0.25, 0.12, 0.05, 0.30]);
}

#[test]
fn each_probability_is_met_with_an_inverse_gaussian_and_few_direct_visits() {
    let vars = [
        ("PAGEVIEWS_MIN", "1"),
        ("PAGEVIEWS_MAX", "100"),
        ("PAGES_PER_VISIT", "inverse_gaussian"),
        ("DIRECT_TRAFFIC_PROBABILITY", "0.05"),
        ("ECOMMERCE_PROBABILITY", "0.3"),
        ("SITESEARCH_PROBABILITY", "0.4"),
    ];
    check_all(&vars, 3, [0.40, 0.10, 0.08, 0.25, 0.12, 0.30, 0.05]);
}

#[test]
fn nothing_happens_at_probability_zero_and_everything_at_one() {
    for (value, p) in [("0", 0.0), ("1", 1.0)] {
        let names = [
            "SITESEARCH",
            "OUTLINKS",
            "DOWNLOADS",
            "CLICK_EVENTS",
            "RANDOM_EVENTS",
            "ECOMMERCE",
            "DIRECT_TRAFFIC",
        ];
        let vars: Vec<(String, &str)> =
            names.iter().map(|name| (format!("{name}_PROBABILITY"), value)).collect();
        let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        check_all(&vars, 4, [p; 7]);
    }
}

#[test]
fn what_is_not_direct_is_split_35_to_15_to_20() {
    for direct in [0.0, 0.05, 0.30, 0.9] {
        let content = content();
        let model = model(&[("DIRECT_TRAFFIC_PROBABILITY", &direct.to_string())], 5);
        let mut seen = [0; 3];
        let mut campaigns = 0;
        for visit in visits(&model, 0..VISITS) {
            if let Some(referrer) = visit.referrer {
                let channel = content.referrers[referrer as usize].channel;
                seen[channel as usize] += 1;
                assert!(visit.campaign.is_none() || channel == Channel::Search);
            }
            campaigns += usize::from(visit.campaign.is_some());
        }
        let rest = (1.0 - direct) / 70.0;
        for (count, weight) in seen.iter().zip([35.0, 15.0, 20.0]) {
            assert_rate("channel", *count, VISITS, weight * rest);
        }
        assert_rate("campaign", campaigns, VISITS, 35.0 * rest * 0.22);
    }
}

#[test]
fn pages_per_visit_are_uniform_over_the_range() {
    let mut seen = [0; 7];
    for visit in visits(&model(&[], 6), 0..VISITS) {
        seen[page_views(&visit)] += 1;
    }
    assert_eq!(seen[..3], [0, 0, 0]);
    for count in &seen[3..] {
        assert_rate("page views", *count, VISITS, 0.25);
    }
}

#[test]
fn returning_visitors_have_their_share_once_there_is_somebody_to_return() {
    for share in ["0", "0.2", "0.48", "0.9"] {
        // 1,000 a day: the first two epochs are short.
        let vars = [("RETURNING_VISITORS_PROBABILITY", share), ("TARGET_VISITS_PER_DAY", "1000")];
        let model = model(&vars, 7);
        let mut first = std::collections::HashSet::new();
        let warm = 1000;
        let mut returned = 0;
        for visit in visits(&model, 0..VISITS + warm) {
            let seen = !first.insert(visit.visitor);
            assert_eq!(seen, visit.returning, "visit {}", visit.index);
            returned += usize::from(visit.index >= warm && seen);
        }
        assert_rate("returning", returned, VISITS, share.parse().unwrap());
    }
}

#[test]
fn abandoned_carts_go_with_ecommerce() {
    let model = model(&[], 8);
    let (mut abandoned, mut ordered) = (0, 0);
    for visit in visits(&model, 0..VISITS) {
        let orders = has(&visit, |kind| matches!(kind, Kind::Order(_)));
        let carts = has(&visit, |kind| matches!(kind, Kind::Cart(_)));
        assert!(carts || !orders, "what is bought was in the cart before");
        ordered += usize::from(orders);
        abandoned += usize::from(carts && !orders);
    }
    let rate = abandoned as f64 / (abandoned + ordered) as f64;
    assert!((0.69..0.71).contains(&rate), "{rate} of the carts are abandoned");
}

#[test]
fn a_third_of_the_searches_name_a_category() {
    let model = model(&[("SITESEARCH_PROBABILITY", "1")], 9);
    let mut with = 0;
    for visit in visits(&model, 0..VISITS) {
        with += usize::from(has(&visit, |kind| matches!(kind, Kind::Search { category: Some(_), .. })));
    }
    assert_rate("category", with, VISITS, 0.3);
}
