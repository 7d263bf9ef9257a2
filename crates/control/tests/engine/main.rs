//! The life cycle of the load generator, on an engine that is only remembered and on real processes.

#![allow(clippy::unwrap_used, reason = "in a test every unexpected answer is a failure")]

mod life_cycle;
mod process;
mod properties;
mod support;
mod way_back;
