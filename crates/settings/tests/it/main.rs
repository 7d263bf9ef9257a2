//! The settings as their users meet them. One program, so that it is linked once.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod api;
mod common;
mod env_file;
mod mask;
mod parse;
mod properties;
mod render;
mod secrets;
mod wrong;
