//! HTTP/1.1 over one kept connection, framed here and parsed by `httparse`.
//!
//! Why not a client library: the outcome of a hit must be exact (was a byte of it handed over? did the head of
//! the answer arrive?), and a client's channels, URI and header maps cost more CPU than the rest of a hit.
//! docs/adr/0006-own-http1-framing.md has the figures.

use std::future::poll_fn;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Waker};

use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, timeout_at};

use super::connect::{Head, Stream};
use super::{MAX_BODY, Outcome, Request, Response, fault};

/// An open connection and its buffers.
pub(super) struct Http1 {
    stream: Stream,
    out: Vec<u8>,
    input: Vec<u8>,
}

/// The head of an answer may not be longer than this.
const MAX_HEAD: usize = 64 * 1024;

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After a chunk of length 0.
    Chunked,
    /// When the target closes the connection.
    Close,
}

/// What the head of an answer says about the connection and the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meta {
    head_len: usize,
    framing: Framing,
    keep_alive: bool,
}

impl Http1 {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, out: Vec::with_capacity(2048), input: Vec::with_capacity(2048) }
    }

    /// Nothing has arrived since the last answer: neither an end of the connection nor stray bytes.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut probe = [0u8; 1];
        let mut buf = ReadBuf::new(&mut probe);
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.stream).poll_read(&mut context, &mut buf).is_pending()
    }

    /// One request, one answer. The second value tells whether the connection may be used again.
    pub(super) async fn exchange(
        &mut self,
        head: &Head,
        request: &Request,
        response: &mut Response,
        deadline: Instant,
    ) -> (Outcome, bool) {
        self.out.clear();
        write_request(head, request, &mut self.out);
        let mut written = 0;
        match timeout_at(deadline, write_all(&mut self.stream, &self.out, &mut written)).await {
            Ok(Ok(())) => {}
            // A target that answers before it has read everything (413, 414) closes its reading side: its
            // answer may still be there to read.
            Ok(Err(_)) if written > 0 => {}
            Ok(Err(error)) => return (Outcome::NotSent(fault::not_sent(&error)), false),
            Err(_) if written == 0 => return (Outcome::NotSent(fault::NOT_TAKEN.to_owned()), false),
            Err(_) => return (Outcome::Unknown(fault::NOT_TAKEN.to_owned()), false),
        }
        let complete_request = written == self.out.len();
        match timeout_at(deadline, self.read_answer(response)).await {
            Ok(Ok(keep_alive)) => (Outcome::Answered, keep_alive && complete_request),
            // The status came, the body did not to its end: what the status says is certain all the same.
            Ok(Err(_)) | Err(_) if response.status != 0 => (Outcome::Answered, false),
            Ok(Err(error)) => (Outcome::Unknown(fault::no_answer(&error)), false),
            Err(_) => (Outcome::Unknown(fault::NO_ANSWER.to_owned()), false),
        }
    }

    async fn read_answer(&mut self, response: &mut Response) -> io::Result<bool> {
        self.input.clear();
        let meta = loop {
            if let Some(meta) = parse_head(&self.input, response)? {
                // 1xx are not the answer yet.
                if response.status >= 200 {
                    break meta;
                }
                self.input.drain(..meta.head_len);
                response.status = 0;
                continue;
            }
            if self.input.len() > MAX_HEAD {
                return Err(invalid("the head of the answer is too long"));
            }
            self.fill().await?;
        };
        self.input.drain(..meta.head_len);
        match meta.framing {
            Framing::Length(length) => self.read_length(length, response).await?,
            Framing::Chunked => self.read_chunked(response).await?,
            Framing::Close => self.read_to_close(response).await?,
        }
        response.complete = true;
        Ok(meta.keep_alive && meta.framing != Framing::Close && self.input.is_empty())
    }

    /// Reads more input; an end of the stream is an error here.
    async fn fill(&mut self) -> io::Result<()> {
        self.input.reserve(2048);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the target closed the connection")),
            _ => Ok(()),
        }
    }

    async fn read_length(&mut self, length: u64, response: &mut Response) -> io::Result<()> {
        let mut left = length;
        loop {
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
            keep(response, &self.input[..take]);
            self.input.drain(..take);
            left -= take as u64;
            if left == 0 {
                return Ok(());
            }
            self.fill().await?;
        }
    }

    async fn read_chunked(&mut self, response: &mut Response) -> io::Result<()> {
        loop {
            let size = loop {
                match httparse::parse_chunk_size(&self.input)
                    .map_err(|_| invalid("a chunk's size is not valid"))?
                {
                    httparse::Status::Complete((used, size)) => {
                        self.input.drain(..used);
                        break size;
                    }
                    httparse::Status::Partial => self.fill().await?,
                }
            };
            if size == 0 {
                return self.skip_trailers().await;
            }
            self.read_length(size, response).await?;
            while self.input.len() < 2 {
                self.fill().await?;
            }
            self.input.drain(..2);
        }
    }

    async fn skip_trailers(&mut self) -> io::Result<()> {
        loop {
            while let Some(end) = self.input.windows(2).position(|pair| pair == b"\r\n") {
                self.input.drain(..end + 2);
                if end == 0 {
                    return Ok(());
                }
            }
            if self.input.len() > MAX_HEAD {
                return Err(invalid("the trailers are too long"));
            }
            self.fill().await?;
        }
    }

    async fn read_to_close(&mut self, response: &mut Response) -> io::Result<()> {
        loop {
            keep(response, &self.input);
            self.input.clear();
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }
}

fn keep(response: &mut Response, bytes: &[u8]) {
    let room = MAX_BODY.saturating_sub(response.body.len());
    response.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Writes everything and keeps count, so that a failure tells whether the target can have seen a byte.
async fn write_all(stream: &mut Stream, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < bytes.len() {
        let sent = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, &bytes[*written..])).await?;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *written += sent;
    }
    stream.flush().await
}

fn write_request(head: &Head, request: &Request, out: &mut Vec<u8>) {
    if request.post {
        out.extend_from_slice(b"POST ");
        out.extend_from_slice(head.path.as_bytes());
    } else {
        out.extend_from_slice(b"GET ");
        out.extend_from_slice(head.path_for_query.as_bytes());
        out.extend_from_slice(&request.payload);
    }
    out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
    out.extend_from_slice(head.host.as_bytes());
    out.extend_from_slice(b"\r\nUser-Agent: ");
    out.extend_from_slice(&request.user_agent);
    if !request.accept_language.is_empty() {
        out.extend_from_slice(b"\r\nAccept-Language: ");
        out.extend_from_slice(&request.accept_language);
    }
    out.extend_from_slice(b"\r\nAccept: */*\r\n");
    if let Some(authorization) = &head.authorization {
        out.extend_from_slice(b"Authorization: ");
        out.extend_from_slice(authorization.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if request.post {
        out.extend_from_slice(b"Content-Type: ");
        out.extend_from_slice(content_type(request));
        out.extend_from_slice(b"\r\nContent-Length: ");
        write!(out, "{}", request.payload.len()).expect("writing to a Vec cannot fail");
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&request.payload);
    } else {
        out.extend_from_slice(b"\r\n");
    }
}

pub(super) fn content_type(request: &Request) -> &'static [u8] {
    if request.json { b"application/json" } else { b"application/x-www-form-urlencoded" }
}

/// Reads the head of an answer when all of it is there; its status and the headers we use go into `response`.
fn parse_head(input: &[u8], response: &mut Response) -> io::Result<Option<Meta>> {
    if input.is_empty() {
        return Ok(None);
    }
    let mut headers = [httparse::EMPTY_HEADER; 96];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = parsed.parse(input).map_err(|error| invalid(&format!("not an HTTP answer: {error}")))?;
    let httparse::Status::Complete(head_len) = status else { return Ok(None) };
    response.status = parsed.code.unwrap_or(0);
    let mut framing = Framing::Close;
    let mut keep_alive = parsed.version == Some(1);
    for header in parsed.headers.iter() {
        let (name, value) = (header.name, header.value);
        if name.eq_ignore_ascii_case("content-length") && framing != Framing::Chunked {
            let text = std::str::from_utf8(value).unwrap_or_default();
            let length = text.trim().parse().map_err(|_| invalid("Content-Length is not a number"))?;
            framing = Framing::Length(length);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            framing = Framing::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            if value.eq_ignore_ascii_case(b"close") {
                keep_alive = false;
            } else if value.eq_ignore_ascii_case(b"keep-alive") {
                keep_alive = true;
            }
        } else if name.eq_ignore_ascii_case("content-type") {
            response.content_type.extend_from_slice(value);
        } else if name.eq_ignore_ascii_case("retry-after") {
            response.retry_after.extend_from_slice(value);
        }
    }
    if matches!(response.status, 204 | 304) {
        framing = Framing::Length(0);
    }
    Ok(Some(Meta { head_len, framing, keep_alive }))
}
