//! From an HTTP request to an answer: which part of the receiver it is for, with the faults that strike it.

use std::net::SocketAddr;
use std::sync::PoisonError;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::admin;
use crate::answer::Answer;
use crate::connection::{AnswerBody, Cut, CutOff};
use crate::fault::{self, Kind};
use crate::page;
use crate::params::Params;
use crate::reports::Call;
use crate::server::Shared;
use crate::tracker::{self, Delivery, Tampering};

/// Longest request line that a web server in front of Matomo takes, in bytes.
const LONGEST_URI: usize = 8 << 10;

/// A request whose body has been read.
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) peer: SocketAddr,
    is_bulk: bool,
}

/// Answers a request, or fails as a fault asks.
pub(crate) async fn respond(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: &Shared,
    cut: &Cut,
) -> Result<Response<AnswerBody>, CutOff> {
    let (parts, body) = request.into_parts();
    if parts.uri.path_and_query().is_some_and(|uri| uri.as_str().len() > LONGEST_URI) {
        return Ok(whole(Answer::html(StatusCode::URI_TOO_LONG, "<h1>414 Request-URI Too Large</h1>\n")));
    }
    let Ok(body) = Limited::new(body, shared.body_limit).collect().await else {
        return Ok(whole(Answer::html(
            StatusCode::PAYLOAD_TOO_LARGE,
            "<h1>413 Request Entity Too Large</h1>\n",
        )));
    };
    let body = body.to_bytes();
    let received = Received {
        is_bulk: !is_get(&parts.method) && tracker::is_bulk(&body),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        peer,
    };
    match received.part() {
        Part::Tracker if received.method == Method::OPTIONS => Ok(whole(preflight())),
        Part::Tracker => {
            shared.requests.count();
            let kind = if received.is_bulk { fault::Request::Bulk } else { fault::Request::Single };
            strike(kind, &received, shared, cut).await
        }
        Part::Api => strike(fault::Request::Api, &received, shared, cut).await,
        Part::Own => Ok(whole(own(&received, shared).await)),
    }
}

/// The parts of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Tracker,
    Api,
    /// What a Matomo does not have.
    Own,
}

impl Received {
    fn part(&self) -> Part {
        let has = |name: &str| self.query.as_deref().is_some_and(|query| query.contains(name));
        match self.path.as_str() {
            "/matomo.php" | "/piwik.php" => Part::Tracker,
            "/" if has("idsite=") => Part::Tracker,
            "/index.php" => Part::Api,
            "/" if has("module=") || self.method == Method::POST => Part::Api,
            _ => Part::Own,
        }
    }

    pub(crate) fn header(&self, name: &header::HeaderName) -> String {
        self.headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default()
    }

    /// The parameters of the URL and of a form, and whether the token stood in the URL. A token in the body is taken
    /// before one in the URL; any other parameter is taken from the URL first.
    pub(crate) fn params(&self) -> (Params, bool) {
        let mut params = Params::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        let mut token_in_url = params.text("token_auth").is_some();
        if !is_get(&self.method) && !self.is_bulk {
            let form = Params::parse(&self.body);
            if let Some(token) = form.text("token_auth") {
                token_in_url = false;
                params.set("token_auth", token.to_owned());
            }
            params.add_missing(form);
        }
        (params, token_in_url)
    }

    fn is_preview(&self) -> bool {
        let is = |name: &str, values: &[&str]| {
            self.headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| values.contains(&value))
        };
        is("x-purpose", &["preview", "instant"]) || is("x-moz", &["prefetch"])
    }
}

/// Whether a request has no body that counts.
fn is_get(method: &Method) -> bool {
    !matches!(*method, Method::POST | Method::PUT)
}

/// Answers a request that faults may strike.
async fn strike(
    kind: fault::Request,
    received: &Received,
    shared: &Shared,
    cut: &Cut,
) -> Result<Response<AnswerBody>, CutOff> {
    let struck = shared.faults().strike(kind, tokio::time::Instant::now());
    if !struck.latency.is_zero() {
        tokio::time::sleep(struck.latency).await;
    }
    let tampering = match struck.fault {
        Some(Kind::Drop) => Some(Tampering::Drop),
        Some(Kind::BulkHalf) => Some(Tampering::Half),
        Some(Kind::BulkRollback) => Some(Tampering::Rollback),
        _ => None,
    };
    match struck.fault {
        Some(Kind::Status { status, retry_after }) => {
            let mut answer = Answer::html(status, format!("<h1>{status}</h1>\n"));
            if let Some(seconds) = retry_after {
                answer = answer.with_header(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(whole(answer));
        }
        Some(Kind::Reset) => {
            cut.reset();
            return Err(CutOff);
        }
        Some(Kind::Hang) => {
            shared.stop.cancelled().await;
            return Err(CutOff);
        }
        Some(Kind::Refuse { lasting }) => {
            shared.refuse(lasting);
            cut.reset();
            return Err(CutOff);
        }
        _ => {}
    }
    let answer = match kind {
        fault::Request::Api => report(received, shared).await,
        _ => hit(received, shared, tampering).await,
    };
    match struck.fault {
        Some(Kind::ResetAfter) => {
            cut.reset();
            Err(CutOff)
        }
        Some(Kind::HangAfter) => {
            shared.stop.cancelled().await;
            Err(CutOff)
        }
        Some(Kind::ResetMid) => {
            cut.reset();
            Ok(half(answer))
        }
        Some(Kind::Half) => Ok(half(answer)),
        Some(Kind::BulkNoCounts) => Ok(whole(Answer::text(StatusCode::OK, ""))),
        _ => Ok(whole(answer)),
    }
}

fn whole(answer: Answer) -> Response<AnswerBody> {
    let body = AnswerBody::Whole(answer.body.clone());
    with_body(answer, body)
}

fn half(answer: Answer) -> Response<AnswerBody> {
    let body = AnswerBody::half(&answer.body);
    with_body(answer, body)
}

fn with_body(answer: Answer, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if let Some(media_type) = answer.media_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in answer.headers {
        headers.insert(name, value);
    }
    response
}

/// What a browser asks before it posts from another site.
fn preflight() -> Answer {
    Answer::no_content()
        .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"))
        .with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"))
}

/// The tracker.
async fn hit(received: &Received, shared: &Shared, tampering: Option<Tampering>) -> Answer {
    let Some(writer) = &shared.writer else {
        return null_answer(&received.body);
    };
    let (mut params, token_in_url) = received.params();
    if !params.is_empty() && params.text("url").is_none() && params.text("urlref").is_none() {
        // A picture on a page tells by its `Referer` what page that was.
        let referer = received.header(&header::REFERER);
        if !referer.is_empty() {
            params.set("url", referer);
        }
    }
    let delivery = Delivery {
        params,
        token_in_url,
        bulk: received.is_bulk.then(|| received.body.clone()),
        is_get: is_get(&received.method),
        user_agent: received.header(&header::USER_AGENT),
        accept_language: received.header(&header::ACCEPT_LANGUAGE),
        is_preview: received.is_preview(),
        address: received.peer.ip(),
        tampering,
    };
    match writer.track(Box::new(delivery)).await {
        Ok(answer) => answer,
        Err(stopped) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, stopped.to_string()),
    }
}

fn null_answer(body: &[u8]) -> Answer {
    if tracker::is_bulk(body) {
        let tracked = tracker::count(body);
        Answer::json_text(
            StatusCode::OK,
            format!(r#"{{"status":"success","tracked":{tracked},"invalid":0}}"#),
        )
    } else {
        Answer::gif()
    }
}

/// The Reporting API.
async fn report(received: &Received, shared: &Shared) -> Answer {
    let (params, token_in_url) = received.params();
    let (Some(writer), Some(place)) = (&shared.writer, &shared.place) else {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, "this receiver records nothing (--null)\n");
    };
    if let Err(stopped) = writer.commit().await {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, stopped.to_string());
    }
    let registry = shared.registry.read().unwrap_or_else(PoisonError::into_inner).clone();
    let (path, now) = (place.path.clone(), shared.clock.now());
    let answer = tokio::task::spawn_blocking(move || {
        let call = Call { params: &params, registry: &registry, token_in_url, now };
        call.answer(|| crate::store::open_reader(&path))
    });
    answer.await.unwrap_or_else(|error| Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

/// What a Matomo does not have: counts, the dump, faults, the set-up, the page.
async fn own(received: &Received, shared: &Shared) -> Answer {
    let is_get = received.method == Method::GET || received.method == Method::HEAD;
    match received.path.as_str() {
        "/" | "/sink" if is_get => page::html(),
        "/sink/page.js" if is_get => page::script(),
        "/sink/page.css" if is_get => page::style(),
        "/sink/recent" if is_get => page::recent(shared).await,
        "/sink/health" if is_get => Answer::text(StatusCode::OK, "ok\n"),
        "/sink/stats" if is_get => Answer::json(StatusCode::OK, &shared.stats().await),
        "/sink/hits" if is_get => hits(shared).await,
        "/sink/fault" => admin::fault(received, shared),
        path if path.starts_with("/sink/admin/") => admin::answer(received, shared).await,
        _ => Answer::html(StatusCode::NOT_FOUND, "<h1>404 Not Found</h1>\n"),
    }
}

/// Every recorded hit as JSON lines, in the order they were recorded.
async fn hits(shared: &Shared) -> Answer {
    let (Some(writer), Some(place)) = (&shared.writer, &shared.place) else {
        return Answer::json_text(StatusCode::OK, "");
    };
    if let Err(stopped) = writer.commit().await {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, stopped.to_string());
    }
    let path = place.path.clone();
    match tokio::task::spawn_blocking(move || crate::store::dump::lines(&path)).await {
        Ok(Ok(lines)) => Answer::json_text(StatusCode::OK, lines),
        Ok(Err(error)) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(error) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
