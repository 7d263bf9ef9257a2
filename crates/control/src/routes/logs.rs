//! The load generator's log: its last lines, and a live stream.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Json, Payload},
};
use actix_ws::{Closed, Item, Message, MessageStream, Session};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, blocking};
use crate::{
    auth::{Caller, StreamCaller, TICKET_PROTOCOL_PREFIX, Tickets},
    clock, engine,
    error::{ApiError, Code, ErrorBody, FieldError},
    logs::{Batch, Filter, Line, LogReader, Unusable, Wanted},
    request::Query,
};

/// How many lines an answer may have.
const LINES: std::ops::RangeInclusive<usize> = 10..=10_000;
/// How long lines are looked through for one answer.
const SEARCH: Duration = Duration::from_secs(3);
/// The subprotocol of the stream: a browser that sends a ticket offers it, too.
const PROTOCOL: &str = "trafficinator.logs";
/// A line that is larger than this is sent in pieces, so that little is waiting for a slow reader, in bytes.
const FRAME: usize = 64 << 10;
/// How often a reader is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// How long a reader may be silent, or take nothing.
const SILENCE: Duration = Duration::from_mins(1);

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    // Before the routes that begin like them.
    app.service(stream);
    app.service(ticket);
    app.service(logs);
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
struct LogsQuery {
    /// The last so many that are wanted, 10 to 10000.
    #[serde(default = "default_lines")]
    #[param(minimum = 10, maximum = 10000, default = 100)]
    lines: usize,
    #[serde(flatten)]
    #[param(ignore)]
    filter: FilterQuery,
}

fn default_lines() -> usize {
    100
}

/// Which lines are wanted.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilterQuery {
    /// A text that stands in the line, in upper or lower case.
    #[serde(default)]
    #[param(max_length = 500)]
    filter: Option<String>,
    /// A regular expression that matches in its first 16 KiB, in upper or lower case.
    #[serde(default)]
    #[param(max_length = 500)]
    regex: Option<String>,
    /// The least grave level: DEBUG, INFO, WARNING or ERROR.
    #[serde(default)]
    level: Option<String>,
    /// The earliest time, as RFC 3339, as seconds since 1970, or how long ago, like `15m`.
    #[serde(default)]
    since: Option<String>,
}

impl FilterQuery {
    fn parse(&self) -> Result<Filter, ApiError> {
        let wanted = Wanted {
            text: self.filter.as_deref(),
            regex: self.regex.as_deref(),
            level: self.level.as_deref(),
            since: self.since.as_deref(),
        };
        let field = |fault: Unusable| FieldError::new(fault.field, fault.message);
        Filter::parse(wanted, clock::now())
            .map_err(|faults| ApiError::invalid(faults.into_iter().map(field).collect()))
    }
}

/// The last lines of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Logs)]
struct LastLines {
    /// The lines, the oldest first.
    logs: Vec<String>,
    /// How many there are.
    lines_returned: usize,
    /// What the load generator does.
    container_state: engine::State,
    /// The place after the newest line: with it, the stream goes on from there. Null when there is no line.
    cursor: Option<String>,
    /// Whether all that is kept was looked through; a costly filter gives up after a few seconds.
    searched_all: bool,
}

/// The last lines of the load generator's log. Secrets are masked.
#[utoipa::path(tag = "logs", operation_id = "get_logs", params(LogsQuery, FilterQuery), responses((status = 200, body = LastLines)))]
#[get("/api/logs")]
async fn logs(_: Caller, state: State, Query(query): Query<LogsQuery>) -> Result<Json<LastLines>, ApiError> {
    let filter = query.filter.parse()?;
    if !LINES.contains(&query.lines) {
        let message = format!("{} is out of range: give {} to {}", query.lines, LINES.start(), LINES.end());
        return Err(ApiError::invalid(vec![FieldError::new("lines", message)]));
    }
    let container_state = state.load.view().state();
    blocking(move || {
        let cursor = state.logs.newest().map(|position| position.to_string());
        let began = clock::instant();
        let mut in_time = true;
        let lines = state.logs.last_lines(query.lines, |line| {
            in_time = in_time && began.elapsed() < SEARCH;
            in_time && filter.wants(line)
        });
        let logs: Vec<String> = lines.iter().map(|line| line.text.to_string()).collect();
        Ok(Json(LastLines {
            lines_returned: logs.len(),
            logs,
            container_state,
            cursor,
            searched_all: in_time,
        }))
    })
    .await
}

/// A ticket for one stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
struct Issued {
    /// The ticket, good once.
    ticket: String,
    /// What to offer as subprotocols when the stream is opened: `new WebSocket(url, protocols)`.
    protocols: Vec<String>,
    /// How long it is good, in seconds.
    expires_in_s: u64,
}

/// A ticket to open the stream with, for browsers: there a socket can send no key.
#[utoipa::path(tag = "logs", operation_id = "create_log_ticket", responses((status = 200, body = Issued)))]
#[post("/api/logs/ticket")]
async fn ticket(_: Caller, state: State) -> Result<Json<Issued>, ApiError> {
    let ticket = state.tickets.issue(clock::instant())?;
    let protocols = vec![PROTOCOL.to_owned(), format!("{TICKET_PROTOCOL_PREFIX}{ticket}")];
    Ok(Json(Issued { ticket, protocols, expires_in_s: Tickets::LIFETIME_S }))
}

/// What to stream.
#[derive(Deserialize, IntoParams)]
struct StreamQuery {
    /// The cursor of the last line that was received: the stream goes on after it, without loss or repeats.
    #[serde(default)]
    cursor: Option<String>,
    /// Without a cursor: how many of the last lines are looked at first, up to 10000.
    #[serde(default)]
    #[param(maximum = 10000, default = 0)]
    lines: usize,
    #[serde(flatten)]
    #[param(ignore)]
    filter: FilterQuery,
}

/// The log as it is written: a WebSocket with one JSON object a line, `{ts, level, text, cursor}`.
///
/// The key comes as `X-API-Key`, or as a ticket among the offered subprotocols. A line with `gap: true` stands where lines
/// are gone for good. Lines that are larger than 64 KiB come in fragments.
#[utoipa::path(
    tag = "logs",
    operation_id = "stream_logs",
    params(StreamQuery, FilterQuery),
    responses(
        (status = 101, description = "The stream begins."),
        (status = 400, body = ErrorBody, description = "This is no request for a WebSocket."),
        (status = 429, body = ErrorBody, description = "Too many streams are open."),
    )
)]
#[get("/api/logs/stream")]
async fn stream(
    _: StreamCaller,
    state: State,
    Query(query): Query<StreamQuery>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let filter = query.filter.parse()?;
    let start = match query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => Some(cursor.parse().map_err(|error: crate::logs::NotACursor| {
            ApiError::invalid(vec![FieldError::new("cursor", error.to_string())])
        })?),
        // From the oldest that is kept when a time is given: the filter leaves out what is too early.
        None if filter.since().is_some() => None,
        None if query.lines == 0 => state.logs.newest(),
        None => state.logs.before_last(query.lines.min(*LINES.end())),
    };
    let Some(place) = state.logs.take_place() else {
        return Err(ApiError::rate_limited("too many streams are open: close one", 5));
    };
    let (response, session, messages) = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL])
        .map_err(|error| {
            ApiError::new(Code::BadRequest, format!("open this address as a WebSocket: {error}"))
        })?;
    let reader = state.logs.reader(start);
    let stop = state.stop.clone();
    actix_web::rt::spawn(async move {
        let _place = place;
        Stream { session, filter: Arc::new(filter) }.run(reader, messages, stop).await;
    });
    Ok(response)
}

/// One open stream.
struct Stream {
    session: Session,
    filter: Arc<Filter>,
}

impl Stream {
    async fn run(mut self, mut reader: LogReader, mut messages: MessageStream, stop: CancellationToken) {
        let mut heard = Instant::now();
        let mut pings = tokio::time::interval(PING);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                batch = reader.next() => {
                    let Some(batch) = batch else { break };
                    // A reader that takes nothing for a long time is gone, whatever it says.
                    let sent = tokio::select! {
                        () = stop.cancelled() => break,
                        sent = tokio::time::timeout(SILENCE, self.send(batch)) => sent,
                    };
                    if !matches!(sent, Ok(Ok(()))) {
                        break;
                    }
                }
                message = messages.recv() => match message {
                    Some(Ok(Message::Ping(bytes))) => {
                        heard = Instant::now();
                        if self.session.pong(&bytes).await.is_err() {
                            break;
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    // Nothing that a reader says changes what it gets.
                    Some(Ok(_)) => heard = Instant::now(),
                },
                _ = pings.tick() => {
                    if heard.elapsed() > SILENCE || self.session.ping(b"").await.is_err() {
                        break;
                    }
                }
            }
        }
        let reason = actix_ws::CloseReason::from(if stop.is_cancelled() {
            actix_ws::CloseCode::Away
        } else {
            actix_ws::CloseCode::Normal
        });
        // Whether it still hears it does not matter.
        tokio::time::timeout(Duration::from_millis(200), self.session.close(Some(reason))).await.ok();
    }

    async fn send(&mut self, batch: Batch) -> Result<(), Closed> {
        if batch.missed {
            self.send_text(&gap(batch.lines.first().map(|line| &**line))).await?;
        }
        for line in self.wanted(batch.lines).await {
            self.send_text(line.json()).await?;
        }
        Ok(())
    }

    async fn wanted(&self, lines: Vec<Arc<Line>>) -> Vec<Arc<Line>> {
        let filter = Arc::clone(&self.filter);
        let keep = move |lines: Vec<Arc<Line>>| -> Vec<Arc<Line>> {
            lines.into_iter().filter(|line| filter.wants(line)).collect()
        };
        if self.filter.is_costly() {
            // Not on the thread that serves others.
            tokio::task::spawn_blocking(move || keep(lines)).await.unwrap_or_default()
        } else {
            keep(lines)
        }
    }

    async fn send_text(&mut self, text: &str) -> Result<(), Closed> {
        if text.len() <= FRAME {
            return self.session.text(text.to_owned()).await;
        }
        let mut pieces = text.as_bytes().chunks(FRAME).map(bytes::Bytes::copy_from_slice).peekable();
        let mut first = true;
        while let Some(piece) = pieces.next() {
            let item = match (first, pieces.peek().is_some()) {
                (true, _) => Item::FirstText(piece),
                (false, true) => Item::Continue(piece),
                (false, false) => Item::Last(piece),
            };
            first = false;
            self.session.continuation(item).await?;
        }
        Ok(())
    }
}

/// What stands in the place of lines that are gone.
fn gap(next: Option<&Line>) -> String {
    serde_json::json!({
        "ts": next.map_or_else(clock::now, |line| line.ts),
        "level": "WARNING",
        "text": "[lines are missing here: they were written faster than they were read, and are not kept any more]",
        "cursor": null,
        "gap": true,
    })
    .to_string()
}
