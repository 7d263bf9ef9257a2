//! A histogram of durations: cheap to record, mergeable between workers, exact to three digits.

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An hour: longer than any timeout, so that a clipped value is one that could not have been.
const LONGEST_US: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
/// What a series over time is kept to.
const COARSE_DIGITS: u8 = 2;

/// Durations in microseconds, up to an hour; longer ones count as an hour. About 200 KB, whatever is recorded.
#[derive(Debug, Clone)]
pub struct Durations {
    histogram: Histogram<u64>,
    sum_us: u64,
}

impl Default for Durations {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, SIGNIFICANT_DIGITS)
            .expect("the bounds are constants that the histogram accepts");
        Self { histogram, sum_us: 0 }
    }
}

impl Durations {
    /// Counts one duration, in microseconds.
    pub fn record_us(&mut self, us: u64) {
        let us = us.min(LONGEST_US);
        self.histogram.saturating_record(us);
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// Adds all of another's.
    #[allow(clippy::missing_panics_doc, reason = "all histograms have the same bounds")]
    pub fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("all histograms have the same bounds");
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// What was recorded after `earlier`, a state of the same durations.
    #[allow(clippy::missing_panics_doc, reason = "all histograms have the same bounds")]
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut later = self.clone();
        later
            .histogram
            .subtract(&earlier.histogram)
            .expect("an earlier state holds nothing that a later one lacks");
        later.sum_us = self.sum_us.saturating_sub(earlier.sum_us);
        later
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Their sum in microseconds, exact but for those that were clipped to an hour.
    pub fn sum_us(&self) -> u64 {
        self.sum_us
    }

    /// How many fall between neighbours of the ascending upper bounds, each bound included, to the histogram's three
    /// digits; one more count than bounds, for what lies above the last.
    pub fn counts_by_bound_us(&self, bounds_us: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; bounds_us.len() + 1];
        for step in self.histogram.iter_recorded() {
            let value = self.histogram.lowest_equivalent(step.value_iterated_to());
            counts[bounds_us.partition_point(|&bound| bound < value)] += step.count_at_value();
        }
        counts
    }

    /// What was recorded to two digits: the largest value of each step in microseconds, and how often.
    #[allow(clippy::missing_panics_doc, reason = "the bounds are constants that the histogram accepts")]
    pub fn coarse(&self) -> Vec<(u64, u64)> {
        let mut coarse = Histogram::<u64>::new_with_bounds(1, LONGEST_US, COARSE_DIGITS)
            .expect("the bounds are constants that the histogram accepts");
        for step in self.histogram.iter_recorded() {
            coarse.saturating_record_n(step.value_iterated_to().min(LONGEST_US), step.count_at_value());
        }
        coarse.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// The quantiles that reports show.
    pub fn quantiles(&self) -> Quantiles {
        if self.count() == 0 {
            return Quantiles::default();
        }
        let at = |quantile| milliseconds(self.histogram.value_at_quantile(quantile) as f64);
        Quantiles {
            count: self.count(),
            mean: milliseconds(self.sum_us as f64 / self.count() as f64),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: milliseconds(self.histogram.max() as f64),
        }
    }
}

/// Microseconds as milliseconds, rounded to whole microseconds so that reports are short and compare equal.
fn milliseconds(us: f64) -> f64 {
    us.round() / 1000.0
}

/// Quantiles of a duration in milliseconds. All 0 when `count` is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    /// How many durations were measured.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90% were not longer.
    pub p90: f64,
    /// 95% were not longer.
    pub p95: f64,
    /// 99% were not longer.
    pub p99: f64,
    /// 99.9% were not longer.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recorded(values: &[u64]) -> Durations {
        let mut durations = Durations::default();
        for &us in values {
            durations.record_us(us);
        }
        durations
    }

    #[test]
    fn nothing_measured_is_all_zero() {
        assert_eq!(Durations::default().quantiles(), Quantiles::default());
    }

    #[test]
    fn an_answer_after_two_hours_counts_as_one_hour() {
        let quantiles = recorded(&[7_200_000_000]).quantiles();
        assert_eq!(quantiles.count, 1);
        assert!((quantiles.max - 3_600_000.0).abs() <= 3_600.0, "{quantiles:?}");
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_list_to_three_digits(mut values in prop::collection::vec(1..10_000_000u64, 1..400)) {
            let quantiles = recorded(&values).quantiles();
            values.sort_unstable();
            for (quantile, shown) in [(0.5, quantiles.p50), (0.95, quantiles.p95), (0.99, quantiles.p99), (1.0, quantiles.max)] {
                let rank = ((quantile * values.len() as f64).ceil() as usize).clamp(1, values.len());
                let exact = values[rank - 1] as f64 / 1000.0;
                prop_assert!((shown - exact).abs() <= exact / 1000.0 + 0.001, "{quantile}: {shown} for {exact}");
            }
        }

        #[test]
        fn every_duration_falls_under_one_bound(values in prop::collection::vec(0..100_000u64, 0..200)) {
            let counts = recorded(&values).counts_by_bound_us(&[100, 1_000, 10_000]);
            prop_assert_eq!(counts.len(), 4);
            prop_assert_eq!(counts.iter().sum::<u64>(), values.len() as u64);
            prop_assert_eq!(counts[0], values.iter().filter(|&&us| us <= 100).count() as u64);
        }

        #[test]
        fn merging_is_recording_in_one(left in prop::collection::vec(0..u64::MAX, 0..50), right in prop::collection::vec(0..5_000_000u64, 0..50)) {
            let mut merged = recorded(&left);
            merged.merge(&recorded(&right));
            let together: Vec<u64> = left.into_iter().chain(right).collect();
            prop_assert_eq!(merged.quantiles(), recorded(&together).quantiles());
        }
    }
}
