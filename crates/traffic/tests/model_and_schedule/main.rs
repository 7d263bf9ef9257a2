//! The model and the schedule, seen from outside: each guarantee of the traffic model as a test.

mod guarantees;
mod rates;
mod schedule_backfill;
mod schedule_live;
mod support;
