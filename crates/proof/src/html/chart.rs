//! A graph over time as SVG, drawn here and not by a library: its colours must follow the reader's light or dark theme,
//! and its text must be text. There is no script in it.

use std::fmt::Write as _;

use maud::{Markup, html};
use report::text::duration;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 230.0;
/// Room for the numbers at the left and for the times below.
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = 10.0;

/// A line of a graph.
pub(super) struct Line {
    pub(super) label: String,
    /// A value for each moment; `None` where there is none, and the line is broken there.
    pub(super) values: Vec<Option<f64>>,
}

/// A graph. Its moments are in seconds from the run's start, ascending.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) at_s: &'a [f64],
    /// No two points farther apart than this are joined.
    pub(super) gap_s: f64,
    pub(super) lines: Vec<Line>,
    pub(super) show: fn(f64) -> String,
}

impl Chart<'_> {
    /// The graph, or nothing when no line has a value.
    pub(super) fn draw(&self) -> Option<Markup> {
        let values = || self.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
        values().next()?;
        let (first, last) = (*self.at_s.first()?, *self.at_s.last()?);
        let step = nice(values().fold(0.0, f64::max));
        let top = step * (values().fold(0.0, f64::max) / step).ceil().max(1.0);
        let x = |at: f64| LEFT + (at - first) / (last - first).max(1.0) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
        let rows: Vec<f64> = (0..=(top / step).round() as u32).map(|row| f64::from(row) * step).collect();
        let columns: Vec<f64> =
            (0..=4).map(|column| first + (last - first) * f64::from(column) / 4.0).collect();
        Some(html! {
            figure {
                figcaption { (self.title) }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(self.told()) {
                    @for &row in &rows {
                        line .grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(round(y(row))) y2=(round(y(row))) {}
                        text x=(LEFT - 8.0) y=(round(y(row) + 4.0)) text-anchor="end" { ((self.show)(row)) }
                    }
                    @for (index, &column) in columns.iter().enumerate() {
                        text x=(round(x(column))) y=(HEIGHT - 6.0)
                            text-anchor=(["start", "middle", "middle", "middle", "end"][index]) { (duration(column)) }
                    }
                    @for (index, line) in self.lines.iter().enumerate() {
                        path .series .(class(index)) d=(self.path(line, x, y)) {}
                    }
                }
                @if self.lines.len() > 1 {
                    div .legend {
                        @for (index, line) in self.lines.iter().enumerate() {
                            span {
                                svg viewBox="0 0 28 8" aria-hidden="true" { path .series .(class(index)) d="M0 4H28" {} }
                                (line.label)
                            }
                        }
                    }
                }
            }
        })
    }

    /// The graph for whoever does not see it.
    fn told(&self) -> String {
        let mut text = format!("{} over time", self.title);
        for line in &self.lines {
            let values: Vec<f64> = line.values.iter().flatten().copied().collect();
            let (Some(last), false) = (values.last(), values.is_empty()) else { continue };
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let _ = write!(
                text,
                "; {}: from {} to {}, {} at the end",
                line.label,
                (self.show)(least),
                (self.show)(most),
                (self.show)(*last)
            );
        }
        text
    }

    fn path(&self, line: &Line, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
        let mut path = String::new();
        let mut before: Option<f64> = None;
        for (&at, value) in self.at_s.iter().zip(&line.values) {
            let Some(value) = value else { continue };
            let pen = if before.is_some_and(|before| at - before <= self.gap_s) { 'L' } else { 'M' };
            let _ = write!(path, "{pen}{} {}", round(x(at)), round(y(*value)));
            if pen == 'M' {
                // A point without neighbours is to be seen as well.
                path.push_str("h0.01");
            }
            before = Some(at);
        }
        path
    }
}

fn class(index: usize) -> String {
    format!("line-{}", index % 4 + 1)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A step of 1, 2 or 5 times a power of ten, so that some four of them reach `most`.
fn nice(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf((most / 4.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| most / step <= 4.0)
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_a_few_round_steps() {
        for (most, step) in [(0.0, 1.0), (0.9, 0.5), (4.0, 1.0), (7.0, 2.0), (39.0, 10.0), (1200.0, 500.0)] {
            assert!((nice(most) - step).abs() < 1e-9, "{most}: {}", nice(most));
        }
    }

    #[test]
    fn a_line_is_broken_where_nothing_is_known() {
        let line =
            Line { label: "p95".to_owned(), values: vec![Some(1.0), Some(2.0), None, Some(1.0), Some(1.0)] };
        let chart = Chart {
            title: "Latency",
            at_s: &[0.0, 1.0, 2.0, 3.0, 90.0],
            gap_s: 1.5,
            lines: vec![line],
            show: |v| v.to_string(),
        };
        let drawn = chart.draw().unwrap().into_string();
        assert_eq!(drawn.matches("h0.01").count(), 3, "{drawn}");
        assert!(drawn.contains("from 1 to 2, 1 at the end"), "{drawn}");
    }

    #[test]
    fn without_a_value_there_is_no_graph() {
        let line = Line { label: "p95".to_owned(), values: vec![None] };
        let chart =
            Chart { title: "Latency", at_s: &[0.0], gap_s: 2.0, lines: vec![line], show: |v| v.to_string() };
        assert!(chart.draw().is_none());
    }
}
