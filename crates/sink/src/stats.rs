//! What the receiver counts about itself, so that a test can set "sent" beside "recorded".

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

/// Figures since the database was made; `requests` since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// HTTP requests to the tracker since the start, single and bulk.
    pub requests: u64,
    /// What became of the hits in them.
    pub hits: HitCounts,
    /// Visits that exist.
    pub visits: u64,
}

/// Hits by what became of them. `received = recorded + ignored + refused + lost`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitCounts {
    /// Hits that arrived.
    pub received: u64,
    /// Kept, and in the reports.
    pub recorded: u64,
    /// Answered like a recorded hit, but not kept: bots, no `rec=1`, previews.
    pub ignored: u64,
    /// Refused with an error.
    pub refused: u64,
    /// Dropped or rolled back by a fault that was asked for.
    pub lost: u64,
    /// The recorded ones by kind: `page_view`, `ping`, `search`, `event`, `outlink`, `download`, `content`, `goal`,
    /// `order`, `cart`.
    pub by_kind: BTreeMap<String, u64>,
}

/// The counter that the HTTP side keeps; the rest is the writer's.
#[derive(Debug, Default)]
pub(crate) struct Requests(AtomicU64);

impl Requests {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
