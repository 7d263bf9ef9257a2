//! What a run says about itself in its folder.

use std::collections::BTreeMap;

use jiff::Timestamp;
use report::{RunBrief, RunReport};
use serde::{Deserialize, Serialize};

/// Version of `run.json`. Readers refuse a newer one.
pub const RECORD_VERSION: u32 = 1;

/// `run.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`RECORD_VERSION`] of whoever wrote it.
    pub schema_version: u32,
    /// The run's name: when it began and its seed, so names sort by time.
    pub id: String,
    /// Version of the load generator.
    pub version: String,
    /// The seed, drawn or given.
    pub seed: u64,
    /// The target's address, without user and password.
    pub target: String,
    /// The site.
    pub site_id: u64,
    /// When the run was first begun.
    pub started_at: Timestamp,
    /// When it ended; null while it goes on, and for ever when it was killed and not taken up again.
    pub ended_at: Option<Timestamp>,
    /// When this was written.
    pub written_at: Timestamp,
    /// Processes that worked on it: more than one when a backfill was taken up again.
    pub processes: u32,
    /// The zone that cuts the site's days.
    pub time_zone: String,
    /// Where that is known from.
    pub time_zone_from: ZoneSource,
    /// The site's settings, where the target said them.
    #[serde(default)]
    pub site: ledger::Site,
    /// The settings that were given, secrets masked.
    pub settings: BTreeMap<String, String>,
    /// `--visits`.
    pub visits: Option<u64>,
    /// The run's report as of `written_at`.
    pub report: Option<RunReport>,
}

impl RunRecord {
    /// What a comparison says of the run itself.
    pub fn brief(&self) -> RunBrief {
        RunBrief {
            id: self.id.clone(),
            started_at: self.started_at,
            seed: self.seed,
            version: self.version.clone(),
            target: self.target.clone(),
            site_id: self.site_id,
            seconds: 0.0,
        }
    }
}

/// Where a site's time zone is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// The target said so.
    Site,
    /// Nobody could be asked: `TIMEZONE` is taken to be the site's.
    Settings,
}
