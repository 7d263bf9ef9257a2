//! Continuous distributions as a table of quantiles: one draw, one look-up, and a greatest value that is known.

use super::Stream;

/// Cells of a table. The most that is ever drawn is the quantile at 1 - 1/2048.
const CELLS: u32 = 1024;

/// A distribution, cut into 1024 parts that are equally likely.
#[derive(Debug, Clone)]
pub(crate) struct Quantiles(Box<[f32]>);

impl Quantiles {
    /// The distribution whose quantile function is `quantile`.
    pub(crate) fn new(quantile: impl Fn(f64) -> f64) -> Self {
        Self((0..CELLS).map(|cell| quantile((f64::from(cell) + 0.5) / f64::from(CELLS)) as f32).collect())
    }

    /// Weibull: `scale (-ln(1-u))^(1/shape)`.
    pub(crate) fn weibull(shape: f64, scale: f64) -> Self {
        Self::new(|u| scale * (-(1.0 - u).ln()).powf(1.0 / shape))
    }

    /// Log-logistic with median 1: `(u/(1-u))^spread`. Its tail is heavier than the log-normal's.
    pub(crate) fn log_logistic(spread: f64) -> Self {
        Self::new(|u| (u / (1.0 - u)).powf(spread))
    }

    /// One value.
    #[inline]
    pub(crate) fn draw(&self, stream: &mut Stream) -> f32 {
        self.at(stream.bits())
    }

    /// The value that ten random bits choose.
    #[inline]
    pub(crate) fn at(&self, bits: u64) -> f32 {
        self.0[(bits % u64::from(CELLS)) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weibull_has_its_mean() {
        let table = Quantiles::weibull(0.8, 1.0);
        let mut stream = Stream::new(9);
        let mean = (0..100_000).map(|_| f64::from(table.draw(&mut stream))).sum::<f64>() / 100_000.0;
        // Gamma(1 + 1/0.8) = 1.133
        assert!((mean - 1.133).abs() < 0.02, "{mean}");
    }

    #[test]
    fn the_median_of_a_log_logistic_is_one() {
        let table = Quantiles::log_logistic(0.4);
        assert!(table.at(511) < 1.0 && table.at(512) > 1.0);
    }
}
