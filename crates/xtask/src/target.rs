//! The embedded Matomo-compatible receiver as a child process: the target of the demo, the soak and the benchmarks.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

use crate::signals;

/// The token that both sides of a local run are given. It guards nothing but a temporary database on loopback.
pub(crate) const LOCAL_TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

/// What the receiver counted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Recorded {
    /// Visits put together by Matomo's rules.
    #[serde(default)]
    pub(crate) visits: u64,
    /// Hits.
    #[serde(default)]
    pub(crate) hits: RecordedHits,
}

/// The hits that the receiver counted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RecordedHits {
    /// All that are kept.
    #[serde(default)]
    pub(crate) recorded: u64,
    /// The same by kind.
    #[serde(default)]
    pub(crate) by_kind: BTreeMap<String, u64>,
}

/// A running receiver. It ends with this value.
pub(crate) struct Sink {
    child: Child,
    url: String,
}

impl Sink {
    /// Starts a receiver that listens on `port` of loopback, 0 for a free one; `database` is where it keeps hits,
    /// `None` = it only answers.
    ///
    /// # Errors
    /// When it does not start or does not say where it listens.
    pub(crate) fn start(binary: &Path, port: u16, database: Option<&Path>) -> anyhow::Result<Self> {
        Self::start_with(binary, port, database, &[])
    }

    /// The same with more arguments.
    ///
    /// # Errors
    /// As [`Sink::start`].
    pub(crate) fn start_with(
        binary: &Path,
        port: u16,
        database: Option<&Path>,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        signals::take_over();
        let mut command = Command::new(binary);
        command.args(["--listen", &format!("127.0.0.1:{port}")]).env("SINK_TOKEN", LOCAL_TOKEN);
        command.args(more);
        match database {
            Some(file) => command.arg("--db").arg(file),
            None => command.arg("--null"),
        };
        // In a process group of its own, Ctrl-C does not reach it: it must outlive the generator, to be asked.
        let mut child = command
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let mut first = String::new();
        let heard = BufReader::new(stdout).read_line(&mut first);
        let url = first.trim().strip_prefix("listening on ").map(str::to_owned);
        let mut sink = Self { child, url: String::new() };
        heard.context("cannot read what the receiver says")?;
        sink.url =
            url.ok_or_else(|| anyhow!("the receiver did not say where it listens; it said {first:?}"))?;
        Ok(sink)
    }

    /// Where hits go.
    pub(crate) fn tracker_url(&self) -> String {
        format!("{}/matomo.php", self.url)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it counted so far.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) fn recorded(&self) -> anyhow::Result<Recorded> {
        let url = format!("{}/sink/stats", self.url);
        ureq::get(&url)
            .call()
            .and_then(|mut answer| answer.body_mut().read_json())
            .with_context(|| format!("the receiver does not answer {url}"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // Asked to end rather than killed, so that it writes what is pending.
        signals::ask_to_end(self.child.id());
        let _ = self.child.wait();
    }
}
