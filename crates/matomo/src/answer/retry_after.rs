//! How long a server asks to be left alone.

use std::time::{Duration, UNIX_EPOCH};

/// Reads a `Retry-After` header: seconds, or an HTTP date, which counts from `now_unix_s` (seconds since 1970
/// UTC). A date in the past means at once; `None` is a value that means nothing. How far to obey is the
/// caller's decision.
pub fn retry_after(value: &[u8], now_unix_s: u64) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since_1970 = date.duration_since(UNIX_EPOCH).ok()?;
    Some(since_1970.saturating_sub(Duration::from_secs(now_unix_s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let now = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT
        for (value, expected) in [
            (&b"0"[..], Some(0)),
            (b" 120 ", Some(120)),
            (b"Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            (b"Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            (b"", None),
            (b"-1", None),
            (b"+5", None),
            (b"1.5", None),
            (b"soon", None),
            (b"99999999999999999999999", None),
            (b"\xff", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                expected.map(Duration::from_secs),
                "{}",
                String::from_utf8_lossy(value)
            );
        }
    }
}
