//! The rules that every text of a content file keeps, whichever file it stands in.

use url::Url;

use super::fault::quoted;

/// The longest URL, title or name in bytes: Matomo cuts what is longer.
pub(super) const LONGEST: usize = 1024;

/// What was refused and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) given: String,
    pub(super) remedy: String,
}

impl Refused {
    pub(super) fn new(given: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { given: given.into(), remedy: remedy.into() }
    }
}

/// A name, a title or a keyword: trimmed, not blank, without control characters, not overlong.
pub(super) fn label(text: &str) -> Result<&str, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refused::new("a blank text", "give a text that is not blank"));
    }
    printable(text)?;
    fits(text)?;
    Ok(text)
}

/// What [`label`] asks, where Matomo asks as PHP does whether there is a text at all: to PHP, `0` is none.
pub(super) fn filled(text: &str) -> Result<&str, Refused> {
    match label(text)? {
        "0" => Err(Refused::new("\"0\"", "give another text: Matomo takes 0 for none and drops it")),
        text => Ok(text),
    }
}

/// A category of searches: what [`label`] asks, and shorter.
pub(super) fn category(text: &str) -> Result<&str, Refused> {
    const LONGEST: usize = 200;
    let text = label(text)?;
    at_most(LONGEST, text)?;
    Ok(text)
}

/// A value of an HTTP header: what [`label`] asks, and visible ASCII only.
pub(super) fn header(text: &str) -> Result<&str, Refused> {
    let text = label(text)?;
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        Ok(text)
    } else {
        Err(Refused::new(quoted(text), "use ASCII characters only: it is sent as an HTTP header"))
    }
}

/// An absolute address on the web, as a browser would report it.
pub(super) fn address(text: &str) -> Result<Url, Refused> {
    let text = text.trim();
    printable(text)?;
    fits(text)?;
    if text.contains(char::is_whitespace) {
        return Err(Refused::new(quoted(text), "write the white space in the URL as %20"));
    }
    let absolute = ["http://", "https://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if !absolute {
        return Err(Refused::new(quoted(text), "give an absolute URL that starts with http:// or https://"));
    }
    let url = Url::parse(text).map_err(|why| {
        Refused::new(quoted(text), format!("give a URL like https://example.com/page ({why})"))
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        // the message must not repeat a password
        let host = url.host_str().unwrap_or_default();
        return Err(Refused::new(format!("a user name or password for {host}"), "leave it out of the URL"));
    }
    fits(url.as_str())?;
    Ok(url)
}

/// `scheme://host[:port]`.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn printable(text: &str) -> Result<(), Refused> {
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(Refused::new(
            quoted(text),
            format!("take out the control character U+{:04X}", u32::from(control)),
        )),
        None => Ok(()),
    }
}

fn fits(text: &str) -> Result<(), Refused> {
    at_most(LONGEST, text)
}

fn at_most(most: usize, text: &str) -> Result<(), Refused> {
    let length = text.len();
    if length <= most {
        return Ok(());
    }
    // Only ASCII characters are one byte each.
    let what = if text.is_ascii() { "characters" } else { "bytes" };
    Err(Refused::new(
        format!("{} ({length} {what})", quoted(text)),
        format!("give at most {most} {what}: Matomo cuts what is longer"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_reported_as_a_browser_would() {
        assert_eq!(address(" HTTPS://Example.COM ").unwrap().as_str(), "https://example.com/");
        assert_eq!(
            address("http://bücher.example/ä?q=1#x").unwrap().as_str(),
            "http://xn--bcher-kva.example/%C3%A4?q=1#x"
        );
        assert_eq!(origin(&address("http://example.com:8080/a").unwrap()), "http://example.com:8080");
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for wrong in [
            "",
            "example.com",
            "ftp://example.com",
            "https://",
            "http:example.com",
            "https://exa mple.com/",
            "https://example.com:99999/",
            "https://example.com/\u{7}",
            "javascript:alert(1)",
            "//example.com",
        ] {
            assert!(address(wrong).is_err(), "{wrong:?} was taken");
        }
        assert!(address(&format!("https://example.com/{}", "a".repeat(1005))).is_err());
        // 600 characters that become 3,600 once encoded
        assert!(address(&format!("https://example.com/{}", "ä".repeat(600))).is_err());
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        let refused = address("https://me:hunter2@example.com/").unwrap_err();
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
    }
}
