//! What an API receives: JSON values, names in lower or upper case, nothing unknown.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    definition::Kind,
    finding::Finding,
    suggest,
    table::{definition, definitions},
};

/// The setting's own spelling of a name in lower or upper case.
pub fn normalize(name: &str) -> Option<&'static str> {
    definitions().iter().map(|definition| definition.name).find(|known| known.eq_ignore_ascii_case(name))
}

/// Turns a JSON object of settings into variables for [`parse`](crate::parse). `null` means the default.
///
/// # Errors
/// Every unknown name, name given twice in different case, and value of the wrong JSON kind: a whole number is written
/// without a point (`3.0` is refused), and text is never read from a number.
pub fn from_json(config: &Map<String, Value>) -> Result<BTreeMap<String, String>, Vec<Finding>> {
    let mut vars = BTreeMap::new();
    let mut errors = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (given, value) in config {
        let Some(name) = normalize(given) else {
            errors.push(Finding::error(&repeatable(given), unknown(given)));
            continue;
        };
        if let Some(before) = seen.insert(name, given) {
            errors
                .push(Finding::error(name, format!("is given twice, as {before} and {given}: give it once")));
            continue;
        }
        match text_of(name, value) {
            Ok(Some(text)) => {
                vars.insert(name.to_owned(), text);
            }
            Ok(None) => {}
            Err(message) => errors.push(Finding::error(name, message)),
        }
    }
    if errors.is_empty() { Ok(vars) } else { Err(errors) }
}

/// A name from outside as a message may repeat it: not too long, nothing invisible.
fn repeatable(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

fn unknown(given: &str) -> String {
    match suggest::intended(given) {
        Some(meant) => format!("is not a setting: did you mean {meant}?"),
        None => "is not a setting: remove it".into(),
    }
}

fn text_of(name: &str, value: &Value) -> Result<Option<String>, String> {
    let definition = definition(name).expect("the name was looked up in the table");
    let refuse = |given: &str| {
        let wanted = match definition.kind {
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}, without a point"),
            Kind::Number { .. } => "a number".into(),
            Kind::Boolean => "true or false".into(),
            _ => "text in quotes".into(),
        };
        Err(format!("{given} is the wrong kind of value: give {wanted}"))
    };
    match (value, definition.kind) {
        (Value::Null, _) => Ok(None),
        (Value::String(text), _) => Ok(Some(text.clone())),
        (Value::Bool(value), Kind::Boolean) => Ok(Some(value.to_string())),
        (Value::Number(number), Kind::Integer { .. }) if number.is_f64() => refuse(&number.to_string()),
        (Value::Number(number), kind) if kind.is_numeric() => Ok(Some(number.to_string())),
        (Value::Array(_), _) => refuse("a list"),
        (Value::Object(_), _) => refuse("an object"),
        (Value::Bool(_) | Value::Number(_), _) if definition.secret => refuse("what was given (hidden)"),
        (Value::Bool(_) | Value::Number(_), _) => refuse(&value.to_string()),
    }
}
