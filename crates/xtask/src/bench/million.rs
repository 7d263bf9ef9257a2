//! A million visits under way at once: what they take in memory, and whether new ones still start in time.

use std::{fmt::Write as _, thread::sleep, time::Duration};

use anyhow::{Context as _, bail};

use crate::{
    clock::Stopwatch,
    generator::{Programs, Run, report_at},
    say,
    target::Sink,
    workspace::free_port,
};

/// 3,704 visits a second of 4.5 minutes on average.
const VISITS_PER_DAY: &str = "320000000";
const SAMPLES: u32 = 10;

/// Plays them against the null sink and shows memory and lag over time. Visits last 8 minutes at the most: a run must be
/// longer for as many to end as begin.
pub(super) fn run(programs: &Programs, seconds: u64) -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let sink = Sink::start(&programs.sink, 0, None)?;
    let port = free_port()?;
    let mut run = Run::new(&programs.loadgen, &sink.tracker_url(), folder.path()).without_token().settings([
        ("TARGET_VISITS_PER_DAY", VISITS_PER_DAY),
        ("VISIT_PACING", "realtime"),
        ("CONCURRENCY", "200"),
        ("GRACE_PERIOD", "1"),
        ("METRICS_PORT", &port.to_string()),
        ("LOG_LEVEL", "ERROR"),
    ]);
    let mut generator = run.start()?;
    let mut text = String::from(
        "`TARGET_VISITS_PER_DAY=320000000 VISIT_PACING=realtime` against `sink --null`.\n\n\
         | after | visits under way | resident | lag p99 | hits a second | skipped |\n|---:|---:|---:|---:|---:|---:|\n",
    );
    let watch = Stopwatch::start();
    let interval = Duration::from_secs(seconds) / SAMPLES;
    let mut earlier = (0.0, 0);
    for sample in 1..=SAMPLES {
        while watch.elapsed() < interval * sample {
            if generator.has_ended()? {
                bail!("the load generator ended before its time");
            }
            sleep(Duration::from_millis(500));
        }
        let report = report_at(port)?;
        let resident = report.process.map_or(0.0, |process| process.resident_bytes as f64 / 1e6);
        let now = (watch.elapsed().as_secs_f64(), report.hits.acknowledged);
        let row = format!(
            "| {:.0} s | {} | {resident:.0} MB | {:.3} ms | {:.0} | {} |",
            now.0,
            report.visits.under_way,
            report.lag_ms.p99,
            (now.1 - earlier.1) as f64 / (now.0 - earlier.0),
            report.visits.skipped,
        );
        say::line(&row);
        let _ = writeln!(text, "{row}");
        earlier = now;
    }
    generator.stop()?;
    Ok(text)
}
