//! A run over time: what happened in each piece of it, so that a run has graphs without anybody having watched it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Durations, ProbeReport, Tally};

/// Rises when a field changes its meaning or goes away.
pub const SERIES_VERSION: u32 = 1;

/// The most pieces; beyond them neighbours are put together, so a run of any length takes as much room.
const MOST: usize = 480;

/// The pieces of a run, in order. Pieces in which nobody watched are not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The length of a piece in seconds: 1 at first, doubled whenever there are too many.
    pub piece_s: u64,
    /// The pieces.
    pub pieces: Vec<Piece>,
}

/// What happened in a piece of a run's time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Piece {
    /// When it begins, in seconds from the run's start; a multiple of the length of a piece.
    pub at_s: u64,
    /// How long was watched, in seconds; a look that came late makes it longer than the piece.
    pub seconds: f64,
    /// Visits that were started.
    pub visits: u64,
    /// Visits that could not start in time.
    pub skipped: u64,
    /// Hits that the target acknowledged.
    pub acknowledged: u64,
    /// Hits that it refused.
    pub refused: u64,
    /// Hits that it provably never had.
    pub failed: u64,
    /// Hits of which nobody knows.
    pub unknown: u64,
    /// The most requests in flight that were seen.
    pub in_flight: u64,
    /// From a request's first byte to its answer.
    pub latency: Buckets,
    /// From a visit's scheduled start to its first byte.
    pub lag: Buckets,
    /// `REPORT_PROBES`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub probes: BTreeMap<String, ProbePiece>,
}

/// How long a probe's reports took in a piece of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbePiece {
    /// How often its reports came.
    pub answered: u64,
    /// How often they did not.
    pub failed: u64,
    /// The sum of the times of those that came, in milliseconds.
    pub sum_ms: f64,
    /// The longest that was seen, in milliseconds.
    pub max_ms: f64,
}

/// How often which duration was measured: microseconds, to two digits and rounded up, and counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Buckets(pub BTreeMap<u64, u64>);

impl Default for Series {
    fn default() -> Self {
        Self { schema_version: SERIES_VERSION, piece_s: 1, pieces: Vec::new() }
    }
}

impl Series {
    /// Takes in what happened in `piece.seconds` from `piece.at_s` on; pieces come in the order of time.
    pub fn add(&mut self, mut piece: Piece) {
        piece.at_s -= piece.at_s % self.piece_s;
        match self.pieces.last_mut() {
            // A clock that was set back must not undo the order.
            Some(last) if last.at_s >= piece.at_s => last.merge(&piece),
            _ => self.pieces.push(piece),
        }
        while self.pieces.len() > MOST {
            self.coarsen();
        }
    }

    /// Doubles the length of a piece.
    fn coarsen(&mut self) {
        self.piece_s *= 2;
        let pieces = std::mem::take(&mut self.pieces);
        for mut piece in pieces {
            piece.at_s -= piece.at_s % self.piece_s;
            match self.pieces.last_mut() {
                Some(last) if last.at_s == piece.at_s => last.merge(&piece),
                _ => self.pieces.push(piece),
            }
        }
    }

    /// All pieces as one.
    pub fn total(&self) -> Piece {
        let mut total = Piece::default();
        for piece in &self.pieces {
            total.merge(piece);
        }
        total
    }
}

impl Piece {
    /// The piece of a tally's change, without what only the engine and the probes know.
    pub fn of(at_s: u64, seconds: f64, change: &Tally) -> Self {
        let hits = change.hits();
        Self {
            at_s,
            seconds,
            visits: change.visits.started,
            skipped: change.visits.skipped,
            acknowledged: hits.acknowledged,
            refused: hits.refused,
            failed: hits.failed,
            unknown: hits.unknown,
            in_flight: 0,
            latency: Buckets::of(&change.latency),
            lag: Buckets::of(&change.lag),
            probes: BTreeMap::new(),
        }
    }

    /// Hits whose outcome became known.
    pub fn settled(&self) -> u64 {
        self.acknowledged + self.refused + self.failed + self.unknown
    }

    /// Takes in another piece; it stays where it is.
    pub fn merge(&mut self, other: &Self) {
        self.merge_times(other, 1);
    }

    /// Takes in another piece so many times, as if it had happened so often.
    pub(crate) fn merge_times(&mut self, other: &Self, times: u64) {
        if times == 0 {
            return;
        }
        self.seconds += other.seconds * times as f64;
        self.visits += other.visits * times;
        self.skipped += other.skipped * times;
        self.acknowledged += other.acknowledged * times;
        self.refused += other.refused * times;
        self.failed += other.failed * times;
        self.unknown += other.unknown * times;
        self.in_flight = self.in_flight.max(other.in_flight);
        self.latency.merge_times(&other.latency, times);
        self.lag.merge_times(&other.lag, times);
        for (name, theirs) in &other.probes {
            self.probes.entry(name.clone()).or_default().merge_times(theirs, times);
        }
    }
}

impl ProbePiece {
    /// What a probe did between two of its reports; `None` when it did nothing.
    pub fn between(earlier: Option<&ProbeReport>, later: &ProbeReport) -> Option<Self> {
        let sum = |report: &ProbeReport| report.duration_ms.mean * report.answered as f64;
        let answered = later.answered - earlier.map_or(0, |earlier| earlier.answered);
        let failed = later.failed - earlier.map_or(0, |earlier| earlier.failed);
        (answered + failed > 0).then(|| Self {
            answered,
            failed,
            sum_ms: (sum(later) - earlier.map_or(0.0, sum)).max(0.0),
            max_ms: if answered > 0 { later.last_ms.unwrap_or(0.0) } else { 0.0 },
        })
    }

    /// How long its reports took, in milliseconds; `None` when they did not come.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.answered > 0).then(|| self.sum_ms / self.answered as f64)
    }

    fn merge_times(&mut self, other: &Self, times: u64) {
        self.answered += other.answered * times;
        self.failed += other.failed * times;
        self.sum_ms += other.sum_ms * times as f64;
        self.max_ms = self.max_ms.max(other.max_ms);
    }
}

impl Buckets {
    /// The durations, to two digits.
    pub fn of(durations: &Durations) -> Self {
        Self(durations.coarse().into_iter().collect())
    }

    /// How many were measured.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    fn merge_times(&mut self, other: &Self, times: u64) {
        for (&us, &count) in &other.0 {
            *self.0.entry(us).or_default() += count * times;
        }
    }

    /// The duration in milliseconds that this share of them did not exceed; `None` when there is none.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let count = self.count();
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        self.0.iter().find_map(|(&us, &here)| {
            below += here;
            (below >= rank).then_some(us as f64 / 1000.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Outcome;

    fn second(at_s: u64, latencies_us: &[u64]) -> Piece {
        let mut tally = Tally::default();
        tally.visits.started = 1;
        for &us in latencies_us {
            tally.plan(crate::HitKind::PageView);
            tally.settle(crate::HitKind::PageView, Outcome::Acknowledged);
            tally.latency.record_us(us);
        }
        Piece::of(at_s, 1.0, &tally)
    }

    proptest! {
        #[test]
        fn a_run_of_any_length_keeps_its_sums_and_little_room(seconds in 1..20_000_u64, gap in 1..3_u64) {
            let mut series = Series::default();
            for second_of_run in 0..seconds {
                series.add(Piece { at_s: second_of_run * gap, seconds: 1.0, visits: second_of_run, ..Piece::default() });
            }
            let total = series.total();
            prop_assert_eq!(total.visits, seconds * (seconds - 1) / 2);
            prop_assert!((total.seconds - seconds as f64).abs() < 1e-6);
            prop_assert!(series.pieces.len() <= MOST);
            prop_assert!(series.pieces.windows(2).all(|pair| pair[0].at_s < pair[1].at_s));
            prop_assert!(series.pieces.iter().all(|piece| piece.at_s % series.piece_s == 0));
        }

        #[test]
        fn quantiles_are_those_of_the_list_to_two_digits(mut values in prop::collection::vec(1..10_000_000_u64, 1..300)) {
            let piece = second(0, &values);
            values.sort_unstable();
            for share in [0.5, 0.95, 0.99, 1.0] {
                let rank = ((share * values.len() as f64).ceil() as usize).clamp(1, values.len());
                let exact = values[rank - 1] as f64 / 1000.0;
                let shown = piece.latency.quantile_ms(share).unwrap();
                prop_assert!(shown >= exact - 1e-9 && shown <= exact * 1.02 + 0.001, "{share}: {shown} for {exact}");
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_the_pieces_in_order() {
        let mut series = Series::default();
        for at_s in [5, 3, 6] {
            series.add(second(at_s, &[1000]));
        }
        assert_eq!(
            series.pieces.iter().map(|piece| (piece.at_s, piece.visits)).collect::<Vec<_>>(),
            [(5, 2), (6, 1)]
        );
    }

    #[test]
    fn a_probe_that_did_nothing_since_is_not_there() {
        let mut probe = crate::Probe::new("dashboard");
        probe.answered(20_000);
        let first = probe.report();
        assert_eq!(ProbePiece::between(Some(&first), &first), None);
        probe.answered(40_000);
        probe.failed("no".to_owned());
        let piece = ProbePiece::between(Some(&first), &probe.report()).unwrap();
        assert_eq!((piece.answered, piece.failed, piece.max_ms), (1, 1, 40.0));
        assert!((piece.mean_ms().unwrap() - 40.0).abs() < 0.01);
    }
}
