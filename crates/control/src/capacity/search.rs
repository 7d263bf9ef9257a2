//! One search as it is remembered and shown, and why there is none.

use jiff::Timestamp;
use report::Findings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{EngineError, change::ChangeError},
    store::StoreError,
};

/// What became of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapacityState {
    /// It is about to run.
    Starting,
    /// Rates are being tried.
    Searching,
    /// It came to its end; `findings` say what it found.
    Done,
    /// It was cancelled by `/api/capacity/cancel`.
    Cancelled,
    /// It ended with an error.
    Failed,
    /// It was ended or removed by somebody else before it was done.
    Interrupted,
}

impl CapacityState {
    /// Whether it is not over.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Searching)
    }
}

/// How a search goes about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapacityPlan {
    /// The first rate, in visits a day.
    pub from: f64,
    /// The lowest rate that is tried.
    pub least: f64,
    /// The highest rate that is tried.
    pub most: f64,
    /// The factor from step to step while everything holds.
    pub step: f64,
    /// How near the answer must be, in percent.
    pub precision: f64,
    /// Seconds before each measurement.
    pub warm_up: f64,
    /// Seconds that each rate is measured.
    pub step_time: f64,
    /// Seconds that the answer must hold.
    pub confirm: f64,
    /// What must hold, as in `THRESHOLDS`; null = what a target that keeps up shows.
    pub thresholds: Option<String>,
}

/// A search for the most visits a day that the target bears, now or in the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapacitySearch {
    /// Its number, never used twice.
    #[serde(default)]
    pub id: i64,
    /// What it was called by whoever ran it.
    pub name: String,
    /// The container or process that runs it.
    pub container_name: String,
    /// What became of it.
    pub state: CapacityState,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// What its process ended with; 1 when no rate was confirmed.
    pub exit_code: Option<i64>,
    /// Why it failed, or did not come to its end.
    pub error: Option<String>,
    /// Somebody has cancelled it.
    #[serde(default)]
    pub cancel_requested: bool,
    /// How it goes about it.
    pub request: CapacityPlan,
    /// What it has found so far; null before the first rate is tried.
    #[schema(value_type = Option<crate::openapi::FindingsSchema>)]
    pub findings: Option<Findings>,
}

/// Why no search was run or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CapacityError {
    /// There is nothing to take address, site and token from.
    #[error(
        "there is no load generator to take the address, site and token from: start one with a configuration first"
    )]
    NoMain,
    /// A setting is impossible.
    #[error("{0}")]
    Invalid(settings::Rejected),
    /// One runs.
    #[error("a search runs already: wait for its end, or cancel it; two at once would measure each other")]
    Active,
    /// There is a unit of that name.
    #[error("there is a container for a search named {0} already: choose another name")]
    NameTaken(String),
    /// None of that name runs.
    #[error("no search runs in a container named {0}")]
    Missing(String),
    /// The engine did not do it, or a file could not be written.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EngineError> for CapacityError {
    fn from(error: EngineError) -> Self {
        Self::Change(error.into())
    }
}
