//! What the tests share: a sound configuration to spoil, and a context that stands still.

use std::collections::BTreeMap;

use settings::{Context, Parsed, Rejected};

pub(crate) type Vars = BTreeMap<String, String>;

/// The token of every test, to be looked for where it must not be.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn vars(pairs: &[(&str, &str)]) -> Vars {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An address, a token, and what the test is about.
pub(crate) fn base(more: &[(&str, &str)]) -> Vars {
    let mut all =
        vars(&[("MATOMO_URL", "https://stats.example.org/matomo.php"), ("MATOMO_TOKEN_AUTH", TOKEN)]);
    all.extend(vars(more));
    all
}

/// Half an hour before midnight of 15 June 2025 in UTC: already 16 June to the east of it.
pub(crate) fn parse(vars: &Vars) -> Result<Parsed, Rejected> {
    let read_file = |path: &str| match path {
        "/run/secrets/token" => Ok("fedcba98\n".to_owned()),
        "/run/secrets/empty" => Ok("\n".to_owned()),
        "/run/secrets/two" => Ok("first-secret second-secret\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let now = "2025-06-15T23:30:00Z".parse().expect("a time");
    settings::parse(vars, &Context { now, read_file: &read_file })
}
