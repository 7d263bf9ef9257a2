//! Who may ask. A route that wants a key takes a [`Caller`]: it cannot be written without one and forget to check.

mod guesses;
mod key;
mod tickets;

use std::{future::Ready, net::IpAddr};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};

pub use guesses::Guesses;
pub use key::{ApiKey, KeyFileError, load_or_create};
pub use tickets::{TICKET_PROTOCOL_PREFIX, Tickets};

use crate::{
    AppState, client, clock,
    error::{ApiError, Code},
};

/// The header that carries the key.
pub const KEY_HEADER: &str = "x-api-key";

/// Somebody who has shown the key.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Which key; says nothing about the key itself.
    pub key_id: String,
    /// From where.
    pub client: IpAddr,
}

impl Caller {
    /// Checks the key of a request.
    fn of(request: &HttpRequest) -> Result<Caller, ApiError> {
        let state = state(request)?;
        let client = client_of(request, state);
        let Some(given) = request.headers().get(KEY_HEADER) else {
            return Err(ApiError::new(Code::MissingKey, "send your key in the header X-API-Key"));
        };
        let now = clock::instant();
        let counted = client::counted(client);
        // Whoever has guessed too often is not told whether the next guess is right.
        state.guesses.check(counted, now)?;
        if state.key.matches(given.as_bytes()) {
            return Ok(Caller { key_id: state.key.id().to_owned(), client });
        }
        state.guesses.count(counted, now);
        tracing::warn!(target: "audit", %client, path = request.path(), "a wrong key was sent");
        Err(ApiError::new(Code::WrongKey, "this is not the key of this control plane"))
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Caller::of(request))
    }
}

/// Somebody who may open a stream: with the key, or with a ticket, since a browser's WebSocket can send no key.
///
/// The ticket is one of the offered subprotocols. The answer must name the subprotocol that it takes; it is never the
/// ticket's.
#[derive(Debug, Clone)]
pub struct StreamCaller(pub Caller);

impl FromRequest for StreamCaller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(with_ticket(request).unwrap_or_else(|| Caller::of(request)).map(StreamCaller))
    }
}

/// The caller by ticket; `None` when none was offered.
fn with_ticket(request: &HttpRequest) -> Option<Result<Caller, ApiError>> {
    let offered: Vec<&str> = request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let ticket = offered.iter().find_map(|offer| offer.trim().strip_prefix(TICKET_PROTOCOL_PREFIX))?;
    Some(state(request).and_then(|state| {
        if state.tickets.redeem(ticket, clock::instant()) {
            Ok(Caller { key_id: state.key.id().to_owned(), client: client_of(request, state) })
        } else {
            Err(ApiError::new(Code::WrongKey, "the ticket is used up or too old: fetch a new one"))
        }
    }))
}

fn state(request: &HttpRequest) -> Result<&AppState, ApiError> {
    match request.app_data::<Data<AppState>>() {
        Some(state) => Ok(state),
        None => Err(ApiError::internal("the application's state is not registered")),
    }
}

/// The address that a request comes from.
pub(crate) fn client_of(request: &HttpRequest, state: &AppState) -> IpAddr {
    let peer = request.peer_addr().map(|peer| peer.ip());
    client::address(peer, request.headers(), &state.config.trusted_proxies)
}
