//! The load generator by the API: its life cycle, its log, its figures, and backfills beside it.

#![allow(clippy::unwrap_used, reason = "in a test every unexpected answer is a failure")]

mod backfill;
mod capacity;
mod changes;
mod figures;
#[path = "../api/harness.rs"]
#[allow(dead_code, reason = "other tests use what these do not")]
mod harness;
mod logs;
mod stream;
mod support;
