//! Reads a query back, for people: `loadgen plan` shows what would be sent, decoded.

/// The parameters of a query or a form body, decoded, in the order they stand. A leading `?` is skipped.
pub fn params(query: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.strip_prefix(b"?").unwrap_or(query)).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::params;

    #[test]
    fn pairs_keep_their_order_and_their_repetitions() {
        let pairs = |query: &[u8]| {
            params(query).into_iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>()
        };
        assert_eq!(pairs(b"?b=1&a=x%20y%2Bz&b=%C3%BC&c"), ["b:1", "a:x y+z", "b:ü", "c:"]);
        assert!(pairs(b"").is_empty());
    }
}
