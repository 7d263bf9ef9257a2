//! How a visit's length is divided over its pages.

use crate::random::{Quantiles, Stream};

/// The longest time between two hits of a visit. Matomo starts another visit after 30 minutes.
pub(super) const LONGEST_GAP_MS: u32 = 29 * 60_000 + 30_000;

/// The longest visit of a journey whose dwell times add up to more, unless `VISIT_DURATION_MAX` is longer.
pub(crate) const LONGEST_JOURNEY_MS: u32 = 60 * 60_000;

/// Shape of the time on a page: below 1, as Liu, White and Dumais measured it (SIGIR 2010).
const DWELL_SHAPE: f64 = 0.8;

/// Nobody leaves a page sooner than this, as long as the visit is long enough for that.
const SHORTEST_MS: f64 = 1500.0;

/// How long visits last.
#[derive(Debug, Clone)]
pub(super) enum Dwell {
    /// The length is drawn from a range of milliseconds, uniformly, and divided with random weights.
    Divided { min: f64, max: f64, weights: Quantiles },
    /// Each page has its own dwell time in milliseconds; the sum is at most `longest`.
    Summed { times: Quantiles, longest: f64 },
}

impl Dwell {
    /// A length drawn from a range in minutes.
    pub(super) fn divided(min_minutes: f64, max_minutes: f64) -> Self {
        let weights = Quantiles::weibull(DWELL_SHAPE, 1.0);
        Self::Divided { min: min_minutes * 60_000.0, max: max_minutes * 60_000.0, weights }
    }

    /// Dwell times from a Weibull distribution.
    pub(super) fn summed(shape: f64, scale_s: f64, longest_ms: f64) -> Self {
        Self::Summed { times: Quantiles::weibull(shape, scale_s * 1000.0), longest: longest_ms }
    }

    /// The longest visit, in milliseconds.
    pub(super) fn longest_ms(&self) -> f64 {
        match self {
            Self::Divided { max, .. } => *max,
            Self::Summed { longest, .. } => *longest,
        }
    }

    /// Fills `ends` with the moments at which the pages are left, in milliseconds after the first is viewed. `of` is
    /// how many pages the whole visit has, when `ends` is only a part of it.
    pub(super) fn fill(&self, ends: &mut [u32], of: usize, stream: &mut Stream) {
        let mut shares = [0.0_f64; super::counts::MOST as usize + 1];
        let shares = &mut shares[..ends.len()];
        let gap = f64::from(LONGEST_GAP_MS);
        match self {
            Self::Divided { min, max, weights } => {
                let whole = stream.within(*min, *max);
                let length = whole * (ends.len() as f64 / of as f64).min(1.0);
                let mut sum = 0.0;
                for share in shares.iter_mut() {
                    *share = f64::from(weights.draw(stream));
                    sum += *share;
                }
                let pages = shares.len() as f64;
                let shortest = SHORTEST_MS.min(0.3 * length / pages);
                let scale = (length - shortest * pages) / sum;
                for share in shares.iter_mut() {
                    *share = shortest + *share * scale;
                }
                if length > gap {
                    level(shares, length, gap);
                }
            }
            Self::Summed { times, longest } => {
                let mut sum = 0.0;
                for share in shares.iter_mut() {
                    *share = f64::from(times.draw(stream)).clamp(SHORTEST_MS, gap);
                    sum += *share;
                }
                if sum > *longest {
                    for share in shares.iter_mut() {
                        *share *= longest / sum;
                    }
                }
            }
        }
        let mut passed = 0.0;
        for (end, share) in ends.iter_mut().zip(shares) {
            passed += *share;
            *end = passed as u32;
        }
    }
}

/// Cuts shares above `gap` down to it and gives what is cut off to the others, so that the whole stays `length` as
/// long as there are pages enough for that.
fn level(shares: &mut [f64], length: f64, gap: f64) {
    let length = length.min(gap * shares.len() as f64);
    // Each pass fills at least one share up to the gap, or ends.
    for _ in 0..shares.len() {
        let (mut full, mut open) = (0.0, 0.0);
        for share in shares.iter_mut() {
            if *share >= gap {
                *share = gap;
                full += gap;
            } else {
                open += *share;
            }
        }
        let missing = length - full - open;
        if missing < 1.0 || open <= 0.0 {
            return;
        }
        let scale = (length - full) / open;
        shares.iter_mut().filter(|share| **share < gap).for_each(|share| *share *= scale);
    }
    for share in shares {
        *share = share.min(gap);
    }
}
