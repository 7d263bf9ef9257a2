//! Questions to the database that several reports share: figures of visits and of conversions, grouped.

use rusqlite::{Connection, Row, params};

use super::metrics::{GoalFigures, VisitFigures};
use super::period::Span;

/// What a group is named by: the values of its expressions as text, blank for NULL.
pub(crate) type Group = Vec<String>;

/// Figures of a site's visits that ended in a time, grouped by SQL expressions over `visit` and `agent`. The
/// expressions are this program's own, never a client's. `only` is a condition, `1` for all.
pub(crate) fn visits_by(
    db: &Connection,
    site: i64,
    span: Span,
    expressions: &[&str],
    only: &str,
) -> rusqlite::Result<Vec<(Group, VisitFigures)>> {
    let groups = expressions.join(", ");
    let (select, group_by) = if expressions.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(", {groups}"), format!("GROUP BY {groups}"))
    };
    let sql = format!(
        "SELECT count(DISTINCT visitor), count(DISTINCT user_id), count(*), coalesce(sum(actions), 0), \
         coalesce(max(actions), 0), coalesce(sum(total_time), 0), coalesce(sum(actions <= 1), 0), \
         coalesce(sum(converted), 0){select} FROM visit JOIN agent ON agent.id = visit.agent \
         WHERE site = ?1 AND last_time BETWEEN ?2 AND ?3 AND {only} {group_by}"
    );
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map(params![site, span.from, span.to], |row| {
        let figures = VisitFigures {
            visitors: row.get(0)?,
            users: row.get(1)?,
            visits: row.get(2)?,
            actions: row.get(3)?,
            max_actions: row.get(4)?,
            length: row.get(5)?,
            bounces: row.get(6)?,
            converted: row.get(7)?,
        };
        Ok((group(row, 8, expressions.len())?, figures))
    })?;
    rows.collect()
}

/// Figures of a site's conversions in a time, by goal and grouped by SQL expressions over `conversion` and `agent`.
pub(crate) fn conversions_by(
    db: &Connection,
    site: i64,
    span: Span,
    expressions: &[&str],
    only: &str,
) -> rusqlite::Result<Vec<(Group, i64, GoalFigures)>> {
    let groups: String = expressions.iter().flat_map(|expression| [", ", expression]).collect();
    let sql = format!(
        "SELECT goal, count(*), count(DISTINCT visit), round(coalesce(sum(revenue), 0), 2), \
         round(coalesce(sum(subtotal), 0), 2), round(coalesce(sum(tax), 0), 2), round(coalesce(sum(shipping), 0), 2), \
         round(coalesce(sum(discount), 0), 2), coalesce(sum(items), 0){groups} \
         FROM conversion JOIN agent ON agent.id = conversion.agent \
         WHERE site = ?1 AND time BETWEEN ?2 AND ?3 AND {only} GROUP BY goal{groups}"
    );
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map(params![site, span.from, span.to], |row| {
        let figures = GoalFigures {
            conversions: row.get(1)?,
            visits: row.get(2)?,
            revenue: row.get(3)?,
            subtotal: row.get(4)?,
            tax: row.get(5)?,
            shipping: row.get(6)?,
            discount: row.get(7)?,
            items: row.get(8)?,
        };
        Ok((group(row, 9, expressions.len())?, row.get(0)?, figures))
    })?;
    rows.collect()
}

fn group(row: &Row<'_>, from: usize, count: usize) -> rusqlite::Result<Group> {
    use rusqlite::types::ValueRef;
    (from..from + count)
        .map(|index| {
            Ok(match row.get_ref(index)? {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
            })
        })
        .collect()
}
