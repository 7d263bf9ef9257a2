//! How fast requests may go out, and how long to wait before one goes out again.

use std::time::Duration;

use rand::RngExt as _;
use rand_pcg::Pcg32;

/// A hard ceiling on requests per second (`MAX_REQUESTS_PER_SECOND`, `BACKFILL_RPS_LIMIT`): equal gaps, no bursts.
#[derive(Debug)]
pub struct Ceiling {
    gap_us: f64,
    next_us: f64,
}

impl Ceiling {
    /// `None` = no ceiling.
    pub fn new(per_second: Option<f64>) -> Option<Self> {
        per_second.map(|rate| Self { gap_us: 1e6 / rate, next_us: 0.0 })
    }

    /// Takes a place now, or says when the next one is free (Unix microseconds).
    ///
    /// # Errors
    /// The moment of the next free place.
    pub fn take(&mut self, now_us: i64) -> Result<(), i64> {
        let now = now_us as f64;
        if now < self.next_us {
            return Err(self.next_us.ceil() as i64);
        }
        // A place that nobody took is gone, save for the part of a gap by which timers are late.
        self.next_us = (self.next_us + self.gap_us).max(now - self.gap_us.max(2_000.0) + self.gap_us);
        Ok(())
    }

    /// When the next place is free.
    pub fn free_at_us(&self) -> i64 {
        self.next_us.ceil() as i64
    }
}

/// Waits between attempts: doubling from a quarter of a second to ten, each cut to 50..100% by chance so that
/// many hits that failed together do not come back together. A target's own `Retry-After` is honoured instead.
#[derive(Debug)]
pub struct Backoff {
    random: Pcg32,
}

/// `Retry-After` beyond this is not waited for: the attempt is spent and the hit tries again.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl Backoff {
    /// Jitter needs no replay, only to differ between processes.
    pub fn new(seed: u64) -> Self {
        Self { random: Pcg32::new(seed, 0x0a02_bdbf_7bb3_c0a7) }
    }

    /// How long to wait after attempt number `attempt` (0 = the first) failed.
    pub fn wait(&mut self, attempt: u8, retry_after: Option<Duration>) -> Duration {
        if let Some(asked) = retry_after {
            return asked.min(LONGEST_WAIT) + self.jitter(Duration::from_millis(250));
        }
        let full = Duration::from_millis(250 << attempt.min(6)).min(Duration::from_secs(10));
        full / 2 + self.jitter(full / 2)
    }

    /// A chance wait up to `most`.
    pub fn jitter(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.random.random::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_admits_exactly_its_rate_over_time() {
        let mut ceiling = Ceiling::new(Some(250.0)).unwrap();
        let mut admitted = 0;
        let mut now = 1_000_000;
        while now < 11_000_000 {
            match ceiling.take(now) {
                Ok(()) => admitted += 1,
                Err(at) => now = at.max(now + 1_000),
            }
        }
        assert!((2_490..=2_510).contains(&admitted), "{admitted} in ten seconds at 250 a second");
    }

    #[test]
    fn unused_places_are_not_saved_up_for_a_burst() {
        let mut ceiling = Ceiling::new(Some(10.0)).unwrap();
        ceiling.take(0).unwrap();
        let burst = (0..100).filter(|_| ceiling.take(60_000_000).is_ok()).count();
        assert!(burst <= 2, "{burst} at once after a minute of silence");
    }

    #[test]
    fn waits_grow_and_retry_after_is_honoured() {
        let mut backoff = Backoff::new(1);
        assert!(backoff.wait(0, None) <= Duration::from_millis(250));
        assert!(backoff.wait(20, None) >= Duration::from_secs(5));
        let asked = backoff.wait(0, Some(Duration::from_secs(7)));
        assert!(asked >= Duration::from_secs(7) && asked < Duration::from_secs(8));
        assert!(backoff.wait(0, Some(Duration::from_hours(24))) < Duration::from_secs(61));
    }
}
