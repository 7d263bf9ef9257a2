//! The path of a row: the directories and the page that its URL or name is filed under.

use crate::store::words::WordKind;

/// A path is split into so many directories at most.
const DEEPEST: usize = 10;

/// A text's path: directories and page for a URL, host and rest for links and files, itself for a title or keyword.
pub(super) fn path_of(kind: WordKind, name: &str) -> Vec<String> {
    let not_defined = |what: &str| vec![format!("{what} not defined")];
    match kind {
        WordKind::Search => vec![name.to_owned()],
        WordKind::PageTitle if name.trim().is_empty() => not_defined("Page Name"),
        WordKind::PageTitle => vec![name.trim().to_owned()],
        WordKind::Outlink | WordKind::Download => {
            let rest = name.split_once("//").map_or(name, |(_, rest)| rest);
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            vec![host.trim().to_owned(), format!("/{}", path.trim())]
        }
        _ if name.is_empty() => not_defined("Page URL"),
        _ => {
            let (_, path) = name.split_once('/').unwrap_or((name, ""));
            let (path, fragment) =
                path.split_once('#').map_or((path, None), |(path, fragment)| (path, Some(fragment)));
            let mut page = path.to_owned();
            if page.is_empty() || page.ends_with('/') {
                page.push_str("index");
            }
            if let Some(fragment) =
                fragment.map(|fragment| fragment.trim_end_matches('#')).filter(|text| !text.is_empty())
            {
                page.push('#');
                page.push_str(fragment);
            }
            let mut parts: Vec<String> = page
                .splitn(DEEPEST, '/')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect();
            let last = parts.pop().unwrap_or_default();
            parts.push(format!("/{last}"));
            parts
        }
    }
}

/// The path of a page URL as one label.
pub(super) fn flat_page(path: &[String]) -> String {
    if let [only] = path
        && !only.starts_with('/')
    {
        return only.clone();
    }
    let mut label = String::new();
    for part in path {
        label.push('/');
        label.push_str(part.trim_start_matches('/'));
    }
    if label.ends_with("/index") {
        // The start page of a directory is the directory.
        label.truncate(label.len() - "index".len());
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls_links_and_titles() {
        let path = |kind, name| path_of(kind, name).join("|");
        assert_eq!(path(WordKind::PageUrl, "example.test/blog/page-010"), "blog|/page-010");
        assert_eq!(path(WordKind::PageUrl, "example.test"), "/index");
        assert_eq!(path(WordKind::PageUrl, "example.test/docs/?a=1"), "docs|/?a=1");
        assert_eq!(
            path(WordKind::Download, "https://example.test/files/guide.pdf"),
            "example.test|/files/guide.pdf"
        );
        assert_eq!(path(WordKind::Outlink, "https://github.com/"), "github.com|/");
        assert_eq!(path(WordKind::PageTitle, " A / B "), "A / B");
        assert_eq!(path(WordKind::PageTitle, ""), "Page Name not defined");
    }

    #[test]
    fn a_flat_label_is_the_whole_path() {
        let flat = |name| flat_page(&path_of(WordKind::PageUrl, name));
        assert_eq!(flat("example.test"), "/");
        assert_eq!(flat("example.test/blog/"), "/blog/");
        assert_eq!(flat("example.test/blog/page-010"), "/blog/page-010");
        assert_eq!(flat(""), "Page URL not defined");
    }
}
