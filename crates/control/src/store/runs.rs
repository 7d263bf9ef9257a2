//! What is said of runs: notes, proofs, verifications. The runs themselves lie in folders of the load generator's.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError, from_text, moment};
use crate::runs::Verification;

/// How many proofs are kept whole; of older ones only the summary is.
const MOST_WHOLE: i64 = 200;

/// All that is said of a run in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The note.
    pub note: String,
    /// When the last proof was made, and whether nothing was left unexplained.
    pub proof: Option<(Timestamp, bool)>,
}

/// A proof as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptProof {
    /// When it was made.
    pub made_at: Timestamp,
    /// Nothing was left unexplained.
    pub proved: bool,
    /// What is shown of it.
    pub summary: serde_json::Value,
    /// All of it, as JSON; `None` when it is too long ago.
    pub whole: Option<String>,
}

impl Store {
    /// What is said of all runs of which anything is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn said_of_runs(&self) -> Result<HashMap<String, Said>, StoreError> {
        self.read(|db| {
            let mut all: HashMap<String, Said> = HashMap::new();
            let mut notes = db.prepare_cached("SELECT run, note FROM notes")?;
            for row in notes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
                let (run, note): (String, String) = row?;
                all.entry(run).or_default().note = note;
            }
            let mut proofs = db.prepare_cached("SELECT run, made_at, proved FROM proofs")?;
            for row in proofs.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))? {
                let (run, made_at, proved): (String, String, bool) = row?;
                all.entry(run).or_default().proof = Some((moment("proofs.made_at", &made_at)?, proved));
            }
            Ok(all)
        })
        .await
    }

    /// Keeps a note; an empty one is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_note(&self, run: String, note: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            if note.is_empty() {
                db.prepare_cached("DELETE FROM notes WHERE run = ?1")?.execute([run])?;
            } else {
                db.prepare_cached(
                    "INSERT INTO notes VALUES (?1, ?2, ?3)
                     ON CONFLICT (run) DO UPDATE SET note = excluded.note, updated_at = excluded.updated_at",
                )?
                .execute(params![run, note, now.to_string()])?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps the last proof of a run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_proof(&self, run: String, proof: KeptProof) -> Result<(), StoreError> {
        self.write(move |db| {
            let KeptProof { made_at, proved, summary, whole } = proof;
            db.prepare_cached("INSERT OR REPLACE INTO proofs VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![run, made_at.to_string(), proved, summary.to_string(), whole])?;
            db.prepare_cached(
                "UPDATE proofs SET proof = NULL WHERE proof IS NOT NULL AND run NOT IN
                    (SELECT run FROM proofs WHERE proof IS NOT NULL ORDER BY made_at DESC LIMIT ?1)",
            )?
            .execute([MOST_WHOLE])?;
            Ok(())
        })
        .await
    }

    /// The last proof of a run that was made here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proof(&self, run: String) -> Result<Option<KeptProof>, StoreError> {
        self.read(move |db| {
            let row = db
                .prepare_cached("SELECT made_at, proved, summary, proof FROM proofs WHERE run = ?1")?
                .query_row([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            let Some(row) = row else { return Ok(None) };
            let (made_at, proved, summary, whole): (String, bool, String, Option<String>) = row;
            Ok(Some(KeptProof {
                made_at: moment("proofs.made_at", &made_at)?,
                proved,
                summary: from_text("proofs.summary", &summary)?,
                whole,
            }))
        })
        .await
    }

    /// Writes down how a verification stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_verification(&self, run: String, now: Verification) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("INSERT OR REPLACE INTO verifications VALUES (?1, ?2, ?3)")?
                .execute(params![run, now.is_active(), to_text(&now)])?;
            Ok(())
        })
        .await
    }

    /// The last verification of a run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verification(&self, run: String) -> Result<Option<Verification>, StoreError> {
        self.read(move |db| {
            let record: Option<String> = db
                .prepare_cached("SELECT record FROM verifications WHERE run = ?1")?
                .query_row([run], |row| row.get(0))
                .optional()?;
            record.map(|record| from_text("verifications.record", &record)).transpose()
        })
        .await
    }

    /// The verifications that an earlier process has left under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_verifications(&self) -> Result<Vec<(String, Verification)>, StoreError> {
        self.read(|db| {
            let mut select =
                db.prepare_cached("SELECT run, record FROM verifications WHERE active = 1 ORDER BY run")?;
            let rows: Vec<(String, String)> =
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            let read = |(run, record): (String, String)| {
                Ok::<_, StoreError>((run, from_text("verifications.record", &record)?))
            };
            rows.into_iter().map(read).collect()
        })
        .await
    }
}

fn to_text(verification: &Verification) -> String {
    serde_json::to_string(verification).expect("a verification is a tree with text keys")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn proof_of(second: i64) -> KeptProof {
        KeptProof {
            made_at: Timestamp::from_second(second).unwrap(),
            proved: second % 2 == 0,
            summary: json!({ "made_at": second }),
            whole: Some("{}".to_owned()),
        }
    }

    #[tokio::test]
    async fn of_proofs_long_ago_the_summary_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db")).unwrap();
        for second in 0..MOST_WHOLE + 3 {
            store.keep_proof(format!("run-{second}"), proof_of(second)).await.unwrap();
        }
        let first = store.proof("run-0".to_owned()).await.unwrap().unwrap();
        assert_eq!((first.whole.as_deref(), first.summary), (None, json!({ "made_at": 0 })));
        let last = store.proof(format!("run-{}", MOST_WHOLE + 2)).await.unwrap().unwrap();
        assert_eq!(last.whole.as_deref(), Some("{}"));
        let said = store.said_of_runs().await.unwrap();
        assert_eq!(said.len(), usize::try_from(MOST_WHOLE).unwrap() + 3);
        assert_eq!(said["run-1"].proof, Some((Timestamp::from_second(1).unwrap(), false)));
    }

    #[tokio::test]
    async fn an_empty_note_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db")).unwrap();
        for (note, kept) in [("one", 1), ("two", 1), ("", 0)] {
            store.set_note("run".to_owned(), note.to_owned(), Timestamp::UNIX_EPOCH).await.unwrap();
            let said = store.said_of_runs().await.unwrap();
            assert_eq!(said.len(), kept);
            assert_eq!(said.get("run").map_or("", |said| said.note.as_str()), note);
        }
    }
}
