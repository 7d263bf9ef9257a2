//! From a request to its answer: one hit or a bulk, each hit's verdict, and what it does to the database.

pub(crate) mod action;
pub(crate) mod agent;
mod bulk;
mod conversion;
pub(crate) mod place;
mod record;
pub(crate) mod referrer;
mod request;
pub(crate) mod time;
pub(crate) mod url;
mod visit;

pub(crate) use bulk::{count, is_bulk};

use std::net::IpAddr;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use http::StatusCode;
use rusqlite::{Connection, params};

use crate::answer::Answer;
use crate::clock::Clock;
use crate::params::Params;
use crate::sites::Registry;
use crate::stats::{HitCounts, Stats};
use crate::store::words::Words;
use action::Kind;
use request::{Presented, Request};

/// A request to the tracker, with what its headers say.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The URL's parameters, then the form's.
    pub(crate) params: Params,
    /// The token stood in the URL.
    pub(crate) token_in_url: bool,
    /// A JSON body that holds many hits.
    pub(crate) bulk: Option<Bytes>,
    /// Sent by GET.
    pub(crate) is_get: bool,
    pub(crate) user_agent: String,
    pub(crate) accept_language: String,
    /// The browser only looks ahead.
    pub(crate) is_preview: bool,
    pub(crate) address: IpAddr,
    /// What a fault does to it.
    pub(crate) tampering: Option<Tampering>,
}

/// What a fault does to a request that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tampering {
    /// Nothing is recorded, and the answer does not say so.
    Drop,
    /// Only the first half of a bulk is recorded.
    Half,
    /// A bulk is rolled back after its first half.
    Rollback,
}

/// Why a hit is not recorded.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Answered like a recorded one.
    Ignored(&'static str),
    /// Refused by itself: 400 for a single hit, counted as invalid in a bulk.
    Refused(&'static str),
    /// Fails what it came with: 400 for a single hit, 500 and a rollback for a bulk.
    Broken(&'static str),
    /// The database failed.
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// The tracker's state: the database, what it remembers of it, and what is counted. Owned by the writer's thread.
pub(crate) struct Engine {
    db: Connection,
    words: Words,
    clock: Clock,
    registry: Arc<RwLock<Registry>>,
    keep_params: bool,
    counts: HitCounts,
    visits: u64,
}

impl Engine {
    pub(crate) fn new(
        db: Connection,
        registry: Arc<RwLock<Registry>>,
        clock: Clock,
        keep_params: bool,
    ) -> rusqlite::Result<Self> {
        let mut engine = Self {
            db,
            words: Words::default(),
            clock,
            registry,
            keep_params,
            counts: HitCounts::default(),
            visits: 0,
        };
        engine.load_counts()?;
        Ok(engine)
    }

    fn load_counts(&mut self) -> rusqlite::Result<()> {
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
                "visits" => self.visits = count,
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
                ("visits", self.visits),
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

    /// Keeps what is set up, so that it is there after a restart.
    pub(crate) fn save_registry(&mut self) -> rusqlite::Result<()> {
        let json = {
            let registry = self.registry.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            serde_json::to_string(&*registry).expect("a registry is plain data, which always has a JSON form")
        };
        self.db.execute("INSERT OR REPLACE INTO meta VALUES ('registry', ?1)", [json]).map(|_| ())
    }

    /// Removes every hit and visit; what is set up stays.
    pub(crate) fn reset(&mut self) -> rusqlite::Result<()> {
        for table in ["received", "item", "conversion", "hit", "visit", "agent", "action", "tally"] {
            self.db.execute(&format!("DELETE FROM {table}"), [])?;
        }
        self.words.forget();
        self.counts = HitCounts::default();
        self.visits = 0;
        Ok(())
    }

    /// Tracks a request.
    pub(crate) fn track(&mut self, delivery: &Delivery) -> Answer {
        let registry = self.registry.clone();
        let registry = registry.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &delivery.bulk {
            Some(body) => bulk::track(self, delivery, body, &registry),
            None => self.track_single(delivery, &registry),
        }
    }

    fn track_single(&mut self, delivery: &Delivery, registry: &Registry) -> Answer {
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
        let wants_image = delivery.params.get("send_image") != Some("0");
        if delivery.tampering == Some(Tampering::Drop) {
            self.counts.received += 1;
            self.counts.lost += 1;
            return if wants_image { Answer::gif() } else { Answer::no_content() };
        }
        if !registry.modes.statistics {
            self.counts.received += 1;
            self.counts.ignored += 1;
            return if wants_image {
                Answer::gif_as(StatusCode::SERVICE_UNAVAILABLE)
            } else {
                Answer::no_content()
            };
        }
        let token = delivery.params.text("token_auth");
        let token = token.map(|token| Presented { token, in_url: delivery.token_in_url });
        let problem = self.hit(delivery, &delivery.params, token, registry).err();
        if registry.modes.queued {
            return Answer::gif();
        }
        match problem {
            Some(Problem::Refused(_) | Problem::Broken(_) | Problem::Database(_)) => {
                Answer::gif_with_notice(StatusCode::BAD_REQUEST)
            }
            None | Some(Problem::Ignored(_)) if wants_image => Answer::gif(),
            None | Some(Problem::Ignored(_)) => Answer::no_content(),
        }
    }

    /// One hit: its verdict, with everything written that follows from it.
    fn hit(
        &mut self,
        delivery: &Delivery,
        hit: &Params,
        token: Option<Presented<'_>>,
        registry: &Registry,
    ) -> Result<Kind, Problem> {
        self.counts.received += 1;
        let result = if registry.modes.database_down {
            Err(Problem::Broken("the database is down"))
        } else {
            Request::judge(hit, delivery, token, registry, self.clock.now())
                .and_then(|request| self.record(&request, registry))
        };
        match &result {
            Ok(kind) => {
                self.counts.recorded += 1;
                match self.counts.by_kind.get_mut(kind.name()) {
                    Some(count) => *count += 1,
                    None => {
                        self.counts.by_kind.insert(kind.name().to_owned(), 1);
                    }
                }
            }
            Err(Problem::Ignored(reason)) => {
                tracing::debug!(reason, "hit ignored");
                self.counts.ignored += 1;
            }
            Err(Problem::Refused(reason) | Problem::Broken(reason)) => {
                tracing::debug!(reason, "hit refused");
                self.counts.refused += 1;
            }
            Err(Problem::Database(error)) => {
                tracing::error!(%error, "the database did not take a hit");
                self.counts.refused += 1;
            }
        }
        result
    }
}
