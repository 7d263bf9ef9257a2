//! What may be shown of a configuration, and how a masked value that comes back keeps what is stored.

use std::collections::BTreeMap;

use url::Url;

use crate::{definition::Kind, table::definition};

/// What stands in the place of a secret.
pub const MASK: &str = "***MASKED***";

/// Words in an unknown variable's name that mean: better not shown.
const TELLING_WORDS: [&str; 6] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY"];

/// The configuration with every secret replaced by [`MASK`]: tokens, and in URLs `user:password` and `token_auth`.
/// Names may be in any case. Unknown names that sound like a secret are masked too.
pub fn mask(config: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    config.iter().map(|(name, value)| (name.clone(), mask_value(name, value))).collect()
}

/// The new configuration, where each value that is still the mask of the stored one is the stored one again.
///
/// A masked URL keeps its password only while the rest of it is unchanged: nobody can send it to another host. What
/// has no stored counterpart stays masked, and [`parse`](crate::parse) refuses it.
pub fn merge_masked(
    stored: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let kept = |name: &str, value: &str| {
        let stored = stored.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1;
        (value.contains(MASK) && mask_value(name, stored) == value).then(|| stored.clone())
    };
    new.iter()
        .map(|(name, value)| (name.clone(), kept(name, value).unwrap_or_else(|| value.clone())))
        .collect()
}

fn mask_value(name: &str, value: &str) -> String {
    let name = name.to_ascii_uppercase();
    let (secret, address) = match definition(&name) {
        Some(definition) => {
            let misplaced = definition.kind == Kind::Path && looks_like_a_token(value);
            (definition.secret || misplaced, definition.kind == Kind::Url)
        }
        None => (TELLING_WORDS.iter().any(|word| name.contains(word)), false),
    };
    if value.is_empty() {
        String::new()
    } else if secret {
        MASK.into()
    } else if address || value.contains("://") {
        mask_url(value)
    } else {
        value.into()
    }
}

/// Whether a path is a token that got into the wrong setting: long, and neither a slash nor a dot in it.
pub(crate) fn looks_like_a_token(path: &str) -> bool {
    path.len() >= 20 && path.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A URL without its `user:password` and `token_auth`. What is no URL loses all before its last `@`.
pub fn mask_url(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let end = match Url::parse(text) {
        Ok(url) if url.has_host() => {
            text[start..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| start + at)
        }
        _ => text.len(),
    };
    let masked = match text[start..end].rfind('@') {
        Some(at) => format!("{}{MASK}{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    };
    mask_token_parameter(masked)
}

fn mask_token_parameter(mut text: String) -> String {
    const PARAMETER: &str = "token_auth=";
    let mut from = 0;
    while let Some(at) = text[from..].to_ascii_lowercase().find(PARAMETER) {
        let start = from + at + PARAMETER.len();
        let end = text[start..].find(['&', '#']).map_or(text.len(), |length| start + length);
        if start < end {
            text.replace_range(start..end, MASK);
        }
        from = start;
    }
    text
}
