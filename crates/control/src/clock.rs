//! The only place that reads clocks: everything else gets the time as an argument, so that tests can choose it.
#![allow(clippy::disallowed_methods, reason = "this is the program's clock")]

use std::time::Instant;

use jiff::Timestamp;

/// The present, in UTC.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The present on a clock that never goes back, for measuring how long something took.
pub fn instant() -> Instant {
    Instant::now()
}
