//! Saved configurations and the user's own presets. Secrets lie in a table of their own and leave it only with
//! [`Saved::secrets`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{Store, StoreError, is_duplicate};
use crate::configuration;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A saved configuration.
    Config,
    /// A preset of the user's.
    Preset,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Config => "config",
            Kind::Preset => "preset",
        }
    }

    /// As a sentence calls it.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Config => "configuration",
            Kind::Preset => "preset",
        }
    }
}

/// A configuration with a name, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Never used twice.
    pub id: i64,
    /// Unique within its kind.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The settings, every secret masked.
    pub config: Map<String, Value>,
    /// What the masks stand for, by the setting's name.
    pub secrets: Secrets,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Saved {
    /// The settings with their secrets. Not for answers.
    pub fn full(&self) -> Map<String, Value> {
        configuration::reveal(self.config.clone(), &self.secrets.0)
    }
}

/// Secrets by the setting's name. `Debug` does not show them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(pub BTreeMap<String, String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A configuration to be saved, its secrets in clear.
#[derive(Clone, PartialEq)]
pub struct Draft {
    /// Unique within its kind.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The settings.
    pub config: Map<String, Value>,
}

/// What is to change of a saved configuration; `None` stays as it is.
#[derive(Clone, Default, PartialEq)]
pub struct Change {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// New settings in the place of all the old ones; a value that is still the mask keeps what is stored.
    pub config: Option<Map<String, Value>>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// New ones.
    pub created: usize,
    /// Those that took the place of one of the same name.
    pub replaced: usize,
}

impl Store {
    /// All of a kind, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_saved(&self, kind: Kind) -> Result<Vec<Saved>, StoreError> {
        self.read(move |db| all(db, kind)).await
    }

    /// One of them.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn get_saved(&self, kind: Kind, id: i64) -> Result<Saved, StoreError> {
        self.read(move |db| one(db, kind, id)).await
    }

    /// Saves a new one.
    ///
    /// # Errors
    /// When the name is taken.
    pub async fn create_saved(&self, kind: Kind, draft: Draft, now: Timestamp) -> Result<Saved, StoreError> {
        self.write(move |db| {
            let id = insert(db, kind, &draft, now)?;
            one(db, kind, id)
        })
        .await
    }

    /// Changes one. `check` sees the settings as they will be stored, masks resolved, and may refuse them.
    ///
    /// # Errors
    /// When there is none of that id, the name is taken, or `check` says so in the inner result.
    pub async fn update_saved<E: Send + 'static>(
        &self,
        kind: Kind,
        id: i64,
        change: Change,
        now: Timestamp,
        check: impl FnOnce(&Map<String, Value>) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<Saved, E>, StoreError> {
        self.write(move |db| {
            let stored = one(db, kind, id)?;
            let config = change.config.map(|new| configuration::keep_masked(&stored.full(), new));
            if let Some(config) = &config
                && let Err(refused) = check(config)
            {
                return Ok(Err(refused));
            }
            let config = config.unwrap_or_else(|| stored.full());
            let draft = Draft {
                name: change.name.unwrap_or(stored.name),
                description: change.description.unwrap_or(stored.description),
                config,
            };
            replace(db, kind, id, &draft, now)?;
            one(db, kind, id).map(Ok)
        })
        .await
    }

    /// Removes one, and its secrets.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn delete_saved(&self, kind: Kind, id: i64) -> Result<Saved, StoreError> {
        self.write(move |db| {
            let saved = one(db, kind, id)?;
            db.execute("DELETE FROM saved WHERE id = ?1", [id])?;
            Ok(saved)
        })
        .await
    }

    /// Saves all or none. With `replace`, one of the same name is replaced; a secret that it has and the new one does not
    /// name is kept.
    ///
    /// # Errors
    /// When a name is taken and `replace` is off; then nothing was saved.
    pub async fn import_saved(
        &self,
        kind: Kind,
        drafts: Vec<Draft>,
        replace_existing: bool,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        self.write(move |db| {
            let mut imported = Imported { created: 0, replaced: 0 };
            for mut draft in drafts {
                let found = match by_name(db, kind, &draft.name)? {
                    Some(found) if replace_existing => found,
                    _ => {
                        insert(db, kind, &draft, now)?;
                        imported.created += 1;
                        continue;
                    }
                };
                for (name, secret) in &found.secrets.0 {
                    let named = |key: &String| key.eq_ignore_ascii_case(name);
                    if settings::normalize(name) == Some("MATOMO_TOKEN_AUTH")
                        && !draft.config.keys().any(named)
                    {
                        draft.config.insert(name.clone(), Value::String(secret.clone()));
                    }
                }
                replace(db, kind, found.id, &draft, now)?;
                imported.replaced += 1;
            }
            Ok(imported)
        })
        .await
    }
}

const COLUMNS: &str = "id, name, description, config, created_at, updated_at";

fn all(db: &Connection, kind: Kind) -> Result<Vec<Saved>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM saved WHERE kind = ?1 ORDER BY name, id");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([kind.as_str()], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| row.into_saved(db)).collect()
}

fn one(db: &Connection, kind: Kind, id: i64) -> Result<Saved, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM saved WHERE kind = ?1 AND id = ?2");
    let row = db.prepare_cached(&sql)?.query_row(params![kind.as_str(), id], columns).optional()?;
    row.ok_or_else(|| StoreError::Missing(format!("{} {id}", kind.noun())))?.into_saved(db)
}

fn by_name(db: &Connection, kind: Kind, name: &str) -> Result<Option<Saved>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM saved WHERE kind = ?1 AND name = ?2");
    let row = db.prepare_cached(&sql)?.query_row(params![kind.as_str(), name], columns).optional()?;
    row.map(|row| row.into_saved(db)).transpose()
}

fn insert(db: &Transaction<'_>, kind: Kind, draft: &Draft, now: Timestamp) -> Result<i64, StoreError> {
    let (config, secrets) = configuration::hide(&draft.config);
    let now = now.to_string();
    db.prepare_cached(
        "INSERT INTO saved (kind, name, description, config, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?
    .execute(params![kind.as_str(), draft.name, draft.description, to_text(&config), now])
    .map_err(|error| taken(error, kind, &draft.name))?;
    let id = db.last_insert_rowid();
    put_secrets(db, id, &secrets)?;
    Ok(id)
}

fn replace(
    db: &Transaction<'_>,
    kind: Kind,
    id: i64,
    draft: &Draft,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (config, secrets) = configuration::hide(&draft.config);
    db.prepare_cached(
        "UPDATE saved SET name = ?2, description = ?3, config = ?4, updated_at = ?5 WHERE id = ?1",
    )?
    .execute(params![id, draft.name, draft.description, to_text(&config), now.to_string()])
    .map_err(|error| taken(error, kind, &draft.name))?;
    db.execute("DELETE FROM secrets WHERE saved_id = ?1", [id])?;
    put_secrets(db, id, &secrets)
}

fn put_secrets(db: &Transaction<'_>, id: i64, secrets: &BTreeMap<String, String>) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached("INSERT INTO secrets (saved_id, name, value) VALUES (?1, ?2, ?3)")?;
    for (name, value) in secrets {
        insert.execute(params![id, name, value])?;
    }
    Ok(())
}

fn taken(error: rusqlite::Error, kind: Kind, name: &str) -> StoreError {
    if is_duplicate(&error) {
        StoreError::NameTaken { what: kind.noun(), name: name.to_owned() }
    } else {
        error.into()
    }
}

fn to_text(config: &Map<String, Value>) -> String {
    Value::Object(config.clone()).to_string()
}

/// A row as SQLite gives it.
struct Columns {
    id: i64,
    name: String,
    description: String,
    config: String,
    created_at: String,
    updated_at: String,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        config: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}

impl Columns {
    fn into_saved(self, db: &Connection) -> Result<Saved, StoreError> {
        let mut query = db.prepare_cached("SELECT name, value FROM secrets WHERE saved_id = ?1")?;
        let secrets = query.query_map([self.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Saved {
            id: self.id,
            name: self.name,
            description: self.description,
            config: super::from_text("saved.config", &self.config)?,
            secrets: Secrets(secrets.collect::<Result<_, _>>()?),
            created_at: super::moment("saved.created_at", &self.created_at)?,
            updated_at: super::moment("saved.updated_at", &self.updated_at)?,
        })
    }
}
