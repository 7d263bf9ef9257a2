//! Processor time of an acknowledged hit, whole realistic visits with ledger and histograms on.

use std::fmt::Write as _;

use anyhow::Context as _;
use report::RunReport;

use super::rivals::{Cost, NGINX, Nginx, WRK, wrk};
use crate::{
    generator::{Programs, Run, hits_per_visit},
    say,
    target::Sink,
    tools,
};

const CONNECTIONS: u32 = 50;
/// Hits a second that the generator is asked for: near what one core gives, and not above it.
const SINGLE_RATE: f64 = 30_000.0;
const BULK_RATE: f64 = 200_000.0;

/// Something that answers and costs next to nothing.
enum Target {
    Nginx(Nginx),
    Null(Sink),
}

impl Target {
    fn url(&self) -> String {
        match self {
            Self::Nginx(nginx) => nginx.url().to_owned(),
            Self::Null(sink) => sink.tracker_url(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Nginx(_) => "nginx with `empty_gif`",
            Self::Null(_) => "`sink --null`",
        }
    }
}

/// One request a hit, beside wrk on the same target.
pub(super) fn single(programs: &Programs, seconds: u64) -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let target = match tools::ensure(&[NGINX]) {
        Ok(()) => Target::Nginx(Nginx::start(folder.path())?),
        Err(why) => {
            say::line(format!("    {why}; measuring against the null sink"));
            Target::Null(Sink::start(&programs.sink, 0, None)?)
        }
    };
    let rival = match tools::ensure(&[WRK]) {
        Ok(()) => Some(wrk(&target.url(), CONNECTIONS, seconds)?),
        Err(why) => {
            say::line(format!("    {why}; measuring without it"));
            None
        }
    };
    let concurrency = CONNECTIONS.to_string();
    let settings = [("TRANSPORT", "single"), ("CONCURRENCY", concurrency.as_str())];
    let report = run(programs, &target.url(), folder.path(), SINGLE_RATE, seconds, settings)?;
    let mut text =
        format!("Target: {}, {CONNECTIONS} connections, {seconds} s each.\n\n{TABLE}", target.name());
    let ours = cost(&report)?;
    push_row(&mut text, "loadgen, single", ours, seconds);
    if let Some(rival) = rival {
        push_row(&mut text, "wrk", rival, seconds);
        let _ = write!(text, "\nloadgen / wrk: {:.2}\n", ours.each_us() / rival.each_us());
    }
    Ok(text)
}

/// A hundred hits a request. Only the receiver can answer those with the counts that the protocol asks for.
pub(super) fn bulk(programs: &Programs, seconds: u64) -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let target = Target::Null(Sink::start(&programs.sink, 0, None)?);
    let settings = [("TRANSPORT", "bulk"), ("BULK_SIZE", "100")];
    let report = run(programs, &target.url(), folder.path(), BULK_RATE, seconds, settings)?;
    let mut text = format!("Target: {}, 100 hits a request, {seconds} s.\n\n{TABLE}", target.name());
    push_row(&mut text, "loadgen, bulk", cost(&report)?, seconds);
    Ok(text)
}

fn run(
    programs: &Programs,
    url: &str,
    folder: &std::path::Path,
    rate: f64,
    seconds: u64,
    settings: [(&str, &str); 2],
) -> anyhow::Result<RunReport> {
    let per_day = rate / hits_per_visit(&programs.loadgen)? * 86_400.0;
    let report = Run::new(&programs.loadgen, url, folder)
        .without_token()
        .settings(settings)
        .settings([
            ("TARGET_VISITS_PER_DAY", per_day.round().to_string().as_str()),
            ("AUTO_STOP_AFTER_HOURS", &(seconds as f64 / 3600.0).to_string()),
            ("PAUSE_BETWEEN_PVS_MIN", "0.1"),
            ("PAUSE_BETWEEN_PVS_MAX", "0.5"),
            ("LOG_LEVEL", "ERROR"),
        ])
        .finish_quietly()?;
    anyhow::ensure!(report.conserved(), "the run's report does not add up");
    Ok(report)
}

fn cost(report: &RunReport) -> anyhow::Result<Cost> {
    let process = report.process.context("the report names no processor time")?;
    Ok(Cost { answered: report.hits.acknowledged, cpu_s: process.cpu_s })
}

const TABLE: &str = "| client | answered | a second | processor | each |\n|---|---:|---:|---:|---:|\n";

fn push_row(text: &mut String, name: &str, cost: Cost, seconds: u64) {
    let _ = writeln!(
        text,
        "| {name} | {} | {:.0} | {:.2} s | **{:.2} us** |",
        cost.answered,
        cost.answered as f64 / seconds as f64,
        cost.cpu_s,
        cost.each_us()
    );
}
