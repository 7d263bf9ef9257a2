//! The probabilities of a kind of visit, arranged so that each is met over all of its visits.
//!
//! A visit of one page has no actions, so longer ones have them a little more often; and who views more pages, or sits
//! at a desk, buys more often. What the settings name is the mean over all visits, and that is kept.

use crate::content::Device;

/// Conversion by device: desktop 3.8%, mobile 2.3%, tablet 3.2% of visits (eMarketer 2021).
const CONVERSION: [f64; 3] = [3.8, 2.3, 3.2];

/// Share of carts that are abandoned: Baymard's mean of 50 studies is 70%.
pub(super) const ABANDONED: f64 = 0.70;

/// A probability for each number of pages and each device, with a given mean over all visits.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    /// By number of pages, then by device.
    table: Vec<[f64; 3]>,
}

impl Purchase {
    /// Spreads probability `mean` over visits of which `pages[n]` have n pages and `devices[d]` device d. It grows with
    /// the pages after the first and with the device's conversion, as far as it can: buying visits view several times
    /// the pages of others (Contentsquare 2022). One-page visits buy only if all others do.
    pub(super) fn spread(mean: f64, pages: &[f64], devices: [f64; 3]) -> Self {
        let appetite = |n: usize, device: usize| n.saturating_sub(1) as f64 * CONVERSION[device];
        let probability = |scale: f64, n: usize, device: usize| (appetite(n, device) * scale).min(1.0);
        let met = |scale: f64| -> f64 {
            let of = |(n, share): (usize, &f64)| {
                share * (0..3).map(|d| devices[d] * probability(scale, n, d)).sum::<f64>()
            };
            pages.iter().enumerate().map(of).sum()
        };
        // The mean grows with the scale: halve until the scale is known to the last bit.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if met(middle) < mean { low = middle } else { high = middle }
        }
        let mut table: Vec<[f64; 3]> =
            (0..pages.len()).map(|n| [0, 1, 2].map(|device| probability(high, n, device))).collect();
        let single = pages.get(1).copied().unwrap_or(0.0);
        let missing = mean - met(high);
        if missing > 1e-9 && single > 0.0 {
            table[1] = [(missing / single).min(1.0); 3];
        }
        Self { table }
    }

    /// The probability for a visit of so many pages on this device.
    pub(super) fn of(&self, pages: u32, device: Device) -> f64 {
        let row = (pages as usize).min(self.table.len() - 1);
        self.table[row][device as usize]
    }
}

/// The probability, among visits of several pages, that gives `mean` over all visits, as far as it can.
pub(super) fn among_several(mean: f64, pages: &[f64]) -> f64 {
    let several: f64 = pages.iter().skip(2).sum();
    if several > 0.0 { (mean / several).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(purchase: &Purchase, pages: &[f64], devices: [f64; 3]) -> f64 {
        let of = |(n, share): (usize, &f64)| {
            share * (0..3).map(|d| devices[d] * purchase.table[n][d]).sum::<f64>()
        };
        pages.iter().enumerate().map(of).sum()
    }

    #[test]
    fn the_mean_is_kept_whatever_the_pages() {
        let devices = [0.3, 0.6, 0.1];
        for pages in
            [vec![0.0, 1.0], vec![0.0, 0.5, 0.5], vec![0.0, 0.2, 0.0, 0.0, 0.8], vec![0.0, 0.0, 0.0, 1.0]]
        {
            for wanted in [0.0, 0.05, 0.5, 0.97, 1.0] {
                let purchase = Purchase::spread(wanted, &pages, devices);
                let met = mean(&purchase, &pages, devices);
                assert!((met - wanted).abs() < 1e-6, "{pages:?} {wanted}: {met}");
            }
        }
    }

    #[test]
    fn long_visits_and_desktops_buy_more() {
        let purchase = Purchase::spread(0.05, &[0.0, 0.4, 0.3, 0.3], [0.4, 0.5, 0.1]);
        assert!(purchase.of(1, Device::Desktop) == 0.0);
        assert!(purchase.of(3, Device::Desktop) > purchase.of(2, Device::Desktop));
        assert!(purchase.of(3, Device::Desktop) > purchase.of(3, Device::Mobile));
        assert!((purchase.of(400, Device::Mobile) - purchase.of(3, Device::Mobile)).abs() < 1e-12);
    }
}
