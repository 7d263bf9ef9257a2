//! What the load generator does, in figures: asked for, kept as a time series, shown.

mod reports;

pub use reports::Reports;
