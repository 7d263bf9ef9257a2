//! Funnels. Every change hands the whole new list to its caller before it is committed: the caller checks it and prepares
//! the load generator's file, which takes its place right after the commit, in the order of the commits.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{Store, StoreError, is_duplicate};
use crate::files::Staged;

/// A funnel as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFunnel {
    /// Never used twice.
    pub id: i64,
    /// As in the load generator's file.
    pub definition: Map<String, Value>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The fact that says that the list is ours: from then on the file is written from it.
const ADOPTED: &str = "funnels_adopted";

impl Store {
    /// All funnels, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_funnels(&self) -> Result<Vec<StoredFunnel>, StoreError> {
        self.read(all).await
    }

    /// One funnel.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn get_funnel(&self, id: i64) -> Result<StoredFunnel, StoreError> {
        self.read(move |db| one(db, id)).await
    }

    /// Saves a new funnel. `export` is given the new list and may refuse.
    ///
    /// # Errors
    /// When the name is taken, or `export` says so in the inner result; then nothing has changed.
    pub async fn create_funnel<E: Send + 'static>(
        &self,
        definition: Map<String, Value>,
        now: Timestamp,
        export: impl FnOnce(&[StoredFunnel]) -> Result<Staged, E> + Send + 'static,
    ) -> Result<Result<StoredFunnel, E>, StoreError> {
        self.change_funnels(export, move |db| {
            let id = insert(db, &definition, now)?;
            one(db, id)
        })
        .await
    }

    /// Replaces a funnel. `export` is given the new list and may refuse.
    ///
    /// # Errors
    /// When there is none of that id, the name is taken, or `export` says so in the inner result.
    pub async fn replace_funnel<E: Send + 'static>(
        &self,
        id: i64,
        definition: Map<String, Value>,
        now: Timestamp,
        export: impl FnOnce(&[StoredFunnel]) -> Result<Staged, E> + Send + 'static,
    ) -> Result<Result<StoredFunnel, E>, StoreError> {
        self.change_funnels(export, move |db| {
            one(db, id)?;
            let name = name_of(&definition);
            db.prepare_cached(
                "UPDATE funnels SET name = ?2, definition = ?3, updated_at = ?4 WHERE id = ?1",
            )?
            .execute(params![id, name, to_text(&definition), now.to_string()])
            .map_err(|error| taken(error, name))?;
            one(db, id)
        })
        .await
    }

    /// Removes a funnel. `export` is given the new list and may refuse.
    ///
    /// # Errors
    /// When there is none of that id, or `export` says so in the inner result.
    pub async fn delete_funnel<E: Send + 'static>(
        &self,
        id: i64,
        export: impl FnOnce(&[StoredFunnel]) -> Result<Staged, E> + Send + 'static,
    ) -> Result<Result<StoredFunnel, E>, StoreError> {
        self.change_funnels(export, move |db| {
            let funnel = one(db, id)?;
            db.execute("DELETE FROM funnels WHERE id = ?1", [id])?;
            Ok(funnel)
        })
        .await
    }

    /// Takes over funnels that a file held before there was a database. Does nothing when that was done before.
    ///
    /// # Errors
    /// When the database fails; then nothing was taken over.
    pub async fn adopt_funnels(
        &self,
        found: Vec<Map<String, Value>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            if adopted(db)? {
                return Ok(());
            }
            for definition in &found {
                insert(db, definition, now)?;
            }
            adopt(db)
        })
        .await
    }

    /// Writes the file anew, without a change. `export` is given the list.
    ///
    /// # Errors
    /// When the database fails, or `export` says so in the inner result.
    pub async fn export_funnels<E: Send + 'static>(
        &self,
        export: impl FnOnce(&[StoredFunnel]) -> Result<Staged, E> + Send + 'static,
    ) -> Result<Result<(), E>, StoreError> {
        self.write(move |db| match export(&all(db)?) {
            Ok(file) => Ok(Ok(file.publish()?)),
            Err(refused) => Ok(Err(refused)),
        })
        .await
    }

    /// Whether the list is ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn funnels_are_adopted(&self) -> Result<bool, StoreError> {
        self.read(adopted).await
    }

    async fn change_funnels<E: Send + 'static>(
        &self,
        export: impl FnOnce(&[StoredFunnel]) -> Result<Staged, E> + Send + 'static,
        change: impl FnOnce(&Transaction<'_>) -> Result<StoredFunnel, StoreError> + Send + 'static,
    ) -> Result<Result<StoredFunnel, E>, StoreError> {
        let inner = self.inner.clone();
        super::in_background(move || {
            let mut writer = inner.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let changed = change(&transaction)?;
            adopt(&transaction)?;
            let file = match export(&all(&transaction)?) {
                Ok(file) => file,
                Err(refused) => return Ok(Err(refused)),
            };
            transaction.commit()?;
            // Should this fail, or the process end here, the file is written at the next start.
            file.publish()?;
            Ok(Ok(changed))
        })
        .await
    }
}

fn adopted(db: &Connection) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("SELECT 1 FROM facts WHERE name = ?1")?.exists([ADOPTED])?)
}

fn adopt(db: &Transaction<'_>) -> Result<(), StoreError> {
    db.execute("INSERT OR IGNORE INTO facts (name, value) VALUES (?1, 'yes')", [ADOPTED])?;
    Ok(())
}

fn all(db: &Connection) -> Result<Vec<StoredFunnel>, StoreError> {
    let mut query =
        db.prepare_cached("SELECT id, definition, created_at, updated_at FROM funnels ORDER BY id")?;
    let rows = query.query_map([], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(funnel).collect()
}

fn one(db: &Connection, id: i64) -> Result<StoredFunnel, StoreError> {
    let row = db
        .prepare_cached("SELECT id, definition, created_at, updated_at FROM funnels WHERE id = ?1")?
        .query_row([id], columns)
        .optional()?;
    funnel(row.ok_or_else(|| StoreError::Missing(format!("funnel {id}")))?)
}

fn insert(db: &Transaction<'_>, definition: &Map<String, Value>, now: Timestamp) -> Result<i64, StoreError> {
    let name = name_of(definition);
    db.prepare_cached(
        "INSERT INTO funnels (name, definition, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
    )?
    .execute(params![name, to_text(definition), now.to_string()])
    .map_err(|error| taken(error, name))?;
    Ok(db.last_insert_rowid())
}

fn name_of(definition: &Map<String, Value>) -> &str {
    definition.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn taken(error: rusqlite::Error, name: &str) -> StoreError {
    if is_duplicate(&error) {
        StoreError::NameTaken { what: "funnel", name: name.to_owned() }
    } else {
        error.into()
    }
}

fn to_text(definition: &Map<String, Value>) -> String {
    Value::Object(definition.clone()).to_string()
}

type Columns = (i64, String, String, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn funnel((id, definition, created_at, updated_at): Columns) -> Result<StoredFunnel, StoreError> {
    Ok(StoredFunnel {
        id,
        definition: super::from_text("funnels.definition", &definition)?,
        created_at: super::moment("funnels.created_at", &created_at)?,
        updated_at: super::moment("funnels.updated_at", &updated_at)?,
    })
}
