//! What the log says when an exchange came to nothing: what happened, what it means for the hit, and the remedy.

use std::io;

/// The request stayed in the connection's buffers.
pub(super) const NOT_TAKEN: &str = "the target did not take the request within the time limit: it is overloaded; \
                                    lower the rate or raise REQUEST_TIMEOUT";

/// The target has the request and is silent.
pub(super) const NO_ANSWER: &str = "no answer within the time limit: the hit may be recorded and is not sent again; \
                                    lower the rate, or raise REQUEST_TIMEOUT if the target is only slow";

/// The answer broke off inside its body.
pub const HALF_AN_ANSWER: &str = "half an answer: the connection broke inside it, so the hit may be recorded and is \
                                  not sent again; look for crashes and limits in the target's error log";

/// The run's end came first.
pub const RUN_ENDED: &str = "the run ended before the answer came: the hit may be recorded; raise GRACE_PERIOD to \
                             wait longer for slow answers";

/// The connection ended where an answer should be.
pub(super) fn no_answer(error: &io::Error) -> String {
    format!(
        "the connection broke before the answer came ({error}): the hit may be recorded and is not sent again; look \
         for crashes and limits in the error log of the target or of a proxy before it"
    )
}

/// The connection ended before it took a byte.
pub(super) fn not_sent(error: &io::Error) -> String {
    format!("the target closed the connection before it took the request ({error}); it is tried again")
}

/// No connection came about in time.
pub(super) fn no_connection(limit_s: f64) -> String {
    format!(
        "no connection within {limit_s} s; is the target up, and does a firewall drop packets on the way to it?"
    )
}
