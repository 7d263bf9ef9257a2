//! What a person sees: the table at the end of a run, and the line while it goes on.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::{
    HitKind, Mode, Quantiles, RunReport, RunState, Transport,
    text::{duration, grouped, milliseconds, percent},
};

/// The summary of a run, as lines of aligned text with a newline at its end.
pub fn summary_table(report: &RunReport) -> String {
    let mut text = heading(report);
    let (visits, hits) = (&report.visits, &report.hits);
    push_block(
        &mut text,
        &["visits", "started", "completed", "failed", "under way", "skipped"],
        &[vec![
            String::new(),
            grouped(visits.started),
            grouped(visits.completed),
            grouped(visits.failed),
            grouped(visits.under_way),
            grouped(visits.skipped),
        ]],
    );
    push_block(
        &mut text,
        &["hits", "planned", "acknowledged", "refused", "failed", "unknown", "not yet sent"],
        &[vec![
            String::new(),
            grouped(hits.planned),
            grouped(hits.acknowledged),
            grouped(hits.refused),
            grouped(hits.failed),
            grouped(hits.unknown),
            grouped(hits.not_yet_sent),
        ]],
    );
    let kinds = HitKind::ALL;
    let head: Vec<&str> = ["by kind"].into_iter().chain(kinds.iter().map(|kind| spoken(*kind))).collect();
    let counts = kinds.iter().map(|kind| grouped(hits.by_kind.get(*kind)));
    push_block(&mut text, &head, &[[String::new()].into_iter().chain(counts).collect()]);
    push_block(
        &mut text,
        &["milliseconds", "p50", "p90", "p95", "p99", "p99.9", "max", "mean", "of"],
        &[
            quantile_row("latency", &report.latency_ms),
            quantile_row("response", &report.response_ms),
            quantile_row("lag", &report.lag_ms),
        ],
    );
    push_probes(&mut text, report);
    push_remarks(&mut text, report);
    push_judgements(&mut text, report);
    text
}

/// The state of a run in one line; `before` is an earlier report of the same run, from which the rates are taken.
pub fn live_line(report: &RunReport, before: Option<&RunReport>) -> String {
    let earlier = |field: fn(&RunReport) -> u64| before.map_or(0, field);
    let seconds = report.run.uptime_s - before.map_or(0.0, |before| before.run.uptime_s);
    let rate = |field: fn(&RunReport) -> u64| {
        if seconds > 0.0 { field(report).saturating_sub(earlier(field)) as f64 / seconds } else { 0.0 }
    };
    let errors = report.hits.refused + report.hits.failed + report.hits.unknown;
    let latency = &report.latency_ms;
    let mut line = format!(
        "{} · {:.1} visits/s · {:.1} hits/s · latency p50 {} p95 {} p99 {} ms · lag p99 {} ms · errors {} · in flight {}",
        state(report.run.state),
        rate(|report| report.visits.started),
        rate(|report| report.hits.acknowledged),
        milliseconds(latency.p50),
        milliseconds(latency.p95),
        milliseconds(latency.p99),
        milliseconds(report.lag_ms.p99),
        grouped(errors),
        grouped(report.in_flight),
    );
    match (report.visits.planned, &report.backfill) {
        (_, Some(backfill)) => {
            let _ =
                write!(line, " · day {} of {}", (backfill.days_done + 1).min(backfill.days), backfill.days);
        }
        (Some(planned), None) => {
            let _ = write!(line, " · {} of {} visits", grouped(report.visits.started), grouped(planned));
        }
        (None, None) => {
            let _ = write!(line, " · {} visits", grouped(report.visits.started));
        }
    }
    if report.visits.skipped > 0 {
        let _ = write!(line, " · {} skipped", grouped(report.visits.skipped));
    }
    line
}

fn heading(report: &RunReport) -> String {
    let run = &report.run;
    let mode = match run.mode {
        Mode::Live => "live",
        Mode::Backfill => "backfill",
    };
    let transport = match run.transport {
        Transport::Single => "single",
        Transport::Bulk => "bulk",
    };
    let achieved = grouped(report.visits.per_day_achieved.round() as u64);
    let target = grouped(report.target_visits_per_day.round() as u64);
    format!(
        "Trafficinator {} · {mode}, {transport} · seed {} · shard {} · {} after {}\n\
         {achieved} visits a day achieved, {target} asked for\n",
        run.version,
        run.seed,
        run.shard,
        state(run.state),
        duration(run.uptime_s),
    )
}

fn push_probes(text: &mut String, report: &RunReport) {
    if report.probes.is_empty() {
        return;
    }
    let head = ["reports, in milliseconds", "p50", "p95", "max", "last", "answered", "failed"];
    let rows: Vec<_> = report
        .probes
        .iter()
        .map(|probe| {
            let times = &probe.duration_ms;
            let shown = |ms: f64| if times.count == 0 { "-".to_owned() } else { milliseconds(ms) };
            vec![
                probe.name.clone(),
                shown(times.p50),
                shown(times.p95),
                shown(times.max),
                probe.last_ms.map_or("-".to_owned(), milliseconds),
                grouped(probe.answered),
                grouped(probe.failed),
            ]
        })
        .collect();
    push_block(text, &head, &rows);
    for probe in &report.probes {
        if let Some(fault) = &probe.fault {
            let _ = writeln!(text, "{}: {fault}", probe.name);
        }
    }
}

fn push_judgements(text: &mut String, report: &RunReport) {
    for judgement in &report.judgements {
        let verdict = match judgement.held {
            Some(true) => "held",
            Some(false) => "BROKEN",
            None => "not known",
        };
        let _ = write!(text, "threshold {}: {verdict}", judgement.threshold);
        if let Some(observed) = judgement.observed {
            let share = judgement.threshold.ends_with('%');
            let shown = if share { percent(observed) } else { format!("{} ms", milliseconds(observed)) };
            let _ = write!(text, ", {shown}");
        }
        text.push('\n');
    }
}

fn push_remarks(text: &mut String, report: &RunReport) {
    let mut say = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    say(String::new());
    match report.hits.success_rate {
        Some(rate) => {
            say(format!("success {}: acknowledged of all hits that were settled", percent(rate)));
        }
        None => say("success not known: no hit was settled".to_owned()),
    }
    let requests = &report.requests;
    say(format!(
        "requests {} sent, {} answered, {} repeated",
        grouped(requests.sent),
        grouped(requests.answered),
        grouped(requests.retried)
    ));
    if let Some(cap) = &report.cap {
        let resets = cap.resets_at.map(|at| format!(", resets at {at}")).unwrap_or_default();
        say(format!("cap {} of {} visits in 24 hours{resets}", grouped(cap.used), grouped(cap.limit)));
    }
    if let Some(backfill) = &report.backfill {
        say(format!(
            "backfill {} of {} days, {} of {} visits, {} hits possibly recorded twice",
            grouped(backfill.days_done),
            grouped(backfill.days),
            grouped(backfill.visits_done),
            grouped(backfill.visits_planned),
            grouped(backfill.possible_duplicates),
        ));
        if let Some(end) = backfill.estimated_end {
            say(format!("estimated end {end}"));
        }
    }
    if report.visits.skipped > 0 {
        say(format!(
            "{} visits skipped: the target could not keep up; raise CONCURRENCY or lower TARGET_VISITS_PER_DAY",
            grouped(report.visits.skipped)
        ));
    }
    if report.hits.unknown > 0 {
        say(format!(
            "{} hits unknown: sent, but no answer tells whether they count",
            grouped(report.hits.unknown)
        ));
    }
    for fault in &report.faults {
        say(format!("fault {} x {}", grouped(fault.count), fault.message));
    }
}

fn quantile_row(name: &str, quantiles: &Quantiles) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    let Quantiles { count, mean, p50, p90, p95, p99, p999, max } = *quantiles;
    if count == 0 {
        row.extend(std::iter::repeat_n("-".to_owned(), 7));
    } else {
        row.extend([p50, p90, p95, p99, p999, max, mean].map(milliseconds));
    }
    row.push(grouped(count));
    row
}

/// A headed block of right-aligned columns under a left-aligned first one.
fn push_block(text: &mut String, head: &[&str], rows: &[Vec<String>]) {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_row(head.iter().copied().map(Cell::new));
    for row in rows {
        table.add_row(row.iter().map(Cell::new));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    text.push('\n');
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::Waiting => "waiting",
        RunState::Running => "running",
        RunState::Capped => "capped",
        RunState::Draining => "draining",
        RunState::Idle => "idle",
        RunState::Ended => "ended",
    }
}

fn spoken(kind: HitKind) -> &'static str {
    match kind {
        HitKind::PageView => "page views",
        HitKind::Ping => "pings",
        HitKind::Search => "searches",
        HitKind::Outlink => "outlinks",
        HitKind::Download => "downloads",
        HitKind::Event => "events",
        HitKind::Cart => "carts",
        HitKind::Order => "orders",
    }
}
