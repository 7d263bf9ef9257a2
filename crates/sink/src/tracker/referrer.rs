//! Where a visitor came from: a campaign, a search engine, a social network, another site, or nowhere.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::url::{CAMPAIGN_KEYWORDS, CAMPAIGN_NAMES, Parts, looks_like_url, parameter};
use crate::params::Params;
use crate::sites::{Registry, Site};

/// The kinds of referrers, by the numbers that Matomo reports them under.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Direct = 1,
    Search = 2,
    Website = 3,
    Campaign = 6,
    Social = 7,
}

impl Kind {
    /// The kind with this number; direct for any other.
    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            2 => Self::Search,
            3 => Self::Website,
            6 => Self::Campaign,
            7 => Self::Social,
            _ => Self::Direct,
        }
    }

    pub(crate) fn number(self) -> i64 {
        self as i64
    }
}

/// A referrer as a visit keeps it. An engine that hides the keyword leaves it empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Referrer {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) keyword: String,
    pub(crate) url: String,
}

impl Referrer {
    /// Whether two stand for different sources, in any letter case.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        self.kind != other.kind
            || self.name.to_lowercase() != other.name.to_lowercase()
            || self.keyword.to_lowercase() != other.keyword.to_lowercase()
    }

    /// What a hit says about where its visitor came from. `current` is what the visit under way knows.
    pub(crate) fn of(hit: &Params, site: &Site, registry: &Registry, current: Option<&Self>) -> Self {
        Self::detect(
            hit.get("urlref").unwrap_or_default(),
            hit.get("url").unwrap_or_default(),
            hit,
            site,
            registry,
            current,
        )
    }

    /// What a conversion is credited to: the campaign or referrer that the client kept, or else the visit's.
    pub(crate) fn of_conversion(hit: &Params, site: &Site, registry: &Registry, visit: &Self) -> Self {
        let campaign = hit.text("_rcn").map(str::to_lowercase);
        let mut credited = visit.clone();
        if let Some(name) = campaign {
            credited.kind = Kind::Campaign;
            credited.name = name;
            credited.keyword = hit.text("_rck").map(str::to_lowercase).unwrap_or_default();
        } else if visit.kind != Kind::Campaign
            && let Some(url) = hit.text("_ref")
        {
            let found = Self::detect(url, "", hit, site, registry, Some(visit));
            if matches!(found.kind, Kind::Search | Kind::Website | Kind::Social) {
                credited = found;
            }
        }
        credited
    }

    fn detect(
        referrer: &str,
        page: &str,
        hit: &Params,
        site: &Site,
        registry: &Registry,
        current: Option<&Self>,
    ) -> Self {
        let referrer = if looks_like_url(referrer) { referrer } else { "" };
        let from = Parts::split(referrer);
        let landing = Parts::split(page);
        let host = from.as_ref().map(|parts| parts.host.to_lowercase()).unwrap_or_default();
        let url = referrer.to_owned();
        if let Some(campaign) = campaign(hit, landing.as_ref(), referrer, &host, current) {
            return Self { url, ..campaign };
        }
        let Some(from) = from else { return Self::default() };
        if is_own(&from, &host, landing.as_ref(), site, registry) {
            return Self { url, ..Self::default() };
        }
        if let Some((name, keyword)) = search_engine(referrer) {
            return Self {
                kind: Kind::Search,
                name: name.to_owned(),
                keyword: keyword.unwrap_or_default(),
                url,
            };
        }
        if let Some(name) = social_network(referrer) {
            return Self { kind: Kind::Social, name: name.to_owned(), keyword: String::new(), url };
        }
        Self { kind: Kind::Website, name: cut(&host), keyword: String::new(), url }
    }
}

fn campaign(
    hit: &Params,
    landing: Option<&Parts<'_>>,
    referrer: &str,
    host: &str,
    current: Option<&Referrer>,
) -> Option<Referrer> {
    let (name, keyword) = if let Some(name) = hit.text("_rcn") {
        (name.to_owned(), hit.text("_rck").map(str::to_owned))
    } else {
        let landing = landing?;
        [landing.query, landing.fragment].into_iter().flatten().find_map(|query| {
            let find = |names: &[&str]| {
                names.iter().find_map(|name| parameter(query, name).filter(|value| !value.is_empty()))
            };
            Some((find(CAMPAIGN_NAMES)?, find(CAMPAIGN_KEYWORDS)))
        })?
    };
    let name = cut(&name.to_lowercase());
    let keyword = keyword
        .or_else(|| search_engine(referrer).and_then(|(_, keyword)| keyword))
        // A campaign without a keyword has the referrer's host for one; a later page of the same visit must not
        // change that, or it would begin a new visit.
        .unwrap_or_else(|| match current {
            Some(current) if current.kind == Kind::Campaign && current.name.to_lowercase() == name => {
                current.keyword.clone()
            }
            _ => host.to_owned(),
        });
    Some(Referrer { kind: Kind::Campaign, name, keyword: cut(&keyword.to_lowercase()), url: String::new() })
}

/// Whether a referrer is the site itself: one of its addresses, or the host of the page that it led to.
fn is_own(
    from: &Parts<'_>,
    host: &str,
    landing: Option<&Parts<'_>>,
    site: &Site,
    registry: &Registry,
) -> bool {
    let bare = |host: &str| host.trim_start_matches("www.").to_owned();
    let mut is_known = false;
    for (id, url) in registry.site_urls() {
        let matches = Parts::split(url).is_some_and(|own| {
            bare(&own.host.to_lowercase()) == bare(host)
                && from.path.starts_with(own.path.trim_end_matches('/'))
        });
        if matches {
            is_known = true;
            if id == site.id {
                return true;
            }
        }
    }
    !is_known && landing.is_some_and(|landing| landing.host.to_lowercase() == host)
}

fn cut(text: &str) -> String {
    text.chars().take(255).collect()
}

/// A search engine's entry in the list.
#[derive(Debug)]
struct Engine {
    name: &'static str,
    host: &'static str,
    parameters: Vec<&'static str>,
    hidden: Vec<&'static str>,
}

#[derive(Debug)]
struct Engines {
    list: Vec<Engine>,
    by_host: HashMap<&'static str, usize>,
}

static ENGINES: LazyLock<Engines> = LazyLock::new(|| {
    let mut engines = Engines { list: Vec::new(), by_host: HashMap::new() };
    for line in entries(include_str!("../../data/engines.txt")) {
        let mut fields = line.split('|').map(str::trim);
        let words =
            |text: Option<&'static str>| text.unwrap_or_default().split_whitespace().collect::<Vec<_>>();
        let name = fields.next().unwrap_or_default();
        let hosts = words(fields.next());
        let parameters = words(fields.next());
        let hidden = words(fields.next());
        let host = hosts.first().copied().unwrap_or_default();
        for host in &hosts {
            engines.by_host.entry(*host).or_insert(engines.list.len());
        }
        engines.list.push(Engine { name, host, parameters, hidden });
    }
    engines
});

static SOCIALS: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    entries(include_str!("../../data/socials.txt"))
        .filter_map(|line| line.split_once('|'))
        .map(|(name, hosts)| (name.trim(), hosts.split_whitespace().collect()))
        .collect()
});

fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The engine's name, and the keyword unless the engine hides it. `None` when it is no engine, or a page of one that
/// is not a search.
pub(crate) fn search_engine(url: &str) -> Option<(&'static str, Option<String>)> {
    let parts = Parts::split(url)?;
    let host = parts.host.to_lowercase();
    let lossy = lossy_host(&host);
    let by_host = &ENGINES.by_host;
    let is_yahoo = host.ends_with(".search.yahoo.com").then_some("search.yahoo.com");
    let index = [Some(host.as_str()), Some(lossy.as_str()), is_yahoo]
        .into_iter()
        .flatten()
        .find_map(|host| by_host.get(host))?;
    let engine = &ENGINES.list[*index];
    let mut query = parts.query.unwrap_or_default().to_owned();
    if let Some(fragment) = parts.fragment.filter(|fragment| !fragment.is_empty()) {
        query.push('&');
        query.push_str(fragment);
    }
    let name = match (engine.name, parameter(&query, "tbm").as_deref()) {
        ("Google", Some("isch")) => "Google Images",
        ("Google", Some("vid")) => "Google Video",
        ("Google", Some("shop")) => "Google Shopping",
        (name, _) => name,
    };
    for wanted in &engine.parameters {
        match parameter(&query, wanted) {
            Some(keyword) if !keyword.is_empty() => return Some((name, Some(cut(&keyword.to_lowercase())))),
            Some(_) => return Some((name, None)),
            None => {}
        }
    }
    let is_hidden = (query.is_empty() && matches!(parts.path, "" | "/"))
        || engine.hidden.iter().any(|page| parts.path.starts_with(page));
    is_hidden.then_some((name, None))
}

/// The engine's own address, for the visitor log.
pub(crate) fn engine_host(name: &str) -> Option<String> {
    let engine = ENGINES.list.iter().find(|engine| engine.name == name)?;
    Some(engine.host.replace('*', "com"))
}

/// The network's name.
pub(crate) fn social_network(url: &str) -> Option<&'static str> {
    let host = Parts::split(url)?.host.to_lowercase();
    let is_under =
        |own: &str| host == own || host.ends_with(own) && host[..host.len() - own.len()].ends_with('.');
    SOCIALS.iter().find(|(_, hosts)| hosts.iter().any(|own| is_under(own))).map(|(name, _)| *name)
}

/// The network's main host.
pub(crate) fn social_host(name: &str) -> Option<&'static str> {
    SOCIALS.iter().find(|(known, _)| *known == name).and_then(|(_, hosts)| hosts.first().copied())
}

/// A host without `www.`, `search.` and `m.`, with its country as `*`.
fn lossy_host(host: &str) -> String {
    let mut host = host;
    if let Some((first, rest)) = host.split_once('.') {
        let is_www =
            first.starts_with('w') && first.trim_start_matches('w').bytes().all(|b| b.is_ascii_digit());
        if (is_www || first == "search" || first == "m") && rest.contains('.') {
            host = rest;
        }
    }
    let mut labels: Vec<&str> = host.split('.').collect();
    if labels.len() >= 2 && is_country(labels[labels.len() - 1]) {
        labels.pop();
        if labels.len() >= 2
            && matches!(labels[labels.len() - 1], "com" | "org" | "net" | "co" | "it" | "edu")
        {
            labels.pop();
        }
        labels.push("*");
    } else if host.starts_with("google.") && labels.len() == 2 {
        // google.com is listed with all the others
        labels[1] = "*";
    }
    if labels.len() > 2 && is_country(labels[0]) {
        labels[0] = "*";
    }
    labels.join(".")
}

fn is_country(label: &str) -> bool {
    label.len() == 2 && label.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Finds any of a few words in a text, in upper or lower case.
pub(crate) fn any_of<'a>(words: impl Iterator<Item = &'a str>) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .expect("a few hundred short words are far below what the automaton can hold")
}

/// Whether a referrer is known spam.
pub(crate) fn is_spam(url: &str) -> bool {
    static SPAMMERS: LazyLock<AhoCorasick> =
        LazyLock::new(|| any_of(entries(include_str!("../../data/spammers.txt"))));
    SPAMMERS.is_match(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referrer(urlref: &str, url: &str) -> (i64, String, String) {
        let registry = Registry::with_site_one(None, "UTC").unwrap();
        let mut hit = Params::default();
        hit.set("urlref", urlref.to_owned());
        hit.set("url", url.to_owned());
        let found = Referrer::of(&hit, registry.site(1).unwrap(), &registry, None);
        (found.kind.number(), found.name, found.keyword)
    }

    fn expect(kind: i64, name: &str, keyword: &str) -> (i64, String, String) {
        (kind, name.to_owned(), keyword.to_owned())
    }

    const PAGE: &str = "https://example.test/a";

    #[test]
    fn engines_with_and_without_a_keyword() {
        let google = "https://www.google.com/search?q=Web+Analytics";
        assert_eq!(referrer(google, PAGE), expect(2, "Google", "web analytics"));
        assert_eq!(referrer("https://www.google.co.uk/", PAGE), expect(2, "Google", ""));
        assert_eq!(referrer("https://duckduckgo.com/", PAGE), expect(2, "DuckDuckGo", ""));
        assert_eq!(referrer("https://www.bing.com/search?q=x", PAGE), expect(2, "Bing", "x"));
        assert_eq!(referrer("https://de.search.yahoo.com/search?p=zelt", PAGE), expect(2, "Yahoo!", "zelt"));
    }

    #[test]
    fn a_bare_facebook_is_an_engine_and_a_page_of_it_a_network() {
        assert_eq!(referrer("https://www.facebook.com/", PAGE), expect(2, "Facebook", ""));
        assert_eq!(referrer("https://www.facebook.com/some.page", PAGE), expect(7, "Facebook", ""));
        assert_eq!(referrer("https://www.reddit.com/", PAGE), expect(7, "reddit", ""));
    }

    #[test]
    fn sites_and_the_site_itself() {
        assert_eq!(referrer("https://News.example.org/post/1", PAGE), expect(3, "news.example.org", ""));
        assert_eq!(referrer("https://example.test/b", PAGE), expect(1, "", ""));
        assert_eq!(referrer("https://www.example.test/b", PAGE), expect(1, "", ""));
        assert_eq!(referrer("", PAGE), expect(1, "", ""));
    }

    #[test]
    fn a_campaign_goes_before_its_referrer_and_takes_its_host_when_it_has_no_keyword() {
        let landing = "https://example.test/a?mtm_campaign=Spring&mtm_kwd=Sale";
        assert_eq!(referrer("https://www.reddit.com/", landing), expect(6, "spring", "sale"));
        let landing = "https://example.test/a?utm_campaign=Spring";
        assert_eq!(referrer("https://www.reddit.com/r/x", landing), expect(6, "spring", "www.reddit.com"));
    }
}
