//! Visits that the target may not have: what it answers to a ping of such a visit proves nothing.
//!
//! A ping that finds no visit is answered like any other and recorded nowhere. So while it is in doubt whether any
//! hit of a visit was recorded, an acknowledged ping is unknown.

use std::cell::RefCell;
use std::collections::HashSet;

use report::{HitKind, Outcome};

use super::job::Job;

/// The visits under way of which no hit is known to be recorded.
#[derive(Debug, Default)]
pub(super) struct Doubts(RefCell<HashSet<u64>>);

impl Doubts {
    /// `visits`: those in doubt that an earlier process left.
    pub(super) fn new(visits: impl Iterator<Item = u64>) -> Self {
        Self(RefCell::new(visits.collect()))
    }

    /// What a hit's outcome is worth. `last`: its visit is over.
    pub(super) fn weigh(&self, job: Job, kind: HitKind, outcome: Outcome, last: bool) -> Outcome {
        let mut visits = self.0.borrow_mut();
        let acknowledged = outcome == Outcome::Acknowledged;
        let doubted = !visits.is_empty() && visits.contains(&job.visit);
        // One that is refused when it comes again after a kill had come before it: docs/adr/0013.
        let came_before = job.resumed && outcome == Outcome::Refused;
        if job.seq == 0 && !acknowledged && !came_before && !last {
            visits.insert(job.visit);
        } else if doubted && (last || (acknowledged && kind != HitKind::Ping)) {
            visits.remove(&job.visit);
        }
        if doubted && acknowledged && kind == HitKind::Ping { Outcome::Unknown } else { outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_counts_once_another_hit_of_its_visit_is_recorded() {
        let doubts = Doubts::default();
        let job = |seq| Job { seq, ..Job::first(7, 0) };
        let (good, lost) = (Outcome::Acknowledged, Outcome::Unknown);
        assert_eq!(doubts.weigh(job(0), HitKind::PageView, lost, false), lost);
        assert_eq!(doubts.weigh(job(1), HitKind::Ping, good, false), lost, "no visit is known to be there");
        assert_eq!(doubts.weigh(job(2), HitKind::PageView, good, false), good);
        assert_eq!(doubts.weigh(job(3), HitKind::Ping, good, true), good);
    }

    #[test]
    fn a_later_hit_in_doubt_does_not_take_the_visit_away() {
        let doubts = Doubts::default();
        let job = |seq| Job { seq, ..Job::first(7, 0) };
        let good = Outcome::Acknowledged;
        doubts.weigh(job(0), HitKind::PageView, good, false);
        doubts.weigh(job(1), HitKind::Order, Outcome::Refused, false);
        assert_eq!(doubts.weigh(job(2), HitKind::Ping, good, true), good);
    }
}
