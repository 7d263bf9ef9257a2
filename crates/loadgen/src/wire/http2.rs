//! HTTP/2 by hyper: one connection, many hits under way on it.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use super::connect::Head;
use super::http1::content_type;
use super::{MAX_BODY, Outcome, Request, Response, fault};

/// A handle to the shared connection.
#[derive(Clone)]
pub(super) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
}

impl Http2 {
    pub(super) async fn handshake(stream: TlsStream<TcpStream>) -> Result<Self, hyper::Error> {
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the HTTP/2 connection ended");
            }
        });
        Ok(Self { sender })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// One request, one answer. The second value tells whether the connection may be used again.
    pub(super) async fn exchange(
        &mut self,
        head: &Head,
        request: &Request,
        response: &mut Response,
        deadline: Instant,
    ) -> (Outcome, bool) {
        let message = match build(head, request) {
            Ok(message) => message,
            Err(error) => return (Outcome::NotSent(format!("building the request: {error}")), true),
        };
        match timeout_at(deadline, self.sender.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return (Outcome::NotSent(format!("HTTP/2: {error}")), false),
            Err(_) => return (Outcome::NotSent(fault::NOT_TAKEN.to_owned()), false),
        }
        let answer = match timeout_at(deadline, self.sender.try_send_request(message)).await {
            Ok(Ok(answer)) => answer,
            // hyper hands the request back when it never left.
            Ok(Err(mut error)) => {
                let unsent = error.take_message().is_some();
                let text = format!("HTTP/2: {}", error.into_error());
                let outcome = if unsent { Outcome::NotSent(text) } else { Outcome::Unknown(text) };
                return (outcome, false);
            }
            Err(_) => return (Outcome::Unknown(fault::NO_ANSWER.to_owned()), true),
        };
        response.status = answer.status().as_u16();
        for (name, field) in [
            (http::header::CONTENT_TYPE, &mut response.content_type),
            (http::header::RETRY_AFTER, &mut response.retry_after),
        ] {
            field.extend_from_slice(answer.headers().get(name).map_or(&b""[..], |value| value.as_bytes()));
        }
        let mut body = answer.into_body();
        loop {
            match timeout_at(deadline, body.frame()).await {
                Ok(None) => {
                    response.complete = true;
                    return (Outcome::Answered, true);
                }
                Ok(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    let room = MAX_BODY.saturating_sub(response.body.len());
                    response.body.extend_from_slice(&data[..data.len().min(room)]);
                }
                Ok(Some(Err(_))) => return (Outcome::Answered, false),
                Err(_) => return (Outcome::Answered, true),
            }
        }
    }
}

fn build(head: &Head, request: &Request) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let query = if request.post { "" } else { std::str::from_utf8(&request.payload).unwrap_or_default() };
    let path = if request.post { &head.path } else { &head.path_for_query };
    let mut builder = http::Request::builder()
        .method(if request.post { "POST" } else { "GET" })
        .uri(format!("https://{}{path}{query}", head.host))
        .header(http::header::USER_AGENT, &request.user_agent[..])
        .header(http::header::ACCEPT, "*/*");
    if !request.accept_language.is_empty() {
        builder = builder.header(http::header::ACCEPT_LANGUAGE, &request.accept_language[..]);
    }
    if let Some(authorization) = &head.authorization {
        builder = builder.header(http::header::AUTHORIZATION, authorization);
    }
    if !request.post {
        return builder.body(Full::default());
    }
    builder
        .header(http::header::CONTENT_TYPE, content_type(request))
        .body(Full::new(Bytes::copy_from_slice(&request.payload)))
}
