//! What a run is held to: figures of its report and their limits, such as `p95<500ms`.

use std::fmt;

/// A limit that a figure of the run's report must keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What is looked at.
    pub figure: Figure,
    /// How it must compare.
    pub relation: Relation,
    /// With what: milliseconds for times, a fraction for shares.
    pub limit: f64,
    /// As it was written.
    text: String,
}

/// A figure of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// From a request's first byte to its answer.
    Latency(Statistic),
    /// From the moment a request was due to its answer.
    Response(Statistic),
    /// From a visit's scheduled start to its first byte.
    Lag(Statistic),
    /// Hits acknowledged, of those whose outcome is known.
    Success,
    /// Visits that could not start in time, of all that were to start.
    Skipped,
}

/// Which value of many durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// 90 of 100 are at most this.
    P90,
    /// 95 of 100 are at most this.
    P95,
    /// 99 of 100 are at most this.
    P99,
    /// 999 of 1,000 are at most this.
    P999,
    /// The longest.
    Max,
}

/// How a figure must compare with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

const STATISTICS: [(&str, Statistic); 7] = [
    ("mean", Statistic::Mean),
    ("p50", Statistic::P50),
    ("p90", Statistic::P90),
    ("p95", Statistic::P95),
    ("p99", Statistic::P99),
    ("p999", Statistic::P999),
    ("max", Statistic::Max),
];

/// Longer signs before those that they begin with.
const RELATIONS: [(&str, Relation); 4] =
    [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Below), (">", Relation::Above)];

const REMEDY: &str = "write figure, sign and limit, such as p95<500ms, success>99.9% or lag_p99<=50ms";

impl Threshold {
    /// Reads one threshold.
    ///
    /// # Errors
    /// Why it is none, with what would be one; the text begins with a verb, as all messages about values do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (at, sign, relation) = RELATIONS
            .into_iter()
            .filter_map(|(sign, relation)| text.find(sign).map(|at| (at, sign, relation)))
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()))
            .ok_or_else(|| format!("has a part without a sign of <, <=, > or >=, {text:?}: {REMEDY}"))?;
        let name = text[..at].trim().to_ascii_lowercase();
        let figure = figure(&name)?;
        let limit = text[at + sign.len()..].trim();
        let limit = if figure.is_share() { share(limit) } else { milliseconds(limit) }
            .ok_or_else(|| format!("gives {name} the limit {limit:?}: give {}", figure.unit_in_words()))?;
        Ok(Self { figure, relation, limit, text: text.split_whitespace().collect() })
    }

    /// Whether this value keeps the limit.
    pub fn holds(&self, value: f64) -> bool {
        match self.relation {
            Relation::Below => value < self.limit,
            Relation::AtMost => value <= self.limit,
            Relation::Above => value > self.limit,
            Relation::AtLeast => value >= self.limit,
        }
    }
}

/// As it was written, without spaces.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Figure {
    /// A fraction of a whole, and not a time.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Success | Self::Skipped)
    }

    fn unit_in_words(self) -> &'static str {
        if self.is_share() {
            "a percentage from 0% to 100%"
        } else {
            "a time in ms or s, such as 500ms or 1.5s"
        }
    }
}

fn figure(name: &str) -> Result<Figure, String> {
    let statistic = |name: &str| STATISTICS.iter().find(|(word, _)| *word == name).map(|(_, found)| *found);
    let (times, which) = name.split_once('_').unwrap_or(("latency", name));
    let found = match (name, times) {
        ("success", _) => Some(Figure::Success),
        ("skipped", _) => Some(Figure::Skipped),
        (_, "latency") => statistic(which).map(Figure::Latency),
        (_, "response") => statistic(which).map(Figure::Response),
        (_, "lag") => statistic(which).map(Figure::Lag),
        _ => None,
    };
    found.ok_or_else(|| {
            let words: Vec<_> = STATISTICS.iter().map(|(word, _)| *word).collect();
            format!(
                "names {name:?}, which is no figure: the figures are {} (of the latency; response_p95 and lag_p99 are of the \
                 others), success and skipped",
                words.join(", ")
            )
    })
}

fn milliseconds(text: &str) -> Option<f64> {
    let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1000.0),
        (None, None) => return None,
    };
    number.trim().parse().ok().map(|number: f64| number * factor).filter(|ms| ms.is_finite() && *ms >= 0.0)
}

fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_signs_and_units_are_read() {
        let cases = [
            ("p95<500ms", Figure::Latency(Statistic::P95), Relation::Below, 500.0),
            (" latency_p50 <= 1.5 s ", Figure::Latency(Statistic::P50), Relation::AtMost, 1500.0),
            ("lag_p99<50ms", Figure::Lag(Statistic::P99), Relation::Below, 50.0),
            ("RESPONSE_MAX<2s", Figure::Response(Statistic::Max), Relation::Below, 2000.0),
            ("success>99.9%", Figure::Success, Relation::Above, 0.999),
            ("skipped<=0%", Figure::Skipped, Relation::AtMost, 0.0),
        ];
        for (text, figure, relation, limit) in cases {
            let read = Threshold::parse(text).unwrap();
            assert_eq!((read.figure, read.relation), (figure, relation), "{text}");
            assert!((read.limit - limit).abs() < 1e-12, "{text}");
        }
        assert_eq!(Threshold::parse(" p95 < 500 ms").unwrap().to_string(), "p95<500ms");
    }

    #[test]
    fn what_is_none_is_said_with_what_would_be_one() {
        for (text, why) in [
            ("", "without a sign"),
            ("p95", "without a sign"),
            ("p96<1s", "no figure"),
            ("p95<500", "in ms or s"),
            ("p95<-1ms", "in ms or s"),
            ("p95<NaNms", "in ms or s"),
            ("success>99.9", "percentage"),
            ("success>101%", "percentage"),
            ("p95=500ms", "without a sign"),
        ] {
            let message = Threshold::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn a_limit_itself_is_kept_only_where_the_sign_says_so() {
        let holds = |text: &str, value| Threshold::parse(text).unwrap().holds(value);
        assert!(!holds("p95<500ms", 500.0) && holds("p95<=500ms", 500.0));
        assert!(!holds("success>99%", 0.99) && holds("success>=99%", 0.99));
        assert!(holds("success>99%", 1.0) && !holds("p95<1s", f64::NAN));
    }
}
