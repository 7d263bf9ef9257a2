//! What a site's own settings make of its pages: which of them are searches, which bring a campaign, and which are no
//! referrer to another.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// Parameters of a page's address that name a campaign, in the order in which Matomo 5 looks for them
/// (`campaign_var_name`).
const CAMPAIGN_NAMES: [&str; 8] = [
    "pk_cpn",
    "pk_campaign",
    "piwik_campaign",
    LANDING,
    "matomo_campaign",
    "utm_campaign",
    "utm_source",
    "utm_medium",
];

/// The one that landing pages are sent with.
const LANDING: &str = "mtm_campaign";

/// Parameters that hold a campaign's keyword (`campaign_keyword_var_name`).
const CAMPAIGN_KEYWORDS: [&str; 7] =
    ["pk_kwd", "pk_keyword", "piwik_kwd", "mtm_kwd", "mtm_keyword", "matomo_kwd", "utm_term"];

/// Parameters that hold a search's keyword where nobody says otherwise (`SitesManager`).
const SEARCH_KEYWORDS: [&str; 7] = ["q", "query", "s", "search", "searchword", "k", "keyword"];

/// The most characters of a campaign's name that are kept.
const LONGEST_NAME: usize = 255;

/// What of a site's settings decides what its reports say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Addresses of the target's other sites, as far as they are known: a page of one of them is another website.
    pub others: Vec<String>,
    /// Hits on pages of other addresses than its own are not recorded.
    pub own_pages_only: bool,
    /// Searches are recorded as such; otherwise they are views of the page that they were made on.
    pub search: bool,
    /// Parameters of a page's address that make its view a search.
    pub search_keywords: Vec<String>,
    /// Parameters that hold such a search's category.
    pub search_categories: Vec<String>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            others: Vec::new(),
            own_pages_only: false,
            search: true,
            search_keywords: Self::usual_search_keywords(),
            search_categories: Vec::new(),
        }
    }
}

/// Whose a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The site's.
    Own,
    /// Another site's of the same target.
    Other,
    /// Of no address that the target knows.
    Unknown,
}

/// A campaign as Matomo tells one from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Campaign {
    pub(crate) name: String,
    pub(crate) keyword: Option<String>,
    /// Which of the parameters named it: the first goes before the others.
    rank: usize,
}

impl Campaign {
    /// The campaign that a query names.
    pub(crate) fn of(query: &str) -> Option<Self> {
        let found = |names: &[&str]| {
            let mut values = names.iter().enumerate().map(|(rank, name)| (rank, last(query, name)));
            values.find_map(|(rank, value)| Some((rank, value?)))
        };
        let (rank, name) = found(&CAMPAIGN_NAMES)?;
        let name = name.to_lowercase().chars().take(LONGEST_NAME).collect();
        let keyword = found(&CAMPAIGN_KEYWORDS).map(|(_, keyword)| keyword.to_lowercase());
        Some(Self { name, keyword, rank })
    }

    /// The campaign that a page's own address names: in its query, or else in its fragment.
    pub(crate) fn of_page(url: &str) -> Option<Self> {
        let parts = Parts::of(url);
        let in_query = Self::of(&parts.query);
        // Without a keyword Matomo goes on looking.
        if in_query.as_ref().is_some_and(|campaign| campaign.keyword.is_some()) {
            return in_query;
        }
        Self::of(&parts.fragment).or(in_query)
    }

    /// Whether it is found before the one that a landing page is sent with.
    pub(crate) fn goes_before_landing(&self) -> bool {
        !CAMPAIGN_NAMES[..=self.rank].contains(&LANDING)
    }

    /// Whether a visit of this campaign goes on when a hit names the other one.
    pub(crate) fn goes_on_with(&self, other: &Self) -> bool {
        self.name == other.name && (other.keyword.is_none() || other.keyword == self.keyword)
    }
}

impl Site {
    /// The parameters that hold a search's keyword where nobody says otherwise.
    pub fn usual_search_keywords() -> Vec<String> {
        SEARCH_KEYWORDS.map(str::to_owned).to_vec()
    }

    /// Keyword and category when a view of this page is a search.
    pub(crate) fn search_of(&self, url: &str) -> Option<(String, Option<String>)> {
        if !self.search {
            return None;
        }
        let parts = Parts::of(url);
        // A page that is found by its fragment may have its query in there.
        let fragment = parts.fragment.split_once('?').map_or(parts.fragment.as_str(), |(_, query)| query);
        let query = format!("{}&{fragment}", parts.query);
        let find = |names: &[String]| names.iter().find_map(|name| last_in_any_case(&query, name));
        Some((find(&self.search_keywords)?, find(&self.search_categories)))
    }

    /// Whether hits on a page are recorded at all.
    pub fn records(&self, url: &str) -> bool {
        // A site without addresses records all pages.
        !self.own_pages_only || self.addresses.is_empty() || {
            let alone = Self { addresses: self.addresses.clone(), ..Self::default() };
            alone.standing(url) == Standing::Own
        }
    }

    /// Whose page an address is: that of the known address with the same host whose path is deepest.
    pub(crate) fn standing(&self, url: &str) -> Standing {
        let (host, path) = host_and_path(url);
        let known = |addresses: &[String], standing| -> Vec<(String, Standing)> {
            let all = addresses.iter().map(|address| host_and_path(address));
            all.filter(|(other, _)| *other == host).map(|(_, path)| (path, standing)).collect()
        };
        let mut all = known(&self.addresses, Standing::Own);
        all.extend(known(&self.others, Standing::Other));
        // The sort keeps the order of equals: an address of several sites is the site's own.
        all.sort_by_key(|(path, _)| Reverse((path.matches('/').count(), path.clone())));
        all.iter()
            .find(|(prefix, _)| path.starts_with(prefix.as_str()))
            .map_or(Standing::Unknown, |(_, standing)| *standing)
    }
}

/// An address's query and fragment.
struct Parts {
    query: String,
    fragment: String,
}

impl Parts {
    fn of(url: &str) -> Self {
        let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
        let query = match (address.find('?'), address.find(';')) {
            // Parameters behind a semicolon are a query as well.
            (question, Some(semicolon)) if question.is_none_or(|question| semicolon < question) => {
                address[semicolon + 1..].replace([';', '?'], "&")
            }
            (Some(question), _) => address[question + 1..].to_owned(),
            (None, _) => String::new(),
        };
        Self { query, fragment: fragment.to_owned() }
    }
}

/// A parameter's value, the last one where it is given twice; to Matomo a lone `0` is no value.
fn last(query: &str, wanted: &str) -> Option<String> {
    value(query, |name| name == wanted)
}

fn last_in_any_case(query: &str, wanted: &str) -> Option<String> {
    value(query, |name| name.to_lowercase() == wanted.to_lowercase())
}

fn value(query: &str, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let values = form_urlencoded::parse(query.as_bytes());
    let (_, value) = values.filter(|(name, _)| is_it(name)).last()?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty() && value != "0")
}

/// The host in lower case, without `www.` and port.
pub(crate) fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // An address of version 6 has colons of its own, within brackets.
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
    port.map_or(host, |(host, _)| host).to_lowercase()
}

fn host_and_path(url: &str) -> (String, String) {
    let host = host_of(url);
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/').to_lowercase();
    (host, if path.is_empty() { "/".to_owned() } else { format!("/{path}/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_whose_address_holds_a_keyword_was_counted_as_a_view() {
        let site = Site { search_categories: vec!["cat".to_owned()], ..Site::default() };
        for (url, search) in [
            ("https://example.test/find?q=Red%20Shoes", Some(("Red Shoes", None))),
            ("https://example.test/find?CAT=a&S=c%2B%2B", Some(("c++", Some("a")))),
            ("https://example.test/#/find?q=tents", Some(("tents", None))),
            ("https://example.test/find;q=tents", Some(("tents", None))),
            ("https://example.test/find?q=", None),
            ("https://example.test/find?quantity=2", None),
            ("https://example.test/q", None),
        ] {
            let found = site.search_of(url);
            let found = found.as_ref().map(|(keyword, category)| (keyword.as_str(), category.as_deref()));
            assert_eq!(found, search, "{url}");
        }
        assert_eq!(Site { search: false, ..site }.search_of("https://example.test/find?q=a"), None);
    }

    #[test]
    fn a_campaign_in_the_address_of_a_page_was_overlooked() {
        let of = |url| Campaign::of_page(url).map(|campaign| (campaign.name, campaign.keyword));
        let named = |name: &str, keyword: Option<&str>| Some((name.to_owned(), keyword.map(str::to_owned)));
        assert_eq!(of("https://a.test/?utm_source=News&utm_campaign=Spring"), named("spring", None));
        assert_eq!(of("https://a.test/?utm_medium=email&utm_term=Sale"), named("email", Some("sale")));
        assert_eq!(of("https://a.test/#utm_campaign=x"), named("x", None));
        assert_eq!(of("https://a.test/?utm_content=x"), None);
    }

    #[test]
    fn a_campaign_goes_on_without_a_keyword_and_ends_with_another_one() {
        let campaign = |query| Campaign::of(query).unwrap();
        let sale = campaign("utm_campaign=a&utm_term=sale");
        assert!(sale.goes_on_with(&campaign("utm_campaign=A")));
        assert!(!sale.goes_on_with(&campaign("utm_campaign=a&utm_term=gift")));
        assert!(!sale.goes_on_with(&campaign("utm_campaign=b&utm_term=sale")));
        assert!(campaign("pk_campaign=a").goes_before_landing());
        assert!(!campaign("mtm_campaign=a").goes_before_landing() && !sale.goes_before_landing());
    }

    #[test]
    fn the_deepest_address_says_whose_a_page_is() {
        let site = Site {
            addresses: vec!["https://www.example.test/shop".to_owned(), "http://other.test:8080".to_owned()],
            others: vec!["https://example.test".to_owned(), "http://other.test/".to_owned()],
            ..Site::default()
        };
        for (url, standing) in [
            ("https://example.test/shop/a", Standing::Own),
            ("https://example.test/shop", Standing::Own),
            ("https://example.test/shopping", Standing::Other),
            ("https://WWW.example.test/", Standing::Other),
            ("https://other.test/", Standing::Own),
            ("https://sub.example.test/", Standing::Unknown),
        ] {
            assert_eq!(site.standing(url), standing, "{url}");
        }
        assert!(site.records("https://sub.example.test/"));
        let strict = Site { own_pages_only: true, ..site };
        assert!(strict.records("https://example.test/shop/a") && !strict.records("https://example.test/a"));
        assert!(Site { addresses: Vec::new(), ..strict }.records("https://sub.example.test/"));
    }
}
