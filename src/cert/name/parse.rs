//! Text to name: RFC 4514, with the additions that the module documentation of `name` lists.

use const_oid::ObjectIdentifier;

use super::attribute::{self, Syntax};
use super::{read, value};
use crate::cert::der::{sequence, tlv};

/// The most characters a text may have: far above any real name, far below what would hurt.
pub const MAX_TEXT: usize = 16_384;

/// The most attributes a text may name.
pub const MAX_ATTRIBUTES: usize = 128;

/// Why a text is not a distinguished name, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("character {}: {problem}", position + 1)]
pub struct TextError {
    /// How many characters stand before the one at fault.
    pub position: usize,
    /// What is wrong there.
    pub problem: TextProblem,
}

/// What is wrong with a text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextProblem {
    /// The text is too long.
    #[error("the text has more than {MAX_TEXT} characters")]
    TooLong,
    /// There are too many attributes.
    #[error("there are more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// There is no attribute type where one should be.
    #[error("an attribute name such as CN or O is expected here")]
    NoType,
    /// The attribute type is unknown.
    #[error("{0:?} is no attribute name that is known; use one such as CN, OU, O, L, ST, C, or a dotted number")]
    UnknownType(String),
    /// The attribute type is not followed by an equals sign.
    #[error("'=' is expected after the attribute name")]
    NoEquals,
    /// A backslash is followed by something that cannot be escaped.
    #[error(
        "after '\\' one of , + \" \\ < > ; # = space or two hexadecimal digits is expected; write '\\\\' for a backslash"
    )]
    Escape,
    /// Escaped octets are not UTF-8.
    #[error("the octets that are escaped here are not UTF-8")]
    NotUtf8,
    /// What follows `#` is not the encoding of one value.
    #[error("after '#' the DER of one value is expected, in hexadecimal digits; write '\\#' for the character")]
    Hex,
    /// A quoted value has no end.
    #[error("the quotation mark that opens here is not closed")]
    OpenQuote,
    /// Something other than a separator follows a value.
    #[error("',' or '+' is expected after a quoted value")]
    AfterValue,
    /// A character must be escaped.
    #[error("the character {0:?} must be written with '\\' before it here")]
    Unescaped(char),
    /// A control character must be escaped.
    #[error("the control character U+{0:04X} must be written as '\\' and hexadecimal digits")]
    Control(u32),
    /// A country is not two letters.
    #[error("a country is exactly two letters (ISO 3166), such as DE")]
    Country,
    /// A value does not fit PrintableString.
    #[error("this attribute takes letters, digits, space and ' ( ) + , - . / : = ? only")]
    NotPrintable,
    /// A value does not fit IA5String.
    #[error("this attribute takes ASCII characters only")]
    NotAscii,
}

/// What `{g}` means in a value.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Braces {
    /// Three characters.
    Plain,
    /// The place of the generation.
    Placeholder,
}

/// One attribute as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Written {
    pub(super) oid: ObjectIdentifier,
    /// Where the value begins, in characters.
    pub(super) position: usize,
    pub(super) content: Content,
}

/// The value of an attribute as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Content {
    /// Text, and the places (in bytes, ascending) where a placeholder stood.
    Text { text: String, holes: Vec<usize> },
    /// One encoded value.
    Encoded(Vec<u8>),
}

/// Reads a text into RDNs, in the order in which they are written.
pub(super) fn parse(text: &str, braces: Braces) -> Result<Vec<Vec<Written>>, TextError> {
    let chars: Vec<char> = text.chars().take(MAX_TEXT + 1).collect();
    if chars.len() > MAX_TEXT {
        return Err(TextError { position: MAX_TEXT, problem: TextProblem::TooLong });
    }
    let mut parser = Parser { chars: &chars, at: 0, braces };
    parser.skip_spaces();
    let mut rdns = Vec::new();
    if parser.peek().is_none() {
        return Ok(rdns);
    }
    let mut rdn = Vec::new();
    for _ in 0..MAX_ATTRIBUTES {
        rdn.push(parser.attribute()?);
        match parser.next() {
            Some('+') => {}
            Some(_) => rdns.push(std::mem::take(&mut rdn)),
            None => {
                rdns.push(rdn);
                return Ok(rdns);
            }
        }
    }
    Err(parser.error(TextProblem::TooManyAttributes))
}

/// Encodes RDNs that are given in the order in which they are written: the last is encoded first.
pub(super) fn encode(rdns: &[Vec<Written>]) -> Result<Vec<u8>, TextError> {
    let mut sets = Vec::with_capacity(rdns.len());
    for rdn in rdns.iter().rev() {
        let mut attributes = rdn.iter().map(encode_attribute).collect::<Result<Vec<_>, _>>()?;
        // X.690 section 11.6: a SET OF is sorted by its encodings.
        attributes.sort();
        sets.push(tlv(0x31, &attributes.concat()));
    }
    Ok(tlv(0x30, &sets.concat()))
}

fn encode_attribute(written: &Written) -> Result<Vec<u8>, TextError> {
    let fail = |problem| Err(TextError { position: written.position, problem });
    let value = match &written.content {
        Content::Encoded(encoded) => encoded.clone(),
        Content::Text { text, .. } => {
            let printable = value::is_printable_string(text);
            let syntax = attribute::by_oid(written.oid).map_or(Syntax::Directory, |known| known.syntax);
            let tag = match syntax {
                Syntax::Country if text.len() != 2 || !text.bytes().all(|octet| octet.is_ascii_alphabetic()) => {
                    return fail(TextProblem::Country);
                }
                Syntax::Printable if !printable => return fail(TextProblem::NotPrintable),
                Syntax::Ia5 if !text.is_ascii() => return fail(TextProblem::NotAscii),
                Syntax::Country | Syntax::Printable => 0x13,
                Syntax::Ia5 => 0x16,
                Syntax::Directory => {
                    if printable {
                        0x13
                    } else {
                        0x0c
                    }
                }
            };
            tlv(tag, text.as_bytes())
        }
    };
    Ok(sequence(&[&tlv(0x06, written.oid.as_bytes()), &value]))
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    braces: Braces,
}

/// A value while it is read: octets, because escapes may give them one by one.
#[derive(Default)]
struct Collected {
    octets: Vec<u8>,
    /// How many octets stay when unescaped spaces at the end are dropped.
    keep: usize,
    holes: Vec<usize>,
}

impl Collected {
    fn push(&mut self, c: char) {
        self.octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.keep = self.octets.len();
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    fn error(&self, problem: TextProblem) -> TextError {
        TextError { position: self.at, problem }
    }

    /// Reads one attribute and stops at the separator after it.
    fn attribute(&mut self) -> Result<Written, TextError> {
        self.skip_spaces();
        let oid = self.attribute_type()?;
        self.skip_spaces();
        if self.peek() != Some('=') {
            return Err(self.error(TextProblem::NoEquals));
        }
        self.at += 1;
        self.skip_spaces();
        let position = self.at;
        let content = match self.peek() {
            Some('#') => self.hex()?,
            Some('"') => self.quoted()?,
            _ => self.plain()?,
        };
        Ok(Written { oid, position, content })
    }

    fn attribute_type(&mut self) -> Result<ObjectIdentifier, TextError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') {
            self.at += 1;
        }
        let name: String = self.chars[start..self.at].iter().collect();
        let fail = |problem| TextError { position: start, problem };
        if name.is_empty() {
            return Err(fail(TextProblem::NoType));
        }
        attribute::by_text(&name).ok_or_else(|| fail(TextProblem::UnknownType(name.chars().take(64).collect())))
    }

    fn plain(&mut self) -> Result<Content, TextError> {
        let start = self.at;
        let mut value = Collected::default();
        while let Some(c) = self.peek() {
            match c {
                ',' | ';' | '+' => break,
                '"' | '<' | '>' => return Err(self.error(TextProblem::Unescaped(c))),
                ' ' => {
                    self.at += 1;
                    value.octets.push(b' ');
                }
                _ => self.character(&mut value)?,
            }
        }
        value.octets.truncate(value.keep);
        collected(value, start)
    }

    fn quoted(&mut self) -> Result<Content, TextError> {
        let start = self.at;
        self.at += 1;
        let mut value = Collected::default();
        loop {
            match self.peek() {
                None => return Err(TextError { position: start, problem: TextProblem::OpenQuote }),
                Some('"') => {
                    self.at += 1;
                    if self.peek() != Some('"') {
                        break;
                    }
                    // Windows writes a quotation mark within quotes twice.
                    self.at += 1;
                    value.push('"');
                }
                Some(_) => self.character(&mut value)?,
            }
        }
        self.skip_spaces();
        match self.peek() {
            None | Some(',' | ';' | '+') => collected(value, start),
            Some(_) => Err(self.error(TextProblem::AfterValue)),
        }
    }

    /// Reads one character, escape or placeholder.
    fn character(&mut self, value: &mut Collected) -> Result<(), TextError> {
        match self.peek() {
            Some('\\') => return self.escape(value),
            Some('{') if self.braces == Braces::Placeholder && self.chars[self.at..].starts_with(&['{', 'g', '}']) => {
                self.at += 3;
                value.holes.push(value.octets.len());
                value.keep = value.octets.len();
            }
            Some(c) if c.is_control() => return Err(self.error(TextProblem::Control(u32::from(c)))),
            Some(c) => {
                self.at += 1;
                value.push(c);
            }
            None => {}
        }
        Ok(())
    }

    /// RFC 4514 section 3: `pair`.
    fn escape(&mut self, value: &mut Collected) -> Result<(), TextError> {
        let following = |ahead| self.chars.get(self.at + ahead).copied();
        match (following(1), following(1).and_then(hex_digit), following(2).and_then(hex_digit)) {
            (Some(c), ..) if ",+\"\\<>;#= ".contains(c) => {
                value.push(c);
                self.at += 2;
            }
            (_, Some(high), Some(low)) => {
                value.octets.push(high << 4 | low);
                value.keep = value.octets.len();
                self.at += 3;
            }
            _ => return Err(self.error(TextProblem::Escape)),
        }
        Ok(())
    }

    /// RFC 4514 section 3: `hexstring`.
    fn hex(&mut self) -> Result<Content, TextError> {
        let start = self.at;
        self.at += 1;
        let mut octets = Vec::new();
        while let (Some(high), Some(low)) =
            (self.peek().and_then(hex_digit), self.chars.get(self.at + 1).copied().and_then(hex_digit))
        {
            octets.push(high << 4 | low);
            self.at += 2;
        }
        self.skip_spaces();
        let ended = matches!(self.peek(), None | Some(',' | ';' | '+'));
        if !ended || read::value_header(&octets).is_none() {
            return Err(TextError { position: start, problem: TextProblem::Hex });
        }
        Ok(Content::Encoded(octets))
    }
}

fn collected(value: Collected, start: usize) -> Result<Content, TextError> {
    let text =
        String::from_utf8(value.octets).map_err(|_| TextError { position: start, problem: TextProblem::NotUtf8 })?;
    // A hole between the octets of one escaped character would split it.
    if value.holes.iter().any(|hole| !text.is_char_boundary(*hole)) {
        return Err(TextError { position: start, problem: TextProblem::NotUtf8 });
    }
    Ok(Content::Text { text, holes: value.holes })
}

fn hex_digit(c: char) -> Option<u8> {
    c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
