//! When visits start: numbered moments that can be computed from any number on.
//!
//! Two maps make a moment. The first gives visit *i* a place in *operational time*, which runs at one visit a unit:
//! [`spacing`] does that, block by block. The second turns operational time into time on the clock, by the inverse of
//! the cumulative rate: [`curve`] and [`calendar`] do that, period by period. Both are exact at the ends of their
//! blocks and periods, so the rate over a long window is exact and any visit is found without those before it.

mod calendar;
mod cursor;
mod curve;
mod live;
mod spacing;
mod window;

use std::sync::Arc;

use jiff::civil::Date;
use settings::{Arrivals, Backfill, Visits};

pub(crate) use calendar::day_number;
pub use cursor::{Cursor, Start};
pub(crate) use curve::peak_factor;

use crate::{model::LONGEST_JOURNEY_MS, random::keyed};
use live::Live;
use spacing::Spacing;
use window::Window;

/// Separates the schedule's random streams from those of the visits.
const STREAM: u64 = 0x5343_4845_4455_4c45;

/// The plan of when visits start. Cheap to clone; shared by all of its cursors.
#[derive(Debug, Clone)]
pub struct Schedule {
    spacing: Spacing,
    plan: Arc<Plan>,
}

#[derive(Debug)]
enum Plan {
    Live(Live),
    Window(Window),
}

impl Schedule {
    /// Live traffic from `start_us` on, in Unix microseconds. Endless.
    pub fn live(arrivals: &Arrivals, seed: u64, start_us: i64) -> Self {
        let spacing = Spacing::new(arrivals.process, keyed(seed, STREAM));
        Self { spacing, plan: Arc::new(Plan::Live(Live::new(arrivals, start_us))) }
    }

    /// A historical window, day by day, each with its visits spread by the traffic shape over that local day.
    ///
    /// `BACKFILL_SEED` takes the place of `seed` where it is set. Visits that could reach past `now_us` (Unix
    /// microseconds) with the longest plain visit or journey are left out of the plan, and so is what exceeds
    /// `BACKFILL_MAX_VISITS_TOTAL`. Funnels can last longer: see [`ending_before`](Self::ending_before).
    pub fn backfill(
        backfill: &Backfill,
        arrivals: &Arrivals,
        visits: &Visits,
        seed: u64,
        now_us: i64,
    ) -> Self {
        let spacing = Spacing::new(arrivals.process, keyed(backfill.seed.unwrap_or(seed), STREAM));
        let plan = Arc::new(Plan::Window(Window::new(backfill, arrivals)));
        let plain_ms = (visits.duration_min.max * 60_000.0).ceil() as u64;
        let journey_ms = if visits.journey_mix.is_empty() { 0 } else { LONGEST_JOURNEY_MS.into() };
        Self { spacing, plan }.ending_before(now_us, plain_ms.max(journey_ms))
    }

    /// Leaves out of a backfill the visits that would start less than `longest_ms` before `now_us`, so that no hit
    /// of a visit of that length is dated in the future; `Model::longest_visit_ms` knows how long the longest is, with
    /// funnels. Live plans stay as they are.
    #[must_use]
    pub fn ending_before(self, now_us: i64, longest_ms: u64) -> Self {
        let Plan::Window(window) = &*self.plan else { return self };
        let last_us = now_us.saturating_sub_unsigned(longest_ms.saturating_mul(1000));
        let plan = Arc::new(Plan::Window(window.cut(self.index_at(last_us.saturating_add(1)))));
        Self { spacing: self.spacing, plan }
    }

    /// When visit `index` starts, in Unix microseconds; `None` past the end of a backfill.
    pub fn at(&self, index: u64) -> Option<i64> {
        self.cursor(index).next().map(|start| start.at_us)
    }

    /// The visits from number `from` on, in order. Owned: it can be kept anywhere and cloned.
    pub fn cursor(&self, from: u64) -> Cursor {
        Cursor::new(self.clone(), from)
    }

    /// The first visit that is due at `at_us` (Unix microseconds) or later.
    pub fn index_at(&self, at_us: i64) -> u64 {
        let at_us = calendar::within_calendars(at_us);
        let due = |index: u64| self.at(index).is_none_or(|at| at >= at_us);
        let mut early = match &*self.plan {
            Plan::Live(live) => live.shortly_before(at_us),
            Plan::Window(window) => window.shortly_before(at_us),
        };
        if due(early) {
            return early;
        }
        // Starts ascend: double the step until one is due, then halve.
        let mut step = 1;
        while !due(early.saturating_add(step)) {
            early = early.saturating_add(step);
            step *= 2;
        }
        let mut late = early.saturating_add(step);
        while early + 1 < late {
            let middle = early + (late - early) / 2;
            if due(middle) { late = middle } else { early = middle }
        }
        late
    }

    /// How many visits there are; `None` = endless.
    pub fn total(&self) -> Option<u64> {
        match &*self.plan {
            Plan::Live(_) => None,
            Plan::Window(window) => Some(window.total),
        }
    }

    /// The day of the window that visit `index` belongs to; `None` when live or past the end.
    pub fn day(&self, index: u64) -> Option<Date> {
        match &*self.plan {
            Plan::Live(_) => None,
            Plan::Window(window) => window.day(index),
        }
    }
}
