//! The one place of this program that reads a clock.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The time.
#[allow(clippy::disallowed_methods, reason = "the edge: a command for which some days are the last ones")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    #[allow(clippy::disallowed_methods, reason = "the edge: a command that says how long its steps took")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
