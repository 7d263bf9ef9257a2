//! What is shown of a proof: the verdict, the counts, what is missing, and the lines that are not exact.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proof::{Line, Missing, Proof, Totals, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most lines that are shown.
const MOST_LINES: usize = 200;

/// A comparison of a run with the target's reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProofSummary {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// Nothing is left unexplained.
    pub proved: bool,
    /// What it comes to, in a sentence.
    pub verdict: String,
    /// How many figures were compared, and what each came to.
    pub totals: ProofTotals,
    /// The same by report.
    pub tables: Vec<ProofTable>,
    /// Hits that were acknowledged and are not in the reports.
    pub missing: Vec<ProofMissing>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Figures that are not exact, the unexplained first; two hundred at the most.
    pub lines: Vec<ProofLine>,
    /// How many more of those there are.
    pub lines_left_out: u64,
}

/// Figures by what they came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofTotals {
    /// All that were compared.
    pub lines: u64,
    /// Recorded is what was expected.
    pub exact: u64,
    /// Recorded is within what is possible.
    pub possible: u64,
    /// They differ, and that is explained.
    pub explained: u64,
    /// They differ, and nothing explains it.
    pub unexplained: u64,
}

/// Figures of one report by what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofTable {
    /// The report: `site`, `pages`, `event_names` and so on.
    pub table: String,
    /// All that were compared.
    pub lines: u64,
    /// Recorded is what was expected.
    pub exact: u64,
    /// Recorded is within what is possible.
    pub possible: u64,
    /// They differ, and that is explained.
    pub explained: u64,
    /// They differ, and nothing explains it.
    pub unexplained: u64,
}

/// Hits of one kind that were acknowledged and are not in the reports of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofMissing {
    /// The site's day.
    #[schema(format = Date)]
    pub day: String,
    /// Which kind: `page_view`, `search`, `outlink`, `download`, `event`, `order`, `cart`, `ping`.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// More of them may be missing.
    pub at_least: bool,
    /// In which rows of the reports.
    pub labels: Vec<ProofLabel>,
}

/// A row of a report in which something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofLabel {
    /// Its name.
    pub label: String,
    /// How much is missing.
    pub count: i64,
}

/// A figure of a report beside what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofLine {
    /// The site's day.
    #[schema(format = Date)]
    pub day: String,
    /// The report.
    pub table: String,
    /// Its row.
    pub label: String,
    /// What is counted.
    pub figure: String,
    /// All figures of this line are so many parts of one: 100 for money, 1000 for values of events, else 1.
    pub scale: i64,
    /// What the run should have added: from, to.
    #[schema(min_items = 2, max_items = 2)]
    pub expected: [i64; 2],
    /// What was there before.
    pub before: i64,
    /// What there is now.
    pub recorded: i64,
    /// How far it is from what is expected.
    pub difference: i64,
    /// What the difference can come from.
    pub explained: Vec<ProofCause>,
    /// What is left of the difference.
    pub unexplained: i64,
}

/// What a difference can come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofCause {
    /// What: `unknown`, `table_limit`, `other_run`, `same_visitors`, `no_baseline`, `unfinished`, `excluded_addresses`,
    /// `ignored_agents`, `no_ecommerce`, `no_site_search`, `excluded_referrers`, `goals`,
    /// `rounding`.
    pub cause: String,
    /// Up to so much.
    pub amount: i64,
}

impl ProofSummary {
    /// What is shown of a proof.
    pub fn of(proof: &Proof) -> Self {
        let mut lines: Vec<&Line> =
            proof.lines.iter().filter(|line| line.verdict() != Verdict::Exact).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.verdict()));
        let left_out = lines.len().saturating_sub(MOST_LINES) as u64;
        Self {
            made_at: proof.made_at,
            proved: proof.proved,
            verdict: proof.verdict.clone(),
            totals: proof.totals.into(),
            tables: tables(&proof.tables),
            missing: proof.missing.iter().map(ProofMissing::of).collect(),
            notes: proof.notes.clone(),
            lines: lines.into_iter().take(MOST_LINES).map(ProofLine::of).collect(),
            lines_left_out: left_out,
        }
    }
}

fn tables<T: Serialize>(tables: &BTreeMap<T, Totals>) -> Vec<ProofTable> {
    let table = |(table, totals): (&T, &Totals)| ProofTable {
        table: name(table),
        lines: totals.lines,
        exact: totals.exact,
        possible: totals.possible,
        explained: totals.explained,
        unexplained: totals.unexplained,
    };
    tables.iter().map(table).collect()
}

/// The name as it stands in JSON.
fn name(named: impl Serialize) -> String {
    let value = serde_json::to_value(named).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl From<Totals> for ProofTotals {
    fn from(totals: Totals) -> Self {
        let Totals { lines, exact, possible, explained, unexplained } = totals;
        Self { lines, exact, possible, explained, unexplained }
    }
}

impl ProofMissing {
    fn of(missing: &Missing) -> Self {
        let label = |(label, count): &(String, i64)| ProofLabel { label: label.clone(), count: *count };
        Self {
            day: missing.day.to_string(),
            kind: missing.kind.clone(),
            count: missing.count,
            at_least: missing.at_least,
            labels: missing.rows.iter().map(label).collect(),
        }
    }
}

impl ProofLine {
    fn of(line: &Line) -> Self {
        let cause = |explanation: &proof::Explanation| ProofCause {
            cause: name(explanation.cause),
            amount: explanation.amount,
        };
        Self {
            day: line.day.to_string(),
            table: name(line.table),
            label: line.label.clone(),
            figure: name(line.figure),
            scale: line.figure.scale(),
            expected: [line.expected.least, line.expected.most],
            before: line.before,
            recorded: line.recorded,
            difference: line.difference,
            explained: line.explained.iter().map(cause).collect(),
            unexplained: line.unexplained,
        }
    }
}
