//! The figures of a run at one moment, from its report or, where that cannot be had, from a line of its log.

use jiff::Timestamp;
use report::{Cap, Judgement, ProbeReport, RunReport, RunState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The load generator's own report.
    Report,
    /// A line of statistics in its log.
    Log,
}

/// What a run has done so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// When it was so.
    pub at: Timestamp,
    /// Where this comes from.
    pub source: Source,
    /// The run's name, where it is known.
    pub run: Option<String>,
    /// What it does, where it is known.
    pub state: Option<RunState>,
    /// Visits that were started; where only the log tells, those that did not fail.
    pub started: u64,
    /// Visits that were started and did not fail. It falls when visits under way fail.
    pub visits: u64,
    /// Visits that are over, and at least one hit was not acknowledged; where that is known.
    pub visits_failed: Option<u64>,
    /// Visits that were never started, because the target could not keep up.
    pub visits_skipped: u64,
    /// Hits that the target acknowledged.
    pub acknowledged: u64,
    /// Hits that it refused.
    pub refused: u64,
    /// Hits that it provably never had.
    pub failed: u64,
    /// Hits of which nobody knows.
    pub unknown: u64,
    /// Acknowledged, as a fraction of those whose outcome is known.
    pub success_rate: Option<f64>,
    /// Milliseconds from a request to its answer: 50, 95 and 99 of 100 were not longer.
    pub latency_ms: Option<[f64; 3]>,
    /// Milliseconds that 99 of 100 visits were not later than.
    pub lag_ms: Option<f64>,
    /// Requests in flight.
    pub in_flight: u64,
    /// The cap, when one is set.
    pub cap: Option<Cap>,
    /// The thresholds, where the run's own report tells.
    pub judgements: Vec<Judgement>,
    /// The probed reports, where the run's own report tells.
    pub probes: Vec<ProbeReport>,
}

impl Figures {
    /// Hits that left for the target.
    pub fn sent(&self) -> u64 {
        self.acknowledged + self.refused + self.unknown
    }

    /// Hits whose outcome is known.
    pub fn settled(&self) -> u64 {
        self.acknowledged + self.refused + self.failed + self.unknown
    }

    /// The figures in a report.
    pub fn of_report(report: &RunReport) -> Self {
        let latency = &report.latency_ms;
        Self {
            at: report.run.now,
            source: Source::Report,
            run: Some(report.run.id.clone()),
            state: Some(report.run.state),
            started: report.visits.started,
            visits: report.visits.completed + report.visits.under_way,
            visits_failed: Some(report.visits.failed),
            visits_skipped: report.visits.skipped,
            acknowledged: report.hits.acknowledged,
            refused: report.hits.refused,
            failed: report.hits.failed,
            unknown: report.hits.unknown,
            success_rate: report.hits.success_rate,
            latency_ms: (latency.count > 0).then_some([latency.p50, latency.p95, latency.p99]),
            lag_ms: (report.lag_ms.count > 0).then_some(report.lag_ms.p99),
            in_flight: report.in_flight,
            cap: report.cap,
            judgements: report.judgements.clone(),
            probes: report.probes.clone(),
        }
    }

    /// Whether a line of a log may have figures.
    pub fn is_in(line: &str) -> bool {
        memchr::memmem::find(line.as_bytes(), b"stats visits_total=").is_some()
    }

    /// The figures in a line of a log that was written at that moment; `None` when it has none.
    pub fn of_line(line: &str, at: Timestamp) -> Option<Self> {
        let pairs = &line[line.find("stats visits_total=")? + "stats ".len()..];
        // In a JSON log the quotes are escaped, and the text ends with one.
        let value = |name: &str| {
            let found = pairs.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
            Some(found.split_once("\",").map_or(found, |(value, _)| value).trim_matches(['"', '\\', '}']))
        };
        let count = |name: &str| value(name)?.parse::<u64>().ok();
        let number = |name: &str| value(name)?.parse::<f64>().ok();
        let cap = value("cap").and_then(|cap| cap.split_once('/'));
        let settled = count("hits_acknowledged")? + count("hits_refused")? + count("hits_failed")?;
        let latency = [number("latency_p50_ms")?, number("latency_p95_ms")?, number("latency_p99_ms")?];
        Some(Self {
            at,
            source: Source::Log,
            run: None,
            state: None,
            started: count("visits_total")?,
            visits: count("visits_total")?,
            visits_failed: None,
            visits_skipped: count("visits_skipped")?,
            acknowledged: count("hits_acknowledged")?,
            refused: count("hits_refused")?,
            failed: count("hits_failed")?,
            unknown: count("hits_unknown")?,
            success_rate: number("success_rate"),
            latency_ms: (settled > 0).then_some(latency),
            lag_ms: number("lag_p99_ms"),
            in_flight: count("in_flight")?,
            cap: cap.and_then(|(used, limit)| {
                Some(Cap { used: used.parse().ok()?, limit: limit.parse().ok()?, resets_at: None })
            }),
            judgements: Vec::new(),
            probes: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> String {
        "stats visits_total=120 visits_per_day=2000.5 success_rate=0.99 latency_p50_ms=4.1 latency_p95_ms=9.0 \
         latency_p99_ms=12.5 lag_p99_ms=1.5 in_flight=3 hits_acknowledged=400 hits_refused=1 hits_failed=2 hits_unknown=1 \
         visits_skipped=7 cap=\"120/1000\""
            .to_owned()
    }

    #[test]
    fn a_line_of_the_log_has_the_same_figures_as_text_and_as_json() {
        let at = Timestamp::UNIX_EPOCH;
        let text = format!("2026-01-05T08:00:00Z  INFO {}", pairs());
        let json = format!(
            "{{\"timestamp\":\"x\",\"level\":\"INFO\",\"message\":\"{}\"}}",
            pairs().replace('"', "\\\"")
        );
        let figures = Figures::of_line(&text, at).unwrap();
        assert_eq!(Figures::of_line(&json, at), Some(figures.clone()));
        assert_eq!((figures.visits, figures.sent(), figures.settled()), (120, 402, 404));
        assert_eq!(figures.latency_ms, Some([4.1, 9.0, 12.5]));
        assert_eq!(figures.cap.map(|cap| (cap.used, cap.limit)), Some((120, 1000)));
    }

    #[test]
    fn what_the_load_generator_logs_is_what_is_read() {
        let mut tally = report::Tally::default();
        tally.visits.started = 5;
        tally.visits.completed = 3;
        let now = "2026-01-05T08:00:00Z".parse().unwrap();
        let run = report::RunInfo {
            id: "x".to_owned(),
            version: "1".to_owned(),
            mode: report::Mode::Live,
            transport: report::Transport::Single,
            seed: 1,
            shard: "0/1".to_owned(),
            started_at: now,
            now,
            ended_at: None,
            uptime_s: 1.0,
            state: RunState::Running,
        };
        let context = report::RunContext {
            run,
            target_visits_per_day: 1.0,
            visits_planned: None,
            producing_s: 1.0,
            in_flight: 2,
            cap: Some(Cap { limit: 9, used: 5, resets_at: None }),
            backfill: None,
            process: None,
        };
        let report = RunReport::build(&tally, context);
        let pairs: Vec<String> =
            report::stats_line(&report).iter().map(|(name, value)| format!("{name}={value}")).collect();
        let line = format!("2026-01-05T08:00:00Z  INFO stats {}", pairs.join(" "));
        assert!(Figures::is_in(&line));
        let (told, logged) = (Figures::of_report(&report), Figures::of_line(&line, now).unwrap());
        assert_eq!((logged.visits, logged.in_flight, logged.cap), (told.visits, told.in_flight, told.cap));
        assert_eq!((logged.success_rate, logged.latency_ms), (told.success_rate, told.latency_ms));
    }

    #[test]
    fn a_line_without_figures_has_none() {
        assert!(Figures::of_line("INFO traffic begins", Timestamp::UNIX_EPOCH).is_none());
        assert!(Figures::of_line("stats visits_total=many", Timestamp::UNIX_EPOCH).is_none());
        let empty = pairs().replace("0.99", "null").replace("\"120/1000\"", "null");
        let figures = Figures::of_line(&empty, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((figures.success_rate, figures.cap), (None, None));
    }
}
