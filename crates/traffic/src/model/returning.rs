//! Who comes: visitors seen for the first time, and those who come back, without any shared state.
//!
//! Visit numbers are cut into epochs that outlast any visit plus the 30 minutes after which the next one is a visit of
//! its own. Who returns in epoch *k* is drawn from the visits of epoch *k-2* by a keyed permutation. So no visitor is
//! drawn twice in an epoch, none comes in two neighbouring epochs, and one visitor's visits never overlap. In epochs 0
//! and 1 there is nobody to draw from: all who come there are new.

use crate::random::{keyed, mix, unit};

/// The greatest share of returning visitors. Following a visitor back to the first visit takes `1/(1-share)` steps in
/// the mean, so it is bounded here: 64 steps.
const MOST: f64 = 63.0 / 64.0;

/// Separates the draws made here from each other.
const RETURNS: u64 = 0x5245_5455_524e_5321;
const PERMUTES: u64 = 0x5045_524d_5554_4521;

/// The rule that tells who comes on which visit.
#[derive(Debug, Clone)]
pub(super) struct Returning {
    key: u64,
    /// Visits of an epoch.
    epoch: u64,
    /// What tells apart visits of the same number in different windows.
    base: u64,
    share: f64,
    /// Bits that hold every position of an epoch.
    bits: u32,
}

impl Returning {
    /// The rule for `epoch` visits an epoch, of which `share` are by visitors seen before.
    pub(super) fn new(key: u64, epoch: u64, base: u64, share: f64) -> Self {
        let epoch = epoch.max(1);
        let bits = (u64::BITS - (epoch - 1).leading_zeros()).max(2);
        Self { key, epoch, base, share: share.min(MOST), bits }
    }

    /// The number of the first visit of whoever comes on visit `index`.
    #[inline]
    pub(super) fn first_visit(&self, mut index: u64) -> u64 {
        while let Some(before) = self.visit_before(index) {
            index = before;
        }
        index
    }

    /// The number of the last visit of whoever comes on visit `index`; `None` when it is their first. A visit is
    /// followed by one at the most, so this is the visit just before.
    #[inline]
    pub(super) fn visit_before(&self, index: u64) -> Option<u64> {
        self.returns(index).then(|| {
            let (epoch, position) = (index / self.epoch, index % self.epoch);
            (epoch - 2) * self.epoch + self.permute(epoch, position)
        })
    }

    /// A visit's number and that of the same visitor's visit before differ by less than this.
    pub(super) fn reach(&self) -> u64 {
        self.epoch.saturating_mul(3)
    }

    /// The visitor whose first visit is number `first`: one to one, so no two visitors share an identity.
    #[inline]
    pub(super) fn visitor(&self, first: u64) -> u64 {
        keyed(self.key, first.wrapping_add(self.base))
    }

    fn returns(&self, index: u64) -> bool {
        index >= 2 * self.epoch && unit(keyed(self.key ^ RETURNS, index.wrapping_add(self.base))) < self.share
    }

    /// A permutation of an epoch's positions: steps that are one to one on `bits` bits (adding a key, multiplying by
    /// an odd number, folding the high half onto the low one), walked on until the result is a position again.
    fn permute(&self, epoch: u64, position: u64) -> u64 {
        let mask = u64::MAX >> (u64::BITS - self.bits);
        let fold = self.bits.div_ceil(2);
        let key = mix(keyed(self.key ^ PERMUTES, epoch.wrapping_add(self.base)));
        let mut x = position;
        loop {
            let mut round = key;
            for _ in 0..3 {
                x = x.wrapping_add(round).wrapping_mul(0xd6e8_feb8_6659_fd93) & mask;
                x ^= x >> fold;
                round = round.rotate_right(21);
            }
            if x < self.epoch {
                return x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_epoch_is_permuted() {
        for epoch in [1, 2, 3, 64, 65, 528, 1000, 4096] {
            let rule = Returning::new(5, epoch, 0, 0.5);
            for number in 2..6 {
                let all: HashSet<u64> = (0..epoch).map(|position| rule.permute(number, position)).collect();
                assert_eq!(all.len() as u64, epoch);
                assert!(all.iter().all(|&position| position < epoch));
            }
        }
    }

    #[test]
    fn the_permutation_scatters() {
        let rule = Returning::new(5, 1000, 0, 0.5);
        let fixed = (0..1000).filter(|&p| rule.permute(2, p) == p).count();
        let follow = (0..999).filter(|&p| rule.permute(2, p) + 1 == rule.permute(2, p + 1)).count();
        assert!(fixed < 10 && follow < 10, "{fixed} stay, {follow} keep their neighbour");
    }

    #[test]
    fn the_share_is_met_and_nobody_returns_too_soon() {
        for share in [0.0, 0.2, 0.9, 1.0] {
            let rule = Returning::new(11, 500, 0, share);
            let mut last: std::collections::HashMap<u64, u64> = std::collections::HashMap::new();
            let mut returned = 0;
            for index in 0..101_000 {
                let first = rule.first_visit(index);
                assert!(first <= index);
                returned += u64::from(first != index);
                if let Some(before) = last.insert(first, index) {
                    assert!(index / 500 >= before / 500 + 2, "{before} then {index}");
                }
            }
            let met = returned as f64 / 100_000.0;
            assert!((met - f64::min(share, MOST)).abs() < 0.005, "{share}: {met}");
        }
    }
}
