//! How much a figure of a run may vary by chance, from the run's own pieces.
//!
//! Neighbouring pieces are alike: a slow moment of the target lasts. So blocks of neighbours are drawn, with
//! replacement, until there are as many pieces as in the run, and the figure is computed of each such draw: the moving
//! block bootstrap (Künsch, Ann. Stat. 17:1217, 1989), with blocks that go on at the beginning when they come to the end
//! (Politis and Romano, 1992), so that each piece is drawn as often as any other. The draws of one run are independent of
//! those of the other.

use std::collections::BTreeSet;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::shares::Z;
use crate::{Buckets, Piece};

/// Draws of a run. The ends of an interval wander by some percent of its width from seed to seed.
const DRAWS: usize = 600;

/// A run and the draws of its pieces.
pub(super) struct Resampled<'a> {
    pieces: &'a [Piece],
    sum: Piece,
    draws: Vec<Piece>,
    block: usize,
}

impl<'a> Resampled<'a> {
    /// Draws from the pieces.
    pub(super) fn new(pieces: &'a [Piece], seed: u64) -> Self {
        let mut sum = Piece::default();
        for piece in pieces {
            sum.merge(piece);
        }
        let block = block_length(pieces);
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let draws = if pieces.is_empty() { 0 } else { DRAWS };
        let plain: Vec<Piece> = pieces
            .iter()
            .map(|piece| Piece { latency: Buckets::default(), lag: Buckets::default(), ..piece.clone() })
            .collect();
        let latency = Columns::new(pieces, |piece| &piece.latency);
        let lag = Columns::new(pieces, |piece| &piece.lag);
        let draws = (0..draws)
            .map(|_| {
                let times = draw(pieces.len(), block, &mut random);
                let mut sum =
                    Piece { latency: latency.sum(&times), lag: lag.sum(&times), ..Piece::default() };
                for (piece, &times) in plain.iter().zip(&times) {
                    sum.merge_times(piece, times);
                }
                sum
            })
            .collect();
        Self { pieces, sum, draws, block }
    }

    /// All pieces as one.
    pub(super) fn sum(&self) -> &Piece {
        &self.sum
    }

    /// How many there are.
    pub(super) fn pieces(&self) -> usize {
        self.pieces.len()
    }
}

/// How many neighbours stay together. The cube root of the number of pieces is the order that is best for an interval
/// (Künsch; Hall, Horowitz and Jing, Biometrika 82:561, 1995); longer where the counts of neighbours are more alike.
fn block_length(pieces: &[Piece]) -> usize {
    let count = pieces.len() as f64;
    let alike = alike(&pieces.iter().map(|piece| piece.acknowledged as f64).collect::<Vec<_>>())
        .max(alike(&pieces.iter().filter_map(|piece| piece.latency.quantile_ms(0.9)).collect::<Vec<_>>()));
    // For a first-order process this length leaves little of the dependence outside of a block (Carlstein, Ann. Stat.
    // 14:1171, 1986).
    let carlstein = (2.0 * alike / (1.0 - alike * alike)).powf(2.0 / 3.0);
    let length = count.cbrt() * carlstein.max(1.0);
    (length.ceil() as usize).clamp(1, (pieces.len() / 4).max(1))
}

/// How alike neighbours are: the correlation of each value with the next, 0 to 0.95.
fn alike(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let variance: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let together: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if variance > 0.0 { (together / variance).clamp(0.0, 0.95) } else { 0.0 }
}

/// How often each of so many pieces is drawn.
fn draw(pieces: usize, block: usize, random: &mut Pcg64Mcg) -> Vec<u64> {
    let mut times = vec![0; pieces];
    let mut drawn = 0;
    while drawn < pieces {
        let from = random.random_range(0..pieces);
        for step in 0..block.min(pieces - drawn) {
            times[(from + step) % pieces] += 1;
        }
        drawn += block;
    }
    times
}

/// The histograms of all pieces over one list of durations: hundreds of sums of them are wanted.
struct Columns {
    durations: Vec<u64>,
    /// Of each piece, which durations and how often.
    pieces: Vec<Vec<(usize, u64)>>,
}

impl Columns {
    fn new(pieces: &[Piece], of: fn(&Piece) -> &Buckets) -> Self {
        let durations: BTreeSet<u64> = pieces.iter().flat_map(|piece| of(piece).0.keys().copied()).collect();
        let durations: Vec<u64> = durations.into_iter().collect();
        let column =
            |us: &u64| durations.binary_search(us).expect("the list holds the durations of all pieces");
        let pieces = pieces
            .iter()
            .map(|piece| of(piece).0.iter().map(|(us, &count)| (column(us), count)).collect())
            .collect();
        Self { durations, pieces }
    }

    /// Each piece so many times.
    fn sum(&self, times: &[u64]) -> Buckets {
        let mut counts = vec![0; self.durations.len()];
        for (piece, times) in self.pieces.iter().zip(times) {
            for &(column, count) in piece {
                counts[column] += count * times;
            }
        }
        Buckets(self.durations.iter().copied().zip(counts).filter(|(_, count)| *count > 0).collect())
    }
}

/// The 95% interval of a figure's difference between two runs; `None` when it cannot be computed of a draw.
pub(super) fn interval(
    before: &Resampled<'_>,
    after: &Resampled<'_>,
    value: &dyn Fn(&Piece) -> Option<f64>,
    difference: f64,
) -> Option<(f64, f64)> {
    let mut differences: Vec<f64> = (before.draws.iter().zip(&after.draws))
        .filter_map(|(before, after)| Some(value(after)? - value(before)?))
        .collect();
    if differences.len() < DRAWS / 2 {
        return None;
    }
    differences.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| differences[(share * (differences.len() - 1) as f64).round() as usize];
    // What varies is known from a few blocks only, and draws from few blocks vary too little: wider by as much as
    // Student's distribution is wider than the normal one.
    let blocks = (before.pieces() / before.block).min(after.pieces() / after.block) as f64;
    let wider = student(blocks - 1.0) / Z * (blocks / (blocks - 1.0)).sqrt();
    Some((
        difference - (difference - at(0.025)).max(0.0) * wider,
        difference + (at(0.975) - difference).max(0.0) * wider,
    ))
}

/// The 97.5% quantile of Student's distribution, to some percent from 3 degrees of freedom on (Abramowitz and Stegun,
/// 26.7.5).
fn student(freedom: f64) -> f64 {
    let (z, n) = (Z, freedom.max(1.0));
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * n)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, table) in [(3.0, 3.182), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042)] {
            assert!((student(freedom) / table - 1.0).abs() < 0.015, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn a_draw_has_as_many_pieces_as_the_run() {
        let pieces: Vec<Piece> =
            (0..37).map(|at_s| Piece { at_s, seconds: 1.0, ..Piece::default() }).collect();
        let resampled = Resampled::new(&pieces, 1);
        assert!(resampled.draws.iter().all(|draw| (draw.seconds - 37.0).abs() < 1e-9));
    }
}
