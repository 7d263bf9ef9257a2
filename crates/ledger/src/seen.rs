//! Whether a returning visitor was there earlier on the same day, without a set of visitors.
//!
//! A visitor's visits are a chain: each visit by somebody seen before has one visit before it, and its number is
//! known. That lies two epochs back at the most three, so a ring of small slots over the last visits is enough, however
//! long the run. A slot says on which day the visitor was last there, and whether that is sure.

/// What is known of a visitor's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Presence {
    /// The day's number; any numbering will do in which days of one run differ.
    pub(crate) day: i64,
    /// Not only possible.
    pub(crate) is_sure: bool,
}

/// The last visits' presences by their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Which round of the ring it is of, from 1; 0 = never written.
    lap: u16,
    /// The day's number, its low bits: a ring does not reach over months.
    day: u8,
    is_sure: bool,
}

impl Seen {
    /// A ring that remembers `reach` visits.
    pub(crate) fn new(reach: u64) -> Self {
        let size = usize::try_from(reach.max(64).next_power_of_two()).unwrap_or(1 << 40);
        Self { slots: vec![Slot::default(); size] }
    }

    fn place(&self, visit: u64) -> (usize, u16) {
        let size = self.slots.len() as u64;
        ((visit % size) as usize, (visit / size % 65_535) as u16 + 1)
    }

    pub(crate) fn note(&mut self, visit: u64, presence: Presence) {
        let (at, lap) = self.place(visit);
        self.slots[at] = Slot { lap, day: low(presence.day), is_sure: presence.is_sure };
    }

    /// What was noted of a visit, when its day was `day`.
    pub(crate) fn on(&self, visit: u64, day: i64) -> Option<Presence> {
        let (at, lap) = self.place(visit);
        let slot = self.slots[at];
        (slot.lap == lap && slot.day == low(day)).then_some(Presence { day, is_sure: slot.is_sure })
    }

    /// What was noted of a visit is now noted of another one of the same visitor.
    pub(crate) fn hand_on(&mut self, from: u64, to: u64) {
        let (at, lap) = self.place(from);
        let slot = self.slots[at];
        if slot.lap == lap {
            let (at, lap) = self.place(to);
            self.slots[at] = Slot { lap, ..slot };
        }
    }
}

fn low(day: i64) -> u8 {
    day.rem_euclid(256) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presence_is_found_until_the_ring_comes_round() {
        let mut seen = Seen::new(64);
        seen.note(10, Presence { day: 300, is_sure: true });
        assert_eq!(seen.on(10, 300), Some(Presence { day: 300, is_sure: true }));
        assert_eq!(seen.on(10, 301), None);
        assert_eq!(seen.on(74, 300), None, "another visit of the same slot");
        seen.hand_on(10, 40);
        assert_eq!(seen.on(40, 300), Some(Presence { day: 300, is_sure: true }));
        seen.note(74, Presence { day: 300, is_sure: false });
        assert_eq!(seen.on(10, 300), None);
    }
}
