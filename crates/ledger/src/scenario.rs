//! Visits of which not everything is known: what the reports may say, from one end to the other.
//!
//! Of a hit without an answer nobody knows whether it was recorded, and a missing hit can move a visit's entry, split
//! the visit, or make it a bounce. So such a visit is played through in all the ways that can be at an end of a figure:
//! the least and the most of all of them bound it. Such visits are few; the others are counted once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use traffic::{Kind, Visit};

use crate::layout::Key;
use crate::rules::{Count, Event, Rules, VISIT_ENDS};
use crate::zone::{DaySpan, Zone};

/// With so many unknown hits at the most, every combination is played through.
const ALL_COMBINATIONS: usize = 8;

/// With so many at the most, every run of neighbours is.
const ALL_RUNS: usize = 24;

/// How one hit of a visit deviates from "acknowledged, once, at its time".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// Which hit.
    pub seq: u16,
    /// In what.
    #[serde(flatten)]
    pub what: What,
}

/// In what a hit deviates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum What {
    /// It was not recorded: refused, or never sent.
    Lost,
    /// Nobody knows whether it was recorded.
    Unknown,
    /// This one and those up to `until` may have been recorded once already, before a kill.
    Again {
        /// The first hit that was not.
        until: u16,
    },
    /// It came at a moment that may lie on either side of an hour or a day. Unix seconds.
    Late {
        /// Not before.
        earliest: i64,
        /// Not after.
        latest: i64,
    },
}

/// A hit that was or may have been recorded.
#[derive(Debug, Clone, Copy)]
struct Possible {
    seq: u16,
    earliest: i64,
    latest: i64,
    is_sure: bool,
}

/// What a visit may add to a figure of a day, and on which days its visitor was or may have been there.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    pub(crate) figures: BTreeMap<(i64, Key), Bounds>,
    pub(crate) days: BTreeMap<i64, Attended>,
}

/// A day on which the visitor was, or may have been.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attended {
    pub(crate) day: DaySpan,
    pub(crate) is_sure: bool,
    times: u32,
}

/// The least and the most of a figure in all that was played through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) least: i64,
    pub(crate) most: i64,
    times: u32,
}

/// What one way of playing through comes to.
#[derive(Default)]
struct Sum {
    figures: BTreeMap<(i64, Key), i64>,
    days: BTreeMap<i64, DaySpan>,
}

impl Count for Sum {
    fn add(&mut self, day: &DaySpan, key: Key, count: i64) {
        *self.figures.entry((day.number(), key)).or_default() += count;
    }

    fn present(&mut self, day: &DaySpan) {
        self.days.insert(day.number(), *day);
    }
}

/// Plays a visit through. `settled` of its hits have an end; `at` gives the time of each.
pub(crate) fn outcomes(
    rules: &Rules,
    visit: &Visit,
    settled: u16,
    deviations: &[Deviation],
    at: impl Fn(u16) -> i64,
    zone: &mut Zone,
) -> Outcomes {
    let possible = possible(settled.min(visit.hits.len() as u16), deviations, at);
    let unsure: Vec<usize> = (0..possible.len()).filter(|&n| !possible[n].is_sure).collect();
    let late: Vec<usize> =
        (0..possible.len()).filter(|&n| possible[n].earliest != possible[n].latest).collect();
    let mut all = Outcomes::default();
    let mut ways = 0_u32;
    let mut sum = Sum::default();
    for recorded in combinations(unsure.len()).into_iter().chain(scattered(visit, &possible, &unsure)) {
        for cut in 0..=late.len() {
            sum.figures.clear();
            sum.days.clear();
            let events = possible.iter().enumerate().filter_map(|(n, hit)| {
                let is_recorded = hit.is_sure || unsure.binary_search(&n).is_ok_and(|bit| recorded[bit]);
                // Hits come in order, so those of one side of the edge come before those of the other.
                let is_early = late.binary_search(&n).is_ok_and(|place| place < cut);
                let at = if is_early { hit.earliest } else { hit.latest };
                is_recorded.then_some(Event { seq: hit.seq, at })
            });
            rules.count(visit, events, zone, &mut sum);
            all.take(&sum);
            ways += 1;
        }
    }
    all.settle(ways);
    all
}

impl Outcomes {
    fn take(&mut self, sum: &Sum) {
        for (&place, &count) in &sum.figures {
            let bounds = self.figures.entry(place).or_insert(Bounds { least: count, most: count, times: 0 });
            bounds.least = bounds.least.min(count);
            bounds.most = bounds.most.max(count);
            bounds.times += 1;
        }
        for (&number, day) in &sum.days {
            self.days.entry(number).or_insert(Attended { day: *day, times: 0, is_sure: false }).times += 1;
        }
    }

    fn settle(&mut self, ways: u32) {
        for bounds in self.figures.values_mut().filter(|bounds| bounds.times < ways) {
            bounds.least = bounds.least.min(0);
            bounds.most = bounds.most.max(0);
        }
        for attended in self.days.values_mut() {
            attended.is_sure = attended.times == ways;
        }
    }
}

/// The hits that were or may have been recorded, in order.
fn possible(settled: u16, deviations: &[Deviation], at: impl Fn(u16) -> i64) -> Vec<Possible> {
    let mut all = Vec::new();
    for seq in 0..=settled {
        let mut own = Some(Possible { seq, earliest: at(seq), latest: at(seq), is_sure: true });
        for deviation in deviations.iter().filter(|deviation| deviation.seq == seq) {
            match (deviation.what, own.as_mut()) {
                (What::Again { until }, _) => all.extend((seq..until).map(|seq| Possible {
                    seq,
                    earliest: at(seq),
                    latest: at(seq),
                    is_sure: false,
                })),
                (What::Lost, _) => own = None,
                (What::Unknown, Some(own)) => own.is_sure = false,
                (What::Late { earliest, latest }, Some(own)) => {
                    (own.earliest, own.latest) = (earliest, latest);
                }
                (_, None) => {}
            }
        }
        // Behind the last settled hit there may still be one that was sent before a kill.
        all.extend(own.filter(|_| seq < settled));
    }
    all
}

/// Which of `count` unknown hits were recorded, in every way that can be at an end of a figure: all and none, the first
/// or the last so many, one alone, all but one, neighbours; all ways when they are few.
fn combinations(count: usize) -> Vec<Vec<bool>> {
    let ways = |ranges: Vec<(usize, usize)>| {
        let inside = ranges
            .into_iter()
            .map(|(from, until)| -> Vec<bool> { (0..count).map(|n| (from..until).contains(&n)).collect() });
        let mut ways: Vec<Vec<bool>> =
            inside.flat_map(|way| [way.iter().map(|recorded| !recorded).collect(), way]).collect();
        ways.sort_unstable();
        ways.dedup();
        ways
    };
    if count <= ALL_COMBINATIONS {
        return (0..1_usize << count).map(|way| (0..count).map(|n| way >> n & 1 == 1).collect()).collect();
    }
    let runs = if count <= ALL_RUNS {
        (0..count).flat_map(|from| (from..=count).map(move |until| (from, until))).collect()
    } else {
        (0..count).flat_map(|n| [(0, n), (n, n + 1), (n, count)]).collect()
    };
    ways(runs)
}

/// The ways that fall apart into the most visits, when not all ways are played through: from each unknown hit on, one is
/// recorded whenever it lies far enough behind the last to begin a visit.
fn scattered(visit: &Visit, possible: &[Possible], unsure: &[usize]) -> Vec<Vec<bool>> {
    if unsure.len() <= ALL_COMBINATIONS {
        return Vec::new();
    }
    let from = |first: usize| {
        let mut last: Option<i64> = None;
        let mut recorded = vec![false; unsure.len()];
        for (n, hit) in possible.iter().enumerate() {
            if visit.hits[usize::from(hit.seq)].kind == Kind::Ping {
                continue;
            }
            let is_far = last.is_none_or(|last| hit.earliest - last >= VISIT_ENDS);
            match unsure.binary_search(&n) {
                Ok(bit) if bit >= first && is_far => recorded[bit] = true,
                Ok(_) => continue,
                Err(_) => {}
            }
            last = Some(hit.earliest);
        }
        recorded
    };
    (0..unsure.len()).map(from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_unknown_hits_are_combined_in_all_ways_and_many_in_runs() {
        assert_eq!(combinations(0), [Vec::<bool>::new()]);
        assert_eq!(combinations(3).len(), 8);
        for count in [9, 24, 25, 100] {
            let ways = combinations(count);
            assert!(ways.contains(&vec![false; count]) && ways.contains(&vec![true; count]));
            assert!(ways.iter().any(|way| way.iter().filter(|recorded| **recorded).count() == 1));
            assert!(ways.len() <= 6 * count.max(ALL_RUNS * ALL_RUNS / 6), "{count}: {}", ways.len());
        }
    }

    #[test]
    fn what_may_have_been_recorded_before_a_kill_comes_before_it_is_sent_again() {
        let deviations =
            [Deviation { seq: 1, what: What::Again { until: 3 } }, Deviation { seq: 2, what: What::Lost }];
        let hits: Vec<(u16, bool)> =
            possible(3, &deviations, i64::from).iter().map(|hit| (hit.seq, hit.is_sure)).collect();
        assert_eq!(hits, [(0, true), (1, false), (2, false), (1, true)]);
    }
}
