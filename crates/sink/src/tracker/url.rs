//! URLs as Matomo keeps them: cleaned, cut, without session and campaign parameters, and split from their prefix.

use crate::sites::Site;

/// Longest URL or title that is kept, in bytes.
pub(crate) const LONGEST_NAME: usize = 1024;

/// Parameters of a page's URL that name its campaign, in the order they are looked for.
pub(crate) const CAMPAIGN_NAMES: &[&str] = &[
    "pk_cpn",
    "pk_campaign",
    "piwik_campaign",
    "mtm_campaign",
    "matomo_campaign",
    "utm_campaign",
    "utm_source",
    "utm_medium",
];

/// Parameters of a page's URL that hold its campaign's keyword.
pub(crate) const CAMPAIGN_KEYWORDS: &[&str] =
    &["pk_kwd", "pk_keyword", "piwik_kwd", "mtm_kwd", "mtm_keyword", "matomo_kwd", "utm_term"];

/// Parameters that change from click to click and would make one page many.
const SESSION_PARAMETERS: &[&str] = &[
    "gclid",
    "fbclid",
    "msclkid",
    "twclid",
    "wbraid",
    "gbraid",
    "yclid",
    "fb_xd_fragment",
    "fb_comment_id",
    "phpsessid",
    "jsessionid",
    "sessionid",
    "aspsessionid",
    "doing_wp_cron",
    "sid",
    "pk_vid",
];

/// A URL in its parts, as text. Nothing is decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: Option<&'a str>,
    /// `user:password@`, without the at sign.
    user: Option<&'a str>,
    pub(crate) host: &'a str,
    port: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Splits a URL that has a host.
    pub(crate) fn split(url: &'a str) -> Option<Self> {
        let (scheme, rest) = match url.find("//") {
            Some(0) => (None, &url[2..]),
            Some(at) if url.as_bytes()[at - 1] == b':' => (Some(&url[..at - 1]), &url[at + 2..]),
            _ => return None,
        };
        let (rest, fragment) = split_at(rest, '#');
        let (rest, query) = split_at(rest, '?');
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (name, Some(port))
            }
            _ => (host, None),
        };
        (!host.is_empty()).then_some(Self { scheme, user, host, port, path, query, fragment })
    }

    /// The URL again, its host in lower case.
    fn join(&self) -> String {
        let mut url = String::with_capacity(128);
        if let Some(scheme) = self.scheme {
            url.push_str(scheme);
            url.push(':');
        }
        url.push_str("//");
        if let Some(user) = self.user {
            url.push_str(user);
            url.push('@');
        }
        url.push_str(&self.host.to_lowercase());
        if let Some(port) = self.port {
            url.push(':');
            url.push_str(port);
        }
        url.push_str(self.path);
        for (mark, part) in [('?', self.query), ('#', self.fragment)] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                url.push(mark);
                url.push_str(part);
            }
        }
        url
    }
}

fn split_at(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Trims, drops line breaks, and cuts a URL or title to the length that is kept.
pub(crate) fn clean_text(text: &str) -> String {
    let mut clean: String = text.trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\0')).collect();
    if clean.len() > LONGEST_NAME {
        clean.truncate(clean.floor_char_boundary(LONGEST_NAME));
    }
    clean
}

/// Whether it is a URL: an optional scheme, `//`, and something behind it.
pub(crate) fn looks_like_url(text: &str) -> bool {
    let Some(at) = text.find("//") else { return false };
    let scheme = &text[..at];
    let scheme_holds = scheme.is_empty()
        || scheme == ":"
        || scheme.strip_suffix(':').is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
        });
    let lower = text.get(..11).unwrap_or(text).to_ascii_lowercase();
    let is_script = ["javascript:", "vbscript:", "data:"].iter().any(|prefix| lower.starts_with(prefix));
    scheme_holds && !is_script && text.len() > at + 2
}

/// A page's URL as it is kept: cleaned, without session and campaign parameters, without its fragment unless the site
/// keeps it. `None` when it is no URL.
pub(crate) fn page_url(url: &str, site: &Site) -> Option<String> {
    let clean = matrix_to_query(clean_text(url));
    let mut parts = Parts::split(&clean)?;
    let query = parts.query.map(|query| without_parameters(query, &[]));
    parts.query = query.as_deref();
    if !site.keep_url_fragment {
        parts.fragment = None;
    }
    let url = clean_text(&parts.join());
    looks_like_url(&url).then_some(url)
}

/// A query string without the parameters that are not part of a page, and without `more`.
pub(crate) fn without_parameters(query: &str, more: &[&str]) -> String {
    let mut kept = String::with_capacity(query.len());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let is_excluded = [CAMPAIGN_NAMES, CAMPAIGN_KEYWORDS, SESSION_PARAMETERS, more]
            .iter()
            .any(|list| list.iter().any(|excluded| name.eq_ignore_ascii_case(excluded)));
        if !is_excluded {
            if !kept.is_empty() {
                kept.push('&');
            }
            kept.push_str(pair);
        }
    }
    kept
}

/// Turns `/thing;a=1;b=2` into `/thing?a=1&b=2`.
pub(crate) fn matrix_to_query(url: String) -> String {
    let Some(semicolon) = url.find(';') else { return url };
    match url.find('?') {
        Some(question) if question < semicolon => url,
        question => {
            let mut url = url;
            if let Some(question) = question {
                url.replace_range(question..=question, ";");
            }
            url.replace_range(semicolon..=semicolon, "?");
            url.replace(';', "&")
        }
    }
}

/// Whether a URL lies under a site's address, whatever its scheme, port and `www.`.
pub(crate) fn is_under(url: &str, address: &str) -> bool {
    let place = |url: &str| {
        let parts = Parts::split(url)?;
        let host = parts.host.to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        Some((host, format!("{}/", parts.path.to_lowercase().trim_end_matches('/'))))
    };
    match (place(url), place(address)) {
        (Some((host, path)), Some((own_host, own_path))) => host == own_host && path.starts_with(&own_path),
        _ => false,
    }
}

/// Splits `https://www.` and its three sisters off; the number tells which it was.
pub(crate) fn normalize(url: &str) -> (&str, Option<u8>) {
    const PREFIXES: [(&str, u8); 4] =
        [("http://www.", 1), ("http://", 0), ("https://www.", 3), ("https://", 2)];
    PREFIXES
        .into_iter()
        .find(|(prefix, _)| url.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
        .map_or((url, None), |(prefix, number)| (&url[prefix.len()..], Some(number)))
}

/// Puts the prefix back.
pub(crate) fn denormalize(name: &str, prefix: Option<u8>) -> String {
    let prefix = match prefix {
        Some(0) => "http://",
        Some(1) => "http://www.",
        Some(2) => "https://",
        Some(3) => "https://www.",
        _ => "",
    };
    format!("{prefix}{name}")
}

/// The decoded value of a query string's parameter.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Registry;

    fn page(url: &str) -> Option<String> {
        let registry = Registry::with_site_one(None, "UTC").unwrap();
        page_url(url, registry.site(1).unwrap())
    }

    #[test]
    fn a_page_loses_its_campaign_session_and_fragment() {
        assert_eq!(
            page("https://Example.TEST/a?mtm_campaign=spring&x=1&PHPSESSID=2&mtm_kwd=sale#top").as_deref(),
            Some("https://example.test/a?x=1")
        );
        assert_eq!(page("https://example.test/a?mtm_campaign=x").as_deref(), Some("https://example.test/a"));
        assert_eq!(page("https://example.test/t;a=1;b=2").as_deref(), Some("https://example.test/t?a=1&b=2"));
        assert_eq!(page("/only/a/path"), None);
    }

    #[test]
    fn a_page_lies_under_an_address_of_any_scheme() {
        for (url, address, is) in [
            ("http://shop.test/a?b", "https://www.shop.test", true),
            ("https://www.shop.test:8443/own/a", "https://shop.test/own/", true),
            ("https://shop.test/own", "https://shop.test/own", true),
            ("https://shop.test/owner", "https://shop.test/own", false),
            ("https://a.shop.test/", "https://shop.test/", false),
        ] {
            assert_eq!(is_under(url, address), is, "{url}");
        }
    }

    #[test]
    fn prefixes_come_off_and_go_back() {
        assert_eq!(normalize("https://www.a.test/x"), ("a.test/x", Some(3)));
        assert_eq!(normalize("http://a.test"), ("a.test", Some(0)));
        assert_eq!(denormalize("a.test/x", Some(3)), "https://www.a.test/x");
        assert_eq!(normalize("ftp://a.test"), ("ftp://a.test", None));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(clean_text(&"é".repeat(600)).len(), 1024);
        assert_eq!(clean_text(&format!("a{}", "é".repeat(600))).len(), 1023);
    }

    #[test]
    fn what_looks_like_a_url() {
        assert!(
            looks_like_url("//a.test")
                && looks_like_url("https://a.test")
                && looks_like_url("android-app://a")
        );
        assert!(
            !looks_like_url("javascript://x") && !looks_like_url("a.test/x") && !looks_like_url("https://")
        );
    }
}
