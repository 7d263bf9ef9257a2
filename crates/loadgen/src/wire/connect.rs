//! Opening connections to the target: names, addresses, TLS, and which HTTP is spoken.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use rustls::pki_types::ServerName;
use settings::Target;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::http1::Http1;
use super::http2::Http2;
use crate::clock::Clock;

/// What every request to this target has in common.
#[derive(Debug)]
pub(super) struct Head {
    /// `Host`, and HTTP/2's `:authority`.
    pub(super) host: String,
    /// The path for a POST.
    pub(super) path: String,
    /// The path up to where a GET's query begins, `?` or `&` included.
    pub(super) path_for_query: String,
    /// `Authorization`, when the URL names a user.
    pub(super) authorization: Option<String>,
}

/// Makes connections to one target.
pub struct Connector {
    clock: Clock,
    timeout: Duration,
    head: Head,
    name: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// One HTTP/2 connection serves all lanes.
    shared: RefCell<Option<Http2>>,
}

/// Why there is no connection. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFault {
    /// The host's name has no address.
    #[error("cannot resolve {name}: {source}; check the host in MATOMO_URL and this machine's DNS")]
    Resolve {
        /// The name that was asked for.
        name: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No address accepted a connection.
    #[error("cannot connect to {name}:{port}: {source}; is the target up and reachable from here?")]
    Connect {
        /// The target's host.
        name: String,
        /// The target's port.
        port: u16,
        /// The last address's error.
        source: io::Error,
    },
    /// TLS did not come about.
    #[error("TLS with {name} failed: {source}; for a private authority give its certificate by TLS_CA_FILE")]
    Tls {
        /// The target's host.
        name: String,
        /// What rustls said.
        source: io::Error,
    },
    /// HTTP/2 was agreed on and then failed.
    #[error("HTTP/2 with {name} failed: {source}")]
    Http2 {
        /// The target's host.
        name: String,
        /// What hyper said.
        source: hyper::Error,
    },
}

/// A byte stream to the target.
pub(super) enum Stream {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) enum Opened {
    One(Http1),
    Two(Http2),
}

impl Connector {
    /// Prepares what is the same for every connection.
    ///
    /// # Errors
    /// When the CA file cannot be read or holds no certificate.
    pub fn new(target: &Target, timeout: Duration, clock: Clock) -> anyhow::Result<Self> {
        let url = &target.url;
        let name = url.host_str().expect("settings admit only URLs with a host").to_owned();
        let port = url.port_or_known_default().expect("http and https have a default port");
        let tls = if url.scheme() == "https" {
            let mut config = tls(target)?;
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let config = Arc::new(config);
            let server = ServerName::try_from(name.trim_matches(['[', ']']).to_owned())?;
            Some((TlsConnector::from(config), server))
        } else {
            None
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let head = Head {
            host: url.port().map_or_else(|| name.clone(), |port| format!("{name}:{port}")),
            path_for_query: format!("{path}{}", if url.query().is_some() { '&' } else { '?' }),
            path,
            authorization: authorization(url),
        };
        Ok(Self { clock, timeout, head, name, port, tls, shared: RefCell::new(None) })
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn forget_shared(&self) {
        self.shared.borrow_mut().take();
    }

    pub(super) async fn open(&self) -> Result<Opened, ConnectFault> {
        if let Some(shared) = self.shared.borrow().as_ref().filter(|http| http.is_open()) {
            return Ok(Opened::Two(shared.clone()));
        }
        let tcp = self.connect_tcp().await?;
        let Some((connector, server)) = &self.tls else {
            return Ok(Opened::One(Http1::new(Stream::Plain(tcp))));
        };
        let tls = connector
            .connect(server.clone(), tcp)
            .await
            .map_err(|source| ConnectFault::Tls { name: self.name.clone(), source })?;
        if tls.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Ok(Opened::One(Http1::new(Stream::Tls(Box::new(tls)))));
        }
        let http = Http2::handshake(tls)
            .await
            .map_err(|source| ConnectFault::Http2 { name: self.name.clone(), source })?;
        // Of several lanes that opened at once, the first one's connection serves all.
        let mut shared = self.shared.borrow_mut();
        let http = match shared.take().filter(Http2::is_open) {
            Some(first) => first,
            None => http,
        };
        *shared = Some(http.clone());
        Ok(Opened::Two(http))
    }

    async fn connect_tcp(&self) -> Result<TcpStream, ConnectFault> {
        let host = self.name.trim_matches(['[', ']']);
        let addresses = tokio::net::lookup_host((host, self.port))
            .await
            .map_err(|source| ConnectFault::Resolve { name: self.name.clone(), source })?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // A hit is one small write: waiting to fill a packet would only delay it.
                    stream.set_nodelay(true).ok();
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(ConnectFault::Connect { name: self.name.clone(), port: self.port, source: last })
    }
}

/// The same trust as the Reporting API's client has.
fn tls(target: &Target) -> anyhow::Result<rustls::ClientConfig> {
    let pem = target.ca_file.as_ref().map(|path| {
        std::fs::read(path).with_context(|| format!("TLS_CA_FILE: cannot read {path}; it must be a PEM file"))
    });
    Ok(matomo::tls::client_config(pem.transpose()?.as_deref(), target.insecure)?)
}

/// Basic credentials of a URL such as `https://user:password@host/`.
fn authorization(url: &url::Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default()));
    Some(format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
