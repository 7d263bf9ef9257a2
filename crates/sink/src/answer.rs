//! What goes back over the wire: the pixel, the bulk counts, short texts and JSON.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

/// The transparent 1x1 GIF that acknowledges a hit: 43 bytes.
pub(crate) static GIF: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b,
];

/// Length of the GIF with a notice behind it, as a refused hit gets it.
const GIF_WITH_NOTICE: usize = 454;

/// A finished answer: status, media type, body, and the few headers that some cases need.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) media_type: Option<&'static str>,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Answer {
    fn new(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, media_type: Some(media_type), body: body.into(), headers: Vec::new() }
    }

    /// 200 and the pixel.
    pub(crate) fn gif() -> Self {
        Self::gif_as(StatusCode::OK)
    }

    /// The pixel with another status.
    pub(crate) fn gif_as(status: StatusCode) -> Self {
        Self::new(status, "image/gif", Bytes::from_static(GIF))
    }

    /// The pixel with a notice behind it: the hit was refused.
    pub(crate) fn gif_with_notice(status: StatusCode) -> Self {
        let notice = "\nThis request was not recorded. The receiver answers with a picture all the same, because most \
                      clients are image tags that would show nothing else. Look at the status code, then at the site \
                      id, the token and the parameters that need one; the receiver's log has the reason.\n";
        let mut body = GIF.to_vec();
        body.extend_from_slice(notice.as_bytes());
        body.resize(GIF_WITH_NOTICE, b' ');
        Self::new(status, "image/gif", body)
    }

    /// 204 and nothing.
    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, media_type: None, body: Bytes::new(), headers: Vec::new() }
    }

    /// A short plain text.
    pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// A page.
    pub(crate) fn html(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// A file of the page, which may be kept for a while.
    pub(crate) fn file(media_type: &'static str, body: &'static str) -> Self {
        Self::new(StatusCode::OK, media_type, body)
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("max-age=600"))
            .with_header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
    }

    /// JSON that is text already.
    pub(crate) fn json_text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// A value as JSON.
    pub(crate) fn json(status: StatusCode, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("answers are plain data, which always has a JSON form");
        Self::json_text(status, body)
    }

    /// With one more header.
    pub(crate) fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pixel_and_the_notice_have_the_lengths_that_clients_know() {
        assert_eq!(Answer::gif().body.len(), 43);
        assert_eq!(Answer::gif_with_notice(StatusCode::BAD_REQUEST).body.len(), 454);
    }
}
