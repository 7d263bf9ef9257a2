//! HTTPS: certificates are verified, HTTP/2 is used where the target offers it, and HTTP/1.1 elsewhere.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use support::{Loadgen, gif};
use tokio_rustls::TlsAcceptor;

/// A tracker behind TLS that speaks the given protocols, with a certificate that only `ca` vouches for.
struct Https {
    url: String,
    ca: tempfile::NamedTempFile,
    hits: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
    _runtime: tokio::runtime::Runtime,
}

impl Https {
    fn start(protocols: &[&[u8]]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("https://localhost:{}/matomo.php", listener.local_addr().unwrap().port());
        let (hits, connections) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (hit, connection) = (Arc::clone(&hits), Arc::clone(&connections));
        runtime.spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, hit, connection) =
                    (acceptor.clone(), Arc::clone(&hit), Arc::clone(&connection));
                tokio::spawn(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    connection.fetch_add(1, Relaxed);
                    let two = tls.get_ref().1.alpn_protocol() == Some(b"h2");
                    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
                        let hit = Arc::clone(&hit);
                        async move {
                            request.into_body().collect().await.ok();
                            hit.fetch_add(1, Relaxed);
                            let image = gif().split_off(gif().len() - 43);
                            let answer = http::Response::builder().header("content-type", "image/gif");
                            Ok::<_, Infallible>(answer.body(Full::new(Bytes::from(image))).unwrap())
                        }
                    });
                    let io = TokioIo::new(tls);
                    if two {
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(io, service)
                            .await
                            .ok();
                    } else {
                        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await.ok();
                    }
                });
            }
        });
        Self { url, ca, hits, connections, _runtime: runtime }
    }
}

#[test]
fn http2_carries_all_lanes_on_one_connection() {
    let target = Https::start(&[b"h2", b"http/1.1"]);
    let ran = Loadgen::new(&target.url, &[("TLS_CA_FILE", target.ca.path().to_str().unwrap())])
        .arg("--visits=50")
        .run();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed"), 50, "{}", ran.stderr);
    assert_eq!(target.hits.load(Relaxed), ran.count("/hits/acknowledged"));
    let connections = target.connections.load(Relaxed);
    assert!(
        connections < 20,
        "{connections} connections, where lanes that opened at once should share the first"
    );
}

#[test]
fn http1_over_tls_serves_where_there_is_no_http2() {
    let target = Https::start(&[b"http/1.1"]);
    let ran = Loadgen::new(&target.url, &[("TLS_CA_FILE", target.ca.path().to_str().unwrap())])
        .arg("--visits=50")
        .run();
    assert_eq!(ran.count("/visits/completed"), 50, "{}", ran.stderr);
    assert_eq!(target.hits.load(Relaxed), ran.count("/hits/acknowledged"));
}

/// Lesson: TLS was never verified.
#[test]
fn an_unknown_authority_is_refused_with_the_remedy_and_loudly_accepted_on_request() {
    let target = Https::start(&[b"h2"]);
    let ran = Loadgen::new(&target.url, &[("REQUEST_RETRIES", "0")]).arg("--visits=3").run();
    assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    assert!(ran.stderr.contains("TLS_CA_FILE"), "{}", ran.stderr);
    assert_eq!(target.hits.load(Relaxed), 0);

    let ran = Loadgen::new(&target.url, &[("TLS_INSECURE", "true")]).arg("--visits=3").run();
    assert_eq!(ran.count("/visits/completed"), 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("NOT verified"), "{}", ran.stderr);
}
