//! The newest lines in memory, bounded in number and in bytes.

use std::{collections::VecDeque, sync::Arc};

use super::line::{Line, Position};

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Lines.
    pub lines: usize,
    /// Bytes that keeping them may take ([`Line::weight`]).
    pub bytes: usize,
}

impl Default for Bounds {
    /// As many lines as one answer may have, several times over, in a size that a small container can spare.
    fn default() -> Self {
        Self { lines: 50_000, bytes: 24 << 20 }
    }
}

/// The newest lines, in order.
#[derive(Debug)]
pub(super) struct Ring {
    lines: VecDeque<Arc<Line>>,
    bytes: usize,
    bounds: Bounds,
    /// The last position of which a line may exist that is not here, though later ones are.
    missing_to: Option<Position>,
}

/// A piece of the ring.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Lines, in order.
    pub(super) lines: Vec<Arc<Line>>,
    /// Lines between the cursor and the first of these are not here any more.
    pub(super) gap: bool,
}

impl Ring {
    /// An empty one.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { lines: VecDeque::new(), bytes: 0, bounds, missing_to: None }
    }

    /// Adds a line, which must stand after all others; one that does not is a repeat, and is left out.
    pub(super) fn push(&mut self, line: Line) -> bool {
        if self.last().is_some_and(|last| line.position <= last) {
            return false;
        }
        self.bytes += line.weight();
        self.lines.push_back(Arc::new(line));
        while self.lines.len() > self.bounds.lines || (self.bytes > self.bounds.bytes && self.lines.len() > 1)
        {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.weight();
            self.missing_to = Some(oldest.position);
        }
        true
    }

    /// Notes that lines up to this position may be missing: the log was not read from there.
    pub(super) fn missing_up_to(&mut self, position: Position) {
        self.missing_to = self.missing_to.max(Some(position));
    }

    /// The position of the newest line.
    pub(super) fn last(&self) -> Option<Position> {
        self.lines.back().map(|line| line.position)
    }

    /// The lines after the cursor, at most `most` of them and some `bytes` bytes; without a cursor, from the oldest on.
    pub(super) fn after(&self, cursor: Option<Position>, most: usize, bytes: usize) -> Piece {
        let first = cursor.map_or(0, |cursor| self.lines.partition_point(|line| line.position <= cursor));
        let mut room = bytes;
        let lines = self
            .lines
            .range(first..)
            .take(most)
            .take_while(|line| {
                let fits = room > 0;
                room = room.saturating_sub(line.text.len());
                fits
            })
            .cloned()
            .collect();
        let gap = cursor.is_some_and(|cursor| self.missing_to.is_some_and(|missing| cursor < missing));
        Piece { lines, gap }
    }

    /// The position of the line before the last so many.
    pub(super) fn before_last(&self, lines: usize) -> Option<Position> {
        let index = self.lines.len().checked_sub(lines + 1)?;
        self.lines.get(index).map(|line| line.position)
    }

    /// All lines, the newest first. Cheap: only the references are copied.
    pub(super) fn newest_first(&self) -> Vec<Arc<Line>> {
        self.lines.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(at: u64, text: &str) -> Line {
        Line::new(Position { run: 0, at, n: 0 }, jiff::Timestamp::UNIX_EPOCH, text.into())
    }

    fn position(at: u64) -> Position {
        Position { run: 0, at, n: 0 }
    }

    #[test]
    fn a_repeat_is_left_out() {
        let mut ring = Ring::new(Bounds::default());
        assert!(ring.push(line(1, "a")));
        assert!(!ring.push(line(1, "a")));
        assert_eq!(ring.after(None, 10, 1000).lines.len(), 1);
    }

    #[test]
    fn one_line_larger_than_the_bound_is_still_kept() {
        let mut ring = Ring::new(Bounds { lines: 10, bytes: 1000 });
        ring.push(line(1, "small"));
        ring.push(line(2, &"x".repeat(5000)));
        assert_eq!(ring.after(None, 10, usize::MAX).lines.len(), 1);
        assert!(ring.after(Some(position(0)), 10, usize::MAX).gap);
    }

    proptest! {
        #[test]
        fn readers_in_any_steps_see_each_line_once_or_are_told_of_a_gap(
            sizes in proptest::collection::vec(0_usize..400, 1..200),
            steps in proptest::collection::vec(1_usize..20, 1..50),
        ) {
            let mut ring = Ring::new(Bounds { lines: 50, bytes: 20_000 });
            let mut steps = steps.into_iter().cycle();
            let mut cursor = Some(Position::default());
            let mut expected = 1;
            for (index, size) in sizes.iter().enumerate() {
                ring.push(line(index as u64 + 1, &"x".repeat(*size)));
                prop_assert!(ring.lines.len() <= 50);
                prop_assert!(ring.bytes <= 20_000);
                if index % 7 == 0 {
                    let piece = ring.after(cursor, steps.next().unwrap(), 1000);
                    for line in piece.lines {
                        prop_assert!(line.position.at == expected || piece.gap);
                        expected = line.position.at + 1;
                        cursor = Some(line.position);
                    }
                }
            }
        }
    }
}
