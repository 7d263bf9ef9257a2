//! `loadgen capacity`: how many visits a day the target bears.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use report::{Findings, Judgement, SearchState, Step, Trying};

use super::{environment, internal, parse, print, refuse};
use crate::capacity::search::{Next, Search};
use crate::capacity::trial::Bench;
use crate::capacity::{self, Times};
use crate::cli::{CapacityArgs, EXIT_NO};
use crate::clock::Clock;
use crate::{content, log, run};

/// What holds for a search unless it was given: arrivals without chance, whose bursts would break a rate that the target
/// bears; and a log that leaves the table alone.
const QUIETER: [(&str, &str); 2] = [("ARRIVALS", "even"), ("LOG_LEVEL", "WARNING")];

/// Searches, shows each step, and says what was found.
pub fn find(args: &CapacityArgs, clock: Clock) -> ExitCode {
    let mut variables = environment(&args.settings);
    for (name, value) in QUIETER {
        let slot = variables.entry(name.to_owned()).or_default();
        if slot.is_empty() {
            value.clone_into(slot);
        }
    }
    let settings = match parse(&variables, clock) {
        Ok(parsed) => parsed.settings,
        Err(lines) => return refuse(&lines),
    };
    if args.least > args.most {
        return refuse(&[format!("--least {} is above --most {}: swap them", args.least, args.most)]);
    }
    log::start(&settings.process);
    let settings = match capacity::prepared(settings) {
        Ok(settings) => settings,
        Err(lines) => return refuse(&lines),
    };
    let content = match content::load(&settings) {
        Ok(content) => Arc::new(content),
        Err(lines) => return refuse(&lines),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return internal(&error.into()),
    };
    let searched = runtime.block_on(async {
        let stop = run::stop_on_signals()?;
        let seed = settings.seed.unwrap_or_else(run::draw_seed);
        search(args, &Bench { settings, content, clock, seed, stop }).await
    });
    match searched {
        Ok(findings) => conclude(args, &findings),
        Err(error) => refuse(&[format!("{error:#}")]),
    }
}

async fn search(args: &CapacityArgs, bench: &Bench) -> anyhow::Result<Findings> {
    let seconds = Duration::from_secs_f64;
    let times = Times {
        warm_up: seconds(args.warm_up),
        measure: seconds(args.step_time),
        confirm: seconds(args.confirm),
    };
    let from = args.from.unwrap_or(bench.settings.arrivals.visits_per_day);
    let mut search = Search::new(from, args.least, args.most, args.step, 1.0 + args.precision / 100.0);
    let thresholds = bench.settings.judgement.thresholds.iter().map(ToString::to_string).collect();
    let mut findings = Findings::begin(bench.clock.now(), thresholds);
    show(args, HEAD);
    let state = loop {
        let (rate, measure, confirmation) = match search.next() {
            Next::Try(rate) => (rate, times.measure, false),
            Next::Confirm(rate) => (rate, times.confirm, true),
            Next::Nothing => break SearchState::Done,
        };
        findings.too_much = search.too_much();
        findings.trying = Some(Trying {
            visits_per_day: rate,
            confirmation,
            began_at: bench.clock.now(),
            seconds: (times.warm_up + measure).as_secs_f64(),
        });
        keep(args, &findings)?;
        let number = findings.steps.len() as u64;
        let Some(step) = bench.trial(number, rate, times.warm_up, measure).await? else {
            break SearchState::Stopped;
        };
        let step = Step { confirmation, ..step };
        show(args, &line(&step));
        findings.steps.push(step.clone());
        match (step.held, confirmation) {
            (true, true) => {
                findings.held = Some(step);
                break SearchState::Done;
            }
            (true, false) => search.held(rate),
            (false, _) => search.broke(rate),
        }
    };
    findings.too_much = search.too_much();
    findings.caution = caution(bench, &findings);
    findings.end(state, bench.clock.now());
    keep(args, &findings)?;
    Ok(findings)
}

/// Writes down what is known so far, for whoever watches: the file is always whole.
fn keep(args: &CapacityArgs, findings: &Findings) -> anyhow::Result<()> {
    let Some(path) = &args.json_file else { return Ok(()) };
    replace(path, &as_json(findings)).with_context(|| {
        format!("--json-file: cannot write {}; name a file in a folder that exists", path.display())
    })
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, path)
}

fn as_json(findings: &Findings) -> String {
    serde_json::to_string_pretty(findings).expect("findings have only string keys") + "\n"
}

/// What may have been the limit in the target's place.
fn caution(bench: &Bench, findings: &Findings) -> Option<String> {
    let concurrency = u64::from(bench.settings.transport.concurrency);
    let too_much = findings.too_much?;
    let broke = findings.steps.iter().rfind(|step| step.visits_per_day >= too_much && !step.held)?;
    let lowest = findings.steps.iter().filter(|step| step.held).map(|step| step.latency_ms[0]);
    let at_ease = lowest.fold(f64::INFINITY, f64::min);
    // A target at its limit answers later; one that answers as ever and has no more to do is kept from its limit.
    if broke.in_flight >= concurrency && broke.latency_ms[0] < 1.5 * at_ease {
        return Some(format!(
            "all {concurrency} requests of CONCURRENCY were in flight, and hits waited for one of them longer than for the \
             target: raise CONCURRENCY to see whether the target bears more"
        ));
    }
    (broke.in_flight < concurrency / 2 && broke.lag_p99_ms > 100.0).then(|| {
        "visits started late although few requests were in flight: this machine may be the limit, not the target; run the \
         load generator on one with free processors"
            .to_owned()
    })
}

const HEAD: &str = "     visits/day    hits/s  latency p50      p95      p99  response p95   lag p99  success  skipped  in flight";

fn line(step: &Step) -> String {
    let success =
        step.success_rate.map_or("-".to_owned(), |rate| format!("{:.2}%", (rate * 1e4).floor() / 100.0));
    let [p50, p95, p99] = step.latency_ms;
    let verdict = match (step.held, step.confirmation) {
        (true, true) => "confirmed".to_owned(),
        (true, false) => "held".to_owned(),
        (false, _) => format!("broke {}", broken(&step.judgements)),
    };
    format!(
        "{:>15.0} {:>9.1} {p50:>9.1} ms {p95:>8.1} {p99:>8.1} {:>13.1} {:>9.1} {success:>8} {:>8} {:>10}  {verdict}",
        step.visits_per_day,
        step.hits_per_second,
        step.response_p95_ms,
        step.lag_p99_ms,
        step.skipped,
        step.in_flight,
    )
}

fn broken(judgements: &[Judgement]) -> String {
    let broken = judgements.iter().filter(|judgement| judgement.held == Some(false));
    let names: Vec<_> = broken.map(|judgement| judgement.threshold.as_str()).collect();
    if names.is_empty() { "everything: no hit was answered".to_owned() } else { names.join(", ") }
}

/// Progress goes to standard error, so that standard output is the finding alone.
fn show(args: &CapacityArgs, text: &str) {
    if !args.quiet {
        eprintln!("{text}");
    }
}

fn conclude(args: &CapacityArgs, findings: &Findings) -> ExitCode {
    let text = if args.json { as_json(findings) } else { in_words(findings) };
    print(text.as_bytes());
    if findings.held.is_some() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) }
}

fn in_words(findings: &Findings) -> String {
    let mut text = format!("{}\n", findings.verdict);
    if let Some(caution) = &findings.caution {
        writeln!(text, "Caution: {caution}.").expect("writing to a string does not fail");
    }
    text
}
