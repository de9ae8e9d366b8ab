//! A subject that is unique for each certificate: a template, and the generation that fills it.
//!
//! The server finds its key by the whole subject, so two certificates in one store must never share it (DOMAIN.md 1.7).

use aws_lc_rs::digest;
use jiff::civil::Date;

use super::attribute::{COMMON_NAME, ORGANIZATIONAL_UNIT};
use super::parse::{self, Braces, Content, Written};
use super::print::is_unprintable;
use super::{BoundViolation, DistinguishedName, TextError, bound_violation};
use crate::cert::digest::hex_upper;

/// The most characters of a generation: ub-organizational-unit-name, RFC 5280 appendix A.1.
const MAX_GENERATION: usize = 64;

/// How a default generation begins.
const PREFIX: &str = "S2S g";

/// One RDN value that tells the generations of a certificate apart. Never empty, at most 64 characters, nothing invisible.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Generation(String);

/// Why a text cannot be a generation.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GenerationError {
    /// There is no text.
    #[error("the generation is empty")]
    Empty,
    /// The text is too long.
    #[error("the generation has {0} characters, and an RDN value of this kind holds at most {MAX_GENERATION}")]
    TooLong(usize),
    /// A character cannot be seen.
    #[error("the generation holds the control or invisible character U+{0:04X}")]
    Unprintable(u32),
    /// Spaces at an end or in a row, which comparisons treat differently.
    #[error("the generation has spaces at an end or two in a row, which some comparisons of names overlook")]
    Spaces,
}

/// A subject as the operator writes it: a name in which `{g}` may stand for the generation.
///
/// Where `{g}` stands in a value, the generation replaces it, as data: a comma in it stays a comma of the value. Where it
/// stands nowhere, the generation becomes an RDN of its own, `OU=`, written directly after the common name:
/// `CN=crm.contoso.com,O=Contoso` becomes `CN=crm.contoso.com,OU=S2S g20251122-a1b2c3,O=Contoso`. There it belongs to the
/// leaf: the organization's own part of the tree (`O=`, `OU=`, `DC=`) stays in one piece, and the common name, which the
/// certificate console shows as "issued to", stays what it was. Without a common name it is written first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubjectName {
    text: String,
    rdns: Vec<Vec<Written>>,
    has_placeholder: bool,
}

/// Why a text is no subject to issue a certificate with.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubjectError {
    /// The text is no name.
    #[error(transparent)]
    Text(TextError),
    /// The name is empty.
    #[error("the subject is empty; write at least CN=")]
    Empty,
    /// A value exceeds an upper bound.
    #[error("the subject breaks a length bound: {0}")]
    Bound(BoundViolation),
    /// A value is empty.
    #[error("character {}: the value is empty", .0 + 1)]
    EmptyValue(usize),
    /// A value holds an invisible character.
    #[error("character {}: the value holds the control or invisible character U+{character:04X}", position + 1)]
    Unprintable {
        /// Where the value begins, in characters from 0.
        position: usize,
        /// The character.
        character: u32,
    },
}

impl Generation {
    /// Takes a text as the generation.
    ///
    /// # Errors
    /// [`GenerationError`] when the text is empty, too long, or has invisible characters or stray spaces.
    pub fn new(text: &str) -> Result<Self, GenerationError> {
        let length = text.chars().count();
        if text.is_empty() {
            Err(GenerationError::Empty)
        } else if length > MAX_GENERATION {
            Err(GenerationError::TooLong(length))
        } else if let Some(c) = text.chars().find(|c| is_unprintable(*c)) {
            Err(GenerationError::Unprintable(u32::from(c)))
        } else if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
            Err(GenerationError::Spaces)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// Returns the default: `S2S g`, the date (UTC), and the first six hexadecimal digits of the SHA-256 of the public
    /// key. A new key gives a new generation even on the same day, so that it is unique without any record of earlier ones.
    pub fn default_for(date: Date, spki_der: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, spki_der);
        let short = hex_upper(&hash.as_ref()[..3]).to_ascii_lowercase();
        Self(format!("{PREFIX}{:04}{:02}{:02}-{short}", date.year(), date.month(), date.day()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl SubjectName {
    /// Reads a template: text as [`DistinguishedName::parse`] reads it, in which an unescaped `{g}` within a value stands
    /// for the generation. `\7Bg\7D` is those three characters.
    ///
    /// # Errors
    /// [`SubjectError`] when the text is no name, is empty, has an empty value or an invisible character, or exceeds an
    /// upper bound of RFC 5280 appendix A.1 even before the generation is filled in.
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        let rdns = parse::parse(text, Braces::Placeholder).map_err(SubjectError::Text)?;
        let has_placeholder = rdns.iter().flatten().any(|written| !holes(written).is_empty());
        let subject = Self { text: text.to_owned(), rdns, has_placeholder };
        if subject.rdns.is_empty() {
            return Err(SubjectError::Empty);
        }
        // A generation of one digit fits every syntax that any generation fits, except a country.
        subject.render(&Generation("0".to_owned()))?;
        Ok(subject)
    }

    /// Returns the text of the template.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether `{g}` stands in the template.
    pub fn has_placeholder(&self) -> bool {
        self.has_placeholder
    }

    /// Fills the generation in.
    ///
    /// # Errors
    /// [`SubjectError`] when a value becomes too long, or holds what its attribute type does not allow.
    pub fn render(&self, generation: &Generation) -> Result<DistinguishedName, SubjectError> {
        let mut rdns = self.rdns.clone();
        for written in rdns.iter_mut().flatten() {
            fill(written, generation.as_str());
        }
        if !self.has_placeholder {
            let is_common_name = |rdn: &Vec<Written>| rdn.iter().any(|written| written.oid == COMMON_NAME);
            let at = rdns.iter().position(is_common_name).map_or(0, |index| index + 1);
            let content = Content::Text { text: generation.0.clone(), holes: Vec::new() };
            rdns.insert(at, vec![Written { oid: ORGANIZATIONAL_UNIT, position: self.text.chars().count(), content }]);
        }
        rdns.iter().flatten().try_for_each(check)?;
        let der = parse::encode(&rdns).map_err(SubjectError::Text)?;
        Ok(DistinguishedName::from_encoded(&der))
    }

    /// Returns the generation with which this template gives that name, whatever its form.
    ///
    /// Authorities choose the string types of a name by their own rules (OpenSSL writes `UTF8String` where
    /// `PrintableString` would do), so the name is compared as it would be written here.
    pub fn generation_of(&self, name: &DistinguishedName) -> Option<Generation> {
        let rewritten = DistinguishedName::parse(&name.to_string()).ok()?;
        let fits = |text: &str| {
            let generation = Generation::new(text).ok()?;
            (self.render(&generation).ok()? == rewritten).then_some(generation)
        };
        let holed: Vec<_> = self.rdns.iter().flatten().filter(|written| !holes(written).is_empty()).collect();
        name.attributes().find_map(|value| {
            let text = value.text()?;
            if !self.has_placeholder {
                return fits(text);
            }
            holed.iter().find_map(|written| fits(between(written, text)?))
        })
    }
}

/// Returns the generation of the default form that a name holds, alone in a value or within one.
///
/// For generations of another form ask the template: [`SubjectName::generation_of`].
pub fn generation_of(name: &DistinguishedName) -> Option<String> {
    name.attributes().filter_map(|value| value.text()).find_map(default_form)
}

/// Finds `S2S g`, eight digits, a hyphen and six hexadecimal digits, with no letter or digit next to them.
fn default_form(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric();
    text.match_indices(PREFIX).find_map(|(start, _)| {
        let digits = start + PREFIX.len();
        let end = digits + 15;
        let body = text.get(digits..end)?;
        let (date, rest) = body.split_at_checked(8)?;
        let hex = rest.strip_prefix('-')?;
        let fits = date.bytes().all(|octet| octet.is_ascii_digit())
            && hex.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'))
            && !text[..start].ends_with(is_word)
            && !text[end..].starts_with(is_word);
        fits.then(|| text[start..end].to_owned())
    })
}

fn holes(written: &Written) -> &[usize] {
    match &written.content {
        Content::Text { holes, .. } => holes,
        Content::Encoded(_) => &[],
    }
}

fn fill(written: &mut Written, generation: &str) {
    if let Content::Text { text, holes } = &mut written.content {
        for hole in holes.drain(..).rev() {
            text.insert_str(hole, generation);
        }
    }
}

/// Returns what stands in a text where the template has its only placeholder.
fn between<'a>(written: &Written, text: &'a str) -> Option<&'a str> {
    let Content::Text { text: around, holes } = &written.content else { return None };
    let &[hole] = holes.as_slice() else { return None };
    text.strip_prefix(&around[..hole])?.strip_suffix(&around[hole..])
}

fn check(written: &Written) -> Result<(), SubjectError> {
    let position = written.position;
    let Content::Text { text, .. } = &written.content else { return Ok(()) };
    if text.is_empty() {
        return Err(SubjectError::EmptyValue(position));
    }
    if let Some(c) = text.chars().find(|c| is_unprintable(*c)) {
        return Err(SubjectError::Unprintable { position, character: u32::from(c) });
    }
    match bound_violation(written.oid, text) {
        // A country of another length has its own, better message.
        Some(violation) if violation.upper != 2 => Err(SubjectError::Bound(violation)),
        _ => Ok(()),
    }
}
