//! What every answer carries, whoever made it: headers that keep browsers from doing foolish things, and one shape for
//! errors, those of libraries too.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use crate::{
    AppState, client,
    error::{Code, ErrorBody},
};

/// Everything comes from here; nothing runs that stands in a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                                       font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
                                       form-action 'none'; frame-ancestors 'none'";

/// The policy of a page that goes away as a file: nothing but its own style, which is known by its hash.
pub(crate) fn policy_of_file(page: &str) -> String {
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let hash = BASE64.encode(&Sha256::digest(style.map_or("", |(style, _)| style)));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

const HEADERS: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // An obsolete filter that did harm of its own.
    (HeaderName::from_static("x-xss-protection"), "0"),
];

/// A year, as is usual.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them.
pub(crate) async fn complete<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let https = request.app_data::<Data<AppState>>().is_some_and(|state| {
        let peer = request.peer_addr().map(|peer| peer.ip());
        client::is_https(peer, request.headers(), &state.config.trusted_proxies)
    });
    let mut response = in_one_shape(next.call(request).await?);
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // A page that goes away as a file has a stricter policy of its own.
        if name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    // Answers change with the key and from moment to moment; what may be kept says so itself.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Replaces an error's body that is not ours, as those of the router, the parser and the CORS middleware.
fn in_one_shape<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    let is_ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !(status.is_client_error() || status.is_server_error()) || is_ours {
        return response.map_into_left_body();
    }
    let (request, response) = response.into_parts();
    let detail = match status {
        StatusCode::NOT_FOUND => "there is nothing at this address; /docs shows what there is".to_owned(),
        _ => response
            .error()
            .map_or_else(|| sentence(status), |error| format!("{}: {error}", sentence(status))),
    };
    let body = ErrorBody { detail, code: Code::of_status(status), errors: Vec::new() };
    let mut shaped = HttpResponse::build(status);
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            shaped.append_header((name.clone(), value.clone()));
        }
    }
    ServiceResponse::new(request, shaped.json(body).map_into_right_body())
}

fn sentence(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("the request failed").to_lowercase()
}
