//! Two runs side by side: what differs, how sure that is, and what it means in a sentence.
//!
//! Answers that follow each other are alike, so a count of requests says too little about chance. Rates and quantiles
//! are therefore judged by how the pieces of the runs' [`Series`] vary ([`resample`]), shares of rare events by their
//! counts as well ([`shares`]). A difference is called one only when its 95% interval does not hold 0.

mod resample;
mod shares;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Piece, Series};
use resample::Resampled;
use shares::Share;
pub use words::{Unit, comparison_markdown, comparison_text, spoken};

/// How sure an interval is to hold the true difference.
pub const CONFIDENCE: f64 = 0.95;

/// Fewer pieces say nothing about chance.
const LEAST_PIECES: usize = 8;

/// From so many pieces on, the first tenth is left out: connections open and visits begin to overlap in it.
const WARM_UP_FROM: usize = 20;

/// What is looked at of a run.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Which run it is.
    pub brief: &'a RunBrief,
    /// Its settings as given, secrets masked.
    pub settings: &'a BTreeMap<String, String>,
    /// The run over time.
    pub series: &'a Series,
    /// It came to its end.
    pub ended: bool,
}

/// A run, in brief.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunBrief {
    /// Its name.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Its seed.
    pub seed: u64,
    /// The load generator's version.
    pub version: String,
    /// The target's address.
    pub target: String,
    /// The site.
    pub site_id: u64,
    /// How long was compared, in seconds.
    pub seconds: f64,
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The run before.
    pub a: RunBrief,
    /// The run after.
    pub b: RunBrief,
    /// Both brought the same visits, as far as the settings are the same.
    pub same_seed: bool,
    /// Settings that are not the same.
    pub differing_settings: Vec<DifferingSetting>,
    /// What makes the comparison weaker than it looks.
    pub cautions: Vec<String>,
    /// How sure the intervals are: 0.95.
    pub confidence: f64,
    /// What was compared.
    pub figures: Vec<Difference>,
    /// What changed, in plain words.
    pub verdict: String,
}

/// A setting that is not the same in both runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DifferingSetting {
    /// Its name.
    pub name: String,
    /// What it was before; null when it was not given.
    pub a: Option<String>,
    /// What it was after.
    pub b: Option<String>,
}

/// A figure in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Which: `visits_per_day`, `hits_per_second`, `latency_p50_ms`, `latency_p95_ms`, `latency_p99_ms`, `lag_p99_ms`,
    /// `error_rate`, `skipped_share`, or `probe_NAME_ms`.
    pub figure: String,
    /// Before; null when nothing was measured.
    pub a: Option<f64>,
    /// After.
    pub b: Option<f64>,
    /// `b - a`.
    pub difference: Option<f64>,
    /// The lower end of the difference's interval; null when there is too little to tell.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// `b / a - 1`; null when `a` is 0.
    pub relative: Option<f64>,
    /// What it means.
    pub change: Change,
}

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// `b` is better, and chance does not explain it.
    Better,
    /// `b` is worse, and chance does not explain it.
    Worse,
    /// Chance explains what there is.
    None,
    /// There is too little to tell.
    Unknown,
}

/// Computes a figure from the sum of pieces.
type Value = dyn Fn(&Piece) -> Option<f64>;

/// A figure that is computed from the sum of pieces.
struct Figure {
    name: String,
    /// Large is good.
    more_is_better: bool,
    /// Its value; `None` when the pieces have nothing of it.
    value: Box<Value>,
    /// What it is a share of, for shares.
    share: Option<fn(&Piece) -> Share>,
    /// Values are known to no better than this fraction of themselves.
    resolution: f64,
}

/// Compares; `a` is the run before, `b` the run after.
pub fn compare(a: Side<'_>, b: Side<'_>) -> Comparison {
    let (mine, theirs) = (steady(a.series), steady(b.series));
    let brief = |side: &Side<'_>, pieces: &[Piece]| RunBrief {
        seconds: pieces.iter().map(|piece| piece.seconds).sum(),
        ..side.brief.clone()
    };
    let seed = fnv(&a.brief.id, fnv(&b.brief.id, 0xcbf2_9ce4_8422_2325));
    let (before, after) = (Resampled::new(mine, seed), Resampled::new(theirs, seed.rotate_left(32) | 1));
    let probes: BTreeSet<&String> = mine.iter().chain(theirs).flat_map(|piece| piece.probes.keys()).collect();
    let figures: Vec<Difference> =
        catalogue(&probes).iter().map(|figure| difference(figure, &before, &after)).collect();
    let mut comparison = Comparison {
        a: brief(&a, mine),
        b: brief(&b, theirs),
        same_seed: a.brief.seed == b.brief.seed,
        differing_settings: differing(a.settings, b.settings),
        cautions: Vec::new(),
        confidence: CONFIDENCE,
        figures,
        verdict: String::new(),
    };
    comparison.cautions = words::cautions(&comparison, [(&a, mine.len()), (&b, theirs.len())]);
    comparison.verdict = words::verdict(&comparison);
    comparison
}

/// The pieces in which visits were started, without those at the edges that are not whole, and without the warm-up.
fn steady(series: &Series) -> &[Piece] {
    let pieces = &series.pieces;
    let starts = |piece: &Piece| piece.visits + piece.skipped > 0;
    let (Some(first), Some(last)) = (pieces.iter().position(starts), pieces.iter().rposition(starts)) else {
        return &[];
    };
    let producing = &pieces[first..=last];
    match producing.len() {
        count if count >= WARM_UP_FROM => &producing[count / 10..count - 1],
        count if count > LEAST_PIECES + 2 => &producing[1..count - 1],
        _ => producing,
    }
}

fn catalogue(probes: &BTreeSet<&String>) -> Vec<Figure> {
    let rate = |name: &str, per: f64, count: fn(&Piece) -> u64| Figure {
        name: name.to_owned(),
        more_is_better: true,
        value: Box::new(move |sum| (sum.seconds > 0.0).then(|| count(sum) as f64 * per / sum.seconds)),
        share: None,
        resolution: 0.0,
    };
    let quantile = |name: &str, share: f64, of: fn(&Piece) -> &crate::Buckets| Figure {
        name: name.to_owned(),
        more_is_better: false,
        value: Box::new(move |sum| of(sum).quantile_ms(share)),
        share: None,
        // Two digits: a step is at the most so wide.
        resolution: 0.01,
    };
    let share = |name: &str, of: fn(&Piece) -> Share| Figure {
        name: name.to_owned(),
        more_is_better: false,
        value: Box::new(move |sum| of(sum).value()),
        share: Some(of),
        resolution: 0.0,
    };
    let mut figures = vec![
        rate("visits_per_day", 86_400.0, |sum| sum.visits),
        rate("hits_per_second", 1.0, |sum| sum.acknowledged),
        quantile("latency_p50_ms", 0.5, |sum| &sum.latency),
        quantile("latency_p95_ms", 0.95, |sum| &sum.latency),
        quantile("latency_p99_ms", 0.99, |sum| &sum.latency),
        quantile("lag_p99_ms", 0.99, |sum| &sum.lag),
        share("error_rate", |sum| Share { part: sum.settled() - sum.acknowledged, of: sum.settled() }),
        share("skipped_share", |sum| Share { part: sum.skipped, of: sum.visits + sum.skipped }),
    ];
    figures.extend(probes.iter().map(|&name| {
        let probe = name.clone();
        Figure {
            name: format!("probe_{name}_ms"),
            more_is_better: false,
            value: Box::new(move |sum| sum.probes.get(&probe)?.mean_ms()),
            share: None,
            resolution: 0.0,
        }
    }));
    figures
}

fn difference(figure: &Figure, before: &Resampled<'_>, after: &Resampled<'_>) -> Difference {
    let (a, b) = ((figure.value)(before.sum()), (figure.value)(after.sum()));
    let both = a.zip(b);
    let enough = before.pieces() >= LEAST_PIECES && after.pieces() >= LEAST_PIECES;
    let interval = both.filter(|_| enough).and_then(|(a, b)| {
        let (low, high) = resample::interval(before, after, &*figure.value, b - a)?;
        // Two values that are known to some digits differ by no less than those digits.
        let blur = figure.resolution * (a.abs() + b.abs()) / 2.0;
        let (low, high) = (low - blur, high + blur);
        Some(match figure.share {
            None => (low, high),
            Some(share) => {
                let (least, most) = shares::interval(share(before.sum()), share(after.sum()));
                (low.min(least), high.max(most))
            }
        })
    });
    let change = match interval {
        None => Change::Unknown,
        Some((low, high)) if low <= 0.0 && high >= 0.0 => Change::None,
        Some((low, _)) if (low > 0.0) == figure.more_is_better => Change::Better,
        Some(_) => Change::Worse,
    };
    Difference {
        figure: figure.name.clone(),
        a,
        b,
        difference: both.map(|(a, b)| b - a),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        relative: both.filter(|(a, _)| *a != 0.0).map(|(a, b)| b / a - 1.0),
        change,
    }
}

/// Settings that have no part in what a run does to its target.
const INCIDENTAL: [&str; 8] = [
    "LOG_FORMAT",
    "LOG_LEVEL",
    "MATOMO_TOKEN_AUTH",
    "MATOMO_TOKEN_AUTH_FILE",
    "METRICS_PORT",
    "START_SIGNAL_FILE",
    "STATE_DIR",
    "STATS_INTERVAL",
];

fn differing(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<DifferingSetting> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    // An empty value is a setting that was not given.
    let given = |settings: &BTreeMap<String, String>, name: &String| {
        settings.get(name).filter(|value| !value.is_empty()).cloned()
    };
    names
        .into_iter()
        .filter(|name| !INCIDENTAL.contains(&name.as_str()))
        .map(|name| DifferingSetting { name: name.clone(), a: given(a, name), b: given(b, name) })
        .filter(|setting| setting.a != setting.b)
        .collect()
}

/// FNV-1a: the same comparison draws the same numbers, today and with a later compiler.
fn fnv(text: &str, hash: u64) -> u64 {
    text.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
