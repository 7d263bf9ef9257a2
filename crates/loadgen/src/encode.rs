//! From a visit's hit to the request that carries it.

use matomo::Encoder;
use report::HitKind;
use settings::{Pacing, Settings};
use traffic::{Kind, Visit};

use crate::engine::AT_ONCE;
use crate::wire::Request;

/// The kind of a hit, under the report's names.
pub fn hit_kind(kind: Kind) -> HitKind {
    match kind {
        Kind::PageView { .. } => HitKind::PageView,
        Kind::Ping => HitKind::Ping,
        Kind::Search { .. } => HitKind::Search,
        Kind::Outlink(_) => HitKind::Outlink,
        Kind::Download(_) => HitKind::Download,
        Kind::Event(_) => HitKind::Event,
        Kind::Cart(_) => HitKind::Cart,
        Kind::Order(_) => HitKind::Order,
    }
}

/// Where a visit's timeline lies, and when its requests go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeline {
    /// In the recent past, told by `cdt`; requests follow each other after short pauses.
    Compressed,
    /// Now; each request goes out when its hit happens.
    Realtime,
    /// In the past, at the visit's own time, told by `cdt`; requests follow each other at once.
    Replayed,
}

impl Timeline {
    /// The timeline that the settings ask for.
    pub fn of(settings: &Settings) -> Self {
        match (&settings.backfill, settings.visits.pacing) {
            (Some(_), _) => Self::Replayed,
            (None, Pacing::Compressed) => Self::Compressed,
            (None, Pacing::Realtime) => Self::Realtime,
        }
    }

    /// The time of the visit's first hit as `cdt` tells it, in Unix milliseconds; `None` = no `cdt`.
    pub fn base_ms(self, visit: &Visit, start_us: i64) -> Option<i64> {
        let start_ms = start_us.div_euclid(1000);
        match self {
            Self::Compressed => Some(start_ms - i64::from(visit.hits.last().map_or(0, |hit| hit.offset_ms))),
            Self::Realtime => None,
            Self::Replayed => Some(start_ms),
        }
    }

    /// When hit `seq` is due on the wire, in Unix microseconds. Replayed hits are due when the one before is answered.
    pub fn due_us(self, visit: &Visit, seq: usize, start_us: i64) -> i64 {
        let Some(hit) = visit.hits.get(seq) else { return i64::MAX };
        match self {
            Self::Compressed => start_us + i64::from(hit.send_ms) * 1000,
            Self::Realtime => start_us + i64::from(hit.offset_ms) * 1000,
            Self::Replayed => AT_ONCE,
        }
    }
}

/// A query longer than this goes as a body: servers refuse long URLs.
const LONGEST_QUERY: usize = 2_000;

/// Fills `request` with hit `seq` of `visit`, as a browser would send it.
///
/// With a token the hit is a POST, since a token belongs in no URL and so in no access log.
pub fn single(encoder: &Encoder, visit: &Visit, seq: usize, base_ms: Option<i64>, request: &mut Request) {
    request.payload.clear();
    encoder.query(visit, seq, base_ms, &mut request.payload);
    let query_len = request.payload.len();
    encoder.token_pair(&mut request.payload);
    request.post = request.payload.len() > query_len || query_len > LONGEST_QUERY;
    request.json = false;
    request.user_agent.clear();
    request.user_agent.extend_from_slice(encoder.user_agent(visit).as_bytes());
    request.accept_language.clear();
    request.accept_language.extend_from_slice(encoder.accept_language(visit).as_bytes());
}
