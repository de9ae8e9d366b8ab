//! One attribute of a name: its type, its encoded value, and the text that the value holds.

use const_oid::ObjectIdentifier;

/// The ASN.1 string type of an attribute value (ITU-T X.680), by its tag.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StringKind {
    /// `PrintableString`.
    Printable,
    /// `UTF8String`.
    Utf8,
    /// `BMPString`: UTF-16, big-endian. Windows' choice for text beyond `PrintableString`.
    Bmp,
    /// `TeletexString`, also called `T61String`.
    Teletex,
    /// `IA5String`: ASCII.
    Ia5,
    /// `UniversalString`: UTF-32, big-endian.
    Universal,
    /// `NumericString`.
    Numeric,
    /// `VisibleString`.
    Visible,
    /// Any other type, by the first octet of its tag.
    Other(u8),
}

/// One attribute of a relative distinguished name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AttributeValue {
    oid: ObjectIdentifier,
    padded_type: bool,
    encoded: Vec<u8>,
    header: usize,
    text: Option<String>,
}

/// An attribute type as it was read.
pub(super) struct ReadType {
    pub(super) oid: ObjectIdentifier,
    pub(super) padded: bool,
}

impl ReadType {
    /// Reads the content of an object identifier. `None` where it is malformed, or too long.
    ///
    /// X.690 section 8.19.2: no part begins with the octet 0x80, which adds nothing. Such octets are dropped and noted.
    pub(super) fn of_octets(octets: &[u8]) -> Option<Self> {
        let mut minimal = Vec::with_capacity(octets.len());
        let mut begins = true;
        for octet in octets {
            if begins && *octet == 0x80 {
                continue;
            }
            minimal.push(*octet);
            begins = octet & 0x80 == 0;
        }
        let oid = ObjectIdentifier::from_bytes(&minimal).ok()?;
        Some(Self { oid, padded: minimal.len() != octets.len() })
    }
}

impl StringKind {
    /// Returns the kind that an identifier octet stands for.
    pub fn from_tag(tag: u8) -> Self {
        match tag {
            0x0c => Self::Utf8,
            0x12 => Self::Numeric,
            0x13 => Self::Printable,
            0x14 => Self::Teletex,
            0x16 => Self::Ia5,
            0x1a => Self::Visible,
            0x1c => Self::Universal,
            0x1e => Self::Bmp,
            other => Self::Other(other),
        }
    }

    /// Returns the identifier octet.
    pub fn tag(self) -> u8 {
        match self {
            Self::Utf8 => 0x0c,
            Self::Numeric => 0x12,
            Self::Printable => 0x13,
            Self::Teletex => 0x14,
            Self::Ia5 => 0x16,
            Self::Visible => 0x1a,
            Self::Universal => 0x1c,
            Self::Bmp => 0x1e,
            Self::Other(tag) => tag,
        }
    }
}

impl AttributeValue {
    /// Takes over one encoded value whose header has `header` octets.
    pub(super) fn new(read: ReadType, encoded: &[u8], header: usize) -> Self {
        let ReadType { oid, padded } = read;
        let mut value = Self { oid, padded_type: padded, encoded: encoded.to_vec(), header, text: None };
        value.text = decode(value.kind(), value.octets());
        value
    }

    /// Returns the attribute type.
    pub fn oid(&self) -> ObjectIdentifier {
        self.oid
    }

    /// Returns whether the type was encoded with octets of padding, which DER forbids: programs that compare octets take it
    /// for another type, programs that compare numbers do not.
    pub fn has_padded_type(&self) -> bool {
        self.padded_type
    }

    /// Returns the string type of the value.
    pub fn kind(&self) -> StringKind {
        StringKind::from_tag(self.encoded.first().copied().unwrap_or_default())
    }

    /// Returns the content octets of the value.
    pub fn octets(&self) -> &[u8] {
        self.encoded.get(self.header..).unwrap_or_default()
    }

    /// Returns the whole encoded value, tag and length included.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// Returns the text; `None` where the value is no string, or holds octets that its type does not allow.
    ///
    /// Characters outside the small `PrintableString` alphabet (`@`, `*`, `_`) are let through, as every reader does.
    /// A `TeletexString` is read as Windows reads it: as UTF-8 where that is valid, otherwise as Latin-1 (Microsoft's page
    /// of `CERT_RDN_ATTR`, `CERT_RDN_DISABLE_IE4_UTF8_FLAG`). Nobody uses the real T.61 alphabet.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the text as well as it can be read, with U+FFFD for what cannot; `None` where the value is no string.
    pub(super) fn lossy_text(&self) -> Option<String> {
        if let Some(text) = &self.text {
            return Some(text.clone());
        }
        let octets = self.octets();
        Some(match self.kind() {
            StringKind::Utf8 => String::from_utf8_lossy(octets).into_owned(),
            StringKind::Bmp => String::from_utf16_lossy(&utf16(octets).collect::<Vec<_>>()),
            StringKind::Universal => utf32(octets).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
            // The three old 8-bit types have no text of their own here, but Windows prints their octets as characters.
            StringKind::Other(tag) if !matches!(tag, 0x15 | 0x19 | 0x1b) => return None,
            _ => latin1(octets),
        })
    }
}

/// Returns whether every character belongs to the alphabet of `PrintableString` (X.680 section 41.4).
pub(super) fn is_printable_string(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet))
}

fn decode(kind: StringKind, octets: &[u8]) -> Option<String> {
    match kind {
        StringKind::Printable | StringKind::Ia5 | StringKind::Numeric | StringKind::Visible => {
            octets.is_ascii().then(|| latin1(octets))
        }
        StringKind::Utf8 => String::from_utf8(octets.to_vec()).ok(),
        StringKind::Teletex => Some(std::str::from_utf8(octets).map_or_else(|_| latin1(octets), str::to_owned)),
        StringKind::Bmp if octets.len().is_multiple_of(2) => {
            char::decode_utf16(utf16(octets)).collect::<Result<_, _>>().ok()
        }
        StringKind::Universal if octets.len().is_multiple_of(4) => utf32(octets).collect(),
        StringKind::Bmp | StringKind::Universal | StringKind::Other(_) => None,
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

fn utf16(octets: &[u8]) -> impl Iterator<Item = u16> + '_ {
    octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]))
}

fn utf32(octets: &[u8]) -> impl Iterator<Item = Option<char>> + '_ {
    octets.chunks_exact(4).map(|unit| char::from_u32(u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]])))
}
