//! What is written down about a unit, so that a later control plane finds it again.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::child::Identity;
use crate::engine::Blueprint;

/// The file in the unit's folder.
const FILE: &str = "unit.json";

/// The exit code of a process that could not be started: what a shell says of a program that is not there.
pub(super) const NEVER_STARTED: i64 = 127;

/// A unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Another one after a re-creation.
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) blueprint: Blueprint,
    /// Its last process; `None` = it was never started.
    pub(super) run: Option<Run>,
}

/// A process of a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    /// What stands in its environment, to find it by.
    pub(super) marker: String,
    /// `None` = it was about to be started.
    pub(super) identity: Option<Identity>,
    pub(super) started_at: Timestamp,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) exit_code: Option<i64>,
    /// Its log, in the unit's folder.
    pub(super) log: String,
    /// Where it can be asked for its report, on loopback.
    pub(super) report_port: Option<u16>,
}

impl Run {
    /// A run that is about to begin.
    pub(super) fn new(record: &Record, now: Timestamp) -> Self {
        // The log's name tells the order of runs; a clock that was set back must not change it.
        let before = record.run.as_ref().map_or(0, |run| super::follow::run_number(&run.log).unwrap_or(0));
        let number = u64::try_from(now.as_microsecond()).unwrap_or(0).max(before + 1);
        Self {
            marker: format!("{}-{number}", record.id),
            identity: None,
            started_at: now,
            finished_at: None,
            exit_code: None,
            log: super::follow::log_name(number),
            report_port: None,
        }
    }
}

impl Record {
    /// A unit that was never started.
    pub(super) fn new(blueprint: Blueprint, now: Timestamp) -> Self {
        Self { id: format!("{:x}", now.as_nanosecond()), created: now, blueprint, run: None }
    }

    /// The program's arguments.
    pub(super) fn args(&self) -> Vec<String> {
        let args = self.blueprint.rest.get("args").cloned().unwrap_or_default();
        serde_json::from_value(args).unwrap_or_default()
    }

    /// The record in that folder.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the folder with the record in it: both or neither.
    pub(super) fn create(&self, folder: &Path) -> io::Result<()> {
        let parent = folder.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
        let new = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        self.write(new.path())?;
        fs::rename(new.path(), folder)?;
        // It is in its place, and must not be removed from the old one.
        let _ = new.keep();
        Ok(())
    }

    /// Writes the record, in one step.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(folder.join(FILE))?;
        Ok(())
    }
}

/// A folder that only this user can look into: records hold settings.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
