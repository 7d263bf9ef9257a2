//! The random stream of a visit, and the tables it draws from.
//!
//! A stream is keyed by a hash of what it is for (seed, purpose, number), so that any visit can be made alone. The
//! draws are written out here instead of taken from `rand`'s distributions: the same seed must give the same bytes
//! after an update of a dependency too.

mod alias;
mod quantiles;

pub(crate) use alias::Alias;
pub(crate) use quantiles::Quantiles;

use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// The odd integer nearest to 2^64 divided by the golden ratio: the step of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes 64 bits one to one: `SplitMix64`'s finalizer (Steele, Lea and Flood, OOPSLA 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The key of number `number` under `key`. One to one in `number`, so two numbers never share a key.
pub(crate) fn keyed(key: u64, number: u64) -> u64 {
    mix(key ^ mix(number.wrapping_add(GOLDEN)))
}

/// A number from 0 to 1 that belongs to `key`, without 1.
pub(crate) fn unit(key: u64) -> f64 {
    (key >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A random stream of its own for one key.
#[derive(Debug, Clone)]
pub(crate) struct Stream(Pcg64Mcg);

impl Stream {
    /// The stream of `key`.
    pub(crate) fn new(key: u64) -> Self {
        Self(Pcg64Mcg::new((u128::from(mix(key)) << 64) | u128::from(mix(key.wrapping_add(GOLDEN)))))
    }

    /// The generator itself, for distributions that take one.
    pub(crate) fn generator(&mut self) -> &mut Pcg64Mcg {
        &mut self.0
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to 1, without 1.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// True with probability `p`.
    #[inline]
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// From 0 to `count`, without `count`, which is above 0.
    #[inline]
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        // Multiply and shift (Lemire 2019) without its rejection: over 64 bits the bias is below 2^-32.
        ((u128::from(self.bits()) * u128::from(count)) >> 64) as u32
    }

    /// From `min` to `max`, with both.
    #[inline]
    pub(crate) fn between(&mut self, min: u32, max: u32) -> u32 {
        ((u128::from(self.bits()) * (u128::from(max - min) + 1)) >> 64) as u32 + min
    }

    /// From `min` to `max`.
    #[inline]
    pub(crate) fn within(&mut self, min: f64, max: f64) -> f64 {
        min + (max - min) * self.unit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_neighbouring_keys_have_nothing_in_common() {
        let first: Vec<u64> = (0..1000).map(|key| Stream::new(key).bits()).collect();
        let mut sorted = first.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), first.len());
        let ones: u32 = first.windows(2).map(|pair| (pair[0] ^ pair[1]).count_ones()).sum();
        let mean = f64::from(ones) / 999.0;
        assert!((31.0..33.0).contains(&mean), "neighbours differ in {mean} of 64 bits");
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut stream = Stream::new(7);
        let mut seen = [0_u32; 6];
        for _ in 0..6000 {
            seen[stream.below(6) as usize] += 1;
            assert!((3..=5).contains(&stream.between(3, 5)));
            let x = stream.within(0.5, 2.0);
            assert!((0.5..2.0).contains(&x));
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(stream.between(u32::MAX, u32::MAX), u32::MAX);
    }

    #[test]
    fn the_stream_is_pinned() {
        // These values are part of the promise "same seed, same traffic": a change here changes every run.
        let mut stream = Stream::new(keyed(1, 2));
        let drawn = [stream.bits(), stream.bits(), u64::from(stream.below(1000))];
        assert_eq!(drawn, [15_362_550_402_972_781_817, 18_037_710_367_315_085_186, 265]);
    }
}
