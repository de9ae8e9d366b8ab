//! A certificate as the truth table needs it, decoded once however often it was seen.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::cert::name::NameKey;
use crate::cert::{Certificate, Fingerprint, Thumbprint};
use crate::farm::description::Farm;

/// The longest certificate that is taken, in octets; the largest seen in practice have ten thousand.
const MAX_DER: usize = 64 * 1024;

/// One certificate.
#[derive(Clone, Debug)]
pub struct SeenCertificate {
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// SHA-1 of its DER.
    pub thumbprint: Thumbprint,
    /// The subject as Windows shows it.
    pub subject: String,
    /// The subject in the form in which two are compared.
    pub subject_key: NameKey,
    /// The issuer.
    pub issuer: String,
    /// The start of validity.
    pub not_before: Timestamp,
    /// The end of validity.
    pub not_after: Timestamp,
    /// Whether it is its own issuer.
    pub self_issued: bool,
    /// Whether the subject is one that the farm's template makes.
    pub of_farm: bool,
}

/// Certificates by their text, so that each is decoded once.
#[derive(Debug)]
pub struct Certificates<'a> {
    farm: &'a Farm,
    known: HashMap<String, Result<Arc<SeenCertificate>, String>>,
}

impl<'a> Certificates<'a> {
    /// Starts without any.
    #[must_use]
    pub fn new(farm: &'a Farm) -> Self {
        Self { farm, known: HashMap::new() }
    }

    /// Decodes base64, in which line breaks do not count.
    ///
    /// # Errors
    /// What is wrong with it, in one clause.
    pub fn decode(&mut self, text: String) -> Result<Arc<SeenCertificate>, String> {
        if let Some(known) = self.known.get(&text) {
            return known.clone();
        }
        let decoded = decode(&text, self.farm).map(Arc::new);
        self.known.insert(text, decoded.clone());
        decoded
    }
}

fn decode(text: &str, farm: &Farm) -> Result<SeenCertificate, String> {
    if text.len() > MAX_DER * 2 {
        return Err("a certificate is larger than any".to_owned());
    }
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(plain).map_err(|_| "a certificate is no base64".to_owned())?;
    let certificate = Certificate::from_der(&der).map_err(|e| format!("a certificate cannot be read: {e}"))?;
    Ok(SeenCertificate::of(&certificate, farm))
}

impl SeenCertificate {
    /// Takes what is needed from a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate, farm: &Farm) -> Self {
        let subject = certificate.subject();
        let template = farm.certificate.as_ref().and_then(|wish| wish.subject.template());
        Self {
            fingerprint: certificate.fingerprint(),
            thumbprint: certificate.thumbprint(),
            subject_key: subject.normalised_key(),
            of_farm: template.is_some_and(|template| template.generation_of(&subject).is_some()),
            subject: subject.to_string(),
            issuer: certificate.issuer().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            self_issued: certificate.is_self_issued(),
        }
    }
}
