//! Reads a query back, for people: `loadgen plan` shows what would be sent, decoded.

/// The parameters of a query or a form body, decoded, in the order they stand. A leading `?` is skipped.
pub fn params(query: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.strip_prefix(b"?").unwrap_or(query)).into_owned().collect()
}
