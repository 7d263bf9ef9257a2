//! Many hits in one JSON body: taken one after another, counted in the answer.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::verdict::Verdict;
use super::{Delivery, Engine};
use crate::answer::Answer;
use crate::params::Params;

/// Whether a body is a bulk: it names `requests`, quoted, anywhere but at its very start.
pub(crate) fn is_bulk(body: &[u8]) -> bool {
    let names = |quoted: &[u8]| body.windows(quoted.len()).position(|window| window == quoted);
    [names(b"\"requests\""), names(b"'requests'")].into_iter().flatten().any(|at| at > 0)
}

#[derive(Debug, Serialize)]
struct Counts {
    status: &'static str,
    tracked: usize,
    invalid: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_indices: Option<Vec<usize>>,
}

pub(super) fn track(engine: &mut Engine, delivery: &Delivery, body: &[u8]) -> Answer {
    let (entries, token, send_image) = parse(body);
    let mut tracked = 0;
    let mut invalid = Vec::new();
    for (index, hit) in entries.iter().enumerate() {
        let token = token.as_deref().or_else(|| hit.text("token_auth"));
        match engine.hit(delivery, hit, token) {
            Verdict::Recorded | Verdict::Ignored(_) => tracked += 1,
            Verdict::Refused(reason) => {
                tracing::debug!(reason, index, "hit of a bulk refused");
                invalid.push(index);
            }
        }
    }
    if !send_image {
        return Answer::no_content();
    }
    let is_super = token.is_some() && token == engine.token;
    let counts = Counts {
        status: "success",
        tracked,
        invalid: invalid.len(),
        invalid_indices: is_super.then_some(invalid),
    };
    Answer::json(StatusCode::OK, &counts)
}

/// The entries, the body's token, and whether an answer is wanted. Anything that is no such JSON holds no entries.
fn parse(body: &[u8]) -> (Vec<Params>, Option<String>, bool) {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(body) else {
        return (Vec::new(), None, true);
    };
    let token =
        object.get("token_auth").and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned);
    let send_image = !matches!(object.get("send_image"), Some(Value::Number(number)) if number.as_i64() == Some(0))
        && object.get("send_image").and_then(Value::as_str) != Some("0");
    let Some(Value::Array(requests)) = object.remove("requests") else {
        return (Vec::new(), token, send_image);
    };
    let entries = requests
        .into_iter()
        .filter_map(|entry| match entry {
            // An entry is a URL, and only what stands behind its question mark counts.
            Value::String(url) => {
                let (_, query) = url.split_once('?')?;
                let query = query.split_once('#').map_or(query, |(query, _)| query);
                (!query.is_empty()).then(|| Params::parse(query.as_bytes()))
            }
            Value::Object(object) => Some(Params::from_json(object)),
            _ => Some(Params::default()),
        })
        .collect();
    (entries, token, send_image)
}

/// How many entries a body holds, for a receiver that only answers.
pub(crate) fn count(body: &[u8]) -> usize {
    #[derive(serde::Deserialize)]
    struct Bulk {
        #[serde(default)]
        requests: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Bulk>(body).map_or(0, |bulk| bulk.requests.len())
}
