//! A comparison in plain words.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use super::{Change, Comparison, Difference, LEAST_PIECES, Side};
use crate::text::duration;

/// What makes the comparison weaker than it looks; each side comes with the number of its pieces.
pub(super) fn cautions(comparison: &Comparison, sides: [(&Side<'_>, usize); 2]) -> Vec<String> {
    let (a, b) = (&comparison.a, &comparison.b);
    let mut cautions = Vec::new();
    if !comparison.same_seed {
        cautions.push(
            "the seeds are not the same: the runs brought different visits; give both the same SEED"
                .to_owned(),
        );
    }
    if (&a.target, a.site_id) != (&b.target, b.site_id) {
        cautions.push("the runs were against different targets or sites".to_owned());
    }
    if a.version != b.version {
        cautions.push(format!("the load generators were of versions {} and {}", a.version, b.version));
    }
    for (side, pieces) in sides {
        let id = &side.brief.id;
        if !side.ended {
            cautions.push(format!("{id} goes on or was killed: what is compared is what is known of it"));
        }
        if pieces < LEAST_PIECES {
            cautions.push(format!(
                "{id} is too short to tell its chances: {pieces} pieces of time, and {LEAST_PIECES} are needed"
            ));
        }
    }
    if !comparison.differing_settings.is_empty() {
        let names: Vec<_> =
            comparison.differing_settings.iter().map(|setting| setting.name.as_str()).collect();
        cautions.push(format!("not the target alone may have changed: {} differ", names.join(", ")));
    }
    cautions
}

/// What changed, or that nothing did.
pub(super) fn verdict(comparison: &Comparison) -> String {
    let changed = |change| comparison.figures.iter().filter(move |figure| figure.change == change);
    let tell = |change| changed(change).map(clause).collect::<Vec<_>>();
    let (worse, better) = (tell(Change::Worse), tell(Change::Better));
    let judged = comparison.figures.iter().any(|figure| figure.change != Change::Unknown);
    if !judged {
        return "There is too little of one of the runs to tell a difference from chance.".to_owned();
    }
    if worse.is_empty() && better.is_empty() {
        return "Nothing changed that chance does not explain.".to_owned();
    }
    let mut sentences = Vec::new();
    if !worse.is_empty() {
        sentences.push(format!("Worse: {}.", worse.join("; ")));
    }
    if !better.is_empty() {
        sentences.push(format!("Better: {}.", better.join("; ")));
    }
    if changed(Change::None).next().is_some() {
        sentences.push("Chance explains the rest.".to_owned());
    }
    sentences.join(" ")
}

/// `latency p95 rose from 12.1 to 48.3 ms (+299%, between +33.1 and +39.2 ms)`.
fn clause(figure: &Difference) -> String {
    let (name, unit) = spoken(&figure.figure);
    let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| unit.show(value));
    let went = if figure.difference.is_some_and(|difference| difference < 0.0) { "fell" } else { "rose" };
    let relative =
        figure.relative.map_or_else(String::new, |relative| format!("{:+.0}%, ", relative * 100.0));
    format!(
        "{name} {went} from {} to {}{} ({relative}between {} and {}{})",
        show(figure.a),
        show(figure.b),
        unit.name(),
        signed(figure.low, unit),
        signed(figure.high, unit),
        unit.name()
    )
}

fn signed(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "-".to_owned() };
    format!("{}{}", if value < 0.0 { "-" } else { "+" }, unit.show(value.abs()))
}

/// A comparison for a terminal.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut text = format!(
        "{} ({}) and {} ({})\n{}\n\n",
        comparison.a.id,
        duration(comparison.a.seconds),
        comparison.b.id,
        duration(comparison.b.seconds),
        comparison.verdict
    );
    text.push_str(&table(comparison, presets::NOTHING));
    for caution in &comparison.cautions {
        let _ = writeln!(text, "note: {caution}");
    }
    text
}

/// A comparison for a ticket or a page.
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let mut text =
        format!("# Runs {} and {}\n\n**{}**\n\n", comparison.a.id, comparison.b.id, comparison.verdict);
    text.push_str(&table(comparison, presets::ASCII_MARKDOWN));
    for (at, caution) in comparison.cautions.iter().enumerate() {
        let _ = writeln!(text, "{}- {caution}", if at == 0 { "\n" } else { "" });
    }
    text
}

fn table(comparison: &Comparison, preset: &str) -> String {
    let mut table = Table::new();
    table.load_preset(preset);
    table.set_header(["figure", "a", "b", "difference", "95% interval", "change"]);
    for figure in &comparison.figures {
        let (name, unit) = spoken(&figure.figure);
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| unit.show(value));
        let interval = match (figure.low, figure.high) {
            (Some(_), Some(_)) => format!("{} to {}", signed(figure.low, unit), signed(figure.high, unit)),
            _ => "-".to_owned(),
        };
        let change = match figure.change {
            Change::Better => "better",
            Change::Worse => "worse",
            Change::None => "none",
            Change::Unknown => "unknown",
        };
        let unit_name = unit.name().trim_start();
        let name = if unit_name.is_empty() { name } else { format!("{name}, {unit_name}") };
        table.add_row([
            name,
            show(figure.a),
            show(figure.b),
            signed(figure.difference, unit),
            interval,
            change.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Visits a day.
    VisitsPerDay,
    /// Hits a second.
    HitsPerSecond,
    /// A fraction, shown in percent.
    Share,
}

impl Unit {
    /// A value, without the unit's name.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Share => format!("{:.2}%", value * 100.0),
            Self::VisitsPerDay => format!("{value:.0}"),
            Self::Milliseconds | Self::HitsPerSecond if value.abs() >= 100.0 => format!("{value:.0}"),
            Self::Milliseconds | Self::HitsPerSecond => format!("{value:.1}"),
        }
    }

    /// Its name, behind a value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => " ms",
            Self::VisitsPerDay => " a day",
            Self::HitsPerSecond => " a second",
            Self::Share => "",
        }
    }
}

/// A figure's name as it is spoken, and its unit.
pub fn spoken(figure: &str) -> (String, Unit) {
    match figure {
        "visits_per_day" => ("visits".to_owned(), Unit::VisitsPerDay),
        "hits_per_second" => ("hits".to_owned(), Unit::HitsPerSecond),
        "error_rate" => ("errors".to_owned(), Unit::Share),
        "skipped_share" => ("skipped visits".to_owned(), Unit::Share),
        other => match other.strip_prefix("probe_").and_then(|rest| rest.strip_suffix("_ms")) {
            Some(probe) => (format!("reports ({probe})"), Unit::Milliseconds),
            None => (other.trim_end_matches("_ms").replace('_', " "), Unit::Milliseconds),
        },
    }
}
