//! Fixed runs of every kind; and one against a receiver that loses a hit in ten thousand, of which every one must be named.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::verify;
use crate::{
    clock::Stopwatch,
    generator::{Programs, Run},
    say,
    target::Sink,
};

/// Days of each window; they hold a change of the clock.
const DAYS: u64 = 10;

/// Visits a second of live runs.
const RATE: u64 = 400;

/// A run to be proved.
struct Case {
    name: &'static str,
    time_zone: &'static str,
    /// Where its window begins and ends; `None` = now.
    window: Option<(&'static str, &'static str)>,
    transport: &'static str,
    fault: Option<&'static str>,
}

const CASES: [Case; 4] = [
    Case {
        name: "past days with one of 25 hours, bulk, Europe/Berlin",
        time_zone: "Europe/Berlin",
        window: Some(("2025-10-20", "2025-10-29")),
        transport: "bulk",
        fault: None,
    },
    Case {
        name: "past days with one of 23 hours, single, America/New_York",
        time_zone: "America/New_York",
        window: Some(("2025-03-03", "2025-03-12")),
        transport: "single",
        fault: None,
    },
    Case {
        name: "now, bulk, Asia/Kolkata",
        time_zone: "Asia/Kolkata",
        window: None,
        transport: "bulk",
        fault: None,
    },
    Case { name: "now, single, UTC", time_zone: "UTC", window: None, transport: "single", fault: None },
];

const LOSSY: Case = Case {
    name: "one hit in 10,000 lost without a word",
    time_zone: "UTC",
    window: Some(("2025-06-01", "2025-06-10")),
    transport: "single",
    fault: Some("drop@rate=0.0001; seed=1"),
};

/// Kinds of hit that reports count one by one.
const COUNTED: [&str; 6] = ["page_view", "search", "outlink", "download", "event", "order"];

/// Runs and proves.
///
/// # Errors
/// When a figure differs, and when what was lost is not named.
pub(super) fn run(programs: &Programs, all: u64) -> anyhow::Result<()> {
    let visits = all / CASES.len() as u64;
    for case in &CASES {
        let proof = case.prove(programs, visits)?;
        let totals = &proof.said["totals"];
        ensure!(proof.is_proved, "{}: {}", case.name, proof.said["verdict"]);
        ensure!(totals["lines"] == totals["exact"], "{}: not all figures are exact: {totals}", case.name);
    }
    let proof = LOSSY.prove(programs, visits)?;
    let named: u64 = (proof.said["missing"].as_array().into_iter().flatten())
        .filter(|missing| COUNTED.iter().any(|kind| missing["kind"] == *kind))
        .filter_map(|missing| missing["count"].as_u64())
        .sum();
    say::line(format!(
        "    {} of the hits that reports count one by one were lost, and {named} are named",
        proof.lost
    ));
    ensure!(proof.lost > 0 || all < 40_000, "no hit was lost: there is nothing to find");
    ensure!(named == proof.lost, "what was lost is not what is named");
    ensure!(proof.is_proved == (proof.lost_at_all == 0), "a loss was not noticed: {}", proof.said["verdict"]);
    Ok(())
}

struct Proof {
    is_proved: bool,
    said: Value,
    /// Hits of the kinds that reports count one by one that were acknowledged and not recorded.
    lost: u64,
    /// Hits of all kinds.
    lost_at_all: u64,
}

impl Case {
    fn prove(&self, programs: &Programs, visits: u64) -> anyhow::Result<Proof> {
        say::heading(&format!("{visits} visits: {}", self.name));
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let more = ["--time-zone", self.time_zone, "--no-params", "--fault", self.fault.unwrap_or_default()];
        let more = if self.fault.is_some() { &more[..] } else { &more[..3] };
        let sink = Sink::start_with(&programs.sink, 0, Some(&folder.path().join("sink.sqlite")), more)?;
        let watch = Stopwatch::start();
        let per_day = (RATE * 86_400).to_string();
        let of_window = (visits / DAYS).to_string();
        let mut run = Run::new(&programs.loadgen, &sink.tracker_url(), folder.path()).settings([
            ("TRANSPORT", self.transport),
            ("TIMEZONE", self.time_zone),
            ("TARGET_VISITS_PER_DAY", per_day.as_str()),
            ("PAUSE_BETWEEN_PVS_MIN", "0"),
            ("PAUSE_BETWEEN_PVS_MAX", "0.05"),
            ("VISIT_DURATION_MAX", "60"),
            ("PAGEVIEWS_MIN", "1"),
            ("RETURNING_VISITORS_PROBABILITY", "0.4"),
            ("LOG_LEVEL", "ERROR"),
            ("SEED", "6"),
        ]);
        run = match self.window {
            Some((first, last)) => run.settings([
                ("BACKFILL_ENABLED", "true"),
                ("BACKFILL_START_DATE", first),
                ("BACKFILL_END_DATE", last),
                ("BACKFILL_MAX_VISITS_PER_DAY", of_window.as_str()),
                ("BACKFILL_MAX_VISITS_TOTAL", "0"),
            ]),
            None => run.visits(Some(visits)),
        };
        let report = run.finish_quietly()?;
        say::line(format!(
            "    {} hits acknowledged of {} planned ({})",
            report.hits.acknowledged,
            report.hits.planned,
            say::duration(watch.elapsed())
        ));
        let recorded = sink.recorded()?.hits;
        let lost = COUNTED.iter().map(|kind| {
            let kind = *kind;
            let sent = report::HitKind::ALL.into_iter().find(|known| known.name() == kind);
            let sent = sent.map_or(0, |known| report.hits.by_kind.get(known));
            sent.saturating_sub(recorded.by_kind.get(kind).copied().unwrap_or(0))
        });
        let lost = lost.sum();
        let lost_at_all = report.hits.acknowledged.saturating_sub(recorded.recorded);
        let watch = Stopwatch::start();
        let (is_proved, said) = verify(&programs.loadgen, &sink.tracker_url(), folder.path())?;
        say::line(format!(
            "    {} ({})",
            said["verdict"].as_str().unwrap_or(""),
            say::duration(watch.elapsed())
        ));
        Ok(Proof { is_proved, said, lost, lost_at_all })
    }
}
