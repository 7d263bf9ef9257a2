//! Segments: how a row says which visits are its own, encoded as Matomo does.

/// As PHP's `urlencode` writes it.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('*', "%2A")
}

/// Titles are kept escaped for HTML, and segments have them so.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#039;")
}

pub(crate) fn twice_encoded(text: &str) -> String {
    encoded(&encoded(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_php_does() {
        assert_eq!(twice_encoded("https://a.test/b"), "https%253A%252F%252Fa.test%252Fb");
        assert_eq!(encoded("Thing 2"), "Thing+2");
    }
}
