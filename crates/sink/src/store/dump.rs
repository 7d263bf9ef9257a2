//! Every recorded hit as JSON lines, for tests that ask what exactly arrived.

use std::path::Path;

use serde::Serialize;
use std::collections::BTreeMap;

use super::open_reader;

#[derive(Debug, Serialize)]
struct Line {
    /// Position among the recorded hits, from 1.
    hit: i64,
    site: i64,
    /// 16 hex digits.
    visitor: String,
    visit: i64,
    kind: String,
    /// Unix time in seconds, as the reports see it.
    time: i64,
    params: BTreeMap<String, String>,
}

/// The whole dump, in the order the hits were recorded.
pub(crate) fn lines(path: &Path) -> rusqlite::Result<Vec<u8>> {
    let db = open_reader(path)?;
    let mut query =
        db.prepare("SELECT id, site, visitor, visit, kind, time, params FROM received ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let params: Option<String> = row.get(6)?;
        let line = Line {
            hit: row.get(0)?,
            site: row.get(1)?,
            visitor: format!("{:016x}", row.get::<_, i64>(2)?.cast_unsigned()),
            visit: row.get(3)?,
            kind: row.get(4)?,
            time: row.get(5)?,
            params: url::form_urlencoded::parse(params.unwrap_or_default().as_bytes()).into_owned().collect(),
        };
        serde_json::to_writer(&mut lines, &line).expect("a line is plain data, which always has a JSON form");
        lines.push(b'\n');
    }
    Ok(lines)
}
