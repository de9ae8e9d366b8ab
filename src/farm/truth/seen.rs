//! A certificate as the truth table needs it, decoded once however often it was seen.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::cert::name::{DistinguishedName, NameKey, SubjectName};
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
            of_farm: template.is_some_and(|template| is_of(&template, &subject)),
            subject: subject.to_string(),
            issuer: certificate.issuer().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            self_issued: certificate.is_self_issued(),
        }
    }
}

/// Authorities choose the string types of a name by their own rules, so the name is compared as it would be written here.
fn is_of(template: &SubjectName, subject: &DistinguishedName) -> bool {
    DistinguishedName::parse(&subject.to_string()).is_ok_and(|rewritten| template.generation_of(&rewritten).is_some())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    /// `O=Contoso` and `CN=crm S2S` as UTF8String, as OpenSSL writes them; we write PrintableString.
    #[test]
    fn a_subject_fits_the_template_whatever_its_string_types() {
        let mut der = vec![0x30, 0x25];
        der.extend([0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x07]);
        der.extend(b"Contoso");
        der.extend([0x31, 0x11, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x08]);
        der.extend(b"crm S2S1");
        let subject = DistinguishedName::from_der(&der).unwrap();
        assert_eq!(subject.to_string(), "CN=crm S2S1,O=Contoso");
        let template = |text: &str| SubjectName::parse(text).unwrap();
        assert!(is_of(&template("CN=crm {g},O=Contoso"), &subject));
        assert!(!is_of(&template("CN=web {g},O=Contoso"), &subject));
    }
}
