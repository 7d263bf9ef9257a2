//! The model and the schedule, seen from outside: each guarantee of the traffic model as a test.

mod apart;
mod funnels;
mod golden;
mod guarantees;
mod lessons;
mod rates;
mod schedule_backfill;
mod schedule_live;
mod support;
