//! A run as one page that can be kept, sent and printed: figures, graphs, settings, faults and the proof. It needs no
//! script and nothing from elsewhere, and whatever a setting or an answer says is text in it.

mod chart;

use std::collections::BTreeSet;

use chart::{Chart, Line};
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use report::text::{duration, grouped, milliseconds, percent};
use report::{Judgement, Piece, RunReport, Series};

use crate::compare::TABLES;
use crate::render::{cause, name, span};
use crate::{Proof, RunRecord, render};

/// Lines of a proof that are shown; all are in its JSON.
const MOST_LINES: usize = 200;

/// What a page tells of.
pub struct Document<'a> {
    /// The run.
    pub record: &'a RunRecord,
    /// What happened when, where that is known.
    pub series: Option<&'a Series>,
    /// What its target's reports said, if they were asked.
    pub proof: Option<&'a Proof>,
    /// What somebody has noted.
    pub note: &'a str,
}

/// The page.
pub fn html(document: &Document<'_>) -> String {
    let Document { record, series, proof, note } = document;
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Run " (record.id) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    (head(record))
                    @if !note.is_empty() { p .card { (note) } }
                    @if let Some(report) = &record.report {
                        (tiles(report))
                        (judgements(&report.judgements))
                    }
                    @if let Some(series) = series { (graphs(series)) }
                    @if let Some(report) = &record.report { (faults(report)) }
                    (proved(*proof))
                    (settings(record))
                }
            }
        }
    };
    page.into_string()
}

fn head(record: &RunRecord) -> Markup {
    let ended = match record.ended_at {
        Some(at) => format!("ended {}", moment(at)),
        None => format!("not ended as of {}", moment(record.written_at)),
    };
    markup! {
        h1 { "Run " (record.id) }
        p .soft {
            (record.target) ", site " (record.site_id) " · began " (moment(record.started_at)) ", " (ended)
            " · seed " (record.seed) " · load generator " (record.version)
        }
    }
}

fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn tiles(report: &RunReport) -> Markup {
    let latency = &report.latency_ms;
    let tiles = [
        ("Visits", grouped(report.visits.completed)),
        ("Visits a day", grouped(report.visits.per_day_achieved.round() as u64)),
        ("Failed visits", grouped(report.visits.failed)),
        ("Skipped visits", grouped(report.visits.skipped)),
        ("Hits acknowledged", grouped(report.hits.acknowledged)),
        ("Success", report.hits.success_rate.map_or_else(|| "–".to_owned(), percent)),
        ("Latency p50", format!("{} ms", milliseconds(latency.p50))),
        ("Latency p95", format!("{} ms", milliseconds(latency.p95))),
        ("Latency p99", format!("{} ms", milliseconds(latency.p99))),
        ("Lag p99", format!("{} ms", milliseconds(report.lag_ms.p99))),
        ("Duration", duration(report.run.uptime_s)),
    ];
    markup! {
        dl .tiles { @for (name, value) in tiles { div { dt { (name) } dd { (value) } } } }
    }
}

fn judgements(judgements: &[Judgement]) -> Markup {
    let verdict = |judgement: &Judgement| match judgement.held {
        Some(true) => ("held", "good"),
        Some(false) => ("broken", "bad"),
        None => ("nothing to observe", "soft"),
    };
    markup! {
        @if !judgements.is_empty() {
            h2 { "Thresholds" }
            table {
                tr { th { "Threshold" } th .number { "Observed" } th { "Verdict" } }
                @for judgement in judgements {
                    tr {
                        td { code { (judgement.threshold) } }
                        td .number { (observed(judgement)) }
                        td .(verdict(judgement).1) { (verdict(judgement).0) }
                    }
                }
            }
        }
    }
}

fn observed(judgement: &Judgement) -> String {
    let Some(value) = judgement.observed else { return "–".to_owned() };
    let is_share = ["success", "skipped"].iter().any(|name| judgement.threshold.starts_with(name));
    if is_share { percent(value) } else { format!("{} ms", milliseconds(value)) }
}

/// A line that shows a figure of each piece.
fn line(pieces: &[Piece], label: &str, value: impl Fn(&Piece) -> Option<f64>) -> Line {
    Line { label: label.to_owned(), values: pieces.iter().map(value).collect() }
}

fn graphs(series: &Series) -> Markup {
    let pieces = &series.pieces;
    let at_s: Vec<f64> = pieces.iter().map(|piece| piece.at_s as f64).collect();
    let rate = |count: u64, piece: &Piece| (piece.seconds > 0.0).then(|| count as f64 / piece.seconds);
    let probes: BTreeSet<&String> = pieces.iter().flat_map(|piece| piece.probes.keys()).collect();
    let milliseconds_of = |value: f64| format!("{} ms", round(value));
    let chart = |title: &'static str, show: fn(f64) -> String, gap_s: f64, lines: Vec<Line>| {
        Chart { title, at_s: &at_s, gap_s, lines, show }.draw()
    };
    let gap_s = series.piece_s as f64 * 3.0;
    let drawn = [
        chart(
            "Hits and visits a second",
            round,
            gap_s,
            vec![
                line(pieces, "Hits acknowledged", |piece| rate(piece.acknowledged, piece)),
                line(pieces, "Visits started", |piece| rate(piece.visits, piece)),
            ],
        ),
        chart(
            "Latency",
            milliseconds_of,
            gap_s,
            vec![
                line(pieces, "p50", |piece| piece.latency.quantile_ms(0.5)),
                line(pieces, "p95", |piece| piece.latency.quantile_ms(0.95)),
                line(pieces, "p99", |piece| piece.latency.quantile_ms(0.99)),
            ],
        ),
        chart(
            "Hits that were not acknowledged",
            percent_of,
            gap_s,
            vec![line(pieces, "of those settled", |piece| {
                let settled = piece.settled();
                (settled > 0).then(|| (settled - piece.acknowledged) as f64 / settled as f64 * 100.0)
            })],
        ),
        chart(
            "How late visits started, p99",
            milliseconds_of,
            gap_s,
            vec![line(pieces, "lag", |piece| piece.lag.quantile_ms(0.99))],
        ),
        chart(
            "Requests in flight",
            round,
            gap_s,
            vec![line(pieces, "at the most", |piece| Some(piece.in_flight as f64))],
        ),
        // Probes are far apart.
        chart(
            "The target's reports",
            milliseconds_of,
            f64::INFINITY,
            (probes.iter())
                .map(|&probe| {
                    line(pieces, probe, |piece| piece.probes.get(probe).and_then(report::ProbePiece::mean_ms))
                })
                .collect(),
        ),
    ];
    markup! {
        @if drawn.iter().any(Option::is_some) {
            h2 { "Over time" }
            div .graphs { @for graph in drawn.into_iter().flatten() { (graph) } }
            (table_of(series))
        }
    }
}

/// Rows of the table at the most: it is for reading, the JSON for computing.
const MOST_ROWS: usize = 60;

/// The graphs' figures as a table.
fn table_of(series: &Series) -> Markup {
    let together = series.pieces.len().div_ceil(MOST_ROWS).max(1);
    let rows = series.pieces.chunks(together).map(|pieces| {
        let mut sum = Piece { at_s: pieces[0].at_s, ..Piece::default() };
        for piece in pieces {
            sum.merge(piece);
        }
        sum
    });
    let ms = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), milliseconds);
    markup! {
        details {
            summary { "The same as a table" }
            div .scroll { table {
                tr {
                    @for head in ["From", "Visits", "Hits", "Not acknowledged", "p50 ms", "p95 ms", "p99 ms", "Lag p99 ms"] {
                        th .number { (head) }
                    }
                }
                @for piece in rows {
                    tr {
                        td .number { (duration(piece.at_s as f64)) }
                        td .number { (grouped(piece.visits)) }
                        td .number { (grouped(piece.acknowledged)) }
                        td .number { (grouped(piece.settled() - piece.acknowledged)) }
                        @for share in [0.5, 0.95, 0.99] { td .number { (ms(piece.latency.quantile_ms(share))) } }
                        td .number { (ms(piece.lag.quantile_ms(0.99))) }
                    }
                }
            } }
        }
    }
}

fn round(value: f64) -> String {
    match value {
        value if value.fract().abs() < 1e-9 => grouped(value as u64),
        value if value < 10.0 => format!("{value:.2}").trim_end_matches('0').to_owned(),
        value => format!("{value:.0}"),
    }
}

fn percent_of(value: f64) -> String {
    format!("{}%", round(value))
}

fn faults(report: &RunReport) -> Markup {
    markup! {
        @if !report.faults.is_empty() {
            h2 { "What went wrong" }
            table {
                tr { th { "What" } th .number { "How often" } }
                @for fault in &report.faults {
                    tr { td { (fault.message) } td .number { (grouped(fault.count)) } }
                }
            }
        }
    }
}

fn proved(proof: Option<&Proof>) -> Markup {
    let Some(proof) = proof else {
        return markup! {
            h2 { "Proof" }
            p .soft { "The target's reports were not asked what they recorded of this run." }
        };
    };
    let differing: Vec<_> = proof.lines.iter().filter(|line| line.difference != 0).collect();
    markup! {
        h2 { "Proof" }
        p .verdict .(if proof.proved { "good" } else { "bad" }) { (render::capital(&proof.verdict)) }
        p .soft { "As the reports were at " (moment(proof.made_at)) }
        div .scroll { table {
            tr {
                th { "Report" }
                @for head in ["Figures", "Exact", "Possible", "Explained", "Unexplained"] { th .number { (head) } }
            }
            @for table in TABLES { @if let Some(totals) = proof.tables.get(&table) {
                tr {
                    td { (name(table)) }
                    @for count in [totals.lines, totals.exact, totals.possible, totals.explained, totals.unexplained] {
                        td .number { (grouped(count)) }
                    }
                }
            } }
        } }
        @if !proof.missing.is_empty() {
            h3 { "Missing" }
            ul { @for missing in &proof.missing { li { (render::spell(missing)) } } }
        }
        @if !differing.is_empty() {
            details open[!proof.proved] {
                summary { (differing.len()) " figures differ" }
                div .scroll { table {
                    tr { @for head in ["Day", "Report", "Row", "Figure", "Expected", "Recorded", "Unexplained", "Explained by"] {
                        th { (head) }
                    } }
                    @for line in differing.iter().take(MOST_LINES) {
                        tr {
                            td { (line.day) } td { (name(line.table)) } td { (line.label) } td { (name(line.figure)) }
                            td .number { (span(line.figure, line.expected)) }
                            td .number { (render::amount(line.figure, line.recorded - line.before)) }
                            td .number { (render::amount(line.figure, line.unexplained)) }
                            td { (line.explained.iter().map(|explained| cause(explained.cause)).collect::<Vec<_>>().join("; ")) }
                        }
                    }
                } }
            }
        }
        @if !proof.notes.is_empty() { ul { @for note in &proof.notes { li .soft { (note) } } } }
    }
}

fn settings(record: &RunRecord) -> Markup {
    let given = record.settings.iter().filter(|(_, value)| !value.is_empty());
    markup! {
        h2 { "Settings that were given" }
        table { @for (name, value) in given { tr { td { code { (name) } } td { code { (value) } } } } }
        p .soft {
            "Days are those of " (record.time_zone) ". All else is as documented for version " (record.version)
            "; with seed " (record.seed) " and these settings the same visits come again."
        }
    }
}
