//! From a request to its answer: one hit or a bulk, each hit's verdict, and what it does to the database.

mod bulk;
mod verdict;

pub(crate) use bulk::{count, is_bulk};

use std::net::IpAddr;

use bytes::Bytes;
use http::StatusCode;
use rusqlite::{Connection, OptionalExtension, params};

use crate::answer::Answer;
use crate::params::Params;
use crate::stats::{HitCounts, Stats};
use crate::{Clock, Config};
use verdict::{Kind, Verdict};

/// A request to the tracker, with what its headers say.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The URL's parameters, then the form's.
    pub(crate) params: Params,
    /// A JSON body that holds many hits.
    pub(crate) bulk: Option<Bytes>,
    /// Sent by GET (or HEAD).
    pub(crate) is_get: bool,
    pub(crate) user_agent: String,
    pub(crate) accept_language: String,
    pub(crate) referer: String,
    /// `X-Purpose` or `X-Moz`: the browser only looks ahead.
    pub(crate) is_preview: bool,
    pub(crate) address: IpAddr,
}

/// The tracker's state: the database and what is counted. Owned by the writer's thread.
pub(crate) struct Engine {
    db: Connection,
    clock: Clock,
    token: Option<String>,
    keep_params: bool,
    counts: HitCounts,
    visits: u64,
}

/// Two hits of a visitor further apart than this, in seconds, belong to two visits.
const VISIT_LENGTH: i64 = 30 * 60;

impl Engine {
    pub(crate) fn new(db: Connection, config: &Config) -> rusqlite::Result<Self> {
        let mut engine = Self {
            db,
            clock: config.clock,
            token: config.token.clone(),
            keep_params: config.keep_params,
            counts: HitCounts::default(),
            visits: 0,
        };
        engine.load_counts()?;
        Ok(engine)
    }

    fn load_counts(&mut self) -> rusqlite::Result<()> {
        self.visits =
            self.db.query_row("SELECT count(*) FROM visit", [], |row| row.get(0)).map(i64::cast_unsigned)?;
        let mut tally = self.db.prepare("SELECT name, count FROM tally")?;
        let mut rows = tally.query([])?;
        while let Some(row) = rows.next()? {
            let (name, count): (String, u64) = (row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned());
            match name.as_str() {
                "received" => self.counts.received = count,
                "recorded" => self.counts.recorded = count,
                "ignored" => self.counts.ignored = count,
                "refused" => self.counts.refused = count,
                "lost" => self.counts.lost = count,
                kind => {
                    self.counts.by_kind.insert(kind.to_owned(), count);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn begin(&mut self) -> rusqlite::Result<()> {
        self.db.execute_batch("BEGIN IMMEDIATE")
    }

    pub(crate) fn commit(&mut self) -> rusqlite::Result<()> {
        {
            let mut put = self.db.prepare_cached("INSERT OR REPLACE INTO tally VALUES (?1, ?2)")?;
            let counts = &self.counts;
            let totals = [
                ("received", counts.received),
                ("recorded", counts.recorded),
                ("ignored", counts.ignored),
                ("refused", counts.refused),
                ("lost", counts.lost),
            ];
            let kinds = counts.by_kind.iter().map(|(kind, count)| (kind.as_str(), *count));
            for (name, count) in totals.into_iter().chain(kinds) {
                put.execute(params![name, count.cast_signed()])?;
            }
        }
        self.db.execute_batch("COMMIT")
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats { requests: 0, hits: self.counts.clone(), visits: self.visits }
    }

    /// Tracks a request. A fault of the database is the answer of a server whose database is down.
    pub(crate) fn track(&mut self, delivery: &Delivery) -> Answer {
        match &delivery.bulk {
            Some(body) => bulk::track(self, delivery, body),
            None => self.track_single(delivery),
        }
    }

    fn track_single(&mut self, delivery: &Delivery) -> Answer {
        if delivery.params.is_empty() {
            return if delivery.is_get {
                Answer::text(
                    StatusCode::OK,
                    "This is the tracker of a Matomo-compatible receiver. Send hits here.\n",
                )
            } else {
                Answer::text(
                    StatusCode::BAD_REQUEST,
                    "An empty request: send parameters, idsite and rec=1 first.\n",
                )
            };
        }
        let token = delivery.params.text("token_auth");
        match self.hit(delivery, &delivery.params, token) {
            Verdict::Refused(reason) => {
                tracing::debug!(reason, "hit refused");
                Answer::gif_with_notice(StatusCode::BAD_REQUEST)
            }
            Verdict::Recorded | Verdict::Ignored(_) => {
                if delivery.params.get("send_image") == Some("0") {
                    Answer::no_content()
                } else {
                    Answer::gif()
                }
            }
        }
    }

    /// One hit: its verdict, with everything written that follows from it.
    fn hit(&mut self, delivery: &Delivery, hit: &Params, token: Option<&str>) -> Verdict {
        self.counts.received += 1;
        let verdict = match verdict::judge(hit, delivery, token, self.token.as_deref(), self.clock.now()) {
            Ok(accepted) => match self.record(hit, &accepted) {
                Ok(()) => Verdict::Recorded,
                Err(error) => {
                    tracing::error!(%error, "the database did not take a hit");
                    Verdict::Refused("the database did not take it")
                }
            },
            Err(other) => other,
        };
        match verdict {
            Verdict::Recorded => self.counts.recorded += 1,
            Verdict::Ignored(_) => self.counts.ignored += 1,
            Verdict::Refused(_) => self.counts.refused += 1,
        }
        verdict
    }

    fn record(&mut self, hit: &Params, accepted: &verdict::Accepted) -> rusqlite::Result<()> {
        let (site, time) = (accepted.site, accepted.time);
        let (column, key) = match accepted.visitor {
            Some(visitor) => ("visitor", visitor),
            None => ("fingerprint", accepted.fingerprint),
        };
        let found = if accepted.new_visit {
            None
        } else {
            self.db
                .prepare_cached(&format!(
                    "SELECT id, visitor FROM visit WHERE site = ?1 AND {column} = ?2 AND last_time BETWEEN ?3 AND ?4 \
                     ORDER BY last_time DESC LIMIT 1"
                ))?
                .query_row(params![site, key, time - VISIT_LENGTH, time + VISIT_LENGTH], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })
                .optional()?
        };
        let (visit, visitor) = if let Some((visit, visitor)) = found {
            self.db
                .prepare_cached("UPDATE visit SET last_time = max(last_time, ?2) WHERE id = ?1")?
                .execute(params![visit, time])?;
            (visit, visitor)
        } else {
            let visitor = accepted.visitor.unwrap_or(accepted.fingerprint ^ time);
            self.db
                .prepare_cached(
                    "INSERT INTO visit (site, visitor, fingerprint, first_time, last_time) VALUES (?1, ?2, ?3, ?4, ?4)",
                )?
                .execute(params![site, visitor, accepted.fingerprint, time])?;
            self.visits += 1;
            (self.db.last_insert_rowid(), visitor)
        };
        let kept = self.keep_params.then(|| stored_form(hit));
        self.db
            .prepare_cached("INSERT INTO received (site, visit, visitor, kind, time, params) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![site, visit, visitor, accepted.kind.name(), time, kept])?;
        self.count(accepted.kind);
        Ok(())
    }

    fn count(&mut self, kind: Kind) {
        match self.counts.by_kind.get_mut(kind.name()) {
            Some(count) => *count += 1,
            None => {
                self.counts.by_kind.insert(kind.name().to_owned(), 1);
            }
        }
    }
}

/// The parameters as a query string again, without the token.
fn stored_form(hit: &Params) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::with_capacity(256));
    for (name, value) in hit.iter().filter(|(name, _)| *name != "token_auth") {
        query.append_pair(name, value);
    }
    query.finish()
}
