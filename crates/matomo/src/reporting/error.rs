//! What can go wrong between here and Matomo, each with its remedy. No variant holds a token, a password or a
//! whole URL.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use crate::tls::TlsError;

/// Why a request to Matomo has no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The TLS settings are unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be built: {0}")]
    Setup(String),
    /// The address policy refuses the target.
    #[error(
        "the address {0} may not be contacted from here; allow it in this program's settings, or use another \
         MATOMO_URL"
    )]
    Address(String),
    /// No connection, or one that broke.
    #[error("cannot talk to {host}: {cause}; check the host, the port, the scheme and the network between")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// No answer in time.
    #[error(
        "no answer from {host} within {} s; it is down, overloaded, or a firewall drops the packets",
        limit.as_secs_f64()
    )]
    Timeout {
        /// Host and port.
        host: String,
        /// How long was waited.
        limit: Duration,
    },
    /// An answer of more than the limit.
    #[error("the answer of {host} is larger than {limit} bytes; that is no Matomo")]
    TooLarge {
        /// Host and port.
        host: String,
        /// In bytes.
        limit: usize,
    },
    /// 401: the token is unknown or expired, or has no access to what was asked for.
    #[error(
        "Matomo refuses MATOMO_TOKEN_AUTH: {message}; create a token under Administration > Personal > \
         Security, and give its user access to the site"
    )]
    TokenRefused {
        /// What Matomo said.
        message: String,
    },
    /// Matomo understood and said no.
    #[error("Matomo refused {method}: {message}")]
    Refused {
        /// The method that was called.
        method: String,
        /// What Matomo said.
        message: String,
    },
    /// An answer that is not the Reporting API's.
    #[error(
        "{status} to {method}, but not from Matomo's Reporting API; index.php should lie beside matomo.php"
    )]
    NotTheApi {
        /// The method that was called.
        method: String,
        /// HTTP status.
        status: u16,
    },
}

/// Refused by the address policy; carried through the HTTP client's own error.
#[derive(Debug, thiserror::Error)]
#[error("{name} is at {address}, which may not be contacted")]
pub(super) struct RefusedAddress {
    pub(super) name: String,
    pub(super) address: IpAddr,
}

impl Error {
    /// Reads the HTTP client's error. Its own text would repeat the URL, and with it what may be secret
    /// there.
    pub(super) fn of_request(error: reqwest::Error, host: &str, limit: Duration) -> Error {
        let error = error.without_url();
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<RefusedAddress>() {
                return Error::Address(format!("{} ({})", refused.address, refused.name));
            }
            cause = inner.source();
        }
        if error.is_timeout() {
            return Error::Timeout { host: host.to_owned(), limit };
        }
        Error::Unreachable { host: host.to_owned(), cause: innermost(&error) }
    }
}

/// The last cause is the one that says what happened; those around it say that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
