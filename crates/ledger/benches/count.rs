//! What counting costs: `cargo bench -p ledger`. Items are hits.

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::{Bencher, counter::ItemsCount};
use jiff::tz::TimeZone;
use ledger::{Fate, Ledger, Settled, Setup, Site, Times};
use settings::{Context, Settings};
use traffic::{Content, Model, Visit};

/// Visits of one round.
const VISITS: u64 = 20_000;

fn main() {
    divan::main();
}

fn settings() -> Settings {
    let all = BTreeMap::from([
        ("MATOMO_URL".to_owned(), "https://matomo.example/matomo.php".to_owned()),
        ("MATOMO_TOKEN_AUTH".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    let now = "2026-06-15T12:00:00Z".parse().expect("a valid time");
    let context = Context { now, read_file: &|path| Err(format!("no file {path}")) };
    settings::parse(&all, &context).expect("valid settings").settings
}

/// Whole visits, every hit acknowledged; and without the ledger, to subtract.
#[divan::bench(args = ["with planning", "planning alone"])]
fn visits(bencher: Bencher, what: &str) {
    let content = Arc::new(Content::built_in());
    let model = Model::new(&settings(), Arc::clone(&content), 1);
    let mut visit = Visit::default();
    let hits: usize = (0..VISITS)
        .map(|index| {
            model.visit(index, &mut visit);
            visit.hits.len()
        })
        .sum();
    let mut ledger = Ledger::new(Setup {
        content: &content,
        zone: TimeZone::UTC,
        zone_name: "UTC".to_owned(),
        times: Times::Told,
        countries: true,
        site: &Site::default(),
        reach: Some(1 << 12),
    });
    let counts = what == "with planning";
    bencher.counter(ItemsCount::new(hits)).bench_local(|| {
        for index in 0..VISITS {
            model.visit(index, &mut visit);
            if counts {
                for seq in 0..visit.hits.len() as u16 {
                    ledger.settle(Settled { visit: index, seq, fate: Fate::Recorded, came: None });
                }
                ledger.close(&visit, 1_781_500_000_000 + index.cast_signed() * 1000, None);
            }
        }
    });
}
