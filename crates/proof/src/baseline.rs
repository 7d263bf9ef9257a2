//! What the reports said before a run: it is taken off what they say afterwards.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use ledger::DayFigures;
use matomo::reporting::{Client, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reports;

/// `baseline.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// When the reports were asked.
    pub taken_at: Timestamp,
    /// Why they could not be; null when they were.
    pub missing: Option<String>,
    /// The days that were asked for. Days behind them had not begun, so nothing can have been there.
    pub first: Option<Date>,
    /// The last of them.
    pub last: Option<Date>,
    /// The figures of those that had any.
    pub days: BTreeMap<Date, DayFigures>,
}

impl Baseline {
    /// Nobody was asked.
    pub fn missing(taken_at: Timestamp, reason: String) -> Self {
        Self { taken_at, missing: Some(reason), first: None, last: None, days: BTreeMap::new() }
    }

    /// Asks what there is already of some days.
    ///
    /// # Errors
    /// When the target does not say.
    pub async fn take(
        client: &Client,
        site_id: u64,
        days: &BTreeSet<Date>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (first, last) = (days.first().copied(), days.last().copied());
        let mut baseline = Self { taken_at: now, missing: None, first, last, days: BTreeMap::new() };
        let (Some(first), Some(last)) = (first, last) else { return Ok(baseline) };
        // The log of visits is asked first: it is never archived, and a report of today that is asked for now may be
        // shown again, out of date, for a quarter of an hour.
        if is_empty(client, site_id, first, last).await.unwrap_or(false) {
            return Ok(baseline);
        }
        let recorded = reports::ask(client, site_id, days).await?;
        baseline.days = recorded.days.into_iter().filter(|(_, figures)| !figures.0.is_empty()).collect();
        Ok(baseline)
    }
}

/// The days of a site from that of one moment to that of another.
pub fn days_between(zone: &TimeZone, from: Timestamp, until: Timestamp) -> BTreeSet<Date> {
    let (first, last) = (zone.to_datetime(from).date(), zone.to_datetime(until).date());
    first.series(1.day()).take_while(|day| *day <= last).collect()
}

/// Whether no visit at all lies in these days.
async fn is_empty(client: &Client, site_id: u64, first: Date, last: Date) -> Result<bool, Error> {
    let (site, dates) = (site_id.to_string(), format!("{first},{last}"));
    let params = [
        ("idSite", site.as_str()),
        ("period", "range"),
        ("date", dates.as_str()),
        ("filter_limit", "1"),
        ("doNotFetchActions", "1"),
    ];
    let visits = client.call("Live.getLastVisitsDetails", &params).await?;
    Ok(visits.as_array().is_some_and(Vec::is_empty))
}

/// Visits and the moment of the last one that the log of today shows; used to see whether a report is out of date.
pub(crate) async fn visits_lately(client: &Client, site_id: u64, minutes: i64) -> Option<i64> {
    let (site, minutes) = (site_id.to_string(), minutes.to_string());
    let params = [("idSite", site.as_str()), ("lastMinutes", minutes.as_str())];
    let counters = client.call("Live.getCounters", &params).await.ok()?;
    let visits = counters.get(0)?.get("visits")?;
    visits
        .as_i64()
        .or_else(|| visits.as_str().and_then(|text: &str| text.parse().ok()))
        .filter(|_| visits != &Value::Null)
}
