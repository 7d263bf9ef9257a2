//! One backfill as it is remembered and shown, and why there is none.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{EngineError, change::ChangeError},
    store::StoreError,
};

/// What became of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It is about to run.
    Starting,
    /// It runs.
    Running,
    /// Every visit of the window is over. If some have failed, `error` says so.
    Finished,
    /// It ended with an error, or every visit has failed.
    Failed,
    /// It was cancelled by `/api/backfill/cancel`.
    Cancelled,
    /// It was ended or removed by somebody else before it was done.
    Interrupted,
}

impl RunState {
    /// Whether it is not over.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// The day being sent; null when all are done, and before the first.
    #[schema(value_type = Option<String>, format = Date)]
    pub day: Option<Date>,
    /// Days done.
    pub days_done: u64,
    /// Days of the window.
    pub days: u64,
    /// Visits of which every hit was acknowledged.
    pub visits_sent: u64,
    /// Visits that are over, and at least one hit was not acknowledged.
    #[serde(default)]
    pub visits_failed: u64,
    /// Visits of the window.
    pub visits_planned: u64,
    /// When it will be done at the pace so far; null before there is one.
    pub estimated_end: Option<Timestamp>,
}

/// A backfill, now or in the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Its number, never used twice.
    #[serde(default)]
    pub id: i64,
    /// What it was called by whoever ran it.
    pub name: String,
    /// The container or process that runs it.
    pub container_name: String,
    /// What became of it.
    pub state: RunState,
    /// Its settings, secrets masked.
    pub config: BTreeMap<String, String>,
    /// The first day of the window.
    #[schema(value_type = String, format = Date)]
    pub first_day: Date,
    /// The last day of the window.
    #[schema(value_type = String, format = Date)]
    pub last_day: Date,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// What its process ended with.
    pub exit_code: Option<i64>,
    /// Why it failed, or did not finish.
    pub error: Option<String>,
    /// Somebody has cancelled it.
    #[serde(default)]
    pub cancel_requested: bool,
    /// How far it is, or came.
    pub progress: Progress,
}

/// Why a backfill was not run or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// There is nothing to take address, site and token from.
    #[error(
        "there is no load generator to take the address, site and token from: start one with a configuration first"
    )]
    NoMain,
    /// The window or another setting is impossible.
    #[error("{0}")]
    Invalid(settings::Rejected),
    /// There is one of that name.
    #[error("a backfill named {0} is there already: choose another name, or clean up first")]
    NameTaken(String),
    /// Enough of them run.
    #[error("{most} backfills run already: wait for one to end, or cancel one", most = super::MOST)]
    TooMany,
    /// None of that name runs.
    #[error("no backfill runs in a container named {0}")]
    Missing(String),
    /// The engine did not do it, or a file could not be written.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EngineError> for BackfillError {
    fn from(error: EngineError) -> Self {
        Self::Change(error.into())
    }
}
