//! The small page at `/`: what came in, a few seconds old, with nothing from outside.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::answer::Answer;
use crate::server::Shared;
use crate::store::open_reader;
use crate::tracker::agent::Agent;
use crate::tracker::place;

/// Nothing but the page's own files, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// So many of the last visits are shown.
const VISITS: i64 = 20;

pub(crate) fn html() -> Answer {
    Answer::html(StatusCode::OK, include_str!("page/index.html"))
        .with_header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .with_header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .with_header(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"))
}

pub(crate) fn script() -> Answer {
    Answer::file("text/javascript; charset=utf-8", include_str!("page/page.js"))
}

pub(crate) fn style() -> Answer {
    Answer::file("text/css; charset=utf-8", include_str!("page/page.css"))
}

#[derive(Debug, Serialize)]
struct Recent {
    /// Unix milliseconds of the receiver's clock.
    now: i64,
    requests: u64,
    recorded: u64,
    refused: u64,
    ignored: u64,
    lost: u64,
    visits: u64,
    by_kind: BTreeMap<String, u64>,
    last: Vec<RecentVisit>,
    faults: String,
}

#[derive(Debug, Serialize)]
struct RecentVisit {
    site: i64,
    visit: i64,
    visitor: String,
    /// Unix seconds of its last hit.
    time: i64,
    actions: i64,
    seconds: i64,
    country: String,
    browser: String,
    device: String,
    converted: bool,
}

/// `GET /sink/recent`: what the page shows.
pub(crate) async fn recent(shared: &Shared) -> Answer {
    let stats = shared.stats().await;
    let last = match &shared.place {
        Some(place) => {
            let path = place.path.clone();
            match tokio::task::spawn_blocking(move || last_visits(&path)).await {
                Ok(Ok(visits)) => visits,
                Ok(Err(error)) => return Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
                Err(error) => return Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            }
        }
        None => Vec::new(),
    };
    let recent = Recent {
        now: shared.clock.now_ms(),
        requests: stats.requests,
        recorded: stats.hits.recorded,
        refused: stats.hits.refused,
        ignored: stats.hits.ignored,
        lost: stats.hits.lost,
        visits: stats.visits,
        by_kind: stats.hits.by_kind,
        last,
        faults: shared.faults().text().to_owned(),
    };
    Answer::json(StatusCode::OK, &recent)
}

/// The visits that were begun last.
fn last_visits(path: &std::path::Path) -> rusqlite::Result<Vec<RecentVisit>> {
    let db = open_reader(path)?;
    let mut query = db.prepare(
        "SELECT visit.id, site, visitor, last_time, actions, total_time, country, agent.parsed, converted FROM visit \
         JOIN agent ON agent.id = visit.agent ORDER BY visit.id DESC LIMIT ?1",
    )?;
    let rows = query.query_map([VISITS], |row| {
        let agent: Agent = serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default();
        let country: String = row.get(6)?;
        Ok(RecentVisit {
            visit: row.get(0)?,
            site: row.get(1)?,
            visitor: format!("{:016x}", row.get::<_, i64>(2)?.cast_unsigned()),
            time: row.get(3)?,
            actions: row.get(4)?,
            seconds: row.get(5)?,
            country: place::country_name(&country).to_owned(),
            browser: format!("{} {}", agent.browser, agent.browser_version).trim().to_owned(),
            device: agent.device,
            converted: row.get(8)?,
        })
    })?;
    rows.collect()
}
