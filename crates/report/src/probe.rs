//! How fast the target's reports stay while the traffic flows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Durations, Quantiles};

/// Counts of one probe.
#[derive(Debug, Clone)]
pub struct Probe {
    name: &'static str,
    failed: u64,
    last_us: Option<u64>,
    durations: Durations,
    fault: Option<String>,
}

impl Probe {
    /// A probe that has asked for nothing yet.
    pub fn new(name: &'static str) -> Self {
        Self { name, failed: 0, last_us: None, durations: Durations::default(), fault: None }
    }

    /// Its name, as in `REPORT_PROBES`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The reports came, all of them, after this time in microseconds.
    pub fn answered(&mut self, us: u64) {
        self.durations.record_us(us);
        self.last_us = Some(us);
    }

    /// A report did not come.
    pub fn failed(&mut self, fault: String) {
        self.failed += 1;
        self.fault = Some(fault);
    }

    /// What the run's report says of it.
    pub fn report(&self) -> ProbeReport {
        ProbeReport {
            name: self.name.to_owned(),
            answered: self.durations.count(),
            failed: self.failed,
            last_ms: self.last_us.map(|us| us as f64 / 1000.0),
            duration_ms: self.durations.quantiles(),
            fault: self.fault.clone(),
        }
    }
}

/// One of `REPORT_PROBES`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// Its name.
    pub name: String,
    /// How often its reports came.
    pub answered: u64,
    /// How often they did not.
    pub failed: u64,
    /// How long they took the last time, in milliseconds.
    pub last_ms: Option<f64>,
    /// How long they took.
    pub duration_ms: Quantiles,
    /// Why they did not come the last time that they did not.
    pub fault: Option<String>,
}
