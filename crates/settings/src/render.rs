//! The settings as documents and schemas. All are derived from the table; the files in the repository are generated
//! from here and checked to be fresh.

mod env;
mod markdown;
mod schema;

pub use env::{env_example, preset_env};
pub use markdown::markdown;
pub use schema::{json, json_schema};

use crate::definition::{Condition, Definition, Group, Kind};

/// What an operator writes, in words.
fn kind_in_words(kind: Kind) -> String {
    match kind {
        Kind::Url => "URL".into(),
        Kind::Integer { .. } => "whole number".into(),
        Kind::Number { .. } => "number".into(),
        Kind::Boolean => "true or false".into(),
        Kind::Choice(choices) => choices.join(", "),
        Kind::Path => "path".into(),
        Kind::Token => "secret".into(),
        Kind::TimeZone => "time zone".into(),
        Kind::Date => "day".into(),
        Kind::Currency => "currency".into(),
        Kind::Numbers { .. } => "numbers".into(),
        Kind::Weights(_) => "weights".into(),
        Kind::Shard => "index/count".into(),
        Kind::Thresholds => "thresholds".into(),
        Kind::Words(words) => format!("some of {}", words.join(", ")),
    }
}

/// Its range and unit in words; empty when it has neither.
fn range_in_words(definition: &Definition) -> String {
    let range = match definition.kind {
        Kind::Integer { min, max: u64::MAX } => format!("at least {min}"),
        Kind::Integer { min, max } => format!("{min} to {max}"),
        Kind::Number { min, max } => format!("{min} to {max}"),
        Kind::Numbers { min, max } => format!("{min} to {max} each"),
        _ => String::new(),
    };
    if definition.unit.is_empty() { range } else { format!("{range} {}", definition.unit) }
}

/// When it matters, as a sentence.
fn condition_in_words(condition: Condition) -> String {
    match condition {
        Condition::Is(name, value) => format!("Only with {name}={value}."),
        Condition::IsNot(name, value) => format!("Without effect with {name}={value}."),
    }
}

fn members(group: Group) -> impl Iterator<Item = &'static Definition> {
    crate::definitions().iter().filter(move |definition| definition.group == group)
}
