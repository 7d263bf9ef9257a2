//! What becomes of a change: how it was done, or why not, in words for whoever asked for it.

use std::fmt;

use settings::{Finding, Rejected};

use super::{EngineError, State};

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What happened, and what the load generator does now.
    pub message: String,
    /// What it does now.
    pub state: State,
    /// A process was started.
    pub restarted: bool,
    /// What an operator may want to think about, of a configuration that was given.
    pub warnings: Vec<Finding>,
}

/// A change that was not made, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is nothing to change.
    #[error("there is no {0}: start it with a configuration, and it is created")]
    Missing(String),
    /// The configuration cannot run.
    #[error("{0}")]
    Invalid(Rejected),
    /// It runs, and may not be interrupted.
    #[error(
        "{0} is {1}: send restart_if_running=true to give it another configuration now, or apply it by /api/config/apply"
    )]
    Active(String, State),
    /// The engine did not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file that the load generator needs cannot be written.
    #[error("{what} cannot be written: {problem}; give this user the right to write there")]
    File {
        /// Which file.
        what: String,
        /// What the system said.
        problem: String,
    },
    /// The process ended by itself, since it does not like its settings or files.
    #[error("{name} refuses to run: {fall}")]
    Unfit {
        /// Its unit.
        name: String,
        /// How it ended, and its last words.
        fall: Fall,
    },
    /// The process did not stay up.
    #[error("{name} did not come up: {fall}")]
    Down {
        /// Its unit.
        name: String,
        /// How it ended, and its last words.
        fall: Fall,
    },
    /// A re-creation failed, and this became of the unit that was there before.
    #[error("{cause}; {after}")]
    RolledBack {
        /// What failed.
        cause: Box<ChangeError>,
        /// What became of the old one.
        after: Aftermath,
    },
}

impl From<Rejected> for ChangeError {
    fn from(rejected: Rejected) -> Self {
        Self::Invalid(rejected)
    }
}

/// How a unit fell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fall {
    /// What it ended with, where that is known.
    pub exit_code: Option<i64>,
    /// What the engine says.
    pub complaint: Option<String>,
    /// The last lines of its log.
    pub last_words: Vec<String>,
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exit_code {
            Some(code) => write!(f, "it ended with {code}")?,
            None => f.write_str("it did not keep running")?,
        }
        if let Some(complaint) = &self.complaint {
            write!(f, " ({complaint})")?;
        }
        if !self.last_words.is_empty() {
            write!(f, ". Its last words: {}", self.last_words.join(" | "))?;
        }
        Ok(())
    }
}

/// What became of the old unit when a new one failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aftermath {
    /// It was not touched.
    Untouched,
    /// It is back, in this state.
    Back(State),
    /// It could not be put back, and this is why.
    Lost(String),
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untouched => f.write_str("the one before was not touched"),
            Self::Back(state) => write!(f, "the one before is back, and {state}"),
            Self::Lost(problem) => write!(f, "the one before could not be put back: {problem}"),
        }
    }
}
