//! Slows whoever guesses keys: after a handful of wrong ones a client waits, and while it waits no key is looked at.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::error::ApiError;

/// Wrong keys that a client may send in a row.
const BURST: u32 = 10;
/// After that, one more in this time.
const PERIOD: Duration = Duration::from_secs(6);
/// Clients that are remembered. Beyond them those are forgotten who have waited the longest.
const MOST_CLIENTS: usize = 10_000;

/// The wrong keys of every client of late.
///
/// For each client one moment is kept: when its last wrong key will have been waited for. A wrong key moves it on by
/// [`PERIOD`], and it may lie at most `BURST` periods ahead.
#[derive(Debug, Default)]
pub struct Guesses {
    until: Mutex<HashMap<IpAddr, Instant>>,
}

impl Guesses {
    /// Whether a key of this client may be looked at.
    ///
    /// # Errors
    /// 429 when it has sent too many wrong ones.
    pub fn check(&self, client: IpAddr, now: Instant) -> Result<(), ApiError> {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = until.get(&client).map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let wait = ahead.saturating_sub(PERIOD * (BURST - 1));
        if wait.is_zero() {
            return Ok(());
        }
        let seconds = wait.as_secs_f64().ceil() as u64;
        Err(ApiError::rate_limited(
            "too many wrong keys came from your address: wait before the next",
            seconds,
        ))
    }

    /// Counts a wrong key.
    pub fn count(&self, client: IpAddr, now: Instant) {
        let mut clients = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MOST_CLIENTS && !clients.contains_key(&client) {
            clients.retain(|_, until| *until > now);
            if clients.len() >= MOST_CLIENTS
                && let Some(oldest) =
                    clients.iter().min_by_key(|(_, until)| **until).map(|(client, _)| *client)
            {
                clients.remove(&oldest);
            }
        }
        let until = clients.entry(client).or_insert(now);
        *until = (*until).max(now) + PERIOD;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn after_the_burst_a_client_waits_and_then_has_one_more_guess() {
        let (guesses, start) = (Guesses::default(), clock::instant());
        for _ in 0..BURST {
            guesses.check(HERE, start).unwrap();
            guesses.count(HERE, start);
        }
        assert!(guesses.check(HERE, start).is_err());
        assert!(guesses.check(HERE, start + PERIOD / 2).is_err());
        guesses.check(HERE, start + PERIOD).unwrap();
        guesses.count(HERE, start + PERIOD);
        assert!(guesses.check(HERE, start + PERIOD).is_err());
        guesses.check(HERE, start + PERIOD * (BURST + 1)).unwrap();
    }

    #[test]
    fn others_do_not_wait() {
        let (guesses, start) = (Guesses::default(), clock::instant());
        (0..BURST).for_each(|_| guesses.count(HERE, start));
        guesses.check("192.0.2.1".parse().unwrap(), start).unwrap();
    }

    #[test]
    fn the_memory_is_bounded() {
        let (guesses, start) = (Guesses::default(), clock::instant());
        for number in 0..MOST_CLIENTS as u32 + 100 {
            guesses.count(std::net::Ipv4Addr::from(number).into(), start);
        }
        assert_eq!(guesses.until.lock().unwrap().len(), MOST_CLIENTS);
    }
}
