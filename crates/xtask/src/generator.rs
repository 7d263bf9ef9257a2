//! The load generator as a child process: built, started with settings of ours alone, and its report read.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context as _, bail};
use report::RunReport;

use crate::{
    signals,
    target::LOCAL_TOKEN,
    workspace::{self, cargo, must, output_of},
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
        without_settings(&mut command);
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
    pub(crate) fn settings<K, V>(mut self, settings: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.command.envs(settings);
        self
    }

    /// Keeps its summary off the terminal.
    pub(crate) fn quiet(mut self) -> Self {
        self.command.stdout(Stdio::null());
        self
    }

    /// Lets it end after so many visits.
    pub(crate) fn visits(mut self, visits: Option<u64>) -> Self {
        if let Some(visits) = visits {
            self.command.args(["--visits", &visits.to_string()]);
        }
        self
    }

    /// Sends no token: hits go out as GET and carry no country.
    pub(crate) fn without_token(mut self) -> Self {
        self.command.env_remove("MATOMO_TOKEN_AUTH").env("RANDOMIZE_VISITOR_COUNTRIES", "false");
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(&mut self) -> anyhow::Result<Running> {
        let child = self.command.spawn().context("cannot start the load generator")?;
        signals::generator_is(Some(child.id()));
        Ok(Running(child))
    }

    /// Runs it to its end, with its output on the terminal.
    ///
    /// # Errors
    /// When it does not start, does not end well, or leaves no report.
    pub(crate) fn finish(mut self) -> anyhow::Result<RunReport> {
        self.start()?.wait()?;
        self.report()
    }

    /// Runs it to its end without its summary.
    ///
    /// # Errors
    /// As [`Run::finish`].
    pub(crate) fn finish_quietly(self) -> anyhow::Result<RunReport> {
        self.quiet().finish()
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

/// A load generator that runs. It ends with this value.
pub(crate) struct Running(Child);

impl Running {
    /// Whether it has ended, and well.
    ///
    /// # Errors
    /// When it has ended, and not well.
    pub(crate) fn has_ended(&mut self) -> anyhow::Result<bool> {
        let status = self.0.try_wait().context("cannot ask for the load generator's end")?;
        status.map_or(Ok(false), |status| ended_well(status).map(|()| true))
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// When it does not end well.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        signals::ask_to_end(self.0.id());
        self.wait()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end well.
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        ended_well(self.0.wait().context("cannot wait for the load generator")?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Still there only when something failed here; a child that has been waited for is not killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
        signals::generator_is(None);
    }
}

fn ended_well(status: ExitStatus) -> anyhow::Result<()> {
    if !status.success() {
        bail!("the load generator ended with {status}");
    }
    Ok(())
}

/// Takes out what the user has set for a Matomo of theirs: it must not leak into a run against ours.
pub(crate) fn without_settings(command: &mut Command) {
    for definition in settings::definitions() {
        command.env_remove(definition.name);
    }
}

/// Hits of an average visit under the default settings, as the generator itself plans them.
///
/// # Errors
/// When it cannot plan.
pub(crate) fn hits_per_visit(loadgen: &Path) -> anyhow::Result<f64> {
    const VISITS: u32 = 2000;
    let mut plan = Command::new(loadgen);
    without_settings(&mut plan);
    plan.args(["plan", "--visits", &VISITS.to_string(), "--seed", "1", "--start", "2026-01-05T00:00:00Z"]);
    plan.env("RANDOMIZE_VISITOR_COUNTRIES", "false");
    let hits = output_of(&mut plan)?.lines().count();
    Ok(hits as f64 / f64::from(VISITS))
}

/// The report of a generator that runs with this `METRICS_PORT`.
///
/// # Errors
/// When there is no answer, or it does not follow the schema.
pub(crate) fn report_at(port: u16) -> anyhow::Result<RunReport> {
    let url = format!("http://127.0.0.1:{port}/report");
    ureq::get(&url)
        .call()
        .and_then(|mut answer| answer.body_mut().read_json())
        .with_context(|| format!("no report from {url}"))
}
