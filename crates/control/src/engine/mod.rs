//! What runs the load generator: a container engine, or plain processes on this machine.
//!
//! [`Engine`] is the little that both can do with one *unit*, a container or a process with its record. All that is
//! clever stands on top of it and is the same for both: [`LoadGenerator`] keeps the state that the API shows, re-creates
//! with a way back, and repairs what a crash has left.

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::logs::{Position, RawLine};

pub mod change;
mod come_up;
pub mod configuration;
pub mod docker;
pub mod fake;
mod generator;
mod outcome;
pub mod process;
mod replace;

pub use generator::{LoadGenerator, Place, View};

/// Which kind of engine it is. The API says it, so that nobody looks for a container where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Containers, by the Docker API (Docker or Podman).
    Docker,
    /// Child processes on this machine.
    Process,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker",
            Self::Process => "process",
        })
    }
}

/// What a unit does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its process is alive.
    Running,
    /// Its process has ended.
    Stopped,
    /// It was made and never started.
    Created,
    /// Its process ended, and the engine is about to start it again.
    Restarting,
    /// Its process is frozen.
    Paused,
    /// There is none.
    NotFound,
    /// The engine cannot be asked, or the unit is broken or not ours.
    Error,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Running,
        State::Stopped,
        State::Created,
        State::Restarting,
        State::Paused,
        State::NotFound,
        State::Error,
    ];
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Created => "created",
            Self::Restarting => "restarting",
            Self::Paused => "paused",
            Self::NotFound => "not_found",
            Self::Error => "error",
        })
    }
}

/// What a healthcheck says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Not known yet.
    Starting,
    /// Well.
    Healthy,
    /// Not well.
    Unhealthy,
}

/// One container, or one process with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The engine's own id: another one after a re-creation.
    pub id: String,
    /// Its name, without a slash.
    pub name: String,
    /// What it does.
    pub state: State,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its process began last.
    pub started_at: Option<Timestamp>,
    /// When its process ended last; `None` while it runs.
    pub finished_at: Option<Timestamp>,
    /// What its process ended with; 128 + the number of a signal that ended it.
    pub exit_code: Option<i64>,
    /// How often the engine has started it again by itself.
    pub restarts: u64,
    /// What its healthcheck says, where it has one.
    pub health: Option<Health>,
    /// What the engine complains about.
    pub complaint: Option<String>,
    /// Where its report may be asked for, as `host:port`, the most likely first; none when it has no metrics port.
    pub reports: Vec<String>,
    /// The numeric user and group that its process has, where that is known.
    pub user: Option<(u32, u32)>,
    /// How to make another one like it.
    pub blueprint: Blueprint,
}

/// All that is needed to make a unit, and to make it again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Blueprint {
    /// Its environment: the load generator's settings, and whatever else there is.
    pub env: BTreeMap<String, String>,
    /// What only the engine understands: image, command, mounts, networks, limits and so on.
    pub rest: serde_json::Value,
}

/// Why an engine did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It cannot be reached.
    #[error("the {engine} engine cannot be reached: {problem}")]
    Away {
        /// Which one.
        engine: EngineKind,
        /// What connecting said.
        problem: String,
    },
    /// It was reached, and did not answer in time.
    #[error("the {engine} engine did not answer within {} s: {doing}", .after.as_secs())]
    Slow {
        /// Which one.
        engine: EngineKind,
        /// What was asked.
        doing: String,
        /// How long it was given.
        after: Duration,
    },
    /// There is no unit of that name.
    #[error("there is no {0}")]
    Missing(String),
    /// A container has that name which is somebody else's.
    #[error(
        "the container {0} is not ours to touch: it has neither the label {OWN_LABEL} nor our compose service"
    )]
    NotOurs(String),
    /// It refused.
    #[error("{0}")]
    Refused(String),
}

/// The label of everything that the control plane may touch; its value is the name that the unit is looked up by.
pub const OWN_LABEL: &str = "org.trafficinator.name";

/// What an engine can do with a unit. Units are addressed by name, since the rules of a filtering proxy are, too.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Which kind it is.
    fn kind(&self) -> EngineKind;

    /// Our data folder as a unit sees it.
    fn data_dir(&self) -> &Path;

    /// The unit of that name; `None` when there is none.
    ///
    /// # Errors
    /// When the engine cannot be asked, and when the unit is not ours.
    async fn find(&self, name: &str) -> Result<Option<Unit>, EngineError>;

    /// How to make a load generator when there is none to take after.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    async fn blueprint(&self, name: &str) -> Result<Blueprint, EngineError>;

    /// The blueprint of a unit that runs once beside the one of `like`, its program called with these arguments: it takes
    /// nothing away from the other, and is never started again.
    fn one_off(&self, like: &Blueprint, name: &str, args: &[String]) -> Blueprint;

    /// Makes a unit, and does not start it.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses; then there is none.
    async fn create(&self, name: &str, blueprint: &Blueprint) -> Result<(), EngineError>;

    /// Starts the process of a unit that has none.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses.
    async fn start(&self, name: &str) -> Result<(), EngineError>;

    /// Ends the process of a unit: by its stop signal, and after `timeout` by force. Nothing happens to one that has
    /// none.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses.
    async fn stop(&self, name: &str, timeout: Duration) -> Result<(), EngineError>;

    /// Freezes a running unit.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses.
    async fn pause(&self, name: &str) -> Result<(), EngineError>;

    /// Lets a frozen unit go on.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses.
    async fn resume(&self, name: &str) -> Result<(), EngineError>;

    /// Gives a unit another name.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses, for example because the name is taken.
    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError>;

    /// Removes a unit, by force if it runs. Its volumes stay.
    ///
    /// # Errors
    /// When the engine cannot be asked or refuses; not when there is none.
    async fn remove(&self, name: &str) -> Result<(), EngineError>;

    /// An item whenever units may have changed. It ends when the engine goes away.
    fn changes(&self) -> BoxStream<'static, ()>;

    /// The lines that the unit has written after `after`, the oldest first, and then those that it writes until its
    /// process ends. Without `after`, the last `tail` lines come first.
    fn logs(&self, name: &str, from: LogStart) -> BoxStream<'static, Result<RawLine, EngineError>>;
}

/// Where a log is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStart {
    /// From so many lines before the end.
    Tail(usize),
    /// After this line.
    After(Position),
}
