//! The counts of one day while they are added up.

use std::collections::BTreeMap;

use crate::book::{DayFigures, Span};
use crate::layout::{Key, Layout};

/// A day's counts: what is sure in one array, the rest beside it.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    sure: Box<[i64]>,
    /// What visits with hits of unknown outcome add.
    unsure: BTreeMap<Key, Span>,
    /// What earlier processes counted, or what was put aside.
    pub(crate) base: Option<DayFigures>,
    /// Counted into since it was last written.
    pub(crate) is_dirty: bool,
}

impl Day {
    pub(crate) fn new(layout: &Layout) -> Self {
        Self { sure: vec![0; layout.len].into(), unsure: BTreeMap::new(), base: None, is_dirty: false }
    }

    pub(crate) fn add(&mut self, key: Key, count: i64) {
        self.sure[key as usize] += count;
    }

    pub(crate) fn add_span(&mut self, key: Key, span: Span) {
        if span.least == span.most {
            self.add(key, span.least);
        } else {
            self.unsure.entry(key).or_default().add(span);
        }
    }

    /// Everything under its name.
    pub(crate) fn spell(&self, layout: &Layout) -> DayFigures {
        let mut figures = self.base.clone().unwrap_or_default();
        for (key, &count) in self.sure.iter().enumerate().filter(|(_, count)| **count != 0) {
            layout.spell(key as Key, Span::exactly(count), &mut figures);
        }
        for (&key, &span) in &self.unsure {
            layout.spell(key, span, &mut figures);
        }
        figures
    }
}
