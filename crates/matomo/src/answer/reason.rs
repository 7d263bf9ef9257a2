//! Why an answer is not an acknowledgement, and what to do about it.

use std::fmt;

/// Why a hit is not known to be recorded. Small and `Copy`, so that the hot path can count by it; its
/// `Display` is a sentence for the operator that names the remedy. The status is kept where it tells cases
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// 400 in Matomo's form: it read the hit and refused it.
    Refused,
    /// 400, but not in Matomo's form.
    BadRequest,
    /// 401 or 403.
    Forbidden(u16),
    /// 404 or 410.
    NotFound(u16),
    /// 3xx.
    Redirect(u16),
    /// 413: the body is larger than the web server takes.
    BodyTooLarge,
    /// 414: the URL is longer than the web server takes.
    UrlTooLong,
    /// Any other 4xx.
    ClientError(u16),
    /// 2xx with something that no tracker answers.
    NotATracker(u16),
    /// 204, which proves nothing.
    NoContent,
    /// 408: the server gave up waiting for the request.
    RequestTimeout,
    /// 429.
    TooManyRequests,
    /// 500 to a bulk body, in Matomo's form: the whole body was rolled back.
    RolledBack,
    /// 503 with the tracking image: Matomo is up, with its statistics switched off.
    StatisticsOff,
    /// 502 or 504: the web server has no answer from PHP.
    Gateway(u16),
    /// Any other 5xx.
    ServerError(u16),
    /// The tracking image in answer to a bulk body: hits are queued, and nobody counts them.
    Queued,
    /// A bulk answer of 200 that does not count.
    NoCounts,
    /// A bulk answer whose counts are all zero.
    NothingCounted,
    /// A bulk answer that counts what was not sent, or calls 200 an error.
    AbsurdCounts,
    /// A status outside of HTTP's classes.
    StrangeStatus(u16),
}

impl Reason {
    /// A short name that never changes: for metrics, JSON and tests.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::BadRequest => "bad_request",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Redirect(_) => "redirect",
            Self::BodyTooLarge => "body_too_large",
            Self::UrlTooLong => "url_too_long",
            Self::ClientError(_) => "client_error",
            Self::NotATracker(_) => "not_a_tracker",
            Self::NoContent => "no_content",
            Self::RequestTimeout => "request_timeout",
            Self::TooManyRequests => "too_many_requests",
            Self::RolledBack => "rolled_back",
            Self::StatisticsOff => "statistics_off",
            Self::Gateway(_) => "gateway",
            Self::ServerError(_) => "server_error",
            Self::Queued => "queued",
            Self::NoCounts => "no_counts",
            Self::NothingCounted => "nothing_counted",
            Self::AbsurdCounts => "absurd_counts",
            Self::StrangeStatus(_) => "strange_status",
        }
    }

    /// What a 4xx says, where the same holds for a single hit and for a bulk body.
    pub(super) fn of_client_error(status: u16) -> Reason {
        match status {
            400 => Self::BadRequest,
            401 | 403 => Self::Forbidden(status),
            404 | 410 => Self::NotFound(status),
            413 => Self::BodyTooLarge,
            414 => Self::UrlTooLong,
            _ => Self::ClientError(status),
        }
    }

    /// What a 5xx without Matomo's own mark says.
    pub(super) fn of_server_error(status: u16) -> Reason {
        match status {
            502 | 504 => Self::Gateway(status),
            _ => Self::ServerError(status),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str(
                "400: Matomo refused the hit; check MATOMO_SITE_ID, and that MATOMO_TOKEN_AUTH has write \
                 access to that site if countries or past dates are sent; a Matomo without its database \
                 answers the same",
            ),
            Self::BadRequest => f.write_str(
                "400, but not as Matomo says it: the address answers but not as a tracker; MATOMO_URL should \
                 end in matomo.php and have the right scheme and port",
            ),
            Self::Forbidden(status) => write!(
                f,
                "{status}: the address answers but lets nobody track; check for a firewall, Basic \
                 authentication or an access rule before Matomo",
            ),
            Self::NotFound(status) => write!(
                f,
                "{status}: the address answers but not as a tracker; MATOMO_URL should end in matomo.php",
            ),
            Self::Redirect(status) => write!(
                f,
                "{status}: the address redirects, and hits do not follow; set MATOMO_URL to the final URL, \
                 often https instead of http",
            ),
            Self::BodyTooLarge => f.write_str(
                "413: the body is larger than the web server takes; lower BULK_SIZE or raise its limit \
                 (nginx: client_max_body_size)",
            ),
            Self::UrlTooLong => {
                f.write_str("414: the URL is too long for the web server; send the hit by POST")
            }
            Self::ClientError(status) => {
                write!(f, "{status}: the address answers but not as a tracker; check MATOMO_URL")
            }
            Self::NotATracker(status) => write!(
                f,
                "{status}, but not a tracker's answer; MATOMO_URL should end in matomo.php, and nothing \
                 before Matomo may answer in its place",
            ),
            Self::NoContent => f.write_str(
                "204: nothing says whether the hit was recorded; a Matomo with its statistics switched off \
                 answers so, as does many another server; check record_statistics and MATOMO_URL",
            ),
            Self::RequestTimeout => {
                f.write_str("408: the server gave up waiting for the request; nothing was recorded")
            }
            Self::TooManyRequests => {
                f.write_str("429: a rate limit before Matomo; lower the rate, or lift the limit for us")
            }
            Self::RolledBack => f.write_str(
                "500 to a bulk body: the database gave up a transaction, usually a deadlock, and nothing of \
                 the body was stored; if it goes on, lower BULK_CONNECTIONS",
            ),
            Self::StatisticsOff => f.write_str(
                "503 with the tracking image: Matomo's statistics are switched off; set record_statistics=1 \
                 in the [Tracker] section of its configuration",
            ),
            Self::Gateway(status) => write!(
                f,
                "{status}: the web server has no answer from PHP; it is down, overloaded, or slower than the \
                 gateway waits",
            ),
            Self::ServerError(status) => write!(f, "{status}: the server failed; its error log says why"),
            Self::Queued => f.write_str(
                "the tracking image in answer to a bulk body: queued tracking is on, so nobody counts what \
                 will be recorded; switch it off or compare with the reports",
            ),
            Self::NoCounts => {
                f.write_str("200 to a bulk body, but it does not say how many hits were recorded")
            }
            Self::NothingCounted => f.write_str(
                "200 to a bulk body, but none of it was counted; Matomo's statistics may be switched off, or \
                 the body was damaged on its way",
            ),
            Self::AbsurdCounts => f.write_str(
                "the answer to a bulk body contradicts what was sent; something before Matomo may answer \
                 in its place",
            ),
            Self::StrangeStatus(status) => {
                write!(f, "{status} is no status of HTTP; check what MATOMO_URL points at")
            }
        }
    }
}
