//! What the tests share: a receiver on a free port, and a plain HTTP client that shows answers as they are.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

/// The super user's token of every receiver that the tests start.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// A browser that nobody takes for a bot.
pub(crate) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0";

/// A receiver with the runtime that it lives on.
pub(crate) struct Sink {
    runtime: Runtime,
    handle: Option<sink::Handle>,
}

impl Sink {
    pub(crate) fn start(config: sink::Config) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let config = sink::Config { token: Some(TOKEN.to_owned()), ..config };
        let handle = runtime.block_on(sink::start(config)).unwrap();
        Self { runtime, handle: Some(handle) }
    }

    pub(crate) fn handle(&self) -> &sink::Handle {
        self.handle.as_ref().expect("a receiver is there until it is dropped")
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.handle().addr()
    }

    pub(crate) fn stats(&self) -> sink::Stats {
        self.runtime.block_on(self.handle().stats())
    }

    /// Ends it in good order.
    pub(crate) fn shutdown(mut self) {
        let handle = self.handle.take().expect("a receiver is shut down once");
        self.runtime.block_on(handle.shutdown());
    }
}

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", String::from_utf8_lossy(&self.body)))
    }
}

/// A request, sent on a connection of its own.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", target);
        request.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
        request.body = body.into();
        request
    }

    /// A form.
    pub(crate) fn form(target: &str, fields: &[(&str, &str)]) -> Self {
        Self::post(target, "application/x-www-form-urlencoded", encode(fields))
    }

    pub(crate) fn new(method: &str, target: &str) -> Self {
        let headers = vec![("User-Agent".to_owned(), BROWSER.to_owned())];
        Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() }
    }

    /// Sends it; an error is what cut the connection.
    pub(crate) fn try_send(&self, host: &str) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        // HTTP/1.0: the answer ends with the connection, and nothing comes in chunks.
        let mut head = format!("{} {} HTTP/1.0\r\nHost: {host}\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if self.method != "GET" {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        // A server may answer, and close, before it has read a body that is too large.
        let written = stream.write_all(&self.body);
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        if bytes.is_empty() {
            written?;
            read?;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        let announced = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if announced
            .and_then(|(_, length)| length.parse().ok())
            .is_some_and(|length: usize| length > body.len())
        {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Answer { status: status.expect("an answer begins with its status"), headers, body })
    }

    pub(crate) fn send(&self, host: &str) -> Answer {
        self.try_send(host).unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.target))
    }
}

/// Fields as a query string or form.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// Asks the Reporting API.
pub(crate) fn api(host: &str, token: &str, site: &str, method: &str, more: &[(&str, &str)]) -> Value {
    let mut fields = vec![("module", "API"), ("format", "JSON"), ("method", method), ("idSite", site)];
    fields.push(("token_auth", token));
    fields.extend_from_slice(more);
    Request::form("/index.php", &fields).send(host).json()
}

/// A file of the repository's `tests` folder.
pub(crate) fn data(path: &str) -> String {
    let path = format!("{}/../../tests/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Sends the hits that a real Matomo got before it gave the golden reports.
pub(crate) fn feed(sink: &Sink) {
    let host = sink.addr().to_string();
    for line in data("golden/hits.jsonl").lines() {
        let hit: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let mut fields: Vec<(String, String)> = hit
            .into_iter()
            .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        fields.push(("token_auth".to_owned(), TOKEN.to_owned()));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = Request::form("/matomo.php", &fields).send(&host);
        assert_eq!((answer.status, answer.body.len()), (200, 43), "{line}");
    }
}
