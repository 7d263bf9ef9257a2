//! Whom to believe when a server says who it is. The same for hits and for the Reporting API, so that a
//! connection test fails where a hit would fail.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Why there is no TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `TLS_CA_FILE` is not what it should be.
    #[error("TLS_CA_FILE: {0}; give one or more certificates in PEM form (-----BEGIN CERTIFICATE-----)")]
    CaFile(String),
    /// The TLS library refuses its own defaults.
    #[error("TLS: {0}")]
    Library(#[from] rustls::Error),
}

/// Certificates are verified against the system's authorities, or Mozilla's where the system has none (a bare
/// container image), and against those in `ca_pem`. With `insecure` they are not verified at all.
///
/// No protocol is offered by ALPN: a caller who speaks HTTP/2 adds it.
///
/// # Errors
/// When `ca_pem` holds no certificate, or one that cannot be read.
pub fn client_config(ca_pem: Option<&[u8]>, insecure: bool) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let own = ca_pem.map(certificates).transpose()?.unwrap_or_default();
    if insecure {
        let verifier = Arc::new(BelieveAnybody(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in own {
        roots.add(certificate).map_err(|error| TlsError::CaFile(error.to_string()))?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::CaFile(error.to_string()))?;
    if found.is_empty() {
        return Err(TlsError::CaFile("no certificate in it".to_owned()));
    }
    Ok(found)
}

/// `TLS_INSECURE`: the connection is encrypted, but with whom nobody knows.
#[derive(Debug)]
struct BelieveAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for BelieveAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
