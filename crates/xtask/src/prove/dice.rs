//! Draws for random cases: the same seed draws the same case, whatever is drawn in other cases.

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// A random stream.
pub(super) struct Dice(Pcg64Mcg);

impl Dice {
    /// The stream of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to 1, without 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// From `least` to `most`, with both.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        ((u128::from(self.bits()) * (u128::from(most - least) + 1)) >> 64) as u64 + least
    }

    /// One of a list that is not empty.
    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() as u64 - 1) as usize].clone()
    }

    /// So many different ones of a list, in a random order; all when there are no more.
    pub(super) fn some<T: Copy>(&mut self, of: &[T], count: u64) -> Vec<T> {
        let mut all = of.to_vec();
        let count = all.len().min(count as usize);
        for at in 0..count {
            let other = self.between(at as u64, all.len() as u64 - 1) as usize;
            all.swap(at, other);
        }
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again() {
        let drawn = |seed| {
            let mut dice = Dice::new(seed);
            (dice.bits(), dice.some(&[1, 2, 3, 4, 5, 6, 7, 8], 5))
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut dice = Dice::new(1);
        for _ in 0..1000 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert_eq!(dice.some(&[1, 2, 3], 9).len(), 3);
        }
        assert_eq!(dice.between(u64::MAX, u64::MAX), u64::MAX);
    }
}
