//! A configuration as JSON, between the client, the store and the load generator: checked, masked, and made whole again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use settings::{Context, Finding, MASK, Parsed, Rejected};
use url::Url;

use crate::{error::FieldError, targets::Targets};

/// Settings by name, as a client sends them and the store keeps them. Names are in the case that the client chose.
pub type Config = Map<String, Value>;

/// The configuration with a mask in the place of every secret, and the secrets by name.
pub fn hide(config: &Config) -> (Config, BTreeMap<String, String>) {
    let texts = texts_of(config);
    let masked = settings::mask(&texts);
    let mut shown = config.clone();
    let mut secrets = BTreeMap::new();
    for (name, text) in texts {
        if masked[&name] != text {
            shown.insert(name.clone(), Value::String(masked[&name].clone()));
            secrets.insert(name, text);
        }
    }
    (shown, secrets)
}

/// The reverse of [`hide`].
pub fn reveal(mut shown: Config, secrets: &BTreeMap<String, String>) -> Config {
    for (name, secret) in secrets {
        if shown.contains_key(name) {
            shown.insert(name.clone(), Value::String(secret.clone()));
        }
    }
    shown
}

/// The new configuration, where each value that is still the mask of the stored one is the stored one again.
pub fn keep_masked(stored: &Config, mut new: Config) -> Config {
    for (name, text) in settings::merge_masked(&texts_of(stored), &texts_of(&new)) {
        new.insert(name, Value::String(text));
    }
    new
}

/// The configuration without any secret: for a file that leaves the house.
pub fn without_secrets(config: &Config) -> Config {
    let (shown, secrets) = hide(config);
    shown
        .into_iter()
        .filter_map(|(name, value)| match secrets.get(&name) {
            None => Some((name, value)),
            Some(secret) => bare_url(secret).map(|bare| (name, Value::String(bare))),
        })
        .collect()
}

/// A URL without its user, password and token; `None` when it is none.
fn bare_url(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok().filter(Url::has_host)?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if url.query().is_some() {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("token_auth"))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
    let bare = url.to_string();
    (!settings::mask_url(&bare).contains(MASK)).then_some(bare)
}

fn texts_of(config: &Config) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    config.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// Whether a load generator can start with this configuration: everything that the program itself would say at its start,
/// and whether the target is one that may be contacted from here.
///
/// # Errors
/// Everything that is wrong with it.
pub fn validate(config: &Config, targets: &Targets, now: Timestamp) -> Result<Parsed, Rejected> {
    let parsed = parse_readable(config, now);
    let Some(message) = target_of(config).and_then(|url| targets.check(&url).err()) else { return parsed };
    let finding = Finding { field: "MATOMO_URL".to_owned(), message, severity: settings::Severity::Error };
    Err(match parsed {
        Ok(parsed) => Rejected { errors: vec![finding], warnings: parsed.warnings },
        Err(mut rejected) => {
            if rejected.errors.iter().all(|error| error.field != finding.field) {
                rejected.errors.push(finding);
            }
            rejected
        }
    })
}

/// Where the configuration sends hits, when that is an address at all.
pub fn target_of(config: &Config) -> Option<Url> {
    let (_, value) = config.iter().find(|(name, _)| name.eq_ignore_ascii_case("MATOMO_URL"))?;
    Url::parse(value.as_str()?.trim()).ok()
}

/// What can be read is checked also when something cannot, so that everything wrong is said at once.
fn parse_readable(config: &Config, now: Timestamp) -> Result<Parsed, Rejected> {
    let mut errors = match settings::from_json(config) {
        Ok(vars) => return parse(&vars, now),
        Err(errors) => errors,
    };
    let warnings = match parse(&readable_part(config, &errors), now) {
        Ok(parsed) => parsed.warnings,
        Err(rejected) => {
            let told = |finding: &Finding| errors.iter().any(|error| error.field == finding.field);
            let more: Vec<Finding> = rejected.errors.into_iter().filter(|finding| !told(finding)).collect();
            errors.extend(more);
            rejected.warnings
        }
    };
    Err(Rejected { errors, warnings })
}

fn readable_part(config: &Config, errors: &[Finding]) -> BTreeMap<String, String> {
    let is_wrong = |name: &str| {
        errors.iter().any(|error| error.field.eq_ignore_ascii_case(name))
            || settings::normalize(name).is_none()
    };
    let readable = config
        .iter()
        .filter(|(name, _)| !is_wrong(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    settings::from_json(&readable).unwrap_or_default()
}

/// Whether a configuration may be saved. It need not be whole, since it may be used on top of another; what is in it must
/// be right.
///
/// # Errors
/// Everything that is wrong with what is in it.
pub fn check_saved(config: &Config, now: Timestamp) -> Result<(), Vec<FieldError>> {
    let mut vars = settings::from_json(config).map_err(|errors| fields(errors, "config."))?;
    let given: Vec<String> = vars.keys().cloned().collect();
    // What most settings depend on may be left out.
    for (name, value) in
        [("MATOMO_URL", "http://localhost/matomo.php".to_owned()), ("MATOMO_TOKEN_AUTH", "0".repeat(32))]
    {
        if vars.get(name).is_none_or(|value| value.trim().is_empty()) {
            vars.insert(name.to_owned(), value);
        }
    }
    match parse(&vars, now) {
        Ok(_) => Ok(()),
        Err(Rejected { mut errors, .. }) => {
            errors.retain(|error| given.contains(&error.field));
            if errors.is_empty() { Ok(()) } else { Err(fields(errors, "config.")) }
        }
    }
}

fn parse(vars: &BTreeMap<String, String>, now: Timestamp) -> Result<Parsed, Rejected> {
    // The token's file is one of the load generator's: what is there cannot be seen from here, and must not be.
    let context = Context { now, read_file: &|_| Ok("0".repeat(32)) };
    settings::parse(vars, &context)
}

/// Findings as the fields of a request.
pub fn fields(findings: Vec<Finding>, prefix: &str) -> Vec<FieldError> {
    findings
        .into_iter()
        .map(|finding| FieldError::new(format!("{prefix}{}", finding.field), finding.message))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn config(value: Value) -> Config {
        let Value::Object(config) = value else { panic!("not an object") };
        config
    }

    #[test]
    fn secrets_are_taken_out_and_put_back() {
        let given = config(json!({
            "matomo_token_auth": "c0ffee00c0ffee00c0ffee00c0ffee00",
            "MATOMO_URL": "https://me:pass@example.com/matomo.php?token_auth=abc&x=1",
            "CONCURRENCY": 5,
        }));
        let (shown, secrets) = hide(&given);
        let text = Value::Object(shown.clone()).to_string();
        assert!(!text.contains("c0ffee") && !text.contains("pass@") && !text.contains("abc"), "{text}");
        assert_eq!(secrets.len(), 2);
        assert_eq!(reveal(shown.clone(), &secrets), given);
        assert_eq!(keep_masked(&given, shown), given);
    }

    #[test]
    fn a_file_that_leaves_the_house_has_no_secret_and_no_mask() {
        let given = config(json!({
            "MATOMO_TOKEN_AUTH": "c0ffee00c0ffee00c0ffee00c0ffee00",
            "MATOMO_URL": "https://me:pass@example.com/matomo.php?token_auth=abc&x=1",
            "CONCURRENCY": 5,
        }));
        let expected = json!({ "MATOMO_URL": "https://example.com/matomo.php?x=1", "CONCURRENCY": 5 });
        assert_eq!(Value::Object(without_secrets(&given)), expected);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let given = config(json!({
            "CONCURRENCY": 3.0, "TIMEZONE": "Mars/Olympus", "COLOUR": "red", "PAGEVIEWS_MIN": 9, "pageviews_max": 2,
        }));
        let rejected = validate(&given, &Targets::default(), NOW).unwrap_err();
        let mut told: Vec<&str> = rejected.errors.iter().map(|error| error.field.as_str()).collect();
        told.sort_unstable();
        let expected = [
            "COLOUR",
            "CONCURRENCY",
            "MATOMO_URL",
            "PAGEVIEWS_MIN",
            "RANDOMIZE_VISITOR_COUNTRIES",
            "TIMEZONE",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_target_that_may_not_be_contacted_is_an_error_of_the_url() {
        let given = config(json!({ "MATOMO_URL": "http://evil.net/", "RANDOMIZE_VISITOR_COUNTRIES": false }));
        let targets = Targets { allowed: vec!["example.com".parse().unwrap()], private: true };
        let rejected = validate(&given, &targets, NOW).unwrap_err();
        assert_eq!(rejected.errors[0].field, "MATOMO_URL");
        assert!(rejected.errors[0].message.contains("ALLOWED_TARGET_HOSTS"));
        let given_more =
            config(json!({ "matomo_url": "http://evil.net/", "CONCURRENCY": 0, "COLOUR": "red" }));
        let mut told: Vec<String> = validate(&given_more, &targets, NOW)
            .unwrap_err()
            .errors
            .into_iter()
            .map(|error| error.field)
            .collect();
        told.sort_unstable();
        assert_eq!(told, ["COLOUR", "CONCURRENCY", "MATOMO_URL", "RANDOMIZE_VISITOR_COUNTRIES"]);
        assert!(validate(&given, &Targets::default(), NOW).is_ok());
    }

    #[test]
    fn a_saved_configuration_may_be_a_part_and_not_a_wrong_one() {
        check_saved(&config(json!({})), NOW).unwrap();
        check_saved(&config(json!({ "RANDOMIZE_VISITOR_COUNTRIES": true, "CONCURRENCY": 5 })), NOW).unwrap();
        for wrong in [
            json!({ "CONCURRENCY": 0 }),
            json!({ "CONCURRENCY": "None" }),
            json!({ "matomo_url": "ftp://example.com" }),
            json!({ "PAGEVIEWS_MIN": 9, "PAGEVIEWS_MAX": 2 }),
            json!({ "MATOMO_TOKEN_AUTH": "***MASKED***" }),
            json!({ "COLOUR": "red" }),
        ] {
            let errors = check_saved(&config(wrong.clone()), NOW).unwrap_err();
            assert!(errors[0].field.starts_with("config."), "{wrong}: {errors:?}");
        }
    }
}
