//! What a comparison says of runs whose difference is known.
#![allow(clippy::unwrap_used, reason = "a test's helpers may panic")]

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use report::{Buckets, Change, Comparison, Piece, RunBrief, Series, Side, compare};

/// A run of which every second is known: some hits each, a latency that drifts slowly, and some failures.
struct Made {
    seconds: u64,
    latency_ms: f64,
    failures: f64,
    /// How much of a second's slowness the next one keeps.
    memory: f64,
}

const CALM: Made = Made { seconds: 240, latency_ms: 20.0, failures: 0.0, memory: 0.6 };

impl Made {
    fn series(&self, seed: u64) -> Series {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut normal = move || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let mut random = Pcg64Mcg::seed_from_u64(seed ^ 0x4d);
        let mut slow = 0.0;
        let mut series = Series::default();
        for at_s in 0..self.seconds {
            slow = self.memory * slow + (1.0 - self.memory * self.memory).sqrt() * normal();
            let mut piece = Piece { at_s, seconds: 1.0, visits: 10, ..Piece::default() };
            let hits = 40 + random.random_range(0..20_u64);
            for _ in 0..hits {
                let ms = self.latency_ms * (1.0 + 0.1 * slow) * (0.2 * normal()).exp();
                // Two digits, as histograms have them.
                let us = (ms.max(0.01) * 100.0).round() as u64 * 10;
                let step = 10_u64.pow(us.ilog10().saturating_sub(1)).max(1);
                *piece.latency.0.entry(us.div_ceil(step) * step).or_default() += 1;
                if random.random::<f64>() < self.failures {
                    piece.failed += 1;
                } else {
                    piece.acknowledged += 1;
                }
            }
            piece.lag = Buckets(BTreeMap::from([(1000, 10)]));
            series.add(piece);
        }
        series
    }
}

fn brief(id: &str) -> RunBrief {
    RunBrief {
        id: id.to_owned(),
        started_at: "2026-01-05T08:00:00Z".parse().unwrap(),
        seed: 7,
        version: "0.1.0".to_owned(),
        target: "http://localhost/matomo.php".to_owned(),
        site_id: 1,
        seconds: 0.0,
    }
}

fn beside(a: &Series, b: &Series) -> Comparison {
    let none = BTreeMap::new();
    let (first, second) = (brief("a"), brief("b"));
    let side = |brief, series| Side { brief, settings: &none, series, ended: true };
    compare(side(&first, a), side(&second, b))
}

fn change(comparison: &Comparison, figure: &str) -> Change {
    comparison.figures.iter().find(|found| found.figure == figure).unwrap().change
}

#[test]
fn the_interval_holds_the_truth_about_as_often_as_it_says() {
    let slower = Made { latency_ms: 22.0, ..CALM };
    let pairs = 120;
    let mut held = [0; 2];
    for seed in 0..pairs {
        let comparison = beside(&CALM.series(2 * seed), &slower.series(2 * seed + 1));
        // A median of 20 ms that is scaled by a tenth; the bucket's upper edge is what is reported.
        for (index, (figure, truth)) in [("latency_p50_ms", 2.0), ("hits_per_second", 0.0)].iter().enumerate()
        {
            let found = comparison.figures.iter().find(|found| found.figure == *figure).unwrap();
            held[index] += u64::from(found.low.unwrap() <= *truth && *truth <= found.high.unwrap());
        }
    }
    for held in held {
        assert!(held as f64 / pairs as f64 > 0.9, "{held} of {pairs}");
    }
}

#[test]
fn the_same_target_twice_is_no_change() {
    let pairs = 60;
    let changed = (0..pairs)
        .filter(|seed| {
            let comparison = beside(&CALM.series(2 * seed), &CALM.series(2 * seed + 1));
            change(&comparison, "latency_p95_ms") != Change::None
        })
        .count();
    assert!(changed <= 6, "{changed} of {pairs}");
    let same = CALM.series(1);
    let comparison = beside(&same, &same);
    assert_eq!(comparison.verdict, "Nothing changed that chance does not explain.");
}

#[test]
fn a_slower_target_is_worse_and_a_swap_makes_it_better() {
    let slow = Made { latency_ms: 40.0, failures: 0.02, ..CALM };
    let (a, b) = (CALM.series(1), slow.series(2));
    let there = beside(&a, &b);
    let back = beside(&b, &a);
    for figure in ["latency_p50_ms", "latency_p95_ms", "error_rate"] {
        assert_eq!(change(&there, figure), Change::Worse, "{figure}");
        assert_eq!(change(&back, figure), Change::Better, "{figure}");
    }
    for (one, other) in there.figures.iter().zip(&back.figures) {
        assert_eq!(one.difference.map(|difference| -difference), other.difference);
    }
    assert!(there.verdict.starts_with("Worse: latency p50 rose from "), "{}", there.verdict);
    assert!(back.verdict.starts_with("Better: latency p50 fell from"), "{}", back.verdict);
}

#[test]
fn a_run_of_some_seconds_says_nothing_about_chance() {
    let short = Made { seconds: 4, ..CALM };
    let comparison = beside(&short.series(1), &CALM.series(2));
    assert!(comparison.figures.iter().all(|figure| figure.change == Change::Unknown && figure.low.is_none()));
    assert!(
        comparison.cautions.iter().any(|caution| caution.contains("a is too short")),
        "{:?}",
        comparison.cautions
    );
    let nothing = beside(&Series::default(), &Series::default());
    assert!(nothing.figures.iter().all(|figure| figure.a.is_none()));
}

#[test]
fn what_else_changed_is_said() {
    let settings = |text: &str| -> BTreeMap<String, String> {
        text.split(' ')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect()
    };
    let (before, after) =
        (settings("CONCURRENCY=50 LOG_LEVEL=INFO TIMEZONE="), settings("CONCURRENCY=80 SEED=1"));
    let series = CALM.series(1);
    let (a, b) = (brief("a"), RunBrief { seed: 8, site_id: 2, version: "0.2.0".to_owned(), ..brief("b") });
    let comparison = compare(
        Side { brief: &a, settings: &before, series: &series, ended: true },
        Side { brief: &b, settings: &after, series: &series, ended: false },
    );
    assert!(!comparison.same_seed);
    let names: Vec<_> = comparison.differing_settings.iter().map(|setting| setting.name.as_str()).collect();
    assert_eq!(names, ["CONCURRENCY", "SEED"]);
    assert_eq!(comparison.cautions.len(), 5, "{:?}", comparison.cautions);
}
