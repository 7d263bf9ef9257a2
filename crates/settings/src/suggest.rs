//! Which name was probably meant.

use std::{collections::BTreeSet, sync::LazyLock};

use strsim::{jaro_winkler, osa_distance};

use crate::table::definitions;

/// Names that resemble ours and belong to others: the target's own test and database variables.
const FOREIGN_PREFIXES: [&str; 2] = ["MATOMO_TEST_", "MATOMO_DATABASE_"];
/// Nobody else uses names that begin so.
const OWN_PREFIXES: [&str; 4] = ["BACKFILL_", "ECOMMERCE_", "PAGEVIEWS_", "PAUSE_BETWEEN_"];
/// One slip of the finger per this many characters.
const CHARACTERS_PER_SLIP: usize = 6;

/// Longer texts resemble nothing, and comparing takes time.
const LONGEST_NAME: usize = 64;

static ZONES: LazyLock<Vec<String>> =
    LazyLock::new(|| jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect());

/// The setting that was probably meant by a variable of the environment, where most names are none of ours: only when
/// it looks like a misspelling.
pub(crate) fn misspelt(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    if name.len() > LONGEST_NAME || FOREIGN_PREFIXES.iter().any(|prefix| upper.starts_with(prefix)) {
        return None;
    }
    let (distance, nearest) = nearest(&upper)?;
    if distance <= nearest.len() / CHARACTERS_PER_SLIP {
        return Some(nearest);
    }
    let part = definitions().iter().find(|d| is_large_part(&upper, d.name) || extends(&upper, d.name));
    let own = || OWN_PREFIXES.iter().any(|prefix| upper.starts_with(prefix)).then_some(nearest);
    part.map(|d| d.name).or_else(own)
}

/// The setting nearest to a name that is certainly meant to be one: whatever resembles it at all.
pub(crate) fn intended(name: &str) -> Option<&'static str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let upper = name.to_ascii_uppercase().replace([' ', '-', '.'], "_");
    misspelt(&upper).or_else(|| {
        let best = definitions()
            .iter()
            .max_by(|a, b| jaro_winkler(a.name, &upper).total_cmp(&jaro_winkler(b.name, &upper)))?;
        (jaro_winkler(best.name, &upper) > 0.8).then_some(best.name)
    })
}

/// The three time zones whose name, or whose city, is nearest.
pub(crate) fn time_zones(text: &str) -> Vec<&'static str> {
    let wanted: String = text.chars().take(LONGEST_NAME).collect();
    let wanted = wanted.to_ascii_lowercase().replace(' ', "_");
    let score = |zone: &str| {
        let zone = zone.to_ascii_lowercase();
        let city = zone.rsplit('/').next().unwrap_or(&zone);
        let wanted_city = wanted.rsplit('/').next().unwrap_or(&wanted);
        // A name that only the city matches is a little less likely than one that matches as a whole.
        jaro_winkler(&zone, &wanted).max(0.99 * jaro_winkler(city, wanted_city))
    };
    let mut scored: Vec<_> = ZONES.iter().map(|zone| (score(zone), zone.as_str())).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, zone)| zone).collect()
}

fn nearest(upper: &str) -> Option<(usize, &'static str)> {
    definitions().iter().map(|d| (osa_distance(d.name, upper), d.name)).min()
}

/// `VISITS_PER_DAY` for `TARGET_VISITS_PER_DAY`, `MIN_PAGEVIEWS` for `PAGEVIEWS_MIN`: at least two of the name's words
/// in any order, and half of its length.
fn is_large_part(part: &str, name: &str) -> bool {
    let words: BTreeSet<&str> = name.split('_').collect();
    part.contains('_') && 2 * part.len() >= name.len() && part.split('_').all(|word| words.contains(word))
}

/// `REQUEST_TIMEOUT_SECONDS` for `REQUEST_TIMEOUT`.
fn extends(longer: &str, name: &str) -> bool {
    name.contains('_') && longer.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
}
