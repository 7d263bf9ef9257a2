//! The database file: opened, brought to the current layout, and given to the one thread that writes.

pub(crate) mod dump;
pub(crate) mod words;
pub(crate) mod writer;

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

const LAYOUT: i64 = 2;
const SCHEMA: &str = include_str!("schema.sql");

/// Opens the file for the writer, creating its tables when it is new.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.set_prepared_statement_cache_capacity(128);
    // Plans are made once: without this, a statement is planned again whenever a bound value might suggest another.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // A crash of the machine may lose the last batches; a crash of the process loses only the open one.
    db.pragma_update(None, "synchronous", "OFF")?;
    db.pragma_update(None, "cache_size", -64_000)?;
    db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    let layout: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if layout == 0 {
        db.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {LAYOUT}; COMMIT;"))?;
    }
    Ok(db)
}

/// Opens the file for reading beside the writer: it sees what was committed when its transaction began.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "cache_size", -32_000)?;
    Ok(db)
}
