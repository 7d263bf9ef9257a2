//! Files of variables, as `docker compose --env-file` reads them, but without substitution: a file says what it says.

use std::collections::BTreeMap;

use crate::finding::Finding;

/// Reads `NAME=value` lines. Blank lines and lines that begin with `#` are passed over, `export ` before a name is
/// allowed, a value may stand in single or double quotes, and ` #` begins a comment after an unquoted one. The last of
/// several lines of one name counts.
///
/// # Errors
/// Every line that is none of this, by its number. Values are not repeated: one may be a token.
pub fn parse(text: &str) -> Result<BTreeMap<String, String>, Vec<Finding>> {
    let mut vars = BTreeMap::new();
    let mut errors = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match variable(line) {
            Ok((name, value)) => {
                vars.insert(name.to_owned(), value);
            }
            Err(problem) => errors.push(Finding::error(&format!("line {}", index + 1), problem)),
        }
    }
    if errors.is_empty() { Ok(vars) } else { Err(errors) }
}

fn variable(line: &str) -> Result<(&str, String), String> {
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) =
        line.split_once('=').ok_or("has no \"=\": write NAME=value, or # before a comment")?;
    let name = name.trim_end();
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(named) || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(
            "does not begin with a variable's name: write NAME=value with letters, digits and _".into()
        );
    }
    Ok((name, unquoted(value).map_err(|problem| format!("{name}: {problem}"))?))
}

/// `raw` is all that follows the `=`: a `#` right behind it belongs to the value, one behind a space does not.
fn unquoted(raw: &str) -> Result<String, &'static str> {
    const UNCLOSED: &str = "the value's quote is not closed on its line: close it";
    let value = raw.trim_start();
    let (value, rest) = match value.chars().next() {
        Some('\'') => {
            let (value, rest) = value[1..].split_once('\'').ok_or(UNCLOSED)?;
            (value.to_owned(), rest)
        }
        Some('"') => double_quoted(&value[1..]).ok_or(UNCLOSED)?,
        _ => {
            let comment = raw.find(" #").or_else(|| raw.find("\t#")).unwrap_or(raw.len());
            return Ok(raw[..comment].trim().to_owned());
        }
    };
    if rest.trim_start().is_empty() || rest.trim_start().starts_with('#') {
        Ok(value)
    } else {
        Err("there is text after the closing quote: remove it, or escape the quote")
    }
}

/// The value up to the closing quote, with its escapes resolved, and what follows.
fn double_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                escaped @ ('"' | '\\' | '$') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
    None
}
