//! The report against its law and its shape: what other programs read must not drift.

use jiff::{Timestamp, civil::date};
use proptest::prelude::*;
use report::{
    Backfill, Cap, HitKind, Mode, Outcome, Probe, ProcessUse, RunContext, RunInfo, RunReport, RunState,
    Tally, Transport, json_schema, live_line, prometheus, stats_line, summary_table,
};
use settings::Threshold;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn context() -> RunContext {
    RunContext {
        run: RunInfo {
            id: "6f1c0a".to_owned(),
            version: "0.1.0".to_owned(),
            mode: Mode::Live,
            transport: Transport::Single,
            seed: 42,
            shard: "0/1".to_owned(),
            started_at: at("2026-03-01T10:00:00Z"),
            now: at("2026-03-01T10:01:00Z"),
            ended_at: Some(at("2026-03-01T10:01:00Z")),
            uptime_s: 60.0,
            state: RunState::Ended,
        },
        target_visits_per_day: 1440.0,
        visits_planned: Some(2),
        producing_s: 60.0,
        in_flight: 0,
        cap: None,
        backfill: None,
        process: None,
    }
}

/// Two visits: one that went well, one of whose hits the target refused one and left one unanswered.
fn small_run() -> Tally {
    let mut tally = Tally::default();
    tally.visits.started = 2;
    tally.visits.completed = 1;
    tally.visits.failed = 1;
    let hits = [
        (HitKind::PageView, Outcome::Acknowledged),
        (HitKind::PageView, Outcome::Acknowledged),
        (HitKind::Search, Outcome::Acknowledged),
        (HitKind::Ping, Outcome::Acknowledged),
        (HitKind::PageView, Outcome::Acknowledged),
        (HitKind::Order, Outcome::Refused),
        (HitKind::Ping, Outcome::Unknown),
    ];
    for (place, (kind, outcome)) in hits.into_iter().enumerate() {
        tally.plan(kind);
        tally.settle(kind, outcome);
        tally.requests.sent += 1;
        if outcome != Outcome::Unknown {
            tally.requests.answered += 1;
            tally.latency.record_us(2_000 + 700 * place as u64);
            tally.response.record_us(2_100 + 700 * place as u64);
        }
    }
    tally.lag.record_us(150);
    tally.lag.record_us(90);
    tally.fault("no answer within 30 s: raise REQUEST_TIMEOUT or look at the target's load");
    tally
}

fn full_report() -> RunReport {
    let mut context = context();
    context.run.mode = Mode::Backfill;
    context.run.state = RunState::Running;
    context.run.ended_at = None;
    context.in_flight = 3;
    context.cap = Some(Cap { limit: 5000, used: 1200, resets_at: Some(at("2026-03-02T09:00:00Z")) });
    context.backfill = Some(Backfill {
        day: Some(date(2026, 1, 4)),
        days_done: 3,
        days: 30,
        visits_done: 6000,
        visits_planned: 60_000,
        estimated_end: Some(at("2026-03-01T11:30:00Z")),
        possible_duplicates: 12,
    });
    context.process = Some(ProcessUse { cpu_s: 1.5, resident_bytes: 9_000_000, open_files: 14 });
    let mut tally = small_run();
    tally.visits.skipped = 4;
    RunReport::build(&tally, context)
}

#[test]
fn the_json_of_a_small_run() {
    insta::assert_json_snapshot!(RunReport::build(&small_run(), context()));
}

#[test]
fn the_summary_of_a_small_run() {
    insta::assert_snapshot!(summary_table(&RunReport::build(&small_run(), context())));
}

#[test]
fn the_summary_of_a_backfill_with_a_cap() {
    insta::assert_snapshot!(summary_table(&full_report()));
}

#[test]
fn the_summary_of_a_run_that_sent_nothing() {
    insta::assert_snapshot!(summary_table(&RunReport::build(&Tally::default(), context())));
}

/// A run that is held to something, with reports that came and reports that did not.
fn judged_report() -> RunReport {
    let mut report = full_report();
    let thresholds = ["p95<500ms", "success>99.9%", "lag_p99<=50ms", "skipped<=0%"];
    report.judgements = report.judge(&thresholds.map(|text| Threshold::parse(text).expect("a threshold")));
    let mut pages = Probe::new("pages");
    pages.answered(310_000);
    pages.answered(420_000);
    let mut segment = Probe::new("segment");
    segment.failed("Actions.getPageUrls: no answer from 127.0.0.1 within 120 s".to_owned());
    report.probes = vec![pages.report(), segment.report()];
    report
}

#[test]
fn the_summary_says_which_thresholds_held_and_how_fast_the_reports_were() {
    insta::assert_snapshot!(summary_table(&judged_report()));
}

#[test]
fn the_metrics_name_every_probe() {
    let page = prometheus(&judged_report(), &small_run());
    let of_probes: Vec<_> = page.lines().filter(|line| line.contains("report_probe")).collect();
    insta::assert_snapshot!(of_probes.join("\n"));
}

#[test]
fn a_threshold_is_neither_held_nor_broken_while_there_is_nothing_to_observe() {
    let report = RunReport::build(&Tally::default(), context());
    for judgement in report.judge(&["p99<1ms", "success>99%"].map(|text| Threshold::parse(text).unwrap())) {
        assert_eq!((judgement.observed, judgement.held), (None, None), "{}", judgement.threshold);
    }
}

#[test]
fn the_metrics_of_a_small_run() {
    let tally = small_run();
    insta::assert_snapshot!(prometheus(&RunReport::build(&tally, context()), &tally));
}

#[test]
fn the_stats_line_names_what_operators_look_for() {
    let line: Vec<String> =
        stats_line(&full_report()).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(line.join("\n"));
}

#[test]
fn the_live_line_takes_its_rates_from_the_report_before() {
    let before = RunReport::build(&Tally::default(), context());
    let mut later = context();
    later.run.uptime_s = 62.0;
    later.run.state = RunState::Running;
    later.visits_planned = None;
    insta::assert_snapshot!(live_line(&RunReport::build(&small_run(), later), Some(&before)));
    insta::assert_snapshot!(live_line(&full_report(), None));
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = full_report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<RunReport>(&text).unwrap(), report);
}

#[test]
fn the_schema_names_every_field_of_the_report() {
    let schema = json_schema();
    let written = serde_json::to_value(full_report()).unwrap();
    let described = schema["properties"].as_object().unwrap();
    let fields = written.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), described.keys().collect::<Vec<_>>());
}

/// One thing that happens to a hit, in the hands of one of four workers.
#[derive(Debug, Clone, Copy)]
enum Step {
    Plan(usize, HitKind),
    Settle(usize, Outcome),
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(HitKind::ALL.to_vec());
    let outcome = prop::sample::select(vec![
        Outcome::Acknowledged,
        Outcome::Refused,
        Outcome::Failed,
        Outcome::Unknown,
    ]);
    prop_oneof![
        (0..4usize, kind).prop_map(|(worker, kind)| Step::Plan(worker, kind)),
        (0..4usize, outcome).prop_map(|(worker, outcome)| Step::Settle(worker, outcome)),
    ]
}

proptest! {
    /// Whatever happens, in whatever order, whoever counts it: each planned hit is counted once, at every moment.
    #[test]
    fn no_hit_is_lost_or_counted_twice(steps in prop::collection::vec(any_step(), 0..200)) {
        let mut workers = vec![Tally::default(); 4];
        let mut waiting: Vec<HitKind> = Vec::new();
        let mut planned = 0u64;
        for step in steps {
            match step {
                Step::Plan(worker, kind) => {
                    workers[worker].plan(kind);
                    waiting.push(kind);
                    planned += 1;
                }
                Step::Settle(worker, outcome) => {
                    if let Some(kind) = waiting.pop() {
                        workers[worker].settle(kind, outcome);
                    }
                }
            }
            let settled: u64 = workers.iter().map(|worker| worker.hits().settled()).sum();
            prop_assert_eq!(planned, settled + waiting.len() as u64);
        }
        let mut merged = Tally::default();
        for worker in &workers {
            merged.merge(worker);
        }
        let report = RunReport::build(&merged, context());
        prop_assert!(report.conserved());
        prop_assert_eq!(report.hits.planned, planned);
        prop_assert_eq!(report.hits.not_yet_sent, waiting.len() as u64);
    }

    /// A ledger that counts an outcome twice is found out.
    #[test]
    fn an_outcome_counted_twice_breaks_the_law(hits in 1..50u64) {
        let mut tally = Tally::default();
        for _ in 0..hits {
            tally.plan(HitKind::PageView);
            tally.settle(HitKind::PageView, Outcome::Acknowledged);
        }
        prop_assert!(RunReport::build(&tally, context()).conserved());
        tally.settle(HitKind::PageView, Outcome::Unknown);
        prop_assert!(!RunReport::build(&tally, context()).conserved());
    }
}
