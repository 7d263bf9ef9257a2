//! Masking, and what comes back masked.

use settings::{MASK, mask, mask_url, merge_masked};

use crate::common::{TOKEN, base, vars};

#[test]
fn secrets_are_masked_whatever_the_case_of_their_names() {
    let config = vars(&[
        ("matomo_token_auth", TOKEN),
        ("MATOMO_TOKEN_AUTH_FILE", "/run/secrets/token"),
        ("MATOMO_URL", "https://u:p@h:8080/m.php?x=a@b"),
        ("DB_PASSWORD", "secret"),
        ("SOME_PROXY", "http://u:p@proxy"),
        ("CONCURRENCY", "5"),
        ("EMPTY_TOKEN", ""),
    ]);
    let expected = vars(&[
        ("matomo_token_auth", MASK),
        ("MATOMO_TOKEN_AUTH_FILE", "/run/secrets/token"),
        ("MATOMO_URL", "https://***MASKED***@h:8080/m.php?x=a@b"),
        ("DB_PASSWORD", MASK),
        ("SOME_PROXY", "http://***MASKED***@proxy"),
        ("CONCURRENCY", "5"),
        ("EMPTY_TOKEN", ""),
    ]);
    assert_eq!(mask(&config), expected);
}

#[test]
fn plain_addresses_stay_as_they_are() {
    for text in ["https://h/m.php", "http://h/?mail=a@b", "https://h/m.php?token_auth=", "http://[::1]:80/"] {
        assert_eq!(mask_url(text), text);
    }
}

#[test]
fn a_masked_value_keeps_the_stored_one() {
    let stored = base(&[("MATOMO_URL", "https://u:p@h/m.php"), ("CONCURRENCY", "5")]);
    let mut new = mask(&stored);
    new.insert("CONCURRENCY".into(), "6".into());
    let merged = merge_masked(&stored, &new);
    assert_eq!(merged["MATOMO_TOKEN_AUTH"], TOKEN);
    assert_eq!(merged["MATOMO_URL"], "https://u:p@h/m.php");
    assert_eq!(merged["CONCURRENCY"], "6");
    let lower = merge_masked(&stored, &vars(&[("matomo_token_auth", MASK)]));
    assert_eq!(lower["matomo_token_auth"], TOKEN);
}

#[test]
fn a_password_does_not_follow_to_another_host() {
    let stored = base(&[("MATOMO_URL", "https://u:p@h/m.php")]);
    let new = base(&[("MATOMO_URL", "https://***MASKED***@elsewhere/m.php")]);
    let merged = merge_masked(&stored, &new);
    assert_eq!(merged["MATOMO_URL"], new["MATOMO_URL"]);
    let rejected = crate::common::parse(&merged).unwrap_err();
    assert_eq!(rejected.errors[0].field, "MATOMO_URL");
}
