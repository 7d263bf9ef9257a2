//! Whether `loadgen capacity` finds the truth: on a receiver that serves one request after the other, so long each.

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{generator::Programs, target::Sink, workspace::output_of};

/// How long one request is served, in milliseconds.
const SERVICE_MS: f64 = 4.0;

pub(super) fn run(programs: &Programs) -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let service = format!("service={SERVICE_MS}");
    let sink = Sink::start_with(
        &programs.sink,
        0,
        Some(&folder.path().join("hits.sqlite")),
        &["--fault", &service],
    )?;
    let printed = output_of(
        Command::new(&programs.loadgen)
            .env("MATOMO_URL", sink.tracker_url())
            .env("RANDOMIZE_VISITOR_COUNTRIES", "false")
            .env("STATE_DIR", folder.path())
            .args(["capacity", "--json", "--from", "1000000"]),
    )?;
    let found: Value = serde_json::from_str(&printed).context("the search prints JSON")?;
    let rate = found["held"]["hits_per_second"].as_f64().context("a rate was confirmed")?;
    let visits = found["held"]["visits_per_day"].as_f64().context("a rate was confirmed")?;
    let tries = found["steps"].as_array().map_or(0, Vec::len);
    let truth = 1000.0 / SERVICE_MS;
    ensure!(rate > 0.0, "no hit was acknowledged");
    Ok(format!(
        "A receiver that serves one request after the other, {SERVICE_MS} ms each, bears {truth:.0} hits a second.\n\
         Found after {tries} trials: {rate:.1} hits a second, {visits:.0} visits a day; {:+.1}% of the truth.\n",
        (rate / truth - 1.0) * 100.0
    ))
}
