//! Reads the variables one by one, and keeps what is wrong with each.

use std::{collections::BTreeMap, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};

use super::Cors;
use crate::error::FieldError;

/// Keys that stand in examples, so that everybody knows them.
const WELL_KNOWN_KEYS: [&str; 8] = [
    "change-me-in-production",
    "change-me",
    "changeme",
    "your-secret-key",
    "your-secure-api-key-here",
    "secret",
    "test",
    "admin",
];

/// Variables being read, and what was wrong with them so far.
pub(super) struct Reader<'a> {
    vars: &'a BTreeMap<String, String>,
    pub(super) errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(vars: &'a BTreeMap<String, String>) -> Self {
        Self { vars, errors: Vec::new() }
    }

    /// The value; unset and empty are alike.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn refuse(&mut self, name: &str, given: &str, wanted: &str) {
        self.errors.push(FieldError::new(name, format!("{given:?} does not do: give {wanted}")));
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, default: T, wanted: &str) -> T {
        match self.text(name).map(|text| (text, text.parse())) {
            None => default,
            Some((_, Ok(value))) => value,
            Some((text, Err(_))) => {
                self.refuse(name, text, wanted);
                default
            }
        }
    }

    /// One of several words, in any case; the first is the default.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return choices[0].1 };
        if let Some((_, value)) = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.refuse(name, text, &words.join(" or "));
        choices[0].1
    }

    pub(super) fn list<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>, wanted: &str) -> Vec<T> {
        let mut list = Vec::new();
        for text in
            self.text(name).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty())
        {
            match read(text) {
                Some(value) => list.push(value),
                None => self.refuse(name, text, wanted),
            }
        }
        list
    }

    pub(super) fn cors(&mut self) -> Cors {
        if self.text("CORS_ORIGINS") == Some("*") {
            return Cors::Any;
        }
        let origins = self.list(
            "CORS_ORIGINS",
            |text| {
                let url = url::Url::parse(text).ok()?;
                let is_origin = matches!(url.scheme(), "http" | "https") && url.path() == "/";
                (is_origin && url.query().is_none()).then(|| url.origin().ascii_serialization())
            },
            "origins such as https://example.com, or * alone for any",
        );
        if origins.is_empty() { Cors::Closed } else { Cors::Origins(origins) }
    }

    pub(super) fn container_name(&mut self) -> String {
        let name = self.text("LOADGEN_CONTAINER_NAME").unwrap_or("matomo-loadgen");
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(rest) {
            self.refuse(
                "LOADGEN_CONTAINER_NAME",
                name,
                "letters, digits, _ . and -, the first a letter or digit",
            );
        }
        name.to_owned()
    }

    pub(super) fn api_key(
        &mut self,
        host: IpAddr,
        read_file: &dyn Fn(&str) -> Result<String, String>,
    ) -> Option<SecretString> {
        let (name, key) = match self.text("CONTROL_UI_API_KEY_FILE") {
            Some(path) => match read_file(path) {
                Ok(text) => ("CONTROL_UI_API_KEY_FILE", text),
                Err(why) => {
                    let message = format!("{path:?} cannot be read, {why}: give a file that holds the key");
                    self.errors.push(FieldError::new("CONTROL_UI_API_KEY_FILE", message));
                    return None;
                }
            },
            None => ("CONTROL_UI_API_KEY", self.vars.get("CONTROL_UI_API_KEY")?.clone()),
        };
        let key = SecretString::from(key.trim());
        match refusal(key.expose_secret(), host) {
            // an unset variable is passed on as an empty one by compose files
            _ if name == "CONTROL_UI_API_KEY" && key.expose_secret().is_empty() => None,
            None => Some(key),
            Some(message) => {
                self.errors.push(FieldError::new(name, message));
                None
            }
        }
    }
}

/// What is wrong with a key. The key itself is not repeated.
fn refusal(key: &str, host: IpAddr) -> Option<&'static str> {
    if key.is_empty() {
        return Some(
            "holds no key: write one into the file, for example the output of `openssl rand -hex 32`",
        );
    }
    if key.chars().any(char::is_control) {
        return Some(
            "holds more than one line or a control character: give one line of printable characters",
        );
    }
    let known = WELL_KNOWN_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key));
    (known && !host.is_loopback()).then_some(
        "is a key that everybody knows from examples: give one of your own, for example the output of \
         `openssl rand -hex 32`, leave it unset to have one made, or set CONTROL_UI_HOST=127.0.0.1",
    )
}

/// An address is a network of its own.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
