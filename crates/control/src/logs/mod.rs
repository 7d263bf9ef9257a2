//! The load generator's log: read once, kept in memory within bounds, and handed to any number of readers.

mod filter;
mod hub;
mod line;
mod reader;
mod redact;
mod ring;

pub use filter::{Filter, LONGEST_PATTERN, Unusable, Wanted};
pub use hub::LogHub;
pub use line::{LONGEST_LINE, Level, Line, NotACursor, Position, RawLine, cut_mark, own_time, readable};
pub use reader::{Batch, LogReader};
pub use redact::Redactor;
pub use ring::Bounds;
