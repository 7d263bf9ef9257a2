//! The rate curves: how the hours of a day and the days of a week share their visits.
//!
//! Hours: least about 04:00, a small peak at 11 to 12 and the main one at 19 to 21, as Arbor Networks' two-year study
//! of 110 providers (2009) and Piccardi et al. on Wikipedia's readers (ICWSM 2024) found them. Days: working days a
//! little above the mean and Saturday lowest; that figure is weak and differs from site to site.

use settings::Shape;

/// Weight of each hour, as of the middle of it; between two hours the rate is interpolated.
const HOURS: [f64; 24] = [
    0.70, 0.50, 0.37, 0.30, 0.28, 0.33, 0.48, 0.68, 0.88, 1.04, 1.15, 1.21, 1.20, 1.14, 1.12, 1.14, 1.18,
    1.25, 1.37, 1.50, 1.55, 1.46, 1.22, 0.94,
];

/// Weight of each day, from Monday.
const DAYS: [f64; 7] = [1.06, 1.07, 1.06, 1.04, 0.97, 0.87, 0.93];

/// Length of a step of the curve. Every offset in use since 1972 is a multiple of it.
pub(super) const STEP_US: i64 = 900_000_000;

/// Steps of a day of 24 hours.
pub(super) const STEPS: usize = 96;

/// The rate in step `step` of the day `weekday` (from Monday = 0), on any scale.
pub(super) fn weight(shape: Shape, weekday: usize, step: usize) -> f64 {
    match shape {
        Shape::Flat => 1.0,
        Shape::Daily => hour_weight(step),
        Shape::Weekly => DAYS[weekday % 7] * hour_weight(step),
    }
}

fn hour_weight(step: usize) -> f64 {
    // The middle of the step, in hours after the middle of hour 0; 24 is added to stay above 0.
    let hours = 24.0 + (step as f64 + 0.5) / 4.0 - 0.5;
    let (before, part) = (hours as usize, hours.fract());
    HOURS[before % 24] * (1.0 - part) + HOURS[(before + 1) % 24] * part
}

/// How far above its mean the rate rises, at the most.
pub(crate) fn peak_factor(shape: Shape) -> f64 {
    let weights: Vec<f64> =
        (0..7).flat_map(|day| (0..STEPS).map(move |step| weight(shape, day, step))).collect();
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    let peak = weights.iter().fold(0.0, |a: f64, &b| a.max(b)) / mean;
    // A day without its quiet hour at the change to summer time is that much flatter: less than a twentieth.
    if shape == Shape::Flat { peak } else { peak * 1.05 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_has_the_shape_that_was_measured() {
        let hours: Vec<f64> =
            (0..24).map(|h| (0..4).map(|q| weight(Shape::Daily, 0, h * 4 + q)).sum::<f64>()).collect();
        let least = (0..24).min_by(|&a, &b| hours[a].total_cmp(&hours[b])).unwrap();
        let most = (0..24).max_by(|&a, &b| hours[a].total_cmp(&hours[b])).unwrap();
        assert_eq!(least, 4);
        assert!((19..=21).contains(&most));
        assert!(hours[11] > hours[9] && hours[11] > hours[14], "a small peak before noon");
        assert!(hours[11] < hours[20]);
    }

    #[test]
    fn the_peak_is_known() {
        assert!((peak_factor(Shape::Flat) - 1.0).abs() < 1e-9);
        assert!((1.5..1.8).contains(&peak_factor(Shape::Daily)));
        assert!(peak_factor(Shape::Weekly) > peak_factor(Shape::Daily));
    }
}
