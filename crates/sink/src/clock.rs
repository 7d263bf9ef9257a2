//! The one place where the receiver reads the time of day and the monotonic clock; everything else is told.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Where the time comes from: the machine, or a test that wants "now" to stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this Unix time, in milliseconds.
    Fixed(i64),
}

impl Clock {
    /// Unix time in milliseconds.
    #[allow(clippy::disallowed_methods, reason = "this module is the receiver's clock")]
    pub fn now_ms(self) -> i64 {
        match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Fixed(at) => at,
        }
    }

    /// Unix time in whole seconds.
    pub fn now(self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

/// A point on the monotonic clock to wait for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// `after` from now.
    #[allow(clippy::disallowed_methods, reason = "this module is the receiver's clock")]
    pub(crate) fn after(after: Duration) -> Self {
        Self(Instant::now() + after)
    }

    /// How long until then; zero when it has passed.
    #[allow(clippy::disallowed_methods, reason = "this module is the receiver's clock")]
    pub(crate) fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
