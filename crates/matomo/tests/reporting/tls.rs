//! Certificates are verified unless somebody asks otherwise, aloud.

use std::sync::Arc;
use std::time::Duration;

use matomo::reporting::{Client, Error, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

/// Answers every request with a version, behind a certificate that only `pem` vouches for.
async fn serve() -> (String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}/matomo.php", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not believe us hangs up here.
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let body = r#"{"value":"5.2.0"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, made.cert.pem().into_bytes())
}

async fn version(address: &str, ca_pem: Option<Vec<u8>>, insecure: bool) -> Result<String, Error> {
    let options = Options { timeout: Duration::from_secs(5), ca_pem, insecure, permits: None };
    Client::new(&address.parse().unwrap(), None, &options).unwrap().matomo_version().await
}

#[tokio::test]
async fn an_unknown_certificate_is_refused() {
    let (address, pem) = serve().await;
    let error = version(&address, None, false).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { cause, .. } if cause.contains("certificate")), "{error}");
    assert_eq!(version(&address, Some(pem), false).await.unwrap(), "5.2.0");
    assert_eq!(version(&address, None, true).await.unwrap(), "5.2.0");
}

#[tokio::test]
async fn another_authority_does_not_vouch_for_it() {
    let (address, _) = serve().await;
    let (_, other) = serve().await;
    assert!(version(&address, Some(other), false).await.is_err());
}
