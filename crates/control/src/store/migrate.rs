//! The layouts of the database, one after the other. A migration that was released is never changed: a new one follows.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Each takes the layout of its number to the next; the first makes an empty file the layout 1.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("migrations/001_saved.sql")];

/// Brings the database to the latest layout. A migration that fails leaves the file as it was.
pub(super) fn to_latest(db: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    // In the transaction, so that two programs that start at once do not both migrate.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if !(0..=known).contains(&found) {
        return Err(StoreError::Newer { found, known });
    }
    for (migration, layout) in MIGRATIONS.iter().zip(1..).skip(found as usize) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", layout)?;
        tracing::info!(layout, "the database was brought to a new layout");
    }
    transaction.commit()?;
    Ok(())
}
