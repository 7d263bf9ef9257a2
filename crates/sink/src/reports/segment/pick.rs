//! Picking the visits of a segment, so that every report made afterwards on the same connection is about them only.
//!
//! Reports ask the tables `visit`, `hit`, `conversion` and `item`. Temporary views of the same names come before the
//! tables, and show what was picked; no report has to know of segments.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::dimension::{Source, device_number};
use super::parse::{Expression, decoded};
use super::predicate::{self, Sql};
use crate::reports::ReportError;
use crate::reports::period::Span;
use crate::tracker::agent::Agent;
use crate::tracker::place;

/// What is cut to the picked visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Visits alone: the visitor log shows all that was done in them.
    Visits,
    /// With what was done in them, converted and bought.
    All,
}

/// An expression with its SQL.
struct Understood {
    expression: Expression,
    sql: Sql,
    /// How many conditions can match something.
    found: usize,
}

/// Picks the visits of a site that ended in a time. A blank segment picks all.
pub(crate) fn apply(
    db: &Connection,
    site: i64,
    span: Span,
    segment: &str,
    rows: Rows,
) -> Result<(), ReportError> {
    let bounds = || vec![Value::from(site), Value::from(span.from), Value::from(span.to)];
    let understood = understand(db, segment, &bounds)?;
    if understood.expression.0.is_empty() {
        return Ok(());
    }
    let needs = |source: Source| {
        understood.expression.conditions().any(|condition| condition.dimension.source == source)
    };
    let mut from = "main.visit AS visit".to_owned();
    if needs(Source::Device) {
        make_devices(db)?;
        from.push_str(" LEFT JOIN temp.device AS device ON device.agent = visit.agent");
    }
    if needs(Source::Country) {
        make_countries(db)?;
        from.push_str(" LEFT JOIN temp.country AS country ON country.code = visit.country");
    }
    // As in a Matomo, it is one hit (and one item) that all conditions about hits are true of.
    let (by_hit, by_item) = (needs(Source::Hit), needs(Source::Item));
    if by_hit {
        from.push_str(" LEFT JOIN main.hit AS hit ON hit.visit = visit.id");
    }
    if by_item {
        from.push_str(" LEFT JOIN main.item AS item ON item.visit = visit.id");
    }
    let select = |into: &str, columns: &str, also: &str| -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT OR IGNORE INTO temp.{into} SELECT {columns} FROM {from} WHERE visit.site = ?1 \
             AND visit.last_time BETWEEN ?2 AND ?3 AND {}{also}",
            understood.sql.text
        );
        db.execute(&sql, params_from_iter(&understood.sql.values)).map(|_| ())
    };
    db.execute_batch("CREATE TEMP TABLE picked (id INTEGER PRIMARY KEY)")?;
    select("picked", "visit.id", "")?;
    view(db, "visit", "id IN (SELECT id FROM temp.picked)")?;
    if rows == Rows::Visits {
        return Ok(());
    }
    // A visit lies within one day of its site, so a period's hits and conversions are those of its visits.
    let of_visits = "visit IN (SELECT id FROM temp.picked)";
    view(db, "conversion", of_visits)?;
    if by_hit {
        db.execute_batch("CREATE TEMP TABLE picked_hit (id INTEGER PRIMARY KEY)")?;
        select("picked_hit", "hit.id", " AND hit.id IS NOT NULL")?;
        view(db, "hit", "id IN (SELECT id FROM temp.picked_hit)")?;
    } else {
        view(db, "hit", of_visits)?;
    }
    if by_item {
        db.execute_batch(
            "CREATE TEMP TABLE picked_item (visit INTEGER, order_id TEXT, sku INTEGER, \
             PRIMARY KEY (visit, order_id, sku)) WITHOUT ROWID",
        )?;
        select("picked_item", "item.visit, item.order_id, item.sku", " AND item.visit IS NOT NULL")?;
        view(db, "item", "(visit, order_id, sku) IN (SELECT visit, order_id, sku FROM temp.picked_item)")?;
    } else {
        view(db, "item", of_visits)?;
    }
    Ok(())
}

fn view(db: &Connection, table: &str, only: &str) -> rusqlite::Result<()> {
    db.execute_batch(&format!("CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {only}"))
}

/// Clients encode segments once or twice, and often both can be read. Matomo takes the reading of which more conditions
/// can match something, and of two alike the one that is decoded once more.
fn understand(
    db: &Connection,
    segment: &str,
    bounds: &dyn Fn() -> Vec<Value>,
) -> Result<Understood, ReportError> {
    let read = |text: &str| -> Result<Understood, ReportError> {
        let expression = Expression::parse(text)?;
        let mut sql = Sql::with(bounds());
        let found = predicate::write(&mut sql, db, &expression)?;
        Ok(Understood { expression, sql, found })
    };
    let plain = decoded(segment);
    if plain == segment {
        return read(segment);
    }
    let found = |read: &Result<Understood, ReportError>| read.as_ref().map_or(0, |read| read.found);
    let (as_sent, decoded) = (read(segment), read(&plain));
    if found(&as_sent) > found(&decoded) { as_sent } else { decoded }
}

/// What each user agent says, as columns.
fn make_devices(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TEMP TABLE device (agent INTEGER PRIMARY KEY, type INTEGER, brand TEXT, model TEXT, browser_code TEXT, \
         browser TEXT, browser_version TEXT, engine TEXT, os_code TEXT, os TEXT, os_version TEXT)",
    )?;
    let mut agents = db.prepare("SELECT id, parsed FROM main.agent")?;
    let mut insert =
        db.prepare("INSERT INTO temp.device VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?;
    let mut rows = agents.query([])?;
    while let Some(row) = rows.next()? {
        let agent: Agent = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
        insert.execute(params![
            row.get::<_, i64>(0)?,
            device_number(&agent.device),
            agent.brand,
            agent.model,
            agent.browser_code(),
            agent.browser,
            agent.browser_version,
            agent.engine,
            agent.os_code(),
            agent.os,
            agent.os_version,
        ])?;
    }
    Ok(())
}

/// Every country with its name and continent.
fn make_countries(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TEMP TABLE country (code TEXT PRIMARY KEY, name TEXT, continent TEXT) WITHOUT ROWID",
    )?;
    let mut insert = db.prepare("INSERT INTO temp.country VALUES (?1, ?2, ?3)")?;
    for code in place::codes() {
        insert.execute(params![code, place::country_name(code), place::continent(code)])?;
    }
    Ok(())
}
