//! A receiver that answers as a Matomo does and keeps what it recorded in SQLite, so that what a client says it sent
//! can be set beside what arrived, to the last hit.
//!
//! A request goes one way through it: **socket -> faults -> parameters -> verdict -> SQLite -> answer**. All writing is
//! done by one thread that owns the database; a hit is answered when its verdict is known and its rows are in the open
//! transaction, which is committed within a tenth of a second. Reports read committed rows over their own connection.
//!
//! ```no_run
//! # async fn demo() -> Result<(), sink::StartError> {
//! let sink = sink::start(sink::Config::default()).await?;
//! println!("send hits to http://{}/matomo.php", sink.addr());
//! sink.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod admin;
mod answer;
mod clock;
mod config;
mod connection;
mod fault;
mod page;
mod params;
mod reports;
mod route;
mod server;
mod sites;
mod stats;
mod store;
mod tracker;

pub use clock::Clock;
pub use config::{Config, StartError};
pub use fault::{FaultError, FaultPlan, GRAMMAR, Kind as FaultKind};
pub use params::Params;
pub use server::{Handle, start};
pub use sites::{Goal, MatchBy, Modes, Right, Setup, SetupError, Site, TokenGrant, Trigger};
pub use stats::{HitCounts, Stats};
