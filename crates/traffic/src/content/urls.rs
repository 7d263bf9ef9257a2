//! `urls.txt`: the pages of the visited site, most popular first.
//!
//! One URL a line, then optional white space and a title. Blank lines and lines that begin with `#` are left out; a
//! byte order mark and Windows line ends are tolerated.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    Fault, Page,
    fault::{Faults, quoted},
    source::File,
    text,
};

/// The pages of a list of URLs, with what they share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Urls {
    /// The pages in the order of the file.
    pub pages: Vec<Page>,
    /// `scheme://host[:port]`, as [`Page::origin`] counts them.
    pub origins: Vec<String>,
    /// First path segments, as [`Page::section`] counts them; empty for a home page.
    pub sections: Vec<String>,
}

/// Checks a list of URLs.
///
/// # Errors
/// Every line that is no URL, and an empty list.
pub fn validate(content: &str) -> Result<Urls, Vec<Fault>> {
    let mut faults = Faults::of(File::Urls.name());
    let urls = parse(content, &mut faults);
    faults.or(urls)
}

/// Reads a list of URLs.
pub(super) fn parse(content: &str, faults: &mut Faults<'_>) -> Urls {
    let mut site = Site::default();
    let mut pages = Vec::new();
    let mut refused = false;
    for (line, entry) in entries(content) {
        let (address, title) = entry.split_once(white_space).unwrap_or((entry, ""));
        let url = text::address(address);
        let title = if title.trim().is_empty() { Ok(None) } else { text::label(title).map(Some) };
        match (url, title) {
            (Ok(url), Ok(title)) => pages.push(site.page(&url, title)),
            (url, title) => {
                refused = true;
                for (place, wrong) in [("", url.err()), ("title", title.err())] {
                    if let Some(wrong) = wrong {
                        faults.add(Some(line), place, wrong.given, wrong.remedy);
                    }
                }
            }
        }
    }
    if pages.is_empty() && !refused {
        faults.add(None, "", "no URL", "give at least one, for example https://example.com/ Home");
    }
    Urls { pages, origins: site.origins.names, sections: site.sections.names }
}

/// What parts a URL from its title. A carriage return inside a line is a fault, not white space.
fn white_space(c: char) -> bool {
    c == '\t' || (c.is_whitespace() && !c.is_control())
}

/// The lines that say something, with their numbers from 1.
pub(super) fn entries(content: &str) -> impl Iterator<Item = (usize, &str)> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    content
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_matches([' ', '\t'])))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// What pages share, while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Site {
    origins: Names,
    sections: Names,
}

impl Site {
    pub(super) fn of(origins: Vec<String>, sections: Vec<String>) -> Self {
        Self { origins: Names::of(origins), sections: Names::of(sections) }
    }

    pub(super) fn into_names(self) -> (Vec<String>, Vec<String>) {
        (self.origins.names, self.sections.names)
    }

    /// A page of this site.
    pub(super) fn page(&mut self, url: &Url, title: Option<&str>) -> Page {
        let section = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
        Page {
            url: url.to_string(),
            title: title.map_or_else(|| title_of(url), str::to_owned),
            origin: self.origins.number(&text::origin(url)),
            section: self.sections.number(section),
        }
    }
}

/// Texts, each with a number.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn of(names: Vec<String>) -> Self {
        let numbers = names.iter().zip(0..).map(|(name, number)| (name.clone(), number)).collect();
        Self { names, numbers }
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// A title for a page that has none: its last path segment as words, or the host.
fn title_of(url: &Url) -> String {
    let mut segments = url.path_segments().into_iter().flatten();
    let last = segments.rfind(|segment| !segment.is_empty()).unwrap_or_default();
    let decoded = percent_decode_str(last).decode_utf8_lossy();
    let stem = match decoded.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 5 => stem,
        _ => &decoded,
    };
    let words: Vec<&str> = stem
        .split(|c: char| matches!(c, '-' | '_' | '+') || c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let title = words.join(" ");
    let mut letters = title.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).take(text::LONGEST).collect(),
        None => url.host_str().unwrap_or_default().to_owned(),
    }
}

/// Reads a list of addresses of other sites.
pub(super) fn outlinks(content: &str, faults: &mut Faults<'_>) -> Vec<String> {
    lines(content, faults, "https://example.org/", |entry| text::address(entry).map(String::from))
}

/// Reads a list of files: addresses, or paths from the root of the page's host.
pub(super) fn downloads(content: &str, faults: &mut Faults<'_>) -> Vec<String> {
    lines(content, faults, "/downloads/catalogue.pdf", file_address)
}

/// A file's address, or its path from the root of the page's host.
pub(super) fn file_address(entry: &str) -> Result<String, text::Refused> {
    if !entry.starts_with('/') || entry.starts_with("//") {
        return text::address(entry).map(String::from).map_err(|refused| text::Refused {
            remedy: format!("{}, or a path that starts with one /", refused.remedy),
            ..refused
        });
    }
    // on any host, a path is encoded alike
    let url = text::address(&format!("https://example.com{entry}"))
        .map_err(|refused| text::Refused { given: quoted(entry), ..refused })?;
    Ok(url[url::Position::BeforePath..].to_owned())
}

fn lines(
    content: &str,
    faults: &mut Faults<'_>,
    example: &str,
    read: impl Fn(&str) -> Result<String, text::Refused>,
) -> Vec<String> {
    let mut list = Vec::new();
    let mut empty = true;
    for (line, entry) in entries(content) {
        empty = false;
        match read(entry) {
            Ok(address) => list.push(address),
            Err(refused) => faults.add(Some(line), "", refused.given, refused.remedy),
        }
    }
    if empty {
        faults.add(None, "", "an empty list", format!("give at least one, for example {example}"));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_url_and_a_title() {
        let text = "\u{feff}# pages\r\nhttps://example.com/ Home\r\n\r\n  https://example.com/shop/red-shoes.html\t \r\n\
                    http://shop.example.com:81/shop  A  B # C";
        let urls = validate(text).unwrap();
        let shown: Vec<_> =
            urls.pages.iter().map(|p| (p.url.as_str(), p.title.as_str(), p.origin, p.section)).collect();
        assert_eq!(
            shown,
            [
                ("https://example.com/", "Home", 0, 0),
                ("https://example.com/shop/red-shoes.html", "Red shoes", 0, 1),
                ("http://shop.example.com:81/shop", "A  B # C", 1, 1),
            ]
        );
        assert_eq!(urls.origins, ["https://example.com", "http://shop.example.com:81"]);
        assert_eq!(urls.sections, ["", "shop"]);
    }

    #[test]
    fn a_title_is_made_of_the_path() {
        for (url, title) in [
            ("https://example.com", "example.com"),
            ("https://example.com/a/", "A"),
            ("https://example.com/a/%C3%BCber_uns", "Über uns"),
            ("https://example.com/v1.2-notes", "V1.2 notes"),
            ("https://example.com/.well-known", ".well known"),
            ("https://example.com/--", "example.com"),
            ("https://example.com/%00%0A", "example.com"),
        ] {
            assert_eq!(title_of(&Url::parse(url).unwrap()), title, "{url}");
        }
    }

    #[test]
    fn a_file_is_a_path_or_an_address() {
        assert_eq!(file_address("/a b.pdf").unwrap_err().given, "\"/a b.pdf\"");
        assert_eq!(file_address("/ä.pdf?x=1").unwrap(), "/%C3%A4.pdf?x=1");
        assert_eq!(file_address("https://cdn.example.net/x.zip").unwrap(), "https://cdn.example.net/x.zip");
        for wrong in ["a.pdf", "//cdn.example.net/x.zip", "ftp://example.com/x", ""] {
            assert!(file_address(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
