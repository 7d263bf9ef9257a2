//! Time to write one hit, by kind. `cargo bench -p matomo` prints it in ns.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking, its helpers too")]

#[path = "../tests/support/mod.rs"]
mod support;

use divan::{Bencher, black_box};
use matomo::Encoder;

fn main() {
    divan::main();
}

const KINDS: [(&str, usize); 7] = [
    ("first page view", 0),
    ("page view", 1),
    ("search", 2),
    ("download", 5),
    ("event", 7),
    ("order", 10),
    ("ping", 11),
];

/// As one request each: no token, realtime.
#[divan::bench(args = KINDS.map(|(name, _)| name))]
fn single(bencher: Bencher<'_, '_>, kind: &str) {
    let encoder = Encoder::new(&support::content(), &support::settings(&[]), "run9");
    run(bencher, kind, |visit, seq, out| encoder.query(visit, seq, None, out));
}

/// As entries of a bulk body: with countries and `cdt`.
#[divan::bench(args = KINDS.map(|(name, _)| name))]
fn bulk(bencher: Bencher<'_, '_>, kind: &str) {
    let encoder = Encoder::new(&support::content(), &support::settings_with_token(), "run9");
    run(bencher, kind, |visit, seq, out| encoder.bulk_entry(visit, seq, Some(1_750_000_000_000), out));
}

fn run(bencher: Bencher<'_, '_>, kind: &str, encode: impl Fn(&traffic::Visit, usize, &mut Vec<u8>)) {
    let visit = support::visit();
    let seq = KINDS.iter().find(|(name, _)| *name == kind).expect("a kind of the list").1;
    let mut out = Vec::with_capacity(4096);
    bencher.counter(1u32).bench_local(|| {
        out.clear();
        encode(black_box(&visit), black_box(seq), &mut out);
        black_box(out.len())
    });
}
