//! Every route: what it answers when all is well, and each way in which it refuses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod auth;
mod bodies;
mod configs;
mod connection;
mod content;
mod funnels;
mod harness;
mod headers;
mod limits;
mod masked;
mod presets;
mod runs;
mod service;
mod shutdown;
mod ui;
