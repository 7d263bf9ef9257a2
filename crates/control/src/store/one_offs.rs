//! What ran once beside the main load generator, now or in the past: backfills, and searches for the limit of the target.
//! Each kind has a table of its own, and all tables have one shape.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Store, StoreError, from_text, is_duplicate};
use crate::{backfill, capacity};

/// One of a kind.
pub(crate) trait OneOff: Serialize + DeserializeOwned + Send + 'static {
    /// Its table.
    const TABLE: &'static str;
    /// The table's column of records.
    const RECORD: &'static str;
    /// What it is called.
    const WHAT: &'static str;
    /// How many are remembered that are over.
    const MOST: i64;

    /// What its caller named it.
    fn name(&self) -> &str;
    /// The unit that runs it.
    fn container_name(&self) -> &str;
    /// Whether it is not over.
    fn is_active(&self) -> bool;
    /// Its number.
    fn id(&self) -> i64;
    /// It with the number of its row.
    #[must_use]
    fn with_id(self, id: i64) -> Self;
}

macro_rules! one_off {
    ($kind:ty, $table:literal, $what:literal, $most:literal) => {
        impl OneOff for $kind {
            const TABLE: &'static str = $table;
            const RECORD: &'static str = concat!($table, ".record");
            const WHAT: &'static str = $what;
            const MOST: i64 = $most;

            fn name(&self) -> &str {
                &self.name
            }

            fn container_name(&self) -> &str {
                &self.container_name
            }

            fn is_active(&self) -> bool {
                self.state.is_active()
            }

            fn id(&self) -> i64 {
                self.id
            }

            fn with_id(self, id: i64) -> Self {
                Self { id, ..self }
            }
        }
    };
}

one_off!(backfill::Run, "backfills", "backfill", 200);
one_off!(capacity::CapacitySearch, "searches", "search", 100);

impl Store {
    /// Writes down one that is about to run, and returns its number.
    ///
    /// # Errors
    /// When one is active that stands against it, or the database fails.
    pub(crate) async fn add_one_off<T: OneOff>(&self, one: T) -> Result<i64, StoreError> {
        self.write(move |db| {
            let table = T::TABLE;
            db.prepare_cached(&format!(
                "INSERT INTO {table} (container_name, active, record) VALUES (?1, ?2, ?3)"
            ))?
            .execute(params![one.container_name(), one.is_active(), to_text(&one)])
            .map_err(|error| {
                if is_duplicate(&error) {
                    StoreError::NameTaken { what: T::WHAT, name: one.name().to_owned() }
                } else {
                    error.into()
                }
            })?;
            let id = db.last_insert_rowid();
            db.prepare_cached(&format!("DELETE FROM {table} WHERE active = 0 AND id <= ?1"))?
                .execute([id - T::MOST])?;
            Ok(id)
        })
        .await
    }

    /// Writes down what has become of one.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn update_one_off<T: OneOff>(&self, one: T) -> Result<(), StoreError> {
        self.write(move |db| {
            let sql = format!("UPDATE {} SET active = ?2, record = ?3 WHERE id = ?1", T::TABLE);
            db.prepare_cached(&sql)?.execute(params![one.id(), one.is_active(), to_text(&one)])?;
            Ok(())
        })
        .await
    }

    /// Those that run.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn active_one_offs<T: OneOff>(&self) -> Result<Vec<T>, StoreError> {
        self.one_offs("WHERE active = 1 ORDER BY id").await
    }

    /// All of a kind, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn all_one_offs<T: OneOff>(&self) -> Result<Vec<T>, StoreError> {
        self.one_offs("ORDER BY id DESC").await
    }

    /// The latest of a kind.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn last_one_off<T: OneOff>(&self) -> Result<Option<T>, StoreError> {
        self.read(|db| {
            let sql = format!("SELECT id, record FROM {} ORDER BY id DESC LIMIT 1", T::TABLE);
            let row = db.prepare_cached(&sql)?.query_row([], columns).optional()?;
            row.map(read).transpose()
        })
        .await
    }

    async fn one_offs<T: OneOff>(&self, which: &'static str) -> Result<Vec<T>, StoreError> {
        self.read(move |db| {
            let mut select = db.prepare_cached(&format!("SELECT id, record FROM {} {which}", T::TABLE))?;
            let rows: Vec<_> = select.query_map([], columns)?.collect::<Result<_, _>>()?;
            rows.into_iter().map(read).collect()
        })
        .await
    }
}

fn columns(row: &Row) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn read<T: OneOff>((id, record): (i64, String)) -> Result<T, StoreError> {
    Ok(from_text::<T>(T::RECORD, &record)?.with_id(id))
}

fn to_text(one: &impl Serialize) -> String {
    serde_json::to_string(one).expect("a record is a tree with text keys")
}
