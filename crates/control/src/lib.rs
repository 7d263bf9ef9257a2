//! The control plane: runs the load generator from an API, keeps configurations, shows logs and figures.
//!
//! [`build`] makes the whole of it from a configuration, an engine and a store; the program and the tests both use it, the
//! tests on port 0. Requests pass [`headers`], CORS and [`limits`] on their way to [`routes`]; who may ask is in the type of
//! every handler ([`auth::Caller`]).

pub mod audit;
pub mod auth;
pub mod backfill;
pub mod capacity;
pub mod client;
pub mod clock;
pub mod config;
pub mod configuration;
pub mod content;
pub mod engine;
pub mod error;
pub mod files;
pub mod funnels;
mod headers;
pub mod limits;
pub mod logs;
pub mod masked;
pub mod observe;
mod one_off;
pub mod openapi;
mod page;
pub mod request;
pub mod routes;
pub mod runs;
mod server;
pub mod store;
pub mod targets;

use std::sync::Arc;

use auth::{ApiKey, Guesses, Tickets};
use backfill::Backfills;
use capacity::Capacity;
use engine::LoadGenerator;
use logs::LogHub;
use observe::Observer;
use runs::Runs;
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use server::{Application, StartError, build};
pub use store::Store;

/// What every handler may use.
pub struct AppState {
    /// What the control plane was told.
    pub config: Config,
    /// What outlives the process.
    pub store: Store,
    /// What runs the load generator, and what it does at the moment.
    pub load: Arc<LoadGenerator>,
    /// Its log.
    pub logs: Arc<LogHub>,
    /// Its figures.
    pub observe: Arc<Observer>,
    /// One-off backfills beside it.
    pub backfills: Arc<Backfills>,
    /// Searches for the limit of the target beside it.
    pub capacity: Arc<Capacity>,
    /// What it has left behind: runs, and what is said of them.
    pub runs: Arc<Runs>,
    /// The key that clients must show.
    pub key: ApiKey,
    /// Wrong keys of late.
    pub guesses: Guesses,
    /// Tickets for streams.
    pub tickets: Tickets,
    /// Cancelled when the control plane is to end: every stream and every task must end then.
    pub stop: CancellationToken,
}
