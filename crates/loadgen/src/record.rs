//! The record of a run: its folder, its ledger, and what the target's reports said before it.
//!
//! The ledger lives with the engine and is told of every hit's end. It is written down every few seconds and at the
//! end; in a backfill each time with a journal that says so, and what the journal tells of later hits is counted again
//! when the run is taken up. So ledger and counters agree, however often a run was killed.

mod keeper;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ledger::{Ledger, Setup, Times};
use proof::{Baseline, RECORD_VERSION, RunFolder, RunRecord, Runs, SiteFacts, ZoneSource, days_between};
use settings::Settings;
use traffic::{Content, Model};

pub use keeper::{Keeper, TakenUp, fate};

use crate::clock::timestamp;
use crate::encode::Timeline;
use crate::engine::books::Figures;
use crate::figures::Subject;
use crate::reporting;

/// The target's reports are asked so long before a run; then it begins without knowing what was there.
const BASELINE_LIMIT: Duration = Duration::from_secs(30);

/// One question of them.
const QUESTION_LIMIT: Duration = Duration::from_secs(15);

/// A record that was begun, for the engine to keep.
pub struct Opening {
    /// The folder.
    pub folder: RunFolder,
    /// What stands in `run.json`.
    pub record: RunRecord,
    /// The ledger, empty or as an earlier process left it.
    pub ledger: Ledger,
    /// The run.
    pub subject: Subject,
    /// Its figures.
    pub figures: Arc<Figures>,
}

/// The folders of this load generator's runs.
pub fn runs(settings: &Settings) -> Runs {
    Runs::of_state_dir(Path::new(&settings.process.state_dir))
}

/// Begins the record of a run. A state folder that cannot be written costs the record, not the run.
pub async fn begin(
    subject: &Subject,
    content: &Content,
    model: &Model,
) -> Option<(RunFolder, RunRecord, Ledger)> {
    let now = subject.clock.now();
    let folder = match runs(&subject.settings).create(&subject.id) {
        Ok(folder) => folder,
        Err(error) => {
            tracing::warn!(%error, "this run leaves no record and cannot be verified; make STATE_DIR writable");
            return None;
        }
    };
    let (site, baseline) = match tokio::time::timeout(BASELINE_LIMIT, ask(subject, model, now)).await {
        Ok(asked) => asked,
        Err(_) => (None, Baseline::missing(now, "the target's reports took too long".to_owned())),
    };
    if let Some(reason) = &baseline.missing {
        tracing::info!(reason, "what the target's reports say before this run is not known");
    }
    let zone = Zone::of(&subject.settings, site.as_ref());
    let record = RunRecord {
        schema_version: RECORD_VERSION,
        id: subject.id.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: subject.seed,
        target: settings::mask_url(subject.settings.target.url.as_str()),
        site_id: subject.settings.target.site_id,
        started_at: now,
        ended_at: None,
        written_at: now,
        processes: 1,
        time_zone: zone.name.clone(),
        time_zone_from: zone.from,
        site: site.as_ref().map(|site| site.site.clone()).unwrap_or_default(),
        settings: subject.given.clone(),
        visits: subject.visits,
        report: None,
    };
    let left_out = content.pages.iter().filter(|page| !record.site.records(&page.url)).count();
    if left_out > 0 {
        tracing::warn!(
            pages = content.pages.len(),
            left_out,
            "the site records pages of its own addresses only (exclude_unknown_urls): hits on others will be taken and \
             left out; add their host to the site's addresses"
        );
    }
    let ledger = open_ledger(&subject.settings, content, model, &zone, &record.site);
    if let Err(error) = folder.write_baseline(&baseline).and_then(|()| folder.write_record(&record)) {
        tracing::warn!(%error, "this run leaves no record and cannot be verified; make STATE_DIR writable");
        return None;
    }
    Some((folder, record, ledger))
}

/// Takes up the record of a backfill that an earlier process began. `generation` is the ledger that the journal goes
/// with.
pub fn take_up(
    settings: &Settings,
    id: &str,
    generation: u64,
    content: &Content,
    model: &Model,
) -> Option<(RunFolder, RunRecord, Ledger)> {
    let found = (|| {
        let folder = runs(settings).open(id)?;
        let record = folder.record()?;
        let book = folder.book_of(generation)?;
        Ok::<_, proof::FolderError>((folder, record, book))
    })();
    match found {
        Ok((folder, mut record, book)) => {
            record.processes += 1;
            record.ended_at = None;
            if let Err(error) = folder.write_record(&record) {
                tracing::warn!(%error, "the record of this backfill cannot be written; make room in STATE_DIR");
            }
            let name = book.as_ref().map_or(&record.time_zone, |book| &book.time_zone).clone();
            let rules = proof::time_zone(&name).unwrap_or(TimeZone::UTC);
            let zone = Zone { name, rules, from: record.time_zone_from };
            let mut ledger = open_ledger(settings, content, model, &zone, &record.site);
            match book {
                Some(book) => ledger.resume(book),
                // Nothing was written down before the kill: the journal has all of it.
                None if generation == 0 => {}
                None => ledger.note_gap(
                    "the ledger of the time before the run was taken up again is lost: figures are too low"
                        .to_owned(),
                ),
            }
            Some((folder, record, ledger))
        }
        Err(error) => {
            tracing::warn!(%error, "the record of this backfill cannot be taken up: it cannot be verified");
            None
        }
    }
}

/// The zone that cuts the site's days.
struct Zone {
    name: String,
    rules: TimeZone,
    from: ZoneSource,
}

impl Zone {
    /// The site's own, where it is known; else `TIMEZONE`.
    fn of(settings: &Settings, site: Option<&SiteFacts>) -> Self {
        let own = &settings.arrivals.time_zone;
        let own_name = own.iana_name().unwrap_or("UTC").to_owned();
        let told = site.and_then(|site| {
            let name = site.time_zone.clone()?;
            Some(Self { rules: proof::time_zone(&name)?, name, from: ZoneSource::Site })
        });
        let Some(told) = told else {
            return Self { name: own_name, rules: own.clone(), from: ZoneSource::Settings };
        };
        if told.name != own_name && settings.backfill.is_some() {
            tracing::warn!(
                site = told.name,
                TIMEZONE = own_name,
                "the site's days are not those of TIMEZONE: the window's visits lie on other days than asked for"
            );
        }
        told
    }
}

fn open_ledger(
    settings: &Settings,
    content: &Content,
    model: &Model,
    zone: &Zone,
    site: &ledger::Site,
) -> Ledger {
    Ledger::new(Setup {
        content,
        zone: zone.rules.clone(),
        zone_name: zone.name.clone(),
        times: match Timeline::of(settings) {
            Timeline::Realtime => Times::Received,
            Timeline::Compressed | Timeline::Replayed => Times::Told,
        },
        countries: settings.target.token.is_some() && settings.features.randomize_countries,
        site,
        // In a backfill a whole day lies between two visits of one visitor.
        reach: settings.backfill.is_none().then(|| model.visitor_reach()),
    })
}

/// Asks the target about the site, and what its reports say of the days that the run will touch.
async fn ask(subject: &Subject, model: &Model, now: Timestamp) -> (Option<SiteFacts>, Baseline) {
    let settings = &subject.settings;
    if settings.target.token.is_none() {
        return (None, Baseline::missing(now, "without a token the reports cannot be read".to_owned()));
    }
    let client = match reporting::client(settings, QUESTION_LIMIT) {
        Ok(client) => client,
        Err(error) => return (None, Baseline::missing(now, format!("{error:#}"))),
    };
    let site_id = settings.target.site_id;
    let site = match SiteFacts::ask(&client, site_id).await {
        Ok(site) => site,
        Err(error) => return (None, Baseline::missing(now, error.to_string())),
    };
    let zone = Zone::of(settings, Some(&site)).rules;
    let longest_us = i64::try_from(model.longest_visit_ms()).unwrap_or(i64::MAX / 2000) * 1000;
    let now_us = now.as_microsecond();
    let (from, until) = match &settings.backfill {
        None => (timestamp(now_us - longest_us), now),
        Some(window) => {
            let own = &settings.arrivals.time_zone;
            let begins = window.first_day.to_zoned(own.clone()).map_or(now, |day| day.timestamp());
            let ends = window.last_day.tomorrow().and_then(|day| day.to_zoned(own.clone()));
            let ends = ends.map_or(now, |day| timestamp(day.timestamp().as_microsecond() + longest_us));
            (begins, ends.min(now))
        }
    };
    let days = days_between(&zone, from, until);
    match Baseline::take(&client, site_id, &days, now).await {
        Ok(baseline) => (Some(site), baseline),
        Err(error) => (Some(site), Baseline::missing(now, error.to_string())),
    }
}
