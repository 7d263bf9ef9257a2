//! `cargo xtask soak`: a steady load for a long time. Nothing may grow, and no hit may go missing at any moment.

use std::{thread::sleep, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use report::RunReport;

use crate::{
    clock::Stopwatch,
    generator::{Programs, Run, Running, hits_per_visit, report_at},
    process::resident_bytes,
    say,
    target::Sink,
    workspace::free_port,
};

/// How to run it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask soak\n  cargo xtask soak --seconds 3600 --rate 2000")]
pub(crate) struct Arguments {
    /// How long
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u64).range(10..))]
    seconds: u64,
    /// Hits a second
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How hits travel
    #[arg(long, value_enum, default_value_t = Transport::Single)]
    transport: Transport,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Transport {
    Single,
    Bulk,
}

impl Arguments {
    /// Two minutes: long enough to see growth, short enough for every change.
    pub(crate) fn short() -> Self {
        Self { seconds: 120, rate: 2000, transport: Transport::Single }
    }
}

const BULK_SIZE: u64 = 200;

/// What both programs use and say at one moment.
struct Sample {
    at: Duration,
    before: RunReport,
    recorded: u64,
    after: RunReport,
    sink_resident: u64,
}

/// Runs the load and watches it.
///
/// # Errors
/// When a program does not build or run, when the law was broken at a sample or at the end, and when memory or open
/// files grew.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let programs = Programs::build()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let sink = Sink::start(&programs.sink, 0, Some(&folder.path().join("sink.sqlite")))?;
    let per_visit = hits_per_visit(&programs.loadgen)?;
    let per_day = f64::from(arguments.rate) / per_visit * 86_400.0;
    let port = free_port()?;
    let mut run = Run::new(&programs.loadgen, &sink.tracker_url(), folder.path()).settings([
        ("TARGET_VISITS_PER_DAY", per_day.round().to_string().as_str()),
        ("CONCURRENCY", "200"),
        ("AUTO_STOP_AFTER_HOURS", &(arguments.seconds as f64 / 3600.0).to_string()),
        ("METRICS_PORT", &port.to_string()),
        ("LOG_LEVEL", "WARNING"),
        ("BULK_SIZE", &BULK_SIZE.to_string()),
        (
            "TRANSPORT",
            match arguments.transport {
                Transport::Single => "single",
                Transport::Bulk => "bulk",
            },
        ),
    ]);
    say::heading(&format!(
        "{} hits a second for {}, {per_visit:.2} hits a visit",
        arguments.rate,
        say::duration(Duration::from_secs(arguments.seconds))
    ));
    let samples = watch(run.start()?, port, &sink, Duration::from_secs(arguments.seconds))?;
    let report = run.report()?;
    verdict(&report, sink.recorded()?.hits.recorded, &samples)
}

/// Takes a sample now and then, until the generator ends by itself.
fn watch(mut generator: Running, port: u16, sink: &Sink, length: Duration) -> anyhow::Result<Vec<Sample>> {
    let interval = (length / 24).max(Duration::from_secs(2));
    let watch = Stopwatch::start();
    let mut samples: Vec<Sample> = Vec::new();
    say::line(HEAD);
    loop {
        let due = interval * (samples.len() as u32 + 1);
        while watch.elapsed() < due {
            if generator.has_ended()? {
                return Ok(samples);
            }
            sleep(Duration::from_millis(200));
        }
        // At the very end the generator may close its port between two looks; then there is no sample to take.
        let Ok(before) = report_at(port) else { continue };
        let recorded = sink.recorded()?.hits.recorded;
        let Ok(after) = report_at(port) else { continue };
        let sample = Sample {
            at: watch.elapsed(),
            before,
            recorded,
            after,
            sink_resident: resident_bytes(sink.pid())?,
        };
        say::line(row(&sample, samples.last()));
        samples.push(sample);
    }
}

const HEAD: &str = "      time   hits/s   loadgen MB   files   sink MB   lag p99 ms   latency p99 ms   in flight   \
                    acknowledged       recorded   law";

fn row(sample: &Sample, earlier: Option<&Sample>) -> String {
    let acknowledged = |sample: &Sample| sample.after.hits.acknowledged;
    let seconds =
        sample.at.saturating_sub(earlier.map_or(Duration::ZERO, |earlier| earlier.at)).as_secs_f64();
    let rate = (acknowledged(sample) - earlier.map_or(0, acknowledged)) as f64 / seconds;
    let (megabytes, files) = own_use(&sample.after).unwrap_or_default();
    format!(
        "  {:>8} {rate:>8.0} {megabytes:>12.1} {files:>7} {:>9.1} {:>12.3} {:>16.3} {:>11} {:>14} {:>14}   {}",
        say::duration(sample.at),
        sample.sink_resident as f64 / 1e6,
        sample.after.lag_ms.p99,
        sample.after.latency_ms.p99,
        sample.after.in_flight,
        acknowledged(sample),
        sample.recorded,
        law(&sample.before, sample.recorded, &sample.after).err().unwrap_or_else(|| "holds".to_owned()),
    )
}

fn own_use(report: &RunReport) -> Option<(f64, u64)> {
    report.process.map(|process| (process.resident_bytes as f64 / 1e6, process.open_files))
}

/// The law while a run goes on. What was acknowledged before we asked the receiver is recorded; and what is recorded
/// was acknowledged, unanswered or in flight when we looked again.
fn law(before: &RunReport, recorded: u64, after: &RunReport) -> Result<(), String> {
    if !before.conserved() || !after.conserved() {
        return Err("BROKEN: the report does not add up".to_owned());
    }
    if recorded < before.hits.acknowledged {
        return Err(format!(
            "BROKEN: {} acknowledged, but not recorded",
            before.hits.acknowledged - recorded
        ));
    }
    let hits_a_request = if after.run.transport == report::Transport::Bulk { BULK_SIZE } else { 1 };
    let most = after.hits.acknowledged + after.hits.unknown + after.in_flight * hits_a_request;
    if recorded > most {
        return Err(format!("BROKEN: {} recorded that nobody sent", recorded - most));
    }
    Ok(())
}

fn verdict(report: &RunReport, recorded: u64, samples: &[Sample]) -> anyhow::Result<()> {
    say::heading("verdict");
    let hits = &report.hits;
    let most = hits.acknowledged + hits.unknown;
    say::line(format!(
        "    acknowledged {} <= recorded {recorded} <= with unknown {most}",
        hits.acknowledged
    ));
    let mut faults: Vec<String> = samples
        .iter()
        .filter_map(|sample| law(&sample.before, sample.recorded, &sample.after).err())
        .collect();
    if !report.conserved() || !(hits.acknowledged..=most).contains(&recorded) {
        faults.push("the law is broken at the end".to_owned());
    }
    let loadgen: Vec<f64> = samples.iter().filter_map(|sample| Some(own_use(&sample.after)?.0)).collect();
    let files: Vec<f64> =
        samples.iter().filter_map(|sample| Some(own_use(&sample.after)?.1 as f64)).collect();
    let sink: Vec<f64> = samples.iter().map(|sample| sample.sink_resident as f64 / 1e6).collect();
    for (what, series, slack) in [
        ("loadgen's memory in MB", loadgen, 4.0),
        ("loadgen's open files", files, 50.0),
        ("sink's memory in MB", sink, 16.0),
    ] {
        let Some((early, late)) = early_and_late(&series) else { continue };
        say::line(format!("    {what}: {early:.1} after the start, {late:.1} at the end"));
        if late > early * 1.1 + slack {
            faults.push(format!("{what} grew from {early:.1} to {late:.1}"));
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    Ok(())
}

/// The most in the second quarter, when all is warm, and the most in the last.
fn early_and_late(series: &[f64]) -> Option<(f64, f64)> {
    let quarter = series.len() / 4;
    let most = |part: &[f64]| part.iter().copied().fold(f64::MIN, f64::max);
    (quarter > 0).then(|| (most(&series[quarter..quarter * 2]), most(&series[series.len() - quarter..])))
}

#[cfg(test)]
mod tests {
    use super::early_and_late;

    #[test]
    fn the_start_is_not_held_against_the_end() {
        let series = [1.0, 2.0, 9.0, 10.0, 10.0, 9.5, 10.5, 10.0];
        assert_eq!(early_and_late(&series), Some((10.0, 10.5)));
    }

    #[test]
    fn three_samples_are_too_few() {
        assert_eq!(early_and_late(&[1.0, 2.0, 3.0]), None);
    }
}
