//! The path of a row: the directories and the page that its URL or name is filed under.

use crate::store::words::WordKind;

/// A path is split into so many directories at most.
const DEEPEST: usize = 10;
/// The last part of the path of a row that stands for all that its table had no room for. No other part is empty.
pub(super) const REST: &str = "";
/// How that row is called.
const OTHERS: &str = "Others";

/// A text's path: directories and page for a URL, host and rest for links and files, itself for a title or keyword.
/// `is_web` says of a page's URL that its scheme was taken off.
pub(super) fn path_of(kind: WordKind, name: &str, is_web: bool) -> Vec<String> {
    match kind {
        WordKind::Search => vec![name.to_owned()],
        // The space keeps a title from being one with a group of the same name.
        WordKind::PageTitle if name.trim().is_empty() => vec![" Page Name not defined".to_owned()],
        WordKind::PageTitle => vec![format!(" {}", name.trim())],
        WordKind::Outlink | WordKind::Download => match after_scheme(name) {
            Some(rest) => {
                let (host, path, fragment) = divide(rest);
                let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
                vec![host.trim().to_owned(), format!("/{}{fragment}", path.trim())]
            }
            None => directories(name),
        },
        _ if is_web => {
            let (_, path, fragment) = divide(name);
            let mut page = path.to_owned();
            if page.is_empty() || page.ends_with('/') {
                page.push_str("index");
            }
            if let Some(fragment) = fragment {
                page.push('#');
                page.push_str(fragment);
            }
            directories(&page)
        }
        _ => directories(name),
    }
}

/// What stands behind `http://` or `https://`.
fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    Some(rest).filter(|rest| is_web && !rest.is_empty() && !rest.starts_with('/'))
}

/// Host, path and fragment.
fn divide(name: &str) -> (&str, &str, Option<&str>) {
    let (host, rest) = name.split_once('/').unwrap_or((name, ""));
    let (path, fragment) = rest.split_once('#').map_or((rest, ""), |parts| parts);
    (host, path, Some(fragment.trim_end_matches('#')).filter(|fragment| !fragment.is_empty()))
}

fn directories(name: &str) -> Vec<String> {
    let mut parts: Vec<String> =
        name.splitn(DEEPEST, '/').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    match parts.pop() {
        // The slash keeps a page from being one with a directory of the same name.
        Some(last) => parts.push(format!("/{last}")),
        None => parts.push("Page URL not defined".to_owned()),
    }
    parts
}

/// The label of a row in its own table.
pub(super) fn label(path: &[String]) -> &str {
    match path.last().map(String::as_str) {
        Some(REST) | None => OTHERS,
        Some(last) => last,
    }
}

/// The label of a row where all tables are one: the whole path.
pub(super) fn flat_label(kind: WordKind, path: &[String]) -> String {
    let mut flat = String::new();
    let is_page = kind == WordKind::PageUrl;
    for (depth, part) in path.iter().enumerate() {
        match part.as_str() {
            REST if depth == 0 => flat.push_str(OTHERS),
            REST => flat.extend(["/ - ", OTHERS]),
            part if depth > 0 => flat.extend(["/", part.trim_start_matches('/')]),
            part if is_page && path.len() > 1 => flat.extend(["/", part]),
            part => flat.push_str(part.trim()),
        }
    }
    if is_page && flat.ends_with("/index") {
        // The start page of a directory is the directory.
        flat.truncate(flat.len() - "index".len());
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls_links_and_titles() {
        let path = |kind, name| path_of(kind, name, true).join("|");
        assert_eq!(path(WordKind::PageUrl, "example.test/blog/page-010"), "blog|/page-010");
        assert_eq!(path(WordKind::PageUrl, "example.test"), "/index");
        assert_eq!(path(WordKind::PageUrl, "example.test/docs/?a=1"), "docs|/?a=1");
        assert_eq!(path(WordKind::PageUrl, "example.test/docs/#top"), "docs|/index#top");
        assert_eq!(path_of(WordKind::PageUrl, "app://start/here", false).join("|"), "app:|start|/here");
        assert_eq!(path_of(WordKind::PageUrl, "", false).join("|"), "Page URL not defined");
        assert_eq!(
            path(WordKind::Download, "https://example.test/files/guide.pdf"),
            "example.test|/files/guide.pdf"
        );
        assert_eq!(path(WordKind::Outlink, "https://github.com/"), "github.com|/");
        assert_eq!(path(WordKind::Outlink, "mailto:someone@example.test"), "/mailto:someone@example.test");
        assert_eq!(path(WordKind::PageTitle, " A / B "), " A / B");
        assert_eq!(path(WordKind::PageTitle, ""), " Page Name not defined");
    }

    #[test]
    fn a_flat_label_is_the_whole_path() {
        let flat = |kind, name| flat_label(kind, &path_of(kind, name, true));
        assert_eq!(flat(WordKind::PageUrl, "example.test"), "/");
        assert_eq!(flat(WordKind::PageUrl, "example.test/blog/"), "/blog/");
        assert_eq!(flat(WordKind::PageUrl, "example.test/blog/page-010"), "/blog/page-010");
        assert_eq!(flat(WordKind::Outlink, "https://a.test/b/c"), "a.test/b/c");
        assert_eq!(flat(WordKind::PageTitle, "A / B"), "A / B");
        let rest = |path: &[&str]| {
            flat_label(WordKind::PageUrl, &path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            (rest(&["blog", REST]), rest(&[REST])),
            ("/blog/ - Others".to_owned(), "Others".to_owned())
        );
    }
}
