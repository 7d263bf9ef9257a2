//! What validation says: one finding per fault or doubt, all of them at once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something about one setting that an operator should know. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The setting, in upper case, or an unknown name as it was given.
    pub field: String,
    /// What was given, what is wrong with it, and what would be right.
    pub message: String,
    /// Whether it blocks a start.
    pub severity: Severity,
}

/// Whether a finding blocks a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl Finding {
    pub(crate) fn error(field: &str, message: impl Into<String>) -> Self {
        Finding { field: field.into(), message: message.into(), severity: Severity::Error }
    }

    pub(crate) fn warning(field: &str, message: impl Into<String>) -> Self {
        Finding { field: field.into(), message: message.into(), severity: Severity::Warning }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A configuration that cannot run. Its `Display` is one line per error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", lines(.errors))]
pub struct Rejected {
    /// Every fault; never empty.
    pub errors: Vec<Finding>,
    /// Doubts that would not have blocked a start by themselves.
    pub warnings: Vec<Finding>,
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n")
}
