//! The one-off backfills, those that run and those that ran.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{Store, StoreError, from_text, is_duplicate};
use crate::backfill::Run;

/// How many are remembered that are over.
const MOST: i64 = 200;

const COLUMNS: &str = "id, record";

impl Store {
    /// Writes down a backfill that is about to run, and returns its number.
    ///
    /// # Errors
    /// When one of that container's name is active, or the database fails.
    pub async fn add_backfill(&self, run: Run) -> Result<i64, StoreError> {
        self.write(move |db| {
            let record = to_text(&run);
            db.prepare_cached("INSERT INTO backfills (container_name, active, record) VALUES (?1, ?2, ?3)")?
                .execute(params![run.container_name, run.state.is_active(), record])
                .map_err(|error| {
                    if is_duplicate(&error) {
                        StoreError::NameTaken { what: "backfill", name: run.name.clone() }
                    } else {
                        error.into()
                    }
                })?;
            let id = db.last_insert_rowid();
            db.prepare_cached("DELETE FROM backfills WHERE active = 0 AND id <= ?1")?.execute([id - MOST])?;
            Ok(id)
        })
        .await
    }

    /// Writes down what has become of a backfill.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_backfill(&self, run: Run) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("UPDATE backfills SET active = ?2, record = ?3 WHERE id = ?1")?
                .execute(params![run.id, run.state.is_active(), to_text(&run)])?;
            Ok(())
        })
        .await
    }

    /// The backfills that run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_backfills(&self) -> Result<Vec<Run>, StoreError> {
        self.backfills("WHERE active = 1 ORDER BY id").await
    }

    /// All backfills, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_backfills(&self) -> Result<Vec<Run>, StoreError> {
        self.backfills("ORDER BY id DESC").await
    }

    /// The latest backfill.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_backfill(&self) -> Result<Option<Run>, StoreError> {
        self.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM backfills ORDER BY id DESC LIMIT 1");
            let row = db.prepare_cached(&sql)?.query_row([], columns).optional()?;
            row.map(read).transpose()
        })
        .await
    }

    async fn backfills(&self, which: &'static str) -> Result<Vec<Run>, StoreError> {
        self.read(move |db| {
            let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM backfills {which}"))?;
            let rows: Vec<_> = select.query_map([], columns)?.collect::<Result<_, _>>()?;
            rows.into_iter().map(read).collect()
        })
        .await
    }
}

fn columns(row: &Row) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn read((id, record): (i64, String)) -> Result<Run, StoreError> {
    let run: Run = from_text("backfills.record", &record)?;
    Ok(Run { id, ..run })
}

fn to_text(run: &Run) -> String {
    serde_json::to_string(run).expect("a run is a tree with text keys")
}
