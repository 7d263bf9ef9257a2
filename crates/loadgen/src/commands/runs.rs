//! `loadgen runs`, `report` and `compare`: what is known of runs that were made.

use std::fmt::Write as _;
use std::process::ExitCode;

use proof::{Document, FolderError, RunFolder, RunRecord, Runs};
use report::text::{grouped, milliseconds, percent};
use report::{Comparison, RunBrief, Series, Side};
use serde::Serialize;

use super::{internal, print, refuse};
use crate::cli::{CompareArgs, ProofFormat, ReportArgs, ReportFormat, RunsArgs};

pub(super) fn list(args: &RunsArgs) -> ExitCode {
    let all = match Runs::of_state_dir(&args.state_dir).all() {
        Ok(all) => all,
        Err(error) => return refuse(&[format!("--state-dir: {error}")]),
    };
    let mut text = String::new();
    for (id, folder) in all.iter().rev() {
        match folder.record() {
            Ok(record) => text.push_str(&line(&record)),
            Err(error) => writeln!(text, "{id}  {error}").expect("writing to a string does not fail"),
        }
    }
    if text.is_empty() {
        text = format!("There is no run in {}: is STATE_DIR that of the runs?\n", args.state_dir.display());
    }
    print(text.as_bytes())
}

fn line(record: &RunRecord) -> String {
    let began = record.started_at.strftime("%Y-%m-%d %H:%M:%S");
    let state = if record.ended_at.is_some() { "ended" } else { "not ended" };
    let figures = record.report.as_ref().map_or_else(String::new, |report| {
        format!(
            "{:>12} visits  {:>12} hits  {:>8} success  {:>8} ms p95",
            grouped(report.visits.completed),
            grouped(report.hits.acknowledged),
            report.hits.success_rate.map_or_else(|| "-".to_owned(), percent),
            milliseconds(report.latency_ms.p95)
        )
    });
    format!("{:<16} {began}  {state:<9} {figures}  {} site {}\n", record.id, record.target, record.site_id)
}

pub(super) fn report(args: &ReportArgs) -> ExitCode {
    let runs = Runs::of_state_dir(&args.runs.state_dir);
    let text = runs.open(&args.run).and_then(|folder| written(&folder, args.format));
    match (text, &args.out) {
        (Err(error), _) => refuse(&[format!("--run: {error}")]),
        (Ok(text), None) => print(text.as_bytes()),
        (Ok(text), Some(path)) => match std::fs::write(path, text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refuse(&[format!(
                "--out: cannot write {}: {error}; name a file in a folder that exists",
                path.display()
            )]),
        },
    }
}

fn written(folder: &RunFolder, format: ReportFormat) -> Result<String, FolderError> {
    let (record, series, proof) = (folder.record()?, folder.series()?, folder.proof()?);
    Ok(match format {
        ReportFormat::Html => proof::html(&Document {
            record: &record,
            series: series.as_ref(),
            proof: proof.as_ref(),
            note: "",
        }),
        ReportFormat::Json => {
            json(&serde_json::json!({ "record": record, "series": series, "proof": proof }))
        }
    })
}

pub(super) fn compare(args: &CompareArgs) -> ExitCode {
    let runs = Runs::of_state_dir(&args.runs.state_dir);
    let read = |flag: &str, id: &str| {
        runs.open(id).and_then(|folder| Ran::read(&folder)).map_err(|error| format!("{flag}: {error}"))
    };
    let (a, b) = match (read("--a", &args.a), read("--b", &args.b)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => return refuse(&[a.err(), b.err()].into_iter().flatten().collect::<Vec<_>>()),
    };
    let comparison = report::compare(a.side(), b.side());
    print(shown(&comparison, args.format).as_bytes())
}

/// What a comparison needs of a run.
struct Ran {
    record: RunRecord,
    brief: RunBrief,
    series: Series,
}

impl Ran {
    fn read(folder: &RunFolder) -> Result<Self, FolderError> {
        let record = folder.record()?;
        Ok(Self { brief: record.brief(), series: folder.series()?.unwrap_or_default(), record })
    }

    fn side(&self) -> Side<'_> {
        Side {
            brief: &self.brief,
            settings: &self.record.settings,
            series: &self.series,
            ended: self.record.ended_at.is_some(),
        }
    }
}

fn shown(comparison: &Comparison, format: ProofFormat) -> String {
    match format {
        ProofFormat::Text => report::comparison_text(comparison),
        ProofFormat::Markdown => report::comparison_markdown(comparison),
        ProofFormat::Json => json(comparison),
    }
}

fn json(value: &impl Serialize) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(text) => text + "\n",
        Err(error) => {
            internal(&error.into());
            String::new()
        }
    }
}
