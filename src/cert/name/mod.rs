//! Distinguished names: their DER, their text, and how Windows compares them.
//!
//! | file | holds |
//! |---|---|
//! | `read` | DER to RDNs, also where a SET is not sorted |
//! | `value` | one attribute and the text in it, for every string type of the field |
//! | `attribute` | attribute types: names, syntax, upper bounds |
//! | `parse` | text to name |
//! | `print` | name to RFC 4514 text, and to the text that Windows prints |
//! | `compare` | [`compare()`]: the same, different, or ambiguous |
//! | `fold` | [`NameKey`], for grouping many names |
//! | `template` | [`SubjectName`] and [`Generation`]: a unique subject for each certificate |
//!
//! # Text
//!
//! Text is RFC 4514: the RDN written last is encoded first, as .NET's `X500DistinguishedName` and the certificate console
//! show it. Read in addition: spaces around separators, `;` as separator (RFC 2253 section 4; Windows takes it too, and
//! RFC 4514 lets no unescaped `;` stand in a value, so nothing is ambiguous), quoted values with `""` or `\"` for a quote,
//! the short names that Windows prints, `OID.1.2.3`. A backslash always escapes, which is where RFC 4514 and Windows part:
//! write `\\` for one.
//!
//! # Encoding
//!
//! Text becomes PrintableString where its characters permit, otherwise UTF8String; the country and serialNumber are
//! always PrintableString, domainComponent and emailAddress always IA5String. RFC 5280 section 4.1.2.4 allows both string
//! types. .NET and `CertStrToName` write PrintableString wherever they can (the encoding tests of .NET run on Windows),
//! so a name of plain characters gets the same octets here as from PowerShell or certreq, and the look-up by printed text,
//! the comparison of octets and RFC 5280 all agree on it. Beyond PrintableString Windows writes BMPString, which RFC 5280
//! no longer allows for new names; there we follow the RFC.
//!
//! # Upper bounds
//!
//! Reading a name and reading its text accept any length, because the name may be someone else's. [`SubjectName`], which
//! is for issuing, refuses what exceeds RFC 5280 appendix A.1.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use const_oid::ObjectIdentifier;
use x509_cert::der::Encode;
use x509_cert::name::Name;

mod attribute;
mod compare;
mod fold;
mod parse;
mod print;
mod read;
mod template;
mod value;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, NameMatch, Verdict, compare, compare_lookup};
pub use fold::NameKey;
pub use parse::{MAX_ATTRIBUTES, MAX_TEXT, TextError, TextProblem};
pub use print::PrintedName;
pub use template::{Generation, GenerationError, SubjectError, SubjectName, generation_of};
pub use value::{AttributeValue, StringKind};

/// A distinguished name (RFC 5280 section 4.1.2.4), kept as its DER. Equality and hash are those of the DER.
#[derive(Clone)]
pub struct DistinguishedName {
    der: Vec<u8>,
    rdns: OnceLock<Vec<Rdn>>,
}

/// A relative distinguished name: one attribute or, rarely, several, in the order in which they are encoded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Rdn {
    /// The attributes. RFC 5280 asks for at least one.
    pub attributes: Vec<AttributeValue>,
}

/// Why bytes are not a distinguished name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a distinguished name: {what} at octet {offset}")]
pub struct NameError {
    /// Where, counted in octets from 0.
    offset: usize,
    /// What stands there.
    what: &'static str,
}

/// A value that is longer or shorter than RFC 5280 appendix A.1 allows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{attribute} has {length} characters, and RFC 5280 allows {lower} to {upper}")]
pub struct BoundViolation {
    /// The attribute type, as in RFC 4514 text.
    pub attribute: &'static str,
    /// How many characters the value has.
    pub length: usize,
    /// The fewest allowed.
    pub lower: usize,
    /// The most allowed.
    pub upper: usize,
}

impl DistinguishedName {
    /// Reads the DER of a `Name`. The attributes of an RDN may stand in any order.
    ///
    /// # Errors
    /// [`NameError`] when the bytes are not a `Name`, or when something follows it.
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        let rdns = read::read_name(der)?;
        Ok(Self { der: der.to_vec(), rdns: OnceLock::from(rdns) })
    }

    /// Takes over a name that was decoded by the X.509 library.
    ///
    /// The library sorts the attributes of a multi-valued RDN; whoever has the octets should prefer
    /// [`from_der`](Self::from_der).
    pub fn from_decoded(name: &Name) -> Self {
        // What was decoded from DER encodes again.
        Self { der: name.to_der().unwrap_or_default(), rdns: OnceLock::new() }
    }

    /// Takes over the octets of a name that the X.509 library has already accepted, without reading them again.
    pub(crate) fn from_encoded(der: &[u8]) -> Self {
        Self { der: der.to_vec(), rdns: OnceLock::new() }
    }

    /// Reads RFC 4514 text, as the module documentation says it is read.
    ///
    /// # Errors
    /// [`TextError`] with the position and what was expected there.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let rdns = parse::parse(text, parse::Braces::Plain)?;
        parse::encode(&rdns).map(|der| Self::from_encoded(&der))
    }

    /// Returns the DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the RDNs in the order in which they are encoded: the reverse of the text.
    pub fn rdns(&self) -> &[Rdn] {
        // Octets that cannot be read come from nowhere but a fault of the X.509 library; they count as no RDN.
        self.rdns.get_or_init(|| read::read_name(&self.der).unwrap_or_default())
    }

    /// Returns whether the name has no RDN, as the subject of a certificate that relies on alternative names.
    pub fn is_empty(&self) -> bool {
        self.rdns().is_empty()
    }

    /// Returns every attribute, RDN by RDN, in the order of encoding.
    pub fn attributes(&self) -> impl Iterator<Item = &AttributeValue> {
        self.rdns().iter().flat_map(|rdn| &rdn.attributes)
    }

    /// Returns the values that break a length bound of RFC 5280 appendix A.1. Windows and OpenSSL print them all the same;
    /// some certification authorities refuse them.
    pub fn bound_violations(&self) -> Vec<BoundViolation> {
        self.attributes().filter_map(|value| bound_violation(value.oid(), &value.lossy_text()?)).collect()
    }
}

/// Returns the attribute type that a text names: a short name in any case (`CN`), or a dotted identifier.
pub fn attribute_type(text: &str) -> Option<ObjectIdentifier> {
    attribute::by_text(text)
}

/// Returns the name of an attribute type as it stands in RFC 4514 text; the dotted identifier where there is none.
pub fn attribute_name(oid: ObjectIdentifier) -> String {
    attribute::by_oid(oid).map_or_else(|| oid.to_string(), |known| known.name.to_owned())
}

/// Returns how a text breaks the bounds of its attribute type.
fn bound_violation(oid: ObjectIdentifier, text: &str) -> Option<BoundViolation> {
    let known = attribute::by_oid(oid)?;
    let (lower, upper) = match known.syntax {
        attribute::Syntax::Country => (2, 2),
        _ => (1, known.upper_bound.unwrap_or(usize::MAX)),
    };
    let length = text.chars().count();
    (length < lower || length > upper).then_some(BoundViolation { attribute: known.name, length, lower, upper })
}

impl std::str::FromStr for DistinguishedName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for DistinguishedName {}

impl Hash for DistinguishedName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}
