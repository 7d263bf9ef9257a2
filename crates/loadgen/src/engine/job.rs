//! The small record that a visit under way is.
//!
//! A visit can be made again from its number, so nothing of it is kept but where it stands. A million of these
//! in a heap are 32 MB.

use std::cmp::Ordering;

/// The due moment of a hit that waits for nothing but the answer to the one before it.
pub const AT_ONCE: i64 = 0;

/// The next hit of a visit, and when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// When it is due on the wire, in Unix microseconds, or [`AT_ONCE`].
    pub due_us: i64,
    /// When its visit was scheduled to start, in Unix microseconds.
    pub start_us: i64,
    /// The visit's number.
    pub visit: u64,
    /// Which hit of the visit.
    pub seq: u16,
    /// How many attempts this hit has had.
    pub attempt: u8,
    /// Some hit of this visit was not acknowledged: it will not count as completed.
    pub blemished: bool,
    /// Its visit has not begun in the books.
    pub fresh: bool,
    /// Its visit was under way when an earlier process was killed: this hit may be recorded already.
    pub resumed: bool,
}

impl Job {
    /// The first hit of a visit.
    pub fn first(visit: u64, start_us: i64) -> Self {
        Self {
            due_us: start_us,
            start_us,
            visit,
            seq: 0,
            attempt: 0,
            blemished: false,
            fresh: true,
            resumed: false,
        }
    }

    /// The hit after this one.
    pub fn next(self, due_us: i64, blemished: bool) -> Self {
        Self { due_us, seq: self.seq + 1, attempt: 0, blemished, fresh: false, ..self }
    }

    /// The same hit once more.
    pub fn again(self, due_us: i64) -> Self {
        Self { due_us, attempt: self.attempt.saturating_add(1), fresh: false, ..self }
    }
}

impl Ord for Job {
    /// The earliest due is the greatest, as [`std::collections::BinaryHeap`] wants it; ties go by visit.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due_us, other.visit, other.seq).cmp(&(self.due_us, self.visit, self.seq))
    }
}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
