//! The model and the schedule, seen from outside: each guarantee of the traffic model as a test.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod apart;
mod content_use;
mod funnels;
mod golden;
mod guarantees;
mod lessons;
mod rates;
mod schedule_backfill;
mod schedule_live;
mod support;
