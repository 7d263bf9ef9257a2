//! The web page's files, built into this program: which there are, in which encodings, and how long they may be kept.

use actix_web::http::header::HeaderMap;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What the build of the page has left. A program that is built without the page holds none of it; a debugging build reads
/// the files when they are asked for.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// The page itself; every view has it for its address.
pub(crate) const INDEX: &str = "index.html";
/// Where files lie whose names change with their content.
const HASHED: &str = "assets/";

/// Encodings that the page's build has made, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// A file as it goes to a browser.
pub(crate) struct Asset {
    /// Its bytes, in its encoding.
    pub(crate) bytes: std::borrow::Cow<'static, [u8]>,
    /// `br` or `gzip`; `None` = as it is.
    pub(crate) encoding: Option<&'static str>,
    /// By the ending of its name.
    pub(crate) content_type: &'static str,
    /// Changes with its content and its encoding.
    pub(crate) etag: String,
    /// How long it may be kept.
    pub(crate) cache_control: &'static str,
}

/// A file of the page, in the best encoding that the request takes; `None` when there is no such file.
pub(crate) fn asset(name: &str, request: &HeaderMap) -> Option<Asset> {
    let content_type = content_type(name)?;
    let plain = Files::get(name)?;
    let smaller = ENCODINGS.iter().find_map(|(encoding, ending)| {
        let file = takes(request, encoding).then(|| Files::get(&format!("{name}{ending}"))).flatten()?;
        Some((*encoding, file))
    });
    let etag = etag(&plain, smaller.as_ref().map(|(encoding, _)| *encoding));
    // A name with a hash never stands for anything else; all others are asked for again each time, which costs a 304.
    let is_hashed = name.starts_with(HASHED);
    let cache_control = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let (encoding, bytes) = match smaller {
        Some((encoding, file)) => (Some(encoding), file.data),
        None => (None, plain.data),
    };
    Some(Asset { bytes, encoding, content_type, etag, cache_control })
}

/// Whether `Accept-Encoding` names the encoding and does not rule it out.
fn takes(request: &HeaderMap, encoding: &str) -> bool {
    request.get_all("accept-encoding").filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            let is_named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            let is_ruled_out = words.any(|word| {
                word.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
            });
            is_named && !is_ruled_out
        })
    })
}

fn etag(file: &EmbeddedFile, encoding: Option<&str>) -> String {
    let hash = data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]);
    format!("\"{hash}{}\"", encoding.map(|name| format!("-{name}")).unwrap_or_default())
}

/// `None` is nothing that a browser asks for.
fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, HeaderValue};

    use super::*;

    fn asking(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn an_encoding_is_used_where_it_is_taken() {
        assert!(takes(&asking("gzip, deflate, br"), "br"));
        assert!(takes(&asking("GZIP;q=0.5"), "gzip"));
        assert!(!takes(&asking("gzip, br;q=0"), "br"));
        assert!(!takes(&asking("brotli"), "br"));
        assert!(!takes(&HeaderMap::new(), "br"));
    }

    #[test]
    fn only_files_of_a_page_are_files_of_the_page() {
        for name in ["index.html.br", "assets/index-1234.js.gz", ".gitignore", "manifest.json", "", "assets"]
        {
            assert!(asset(name, &HeaderMap::new()).is_none(), "{name}");
        }
    }

    #[test]
    fn nothing_outside_the_pages_folder_is_reached() {
        for name in ["../package.json", "../index.html", "assets/../../index.html", "/etc/hosts.html"] {
            assert!(asset(name, &HeaderMap::new()).is_none(), "{name}");
        }
    }
}
