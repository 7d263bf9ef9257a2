//! From the text of one setting to its value. Says what is wrong and what would be right, never what a secret holds.

use std::{collections::BTreeSet, num::IntErrorKind, sync::LazyLock};

use jiff::{civil::Date, tz::TimeZone};
use secrecy::SecretString;
use url::Url;

use crate::{
    definition::{Definition, Kind},
    mask::{MASK, mask_url},
    model::Shard,
    suggest,
    threshold::Threshold,
};

/// A checked value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Unset,
    Url(Url),
    Integer(u64),
    Number(f64),
    Boolean(bool),
    Choice(&'static str),
    Text(String),
    Secret(SecretString),
    TimeZone(TimeZone),
    Date(Date),
    Numbers(Vec<f64>),
    Weights(Vec<(String, f64)>),
    Shard(Shard),
    Thresholds(Vec<Threshold>),
    Words(Vec<&'static str>),
}

/// Active codes of ISO 4217 (list one, January 2025, and BGN and ANG, which left since), but neither XTS nor XXX: no
/// shop sells in "testing" or "none".
static CURRENCIES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("data/currencies.txt").split_whitespace().collect());

/// The most characters of a wrong value that a message repeats.
const SHOWN_CHARACTERS: usize = 80;

/// Parses `text` for this setting. Blank text is [`Value::Unset`].
///
/// # Errors
/// A whole sentence: what was given (never for secrets), what is wrong, what would be right.
pub(crate) fn parse(definition: &Definition, text: &str) -> Result<Value, String> {
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return Err(control_character(definition, text, control));
    }
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Ok(Value::Unset);
    }
    if text.contains(MASK) {
        return Err(format!("{MASK} stands for a hidden value and is none: give the value itself"));
    }
    of_kind(definition.kind, text).map_err(|problem| format!("{} {problem}", shown(definition, text)))
}

/// A value as a message may repeat it.
pub(crate) fn shown(definition: &Definition, text: &str) -> String {
    if definition.secret {
        return "the value given (hidden)".into();
    }
    let address = definition.kind == Kind::Url || text.contains("://");
    let text = if address { mask_url(text) } else { text.into() };
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn control_character(definition: &Definition, text: &str, control: char) -> String {
    let remedy = match control {
        '\r' | '\n' => "remove the line break; a file with Windows line endings has one at every line's end",
        _ => "remove it",
    };
    format!("{} holds the control character U+{:04X}: {remedy}", shown(definition, text), u32::from(control))
}

fn of_kind(kind: Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Url => url(text).map(Value::Url),
        Kind::Integer { min, max } => integer(text, min, max).map(Value::Integer),
        Kind::Number { min, max } => number(text, min, max).map(Value::Number),
        Kind::Boolean => boolean(text).map(Value::Boolean),
        Kind::Choice(choices) => choice(text, choices).map(Value::Choice),
        Kind::Path => Ok(Value::Text(text.into())),
        Kind::Token => token(text).map(Value::Secret),
        Kind::TimeZone => time_zone(text).map(Value::TimeZone),
        Kind::Date => date(text).map(Value::Date),
        Kind::Currency => currency(text).map(Value::Text),
        Kind::Numbers { min, max } => numbers(text, min, max).map(Value::Numbers),
        Kind::Weights(names) => weights(text, names).map(Value::Weights),
        Kind::Shard => shard(text).map(Value::Shard),
        Kind::Thresholds => {
            text.split(',').map(Threshold::parse).collect::<Result<_, _>>().map(Value::Thresholds)
        }
        Kind::Words(words) => {
            text.split(',').map(|word| choice(word.trim(), words)).collect::<Result<_, _>>().map(Value::Words)
        }
    }
}

fn url(text: &str) -> Result<Url, String> {
    const REMEDY: &str = "give an address such as https://stats.example.org/matomo.php";
    let lower = text.to_ascii_lowercase();
    // The parser would also read "http:host" and "http:///host" as http://host: more likely a slip than a wish.
    let rest = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("https://"));
    let rest = rest.ok_or_else(|| format!("does not begin with http:// or https://: {REMEDY}"))?;
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':', '\\']) {
        return Err(format!("names no host: {REMEDY}"));
    }
    let mut url = Url::parse(text).map_err(|problem| format!("is not a URL ({problem}): {REMEDY}"))?;
    if url.fragment().is_some() {
        return Err("has a part after #, which is never sent: remove it".into());
    }
    if url.query_pairs().any(|(name, _)| name == "token_auth") {
        return Err(
            "holds a token, which would be logged by every server on the way: put it into MATOMO_TOKEN_AUTH"
                .into(),
        );
    }
    while url.path().len() > 1 && url.path().ends_with('/') {
        let trimmed = url.path()[..url.path().len() - 1].to_owned();
        url.set_path(&trimmed);
    }
    Ok(url)
}

fn integer(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let remedy = format!("give a whole number from {min} to {max}");
    match text.parse::<u64>() {
        Ok(value) if value < min => Err(format!("is below the least, {min}: {remedy}")),
        Ok(value) if value > max => Err(format!("is above the most, {max}: {remedy}")),
        Ok(value) => Ok(value),
        Err(problem) if *problem.kind() == IntErrorKind::PosOverflow => {
            Err(format!("is above the most, {max}: {remedy}"))
        }
        Err(_) if text.parse::<i128>().is_ok_and(|value| value < 0) => {
            Err(format!("is below the least, {min}: {remedy}"))
        }
        Err(_) => Err(format!("is not a whole number: {remedy}, digits only")),
    }
}

fn number(text: &str, min: f64, max: f64) -> Result<f64, String> {
    let remedy = format!("give a number from {min} to {max}");
    match text.parse::<f64>() {
        Ok(value) if !value.is_finite() => Err(format!("is not a finite number: {remedy}")),
        Ok(value) if value < min => Err(format!("is below the least, {min}: {remedy}")),
        Ok(value) if value > max => Err(format!("is above the most, {max}: {remedy}")),
        Ok(value) => Ok(value + 0.0), // -0 becomes 0
        Err(_) => Err(format!("is not a number: {remedy}, with a point before decimals")),
    }
}

fn numbers(text: &str, min: f64, max: f64) -> Result<Vec<f64>, String> {
    let numbers = text.split(',').map(|part| number(part.trim(), min, max)).collect::<Result<_, _>>();
    numbers.map_err(|_| {
        format!(
            "is not a list of numbers: give numbers from {min} to {max}, separated by commas, such as 0,5.99"
        )
    })
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => {
            Err("is neither true nor false: give true or false (1, 0, yes, no, on, off are read too)".into())
        }
    }
}

fn choice(text: &str, choices: &[&'static str]) -> Result<&'static str, String> {
    let found = choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| format!("is not a choice: give one of {}", choices.join(", ")))
}

fn token(text: &str) -> Result<SecretString, String> {
    if text.chars().all(|c| c.is_ascii_graphic()) {
        Ok(text.into())
    } else {
        Err("holds white space or characters outside ASCII: give the token as Matomo shows it".into())
    }
}

fn time_zone(text: &str) -> Result<TimeZone, String> {
    // "Etc/Unknown" is a zone to jiff that behaves as UTC: the silent fall-back that must not happen.
    match TimeZone::get(text) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err(format!(
            "is not a time zone: give an IANA name. The nearest are {}",
            suggest::time_zones(text).join(", ")
        )),
    }
}

fn date(text: &str) -> Result<Date, String> {
    let well_formed = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date = if well_formed { text.parse::<Date>().ok() } else { None };
    date.ok_or_else(|| "is not a day: give a date as YYYY-MM-DD, such as 2025-06-30".into())
}

fn currency(text: &str) -> Result<String, String> {
    let upper = text.to_ascii_uppercase();
    match (CURRENCIES.contains(text), CURRENCIES.contains(upper.as_str())) {
        (true, _) => Ok(text.into()),
        (false, true) => Err(format!("is not in upper case: write {upper}")),
        (false, false) => {
            Err("is not a currency: give a code of ISO 4217 in upper case, such as USD or EUR".into())
        }
    }
}

fn weights(text: &str, names: &[&str]) -> Result<Vec<(String, f64)>, String> {
    let remedy = || {
        let example: Vec<_> = names.iter().map(|name| format!("{name}=1")).collect();
        format!("write name=weight, separated by commas, such as {}", example.join(","))
    };
    let mut weights: Vec<(String, f64)> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (name, weight) = part
            .split_once('=')
            .ok_or_else(|| format!("has a part without \"=\", {part:?}: {}", remedy()))?;
        let (name, weight) = (name.trim().to_ascii_lowercase(), weight.trim());
        if !names.contains(&name.as_str()) {
            return Err(format!("names {name:?}, which is no journey: the names are {}", names.join(", ")));
        }
        if weights.iter().any(|(known, _)| *known == name) {
            return Err(format!("names {name} twice: give each name once"));
        }
        match weight.parse::<f64>() {
            Ok(weight) if weight.is_finite() && weight >= 0.0 => weights.push((name, weight + 0.0)),
            _ => return Err(format!("gives {name} the weight {weight:?}: give a number of at least 0")),
        }
    }
    if weights.iter().all(|(_, weight)| *weight == 0.0) {
        return Err(
            "gives every journey the weight 0: give at least one of them more, or leave it empty".into()
        );
    }
    Ok(weights)
}

fn shard(text: &str) -> Result<Shard, String> {
    const REMEDY: &str = "write index/count with an index from 0 to count - 1, such as 0/1 or 2/3";
    let parts = text.split_once('/').map(|(index, count)| (index.trim().parse(), count.trim().parse()));
    match parts {
        Some((Ok(index), Ok(count))) if index < count => Ok(Shard { index, count }),
        Some((Ok(index), Ok(count))) => {
            let _: (u32, u32) = (index, count);
            Err(format!("has an index that is not below its count: {REMEDY}"))
        }
        _ => Err(format!("is not a shard: {REMEDY}")),
    }
}
