//! Conditions as SQL. Clients' values are bound, never written into the text.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::SegmentError;
use super::dimension::{Form, Source};
use super::parse::{Condition, Expression, Operator};
use crate::reports::ReportError;
use crate::store::words::WordKind;
use crate::tracker::url::normalize;

/// SQL with the values that belong to it.
#[derive(Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    /// Begins with values that the text around it refers to.
    pub(super) fn with(values: Vec<Value>) -> Self {
        Self { text: String::new(), values }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn bind(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        write!(self.text, "?{}", self.values.len()).expect("writing to a string does not fail");
    }
}

/// What a column is compared with.
#[derive(Debug)]
enum Operand {
    /// Nothing: whether it is set at all.
    None {
        is_number: bool,
    },
    Number {
        number: f64,
        text: String,
    },
    Text(String),
    /// The number of a text; none when no hit ever had it.
    Known(Option<i64>),
    Unnamed(WordKind),
    /// Any text of a kind that is like this one.
    Like(WordKind, String),
}

/// Writes an expression over `visit` and what it needs beside it. Returns how many conditions can match something.
pub(super) fn write(sql: &mut Sql, db: &Connection, expression: &Expression) -> Result<usize, ReportError> {
    let mut found = 0;
    for (index, group) in expression.0.iter().enumerate() {
        sql.push(if index > 0 { " AND (" } else { "(" });
        for (index, condition) in group.iter().enumerate() {
            if index > 0 {
                sql.push(" OR ");
            }
            let operand = operand(db, condition)?;
            found += usize::from(!matches!(operand, Operand::Known(None)));
            write_condition(sql, condition, &operand);
        }
        sql.push(")");
    }
    Ok(found)
}

fn write_condition(sql: &mut Sql, condition: &Condition, operand: &Operand) {
    let (dimension, operator) = (condition.dimension, condition.operator);
    // A visit has no such hit only when none of its hits is one.
    let positive = match operator {
        Operator::NotEqual if !dimension.is_of_visit() => Some(Operator::Equal),
        Operator::ContainsNot if !dimension.is_of_visit() => Some(Operator::Contains),
        _ => None,
    };
    if positive.is_some() {
        let table = if dimension.source == Source::Item { "item" } else { "hit" };
        write!(
            sql.text,
            "NOT EXISTS (SELECT 1 FROM main.{table} AS {table} WHERE {table}.visit = visit.id AND "
        )
        .expect("writing to a string does not fail");
    }
    sql.push("(");
    for (index, column) in dimension.columns.iter().enumerate() {
        if index > 0 {
            sql.push(" OR ");
        }
        write_comparison(sql, column, positive.unwrap_or(operator), operand);
    }
    sql.push(if positive.is_some() { "))" } else { ")" });
}

/// One column beside its operand.
fn write_comparison(sql: &mut Sql, column: &str, operator: Operator, operand: &Operand) {
    let negated = matches!(operator, Operator::NotEqual | Operator::ContainsNot | Operator::Set);
    match operand {
        Operand::None { is_number } => {
            // A Matomo's database takes a blank for 0 beside a number.
            let blanks = if *is_number { "0" } else { "'', '0'" };
            let (is, or, within) = if negated { ("NOT NULL", "AND", "NOT IN") } else { ("NULL", "OR", "IN") };
            sql.push(&format!("({column} IS {is} {or} {column} {within} ({blanks}))"));
        }
        Operand::Unnamed(kind) => {
            let not = if negated { "NOT " } else { "" };
            sql.push(&format!(
                "{column} IN (SELECT id FROM main.action WHERE type = {} AND name {not}IN ('', '0'))",
                *kind as i64
            ));
        }
        Operand::Known(None) => sql.push(if negated { "1" } else { "0" }),
        Operand::Known(Some(id)) => {
            or_null(sql, column, negated);
            sql.push(&format!("{column} {} {id})", if negated { "<>" } else { "=" }));
        }
        Operand::Like(kind, text) => {
            let not = if negated { "NOT " } else { "" };
            sql.push(&format!(
                "{column} IN (SELECT id FROM main.action WHERE type = {} AND name {not}LIKE ",
                *kind as i64
            ));
            sql.bind(pattern(operator, text));
            sql.push(r" ESCAPE '\')");
        }
        Operand::Number { number, text } => {
            or_null(sql, column, negated && *number != 0.0);
            match compared(operator) {
                Some(sign) => {
                    sql.push(&format!("{column} {sign} "));
                    sql.bind(*number);
                }
                None => like(sql, &format!("CAST({column} AS TEXT)"), operator, text),
            }
            sql.push(")");
        }
        Operand::Text(text) => {
            or_null(sql, column, negated && text != "0");
            match compared(operator) {
                Some(sign) => {
                    sql.push(&format!("{column} {sign} "));
                    sql.bind(text.clone());
                    sql.push(" COLLATE NOCASE");
                }
                None => like(sql, column, operator, text),
            }
            sql.push(")");
        }
    }
}

/// What is not set is unequal to everything but a zero, as Matomo has it.
fn or_null(sql: &mut Sql, column: &str, or_null: bool) {
    sql.push("(");
    if or_null {
        sql.push(&format!("{column} IS NULL OR "));
    }
}

fn like(sql: &mut Sql, column: &str, operator: Operator, text: &str) {
    let not = if operator == Operator::ContainsNot { "NOT " } else { "" };
    sql.push(&format!("{column} {not}LIKE "));
    let literal = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    sql.bind(pattern(operator, &literal));
    sql.push(r" ESCAPE '\'");
}

fn compared(operator: Operator) -> Option<&'static str> {
    Some(match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "<>",
        Operator::AtLeast => ">=",
        Operator::Greater => ">",
        Operator::AtMost => "<=",
        Operator::Less => "<",
        _ => return None,
    })
}

fn pattern(operator: Operator, text: &str) -> String {
    match operator {
        Operator::BeginsWith => format!("{text}%"),
        Operator::EndsWith => format!("%{text}"),
        _ => format!("%{text}%"),
    }
}

/// What the value of a condition stands for.
fn operand(db: &Connection, condition: &Condition) -> Result<Operand, ReportError> {
    let (dimension, operator) = (condition.dimension, condition.operator);
    let value = &condition.value;
    if matches!(operator, Operator::Unset | Operator::Set) {
        return Ok(match dimension.form {
            Form::Word(kind) => Operand::Unnamed(kind),
            Form::Text => Operand::None { is_number: false },
            Form::Number | Form::Choice(_) | Form::Visitor => Operand::None { is_number: true },
        });
    }
    Ok(match dimension.form {
        Form::Number => Operand::Number { number: number(value), text: value.clone() },
        Form::Text => Operand::Text(value.clone()),
        Form::Choice(choice) => {
            let number = choice.number(value)?;
            Operand::Number { number: number as f64, text: number.to_string() }
        }
        Form::Visitor => Operand::Known(Some(visitor(value, operator)?)),
        Form::Word(kind) => {
            let text = word(kind, value);
            match operator {
                Operator::Equal | Operator::NotEqual => Operand::Known(known(db, kind, &text)?),
                _ if compared(operator).is_some() => {
                    return Err(SegmentError::Operator(dimension.name).into());
                }
                // Matomo leaves `%` and `_` in such a value what they are to SQL.
                _ => Operand::Like(kind, text),
            }
        }
    })
}

/// A visitor is one of 16 digits, so what contains them all is equal.
fn visitor(value: &str, operator: Operator) -> Result<i64, SegmentError> {
    let is_whole = value.len() == 16 && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if matches!(operator, Operator::AtLeast | Operator::Greater | Operator::AtMost | Operator::Less) {
        return Err(SegmentError::Operator("visitorId"));
    }
    u64::from_str_radix(value, 16)
        .ok()
        .filter(|_| is_whole)
        .map(u64::cast_signed)
        .ok_or_else(|| SegmentError::Visitor(value.to_owned()))
}

/// A text as hits share it: a page's URL without what stands before its host, HTML's escapes undone.
fn word(kind: WordKind, value: &str) -> String {
    let plain =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&amp;", "&")]
            .iter()
            .fold(value.to_owned(), |text, (escape, plain)| text.replace(escape, plain));
    if kind == WordKind::PageUrl { normalize(&plain).0.to_owned() } else { plain }
}

fn known(db: &Connection, kind: WordKind, text: &str) -> rusqlite::Result<Option<i64>> {
    db.query_row(
        "SELECT id FROM main.action WHERE name = ?1 AND type = ?2",
        params![text, kind as i64],
        |row| row.get(0),
    )
    .optional()
}

/// The number that a text begins with, 0 when it begins with none: what a Matomo's database compares a number with.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = text.len() - digits.len();
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    let point = match digits[whole..].strip_prefix('.') {
        Some(rest) => 1 + rest.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    text[..sign + whole + point].parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> (String, Vec<Value>) {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../../store/schema.sql")).unwrap();
        db.execute_batch("INSERT INTO action (id, type, name) VALUES (7, 1, 'a.test/b')").unwrap();
        let mut sql = Sql::default();
        write(&mut sql, &db, &Expression::parse(text).unwrap()).unwrap();
        (sql.text, sql.values)
    }

    #[test]
    fn values_are_bound_and_never_written() {
        let evil = "x') OR 1=1 --";
        for name in ["city", "actions", "pageTitle", "siteSearchCategory", "userId"] {
            for operator in ["==", "!=", "=@", "!@", "=^", "=$"] {
                let (text, _) = sql(&format!("{name}{operator}{evil}"));
                assert!(!text.contains("1=1") && !text.contains("--"), "{text}");
            }
        }
        assert_eq!(sql(&format!("city=={evil}")).1, [Value::from(evil.to_owned())]);
    }

    #[test]
    fn a_number_is_what_a_text_begins_with() {
        for (text, expected) in
            [("12", "12"), (" -1.5x", "-1.5"), ("1.", "1"), ("x", "0"), ("-", "0"), (".5", "0.5")]
        {
            assert_eq!(number(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn likeness_is_literal_and_the_values_case_does_not_count() {
        let (text, values) = sql("city=@50%25_\\\\");
        assert_eq!(text, r"(((visit.city LIKE ?1 ESCAPE '\')))");
        assert_eq!(values, [Value::from(r"%50\%\_\\%".to_owned())]);
        assert!(sql("city==Bonn").0.contains("COLLATE NOCASE"));
    }

    #[test]
    fn pages_are_looked_up_without_scheme_and_www() {
        for url in ["https://a.test/b", "http://www.a.test/b", "a.test/b"] {
            assert_eq!(sql(&format!("entryPageUrl=={url}")).0, "(((visit.entry_url = 7)))", "{url}");
        }
        assert_eq!(sql("entryPageUrl==https://a.test/c").0, "((0))");
        assert_eq!(sql("entryPageUrl!=https://a.test/c").0, "((1))");
        assert_eq!(
            sql("pageUrl!=https://a.test/b").0,
            "(NOT EXISTS (SELECT 1 FROM main.hit AS hit WHERE hit.visit = visit.id AND ((hit.url = 7))))"
        );
    }

    #[test]
    fn visitors_are_16_digits() {
        assert_eq!(visitor("ffffffffffffffff", Operator::Equal).unwrap(), -1);
        for wrong in ["ff", "FFFFFFFFFFFFFFFF", "+fffffffffffffff", ""] {
            assert!(visitor(wrong, Operator::Equal).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_have_no_order() {
        let db = Connection::open_in_memory().unwrap();
        let expression = Expression::parse("pageUrl>a").unwrap();
        assert!(write(&mut Sql::default(), &db, &expression).is_err());
    }
}
