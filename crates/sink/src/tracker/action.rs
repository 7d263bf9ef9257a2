//! What a hit says a visitor did: the one action that its parameters stand for.

use super::Problem;
use super::url::{Parts, clean_text, looks_like_url, matrix_to_query, page_url, parameter};
use crate::params::Params;
use crate::sites::Site;

/// Something a visitor did. URLs are as they are kept; `None` stands for one that was missing or no URL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    PageView {
        url: Option<String>,
        title: String,
    },
    Search {
        keyword: String,
        category: Option<String>,
        results: Option<i64>,
    },
    Event {
        url: Option<String>,
        category: String,
        action: String,
        name: Option<String>,
        value: Option<f64>,
    },
    Content {
        url: Option<String>,
        name: String,
        piece: Option<String>,
        target: Option<String>,
        interaction: Option<String>,
    },
    Outlink {
        url: Option<String>,
    },
    Download {
        url: Option<String>,
    },
}

/// Every kind of hit, as the counts name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PageView = 1,
    Outlink = 2,
    Download = 3,
    Search = 8,
    Event = 10,
    Content = 13,
    Ping = 20,
    Goal = 21,
    Order = 22,
    Cart = 23,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Outlink => "outlink",
            Self::Download => "download",
            Self::Search => "search",
            Self::Event => "event",
            Self::Content => "content",
            Self::Ping => "ping",
            Self::Goal => "goal",
            Self::Order => "order",
            Self::Cart => "cart",
        }
    }
}

impl Action {
    /// The action of a hit. A hit with `ca=1` must be one that is not a page view.
    pub(crate) fn of(hit: &Params, site: &Site) -> Result<Self, Problem> {
        // To PHP, which decides this in a Matomo, a text of `0` is an empty one.
        let filled = |name| hit.get(name).filter(|value| !matches!(*value, "" | "0"));
        let clean = |name| hit.text(name).map(clean_text);
        // A hit that could be several is the first of these.
        if let Some(url) = filled("download") {
            return Ok(Self::Download { url: target_url(url) });
        }
        if let Some(url) = filled("link") {
            return Ok(Self::Outlink { url: target_url(url) });
        }
        let page = || hit.text("url").and_then(|url| page_url(url, site));
        // Of an event Matomo asks how long the texts are, and `0` is one.
        let sent = |name| hit.get(name).is_some_and(|value| !value.is_empty());
        if sent("e_c") && sent("e_a") {
            let (Some(category), Some(action)) = (clean("e_c"), clean("e_a")) else {
                return Err(Problem::Refused("an event whose e_c or e_a is blank"));
            };
            return Ok(Self::Event {
                url: page(),
                category,
                action,
                name: clean("e_n"),
                value: hit.float("e_v"),
            });
        }
        if filled("c_n").is_some() {
            let name = clean("c_n").unwrap_or_default();
            let (piece, target, interaction) = (clean("c_p"), clean("c_t"), clean("c_i"));
            return Ok(Self::Content { url: page(), name, piece, target, interaction });
        }
        if let Some(search) = search(hit, site) {
            return Ok(search);
        }
        if hit.flag("ca") {
            return Err(Problem::Broken("ca=1 on a hit that is no event and no content"));
        }
        Ok(Self::PageView { url: page(), title: clean("action_name").unwrap_or_default() })
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::PageView { .. } => Kind::PageView,
            Self::Search { .. } => Kind::Search,
            Self::Event { .. } => Kind::Event,
            Self::Content { .. } => Kind::Content,
            Self::Outlink { .. } => Kind::Outlink,
            Self::Download { .. } => Kind::Download,
        }
    }
}

fn target_url(url: &str) -> Option<String> {
    let url = clean_text(url);
    looks_like_url(&url).then_some(url)
}

/// A search on a site that counts them: by its own parameters, or by those of the page's URL.
fn search(hit: &Params, site: &Site) -> Option<Action> {
    if !site.site_search {
        return None;
    }
    let results = |count: Option<i64>| count.filter(|count| *count >= 0);
    if let Some(keyword) = hit.text("search").filter(|keyword| *keyword != "0") {
        return Some(Action::Search {
            keyword: clean_text(keyword),
            category: hit.text("search_cat").filter(|category| *category != "0").map(search_category),
            results: results(hit.int("search_count")),
        });
    }
    let url = matrix_to_query(clean_text(hit.text("url")?));
    let parts = Parts::split(&url)?;
    // A page that is found by its fragment may have its query in there: `#/find?q=tents`.
    let fragment =
        parts.fragment.map(|fragment| fragment.split_once('?').map_or(fragment, |(_, query)| query));
    let query = [parts.query, fragment].into_iter().flatten().collect::<Vec<_>>().join("&");
    if query.is_empty() {
        return None;
    }
    // Names of parameters are compared in any letter case.
    let find = |names: &[String]| {
        names.iter().find_map(|wanted| {
            // Of several with one name the last one counts, as in PHP's arrays.
            let of_that_name = ::url::form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .last();
            let value = of_that_name.map(|(_, value)| value.trim().to_owned());
            value.filter(|value| !matches!(value.as_str(), "" | "0"))
        })
    };
    let keyword = find(&site.search_keyword_parameters)?;
    Some(Action::Search {
        keyword: clean_text(&keyword),
        category: find(&site.search_category_parameters).map(|category| search_category(&category)),
        results: results(parameter(&query, "search_count").and_then(|count| count.parse().ok())),
    })
}

/// A category is kept to its 200th byte.
fn search_category(text: &str) -> String {
    let text = clean_text(text);
    text[..text.floor_char_boundary(200)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Registry;

    fn action(query: &str) -> Result<Action, Problem> {
        let registry = Registry::with_site_one(None, "UTC").unwrap();
        Action::of(&Params::parse(query.as_bytes()), registry.site(1).unwrap())
    }

    fn kind(query: &str) -> Kind {
        action(query).unwrap().kind()
    }

    #[test]
    fn the_parameters_name_the_action() {
        assert_eq!(kind("url=https://a.test/&action_name=A"), Kind::PageView);
        assert_eq!(kind("url=https://a.test/&link=https://b.test/"), Kind::Outlink);
        assert_eq!(kind("link=https://b.test/&download=https://a.test/f.pdf"), Kind::Download);
        assert_eq!(kind("e_c=Video&e_a=Play&ca=1"), Kind::Event);
        assert_eq!(kind("c_n=Banner&ca=1"), Kind::Content);
        assert_eq!(kind("search=tents"), Kind::Search);
        assert_eq!(kind("url=https://a.test/find%3FQuery%3Dtents"), Kind::Search);
        assert_eq!(kind("url=https://a.test/%23/find%3Fq%3Dtents"), Kind::Search);
        assert_eq!(kind("url=https://a.test/find%3Bq%3Dtents%3Bpage%3D2"), Kind::Search);
        assert_eq!(kind("url=https://a.test/&search=0&link=0"), Kind::PageView);
        assert_eq!(kind("url=https://a.test/find%3Fq%3D0"), Kind::PageView);
        let last = action("url=https://a.test/%3Fq%3Dtwo%2Btents%23q%3Dtents").unwrap();
        assert!(matches!(&last, Action::Search { keyword, .. } if keyword == "tents"), "{last:?}");
        assert_eq!(kind("url=https://a.test/&e_c=0&e_a=x&ca=1"), Kind::Event);
        // Half an event is the page that it happened on.
        assert_eq!(kind("url=https://a.test/&e_c=Video"), Kind::PageView);
    }

    #[test]
    fn what_is_refused_and_what_breaks_a_bulk() {
        assert!(matches!(action("e_c=%20&e_a=Play"), Err(Problem::Refused(_))));
        assert!(matches!(action("url=https://a.test/&ca=1"), Err(Problem::Broken(_))));
    }

    #[test]
    fn a_search_has_its_category_and_count() {
        let Action::Search { keyword, category, results } =
            action("search=tents&search_cat=Docs&search_count=0").unwrap()
        else {
            panic!("no search");
        };
        assert_eq!((keyword.as_str(), category.as_deref(), results), ("tents", Some("Docs"), Some(0)));
        let zero = action("search=tents&search_cat=0").unwrap();
        assert!(matches!(zero, Action::Search { category: None, .. }), "{zero:?}");
    }
}
