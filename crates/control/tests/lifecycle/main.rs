//! The load generator by the API: its life cycle, its log, its figures, and backfills beside it.

mod backfill;
mod changes;
mod figures;
#[path = "../api/harness.rs"]
#[allow(dead_code, reason = "other tests use what these do not")]
mod harness;
mod logs;
mod stream;
mod support;
