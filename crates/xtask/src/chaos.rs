//! `cargo xtask chaos`: a backfill is killed again and again and resumed each time. Every planned visit must be
//! recorded, and what is recorded twice must have been in flight at a kill.

use std::{path::Path, thread::sleep, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use report::RunReport;

use crate::{
    clock::Stopwatch,
    generator::{Programs, Run},
    say,
    target::Sink,
};

/// How to run it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask chaos\n  cargo xtask chaos --transport bulk --kills 50")]
pub(crate) struct Arguments {
    /// How often the generator is killed
    #[arg(long, value_name = "N", default_value_t = 20)]
    kills: u32,
    /// Visits of each of the window's 25 days
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    visits_per_day: u64,
    /// How hits travel
    #[arg(long, value_enum, default_value_t = Transport::Single)]
    transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Transport {
    Single,
    Bulk,
}

impl Arguments {
    /// As many kills as promised, over 50,000 visits.
    pub(crate) fn standard() -> Self {
        Self { kills: 20, visits_per_day: 2000, transport: Transport::Single }
    }
}

const DAYS: u64 = 25;
const CONCURRENCY: u64 = 20;
const BULK: (u64, u64) = (100, 2);

/// Kills, resumes, and compares at the end.
///
/// # Errors
/// When a program does not build or run, when a visit is missing, and when more is there twice than was in flight.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let programs = Programs::build()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let sink = Sink::start(&programs.sink, 0, Some(&folder.path().join("sink.sqlite")))?;
    let visits = DAYS * arguments.visits_per_day;
    say::heading(&format!("a backfill of {visits} visits, killed {} times", arguments.kills));
    let watch = Stopwatch::start();
    // Moments of no pattern, and the same in every run: fractions of the golden ratio.
    let moments = (1..=arguments.kills).map(|kill| (f64::from(kill) * 0.618_033_988_75).fract());
    let mut done = 0;
    for (kill, moment) in (1..).zip(moments) {
        let left = (visits * 6).saturating_sub(done) as f64 / f64::from(arguments.kills - kill + 1);
        let goal = done + (left * (0.3 + moment)) as u64;
        let mut running = backfill(arguments, &programs, &sink, folder.path()).start()?;
        while !running.has_ended()? && sink.recorded()?.hits.recorded < goal {
            sleep(Duration::from_millis(5));
        }
        running.kill();
        done = sink.recorded()?.hits.recorded;
        say::line(format!("    kill {kill:>2} at {done} hits recorded, {}", say::duration(watch.elapsed())));
    }
    let report = backfill(arguments, &programs, &sink, folder.path()).finish_quietly()?;
    verdict(arguments, visits, &report, sink.recorded()?.hits.recorded)
}

fn backfill(arguments: &Arguments, programs: &Programs, sink: &Sink, folder: &Path) -> Run {
    Run::new(&programs.loadgen, &sink.tracker_url(), folder).settings([
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_DAYS_BACK", &(DAYS + 1).to_string()),
        ("BACKFILL_DURATION_DAYS", &DAYS.to_string()),
        ("BACKFILL_MAX_VISITS_PER_DAY", &arguments.visits_per_day.to_string()),
        ("BACKFILL_MAX_VISITS_TOTAL", "0"),
        ("CONCURRENCY", &CONCURRENCY.to_string()),
        ("BULK_SIZE", &BULK.0.to_string()),
        ("BULK_CONNECTIONS", &BULK.1.to_string()),
        ("LOG_LEVEL", "ERROR"),
        ("TRANSPORT", if arguments.transport == Transport::Bulk { "bulk" } else { "single" }),
    ])
}

fn verdict(arguments: &Arguments, visits: u64, report: &RunReport, recorded: u64) -> anyhow::Result<()> {
    say::heading("verdict");
    let hits = &report.hits;
    let possible = report.backfill.as_ref().map_or(0, |backfill| backfill.possible_duplicates);
    let twice = recorded.saturating_sub(hits.planned);
    let in_flight = if arguments.transport == Transport::Bulk { BULK.0 * BULK.1 } else { CONCURRENCY };
    say::line(format!("    visits   {} completed of {visits}", report.visits.completed));
    say::line(format!(
        "    hits     {} planned, {} acknowledged, {recorded} recorded",
        hits.planned, hits.acknowledged
    ));
    say::line(format!(
        "    twice    {twice} recorded, {possible} possible by the report, {} in flight at all kills",
        u64::from(arguments.kills) * in_flight
    ));
    // An order keeps its id: one that was in flight at a kill and recorded is refused when it comes again.
    say::line(format!("    refused  {} that were recorded before the kill", hits.refused));
    let mut faults = Vec::new();
    let whole = hits.acknowledged + hits.refused == hits.planned && hits.refused <= possible;
    let visits_over = report.visits.completed + report.visits.failed;
    if visits_over != visits || report.visits.failed > hits.refused || !whole {
        faults.push("visits are missing");
    }
    if recorded < hits.planned {
        faults.push("acknowledged hits are not recorded");
    }
    if twice + hits.refused > possible {
        faults.push("more is recorded twice than the report says can be");
    }
    if possible > u64::from(arguments.kills) * in_flight {
        faults.push("the report says more than was in flight");
    }
    if !report.conserved() {
        faults.push("the report does not add up");
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    Ok(())
}
