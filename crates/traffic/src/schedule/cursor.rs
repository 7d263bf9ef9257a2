//! Walking a schedule in order: the block and the period at hand are kept, so that a step costs next to nothing.

use super::{Schedule, Segment, calendar::Period};

/// A visit's number and when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The visit's number.
    pub index: u64,
    /// When it starts, in Unix microseconds.
    pub at_us: i64,
}

/// The starts of a schedule in order, from a number on. Endless for live traffic.
#[derive(Debug, Clone)]
pub struct Cursor {
    schedule: Schedule,
    index: u64,
    segment: Option<Segment>,
    places: Vec<f64>,
    period: Option<Period>,
}

impl Cursor {
    pub(super) fn new(schedule: Schedule, index: u64) -> Self {
        Self { schedule, index, segment: None, places: Vec::new(), period: None }
    }
}

impl Iterator for Cursor {
    type Item = Start;

    fn next(&mut self) -> Option<Start> {
        let index = self.index;
        let plan = &self.schedule.0;
        let segment = match self.segment {
            Some(segment) if index < segment.first + segment.count => segment,
            _ => {
                let segment = plan.segment_of(index)?;
                plan.spacing.fill(segment, &mut self.places);
                (self.segment, self.period) = (Some(segment), None);
                segment
            }
        };
        if self.schedule.total().is_some_and(|total| index >= total) {
            return None;
        }
        let place = self.places[(index - segment.first) as usize];
        let period = match self.period.take() {
            Some(period) if plan.holds(&period, place) => period,
            _ => plan.period_of(index, place),
        };
        let at_us = period.at_share(plan.share_of(index, place, &period));
        self.period = Some(period);
        self.index += 1;
        Some(Start { index, at_us })
    }
}
