//! The one place of this program that reads a clock.
//!
//! A wall clock may be set back while a run goes on. So the time of day is read once, and everything after
//! is that reading plus a monotonic clock: times never run backwards, and intervals are true.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Unix time in microseconds that never runs backwards.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    origin_us: i64,
}

impl Clock {
    /// Reads the time of day, once.
    #[allow(clippy::disallowed_methods, reason = "the edge: this is where time comes in")]
    pub fn start() -> Self {
        Self { origin: Instant::now(), origin_us: Timestamp::now().as_microsecond() }
    }

    /// Now, in microseconds since the Unix epoch.
    #[allow(clippy::disallowed_methods, reason = "the edge: this is where time comes in")]
    pub fn now_us(&self) -> i64 {
        self.origin_us + i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX / 2)
    }

    /// Now, as a timestamp.
    pub fn now(&self) -> Timestamp {
        timestamp(self.now_us())
    }

    /// The timer's name for a moment given in Unix microseconds; a past moment is due at once.
    pub fn deadline(&self, at_us: i64) -> tokio::time::Instant {
        let after = Duration::from_micros(u64::try_from(at_us - self.origin_us).unwrap_or(0));
        tokio::time::Instant::from_std(self.origin + after)
    }
}

/// Unix microseconds as a timestamp, at the nearest representable one for absurd values.
pub fn timestamp(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(if us < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
