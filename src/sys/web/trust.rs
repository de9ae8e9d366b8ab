//! Whom to believe at the other end of a connection.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

use super::fault;
use crate::cert::Fingerprint;
use crate::ports::{WebError, WebFault, WebTrust};

/// Returns how TLS is spoken with somebody who is trusted so.
///
/// # Errors
/// [`WebFault::Certificate`] where the trust itself cannot be used.
pub(super) fn config(trust: &WebTrust) -> Result<ClientConfig, WebError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        WebTrust::System => Arc::new(Verifier::new(provider.clone()).map_err(|error| {
            fault(WebFault::Certificate, format!("the authorities of this machine cannot be used: {error}"))
        })?),
        WebTrust::Authorities(authorities) => of_authorities(authorities, &provider)?,
        WebTrust::Pin(pin) => Arc::new(Pinned { pin: *pin, provider: provider.clone() }),
    };
    with(provider, verifier)
}

/// Returns how TLS is spoken with anybody, and where the certificates that they show are kept.
///
/// # Errors
/// None that was ever seen.
pub(super) fn recorder() -> Result<(ClientConfig, Arc<Shown>), WebError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let shown = Arc::new(Shown { certificates: Mutex::default(), schemes: schemes(&provider) });
    Ok((with(provider, shown.clone())?, shown))
}

fn with(provider: Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, WebError> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(WebFault::Tls, format!("TLS cannot be used here: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn of_authorities(
    authorities: &[Vec<u8>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, WebError> {
    let unusable = |why: String| fault(WebFault::Certificate, why);
    let mut roots = RootCertStore::empty();
    for (place, der) in authorities.iter().enumerate() {
        roots
            .add(CertificateDer::from(der.clone()))
            .map_err(|error| unusable(format!("authority {} cannot be used: {error}", place + 1)))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    Ok(verifier.map_err(|error| unusable(format!("the authorities cannot be used: {error}")))?)
}

fn schemes(provider: &CryptoProvider) -> Vec<SignatureScheme> {
    provider.signature_verification_algorithms.supported_schemes()
}

/// Believes exactly one certificate. Its name and dates are left aside; that the server has its key is proven.
#[derive(Debug)]
struct Pinned {
    pin: Fingerprint,
    provider: Arc<CryptoProvider>,
}

/// Another certificate than the pinned one.
#[derive(Debug, thiserror::Error)]
#[error("the server shows the certificate with the SHA-256 {found}, and another one is pinned")]
struct NotPinned {
    found: Fingerprint,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = Fingerprint::of(leaf);
        if found == self.pin {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::Other(OtherError(Arc::new(NotPinned { found }))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes(&self.provider)
    }
}

/// Believes nobody, and writes down what is shown.
#[derive(Debug)]
pub(super) struct Shown {
    certificates: Mutex<Vec<Vec<u8>>>,
    schemes: Vec<SignatureScheme>,
}

impl Shown {
    /// Takes what was shown, leaf first.
    pub(super) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.certificates.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = [leaf].into_iter().chain(others).map(|one| one.to_vec()).collect();
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) = all;
        // Nothing is sent over this connection, so nothing has to be believed.
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// Says what TLS complains of.
pub(super) fn explain(about: &str, error: &Error) -> WebError {
    let Error::InvalidCertificate(certificate) = error else {
        return match error {
            Error::InvalidMessage(_) => {
                fault(WebFault::Tls, format!("what answers at {about} does not speak TLS: {error}"))
            }
            _ => fault(WebFault::Tls, format!("TLS with {about} failed: {error}")),
        };
    };
    let why = match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it is expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "none of the trusted authorities issued it".to_owned(),
        CertificateError::BadSignature => {
            "a trusted authority has the name of its issuer, but did not sign it".to_owned()
        }
        CertificateError::Revoked => "it is revoked".to_owned(),
        CertificateError::Other(OtherError(other)) => other.to_string(),
        other => other.to_string(),
    };
    fault(WebFault::Certificate, format!("the certificate of {about} is not trusted: {why}"))
}
