//! What must outlive the process, in one SQLite file. Only this folder knows SQL.
//!
//! One connection writes, behind a lock and in transactions; others read beside it what was committed (WAL). A write is
//! acknowledged when it is on the disk, so that neither `kill -9` nor a power cut takes it back.

mod funnels;
mod migrate;
mod one_offs;
mod runs;
mod saved;
mod series;

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use funnels::StoredFunnel;
pub use runs::{KeptProof, Said};
pub use saved::{Change, Draft, Imported, Kind, Saved};
pub use series::{Piece, ProbePiece, TIERS, Tier};

use crate::files::FileError;

/// How long a connection waits for another process that holds the file, for example a backup.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections for reading that are kept for the next reader.
const IDLE_READERS: usize = 4;

/// The database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another one has that name.
    #[error("there is a {what} called {name:?} already: choose another name")]
    NameTaken {
        /// What kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// There is no such row.
    #[error("there is no {0}")]
    Missing(String),
    /// The file cannot be opened or made.
    #[error("the database {} cannot be opened: {source}; set CONFIG_DB_PATH to a file in a writable folder", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was written by a later version of this program.
    #[error(
        "the database has the layout {found}, and this version knows {known}: start the later version again, or restore a \
         backup made before the upgrade"
    )]
    Newer {
        /// The layout of the file.
        found: i64,
        /// The latest layout that this version knows.
        known: i64,
    },
    /// A row holds what was never written there.
    #[error("the database holds something unreadable in {place}: {problem}")]
    Damaged {
        /// The table and column.
        place: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A backup could not be written.
    #[error("the backup {} cannot be written: {problem}", path.display())]
    Backup {
        /// Where it should be.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// A file beside the database could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The task ended before its time.
    #[error("the control plane is stopping")]
    Stopping,
    /// What SQLite said.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl Store {
    /// Opens the file, makes it when there is none, and brings it to the current layout.
    ///
    /// # Errors
    /// When it cannot be opened, or a later version wrote it.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let failed = |source| StoreError::Open { path: path.to_owned(), source };
        // Made here, so that nobody else can read it even for a moment: it holds tokens.
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        let mut writer = open_writer(path).map_err(|error| failed(io::Error::other(error)))?;
        migrate::to_latest(&mut writer)?;
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Runs `work` in the one transaction that may write at a time. It is committed when `work` succeeds.
    ///
    /// # Errors
    /// Those of `work` and of the commit; then nothing has changed.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = self.inner.clone();
        in_background(move || {
            let mut writer = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Runs `work` on what is committed, beside the writer.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = self.inner.clone();
        in_background(move || {
            let mut reader = inner.reader()?;
            // one moment in time, however many statements are asked
            let snapshot = reader.transaction()?;
            let result = work(&snapshot);
            drop(snapshot);
            inner.give_back(reader);
            result
        })
        .await
    }

    /// Writes a copy of the database as it is at this moment, compact and whole, while it is in use.
    ///
    /// # Errors
    /// When there is such a file already, or it cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (inner, to) = (self.inner.clone(), to.to_owned());
        in_background(move || inner.backup(&to)).await
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let writer = Connection::open(path)?;
    writer.busy_timeout(PATIENCE)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "foreign_keys", "ON")?;
    writer.pragma_update(None, "journal_size_limit", 16 << 20)?;
    Ok(writer)
}

/// SQLite blocks, and the threads that serve requests must not.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Stopping),
        },
    }
}

impl Inner {
    fn reader(&self) -> Result<Connection, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(reader) = idle {
            return Ok(reader);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)?;
        reader.busy_timeout(PATIENCE)?;
        Ok(reader)
    }

    fn give_back(&self, reader: Connection) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(reader);
        }
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |problem: String| StoreError::Backup { path: to.to_owned(), problem };
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Under another name until it is whole; temporary files are readable for their owner only.
        let copy = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.to_string()))?;
        let name = copy.path().to_str().ok_or_else(|| failed("its path is not UTF-8".to_owned()))?;
        self.reader()?.execute("VACUUM INTO ?1", [name])?;
        copy.as_file().sync_all().map_err(|error| failed(error.to_string()))?;
        copy.persist_noclobber(to).map_err(|error| failed(error.error.to_string()))?;
        Ok(())
    }
}

/// Whether an insert or update failed because a name is taken.
fn is_duplicate(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Reads a column that holds JSON.
fn from_text<T: serde::de::DeserializeOwned>(place: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged { place, problem: error.to_string() })
}

/// Reads a column that holds a time.
fn moment(place: &'static str, text: &str) -> Result<jiff::Timestamp, StoreError> {
    text.parse().map_err(|error: jiff::Error| StoreError::Damaged { place, problem: error.to_string() })
}
