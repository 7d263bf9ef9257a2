//! What went wrong in the generator that this one replaces, each shown not to happen.

use std::{collections::HashSet, sync::Arc, thread};

use traffic::{Content, Kind, Model, Schedule, Visit, shard_of};

use crate::support::{page_views, settings, visits};

fn built_in(vars: &[(&str, &str)], seed: u64) -> Model {
    Model::new(&settings(vars), Arc::new(Content::built_in()), seed)
}

/// All that a visit says and when it says it, without what is only kept for reuse.
fn said(visit: &Visit) -> String {
    format!("{:?}", Visit { spare: Vec::new(), ..visit.clone() })
}

#[test]
fn lesson_3_one_seed_gives_one_stream_in_three_runs() {
    let run = || {
        let settings = settings(&[
            ("JOURNEY_MIX", "researcher=2,buyer=1,casual=7"),
            ("RETURNING_VISITORS_PROBABILITY", "0.5"),
        ]);
        let model = Model::new(&settings, Arc::new(Content::built_in()), 42);
        let schedule = Schedule::live(&settings.arrivals, 42, 1_780_000_000_000_000);
        let starts: Vec<i64> = schedule.cursor(0).take(5000).map(|start| start.at_us).collect();
        (visits(&model, 0..5000).map(|visit| said(&visit)).collect::<Vec<_>>(), starts)
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first, run());
    assert_ne!(
        first.0[0],
        said(&visits(&built_in(&[], 43), 0..1).next().unwrap()),
        "another seed, another stream"
    );
}

#[test]
fn lesson_3_one_seed_gives_one_stream_at_any_concurrency_and_in_any_number_of_shards() {
    let model = built_in(&[], 7);
    let whole: Vec<String> = visits(&model, 0..4000).map(|visit| said(&visit)).collect();
    let concurrent: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let model = &model;
                scope.spawn(move || {
                    visits(model, worker * 1000..(worker + 1) * 1000).map(|v| said(&v)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(whole == concurrent);
    let mut parts: Vec<(u64, String)> = (0..3)
        .flat_map(|shard| {
            let model = built_in(&[], 7);
            let own: Vec<u64> =
                (0..4000).filter(|&index| shard_of(model.visitor(index), 3) == shard).collect();
            own.into_iter().flat_map(move |index| {
                visits(&model, index..index + 1).map(|v| (v.index, said(&v))).collect::<Vec<_>>()
            })
        })
        .collect();
    parts.sort_by_key(|part| part.0);
    assert!(parts.into_iter().map(|part| part.1).eq(whole));
}

#[test]
fn lesson_4_an_action_never_takes_the_place_of_a_page_view() {
    let names = ["SITESEARCH", "OUTLINKS", "DOWNLOADS", "CLICK_EVENTS", "RANDOM_EVENTS", "ECOMMERCE"];
    let all: Vec<(String, &str)> = names.iter().map(|name| (format!("{name}_PROBABILITY"), "1")).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut counts = [0_u32; 7];
    for visit in visits(&built_in(&all, 1), 0..20_000) {
        counts[page_views(&visit)] += 1;
        // Search, outlink, download, two events, cart, order, ping.
        assert_eq!(visit.hits.len(), page_views(&visit) + 8);
    }
    assert_eq!(counts[..3], [0, 0, 0]);
    assert!(counts[3..].iter().all(|&count| (4700..5300).contains(&count)), "{counts:?}");
}

#[test]
fn lesson_4_direct_traffic_falls_as_low_as_it_is_asked_to() {
    let model = built_in(&[("DIRECT_TRAFFIC_PROBABILITY", "0.05")], 1);
    let direct = visits(&model, 0..20_000).filter(|visit| visit.referrer.is_none()).count();
    assert!((850..1150).contains(&direct), "{direct} of 20,000");
}

#[test]
fn lesson_4_visitors_return() {
    let model = built_in(&[], 1);
    let mut seen = HashSet::new();
    let known = visits(&model, 0..20_000).filter(|visit| !seen.insert(visit.visitor)).count();
    assert!((3500..4200).contains(&known), "{known} of 20,000 by somebody seen before");
}

#[test]
fn lesson_4_there_are_many_browsers_and_pages_have_titles_of_their_own() {
    let model = built_in(&[], 1);
    let content = Arc::clone(model.content());
    let (mut agents, mut titles, mut languages) = (HashSet::new(), HashSet::new(), HashSet::new());
    for visit in visits(&model, 0..20_000) {
        agents.insert(&content.agents[visit.agent as usize].user_agent);
        languages.insert(visit.language);
        for hit in visit.hits.iter().filter(|hit| matches!(hit.kind, Kind::PageView { .. })) {
            titles.insert(&content.pages[hit.page as usize].title);
        }
    }
    assert!(agents.len() > 50, "{} user agents", agents.len());
    assert!(languages.len() > 10, "{} languages", languages.len());
    assert!(titles.len() > 1500, "{} titles", titles.len());
    assert!(titles.iter().all(|title| !title.is_empty() && !title.contains("LoadTest")));
}
