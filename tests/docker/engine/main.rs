//! The control plane on a real container engine. Run by `cargo xtask test containers`, or:
//!
//!     cargo test -p control --features real-engine --test docker_engine -- --test-threads 1
//!
//! Without the feature there is no such test; with it, an engine that does not answer is a failure and not a skip.
#![allow(clippy::unwrap_used, reason = "in a test every unexpected answer is a failure")]

mod bench;
mod keeps;
mod mishaps;
mod noise;
mod private;
