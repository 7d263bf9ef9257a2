//! Segments: which visits a report is about, as Matomo's API writes it, and how a row says which visits are its own.

mod cells;
mod dimension;
mod parse;
mod pick;
mod predicate;

pub(super) use cells::{encoded, escaped, twice_encoded};
pub(super) use pick::{Rows, apply};

/// Why a segment picks nothing. The first three say it as a Matomo does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    #[error("Segment '{0}' is not a supported segment.")]
    Unknown(String),
    #[error("The segment condition '{0}' is not valid.")]
    Invalid(String),
    #[error("Referrer type '{0}' is not valid.")]
    Referrer(String),
    #[error("Invalid '{0}' segment value {1}")]
    Choice(&'static str, String),
    #[error("The segment condition '{0}' has no value; only == (is not set) and != (is set) may have none.")]
    NoValue(String),
    #[error("The segment {0} cannot be compared like this; use ==, !=, =@, !@, =^ or =$.")]
    Operator(&'static str),
    #[error("The segment visitorId expects 16 hex digits in lower case, not '{0}'.")]
    Visitor(String),
}
