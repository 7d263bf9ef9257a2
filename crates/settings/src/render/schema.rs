//! The settings for programs: the list that a form is built from, and a JSON Schema for a chart's values.

use serde_json::{Map, Value, json};

use crate::{
    definition::{Condition, Definition, Group, Kind},
    table::definitions,
};

/// The largest whole number that every JSON reader keeps exact.
const EXACT: u64 = (1 << 53) - 1;

/// Every group and setting with type, range, default, help and when it is shown: what a form needs.
pub fn json() -> Value {
    let groups: Vec<_> =
        Group::ALL.iter().map(|group| json!({"name": group.title(), "about": group.about()})).collect();
    let settings: Vec<_> = definitions().iter().map(entry).collect();
    json!({"groups": groups, "settings": settings})
}

fn entry(definition: &Definition) -> Value {
    let mut entry = json!({
        "name": definition.name,
        "group": definition.group.title(),
        "type": type_name(definition.kind),
        "default": default(definition),
        "required": definition.required,
        "secret": definition.secret,
        "help": definition.help,
    });
    if !definition.unit.is_empty() {
        entry["unit"] = definition.unit.into();
    }
    match definition.kind {
        Kind::Integer { min, max } => {
            entry["min"] = min.into();
            entry["max"] = max.into();
        }
        Kind::Number { min, max } | Kind::Numbers { min, max } => {
            entry["min"] = plain(min);
            entry["max"] = plain(max);
        }
        Kind::Choice(choices) | Kind::Weights(choices) | Kind::Words(choices) => {
            entry["choices"] = choices.into();
        }
        _ => {}
    }
    if let Some((limit, _)) = definition.warn_above {
        entry["warn_above"] = plain(limit);
    }
    if let Some(condition) = definition.shown_when {
        entry["shown_when"] = match condition {
            Condition::Is(name, value) => json!({"name": name, "is": value}),
            Condition::IsNot(name, value) => json!({"name": name, "is_not": value}),
        };
    }
    entry
}

/// A JSON Schema (draft 2020-12) of an object of settings. `null` stands for the default.
pub fn json_schema() -> Value {
    let properties: Map<_, _> =
        definitions().iter().map(|definition| (definition.name.into(), property(definition))).collect();
    let required: Vec<_> = definitions().iter().filter(|d| d.required).map(|d| d.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of the load generator",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(definition: &Definition) -> Value {
    let mut property = match definition.kind {
        // Beyond the exact range a reader may round: there text is taken too.
        Kind::Integer { min, max } if max > EXACT => {
            json!({"type": ["integer", "string"], "minimum": min, "pattern": "^[0-9]*$"})
        }
        Kind::Integer { min, max } => json!({"type": ["integer"], "minimum": min, "maximum": max}),
        Kind::Number { min, max } => {
            json!({"type": ["number"], "minimum": plain(min), "maximum": plain(max)})
        }
        Kind::Boolean => json!({"type": ["boolean"]}),
        Kind::Choice(choices) => json!({"type": ["string"], "enum": choices}),
        Kind::Url => json!({"type": ["string"], "format": "uri", "pattern": "^[hH][tT][tT][pP][sS]?://."}),
        Kind::Date => json!({"type": ["string"], "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}),
        Kind::Currency => json!({"type": ["string"], "pattern": "^[A-Z]{3}$"}),
        Kind::Shard => json!({"type": ["string"], "pattern": "^[0-9]+/[0-9]+$"}),
        Kind::Path
        | Kind::Token
        | Kind::TimeZone
        | Kind::Numbers { .. }
        | Kind::Weights(_)
        | Kind::Thresholds
        | Kind::Words(_) => json!({"type": ["string"]}),
    };
    property["description"] = definition.help.into();
    if definition.required {
        return property;
    }
    property["default"] = default(definition);
    for alternatives in ["type", "enum"] {
        if let Some(list) = property.get_mut(alternatives).and_then(Value::as_array_mut) {
            list.push(if alternatives == "type" { "null".into() } else { Value::Null });
        }
    }
    if definition.secret {
        property["writeOnly"] = true.into();
    }
    property
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Url => "url",
        Kind::Integer { .. } => "integer",
        Kind::Number { .. } => "number",
        Kind::Boolean => "boolean",
        Kind::Choice(_) => "choice",
        Kind::Path => "path",
        Kind::Token => "secret",
        Kind::TimeZone => "time_zone",
        Kind::Date => "date",
        Kind::Currency => "currency",
        Kind::Numbers { .. } => "numbers",
        Kind::Weights(_) => "weights",
        Kind::Shard => "shard",
        Kind::Thresholds => "thresholds",
        Kind::Words(_) => "words",
    }
}

/// The default as JSON of its type; `null` when there is none.
fn default(definition: &Definition) -> Value {
    let text = definition.default;
    match definition.kind {
        _ if text.is_empty() => Value::Null,
        Kind::Integer { .. } => text.parse::<u64>().expect("a test parses every default").into(),
        Kind::Number { .. } => plain(text.parse().expect("a test parses every default")),
        Kind::Boolean => text.parse::<bool>().expect("a test parses every default").into(),
        _ => text.into(),
    }
}

/// A number without a needless `.0`.
fn plain(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= EXACT as f64 { (value as i64).into() } else { value.into() }
}
