//! What a receiver is started with, and why it may not start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::Clock;
use crate::fault::FaultError;
use crate::sites::{Setup, SetupError};

/// How a receiver is set up. The default listens on a free loopback port and keeps its rows in a directory that is
/// removed when it ends.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The SQLite file; `None` keeps the rows in a temporary directory.
    pub db: Option<PathBuf>,
    /// A token with super-user rights.
    pub token: Option<String>,
    /// Time zone of site 1, an IANA name; `None` keeps what the database has, or UTC.
    pub time_zone: Option<String>,
    /// More sites and tokens, and the modes to start in.
    pub setup: Setup,
    /// What goes wrong on request, from the start; see [`GRAMMAR`](crate::GRAMMAR).
    pub faults: String,
    /// Answer at once and record nothing: a target for benchmarks.
    pub null: bool,
    /// Largest body that is taken, in bytes; a larger one is answered 413.
    pub body_limit: usize,
    /// Keep the parameters of every recorded hit, for `GET /sink/hits`.
    pub keep_params: bool,
    /// Where "now" comes from.
    pub clock: Clock,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            db: None,
            token: None,
            time_zone: None,
            setup: Setup::default(),
            faults: String::new(),
            null: false,
            body_limit: 1 << 20,
            keep_params: true,
            clock: Clock::System,
        }
    }
}

/// Why a receiver did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; give a free address with --listen")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {}: {source}; give a writable file with --db", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// No temporary directory could be made.
    #[error("cannot make a temporary directory for the database: {0}; give a file with --db")]
    TemporaryDirectory(std::io::Error),
    /// The writer's thread could not be started.
    #[error("cannot start the writer's thread: {0}")]
    Thread(std::io::Error),
    /// A site or a token cannot be as it is given.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The faults are not understood.
    #[error(transparent)]
    Fault(#[from] FaultError),
}
