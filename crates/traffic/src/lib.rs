//! Settings + seed + content -> numbered visits -> timed hits.
//!
//! Pure: visit *i* is computed from the seed and *i* alone; the time, files and the environment come in as arguments.

pub mod content;
mod visit;

pub use content::Content;
pub use visit::{Hit, Item, Kind, Order, PageTiming, Visit};

/// A journey template: what shapes a whole visit.
#[derive(Debug, Clone, Default)]
pub struct Journey {
    /// Its name in `JOURNEY_MIX`.
    pub name: String,
}

/// A funnel, checked and interned.
#[derive(Debug, Clone, Default)]
pub struct Funnel {
    /// Its name.
    pub name: String,
}
