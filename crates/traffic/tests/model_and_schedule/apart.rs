//! One visitor's visits: never at the same time, never in one, always in order, on the timeline and on the wire.

use std::collections::HashMap;

use traffic::Schedule;

use crate::support::{model, settings, visits};

/// Walks `count` visits and asserts that no visitor's next one begins within 30 minutes of the end of the one before.
fn check(vars: &[(&str, &str)], count: u64) {
    let settings = settings(vars);
    let model = model(vars, 5);
    let realtime = settings.visits.pacing == settings::Pacing::Realtime;
    let schedule = Schedule::live(&settings.arrivals, 5, 1_780_000_000_000_000);
    let mut seen: HashMap<u64, (i64, i64)> = HashMap::new();
    let mut again = 0;
    for (visit, start) in visits(&model, 0..count).zip(schedule.cursor(0)) {
        let last = visit.hits.last().unwrap();
        let length_us = i64::from(last.offset_ms) * 1000;
        // In real time a visit lies after its start; compressed, its timeline ends at it and only the wire goes on.
        let (from, to, sent) = if realtime {
            (start.at_us, start.at_us + length_us, start.at_us + length_us)
        } else {
            (start.at_us - length_us, start.at_us, start.at_us + i64::from(last.send_ms) * 1000)
        };
        if let Some((ended, all_sent)) = seen.insert(visit.visitor, (to, sent)) {
            again += 1;
            assert!(
                from - ended > 30 * 60_000_000,
                "visit {}: {} s after the one before",
                visit.index,
                (from - ended) / 1_000_000
            );
            assert!(start.at_us > all_sent);
        }
    }
    assert!(again > count / 10, "{again} of {count} returned");
}

#[test]
fn visits_of_one_visitor_are_apart() {
    for shape in ["flat", "daily", "weekly"] {
        for pacing in ["compressed", "realtime"] {
            let rates = ["50", "1000", "20000", "200000"];
            for (rate, count) in rates.iter().zip([3000, 5000, 20_000, 50_000]) {
                let vars = [
                    ("TRAFFIC_SHAPE", shape),
                    ("VISIT_PACING", pacing),
                    ("TARGET_VISITS_PER_DAY", rate),
                    ("RETURNING_VISITORS_PROBABILITY", "0.9"),
                ];
                check(&vars, count);
            }
        }
    }
}

#[test]
fn long_visits_with_long_pauses_are_apart_too() {
    let vars = [
        ("VISIT_DURATION_MIN", "60"),
        ("VISIT_DURATION_MAX", "120"),
        ("PAUSE_BETWEEN_PVS_MIN", "60"),
        ("PAUSE_BETWEEN_PVS_MAX", "60"),
        ("PAGEVIEWS_MIN", "50"),
        ("PAGEVIEWS_MAX", "100"),
        ("RETURNING_VISITORS_PROBABILITY", "1"),
    ];
    check(&vars, 20_000);
}

#[test]
fn a_visit_s_vectors_are_reused() {
    let model = model(&[("ECOMMERCE_PROBABILITY", "0.5")], 1);
    let mut visit = traffic::Visit::default();
    (0..2000).for_each(|index| model.visit(index, &mut visit));
    let room = (visit.hits.capacity(), visit.orders.capacity());
    let lists = visit.orders.len() + visit.spare.len();
    (2000..20_000).for_each(|index| model.visit(index, &mut visit));
    assert_eq!(room, (visit.hits.capacity(), visit.orders.capacity()));
    assert_eq!(lists, visit.orders.len() + visit.spare.len(), "no list of items is dropped or made anew");
}
