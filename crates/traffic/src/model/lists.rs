//! What is searched, clicked and fetched: the place in the list is the popularity.

use crate::{Content, random::Alias};

/// Exponent of the popularity of everything that is not a page, by place in its list.
pub(super) const ZIPF: f64 = 0.8;

/// Choices among the lists of the content.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    pub(super) searches: Alias,
    pub(super) outlinks: Alias,
    pub(super) downloads: Alias,
    pub(super) click_events: Alias,
    pub(super) random_events: Alias,
}

impl Lists {
    pub(super) fn new(content: &Content) -> Self {
        Self {
            searches: Alias::zipf(content.browsable_searches, ZIPF),
            outlinks: Alias::zipf(content.browsable_outlinks, ZIPF),
            downloads: Alias::zipf(content.browsable_downloads, ZIPF),
            click_events: Alias::zipf(content.click_events.len() as u32, ZIPF),
            random_events: Alias::zipf(content.random_events.len() as u32, ZIPF),
        }
    }
}
