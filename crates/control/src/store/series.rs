//! The time series of figures, in pieces of time that grow with their age, so that it has a largest size.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::{Store, StoreError};

/// A length of pieces and how long they are kept, both in seconds. Each length is kept longer than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The length of a piece.
    pub resolution_s: i64,
    /// How long pieces are kept.
    pub kept_s: i64,
}

/// All lengths: some 17,000 rows when all are full, about a megabyte.
pub const TIERS: [Tier; 4] = [
    Tier { resolution_s: 10, kept_s: 3 * 3600 },
    Tier { resolution_s: 60, kept_s: 24 * 3600 },
    Tier { resolution_s: 600, kept_s: 30 * 86_400 },
    Tier { resolution_s: 3600, kept_s: 366 * 86_400 },
];

/// A piece of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Piece {
    /// When it begins, in seconds since the Unix epoch.
    pub at: i64,
    /// Visits that were started in it.
    pub visits: u64,
    /// Visits that could not start in time.
    pub skipped: u64,
    /// Hits whose outcome became known in it.
    pub hits: u64,
    /// Those that the target acknowledged.
    pub successes: u64,
    /// All others of them.
    pub failures: u64,
    /// Milliseconds from a request to its answer, by share of requests: the largest that was reported.
    pub latency_ms: Option<[f64; 3]>,
    /// The most requests that were in flight.
    pub in_flight: u64,
    /// The longest that visits were late, in milliseconds.
    pub lag_ms: Option<f64>,
    /// The probed reports, by name.
    pub probes: BTreeMap<String, ProbePiece>,
}

/// How a probed report did in a piece of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProbePiece {
    /// How long it took the last time that it came, in milliseconds; `None` when it did not come in this time.
    pub last_ms: Option<f64>,
    /// How often it did not come.
    pub failed: u64,
}

impl Piece {
    /// Takes in a later piece of the same time.
    pub fn merge(&mut self, other: &Piece) {
        self.visits += other.visits;
        self.skipped += other.skipped;
        self.hits += other.hits;
        self.successes += other.successes;
        self.failures += other.failures;
        self.in_flight = self.in_flight.max(other.in_flight);
        self.lag_ms = larger(self.lag_ms, other.lag_ms);
        self.latency_ms = match (self.latency_ms, other.latency_ms) {
            (Some(these), Some(those)) => Some(std::array::from_fn(|index| these[index].max(those[index]))),
            (these, those) => these.or(those),
        };
        for (name, later) in &other.probes {
            let probe = self.probes.entry(name.clone()).or_default();
            probe.last_ms = later.last_ms.or(probe.last_ms);
            probe.failed += later.failed;
        }
    }
}

fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

impl Store {
    /// Adds a piece of the shortest length to all lengths, and forgets what is too old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_to_series(&self, piece: Piece) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut add = db.prepare_cached(
                "INSERT INTO series (resolution_s, at, visits, hits, successes, failures, latency_p50_ms, latency_p95_ms,
                                     latency_p99_ms, in_flight, lag_ms, skipped)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (resolution_s, at) DO UPDATE SET
                    visits = visits + excluded.visits,
                    skipped = skipped + excluded.skipped,
                    hits = hits + excluded.hits,
                    successes = successes + excluded.successes,
                    failures = failures + excluded.failures,
                    latency_p50_ms = max(ifnull(latency_p50_ms, excluded.latency_p50_ms), ifnull(excluded.latency_p50_ms, latency_p50_ms)),
                    latency_p95_ms = max(ifnull(latency_p95_ms, excluded.latency_p95_ms), ifnull(excluded.latency_p95_ms, latency_p95_ms)),
                    latency_p99_ms = max(ifnull(latency_p99_ms, excluded.latency_p99_ms), ifnull(excluded.latency_p99_ms, latency_p99_ms)),
                    in_flight = max(in_flight, excluded.in_flight),
                    lag_ms = max(ifnull(lag_ms, excluded.lag_ms), ifnull(excluded.lag_ms, lag_ms))",
            )?;
            let mut add_probe = db.prepare_cached(
                "INSERT INTO series_probes VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (resolution_s, at, name) DO UPDATE SET
                    last_ms = ifnull(excluded.last_ms, last_ms),
                    failed = failed + excluded.failed",
            )?;
            let mut forget = db.prepare_cached("DELETE FROM series WHERE resolution_s = ?1 AND at < ?2")?;
            let mut forget_probes =
                db.prepare_cached("DELETE FROM series_probes WHERE resolution_s = ?1 AND at < ?2")?;
            let latency = |index: usize| piece.latency_ms.map(|latency| latency[index]);
            for Tier { resolution_s, kept_s } in TIERS {
                let at = piece.at - piece.at.rem_euclid(resolution_s);
                add.execute(params![
                    resolution_s,
                    at,
                    whole(piece.visits),
                    whole(piece.hits),
                    whole(piece.successes),
                    whole(piece.failures),
                    latency(0),
                    latency(1),
                    latency(2),
                    whole(piece.in_flight),
                    piece.lag_ms,
                    whole(piece.skipped)
                ])?;
                for (name, probe) in &piece.probes {
                    add_probe.execute(params![resolution_s, at, name, probe.last_ms, whole(probe.failed)])?;
                }
                forget.execute([resolution_s, piece.at - kept_s])?;
                forget_probes.execute([resolution_s, piece.at - kept_s])?;
            }
            Ok(())
        })
        .await
    }

    /// The pieces of one length that begin at or after a moment, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn series(&self, resolution_s: i64, from: i64) -> Result<Vec<Piece>, StoreError> {
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT at, visits, hits, successes, failures, latency_p50_ms, latency_p95_ms, latency_p99_ms, in_flight,
                        lag_ms, skipped
                 FROM series WHERE resolution_s = ?1 AND at >= ?2 ORDER BY at",
            )?;
            let mut pieces: Vec<Piece> =
                select.query_map([resolution_s, from], piece)?.collect::<Result<_, _>>()?;
            add_probes(db, resolution_s, from, &mut pieces)?;
            Ok(pieces)
        })
        .await
    }
}

/// Puts the probes into the pieces that they belong to.
fn add_probes(db: &Connection, resolution_s: i64, from: i64, pieces: &mut [Piece]) -> Result<(), StoreError> {
    let mut select = db.prepare_cached(
        "SELECT at, name, last_ms, failed FROM series_probes WHERE resolution_s = ?1 AND at >= ?2 ORDER BY at",
    )?;
    let mut rows = select.query([resolution_s, from])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(0)?;
        if let Ok(index) = pieces.binary_search_by_key(&at, |piece| piece.at) {
            let probe = ProbePiece { last_ms: row.get(2)?, failed: row.get::<_, i64>(3)?.unsigned_abs() };
            pieces[index].probes.insert(row.get(1)?, probe);
        }
    }
    Ok(())
}

/// A count as SQLite has it.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn piece(row: &Row) -> rusqlite::Result<Piece> {
    let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
    let latency: [Option<f64>; 3] = [row.get(5)?, row.get(6)?, row.get(7)?];
    Ok(Piece {
        at: row.get(0)?,
        visits: count(1)?,
        hits: count(2)?,
        successes: count(3)?,
        failures: count(4)?,
        latency_ms: match latency {
            [Some(p50), Some(p95), Some(p99)] => Some([p50, p95, p99]),
            _ => None,
        },
        in_flight: count(8)?,
        lag_ms: row.get(9)?,
        skipped: count(10)?,
        probes: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece_at(at: i64, visits: u64, latency_ms: Option<[f64; 3]>) -> Piece {
        Piece {
            at,
            visits,
            hits: 2 * visits,
            successes: visits,
            failures: visits,
            latency_ms,
            in_flight: 3,
            ..Piece::default()
        }
    }

    #[tokio::test]
    async fn probes_keep_their_last_duration_and_count_what_failed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db")).unwrap();
        for (at, last_ms, failed) in [(600, Some(10.0), 0), (610, Some(30.0), 1), (620, None, 2)] {
            let probes = BTreeMap::from([("pages".to_owned(), ProbePiece { last_ms, failed })]);
            store.add_to_series(Piece { skipped: 2, probes, ..piece_at(at, 1, None) }).await.unwrap();
        }
        store.add_to_series(piece_at(630, 1, None)).await.unwrap();
        let minute = store.series(60, 0).await.unwrap().remove(0);
        assert_eq!(minute.probes["pages"], ProbePiece { last_ms: Some(30.0), failed: 3 });
        assert_eq!(minute.skipped, 6);
        let fine = store.series(10, 610).await.unwrap();
        assert_eq!(fine[1].probes["pages"], ProbePiece { last_ms: None, failed: 2 });
        assert!(fine[2].probes.is_empty());
    }

    #[tokio::test]
    async fn pieces_add_up_in_every_length() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db")).unwrap();
        for (at, visits) in [(600, 1), (610, 2), (610, 3), (1190, 4), (1200, 5)] {
            let latency = (visits != 4).then_some([visits as f64, 20.0, 30.0]);
            store.add_to_series(piece_at(at, visits, latency)).await.unwrap();
        }
        let visits =
            |pieces: Vec<Piece>| pieces.iter().map(|piece| (piece.at, piece.visits)).collect::<Vec<_>>();
        assert_eq!(visits(store.series(10, 610).await.unwrap()), [(610, 5), (1190, 4), (1200, 5)]);
        assert_eq!(visits(store.series(60, 0).await.unwrap()), [(600, 6), (1140, 4), (1200, 5)]);
        let coarse = store.series(600, 0).await.unwrap();
        assert_eq!(coarse[0].latency_ms, Some([3.0, 20.0, 30.0]));
        assert_eq!(visits(coarse), [(600, 10), (1200, 5)]);
    }

    #[tokio::test]
    async fn the_series_has_a_largest_size() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db")).unwrap();
        for at in (0..400_000).step_by(1000) {
            store.add_to_series(piece_at(at, 1, None)).await.unwrap();
        }
        let oldest = store.series(10, 0).await.unwrap()[0].at;
        assert!(oldest >= 399_000 - TIERS[0].kept_s, "{oldest}");
        let all = store.series(3600, 0).await.unwrap();
        assert_eq!(all.iter().map(|piece| piece.visits).sum::<u64>(), 400);
    }
}
