//! Nothing that is said about a configuration holds a secret of it.

use serde_json::json;

use crate::common::{TOKEN, base, parse};

const PASSWORD: &str = "hunter2-is-the-password";

#[test]
fn no_finding_and_no_debug_output_holds_a_secret() {
    let spoiled = [" ", "\u{0}", "\u{f6}", "\n", ""];
    for end in spoiled {
        for url in [
            format!("https://user:{PASSWORD}@stats.example.org/matomo.php"),
            format!("https://user:{PASSWORD}@stats.example.org/{end}#x"),
            format!("https://user:{PASSWORD}@:0/"),
            format!("https://user:{PASSWORD}/@stats.example.org/"),
            format!("user:{PASSWORD}@stats.example.org"),
            format!("https://stats.example.org/matomo.php?token_auth={PASSWORD}"),
            format!("https://stats.example.org/?x=1&TOKEN_AUTH={PASSWORD}&y=2#z"),
        ] {
            let token = format!("{TOKEN}{end}{TOKEN}");
            for file in ["", TOKEN, "/run/secrets/two", "/nowhere"] {
                let vars = base(&[
                    ("MATOMO_URL", &url),
                    ("MATOMO_TOKEN_AUTH", &token),
                    ("MATOMO_TOKEN_AUTH_FILE", file),
                    ("MATOMO_TOKEN", TOKEN),
                    ("CONCURRENCY", "0"),
                ]);
                let said = format!("{:?}", parse(&vars)) + &format!("{:?}", settings::mask(&vars));
                for secret in [TOKEN, PASSWORD, "first-secret"] {
                    assert!(!said.contains(secret), "{url:?} {file:?}: {said}");
                }
            }
        }
    }
}

#[test]
fn settings_hide_their_token_and_password() {
    let vars = base(&[("MATOMO_URL", &format!("https://user:{PASSWORD}@h/matomo.php"))]);
    let parsed = parse(&vars).unwrap();
    assert_eq!(parsed.settings.target.url.password(), Some(PASSWORD), "it is still there to be sent");
    let said = format!("{parsed:?}");
    assert!(!said.contains(PASSWORD) && !said.contains(TOKEN), "{said}");
    assert!(said.contains("***MASKED***@h/matomo.php"));
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_repeated() {
    let config = json!({"matomo_token_auth": 987_654_321_012_345_u64, "MATOMO_TOKEN_AUTH_FILE": [TOKEN]});
    let errors = settings::from_json(config.as_object().unwrap()).unwrap_err();
    assert_eq!(errors.len(), 2);
    assert!(!format!("{errors:?}").contains("987654321012345") && !format!("{errors:?}").contains(TOKEN));
}
