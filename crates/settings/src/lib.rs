//! The one definition of every setting of the load generator: parse, validate, explain.
//!
//! Pure: variables, files and the time come in as arguments.

mod model;

pub use model::*;
