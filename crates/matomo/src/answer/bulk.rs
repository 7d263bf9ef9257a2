//! The answer to a bulk body.
//!
//! Only `tracked + invalid = sent` accounts for every hit. Matomo drops entries that it cannot read without
//! counting them, and rolls back the whole body on a fault of the database although it may still report some
//! as tracked.

use serde::Deserialize;

use super::{Reason, starts_as_gif};

/// What is known about the hits of a bulk body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkVerdict {
    /// Matomo counted. The three add up to what was sent.
    Counted {
        /// Recorded.
        acknowledged: u32,
        /// Refused for good.
        refused: u32,
        /// Neither counted as recorded nor as refused.
        unknown: u32,
        /// Which entries were refused, from 0, ascending; told to superusers only, and only when every hit is
        /// accounted for.
        invalid_indices: Option<Vec<u32>>,
    },
    /// Nothing of the body was stored: send the same bytes again, at once and with jitter.
    RolledBack(Reason),
    /// Nothing was recorded, and the body may be sent again.
    Retry(Reason),
    /// Nothing was recorded, and sending the body again would not help.
    Refused(Reason),
    /// Nobody knows of any of the hits. Sending them again could count them twice.
    Unknown(Reason),
}

/// What Matomo writes.
#[derive(Deserialize)]
struct Answer {
    status: String,
    tracked: i64,
    invalid: i64,
    #[serde(default)]
    invalid_indices: Option<Indices>,
}

/// PHP writes a list with gaps as an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Indices {
    List(Vec<u32>),
    Object(std::collections::BTreeMap<String, u32>),
    Unreadable(serde::de::IgnoredAny),
}

/// Reads the answer to a bulk body of `sent` hits.
pub fn bulk(status: u16, body: &[u8], sent: u32) -> BulkVerdict {
    let answer = || serde_json::from_slice::<Answer>(body).ok();
    match status {
        200 => match answer() {
            Some(answer) => answer.verdict(sent),
            None if starts_as_gif(body) => BulkVerdict::Unknown(Reason::Queued),
            None if is_document(body) => BulkVerdict::Refused(Reason::NotATracker(status)),
            None => BulkVerdict::Unknown(Reason::NoCounts),
        },
        204 => BulkVerdict::Unknown(Reason::NoContent),
        201..=299 => BulkVerdict::Refused(Reason::NotATracker(status)),
        300..=399 => BulkVerdict::Refused(Reason::Redirect(status)),
        400 if answer().is_some() => BulkVerdict::Refused(Reason::Refused),
        408 => BulkVerdict::Retry(Reason::RequestTimeout),
        429 => BulkVerdict::Retry(Reason::TooManyRequests),
        400..=499 => BulkVerdict::Refused(Reason::of_client_error(status)),
        500 if answer().is_some() => BulkVerdict::RolledBack(Reason::RolledBack),
        // The gateway gave up; a PHP that was only slow may still finish the body.
        504 => BulkVerdict::Unknown(Reason::Gateway(status)),
        500..=599 => BulkVerdict::Retry(Reason::of_server_error(status)),
        _ => BulkVerdict::Unknown(Reason::StrangeStatus(status)),
    }
}

impl Answer {
    /// The verdict on an answer of status 200.
    fn verdict(self, sent: u32) -> BulkVerdict {
        let (Ok(acknowledged), Ok(refused)) = (u32::try_from(self.tracked), u32::try_from(self.invalid))
        else {
            return BulkVerdict::Unknown(Reason::AbsurdCounts);
        };
        let Some(unknown) = acknowledged.checked_add(refused).and_then(|counted| sent.checked_sub(counted))
        else {
            return BulkVerdict::Unknown(Reason::AbsurdCounts);
        };
        if self.status != "success" {
            return BulkVerdict::Unknown(Reason::AbsurdCounts);
        }
        if unknown == sent && sent > 0 {
            return BulkVerdict::Unknown(Reason::NothingCounted);
        }
        let invalid_indices =
            self.invalid_indices.filter(|_| unknown == 0).and_then(|indices| indices.checked(refused, sent));
        BulkVerdict::Counted { acknowledged, refused, unknown, invalid_indices }
    }
}

impl Indices {
    /// The indices, when they can be those of `refused` different hits out of `sent`.
    fn checked(self, refused: u32, sent: u32) -> Option<Vec<u32>> {
        let mut indices = match self {
            Indices::List(indices) => indices,
            Indices::Object(indices) => indices.into_values().collect(),
            Indices::Unreadable(_) => return None,
        };
        indices.sort_unstable();
        indices.dedup();
        let plausible = indices.len() == refused as usize && indices.last().is_none_or(|last| *last < sent);
        plausible.then_some(indices)
    }
}

/// Whether this is a web page. An error message printed before the counts is not one, and hides whether they
/// were good.
fn is_document(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    [&b"<!doctype"[..], b"<html"]
        .iter()
        .any(|opening| start.get(..opening.len()).is_some_and(|text| text.eq_ignore_ascii_case(opening)))
}
