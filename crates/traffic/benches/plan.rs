//! What planning costs: `cargo bench -p traffic`. Items are hits where visits are made, else visits.

use std::{collections::BTreeMap, sync::Arc};

use divan::{Bencher, black_box, counter::ItemsCount};
use settings::{Context, Settings};
use traffic::{Content, Model, Schedule, Visit};

/// Visits of one round.
const VISITS: u64 = 20_000;

fn main() {
    divan::main();
}

fn settings(vars: &[(&str, &str)]) -> Settings {
    let mut all = BTreeMap::from([
        ("MATOMO_URL".to_owned(), "https://matomo.example/matomo.php".to_owned()),
        ("MATOMO_TOKEN_AUTH".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    all.extend(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let now = "2026-06-15T12:00:00Z".parse().expect("a valid time");
    let context = Context { now, read_file: &|path| Err(format!("no file {path}")) };
    settings::parse(&all, &context).expect("valid settings").settings
}

fn bench_visits(bencher: Bencher, vars: &[(&str, &str)]) {
    let model = Model::new(&settings(vars), Arc::new(Content::built_in()), 1);
    let mut visit = Visit::default();
    let hits: usize = (0..VISITS)
        .map(|index| {
            model.visit(index, &mut visit);
            visit.hits.len()
        })
        .sum();
    bencher.counter(ItemsCount::new(hits)).bench_local(|| {
        for index in 0..VISITS {
            model.visit(black_box(index), &mut visit);
        }
    });
}

/// Whole visits, as the settings are by default.
#[divan::bench]
fn default_visits(bencher: Bencher) {
    bench_visits(bencher, &[]);
}

/// Whole visits of the three shipped journeys.
#[divan::bench]
fn journeys(bencher: Bencher) {
    bench_visits(bencher, &[("JOURNEY_MIX", "researcher=2,buyer=1,casual=7")]);
}

/// Whole visits, nine in ten by somebody seen before.
#[divan::bench]
fn many_returning(bencher: Bencher) {
    bench_visits(bencher, &[("RETURNING_VISITORS_PROBABILITY", "0.9"), ("TARGET_VISITS_PER_DAY", "1000")]);
}

/// Who comes, without the visit.
#[divan::bench]
fn visitors(bencher: Bencher) {
    let model = Model::new(&settings(&[]), Arc::new(Content::built_in()), 1);
    bencher
        .counter(ItemsCount::new(VISITS))
        .bench_local(|| (0..VISITS).map(|i| model.visitor(i)).fold(0, |a, b| a ^ b));
}

/// When visits start, in order.
#[divan::bench(args = ["flat", "daily", "weekly"])]
fn starts(bencher: Bencher, shape: &str) {
    let settings = settings(&[("TRAFFIC_SHAPE", shape), ("TIMEZONE", "Europe/Berlin")]);
    let schedule = Schedule::live(&settings.arrivals, 1, 1_774_000_000_000_000);
    bencher.counter(ItemsCount::new(VISITS)).bench_local(|| schedule.cursor(0).take(VISITS as usize).last());
}

/// When one visit starts, without those before it.
#[divan::bench]
fn start_of_any(bencher: Bencher) {
    let settings = settings(&[("TRAFFIC_SHAPE", "weekly"), ("TIMEZONE", "Europe/Berlin")]);
    let schedule = Schedule::live(&settings.arrivals, 1, 1_774_000_000_000_000);
    bencher.bench_local(|| schedule.at(black_box(123_456)));
}

/// Preparing the tables.
#[divan::bench]
fn prepare(bencher: Bencher) {
    let settings = settings(&[("JOURNEY_MIX", "researcher=2,buyer=1,casual=7")]);
    let content = Arc::new(Content::built_in());
    bencher.bench_local(|| Model::new(&settings, Arc::clone(&content), 1));
}
