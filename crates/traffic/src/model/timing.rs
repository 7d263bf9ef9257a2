//! How fast pages load: Matomo's page performance figures.
//!
//! Medians and spread are round figures of the right size, not measurements: the reports need plausible numbers, and
//! the tail is heavy, as such times are. A phone's network and processor are slower; the server is the same for all.

use crate::{
    PageTiming,
    content::Device,
    random::{Quantiles, Stream},
};

/// Median milliseconds of network, server, transfer, DOM processing, DOM completion and load handlers.
const DESK: [f32; 6] = [35.0, 180.0, 25.0, 220.0, 350.0, 15.0];
const PHONE: [f32; 6] = [80.0, 180.0, 60.0, 420.0, 640.0, 30.0];

/// Spread of the log-logistic around the median: nine of ten within a factor of 3.
const SPREAD: f64 = 0.37;

/// Draws page timings.
#[derive(Debug, Clone)]
pub(super) struct Timings(Quantiles);

impl Timings {
    pub(super) fn new() -> Self {
        Self(Quantiles::log_logistic(SPREAD))
    }

    pub(super) fn draw(&self, device: Device, stream: &mut Stream) -> PageTiming {
        let medians = if device == Device::Desktop { DESK } else { PHONE };
        // Ten bits choose a quantile, so one draw serves all six.
        let bits = stream.bits();
        let stage =
            |n: usize| (medians[n] * self.0.at(bits >> (10 * n))).clamp(1.0, f32::from(u16::MAX)) as u16;
        PageTiming {
            network: stage(0),
            server: stage(1),
            transfer: stage(2),
            dom_processing: stage(3),
            dom_completion: stage(4),
            on_load: stage(5),
        }
    }
}
