//! Walking a schedule in order: the block and the period at hand are kept, so that a step costs next to nothing.

use super::{Live, Plan, Schedule, calendar::Period, spacing::Segment};

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
    /// Where the segment's visits lie in operational time.
    places: Vec<f64>,
    period: Option<Period>,
}

impl Cursor {
    pub(super) fn new(schedule: Schedule, index: u64) -> Self {
        Self { schedule, index, segment: None, places: Vec::new(), period: None }
    }

    /// Where visit `index` lies in operational time.
    fn place(&mut self, index: u64) -> Option<f64> {
        let segment = if let Some(segment) = self.segment.filter(|segment| segment.holds(index)) {
            segment
        } else {
            let segment = match &*self.schedule.plan {
                Plan::Live(_) => Live::segment(index),
                Plan::Window(window) => window.segment(index)?,
            };
            self.schedule.spacing.fill(segment, &mut self.places);
            *self.segment.insert(segment)
        };
        Some(self.places[(index - segment.first) as usize])
    }
}

impl Iterator for Cursor {
    type Item = Start;

    fn next(&mut self) -> Option<Start> {
        let index = self.index;
        let place = self.place(index)?;
        let at_hand = self.period.take();
        let at_us = match &*self.schedule.plan {
            Plan::Live(live) => {
                let period = self.period.insert(live.period(place, at_hand));
                live.moment(place, period)
            }
            Plan::Window(window) => {
                let day = self.period.insert(window.period(index, at_hand)?);
                window.moment(index, place, day)
            }
        };
        self.index += 1;
        Some(Start { index, at_us })
    }
}
