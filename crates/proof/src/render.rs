//! A proof as people read it: plain text for a terminal, Markdown for a ticket.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table as Grid, presets};
use ledger::{Figure, Span};

use crate::compare::{Cause, Line, Missing, TABLES, Verdict};
use crate::{Proof, Totals};

/// Lines that are shown; all are in the JSON.
const MOST_LINES: usize = 40;

/// Rows that are named for each kind of missing hit.
const MOST_ROWS: usize = 8;

/// For a terminal.
pub fn text(proof: &Proof) -> String {
    let mut text = format!("run {}, site {}: {}\n\n", proof.run, proof.site_id, proof.verdict);
    text.push_str(&grid(tables(proof), presets::NOTHING));
    if !proof.missing.is_empty() {
        text.push_str("\nmissing\n");
        push_lines(&mut text, "  ", proof.missing.iter().map(spell));
    }
    let differing = differing(proof);
    if !differing.is_empty() {
        text.push('\n');
        text.push_str(&grid(differing, presets::NOTHING));
        text.push_str(&more(proof));
    }
    push_lines(&mut text, "note: ", proof.notes.iter().cloned());
    text
}

/// For a ticket or a page.
pub fn markdown(proof: &Proof) -> String {
    let mut text =
        format!("# Run {}, site {}\n\n**{}**\n\n", proof.run, proof.site_id, capital(&proof.verdict));
    text.push_str(&grid(tables(proof), presets::ASCII_MARKDOWN));
    if !proof.missing.is_empty() {
        text.push_str("\n## Missing\n\n");
        push_lines(&mut text, "- ", proof.missing.iter().map(spell));
    }
    let differing = differing(proof);
    if !differing.is_empty() {
        text.push_str("\n## Differences\n\n");
        text.push_str(&grid(differing, presets::ASCII_MARKDOWN));
        text.push_str(&more(proof));
    }
    if !proof.notes.is_empty() {
        text.push_str("\n## Notes\n\n");
        push_lines(&mut text, "- ", proof.notes.iter().cloned());
    }
    text
}

fn push_lines(text: &mut String, mark: &str, lines: impl Iterator<Item = String>) {
    for line in lines {
        let _ = writeln!(text, "{mark}{line}");
    }
}

pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Rows of cells, the first of them the head.
type Rows = Vec<Vec<String>>;

fn grid(rows: Rows, preset: &str) -> String {
    let mut rows = rows.into_iter();
    let mut grid = Grid::new();
    grid.load_preset(preset);
    grid.set_header(rows.next().unwrap_or_default());
    grid.add_rows(rows);
    for column in grid.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = grid.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn tables(proof: &Proof) -> Rows {
    let head = ["report", "figures", "exact", "possible", "explained", "unexplained"];
    let row = |name: String, totals: &Totals| {
        let counts = [totals.lines, totals.exact, totals.possible, totals.explained, totals.unexplained];
        std::iter::once(name).chain(counts.map(|count| count.to_string())).collect::<Vec<String>>()
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for table in TABLES {
        if let Some(totals) = proof.tables.get(&table) {
            rows.push(row(name(table), totals));
        }
    }
    rows.push(row("all".to_owned(), &proof.totals));
    rows
}

fn differing(proof: &Proof) -> Rows {
    let lines: Vec<&Line> = proof.lines.iter().filter(|line| line.difference != 0).take(MOST_LINES).collect();
    if lines.is_empty() {
        return Rows::new();
    }
    let head =
        ["day, report, row", "figure", "expected", "recorded", "difference", "unexplained", "explained by"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(lines.into_iter().map(|line| {
        let amount = |units: i64| amount(line.figure, units);
        let causes: Vec<&str> = line.explained.iter().map(|explanation| cause(explanation.cause)).collect();
        vec![
            format!("{} {} {}", line.day, name(line.table), line.label),
            name(line.figure),
            span(line.figure, line.expected),
            amount(line.recorded - line.before),
            amount(line.difference),
            amount(line.unexplained),
            if causes.is_empty() { "-".to_owned() } else { causes.join("; ") },
        ]
    }));
    rows
}

fn more(proof: &Proof) -> String {
    let all = proof.lines.iter().filter(|line| line.difference != 0).count();
    match all.saturating_sub(MOST_LINES) {
        0 => String::new(),
        more => format!("\nand {more} more: --format json has them all\n"),
    }
}

pub(crate) fn spell(missing: &Missing) -> String {
    let at_least = if missing.at_least { "at least " } else { "" };
    let mut text = format!("{} {at_least}{} {}", missing.day, missing.count, missing.kind.replace('_', " "));
    let rows: Vec<String> = (missing.rows.iter().take(MOST_ROWS))
        .map(|(label, count)| if *count == 1 { label.clone() } else { format!("{label} ({count})") })
        .collect();
    if !rows.is_empty() {
        let more = missing.rows.len().saturating_sub(MOST_ROWS);
        let more = if more > 0 { format!(" and {more} more rows") } else { String::new() };
        let _ = write!(text, ": {}{more}", rows.join(", "));
    }
    text
}

pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Unknown => "hits without an answer or possibly twice",
        Cause::TableLimit => "the target keeps no more rows",
        Cause::OtherRun => "another run",
        Cause::SameVisitors => "the same visitors earlier",
        Cause::NoBaseline => "what was there before is not known",
        Cause::Unfinished => "the run did not end in order",
        Cause::ExcludedAddresses => "the site excludes addresses",
        Cause::IgnoredAgents => "the site ignores browsers",
        Cause::NoEcommerce => "ecommerce is switched off",
        Cause::NoSiteSearch => "site search is switched off",
        Cause::ExcludedReferrers => "the site leaves websites out of its referrers",
        Cause::Goals => "hits that met a goal",
        Cause::Rounding => "rounding in the target",
    }
}

/// The name as it is written in JSON, with spaces.
pub(crate) fn name(named: impl serde::Serialize) -> String {
    serde_json::to_value(named)
        .ok()
        .and_then(|name| name.as_str().map(|name| name.replace('_', " ")))
        .unwrap_or_default()
}

/// A figure in its own unit.
pub(crate) fn amount(figure: Figure, units: i64) -> String {
    match figure.scale() {
        1 => units.to_string(),
        scale => format!("{:.2}", units as f64 / scale as f64),
    }
}

pub(crate) fn span(figure: Figure, span: Span) -> String {
    if span.least == span.most {
        amount(figure, span.least)
    } else {
        format!("{} to {}", amount(figure, span.least), amount(figure, span.most))
    }
}

/// Kept beside the others: how a line's verdict is called.
impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&name(self))
    }
}
