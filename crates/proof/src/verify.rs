//! The proof itself: asks, waits for the target to archive, compares, and says what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::{Book, Figure, Table};
use matomo::reporting::{Client, Error};
use serde::{Deserialize, Serialize};

use crate::baseline::visits_lately;
use crate::compare::{Line, Missing, OtherRun, Sides, Verdict, missing};
use crate::reports::{self, Recorded};
use crate::{FolderError, RunFolder, RunRecord, Runs, SiteFacts, time_zone};

/// Version of [`Proof`]'s form.
pub const PROOF_VERSION: u32 = 1;

/// So many lines are kept whatever they say; beyond them, those that are exact are only counted.
const MOST_EXACT_LINES: usize = 20_000;

/// The first pause between two looks; each is twice the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The target's archive of today is out of date for a quarter of an hour: longer than this there is nothing to see.
const LONGEST_LOOK_BACK_MINUTES: i64 = 2 * 24 * 60;

/// What is to be proved.
pub struct Question<'a> {
    /// The folder with all runs, for those that other traffic came from.
    pub runs: &'a Runs,
    /// The run.
    pub folder: &'a RunFolder,
    /// The target.
    pub client: &'a Client,
    /// How long to wait for the target to archive what it has recorded.
    pub wait: Duration,
    /// The time.
    pub now: Timestamp,
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The run's folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The target.
    #[error("the target's reports cannot be read: {0}")]
    Target(#[from] Error),
    /// The ledger's days are not the site's.
    #[error(
        "the ledger cuts its days in {ledger}, the site in {site}: they cannot be compared; run with TIMEZONE={site}, \
         or with a token, so that the site can be asked"
    )]
    Zone {
        /// The ledger's.
        ledger: String,
        /// The site's.
        site: String,
    },
    /// The days of the ledger cannot be cut again.
    #[error("the ledger's time zone {0:?} is not known here")]
    UnknownZone(String),
}

/// What was expected, what was recorded, and what is left unexplained.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// [`PROOF_VERSION`] of whoever wrote it.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// Its site.
    pub site_id: u64,
    /// When this was made.
    pub made_at: Timestamp,
    /// Nothing is left unexplained.
    pub proved: bool,
    /// The verdict in a sentence.
    pub verdict: String,
    /// Lines by verdict.
    pub totals: Totals,
    /// The same by report.
    pub tables: BTreeMap<Table, Totals>,
    /// What was acknowledged and is not in the reports.
    pub missing: Vec<Missing>,
    /// What else there is to know: what could not be compared or asked, and what the figures rest on.
    pub notes: Vec<String>,
    /// Every line, those with a difference first; of very many that are exact only some.
    pub lines: Vec<Line>,
    /// Exact lines that were left out.
    pub lines_left_out: u64,
}

/// Lines by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All.
    pub lines: u64,
    /// Recorded is what was expected.
    pub exact: u64,
    /// Within what is possible.
    pub possible: u64,
    /// Different, and explained.
    pub explained: u64,
    /// Different, and not explained.
    pub unexplained: u64,
}

/// Compares what a run should have left in the reports with what is there. Whoever asks keeps the result.
///
/// # Errors
/// When the run's folder is unusable or the target cannot be asked.
pub async fn verify(question: Question<'_>) -> Result<Proof, VerifyError> {
    let Question { runs, folder, client, wait, now } = question;
    let record = folder.record()?;
    let book = folder.book()?;
    let baseline = folder.baseline()?;
    let mut notes = book.gaps.clone();
    let site = match SiteFacts::ask(client, record.site_id).await {
        Ok(site) => Some(site),
        Err(error @ (Error::Unreachable { .. } | Error::Timeout { .. } | Error::TokenRefused { .. })) => {
            return Err(error.into());
        }
        Err(error) => {
            notes.push(format!("the site's settings could not be read ({error})"));
            None
        }
    };
    if site.as_ref().is_some_and(|site| site.site.own_pages_only) {
        notes.push(
            "the site records pages of its own addresses only (exclude_unknown_urls): hits on others are acknowledged \
             and left out, here as there"
                .to_owned(),
        );
    }
    let zone = time_zone(&book.time_zone).ok_or_else(|| VerifyError::UnknownZone(book.time_zone.clone()))?;
    let site_zone = site.as_ref().and_then(|site| site.time_zone.clone());
    if let Some(site) = site_zone.filter(|site| !same_days(site, &zone, &book)) {
        return Err(VerifyError::Zone { ledger: book.time_zone, site });
    }
    let others =
        others(runs, folder, &record, baseline.as_ref().map_or(record.started_at, |taken| taken.taken_at))?;
    match baseline.as_ref().map(|baseline| &baseline.missing) {
        None => notes.push("there is no baseline: what was there before the run is not known".to_owned()),
        Some(Some(reason)) => notes.push(format!("there is no baseline: {reason}")),
        Some(None) => {}
    }
    if record.ended_at.is_none() {
        notes.push(format!(
            "the run goes on or was killed: its ledger is as of {}, and later hits are not in it",
            record.written_at
        ));
    }
    let shares_visitors = others.iter().any(|other| other.shares_visitors);
    if shares_visitors {
        notes.push(
            "another run with this seed brought the same visitors within half an hour: their visits are mixed, and no \
             figure can be told apart; runs that are to be compared with reports need seeds of their own"
                .to_owned(),
        );
    }
    if !others.is_empty() {
        notes.push(format!("{} other run(s) were against this site on these days", others.len()));
    }

    let days: BTreeSet<Date> = book.days.keys().copied().collect();
    let mut look = Look { client, record: &record, book: &book, zone, now, is_archived: false };
    look.invalidate(&days, &mut notes).await;
    let compare = |recorded: &Recorded| {
        let sides = Sides {
            book: &book,
            baseline: baseline.as_ref(),
            others: &others,
            recorded,
            site: site.as_ref(),
            is_finished: record.ended_at.is_some(),
            shares_visitors,
        };
        sides.lines()
    };
    let mut recorded = reports::ask(client, record.site_id, &days).await?;
    let mut lines = compare(&recorded);
    let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
    while lines.iter().any(|line| line.unexplained != 0) && waited < wait {
        look.archive(&days).await;
        pause = pause.min(wait.saturating_sub(waited)).min(LONGEST_PAUSE);
        tokio::time::sleep(pause).await;
        waited += pause;
        pause *= 2;
        let again = reports::ask(client, record.site_id, &days).await?;
        let is_settled = again == recorded;
        recorded = again;
        lines = compare(&recorded);
        if is_settled && !look.is_stale(&recorded).await {
            break;
        }
    }
    if lines.iter().any(|line| line.unexplained != 0) && look.is_stale(&recorded).await {
        notes.push(
            "today's reports are older than what the visits log shows: wait longer (--wait), or let the target \
             archive (core:archive)"
                .to_owned(),
        );
    }
    for refused in &recorded.refused {
        notes.push(format!("{:?} {:?} are not compared: {}", refused.table, refused.figures, refused.reason));
    }
    Ok(conclude(&record, now, lines, notes))
}

/// Whether another zone cuts the same days, at least those of the ledger: many zones have several names.
fn same_days(name: &str, zone: &TimeZone, book: &Book) -> bool {
    let Some(other) = time_zone(name) else { return false };
    book.days.keys().flat_map(|day| [Some(*day), day.tomorrow().ok()]).flatten().all(|day| {
        let begins = |zone: &TimeZone| day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
        begins(zone) == begins(&other)
    })
}

/// Whether two runs bring the same visitors so near to each other that a hit of one goes on with a visit of the other.
fn shares_visitors(ours: &RunRecord, theirs: &RunRecord, is_same_day: bool) -> bool {
    let is_backfill =
        |record: &RunRecord| record.settings.get("BACKFILL_ENABLED").is_some_and(|on| on == "true");
    if ours.seed != theirs.seed || is_backfill(ours) != is_backfill(theirs) || !is_same_day {
        return false;
    }
    // A backfill's visits lie at the same moments each time. Others lie around the time of the run: half an hour ends
    // a visit, and no visit is longer than two hours and a half.
    let reach = |record: &RunRecord| {
        let ends = record.ended_at.unwrap_or(record.written_at).as_second() + 3 * 3600;
        (record.started_at.as_second(), ends)
    };
    let ((ours_from, ours_until), (theirs_from, theirs_until)) = (reach(ours), reach(theirs));
    is_backfill(ours) || (ours_from < theirs_until && theirs_from < ours_until)
}

/// The runs against the same site that our baseline does not hold, or holds only in part, and those that brought the
/// same visitors.
fn others(
    runs: &Runs,
    folder: &RunFolder,
    record: &RunRecord,
    baseline_at: Timestamp,
) -> Result<Vec<OtherRun>, VerifyError> {
    let own = folder.book()?;
    let mut others = Vec::new();
    for other in runs.all()?.into_values() {
        // What cannot be read was not written by a run of today's form, and is no reason to say nothing of ours.
        let Ok(its) = other.record() else { continue };
        let is_same_site = its.target == record.target && its.site_id == record.site_id;
        if its.id == record.id || !is_same_site {
            continue;
        }
        let Ok(mut book) = other.book() else { continue };
        for figures in book.days.values_mut() {
            *figures = reports::with_canonical_labels(&figures.as_reported());
        }
        let is_same_day = book.days.keys().any(|day| own.days.contains_key(day));
        let shares_visitors = shares_visitors(record, &its, is_same_day);
        let is_before = its.ended_at.is_some_and(|ended| ended <= baseline_at);
        if is_same_day && (shares_visitors || !is_before) {
            others.push(OtherRun {
                book,
                is_before,
                is_later: its.started_at >= baseline_at,
                shares_visitors,
            });
        }
    }
    Ok(others)
}

/// The target, as it is looked at again and again.
struct Look<'a> {
    client: &'a Client,
    record: &'a RunRecord,
    book: &'a Book,
    zone: TimeZone,
    now: Timestamp,
    is_archived: bool,
}

impl Look<'_> {
    /// What was archived of these days is out of date now. A right that the token lacks is told, not required.
    async fn invalidate(&self, days: &BTreeSet<Date>, notes: &mut Vec<String>) {
        let all: Vec<String> = days.iter().map(ToString::to_string).collect();
        for some in all.chunks(100) {
            if let Err(error) = self.client.invalidate_reports(self.record.site_id, &some.join(",")).await {
                notes.push(format!(
                    "the target was not told to archive these days anew ({error}); it does so by itself, in time"
                ));
                return;
            }
        }
    }

    /// Asks for the days to be archived now, once. Only a super user's token is heard; for others it happens in time.
    async fn archive(&mut self, days: &BTreeSet<Date>) {
        if std::mem::replace(&mut self.is_archived, true) {
            return;
        }
        for day in days {
            if self.client.archive_day(self.record.site_id, &day.to_string()).await.is_err() {
                return;
            }
        }
    }

    /// Whether the log of visits shows more of today than its report does.
    async fn is_stale(&self, recorded: &Recorded) -> bool {
        let now = self.now.to_zoned(self.zone.clone());
        let today = now.date();
        let Some(figures) = recorded.days.get(&today).filter(|_| self.book.days.contains_key(&today)) else {
            return false;
        };
        let Ok(midnight) = today.to_zoned(self.zone.clone()) else { return false };
        let minutes = (self.now.as_second() - midnight.timestamp().as_second()) / 60;
        if minutes > LONGEST_LOOK_BACK_MINUTES {
            return false;
        }
        let lately = visits_lately(self.client, self.record.site_id, minutes).await;
        lately.is_some_and(|visits| visits > figures.site(Figure::Visits).most)
    }
}

fn conclude(record: &RunRecord, now: Timestamp, mut lines: Vec<Line>, notes: Vec<String>) -> Proof {
    let mut totals = Totals::default();
    let mut tables: BTreeMap<Table, Totals> = BTreeMap::new();
    for line in &lines {
        for totals in [&mut totals, tables.entry(line.table).or_default()] {
            totals.lines += 1;
            *match line.verdict() {
                Verdict::Exact => &mut totals.exact,
                Verdict::Possible => &mut totals.possible,
                Verdict::Explained => &mut totals.explained,
                Verdict::Unexplained => &mut totals.unexplained,
            } += 1;
        }
    }
    let missing = if totals.unexplained > 0 { missing(&lines) } else { Vec::new() };
    lines.sort_by_key(|line| std::cmp::Reverse(line.verdict()));
    let others = (totals.lines - totals.exact) as usize;
    let kept = lines.len().min(others + MOST_EXACT_LINES);
    let left_out = lines.len() - kept;
    lines.truncate(kept);
    let proved = totals.unexplained == 0;
    Proof {
        schema_version: PROOF_VERSION,
        run: record.id.clone(),
        site_id: record.site_id,
        made_at: now,
        proved,
        verdict: verdict(&totals, &missing),
        totals,
        tables,
        missing,
        notes,
        lines,
        lines_left_out: left_out as u64,
    }
}

/// The verdict in a sentence.
fn verdict(totals: &Totals, missing: &[Missing]) -> String {
    let count = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    if totals.lines == 0 {
        return "the ledger is empty: nothing was acknowledged, and nothing can be compared".to_owned();
    }
    if totals.unexplained == 0 {
        let figures = count(totals.lines, "figure");
        let Totals { exact, possible, explained, .. } = *totals;
        return if exact == totals.lines {
            format!("what was sent is what was recorded: {figures} compared, all exact")
        } else {
            format!(
                "nothing is left unexplained: {figures} compared, {exact} exact, {possible} within what is possible, \
                 {explained} different for a known reason"
            )
        };
    }
    let hits: i64 = missing.iter().map(|missing| missing.count).sum();
    let at_least = if missing.iter().any(|missing| missing.at_least) { "at least " } else { "" };
    let figures = count(totals.unexplained, "figure");
    if hits > 0 {
        format!(
            "{at_least}{hits} acknowledged hit(s) are missing: {figures} of {} differ without explanation",
            totals.lines
        )
    } else {
        format!("{figures} of {} differ without explanation", totals.lines)
    }
}
