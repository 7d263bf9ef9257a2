//! One-time tickets for streams: a browser's WebSocket can send no key, and a key does not belong into an address.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

/// What stands before the ticket in the list of offered subprotocols.
pub const TICKET_PROTOCOL_PREFIX: &str = "ticket.";

/// How long a ticket is good.
const LIFETIME: Duration = Duration::from_secs(30);
/// Tickets that wait to be used; the oldest go first.
const MOST: usize = 1000;

/// Tickets that were given out and not used, by digest, with the moment they lapse.
#[derive(Debug, Default)]
pub struct Tickets {
    open: Mutex<HashMap<[u8; 32], Instant>>,
}

impl Tickets {
    /// How long a ticket is good, in seconds.
    pub const LIFETIME_S: u64 = LIFETIME.as_secs();

    /// A new ticket: 32 hexadecimal digits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn issue(&self, now: Instant) -> Result<String, ApiError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
        let ticket = HEXLOWER.encode(&bytes);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, until| *until > now);
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, until)| **until).map(|(digest, _)| *digest)
        {
            open.remove(&oldest);
        }
        open.insert(digest(&ticket), now + LIFETIME);
        Ok(ticket)
    }

    /// Uses a ticket up; whether it was good. Looking it up by digest keeps the time from telling how near a guess was.
    pub fn redeem(&self, ticket: &str, now: Instant) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&digest(ticket)).is_some_and(|until| until > now)
    }
}

fn digest(ticket: &str) -> [u8; 32] {
    Sha256::digest(ticket.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_ticket_is_good_once_and_not_for_long() {
        let (tickets, now) = (Tickets::default(), clock::instant());
        let ticket = tickets.issue(now).unwrap();
        assert!(!tickets.redeem("0123", now));
        assert!(tickets.redeem(&ticket, now));
        assert!(!tickets.redeem(&ticket, now));
        let late = tickets.issue(now).unwrap();
        assert!(!tickets.redeem(&late, now + LIFETIME));
    }

    #[test]
    fn unused_tickets_do_not_pile_up() {
        let (tickets, now) = (Tickets::default(), clock::instant());
        let first = tickets.issue(now).unwrap();
        for number in 1..=MOST as u64 {
            tickets.issue(now + Duration::from_millis(number)).unwrap();
        }
        assert_eq!(tickets.open.lock().unwrap().len(), MOST);
        assert!(!tickets.redeem(&first, now));
    }
}
