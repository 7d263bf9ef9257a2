//! The life cycle of the load generator, on an engine that is only remembered and on real processes.

mod life_cycle;
mod process;
mod properties;
mod support;
mod way_back;
