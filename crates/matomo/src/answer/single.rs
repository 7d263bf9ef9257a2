//! The answer to a hit that was sent alone.

use super::{Reason, is_tracking_image};

/// What is known about a hit that was sent alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Matomo took it.
    Acknowledged,
    /// It is not recorded, and sending it again would not help.
    Refused(Reason),
    /// It is not recorded, and may be sent again.
    Retry(Reason),
    /// Nobody knows. Sending it again could count it twice.
    Unknown(Reason),
}

/// Reads the answer to one hit.
///
/// A 504 is unknown: the gateway gave up, and a PHP that was only slow may still finish what it began.
pub fn single(status: u16, content_type: Option<&[u8]>, body: &[u8]) -> Verdict {
    let image = is_tracking_image(content_type, body);
    match status {
        200 if image => Verdict::Acknowledged,
        204 => Verdict::Unknown(Reason::NoContent),
        200..=299 => Verdict::Refused(Reason::NotATracker(status)),
        300..=399 => Verdict::Refused(Reason::Redirect(status)),
        400 if image => Verdict::Refused(Reason::Refused),
        408 => Verdict::Retry(Reason::RequestTimeout),
        429 => Verdict::Retry(Reason::TooManyRequests),
        400..=499 => Verdict::Refused(Reason::of_client_error(status)),
        503 if image => Verdict::Retry(Reason::StatisticsOff),
        504 => Verdict::Unknown(Reason::Gateway(status)),
        500..=599 => Verdict::Retry(Reason::of_server_error(status)),
        _ => Verdict::Unknown(Reason::StrangeStatus(status)),
    }
}
