//! `cargo xtask demo`: a crowd visits a receiver of ours, and what was sent is set beside what was recorded.

use std::io::{IsTerminal as _, stderr};

use anyhow::{Context as _, bail};
use clap::Args;
use report::{HitKind, RunReport};

use crate::{
    clock::Stopwatch,
    demo_page,
    generator::{Programs, Run},
    say,
    target::{Recorded, Sink},
};

/// How to run it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --visits 2000\n  cargo xtask demo --ui"
)]
pub(crate) struct Arguments {
    /// End after N visits; without it, Ctrl-C ends the demo
    #[arg(long, value_name = "N")]
    visits: Option<u64>,
    /// Visits a second
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=2000))]
    rate: u32,
    /// Port of loopback for the receiver; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Serve the web page instead, to start the crowd from there
    #[arg(long, conflicts_with_all = ["visits", "rate"])]
    ui: bool,
    /// Port of loopback for the web page; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8000, requires = "ui")]
    ui_port: u16,
}

impl Arguments {
    /// The demo as a test: it ends by itself.
    pub(crate) fn of_visits(visits: u64) -> Self {
        Self { visits: Some(visits), rate: 100, port: 0, ui: false, ui_port: 0 }
    }
}

/// Runs the demo.
///
/// # Errors
/// When a program does not build or run, and when a hit was sent that was not recorded, or the other way round.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    say::heading("building the load generator and the receiver (the first time takes a few minutes)");
    let watch = Stopwatch::start();
    let programs = Programs::build()?;
    let control = arguments.ui.then(demo_page::build).transpose()?;
    say::line(format!("    built ({})", say::duration(watch.elapsed())));

    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let sink = Sink::start(&programs.sink, arguments.port, Some(&folder.path().join("sink.sqlite")))?;
    say::heading(&format!("a receiver that speaks Matomo's tracking protocol listens on {}", sink.url()));
    if let Some(control) = control {
        return demo_page::serve(&control, &programs.loadgen, &sink, folder.path(), arguments.ui_port);
    }
    match arguments.visits {
        Some(visits) => say::line(format!("    {visits} visits, {} a second", arguments.rate)),
        None => say::line(format!("    {} visits a second; Ctrl-C ends the demo", arguments.rate)),
    }

    let per_day = (f64::from(arguments.rate) * 86_400.0).to_string();
    // On a terminal there is a live line, and the log would only tear it.
    let log_level = if stderr().is_terminal() { "WARNING" } else { "INFO" };
    let watch = Stopwatch::start();
    let report = Run::new(&programs.loadgen, &sink.tracker_url(), folder.path())
        .settings([
            ("TARGET_VISITS_PER_DAY", per_day.as_str()),
            ("CONCURRENCY", "100"),
            ("VISIT_PACING", "compressed"),
            ("PAUSE_BETWEEN_PVS_MIN", "0.05"),
            ("PAUSE_BETWEEN_PVS_MAX", "0.4"),
            ("STATS_INTERVAL", "5"),
            ("LOG_LEVEL", log_level),
        ])
        .visits(arguments.visits)
        .finish()?;
    say::line(format!("    the crowd is gone ({})", say::duration(watch.elapsed())));

    say::heading("sent beside recorded");
    compare(&report, &sink.recorded()?)
}

/// Prints both sides; an error when they are not equal to the last hit.
fn compare(report: &RunReport, recorded: &Recorded) -> anyhow::Result<()> {
    let rows = rows(report, recorded);
    say::line(format!("    {:<12}{:>14}{:>14}", "", "acknowledged", "recorded"));
    for Row { name, sent, recorded } in &rows {
        let mark = if sent == recorded { "" } else { "  <- differs" };
        say::line(format!("    {name:<12}{sent:>14}{recorded:>14}{mark}"));
    }
    let lost = report.hits.planned - report.hits.acknowledged;
    if lost > 0 {
        bail!("{lost} of {} planned hits were not acknowledged", report.hits.planned);
    }
    let differing: Vec<&str> =
        rows.iter().filter(|row| row.sent != row.recorded).map(|row| row.name).collect();
    if !differing.is_empty() {
        bail!("sent and recorded differ: {}", differing.join(", "));
    }
    say::line("    equal to the last hit");
    Ok(())
}

struct Row {
    name: &'static str,
    sent: u64,
    recorded: u64,
}

fn rows(report: &RunReport, recorded: &Recorded) -> Vec<Row> {
    let kinds = HitKind::ALL.into_iter().map(|kind| Row {
        name: kind.name(),
        sent: report.hits.by_kind.get(kind),
        recorded: recorded.hits.by_kind.get(kind.name()).copied().unwrap_or(0),
    });
    kinds
        .chain([
            Row { name: "hits", sent: report.hits.acknowledged, recorded: recorded.hits.recorded },
            Row { name: "visits", sent: report.visits.completed, recorded: recorded.visits },
        ])
        .collect()
}
