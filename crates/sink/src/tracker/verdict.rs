//! Whether a hit is recorded, silently ignored or refused, and what kind of hit it is.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Delivery;
use crate::params::Params;

/// What became of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Recorded,
    /// Answered like a recorded one.
    Ignored(&'static str),
    Refused(&'static str),
}

/// What a hit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PageView,
    Ping,
    Search,
    Event,
    Outlink,
    Download,
    Content,
    Goal,
    Order,
    Cart,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Ping => "ping",
            Self::Search => "search",
            Self::Event => "event",
            Self::Outlink => "outlink",
            Self::Download => "download",
            Self::Content => "content",
            Self::Goal => "goal",
            Self::Order => "order",
            Self::Cart => "cart",
        }
    }

    fn of(hit: &Params) -> Self {
        if hit.flag("ping") {
            return Self::Ping;
        }
        match hit.int("idgoal") {
            Some(0) if hit.text("ec_id").is_some() => return Self::Order,
            Some(0) => return Self::Cart,
            Some(1..) => return Self::Goal,
            _ => {}
        }
        let has = |name| hit.text(name).is_some();
        if has("c_n") {
            Self::Content
        } else if hit.get("e_c").is_some() || hit.get("e_a").is_some() {
            Self::Event
        } else if has("link") {
            Self::Outlink
        } else if has("download") {
            Self::Download
        } else if has("search") {
            Self::Search
        } else {
            Self::PageView
        }
    }
}

/// A hit that will be recorded.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) site: i64,
    pub(crate) time: i64,
    pub(crate) visitor: Option<i64>,
    pub(crate) fingerprint: i64,
    pub(crate) new_visit: bool,
    pub(crate) kind: Kind,
}

const DAY: i64 = 86_400;
const OLDEST: i64 = 20 * 365 * DAY;

pub(crate) fn judge(
    hit: &Params,
    delivery: &Delivery,
    token: Option<&str>,
    known_token: Option<&str>,
    now: i64,
) -> Result<Accepted, Verdict> {
    let trusted = token.is_some() && token == known_token;
    let site = match hit.int("idsite") {
        Some(1) => 1,
        _ => return Err(Verdict::Refused("no such site")),
    };
    if !hit.flag("rec") {
        return Err(Verdict::Ignored("no rec=1"));
    }
    let agent = hit.text("ua").unwrap_or(&delivery.user_agent);
    let lower = agent.to_ascii_lowercase();
    if lower.is_empty() || ["bot", "crawl", "spider"].iter().any(|word| lower.contains(word)) {
        return Err(Verdict::Ignored("a bot or no user agent"));
    }
    if delivery.is_preview {
        return Err(Verdict::Ignored("a preview"));
    }
    if !trusted
        && ["cip", "country", "region", "city", "lat", "long"].iter().any(|name| hit.text(name).is_some())
    {
        return Err(Verdict::Refused("a parameter that needs a token"));
    }
    let time = match hit.text("cdt").and_then(parse_time) {
        Some(time) if time <= now && time > now - OLDEST => {
            if !trusted && now - time >= DAY {
                return Err(Verdict::Refused("a time over 24 hours ago without a token"));
            }
            time
        }
        _ => now,
    };
    let forced = hit.text("cid");
    if forced.is_some_and(|cid| cid.len() != 16) {
        return Err(Verdict::Refused("a cid that has not 16 characters"));
    }
    let visitor = match (hit.text("uid"), forced.or_else(|| hit.text("_id"))) {
        (Some(user), _) => Some(hash(&[user])),
        (None, Some(id)) => u64::from_str_radix(id.get(..16).unwrap_or(id), 16).ok().map(u64::cast_signed),
        (None, None) => None,
    };
    let kind = Kind::of(hit);
    if kind == Kind::Event && hit.text("e_c").is_none() {
        return Err(Verdict::Refused("an event without a category"));
    }
    let address = hit.text("cip").map_or_else(|| delivery.address.to_string(), str::to_owned);
    let language = hit.text("lang").unwrap_or(&delivery.accept_language);
    let fingerprint = hash(&[agent, &address, language]);
    Ok(Accepted { site, time, visitor, fingerprint, new_visit: hit.flag("new_visit"), kind })
}

fn hash(parts: &[&str]) -> i64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// A Unix time, or a date and time in UTC.
fn parse_time(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}
