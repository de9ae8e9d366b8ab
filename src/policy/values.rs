//! The values that rule parameters are made of. Strings become types here, once, when the policy is read.

use std::fmt;

use const_oid::ObjectIdentifier;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::signature::Hash;
use crate::cert::{Fingerprint, KeyAlgorithm};

/// The longest regular expression taken, in bytes. Names are short; longer patterns are mistakes or attacks.
const MAX_PATTERN_BYTES: usize = 1024;
/// The largest compiled expression, in bytes: repetition counts multiply, so length alone bounds nothing. Unicode classes
/// such as `\w` need about 80 KiB.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// How deep groups may nest.
const MAX_PATTERN_DEPTH: u32 = 32;

/// A regular expression of bounded size. Matching takes time linear in the text.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(crate) struct Pattern {
    text: String,
    whole: Regex,
    part: Regex,
}

impl Pattern {
    /// Returns whether the expression matches the whole of `text`.
    pub(crate) fn matches_whole(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Returns whether the expression matches some part of `text`.
    pub(crate) fn matches_part(&self, text: &str) -> bool {
        self.part.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(format!("a pattern of {} bytes is too long; {MAX_PATTERN_BYTES} are allowed", text.len()));
        }
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .size_limit(MAX_COMPILED_BYTES)
                .dfa_size_limit(MAX_COMPILED_BYTES)
                .nest_limit(MAX_PATTERN_DEPTH)
                .build()
                .map_err(|error| match error {
                    regex::Error::CompiledTooBig(limit) => {
                        format!(
                            "the pattern would need more than {limit} bytes of memory; use smaller repetition counts"
                        )
                    }
                    other => format!("not a regular expression: {}", last_line(&other.to_string())),
                })
        };
        Ok(Self { part: compile(&text)?, whole: compile(&format!(r"\A(?:{text})\z"))?, text })
    }
}

/// The expression parser draws the pattern over several lines; its last line says what is wrong.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ")
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An object identifier in dotted form, or the name of an extended key usage (`serverAuth`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(crate) struct Oid(pub(crate) ObjectIdentifier);

/// Names for object identifiers that people write: extended key usages of RFC 5280 section 4.2.1.12 and of Microsoft,
/// and the extensions of RFC 5280 section 4.2.
const OID_NAMES: [(&str, &str); 20] = [
    ("anyExtendedKeyUsage", "2.5.29.37.0"),
    ("serverAuth", "1.3.6.1.5.5.7.3.1"),
    ("clientAuth", "1.3.6.1.5.5.7.3.2"),
    ("codeSigning", "1.3.6.1.5.5.7.3.3"),
    ("emailProtection", "1.3.6.1.5.5.7.3.4"),
    ("timeStamping", "1.3.6.1.5.5.7.3.8"),
    ("OCSPSigning", "1.3.6.1.5.5.7.3.9"),
    ("smartcardLogon", "1.3.6.1.4.1.311.20.2.2"),
    ("subjectKeyIdentifier", "2.5.29.14"),
    ("keyUsage", "2.5.29.15"),
    ("subjectAltName", "2.5.29.17"),
    ("issuerAltName", "2.5.29.18"),
    ("basicConstraints", "2.5.29.19"),
    ("nameConstraints", "2.5.29.30"),
    ("crlDistributionPoints", "2.5.29.31"),
    ("certificatePolicies", "2.5.29.32"),
    ("authorityKeyIdentifier", "2.5.29.35"),
    ("extKeyUsage", "2.5.29.37"),
    ("authorityInfoAccess", "1.3.6.1.5.5.7.1.1"),
    ("netscapeComment", "2.16.840.1.113730.1.13"),
];

impl TryFrom<String> for Oid {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let named = OID_NAMES.iter().find(|(name, _)| *name == text).map_or(text.as_str(), |(_, dotted)| dotted);
        // Dotted identifiers are short; the bound keeps error texts short too.
        if named.len() > 100 {
            return Err("an object identifier has at most 100 characters here".to_owned());
        }
        ObjectIdentifier::new(named).map(Self).map_err(|_| {
            let names = OID_NAMES.iter().map(|(name, _)| *name);
            let hint =
                super::error::nearest(&text, names).map_or_else(String::new, |n| format!("; did you mean {n:?}?"));
            format!("{text:?} is neither a dotted object identifier nor a known name{hint}")
        })
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.to_string()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dotted = self.0.to_string();
        f.write_str(OID_NAMES.iter().find(|(_, oid)| *oid == dotted).map_or(dotted.as_str(), |(name, _)| name))
    }
}

/// A SHA-256 hash in hexadecimal; colons, spaces and case are passed over.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(crate) struct Sha256Hex([u8; 32]);

impl Sha256Hex {
    /// Returns whether this is the hash of that fingerprint.
    pub(crate) fn is(&self, fingerprint: &Fingerprint) -> bool {
        self.0 == *fingerprint.as_bytes()
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut digits = text.chars().filter(|c| !matches!(c, ':' | ' '));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let high = digits.next().and_then(|c| c.to_digit(16));
            let low = digits.next().and_then(|c| c.to_digit(16));
            let (Some(high), Some(low)) = (high, low) else { return Err(NOT_SHA256.to_owned()) };
            *byte = (high << 4 | low) as u8;
        }
        if digits.next().is_some() { Err(NOT_SHA256.to_owned()) } else { Ok(Self(bytes)) }
    }
}

const NOT_SHA256: &str = "not a SHA-256 hash: 64 hexadecimal digits are needed (a thumbprint is SHA-1 and too short)";

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        crate::cert::digest::hex_upper(&hash.0)
    }
}

/// The family of a key algorithm.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyFamily {
    /// RSA, the only one the product signs with.
    Rsa,
    /// Elliptic curves over prime fields.
    Ec,
    /// Ed25519.
    Ed25519,
}

impl KeyFamily {
    /// Returns the family of an algorithm, if it is one that policies can name.
    pub(crate) fn of(algorithm: &KeyAlgorithm) -> Option<Self> {
        match algorithm {
            KeyAlgorithm::Rsa { .. } => Some(Self::Rsa),
            KeyAlgorithm::Ec { .. } => Some(Self::Ec),
            KeyAlgorithm::Ed25519 => Some(Self::Ed25519),
            KeyAlgorithm::Other(_) => None,
        }
    }
}

/// The hash under a signature.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum HashName {
    /// Broken.
    #[serde(rename = "md5")]
    Md5,
    /// Broken for signatures.
    #[serde(rename = "sha-1")]
    Sha1,
    /// SHA-224.
    #[serde(rename = "sha-224")]
    Sha224,
    /// SHA-256.
    #[serde(rename = "sha-256")]
    Sha256,
    /// SHA-384.
    #[serde(rename = "sha-384")]
    Sha384,
    /// SHA-512.
    #[serde(rename = "sha-512")]
    Sha512,
}

impl HashName {
    /// Returns whether this names `hash`.
    pub(crate) fn is(self, hash: Hash) -> bool {
        hash == match self {
            Self::Md5 => Hash::Md5,
            Self::Sha1 => Hash::Sha1,
            Self::Sha224 => Hash::Sha224,
            Self::Sha256 => Hash::Sha256,
            Self::Sha384 => Hash::Sha384,
            Self::Sha512 => Hash::Sha512,
        }
    }
}

/// Whether something may be so.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// It may.
    Allowed,
    /// It may not.
    Forbidden,
}

/// Whether something has to be there.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Presence {
    /// It has to be there.
    Required,
    /// It may be there.
    Optional,
    /// It may not be there.
    Forbidden,
}

/// A bit of the key usage extension, RFC 5280 section 4.2.1.3.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum KeyUsageBit {
    /// Signatures on anything but certificates and revocation lists: the product's tokens.
    DigitalSignature,
    /// Also named content commitment.
    NonRepudiation,
    /// Encryption of keys.
    KeyEncipherment,
    /// Encryption of data.
    DataEncipherment,
    /// Key agreement.
    KeyAgreement,
    /// Signatures on certificates.
    KeyCertSign,
    /// Signatures on revocation lists.
    CRLSign,
    /// With key agreement: encryption only.
    EncipherOnly,
    /// With key agreement: decryption only.
    DecipherOnly,
}

impl KeyUsageBit {
    /// Returns the flag of the X.509 library.
    pub(crate) fn flag(self) -> x509_cert::ext::pkix::KeyUsages {
        use x509_cert::ext::pkix::KeyUsages;
        match self {
            Self::DigitalSignature => KeyUsages::DigitalSignature,
            Self::NonRepudiation => KeyUsages::NonRepudiation,
            Self::KeyEncipherment => KeyUsages::KeyEncipherment,
            Self::DataEncipherment => KeyUsages::DataEncipherment,
            Self::KeyAgreement => KeyUsages::KeyAgreement,
            Self::KeyCertSign => KeyUsages::KeyCertSign,
            Self::CRLSign => KeyUsages::CRLSign,
            Self::EncipherOnly => KeyUsages::EncipherOnly,
            Self::DecipherOnly => KeyUsages::DecipherOnly,
        }
    }
}

/// Returns the words under which values stand in a policy file, joined for a sentence.
pub(crate) fn words<T: Serialize>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(word).collect();
    words.join(", ")
}

/// Returns the word under which a value stands in a policy file.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn pattern(text: &str) -> Result<Pattern, String> {
        Pattern::try_from(text.to_owned())
    }

    #[test]
    fn patterns_match_the_whole_or_a_part_as_asked() {
        let either = pattern("a|b").unwrap();
        assert!(either.matches_whole("a") && either.matches_whole("b"));
        assert!(!either.matches_whole("ab") && either.matches_part("ab"), "the alternatives are grouped");
    }

    #[test]
    fn expensive_patterns_are_refused_and_the_refusal_says_why() {
        let cases = [
            ("(?:(?:a{100}){100}){100}", "bytes of memory"),
            (r"(?:\w{200}){50}", "bytes of memory"),
            (&"a".repeat(MAX_PATTERN_BYTES + 1), "too long"),
            (&format!("{}{}", "(".repeat(100), ")".repeat(100)), "not a regular expression"),
            ("a)(b", "not a regular expression"),
        ];
        for (text, reason) in cases {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(reason) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn hashes_are_read_with_and_without_separators() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(Sha256Hex::try_from(plain.clone()).unwrap(), Sha256Hex::try_from(colons).unwrap());
        for wrong in [&plain[1..], &format!("{plain}0"), &"zz".repeat(32), ""] {
            assert!(Sha256Hex::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn object_identifiers_have_names_and_a_nearest_one() {
        let oid = |text: &str| Oid::try_from(text.to_owned());
        assert_eq!(oid("serverAuth").unwrap(), oid("1.3.6.1.5.5.7.3.1").unwrap());
        assert_eq!(oid("1.3.6.1.5.5.7.3.1").unwrap().to_string(), "serverAuth");
        assert!(oid("serverauth").unwrap_err().contains("\"serverAuth\""));
    }
}
