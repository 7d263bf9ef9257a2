//! No secret leaves by the log: what is known to be one is replaced before a line is kept.

use std::sync::{LazyLock, PoisonError, RwLock};

use regex::Regex;
use secrecy::{ExposeSecret as _, SecretString};
use settings::MASK;

/// A shorter secret would be found in ordinary words.
const SHORTEST: usize = 6;
/// How many secrets are remembered; the oldest is forgotten first.
const MOST: usize = 64;

/// Replaces secrets in text.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: RwLock<Vec<SecretString>>,
}

impl Redactor {
    /// From now on this is a secret. One that was used before stays one: old lines may come again.
    pub fn learn(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST || secret == MASK {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if secrets.iter().any(|known| known.expose_secret() == secret) {
            return;
        }
        if secrets.len() >= MOST {
            secrets.remove(0);
        }
        secrets.push(SecretString::from(secret));
    }

    /// The text without secrets: those that were learned, and whatever stands behind `token_auth=`.
    pub fn clean(&self, text: String) -> String {
        static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?i)(token_auth["']?\s*[=:]\s*["']?)[^\s&"'#]+"#).expect("the pattern is valid")
        });
        let mut text = text;
        for secret in self.secrets.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), MASK);
            }
        }
        if memchr::memmem::find(text.as_bytes(), b"oken_auth").is_some() && PARAMETER.is_match(&text) {
            text = PARAMETER.replace_all(&text, format!("${{1}}{MASK}")).into_owned();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_away_wherever_they_stand() {
        let redactor = Redactor::default();
        redactor.learn("c0ffee00c0ffee00c0ffee00c0ffee00\n");
        redactor.learn("abc");
        let clean = |text: &str| redactor.clean(text.to_owned());
        assert_eq!(
            clean("token c0ffee00c0ffee00c0ffee00c0ffee00, twice c0ffee00c0ffee00c0ffee00c0ffee00."),
            "token ***MASKED***, twice ***MASKED***."
        );
        assert_eq!(
            clean("GET /?idsite=1&token_auth=other&x=1"),
            "GET /?idsite=1&token_auth=***MASKED***&x=1"
        );
        assert_eq!(clean(r#"{"token_auth": "other"}"#), r#"{"token_auth": "***MASKED***"}"#);
        assert_eq!(clean("abc stays, since it is too short"), "abc stays, since it is too short");
        assert_eq!(clean("MATOMO_TOKEN_AUTH is not set"), "MATOMO_TOKEN_AUTH is not set");
    }
}
