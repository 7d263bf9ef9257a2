//! Weighted picks in constant time: Walker's alias method in Vose's form (Vose, IEEE TSE 17:9, 1991).
//!
//! `rand_distr` has one too; this one takes a single draw and a single cache line a pick, and its picks cannot change
//! under an update.

use super::Stream;

/// A weighted choice among `0..len`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alias {
    /// For each cell: keep the cell's own number below this threshold (of 2^32), else take the other one.
    cells: Vec<(u32, u32)>,
}

impl Alias {
    /// A choice with these weights; negative and non-finite ones count as 0. When all are 0, every one is alike.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let clean = |w: f64| if w.is_finite() && w > 0.0 { w } else { 0.0 };
        let mut scaled: Vec<f64> = weights.into_iter().map(clean).collect();
        let sum: f64 = scaled.iter().sum();
        if sum <= 0.0 {
            scaled.fill(1.0);
        }
        let sum: f64 = scaled.iter().sum();
        let count = scaled.len() as f64;
        let heaviest = (0..scaled.len()).max_by(|&a, &b| scaled[a].total_cmp(&scaled[b])).unwrap_or(0) as u32;
        for weight in &mut scaled {
            *weight *= count / sum;
        }
        let mut cells: Vec<(u32, u32)> = (0..scaled.len() as u32).map(|own| (u32::MAX, own)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..scaled.len()).partition(|&i| scaled[i] < 1.0);
        while let (Some(&donor), Some(cell)) = (large.last(), small.pop()) {
            cells[cell] = ((scaled[cell] * 4_294_967_296.0) as u32, donor as u32);
            scaled[donor] -= 1.0 - scaled[cell];
            if scaled[donor] < 1.0 {
                large.pop();
                small.push(donor);
            }
        }
        // What is left over is 1 but for rounding, unless its weight is 0: such a one must never be picked.
        for cell in small {
            if scaled[cell] < 0.5 {
                cells[cell] = (0, heaviest);
            }
        }
        Self { cells }
    }

    /// A Zipf choice: the weight of rank r (from 1) is r to the power of `-exponent`.
    pub(crate) fn zipf(count: u32, exponent: f64) -> Self {
        Self::new((1..=count).map(|rank| f64::from(rank).powf(-exponent)))
    }

    /// Whether there is nothing to choose from.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Picks one. There must be something to choose from.
    #[inline]
    pub(crate) fn pick(&self, stream: &mut Stream) -> u32 {
        let bits = stream.bits();
        // The high bits choose the cell, the low ones decide within it.
        let cell = ((u128::from(bits) * self.cells.len() as u128) >> 64) as usize;
        let (threshold, other) = self.cells[cell];
        if (bits as u32) < threshold { cell as u32 } else { other }
    }

    /// Picks one, if there is something to choose from.
    #[inline]
    pub(crate) fn try_pick(&self, stream: &mut Stream) -> Option<u32> {
        (!self.is_empty()).then(|| self.pick(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(alias: &Alias, count: usize) -> Vec<f64> {
        let mut stream = Stream::new(3);
        let mut seen = vec![0_u32; count];
        for _ in 0..200_000 {
            seen[alias.pick(&mut stream) as usize] += 1;
        }
        seen.iter().map(|&n| f64::from(n) / 200_000.0).collect()
    }

    #[test]
    fn picks_follow_the_weights() {
        let shares = shares(&Alias::new([1.0, 0.0, 3.0, 6.0, f64::NAN, -2.0]), 6);
        for (share, wanted) in shares.iter().zip([0.1, 0.0, 0.3, 0.6, 0.0, 0.0]) {
            assert!((share - wanted).abs() < 0.005, "{shares:?}");
        }
        assert!(shares[1] == 0.0 && shares[4] == 0.0);
    }

    #[test]
    fn zipf_falls_by_its_exponent() {
        let shares = shares(&Alias::zipf(50, 0.8), 50);
        let ratio = shares[0] / shares[9];
        assert!((ratio - 10_f64.powf(0.8)).abs() < 0.5, "first to tenth: {ratio}");
    }

    #[test]
    fn weights_of_zero_alone_are_all_alike_and_nothing_gives_nothing() {
        assert!(shares(&Alias::new([0.0, 0.0]), 2).iter().all(|s| (s - 0.5).abs() < 0.01));
        assert_eq!(Alias::new([]).try_pick(&mut Stream::new(1)), None);
        assert_eq!(Alias::new([5.0]).try_pick(&mut Stream::new(1)), Some(0));
    }
}
