//! Hits that leave nothing behind.
//!
//! Matomo looks at a hit in this order: does the site exist, may the sender override what the hit overrides,
//! is the visitor to be left out, is there a visit to add to. A probe is stopped at the third step and again
//! at the fourth, so that its answer tells about the first two and nothing is recorded: it names itself a
//! robot and a preview, and it is a `ping`, which only ever lengthens a visit, of a visitor who has none.

use reqwest::header::{HeaderValue, USER_AGENT};
use serde::Serialize;

use super::{Answer, Client, Error, LARGEST_ANSWER};
use crate::answer::{Reason, Verdict, single};

/// A robot by the rule that every list of robots ends with: a name with "bot" at its end.
const ROBOT: HeaderValue = HeaderValue::from_static(concat!(
    "Mozilla/5.0 (compatible; TrafficinatorBot/",
    env!("CARGO_PKG_VERSION"),
    "; connection test)"
));

/// Above every site that exists, and above 9,999,999: there Matomo keeps no note of the failure for its
/// administrators.
pub(super) const NO_SITE: u64 = i32::MAX as u64;

/// What came back.
pub(super) struct Probed {
    pub(super) status: u16,
    pub(super) verdict: Verdict,
}

impl Probed {
    pub(super) fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Acknowledged
    }

    /// Refused in Matomo's own form.
    pub(super) fn is_refused(&self) -> bool {
        self.verdict == Verdict::Refused(Reason::Refused)
    }
}

/// What a probe tries to do.
#[derive(Clone, Copy)]
pub(super) enum Attempt {
    /// Nothing but to be taken.
    Plain,
    /// To say from which country the visitor comes.
    Country,
    /// To have happened at this Unix time.
    Date(i64),
}

#[derive(Serialize)]
struct Query {
    idsite: u64,
    rec: u8,
    apiv: u8,
    ping: u8,
    cid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cdt: Option<i64>,
}

impl Client {
    /// Sends a probe: by POST when the token goes with it, else by GET, as hits go. `visitor` is an id nobody
    /// has.
    pub(super) async fn probe(
        &self,
        site_id: u64,
        visitor: u64,
        attempt: Attempt,
        with_token: bool,
    ) -> Result<Probed, Error> {
        let query = Query {
            idsite: site_id,
            rec: 1,
            apiv: 1,
            ping: 1,
            cid: format!("{visitor:016x}"),
            country: matches!(attempt, Attempt::Country).then_some("de"),
            cdt: if let Attempt::Date(time) = attempt { Some(time) } else { None },
        };
        let request = if with_token {
            self.with_token(self.http.post(self.tracker.clone()), &query)
        } else {
            self.http.get(self.tracker.clone()).query(&query)
        };
        let request = request.header(USER_AGENT, ROBOT).header("X-Purpose", "preview");
        let answer = self.receive(request, LARGEST_ANSWER).await?;
        let verdict = single(answer.status, answer.content_type(), &answer.body);
        Ok(Probed { status: answer.status, verdict })
    }

    /// Whether the tracker, asked without any parameter, says whose it is.
    pub(super) async fn introduces_itself(&self) -> bool {
        let answer = self.receive(self.http.get(self.tracker.clone()), LARGEST_ANSWER).await;
        answer.is_ok_and(|Answer { status, body, .. }| {
            let text = String::from_utf8_lossy(&body[..body.len().min(2000)]).to_lowercase();
            // Matomo's own notice is two sentences; a page that merely mentions it, an article or a login
            // form, is not.
            status == 200 && body.len() < 2000 && (text.contains("matomo") || text.contains("piwik"))
        })
    }
}
