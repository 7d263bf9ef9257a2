//! The layouts of the database, one after the other. A migration that was released is never changed: a new one follows.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Each takes the layout of its number to the next; the first makes an empty file the layout 1.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_saved.sql"),
    include_str!("migrations/002_observed.sql"),
    include_str!("migrations/003_runs.sql"),
];

/// Brings the database to the latest layout. A migration that fails leaves the file as it was.
pub(super) fn to_latest(db: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).expect("a program has few layouts");
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

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, path::Path};

    use jiff::Timestamp;

    use super::*;
    use crate::store::{Draft, Kind, Store};

    /// What a database of each layout may hold, added to what it held in the layout before.
    const ROWS: &[&str] = &[
        include_str!("fixtures/001.sql"),
        include_str!("fixtures/002.sql"),
        include_str!("fixtures/003.sql"),
    ];

    /// A database as an older version left it.
    fn of_layout(layout: usize, path: &Path) {
        let db = Connection::open(path).unwrap();
        for (migration, rows) in MIGRATIONS.iter().zip(ROWS).take(layout) {
            db.execute_batch(migration).unwrap();
            db.execute_batch(rows).unwrap();
        }
        db.pragma_update(None, "user_version", i64::try_from(layout).unwrap()).unwrap();
    }

    /// Everything in all tables, and their layout.
    fn dump(path: &Path) -> String {
        let db = Connection::open(path).unwrap();
        let mut tables =
            db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        let tables: Vec<(String, String)> =
            tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        let mut text = String::new();
        for (table, sql) in tables.iter().filter(|(table, _)| !table.starts_with("sqlite_")) {
            writeln!(text, "{sql}").unwrap();
            let mut rows = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
            let columns = rows.column_count();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<String> =
                    (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
                writeln!(text, "  {}", values.join(", ")).unwrap();
            }
        }
        text
    }

    #[test]
    fn every_layout_has_rows_to_migrate() {
        assert_eq!(ROWS.len(), MIGRATIONS.len());
    }

    #[tokio::test]
    async fn every_older_layout_becomes_the_latest_and_keeps_its_rows() {
        let dir = tempfile::tempdir().unwrap();
        for layout in 0..=MIGRATIONS.len() {
            let path = dir.path().join(format!("{layout}.db"));
            of_layout(layout, &path);
            let store = Store::open(&path).unwrap();
            let saved = store.list_saved(Kind::Config).await.unwrap();
            assert_eq!(saved.len(), usize::from(layout > 0));
            if let Some(saved) = saved.first() {
                assert_eq!(saved.full()["MATOMO_TOKEN_AUTH"], "c0ffee00c0ffee00c0ffee00c0ffee00");
                assert_eq!(store.list_funnels().await.unwrap().len(), 1);
            }
            // and it can be written
            let draft =
                Draft { name: "new".into(), description: String::new(), config: serde_json::Map::new() };
            store.create_saved(Kind::Config, draft, Timestamp::UNIX_EPOCH).await.unwrap();
            drop(store);
            let version: i64 = Connection::open(&path)
                .unwrap()
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap();
            assert_eq!(version, i64::try_from(MIGRATIONS.len()).unwrap());
        }
    }

    #[test]
    fn the_way_there_does_not_matter() {
        let dir = tempfile::tempdir().unwrap();
        let latest = dir.path().join("latest.db");
        of_layout(MIGRATIONS.len(), &latest);
        insta::assert_snapshot!(dump(&latest));
        for layout in 1..MIGRATIONS.len() {
            let path = dir.path().join(format!("{layout}.db"));
            of_layout(layout, &path);
            drop(Store::open(&path).unwrap());
            let db = Connection::open(&path).unwrap();
            ROWS[layout..].iter().for_each(|rows| db.execute_batch(rows).unwrap());
            assert_eq!(dump(&path), dump(&latest), "from layout {layout}");
        }
    }

    #[test]
    fn a_later_layout_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("later.db");
        of_layout(MIGRATIONS.len(), &path);
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 1000).unwrap();
        let before = dump(&path);
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(error.contains("1000") && error.contains("later version"), "{error}");
        assert_eq!(dump(&path), before);
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.db");
        of_layout(1, &path);
        // in the way of the next migration
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE backfills (x TEXT, y TEXT) STRICT")
            .unwrap();
        let before = dump(&path);
        assert!(Store::open(&path).is_err());
        assert_eq!(dump(&path), before);
    }

    #[test]
    fn only_the_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new.db");
        let _store = Store::open(&path).unwrap();
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
        }
    }
}
