//! What one worker counts. Adding to it is a few integer additions; merging two is adding them up.

use std::collections::BTreeMap;

use crate::{Durations, HitKind};

/// Distinct fault messages that are kept apart; a target that makes up a new message each time must not fill the memory.
const DISTINCT_FAULTS: usize = 32;
/// Characters of a fault message that are kept.
const FAULT_LENGTH: usize = 200;

/// What one worker counted. The figures of a run are the merge of all workers' tallies.
///
/// The law that holds for the merge at every moment, in every run:
/// `planned = acknowledged + refused + failed + unknown + not yet sent`.
/// A single worker's tally need not obey it: one may plan what another sends.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Visits.
    pub visits: VisitCounts,
    /// HTTP requests; one carries many hits in bulk.
    pub requests: RequestCounts,
    /// From the first byte sent to the answer understood, one a request.
    pub latency: Durations,
    /// From the moment the request was due to the answer understood: what a visitor would have waited, with the time
    /// that the request stood in a queue here. Free of coordinated omission.
    pub response: Durations,
    /// How late a visit's first hit was sent: from the scheduled start to the first byte.
    pub lag: Durations,
    /// What went wrong, by message.
    pub faults: Faults,
    hits: [HitCounts; HitKind::ALL.len()],
}

/// Visits, each counted once as started or skipped, and once as completed or failed when it is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VisitCounts {
    /// Their hits were planned.
    pub started: u64,
    /// Over, and every hit was acknowledged.
    pub completed: u64,
    /// Never started, because the target could not keep up. No hit of theirs was planned.
    pub skipped: u64,
    /// Over, and at least one hit was not acknowledged.
    pub failed: u64,
}

/// Hits by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HitCounts {
    /// Belonging to a visit that was started.
    pub planned: u64,
    /// The target said that it recorded them.
    pub acknowledged: u64,
    /// The target said that it did not record them.
    pub refused: u64,
    /// Provably never recorded: not sent, or rolled back.
    pub failed: u64,
    /// Sent, and no answer tells whether they were recorded.
    pub unknown: u64,
}

/// HTTP requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Attempts of which at least a byte was sent.
    pub sent: u64,
    /// Attempts that were answered, well or badly.
    pub answered: u64,
    /// Attempts after the first of the same request.
    pub retried: u64,
}

/// What became of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The target said that it recorded it.
    Acknowledged,
    /// The target said that it did not record it.
    Refused,
    /// Provably never recorded.
    Failed,
    /// Sent, and no answer tells whether it was recorded.
    Unknown,
}

impl Tally {
    /// Counts a hit of a visit that is starting.
    pub fn plan(&mut self, kind: HitKind) {
        self.hits[kind.index()].planned += 1;
    }

    /// Counts what became of a planned hit; once for each.
    pub fn settle(&mut self, kind: HitKind, outcome: Outcome) {
        let counts = &mut self.hits[kind.index()];
        *match outcome {
            Outcome::Acknowledged => &mut counts.acknowledged,
            Outcome::Refused => &mut counts.refused,
            Outcome::Failed => &mut counts.failed,
            Outcome::Unknown => &mut counts.unknown,
        } += 1;
    }

    /// Counts something that went wrong, under a message that says what to do. No secrets: it is shown.
    pub fn fault(&mut self, message: &str) {
        self.faults.add(message, 1);
    }

    /// The hits of one kind.
    pub fn hits_of(&self, kind: HitKind) -> HitCounts {
        self.hits[kind.index()]
    }

    /// The hits of all kinds.
    pub fn hits(&self) -> HitCounts {
        let mut all = HitCounts::default();
        for counts in &self.hits {
            all.merge(counts);
        }
        all
    }

    /// Planned hits whose outcome is not yet counted: waiting for their time, or in flight.
    pub fn not_yet_sent(&self) -> u64 {
        self.hits().not_yet_sent()
    }

    /// What was counted after `earlier`, a state of the same tally; faults are those of both.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut hits = self.hits;
        for (mine, theirs) in hits.iter_mut().zip(&earlier.hits) {
            mine.take_off(theirs);
        }
        let visits = VisitCounts {
            started: self.visits.started - earlier.visits.started,
            completed: self.visits.completed - earlier.visits.completed,
            skipped: self.visits.skipped - earlier.visits.skipped,
            failed: self.visits.failed - earlier.visits.failed,
        };
        let requests = RequestCounts {
            sent: self.requests.sent - earlier.requests.sent,
            answered: self.requests.answered - earlier.requests.answered,
            retried: self.requests.retried - earlier.requests.retried,
        };
        Self {
            visits,
            requests,
            latency: self.latency.since(&earlier.latency),
            response: self.response.since(&earlier.response),
            lag: self.lag.since(&earlier.lag),
            faults: self.faults.clone(),
            hits,
        }
    }

    /// Adds another worker's figures.
    pub fn merge(&mut self, other: &Self) {
        self.visits.merge(other.visits);
        self.requests.merge(other.requests);
        self.latency.merge(&other.latency);
        self.response.merge(&other.response);
        self.lag.merge(&other.lag);
        self.faults.merge(&other.faults);
        for (mine, theirs) in self.hits.iter_mut().zip(&other.hits) {
            mine.merge(theirs);
        }
    }
}

impl VisitCounts {
    /// Started and not over.
    pub fn under_way(self) -> u64 {
        self.started.saturating_sub(self.completed + self.failed)
    }

    fn merge(&mut self, other: Self) {
        self.started += other.started;
        self.completed += other.completed;
        self.skipped += other.skipped;
        self.failed += other.failed;
    }
}

impl HitCounts {
    /// Those whose outcome is counted.
    pub fn settled(self) -> u64 {
        self.acknowledged + self.refused + self.failed + self.unknown
    }

    /// Those whose outcome is not.
    pub fn not_yet_sent(self) -> u64 {
        self.planned.saturating_sub(self.settled())
    }

    fn merge(&mut self, other: &Self) {
        self.planned += other.planned;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }

    fn take_off(&mut self, earlier: &Self) {
        self.planned -= earlier.planned;
        self.acknowledged -= earlier.acknowledged;
        self.refused -= earlier.refused;
        self.failed -= earlier.failed;
        self.unknown -= earlier.unknown;
    }
}

impl RequestCounts {
    fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.retried += other.retried;
    }
}

/// How often each thing went wrong; bounded in memory whatever the target says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    by_message: BTreeMap<String, u64>,
    others: u64,
}

impl Faults {
    fn add(&mut self, message: &str, count: u64) {
        let message = message.char_indices().nth(FAULT_LENGTH).map_or(message, |(end, _)| &message[..end]);
        if let Some(so_far) = self.by_message.get_mut(message) {
            *so_far += count;
        } else if self.by_message.len() < DISTINCT_FAULTS {
            self.by_message.insert(message.to_owned(), count);
        } else {
            self.others += count;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (message, &count) in &other.by_message {
            self.add(message, count);
        }
        self.others += other.others;
    }

    /// Message and count, the most frequent first; those that were too many to keep apart come last, as one.
    pub fn by_count(&self) -> Vec<(&str, u64)> {
        let mut faults: Vec<_> =
            self.by_message.iter().map(|(message, &count)| (message.as_str(), count)).collect();
        faults.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        if self.others > 0 {
            faults.push(("other faults", self.others));
        }
        faults
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_message.values().sum::<u64>() + self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_never_says_the_same_twice_does_not_fill_the_memory() {
        let mut tally = Tally::default();
        for number in 0..10_000 {
            tally.fault(&format!("answer {number} {}", "x".repeat(1000)));
        }
        assert_eq!(tally.faults.total(), 10_000);
        let shown = tally.faults.by_count();
        assert_eq!(shown.len(), DISTINCT_FAULTS + 1);
        assert_eq!(shown[DISTINCT_FAULTS], ("other faults", 10_000 - DISTINCT_FAULTS as u64));
        assert!(shown.iter().all(|(message, _)| message.len() <= FAULT_LENGTH));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let mut tally = Tally::default();
        tally.fault(&"é".repeat(300));
        assert_eq!(tally.faults.by_count(), [("é".repeat(FAULT_LENGTH).as_str(), 1)]);
    }

    #[test]
    fn the_most_frequent_fault_comes_first() {
        let mut tally = Tally::default();
        for message in ["a", "b", "b", "c", "c", "c"] {
            tally.fault(message);
        }
        assert_eq!(tally.faults.by_count(), [("c", 3), ("b", 2), ("a", 1)]);
    }
}
