//! Settings + seed + content -> numbered visits -> timed hits.
//!
//! Pure: visit *i* is computed from the seed and *i* alone; the time, files and the environment come in as arguments.

pub mod content;
pub mod funnel;
pub mod journey;
mod model;
mod random;
mod schedule;
mod visit;

pub use content::Content;
pub use funnel::{Funnel, OrderTemplate, Step, StepKind};
pub use journey::Journey;
pub use model::{Model, UnknownFunnel, shard_of};
pub use schedule::{Cursor, Schedule, Start};
pub use visit::{Hit, Item, Kind, Order, PageTiming, Visit};
