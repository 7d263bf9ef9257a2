//! The report of a run, put together from what the engine counted and what the program knows.

use std::collections::BTreeMap;
use std::fs;

use report::{Backfill, Cap, Mode, ProcessUse, RunContext, RunInfo, RunReport, Tally, Transport};
use settings::{Settings, TransportMode};

use crate::clock::{Clock, timestamp};
use crate::engine::books::Figures;
use traffic::Schedule;

/// What does not change while a run goes on.
#[derive(Clone)]
pub struct Subject {
    /// The run's name.
    pub id: String,
    /// The settings.
    pub settings: Settings,
    /// The seed, drawn or given.
    pub seed: u64,
    /// When the process began, in Unix microseconds.
    pub began_us: i64,
    /// The schedule, which knows a backfill's days; `None` while waiting.
    pub schedule: Option<Schedule>,
    /// `--visits`.
    pub visits: Option<u64>,
    /// The settings as they were given, secrets masked.
    pub given: BTreeMap<String, String>,
    /// The program's clock.
    pub clock: Clock,
}

/// The report as of now, with the tally that it was made from.
pub fn report(subject: &Subject, figures: &Figures) -> (RunReport, Tally) {
    let tally = figures.tally().clone();
    (report_of(subject, figures, &tally), tally)
}

/// The report of a tally of the run, which may be of a part of its time.
pub fn report_of(subject: &Subject, figures: &Figures, tally: &Tally) -> RunReport {
    let status = figures.status().clone();
    let settings = &subject.settings;
    let now_us = subject.clock.now_us();
    let end_us = if status.ended_us > 0 { status.ended_us } else { now_us };
    let until_us = if status.producing_until_us > 0 { status.producing_until_us } else { end_us };
    let producing_us = if status.producing_since_us > 0 { until_us - status.producing_since_us } else { 0 };
    let planned = subject.schedule.as_ref().and_then(Schedule::total);
    let visits_planned = match (planned, subject.visits) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let run = RunInfo {
        id: subject.id.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        mode: if settings.backfill.is_some() { Mode::Backfill } else { Mode::Live },
        transport: match settings.transport.mode {
            TransportMode::Single => Transport::Single,
            TransportMode::Bulk => Transport::Bulk,
        },
        seed: subject.seed,
        shard: format!("{}/{}", settings.shard.index, settings.shard.count),
        started_at: timestamp(subject.began_us),
        now: timestamp(now_us),
        ended_at: (status.ended_us > 0).then(|| timestamp(status.ended_us)),
        uptime_s: (end_us - subject.began_us) as f64 / 1e6,
        state: status.state,
    };
    let backfill = subject.schedule.as_ref().zip(settings.backfill.as_ref()).map(|(schedule, window)| {
        let replay = status.replay.unwrap_or_default();
        let done = tally.visits.completed + tally.visits.failed;
        let total = visits_planned.unwrap_or(0) / u64::from(settings.shard.count);
        let here = done.saturating_sub(replay.done_before);
        let day = schedule.day(replay.next_visit.saturating_sub(1)).filter(|_| done < total);
        let days = (window.last_day - window.first_day).get_days() + 1;
        let days_done = day.map_or(days, |day| (day - window.first_day).get_days());
        let left_us = (total.saturating_sub(done)) as f64 * producing_us as f64 / here.max(1) as f64;
        Backfill {
            day,
            days_done: u64::try_from(days_done).unwrap_or(0),
            days: u64::try_from(days).unwrap_or(0),
            visits_done: done,
            visits_planned: total,
            estimated_end: (here > 0 && done < total).then(|| timestamp(now_us + left_us as i64)),
            possible_duplicates: replay.possible_duplicates,
        }
    });
    let context = RunContext {
        run,
        target_visits_per_day: settings.arrivals.visits_per_day / f64::from(settings.shard.count),
        visits_planned,
        producing_s: producing_us as f64 / 1e6,
        in_flight: figures.in_flight(),
        cap: status.cap.map(|(limit, used, resets_us)| Cap {
            limit,
            used,
            resets_at: (used > 0).then(|| timestamp(resets_us)),
        }),
        backfill,
        process: process_use(),
    };
    let mut report = RunReport::build(tally, context);
    report.judgements = report.judge(&settings.judgement.thresholds);
    report.probes = figures.probes();
    report
}

/// What this process uses, as Linux tells it.
fn process_use() -> Option<ProcessUse> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident_kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let resident_kib: u64 = resident_kib.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(ProcessUse {
        cpu_s: seconds(usage.user_time()) + seconds(usage.system_time()),
        resident_bytes: resident_kib * 1024,
        open_files: fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64),
    })
}
