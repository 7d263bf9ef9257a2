//! The Reporting API client and the connection test, against servers that answer as Matomo does or as others
//! do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod client;
mod connection;
mod fake;
mod tls;
