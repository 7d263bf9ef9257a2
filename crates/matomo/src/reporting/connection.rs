//! Whether an address is a Matomo, and what may be done there: asked without leaving a visit in its reports.

use std::time::Duration;

use super::probe::{Attempt, NO_SITE, Probed};
use super::{Access, Client, Error, Site};
use crate::answer::{Reason, Verdict};

/// Matomo takes a date without a token for a day, by its defaults; two leave no doubt.
const OLD_S: i64 = 2 * 86_400;

/// What a connection test found. Nothing in it repeats the token.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConnectionReport {
    /// Something answered.
    pub reachable: bool,
    /// HTTP status of the first answer.
    pub status_code: Option<u16>,
    /// From the first request to its answer, connecting included.
    pub response_time: Option<Duration>,
    /// It behaves as Matomo does, which no other server does by chance.
    pub is_matomo: bool,
    /// The tracker takes hits for the site.
    pub accepts_hits: bool,
    /// Matomo's version; told only to those who may read reports.
    pub version: Option<String>,
    /// The token is good for something; `None` without a token, or when nothing there could tell.
    pub token_valid: Option<bool>,
    /// What the Reporting API tells about the site; only to those who may read its reports.
    pub site: Option<Site>,
    /// Hits may say where their visitor is.
    pub may_override_country: Option<bool>,
    /// Hits may lie more than a day in the past.
    pub may_send_old_dates: Option<bool>,
    /// What makes the target unusable, each with its remedy.
    pub errors: Vec<String>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

impl ConnectionReport {
    /// Hits would be recorded.
    pub fn success(&self) -> bool {
        self.errors.is_empty()
    }

    /// The site's name.
    pub fn site_name(&self) -> Option<&str> {
        self.site.as_ref().map(|site| site.name.as_str())
    }
}

/// The answers to everything that is asked once the address is known to answer.
struct Answers {
    first: Probed,
    /// A hit for a site that does not exist: a Matomo refuses it, a server that answers anything does not.
    no_site: Result<Probed, Error>,
    country: Right,
    old_date: Right,
    version: Result<String, Error>,
    site: Result<Site, Error>,
}

/// The same attempt without the token and with it.
struct Right {
    without: Result<Probed, Error>,
    with: Option<Result<Probed, Error>>,
}

/// Tests the connection to `client`'s Matomo for the site `site_id`.
///
/// `now_unix_s` is the present in seconds since 1970 UTC; `clock` reads any monotonic clock, for the response
/// time.
///
/// It takes at most seven times the client's timeout: one for whether anybody is there, one for all further
/// questions together, and the others only when something is wrong.
pub async fn check_connection(
    client: &Client,
    site_id: u64,
    now_unix_s: i64,
    clock: &(dyn Fn() -> Duration + Sync),
) -> ConnectionReport {
    let mut report = ConnectionReport::default();
    // Any id that no visitor has will do. An odd factor spreads the seconds over all 64 bits.
    let visitor = now_unix_s.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);

    let started = clock();
    let first = match client.probe(site_id, visitor, Attempt::Plain, false).await {
        Ok(first) => first,
        Err(error) => {
            report.errors.push(error.to_string());
            return report;
        }
    };
    report.response_time = Some(clock().saturating_sub(started));
    report.reachable = true;
    report.status_code = Some(first.status);

    let (no_site, country, old_date, version, site) = tokio::join!(
        client.probe(NO_SITE, visitor, Attempt::Plain, false),
        client.right(site_id, visitor, Attempt::Country),
        client.right(site_id, visitor, Attempt::Date(now_unix_s - OLD_S)),
        client.matomo_version(),
        client.site(site_id),
    );
    let answers = Answers { first, no_site, country, old_date, version, site };

    report.is_matomo = answers.are_matomos() || client.introduces_itself().await;
    report.accepts_hits = report.is_matomo && answers.first.is_accepted();
    report.judge_tracker(site_id, &answers);
    report.judge_token(client, site_id, &answers).await;
    report.version = answers.version.ok();
    report.site = answers.site.ok();
    report
}

impl Client {
    async fn right(&self, site_id: u64, visitor: u64, attempt: Attempt) -> Right {
        let with = async {
            match self.token {
                Some(_) => Some(self.probe(site_id, visitor, attempt, true).await),
                None => None,
            }
        };
        let (without, with) = tokio::join!(self.probe(site_id, visitor, attempt, false), with);
        Right { without, with }
    }
}

impl Answers {
    /// Whether anything in them is a Matomo's own.
    fn are_matomos(&self) -> bool {
        self.version.is_ok()
            || self.checks_sites()
            || self.first.verdict == Verdict::Retry(Reason::StatisticsOff)
    }

    /// Whether hits are read before they are answered.
    fn checks_sites(&self) -> bool {
        matches!(&self.no_site, Ok(probed) if probed.is_refused())
    }
}

impl Right {
    /// Whether we have it; `None` when the answers do not say.
    fn granted(&self, checks_hits: bool) -> Option<bool> {
        let decisive = self.with.as_ref().unwrap_or(&self.without).as_ref().ok()?;
        if decisive.is_refused() {
            return Some(false);
        }
        // From a server that takes anything, taking it means nothing.
        (checks_hits && decisive.is_accepted()).then_some(true)
    }

    /// Whether it is the token that gives it.
    fn proves_token(&self) -> bool {
        match (&self.without, &self.with) {
            (Ok(without), Some(Ok(with))) => without.is_refused() && with.is_accepted(),
            _ => false,
        }
    }
}

impl ConnectionReport {
    fn judge_tracker(&mut self, site_id: u64, answers: &Answers) {
        match answers.first.verdict {
            Verdict::Acknowledged if answers.checks_sites() => {}
            Verdict::Acknowledged if self.is_matomo => self.warnings.push(
                "the tracker takes hits even for a site that does not exist: queued tracking is on, or a \
                 cache stands before Matomo; an acknowledged hit may still not be recorded"
                    .to_owned(),
            ),
            Verdict::Acknowledged => self.errors.push(
                "the address answers every hit with an image, even for a site that does not exist: it is not \
                 a Matomo; set MATOMO_URL to your Matomo's matomo.php"
                    .to_owned(),
            ),
            Verdict::Refused(Reason::Refused) if answers.site.is_ok() => self.errors.push(format!(
                "Matomo knows site {site_id}, but its tracker refuses hits for it; its database may be down \
                 or the tracker's cache stale; see Matomo's own log"
            )),
            Verdict::Refused(Reason::Refused) => self.errors.push(format!(
                "Matomo refuses hits for site {site_id}: there is no such site, or its database is down; set \
                 MATOMO_SITE_ID to a number listed under Administration > Measurables"
            )),
            Verdict::Refused(reason) | Verdict::Retry(reason) | Verdict::Unknown(reason) => {
                self.errors.push(reason.to_string());
            }
        }
    }

    async fn judge_token(&mut self, client: &Client, site_id: u64, answers: &Answers) {
        let checks_hits = answers.checks_sites() && answers.first.is_accepted();
        self.may_override_country = answers.country.granted(checks_hits);
        self.may_send_old_dates = answers.old_date.granted(checks_hits);
        if client.token.is_none() {
            return;
        }
        let proven = answers.country.proves_token() || answers.old_date.proves_token();
        self.token_valid = match &answers.version {
            _ if proven => Some(true),
            Ok(_) => Some(true),
            Err(Error::TokenRefused { .. }) => Some(false),
            Err(_) => None,
        };
        if self.token_valid == Some(false) {
            self.errors.extend(answers.version.as_ref().err().map(Error::to_string));
        } else if self.may_override_country == Some(false) || self.may_send_old_dates == Some(false) {
            let has = match client.access(site_id).await {
                Ok(Access::None) => "has no access to",
                Ok(Access::View) => "may only view",
                _ => "has no write access to",
            };
            self.errors.push(format!(
                "MATOMO_TOKEN_AUTH {has} site {site_id}, so that hits with a country or a past date would be \
                 refused; give its user write access there, or leave the token, RANDOMIZE_VISITOR_COUNTRIES \
                 and backfills out"
            ));
        }
    }
}
