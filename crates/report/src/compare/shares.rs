//! The difference of two shares by their counts alone.

/// A part of a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// So many,
    pub(super) part: u64,
    /// of so many.
    pub(super) of: u64,
}

/// The normal distribution's quantile for 95% between both ends.
pub(super) const Z: f64 = 1.959_963_984_540_054;

impl Share {
    /// The fraction; `None` of nothing.
    pub(super) fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }

    /// Wilson's score interval (Wilson, J. Am. Stat. Assoc. 22:209, 1927): right for rare events and for none at all.
    fn wilson(self) -> (f64, f64) {
        let (n, p) = (self.of as f64, self.part as f64 / self.of as f64);
        let z2 = Z * Z;
        let centre = p + z2 / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        (((centre - spread) / (1.0 + z2 / n)).max(0.0), ((centre + spread) / (1.0 + z2 / n)).min(1.0))
    }
}

/// The 95% interval of `b - a`: Newcombe's hybrid score interval (Newcombe, Statistics in Medicine 17:873, 1998, method
/// 10). Both shares are of something.
pub(super) fn interval(a: Share, b: Share) -> (f64, f64) {
    let (p, q) = (a.part as f64 / a.of as f64, b.part as f64 / b.of as f64);
    let ((a_low, a_high), (b_low, b_high)) = (a.wilson(), b.wilson());
    let difference = q - p;
    let below = ((q - b_low).powi(2) + (a_high - p).powi(2)).sqrt();
    let above = ((b_high - q).powi(2) + (p - a_low).powi(2)).sqrt();
    (difference - below, difference + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the paper's table II, method 10: difference of two proportions.
    #[test]
    fn newcombes_own_examples_come_out() {
        for (first, second, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
        ] {
            let share = |(part, of)| Share { part, of };
            let (least, most) = interval(share(second), share(first));
            assert!(
                (least - low).abs() < 1e-4 && (most - high).abs() < 1e-4,
                "{least} {most} for {low} {high}"
            );
        }
    }

    #[test]
    fn no_error_in_few_requests_does_not_rule_errors_out() {
        let (low, high) = interval(Share { part: 0, of: 100 }, Share { part: 0, of: 100 });
        assert!(low < -0.02 && high > 0.02, "{low} {high}");
    }
}
