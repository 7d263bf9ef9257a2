//! The HTTP side: accepts connections, reads a request whole, asks the writer or the database, and answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::{Mutex, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Answer;
use crate::clock::Clock;
use crate::config::{Config, StartError};
use crate::params::Params;
use crate::sites::Registry;
use crate::stats::{Requests, Stats};
use crate::store::writer::{Place, Writer};
use crate::tracker::{self, Delivery, Engine};

/// Longest request line that a web server in front of Matomo takes, in bytes.
const LONGEST_URI: usize = 8 << 10;
/// How long open connections may finish what they are at, once the receiver is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// A running receiver. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Handle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What every connection needs.
pub(crate) struct Shared {
    writer: Option<Writer>,
    requests: Requests,
    null: bool,
    body_limit: usize,
    place: Option<Place>,
    registry: Arc<RwLock<Registry>>,
    clock: Clock,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("null", &self.null).finish_non_exhaustive()
    }
}

/// Starts a receiver on the runtime that this is called from.
///
/// # Errors
/// When the address cannot be listened on, the database cannot be opened, or the time zone is not known.
pub async fn start(config: Config) -> Result<Handle, StartError> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Listen { address: config.listen, source })?;
    let addr =
        listener.local_addr().map_err(|source| StartError::Listen { address: config.listen, source })?;
    let mut known = Arc::new(RwLock::new(Registry::default()));
    let (writer, thread, place) = if config.null {
        (None, None, None)
    } else {
        let place = Place::new(config.db.clone())?;
        let failed = |source| StartError::Database { path: place.path.clone(), source };
        let db = crate::store::open_writer(&place.path).map_err(failed)?;
        known = Arc::new(RwLock::new(registry(&db, &config)?));
        let mut engine = Engine::new(db, known.clone(), config.clock, config.keep_params).map_err(failed)?;
        engine.save_registry().map_err(failed)?;
        let (writer, thread) = Writer::start(engine)?;
        (Some(writer), Some(thread), Some(place))
    };
    let shared = Arc::new(Shared {
        writer,
        requests: Requests::default(),
        null: config.null,
        body_limit: config.body_limit,
        place,
        registry: known,
        clock: config.clock,
    });
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(accept(listener, shared.clone(), stop.clone(), tasks.clone()));
    Ok(Handle { addr, shared, stop, tasks, writer: Mutex::new(thread) })
}

/// What the database has, with what the configuration adds.
fn registry(db: &rusqlite::Connection, config: &Config) -> Result<Registry, StartError> {
    let stored: Option<String> =
        db.query_row("SELECT value FROM meta WHERE key = 'registry'", [], |row| row.get(0)).ok();
    let stored = stored.and_then(|json| serde_json::from_str::<Registry>(&json).ok()).map(Registry::restore);
    let token = config.token.as_deref();
    let mut registry = match stored {
        Some(mut stored) => {
            if let Some(token) = token {
                stored.put_super(token)?;
            }
            stored
        }
        None => Registry::with_site_one(token, "UTC")?,
    };
    if let Some(time_zone) = &config.time_zone {
        registry.set_time_zone(1, time_zone)?;
    }
    registry.extend(config.setup.clone())?;
    Ok(registry)
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What was counted so far; everything answered before the call is in it.
    pub async fn stats(&self) -> Stats {
        self.shared.stats().await
    }

    /// Stops taking connections, lets the open ones finish what they are at, and writes what is pending.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("connections were still open after {GRACE:?}; stopping all the same");
        }
        if let Some(writer) = &self.shared.writer {
            writer.stop();
        }
        let thread = self.writer.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer's thread ended in a panic; the last batch may be lost");
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    async fn stats(&self) -> Stats {
        let stats = match &self.writer {
            Some(writer) => writer.commit().await.unwrap_or_default(),
            None => Stats::default(),
        };
        Stats { requests: self.requests.total(), ..stats }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tasks.spawn(serve(stream, peer, shared.clone(), stop.clone()));
                }
                Err(error) => {
                    // Out of files, most likely: the queue of the system keeps the client until there is room.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, stop: CancellationToken) {
    // Answers are small: waiting for more to send would only add latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(to_response(route(request, peer, &shared).await)) }
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended");
    }
}

fn to_response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
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

async fn route(request: Request<Incoming>, peer: SocketAddr, shared: &Shared) -> Answer {
    let uri = request.uri();
    if uri.path_and_query().is_some_and(|uri| uri.as_str().len() > LONGEST_URI) {
        return Answer::html(StatusCode::URI_TOO_LONG, "<h1>414 Request-URI Too Large</h1>\n");
    }
    let is_root_hit = uri.path() == "/" && uri.query().is_some_and(|query| query.contains("idsite="));
    match uri.path() {
        "/matomo.php" | "/piwik.php" => hit(request, peer, shared).await,
        "/" if is_root_hit => hit(request, peer, shared).await,
        "/index.php" => report(request, shared).await,
        "/sink/stats" => Answer::json(StatusCode::OK, &shared.stats().await),
        "/sink/hits" => hits(shared).await,
        "/sink/health" => Answer::text(StatusCode::OK, "ok\n"),
        _ => Answer::html(StatusCode::NOT_FOUND, "<h1>404 Not Found</h1>\n"),
    }
}

async fn hit(request: Request<Incoming>, peer: SocketAddr, shared: &Shared) -> Answer {
    shared.requests.count();
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        return Answer::no_content()
            .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"))
            .with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    }
    let Ok(body) = Limited::new(body, shared.body_limit).collect().await else {
        return Answer::html(StatusCode::PAYLOAD_TOO_LARGE, "<h1>413 Request Entity Too Large</h1>\n");
    };
    let body = body.to_bytes();
    let Some(writer) = &shared.writer else {
        return null_answer(&body);
    };
    let is_get = !matches!(parts.method, Method::POST | Method::PUT);
    let is_bulk = !is_get && tracker::is_bulk(&body);
    let mut params = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let mut token_in_url = params.text("token_auth").is_some();
    if !is_get && !is_bulk {
        let form = Params::parse(&body);
        if let Some(token) = form.text("token_auth") {
            token_in_url = false;
            params.set("token_auth", token.to_owned());
        }
        params.add_missing(form);
    }
    default_url(&mut params, &parts.headers);
    let delivery = Delivery {
        params,
        bulk: is_bulk.then_some(body),
        is_get,
        token_in_url,
        user_agent: text(&parts.headers, &header::USER_AGENT),
        accept_language: text(&parts.headers, &header::ACCEPT_LANGUAGE),
        is_preview: is_preview(&parts.headers),
        address: peer.ip(),
    };
    match writer.track(Box::new(delivery)).await {
        Ok(answer) => answer,
        Err(stopped) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, stopped.to_string()),
    }
}

/// The Reporting API.
async fn report(request: Request<Incoming>, shared: &Shared) -> Answer {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, shared.body_limit).collect().await else {
        return Answer::html(StatusCode::PAYLOAD_TOO_LARGE, "<h1>413 Request Entity Too Large</h1>\n");
    };
    let mut params = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let form = Params::parse(&body.to_bytes());
    let token_in_url = form.text("token_auth").is_none();
    if let Some(token) = form.text("token_auth") {
        params.set("token_auth", token.to_owned());
    }
    params.add_missing(form);
    let (Some(writer), Some(place)) = (&shared.writer, &shared.place) else {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, "this receiver records nothing (--null)\n");
    };
    if writer.commit().await.is_err() {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, "the writer has stopped\n");
    }
    let (registry, path, now) = (shared.registry.clone(), place.path.clone(), shared.clock.now());
    let answer = tokio::task::spawn_blocking(move || {
        let registry = registry.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let call = crate::reports::Call { params: &params, registry: &registry, token_in_url, now };
        call.answer(|| crate::store::open_reader(&path))
    });
    answer.await.unwrap_or_else(|error| Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

/// A picture on a page tells by its `Referer` what page that was.
fn default_url(params: &mut Params, headers: &HeaderMap) {
    if !params.is_empty() && params.text("url").is_none() && params.text("urlref").is_none() {
        let referer = text(headers, &header::REFERER);
        if !referer.is_empty() {
            params.set("url", referer);
        }
    }
}

fn is_preview(headers: &HeaderMap) -> bool {
    let is = |name: &str, values: &[&str]| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| values.contains(&value))
    };
    is("x-purpose", &["preview", "instant"]) || is("x-moz", &["prefetch"])
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

fn text(headers: &HeaderMap, name: &header::HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Every recorded hit as JSON lines, in the order they were recorded.
async fn hits(shared: &Shared) -> Answer {
    let (Some(writer), Some(place)) = (&shared.writer, &shared.place) else {
        return Answer::json_text(StatusCode::OK, "");
    };
    if writer.commit().await.is_err() {
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, "the writer has stopped\n");
    }
    let path = place.path.clone();
    match tokio::task::spawn_blocking(move || crate::store::dump::lines(&path)).await {
        Ok(Ok(lines)) => Answer::json_text(StatusCode::OK, lines),
        Ok(Err(error)) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(error) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
