//! How reports name pages, links and files.

use url::form_urlencoded;

/// How many parts a path is split into; what is behind stays in the last one.
const MOST_PARTS: usize = 10;

/// The name of a page in `Actions.getPageUrls` with `flat=1`, without query and fragment: `/products/laptops/x`.
///
/// Reports leave the host out, so pages of two hosts with one path are one row. A folder's page is called `index`, and
/// `flat=1` leaves that name out: `/products/`.
pub fn page_label(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // Parameters behind a semicolon are a query as well.
    let path =
        rest.split(['?', '#', ';']).next().unwrap_or_default().split_once('/').map_or("", |(_, path)| path);
    flat_page_label(&shown(&flat_page_label(path)))
}

/// The same from a row's own label, which may hold a query.
pub fn flat_page_label(label: &str) -> String {
    let path = label.split(['?', '#']).next().unwrap_or_default();
    let is_folder = path.is_empty() || path.ends_with('/');
    let parts = path.splitn(MOST_PARTS, '/').map(str::trim).filter(|part| !part.is_empty());
    let mut flat = parts.fold(String::new(), |label, part| label + "/" + part);
    if is_folder && !flat.ends_with('/') {
        flat.push('/');
    }
    if flat.ends_with("/index") {
        flat.truncate(flat.len() - "index".len());
    }
    flat
}

/// The name of a link or a file in `Actions.getOutlinks` and `getDownloads` with `flat=1`: host and path.
pub fn link_label(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    shown(&format!("{}/{}", host.trim(), path.trim().trim_end_matches('#')))
}

/// A label as an answer of the Reporting API has it: whatever it is about, it is decoded as a URL would be
/// (`SafeDecodeLabel`), so that `c++` becomes `c`, and bytes that are no text are left out.
pub(crate) fn shown(label: &str) -> String {
    if !label.contains(['%', '+']) {
        return label.trim().to_owned();
    }
    // What parts pairs in a form is text here.
    let text = label.replace('&', "%26").replace('=', "%3D");
    let decoded: String = form_urlencoded::parse(text.as_bytes()).map(|(text, _)| text).collect();
    decoded.replace(char::REPLACEMENT_CHARACTER, "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_by_their_path() {
        for (url, label) in [
            ("https://example.test/blog/page-010", "/blog/page-010"),
            ("https://example.test", "/"),
            ("https://example.test/shop/?a=1", "/shop/"),
            ("https://example.test//a//b#top", "/a/b"),
            ("https://example.test/a?b=c/d", "/a"),
            ("https://example.test/a;b=c;d=e", "/a"),
            ("https://example.test/blog/index", "/blog/"),
        ] {
            assert_eq!(page_label(url), label, "{url}");
        }
    }

    /// The Reporting API decodes every label.
    #[test]
    fn labels_with_percent_and_plus_signs_were_called_missing() {
        assert_eq!(page_label("https://example.test/caf%C3%A9/a+b%20c"), "/café/a b c");
        assert_eq!(page_label("https://example.test/a%2Fb/"), "/a/b/");
        assert_eq!(page_label("https://example.test/a%3Fb"), "/a");
        assert_eq!(link_label("https://a.test/?q=1&r=%C3%A9+2"), "a.test/?q=1&r=é 2");
        for (label, text) in [
            ("c++", "c"),
            ("a + b", "a   b"),
            ("100% wool", "100% wool"),
            ("50%25 off", "50% off"),
            ("R&D=fun%21", "R&D=fun!"),
            ("caf%E9", "caf"),
            ("plain & simple", "plain & simple"),
        ] {
            assert_eq!(shown(label), text, "{label}");
        }
    }

    #[test]
    fn links_are_named_by_host_and_path() {
        for (url, label) in [
            ("https://github.com/", "github.com/"),
            ("https://github.com", "github.com/"),
            ("https://example.test/files/guide.pdf", "example.test/files/guide.pdf"),
            ("https://osm.test/#map=1/2", "osm.test/#map=1/2"),
        ] {
            assert_eq!(link_label(url), label, "{url}");
        }
    }
}
