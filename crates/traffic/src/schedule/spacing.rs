//! Where visits lie in operational time, which runs at one visit a unit.
//!
//! Poisson arrivals with random access: visit numbers are cut into blocks, and within a block the places are the
//! normalised cumulative sums of exponentials keyed by the block. That is a Poisson process under the condition that
//! each block takes exactly its share, so gaps are exponential to within one part in a block's length, and counts over
//! many blocks do not wander as those of a free process would.

use rand_distr::{Distribution, Exp1};
use settings::ArrivalProcess;

use crate::random::{Stream, keyed};

/// Visits of a block.
pub(super) const BLOCK: u64 = 1024;

/// A run of visits whose spacing is drawn at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    /// Number of its first visit, which is also where its operational time begins.
    pub(super) first: u64,
    /// Visits in it, and the operational time that it takes.
    pub(super) count: u64,
    /// The last visit lies at its very end, where the next one begins; otherwise it lies before the end.
    pub(super) closed: bool,
    /// What its stream is keyed by.
    pub(super) key: u64,
}

impl Segment {
    /// Whether visit `index`, which does not come before it, is in it.
    pub(super) fn holds(self, index: u64) -> bool {
        index < self.first + self.count
    }
}

/// How visits are spread at a rate of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spacing {
    process: ArrivalProcess,
    key: u64,
}

impl Spacing {
    /// The process, drawn from `key`.
    pub(super) fn new(process: ArrivalProcess, key: u64) -> Self {
        Self { process, key }
    }

    /// Fills `places` with the operational times of the segment's visits, ascending, in
    /// `segment.first..=segment.first + segment.count`.
    pub(super) fn fill(&self, segment: Segment, places: &mut Vec<f64>) {
        places.clear();
        let (first, count) = (segment.first as f64, segment.count as f64);
        match self.process {
            ArrivalProcess::Even => places.extend((0..segment.count).map(|i| first + i as f64)),
            ArrivalProcess::Poisson => {
                let mut stream = Stream::new(keyed(self.key, segment.key));
                let mut sum = 0.0;
                places.extend((0..segment.count).map(|_| {
                    let gap: f64 = Exp1.sample(stream.generator());
                    sum += gap;
                    sum
                }));
                if !segment.closed {
                    let gap: f64 = Exp1.sample(stream.generator());
                    sum += gap;
                }
                let scale = count / sum;
                for place in places {
                    *place = first + *place * scale;
                }
            }
        }
    }
}
