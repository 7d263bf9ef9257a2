//! What the receiver is set up to count: sites with their options and goals, tokens with their rights, and the modes
//! that a whole Matomo can be in.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A site that hits are counted for. Every field but the name has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are a site's options, each on or off by itself")]
pub struct Site {
    /// Its number, sent as `idsite`; 0 in a request to create one takes the next free number.
    #[serde(default)]
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// Its addresses; the first is the main one.
    #[serde(default = "default_urls")]
    pub urls: Vec<String>,
    /// Whose midnight ends its days: an IANA name.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// ISO 4217 code.
    #[serde(default = "default_currency")]
    pub currency: String,
    /// Orders and carts are counted.
    #[serde(default = "yes")]
    pub ecommerce: bool,
    /// Searches on the site are counted.
    #[serde(default = "yes")]
    pub site_search: bool,
    /// URL parameters that hold a search's keyword.
    #[serde(default = "default_keyword_parameters")]
    pub search_keyword_parameters: Vec<String>,
    /// URL parameters that hold a search's category.
    #[serde(default)]
    pub search_category_parameters: Vec<String>,
    /// Keep what stands behind `#` in page URLs.
    #[serde(default)]
    pub keep_url_fragment: bool,
    /// Refuse page URLs that are not under `urls`.
    #[serde(default)]
    pub exclude_unknown_urls: bool,
    /// What counts as a conversion.
    #[serde(default)]
    pub goals: Vec<Goal>,
}

/// A conversion that visitors can make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its number, sent as `idgoal`.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What triggers it.
    #[serde(default)]
    pub trigger: Trigger,
    /// How the pattern is compared.
    #[serde(default)]
    pub match_by: MatchBy,
    /// What the trigger is compared with; unused when it is manual.
    #[serde(default)]
    pub pattern: String,
    /// Upper and lower case differ in the pattern.
    #[serde(default)]
    pub case_sensitive: bool,
    /// What a conversion is worth when the hit does not say.
    #[serde(default)]
    pub revenue: f64,
    /// A visit may convert more than once.
    #[serde(default)]
    pub allow_multiple: bool,
}

impl Goal {
    /// Its pattern as a regular expression.
    pub(crate) fn regex(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.pattern).case_insensitive(!self.case_sensitive).build()
    }
}

/// What a goal looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A hit with `idgoal`.
    #[default]
    Manually,
    /// A page's URL.
    Url,
    /// A page's title.
    Title,
    /// A downloaded file's URL.
    File,
    /// An outlink's URL.
    ExternalWebsite,
    /// An event's category.
    EventCategory,
    /// An event's action.
    EventAction,
    /// An event's name.
    EventName,
}

/// How a goal's pattern is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchBy {
    /// The pattern occurs in it.
    #[default]
    Contains,
    /// It is the pattern.
    Exact,
    /// The pattern is a regular expression that matches anywhere in it.
    Regex,
}

/// What a token may do on a site, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Read reports.
    View,
    /// Also track with times, addresses and places of its own.
    Write,
    /// Also change the site.
    Admin,
}

/// A token with its rights, as a configuration file or a request gives it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenGrant {
    /// The secret itself.
    pub token: String,
    /// Everything on every site.
    #[serde(default, rename = "super")]
    pub is_super: bool,
    /// Taken from bodies only, never from a URL.
    #[serde(default)]
    pub post_only: bool,
    /// Rights by site number.
    #[serde(default)]
    pub sites: BTreeMap<i64, Right>,
}

/// A token as it is kept: by its SHA-256, so that neither the database nor an answer can give it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    sha256: String,
    pub(crate) is_super: bool,
    pub(crate) post_only: bool,
    sites: BTreeMap<i64, Right>,
}

impl Token {
    /// Whether it has at least `right` on `site`.
    pub(crate) fn may(&self, right: Right, site: i64) -> bool {
        self.is_super || self.sites.get(&site).is_some_and(|held| *held >= right)
    }
}

impl From<TokenGrant> for Token {
    fn from(grant: TokenGrant) -> Self {
        Self {
            sha256: hash(&grant.token),
            is_super: grant.is_super,
            post_only: grant.post_only,
            sites: grant.sites,
        }
    }
}

/// States that a whole Matomo can be in, switched on for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Modes {
    /// Hits are counted.
    pub statistics: bool,
    /// Hits are queued: the answer says nothing about them.
    pub queued: bool,
    /// The database does not answer.
    pub database_down: bool,
}

impl Default for Modes {
    fn default() -> Self {
        Self { statistics: true, queued: false, database_down: false }
    }
}

/// What a configuration file holds, in JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setup {
    /// Sites beside, or instead of, site 1.
    pub sites: Vec<Site>,
    /// Tokens with their rights.
    pub tokens: Vec<TokenGrant>,
    /// The modes to start in.
    pub modes: Modes,
}

/// Why a site, a goal or a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The time zone is not known.
    #[error(
        "site {name:?}: time zone {time_zone:?} is not known; give an IANA name such as Europe/Berlin, or hours from UTC such as UTC+2"
    )]
    TimeZone {
        /// The site.
        name: String,
        /// What was given.
        time_zone: String,
    },
    /// A number that cannot be one.
    #[error("site {name:?}: id {id} is below 0; leave it out, or give a number from 1")]
    Id {
        /// The site.
        name: String,
        /// What was given.
        id: i64,
    },
    /// A goal's pattern is no regular expression.
    #[error("goal {goal:?}: pattern {pattern:?} is no regular expression: {why}")]
    Pattern {
        /// The goal.
        goal: String,
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A token without characters.
    #[error("a token is empty; give it at least one character")]
    EmptyToken,
}

/// Everything that is set up, as the tracker and the reports see it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Registry {
    sites: BTreeMap<i64, Site>,
    tokens: Vec<Token>,
    pub(crate) modes: Modes,
    #[serde(skip)]
    zones: BTreeMap<i64, TimeZone>,
}

impl Registry {
    /// Site 1 as the reference set describes it, with a token that may do everything.
    pub(crate) fn with_site_one(token: Option<&str>, time_zone: &str) -> Result<Self, SetupError> {
        let mut registry = Self::default();
        registry.put_site(Site {
            id: 1,
            name: "Example".to_owned(),
            urls: default_urls(),
            time_zone: time_zone.to_owned(),
            currency: default_currency(),
            ecommerce: true,
            site_search: true,
            search_keyword_parameters: default_keyword_parameters(),
            search_category_parameters: Vec::new(),
            keep_url_fragment: false,
            exclude_unknown_urls: false,
            goals: vec![Goal {
                id: 1,
                name: "Signup".to_owned(),
                trigger: Trigger::Manually,
                match_by: MatchBy::Contains,
                pattern: String::new(),
                case_sensitive: false,
                revenue: 5.0,
                allow_multiple: false,
            }],
        })?;
        if let Some(token) = token {
            registry.put_super(token)?;
        }
        Ok(registry)
    }

    /// Adds a token that may do everything.
    pub(crate) fn put_super(&mut self, token: &str) -> Result<(), SetupError> {
        let grant =
            TokenGrant { token: token.to_owned(), is_super: true, post_only: false, sites: BTreeMap::new() };
        self.put_token(grant)
    }

    /// Moves a site to another time zone.
    pub(crate) fn set_time_zone(&mut self, site: i64, time_zone: &str) -> Result<(), SetupError> {
        if let Some(site) = self.sites.get(&site) {
            self.put_site(Site { time_zone: time_zone.to_owned(), ..site.clone() })?;
        }
        Ok(())
    }

    /// Adds what a configuration file says.
    pub(crate) fn extend(&mut self, setup: Setup) -> Result<(), SetupError> {
        for site in setup.sites {
            self.put_site(site)?;
        }
        for token in setup.tokens {
            self.put_token(token)?;
        }
        self.modes = setup.modes;
        Ok(())
    }

    /// Adds a site or replaces the one with its number. Returns the number.
    pub(crate) fn put_site(&mut self, mut site: Site) -> Result<i64, SetupError> {
        if site.id < 0 {
            return Err(SetupError::Id { name: site.name, id: site.id });
        }
        let Some(zone) = time_zone(&site.time_zone) else {
            return Err(SetupError::TimeZone { name: site.name, time_zone: site.time_zone });
        };
        for goal in site.goals.iter().filter(|goal| goal.match_by == MatchBy::Regex) {
            if let Err(error) = goal.regex() {
                let why = error.to_string();
                return Err(SetupError::Pattern {
                    goal: goal.name.clone(),
                    pattern: goal.pattern.clone(),
                    why,
                });
            }
        }
        if site.id == 0 {
            site.id = self.sites.last_key_value().map_or(1, |(last, _)| last + 1);
        }
        let id = site.id;
        self.zones.insert(id, zone);
        self.sites.insert(id, site);
        Ok(id)
    }

    /// Adds a token or replaces its rights.
    pub(crate) fn put_token(&mut self, grant: TokenGrant) -> Result<(), SetupError> {
        if grant.token.is_empty() {
            return Err(SetupError::EmptyToken);
        }
        let token = Token::from(grant);
        self.tokens.retain(|known| known.sha256 != token.sha256);
        self.tokens.push(token);
        Ok(())
    }

    pub(crate) fn site(&self, id: i64) -> Option<&Site> {
        self.sites.get(&id)
    }

    pub(crate) fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values()
    }

    /// The site's time zone; UTC for a site that is gone.
    pub(crate) fn zone(&self, site: i64) -> TimeZone {
        self.zones.get(&site).cloned().unwrap_or(TimeZone::UTC)
    }

    /// Who holds this token.
    pub(crate) fn token(&self, token: &str) -> Option<&Token> {
        let sha256 = hash(token);
        self.tokens.iter().find(|known| known.sha256 == sha256)
    }

    /// Every address of every site, with the site's number.
    pub(crate) fn site_urls(&self) -> impl Iterator<Item = (i64, &str)> {
        self.sites.values().flat_map(|site| site.urls.iter().map(|url| (site.id, url.as_str())))
    }

    /// Fills in what is not stored, after reading from JSON.
    pub(crate) fn restore(mut self) -> Self {
        self.zones = self
            .sites
            .values()
            .map(|site| (site.id, time_zone(&site.time_zone).unwrap_or(TimeZone::UTC)))
            .collect();
        self
    }
}

impl Site {
    pub(crate) fn goal(&self, id: i64) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.id == id)
    }

    /// The main address without a slash at its end.
    pub(crate) fn main_url(&self) -> &str {
        self.urls.first().map_or("", |url| url.trim_end_matches('/'))
    }
}

/// An IANA zone, or hours from UTC such as `UTC-3.5`, which a Matomo offers as well.
fn time_zone(name: &str) -> Option<TimeZone> {
    match name.strip_prefix("UTC") {
        Some(hours) if hours.starts_with(['+', '-']) => {
            let minutes = hours.parse::<f64>().ok().filter(|hours| hours.abs() <= 14.0)? * 60.0;
            let offset = jiff::tz::Offset::from_seconds(minutes.round() as i32 * 60).ok()?;
            Some(offset.to_time_zone())
        }
        _ => TimeZone::get(name).ok(),
    }
}

fn hash(token: &str) -> String {
    let digits =
        |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]));
    Sha256::digest(token.as_bytes()).into_iter().flat_map(digits).collect()
}

fn default_urls() -> Vec<String> {
    vec!["https://example.test".to_owned()]
}

fn default_time_zone() -> String {
    "UTC".to_owned()
}

fn default_currency() -> String {
    "USD".to_owned()
}

fn yes() -> bool {
    true
}

fn default_keyword_parameters() -> Vec<String> {
    ["q", "query", "s", "search", "searchword", "k", "keyword"].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_hold_for_their_site_and_include_the_lower_ones() {
        let mut registry = Registry::with_site_one(Some("all"), "UTC").unwrap();
        let grant = TokenGrant {
            token: "some".to_owned(),
            is_super: false,
            post_only: false,
            sites: BTreeMap::from([(1, Right::Write)]),
        };
        registry.put_token(grant).unwrap();
        let some = registry.token("some").unwrap();
        assert!(some.may(Right::View, 1) && some.may(Right::Write, 1));
        assert!(!some.may(Right::Admin, 1) && !some.may(Right::View, 2));
        assert!(registry.token("all").unwrap().may(Right::Admin, 7));
        assert!(registry.token("other").is_none());
    }

    #[test]
    fn a_stored_registry_holds_no_token_and_keeps_its_zones() {
        let registry = Registry::with_site_one(Some("hush"), "Europe/Berlin").unwrap();
        let stored = serde_json::to_string(&registry).unwrap();
        assert!(!stored.contains("hush"));
        let restored = serde_json::from_str::<Registry>(&stored).unwrap().restore();
        assert_eq!(restored.zone(1).iana_name(), Some("Europe/Berlin"));
        assert!(restored.token("hush").is_some());
    }

    #[test]
    fn a_zone_may_be_hours_from_utc() {
        let seconds = |name: &str| time_zone(name).map(|zone| zone.to_fixed_offset().unwrap().seconds());
        assert_eq!(
            (seconds("UTC+2"), seconds("UTC-3.5"), seconds("UTC")),
            (Some(7200), Some(-12_600), Some(0))
        );
        assert!(time_zone("UTC+99").is_none() && time_zone("UTC+").is_none());
    }
}
