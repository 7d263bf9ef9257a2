//! How bytes reach the target, and what is certain about them afterwards.
//!
//! A load generator that proves delivery needs to know more about a request than whether it worked: when it
//! did not, may the target have recorded it? Only the code that moves the bytes can tell, so each exchange ends
//! in one of three ways ([`Outcome`]), and the ledger follows from that.

mod connect;
pub mod fault;
mod http1;
mod http2;

pub use connect::{ConnectFault, Connector};

use http1::Http1;
use http2::Http2;

/// A request, ready to be sent: the parts that differ from hit to hit.
#[derive(Debug, Default)]
pub struct Request {
    /// Path and query for a GET, or the body for a POST: see [`Request::post`].
    pub payload: Vec<u8>,
    /// `POST` with `payload` as body; otherwise `GET` with `payload` as the query.
    pub post: bool,
    /// The body is JSON (bulk) and not a form.
    pub json: bool,
    /// `User-Agent`.
    pub user_agent: Vec<u8>,
    /// `Accept-Language`; empty = not sent.
    pub accept_language: Vec<u8>,
}

/// An answer whose head arrived.
#[derive(Debug, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, empty when there was none.
    pub content_type: Vec<u8>,
    /// `Retry-After`, empty when there was none.
    pub retry_after: Vec<u8>,
    /// The body, at most [`MAX_BODY`] bytes of it.
    pub body: Vec<u8>,
    /// The body arrived to its end.
    pub complete: bool,
}

/// More of an answer's body than this is read and dropped: no tracker's answer is longer.
pub const MAX_BODY: usize = 256 * 1024;

/// What is certain after an exchange.
#[derive(Debug)]
pub enum Outcome {
    /// The target answered; the response holds what.
    Answered,
    /// Not one byte of the request reached the target: sending it again cannot count it twice.
    NotSent(String),
    /// Bytes were handed over and no answer came: the target may have recorded it or not.
    Unknown(String),
}

/// A lane's connection to the target: opened when needed, kept alive, replaced when stale.
pub struct Lane {
    connector: std::rc::Rc<Connector>,
    link: Option<Link>,
    last_used_us: i64,
    handed_over: bool,
}

enum Link {
    One(Http1),
    Two(Http2),
}

/// An idle connection older than this is not trusted with a hit. Servers close idle connections (Apache after
/// 5 s by default), and a hit written into one that is just being closed would be neither sent nor unsent.
const IDLE_LIMIT_US: i64 = 4_000_000;

impl Lane {
    /// A lane without a connection yet.
    pub fn new(connector: std::rc::Rc<Connector>) -> Self {
        Self { connector, link: None, last_used_us: 0, handed_over: false }
    }

    /// The exchange that was last begun got as far as handing the request to a connection. When it was then
    /// cut off, only this tells whether the target may have seen it.
    pub fn handed_over(&self) -> bool {
        self.handed_over
    }

    /// Sends `request` and reads the answer into `response`.
    pub async fn exchange(&mut self, request: &Request, response: &mut Response) -> Outcome {
        self.handed_over = false;
        let clock = self.connector.clock();
        let limit = self.connector.timeout();
        let deadline = tokio::time::Instant::from_std(deadline_from(clock, limit));
        let mut link = match self.take_fresh(clock.now_us()) {
            Some(link) => link,
            None => match tokio::time::timeout_at(deadline, self.open()).await {
                Ok(Ok(link)) => link,
                Ok(Err(fault)) => return Outcome::NotSent(fault.to_string()),
                Err(_) => return Outcome::NotSent(fault::no_connection(limit.as_secs_f64())),
            },
        };
        response.clear();
        self.handed_over = true;
        let (outcome, reusable) = match &mut link {
            Link::One(http) => http.exchange(self.connector.head(), request, response, deadline).await,
            Link::Two(http) => http.exchange(self.connector.head(), request, response, deadline).await,
        };
        if reusable {
            self.last_used_us = clock.now_us();
            self.link = Some(link);
        } else if let Link::Two(_) = link {
            self.connector.forget_shared();
        }
        outcome
    }

    /// The kept connection, unless it is stale or the target has closed it.
    fn take_fresh(&mut self, now_us: i64) -> Option<Link> {
        let mut link = self.link.take()?;
        let alive = match &mut link {
            Link::One(http) => now_us - self.last_used_us < IDLE_LIMIT_US && http.is_quiet(),
            Link::Two(http) => http.is_open(),
        };
        alive.then_some(link)
    }

    async fn open(&self) -> Result<Link, ConnectFault> {
        self.connector.open().await.map(|opened| match opened {
            connect::Opened::One(http) => Link::One(http),
            connect::Opened::Two(http) => Link::Two(http),
        })
    }
}

fn deadline_from(clock: crate::clock::Clock, limit: std::time::Duration) -> std::time::Instant {
    clock.deadline(clock.now_us()).into_std() + limit
}

impl Response {
    fn clear(&mut self) {
        self.status = 0;
        self.content_type.clear();
        self.retry_after.clear();
        self.body.clear();
        self.complete = false;
    }
}
