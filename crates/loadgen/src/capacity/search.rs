//! Which rate to try next: up by steps until a threshold breaks, then between what held and what broke, and at the end
//! the best one again for longer. Pure: it knows nothing of what is tried.

/// The search for the highest rate that holds.
#[derive(Debug, Clone)]
pub struct Search {
    /// The factor between two steps up.
    step: f64,
    /// The search ends when what broke is above what held by no more than this factor.
    precision: f64,
    least: f64,
    most: f64,
    next: f64,
    held: Option<f64>,
    broke: Option<f64>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Try this rate.
    Try(f64),
    /// Try this rate for as long as a verdict needs.
    Confirm(f64),
    /// Even the least rate is too much.
    Nothing,
}

impl Search {
    /// Begins at `from` and stays between `least` and `most`; `step` and `precision` are above 1.
    pub fn new(from: f64, least: f64, most: f64, step: f64, precision: f64) -> Self {
        Self { step, precision, least, most, next: from.clamp(least, most), held: None, broke: None }
    }

    /// What to do next.
    pub fn next(&self) -> Next {
        match (self.held, self.broke) {
            (None, Some(broke)) if broke <= self.least => Next::Nothing,
            (Some(held), Some(broke)) if broke <= held * self.precision => Next::Confirm(held),
            (Some(held), None) if held >= self.most => Next::Confirm(held),
            _ => Next::Try(self.next),
        }
    }

    /// The rate that was tried held.
    pub fn held(&mut self, rate: f64) {
        self.held = Some(rate);
        self.next = match self.broke {
            Some(broke) => (rate * broke).sqrt(),
            None => (rate * self.step).min(self.most),
        };
    }

    /// The rate that was tried, or was to be confirmed, broke. What held below it for a shorter time is to be shown anew.
    pub fn broke(&mut self, rate: f64) {
        self.broke = Some(rate);
        if self.held.is_some_and(|held| held >= rate) {
            // It held for a short time and not for longer: go down by what the search can tell apart.
            self.held = None;
            self.next = (rate / self.precision).max(self.least);
            return;
        }
        self.next = match self.held {
            Some(held) => (held * rate).sqrt(),
            None => (rate / self.step).max(self.least),
        };
    }

    /// The lowest rate that is known to be too much.
    pub fn too_much(&self) -> Option<f64> {
        self.broke
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the search finds, and how often it tried, when exactly the rates up to `truth` hold.
    fn find(mut search: Search, truth: f64) -> (Option<f64>, u32) {
        for tries in 0..200 {
            match search.next() {
                Next::Try(rate) if rate <= truth => search.held(rate),
                Next::Confirm(rate) if rate <= truth => return (Some(rate), tries),
                Next::Try(rate) | Next::Confirm(rate) => search.broke(rate),
                Next::Nothing => return (None, tries),
            }
        }
        panic!("no end: {search:?}");
    }

    proptest! {
        #[test]
        fn the_truth_is_found_to_the_precision(from in 1.0..1e6_f64, truth in 10.0..1e7_f64) {
            let (found, tries) = find(Search::new(from, 1.0, 1e9, 2.0, 1.03), truth);
            let found = found.unwrap();
            prop_assert!(found <= truth && truth <= found * 1.03, "{found} of {truth}");
            prop_assert!(tries < 40, "{tries}");
        }
    }

    #[test]
    fn what_bears_everything_or_nothing_ends_the_search() {
        assert_eq!(find(Search::new(100.0, 1.0, 1000.0, 2.0, 1.03), f64::INFINITY).0, Some(1000.0));
        assert_eq!(find(Search::new(100.0, 1.0, 1000.0, 2.0, 1.03), 0.5).0, None);
    }

    #[test]
    fn a_rate_that_holds_for_a_moment_only_is_given_up() {
        let mut search = Search::new(100.0, 1.0, 1e6, 2.0, 1.1);
        let mut confirmed = None;
        for _ in 0..100 {
            match search.next() {
                // Up to 1000 for a moment, but no more than 900 for longer.
                Next::Try(rate) if rate <= 1000.0 => search.held(rate),
                Next::Confirm(rate) if rate <= 900.0 => {
                    confirmed = Some(rate);
                    break;
                }
                Next::Try(rate) | Next::Confirm(rate) => search.broke(rate),
                Next::Nothing => break,
            }
        }
        let confirmed = confirmed.unwrap();
        assert!((900.0 / 1.21..=900.0).contains(&confirmed), "{confirmed}");
    }
}
