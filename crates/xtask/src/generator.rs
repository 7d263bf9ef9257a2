//! The load generator as a child process: built, started with settings of ours alone, and its report read.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use report::RunReport;

use crate::{
    target::LOCAL_TOKEN,
    workspace::{self, cargo, must},
};

/// The programs as they are shipped.
pub(crate) struct Programs {
    /// The load generator.
    pub(crate) loadgen: PathBuf,
    /// The receiver.
    pub(crate) sink: PathBuf,
}

impl Programs {
    /// Builds them in release.
    ///
    /// # Errors
    /// When they do not build.
    pub(crate) fn build() -> anyhow::Result<Self> {
        must(&mut cargo(&["build", "--release", "--package", "sink", "--package", "loadgen", "--bins"]))?;
        let folder = workspace::metadata()?.target_directory.into_std_path_buf().join("release");
        Ok(Self { loadgen: folder.join("loadgen"), sink: folder.join("sink") })
    }
}

/// A run of the load generator against a target of ours.
pub(crate) struct Run {
    command: Command,
    summary: PathBuf,
}

impl Run {
    /// A run against `tracker_url` with its state and its summary in `folder`.
    pub(crate) fn new(loadgen: &Path, tracker_url: &str, folder: &Path) -> Self {
        let mut command = Command::new(loadgen);
        // What the user has set for a Matomo of theirs must not leak into a run against ours.
        for definition in settings::definitions() {
            command.env_remove(definition.name);
        }
        let summary = folder.join("summary.json");
        command
            .arg("run")
            .arg("--summary-json")
            .arg(&summary)
            .env("MATOMO_URL", tracker_url)
            .env("MATOMO_TOKEN_AUTH", LOCAL_TOKEN)
            .env("STATE_DIR", folder.join("state"));
        Self { command, summary }
    }

    /// Gives it settings.
    pub(crate) fn settings<const N: usize>(mut self, settings: [(&str, &str); N]) -> Self {
        self.command.envs(settings);
        self
    }

    /// Lets it end after so many visits.
    pub(crate) fn visits(mut self, visits: Option<u64>) -> Self {
        if let Some(visits) = visits {
            self.command.args(["--visits", &visits.to_string()]);
        }
        self
    }

    /// The command, to be started by the caller.
    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Runs it to its end, with its output on the terminal.
    ///
    /// # Errors
    /// When it does not start, does not end well, or leaves no report.
    pub(crate) fn finish(mut self) -> anyhow::Result<RunReport> {
        let status = self.command.status().context("cannot start the load generator")?;
        let report = self.report();
        if !status.success() {
            bail!("the load generator ended with {status}");
        }
        report
    }

    /// The report that it left.
    ///
    /// # Errors
    /// When there is none, or it does not follow the schema.
    pub(crate) fn report(&self) -> anyhow::Result<RunReport> {
        let shown = self.summary.display();
        let text = fs::read_to_string(&self.summary).with_context(|| format!("no report in {shown}"))?;
        serde_json::from_str(&text).with_context(|| format!("{shown} does not follow the report's schema"))
    }
}
