//! Many hits in one JSON body: taken one after another, counted in the answer, rolled back together when one breaks.

use bytes::Bytes;
use http::StatusCode;
use memchr::memmem;
use serde::Serialize;
use serde_json::Value;

use super::request::Presented;
use super::{Delivery, Engine, Problem, Tampering};
use crate::answer::Answer;
use crate::params::Params;
use crate::sites::Registry;

/// Whether a body is a bulk: it names `requests`, quoted, anywhere but at its very start, or is an empty list.
pub(crate) fn is_bulk(body: &[u8]) -> bool {
    let names = |quoted: &[u8]| memmem::find(body.get(1..).unwrap_or_default(), quoted).is_some();
    names(b"\"requests\"") || names(b"'requests'") || body.trim_ascii() == b"[]"
}

#[derive(Debug, Serialize)]
struct Counts {
    status: &'static str,
    tracked: usize,
    invalid: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_indices: Option<Vec<usize>>,
}

/// A bulk as it was sent.
#[derive(Debug, Default)]
struct Bulk {
    entries: Vec<Params>,
    token: Option<String>,
    wants_counts: bool,
}

pub(super) fn track(engine: &mut Engine, delivery: &Delivery, body: &Bytes, registry: &Registry) -> Answer {
    let mut bulk = Bulk::parse(body);
    let is_super =
        bulk.token.as_deref().and_then(|token| registry.token(token)).is_some_and(|token| token.is_super);
    let mut counts =
        Counts { status: "success", tracked: 0, invalid: 0, invalid_indices: is_super.then(Vec::new) };
    if !registry.modes.statistics {
        engine.counts.received += bulk.entries.len() as u64;
        engine.counts.ignored += bulk.entries.len() as u64;
        return bulk.answer(StatusCode::OK, &counts);
    }
    if delivery.tampering == Some(Tampering::Drop) {
        engine.counts.received += bulk.entries.len() as u64;
        engine.counts.lost += bulk.entries.len() as u64;
        counts.tracked = bulk.entries.len();
        return bulk.answer(StatusCode::OK, &counts);
    }
    let sent = bulk.entries.len();
    if delivery.tampering.is_some() {
        bulk.entries.truncate(sent.div_ceil(2));
    }
    let (before, visits) = (engine.counts.clone(), engine.visits);
    let broken = match engine.db.execute_batch("SAVEPOINT bulk") {
        Ok(()) => bulk.track_entries(engine, delivery, registry, &mut counts).err(),
        Err(error) => Some(Problem::Database(error)),
    };
    let broken = match delivery.tampering {
        Some(Tampering::Rollback) => broken.or(Some(Problem::Broken("a fault that was asked for"))),
        _ => broken,
    };
    let end = if broken.is_some() { "ROLLBACK TO bulk; RELEASE bulk" } else { "RELEASE bulk" };
    if let Err(error) = engine.db.execute_batch(end) {
        tracing::error!(%error, "the database did not end a bulk");
    }
    if broken.is_some() {
        // Nothing of it is kept, whatever the counts below say.
        engine.words.forget();
        engine.counts = before;
        engine.visits = visits;
        engine.counts.received += sent as u64;
        engine.counts.lost += sent as u64;
    } else if sent > bulk.entries.len() {
        let left_out = (sent - bulk.entries.len()) as u64;
        engine.counts.received += left_out;
        engine.counts.lost += left_out;
    }
    if registry.modes.queued {
        return Answer::gif();
    }
    if broken.is_some() {
        counts.status = "error";
        counts.invalid = 0;
        counts.invalid_indices = is_super.then(Vec::new);
        return Answer::json(StatusCode::INTERNAL_SERVER_ERROR, &counts);
    }
    bulk.answer(StatusCode::OK, &counts)
}

impl Bulk {
    /// Reads a body. Anything that is no such JSON holds no entries.
    fn parse(body: &[u8]) -> Self {
        let nothing = Self { wants_counts: true, ..Self::default() };
        let Ok(Value::Object(mut object)) = serde_json::from_slice(body) else { return nothing };
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(false) | Value::Null => String::new(),
            Value::Bool(true) => "1".to_owned(),
            other => other.to_string(),
        };
        let token = object.get("token_auth").map(text).filter(|token| !token.is_empty());
        let wants_counts =
            object.get("send_image").map(text).is_none_or(|image| !matches!(image.as_str(), "" | "0"));
        let entries = match object.remove("requests") {
            Some(Value::Array(entries)) => entries.into_iter().filter_map(entry).collect(),
            Some(Value::Object(entries)) => {
                entries.into_iter().filter_map(|(_, value)| entry(value)).collect()
            }
            _ => Vec::new(),
        };
        Self { entries, token, wants_counts }
    }

    fn track_entries(
        &self,
        engine: &mut Engine,
        delivery: &Delivery,
        registry: &Registry,
        counts: &mut Counts,
    ) -> Result<(), Problem> {
        for (index, hit) in self.entries.iter().enumerate() {
            if hit.is_empty() {
                continue;
            }
            // A token in the URL is nobody's: it belongs into the body or on each hit.
            let token = self.token.as_deref().or_else(|| hit.text("token_auth"));
            let token = token.map(|token| Presented { token, in_url: false });
            match engine.hit(delivery, hit, token, registry) {
                Ok(_) | Err(Problem::Ignored(_)) => counts.tracked += 1,
                Err(Problem::Refused(_)) => {
                    counts.invalid += 1;
                    if let Some(indices) = &mut counts.invalid_indices {
                        indices.push(index);
                    }
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(())
    }

    fn answer(&self, status: StatusCode, counts: &Counts) -> Answer {
        if self.wants_counts { Answer::json(status, counts) } else { Answer::no_content() }
    }
}

/// An entry is a URL, of which only what stands behind its question mark counts, or an object of parameters.
fn entry(value: Value) -> Option<Params> {
    match value {
        Value::String(url) => {
            let url = url.split_once('#').map_or(url.as_str(), |(url, _)| url);
            let (_, query) = url.split_once('?')?;
            (!query.is_empty()).then(|| Params::parse(query.as_bytes()))
        }
        Value::Object(object) => Some(Params::from_json(object)),
        _ => Some(Params::default()),
    }
}

/// How many entries a body holds, for a receiver that only answers.
pub(crate) fn count(body: &[u8]) -> usize {
    #[derive(serde::Deserialize)]
    struct Entries {
        #[serde(default)]
        requests: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Entries>(body).map_or(0, |bulk| bulk.requests.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_bulk() {
        assert!(is_bulk(br#"{"requests":[]}"#) && is_bulk(b"{'requests':[]}") && is_bulk(b" []\n"));
        assert!(!is_bulk(b"idsite=1&rec=1") && !is_bulk(b"") && !is_bulk(br#""requests""#));
    }

    #[test]
    fn entries_without_a_query_are_dropped() {
        let bulk = Bulk::parse(
            br#"{"requests":["?a=1","","idsite=1","/matomo.php?b=2#x",{"c":3}],"token_auth":"t"}"#,
        );
        assert_eq!(bulk.entries.len(), 3);
        assert_eq!(bulk.entries[1].get("b"), Some("2"));
        assert_eq!(bulk.token.as_deref(), Some("t"));
        assert!(bulk.wants_counts);
    }

    #[test]
    fn what_is_no_json_holds_nothing() {
        for body in [&br#"{"requests":["?a=1"#[..], b"[]", b"\xff\xfe\"requests\""] {
            let bulk = Bulk::parse(body);
            assert!(bulk.entries.is_empty() && bulk.wants_counts);
        }
        assert!(!Bulk::parse(br#"{"requests":["?a=1"],"send_image":0}"#).wants_counts);
    }
}
