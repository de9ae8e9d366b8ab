//! What commands answer, as values. The human view and `--json` are both made from these; the schema is generated from
//! them. Field names are API: `docs/json.md`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::cert::certificate::oid;
use crate::cert::digest::hex_upper;
use crate::cert::key::{KeyAlgorithm, PublicKey};
use crate::cert::{Certificate, Chain};

/// Everything that is told of one certificate.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CertificateReport {
    /// SHA-1 of the DER, upper-case hexadecimal: the name Windows uses.
    pub thumbprint: String,
    /// SHA-256 of the DER, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject as RFC 4514 text.
    pub subject: String,
    /// The subject as Windows prints it, for configurations and look-ups there: docs/distinguished-names.md.
    pub subject_windows: String,
    /// Whether that text is certain. Where it is not, Windows may print or find the subject otherwise.
    pub subject_windows_certain: bool,
    /// The subject as DER, base64.
    pub subject_der: String,
    /// The issuer as RFC 4514 text.
    pub issuer: String,
    /// The serial number, upper-case hexadecimal.
    pub serial: String,
    /// The first instant of validity, RFC 3339, UTC.
    pub not_before: Timestamp,
    /// The last instant of validity, RFC 3339, UTC.
    pub not_after: Timestamp,
    /// Whole days until `not_after`; negative when it has passed.
    pub days_left: i64,
    /// The X.509 version, 1 to 3.
    pub version: u8,
    /// The public key.
    pub key: KeyReport,
    /// The algorithm of the issuer's signature.
    pub signature_algorithm: String,
    /// Whether subject and issuer are one and the signature verifies with the certificate's own key.
    pub self_signed: bool,
    /// Whether the certificate carries the evaluation mark of `s2scert issue`.
    pub evaluation: bool,
    /// Whether it may issue other certificates.
    pub ca: bool,
    /// The key usage bits by their RFC 5280 names; absent where the extension is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_usage: Option<Vec<&'static str>>,
    /// The extended key usages, by name where one is known, else by object identifier.
    pub extended_key_usage: Vec<String>,
    /// The alternative names, each with its form: `dns:crm.contoso.com`.
    pub alt_names: Vec<String>,
    /// The subject key identifier, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_key_id: Option<String>,
    /// The authority key identifier, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_key_id: Option<String>,
    /// Every extension in its order.
    pub extensions: Vec<ExtensionReport>,
}

/// One extension of a certificate.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ExtensionReport {
    /// The object identifier.
    pub oid: String,
    /// The name, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// Whether a reader that does not know it must refuse the certificate.
    pub critical: bool,
    /// The length of the value in octets.
    pub length: usize,
}

/// A public key.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct KeyReport {
    /// Algorithm and size: `RSA 2048`, `EC P-256`.
    pub algorithm: String,
    /// The length of an RSA modulus in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// The RSA public exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponent: Option<u64>,
    /// SHA-256 of the SubjectPublicKeyInfo, by which the reuse of a key is seen.
    pub spki_sha256: String,
}

/// The leaf in the few words that every command prints at the top of its JSON.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Identity {
    /// SHA-1 of the DER, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the DER, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject as RFC 4514 text.
    pub subject: String,
    /// The subject as DER, base64.
    pub subject_der: String,
    /// The first instant of validity, RFC 3339, UTC.
    pub not_before: Timestamp,
    /// The last instant of validity, RFC 3339, UTC.
    pub not_after: Timestamp,
}

impl Identity {
    /// Names a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        Self {
            thumbprint: certificate.thumbprint().to_string(),
            fingerprint_sha256: certificate.fingerprint().to_string(),
            subject: subject.to_string(),
            subject_der: BASE64.encode(subject.der()),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }
}

impl CertificateReport {
    /// Describes a certificate as seen at `now`.
    pub fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let identity = Identity::of(certificate);
        let printed = certificate.subject().windows_text();
        Self {
            subject_windows: printed.text,
            subject_windows_certain: printed.certain,
            thumbprint: identity.thumbprint,
            fingerprint_sha256: identity.fingerprint_sha256,
            subject: identity.subject,
            subject_der: identity.subject_der,
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial_hex(),
            not_before: identity.not_before,
            not_after: identity.not_after,
            days_left: days_between(now, certificate.not_after()),
            version: certificate.version(),
            key: KeyReport::of(&certificate.public_key()),
            signature_algorithm: certificate.signature_algorithm().to_string(),
            self_signed: certificate.is_self_signed(),
            evaluation: certificate.is_evaluation(),
            ca: certificate.is_ca(),
            key_usage: key_usage_names(certificate),
            extended_key_usage: certificate.extended_key_usage().iter().map(name_or_oid).collect(),
            alt_names: certificate.alt_names().iter().map(ToString::to_string).collect(),
            subject_key_id: certificate.subject_key_id().map(|id| hex_upper(&id)),
            authority_key_id: certificate
                .authority_key_id()
                .and_then(|id| id.key_identifier)
                .map(|id| hex_upper(id.as_bytes())),
            extensions: certificate
                .extensions()
                .iter()
                .map(|extension| ExtensionReport {
                    oid: extension.extn_id.to_string(),
                    name: oid_name(&extension.extn_id),
                    critical: extension.critical,
                    length: extension.extn_value.as_bytes().len(),
                })
                .collect(),
        }
    }

    /// Describes each certificate of a chain, leaf first.
    pub fn of_chain(chain: &Chain, now: Timestamp) -> Vec<Self> {
        chain.certificates().iter().map(|certificate| Self::of(certificate, now)).collect()
    }
}

impl KeyReport {
    /// Describes a public key.
    pub fn of(key: &PublicKey) -> Self {
        let (bits, exponent) = match key.algorithm() {
            KeyAlgorithm::Rsa { bits, exponent } => (Some(*bits), *exponent),
            KeyAlgorithm::Ec { .. } | KeyAlgorithm::Ed25519 | KeyAlgorithm::Other(_) => (None, None),
        };
        Self { algorithm: key.algorithm().to_string(), bits, exponent, spki_sha256: key.fingerprint().to_string() }
    }
}

/// Returns the whole days from `from` to `to`, rounded down: a certificate that ends in an hour has 0 days left, one that
/// ended an hour ago has -1.
pub fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const SECONDS_PER_DAY: i64 = 86_400;
    (to.as_second() - from.as_second()).div_euclid(SECONDS_PER_DAY)
}

fn key_usage_names(certificate: &Certificate) -> Option<Vec<&'static str>> {
    let usage = certificate.key_usage()?;
    let bits = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    Some(bits.into_iter().filter_map(|(set, name)| set.then_some(name)).collect())
}

/// Writes a path into JSON. What is no Unicode in it is replaced, as a terminal shows it: an answer about such a file is
/// better than none.
pub(super) fn path_text<S: Serializer>(path: &impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.as_ref().to_string_lossy())
}

/// As [`path_text`], for a path that may be absent.
pub(super) fn optional_path_text<S: Serializer>(
    path: &Option<impl AsRef<Path>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => path_text(path, serializer),
        None => serializer.serialize_none(),
    }
}

/// Names an object identifier, or prints it.
pub fn name_or_oid(oid: &ObjectIdentifier) -> String {
    oid_name(oid).map_or_else(|| oid.to_string(), str::to_owned)
}

/// Names the object identifiers that stand in certificates of this use.
pub fn oid_name(identifier: &ObjectIdentifier) -> Option<&'static str> {
    Some(match *identifier {
        oid::SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier",
        oid::KEY_USAGE => "keyUsage",
        oid::SUBJECT_ALT_NAME => "subjectAltName",
        oid::BASIC_CONSTRAINTS => "basicConstraints",
        oid::AUTHORITY_KEY_IDENTIFIER => "authorityKeyIdentifier",
        oid::EXTENDED_KEY_USAGE => "extKeyUsage",
        oid::SERVER_AUTH => "serverAuth",
        oid::COMMENT => "netscapeComment",
        other => match other.to_string().as_str() {
            "1.3.6.1.5.5.7.3.2" => "clientAuth",
            "1.3.6.1.5.5.7.3.3" => "codeSigning",
            "1.3.6.1.5.5.7.3.4" => "emailProtection",
            "1.3.6.1.5.5.7.3.8" => "timeStamping",
            "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
            "1.3.6.1.4.1.311.20.2.2" => "smartcardLogon",
            "1.3.6.1.5.2.3.5" => "kdcAuthentication",
            "2.5.29.37.0" => "anyExtendedKeyUsage",
            "2.5.29.31" => "cRLDistributionPoints",
            "2.5.29.32" => "certificatePolicies",
            "2.5.29.30" => "nameConstraints",
            "2.5.29.36" => "policyConstraints",
            "2.5.29.18" => "issuerAltName",
            "1.3.6.1.5.5.7.1.1" => "authorityInfoAccess",
            "1.3.6.1.4.1.11129.2.4.2" => "signedCertificateTimestampList",
            "1.3.6.1.4.1.311.20.2" => "microsoftTemplateName",
            "1.3.6.1.4.1.311.21.7" => "microsoftTemplate",
            "1.3.6.1.4.1.311.21.10" => "microsoftApplicationPolicies",
            "1.3.6.1.4.1.311.21.1" => "microsoftCaVersion",
            "1.3.6.1.4.1.311.25.2" => "microsoftNtdsCaSecurity",
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_rounded_down() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap_or_default();
        for (from, to, days) in
            [(0, 86_400, 1), (0, 86_399, 0), (0, 0, 0), (1, 0, -1), (86_400, 0, -1), (86_401, 0, -2)]
        {
            assert_eq!(days_between(at(from), at(to)), days, "{from} to {to}");
        }
    }
}
