//! Tag-length-value reading and writing (ITU-T X.690), for the structures that no library reads as tolerantly as needed.
//!
//! Files made by NSS and old tools are BER: indefinite lengths, octet strings in chunks, lengths with leading zeros.
//! [`definite`] rewrites them once, in linear time, so that [`Reader`] needs definite lengths only.

mod ber;

use const_oid::ObjectIdentifier;

pub use ber::{Definite, definite};

/// How deep elements may nest. An honest PFX with nested safe contents has about 20 levels.
pub const MAX_DEPTH: usize = 64;

/// The longest input that is read, in octets: 16 MiB. A trust store of every public root has 0.3 MiB.
pub const MAX_SIZE: usize = 16 << 20;

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// NULL.
pub const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// BMPString: UTF-16, big-endian.
pub const BMP_STRING: u8 = 0x1e;
/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// SET.
pub const SET: u8 = 0x31;

/// Why bytes are not the elements that were expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DerError {
    /// The input ends inside an element.
    #[error("it ends too early")]
    Truncated,
    /// The input is longer than [`MAX_SIZE`].
    #[error("it is longer than {MAX_SIZE} octets")]
    TooLarge,
    /// Elements nest deeper than [`MAX_DEPTH`].
    #[error("its elements nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A tag or a length is not one of X.690.
    #[error("it is not ASN.1")]
    Malformed,
    /// Another element than the expected one.
    #[error("an element has the tag {found:#04x} instead of {expected:#04x}")]
    Tag {
        /// The tag octet that the structure asks for.
        expected: u8,
        /// The tag octet that is there.
        found: u8,
    },
    /// Something follows where the structure has ended.
    #[error("something follows its end")]
    Trailing,
    /// The content of an element is outside its range.
    #[error("a {0} is out of range")]
    Value(&'static str),
}

/// One element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Element<'a> {
    /// The first octet of the tag.
    pub tag: u8,
    /// Tag, length and content.
    pub whole: &'a [u8],
    /// The content octets.
    pub content: &'a [u8],
}

/// Reads elements of definite length one after another.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads the elements inside.
    pub fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// Reads the content of an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// [`DerError::Tag`] for another element, [`DerError::Value`] for content that is no object identifier.
    pub fn oid(&self) -> Result<ObjectIdentifier, DerError> {
        self.require(OBJECT_IDENTIFIER)?;
        ObjectIdentifier::from_bytes(self.content).map_err(|_| DerError::Value("object identifier"))
    }

    /// Reads a non-negative INTEGER. Numbers above 64 bits become `u64::MAX`.
    ///
    /// # Errors
    /// [`DerError::Tag`] for another element, [`DerError::Value`] for a negative or empty number.
    pub fn unsigned(&self) -> Result<u64, DerError> {
        self.require(INTEGER)?;
        if self.content.first().is_none_or(|octet| octet & 0x80 != 0) {
            return Err(DerError::Value("number"));
        }
        let first = self.content.iter().position(|octet| *octet != 0).unwrap_or(self.content.len());
        let digits = &self.content[first..];
        if digits.len() > size_of::<u64>() {
            return Ok(u64::MAX);
        }
        Ok(digits.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)))
    }

    /// Returns the element itself if it has this tag.
    ///
    /// # Errors
    /// [`DerError::Tag`] for another element.
    pub fn require(self, tag: u8) -> Result<Self, DerError> {
        if self.tag == tag { Ok(self) } else { Err(DerError::Tag { expected: tag, found: self.tag }) }
    }
}

impl<'a> Reader<'a> {
    /// Starts at the first of `elements`.
    pub fn new(elements: &'a [u8]) -> Self {
        Self { rest: elements }
    }

    /// Returns the encoding of the elements that are left.
    pub fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns whether no element is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next element, whatever it is.
    ///
    /// # Errors
    /// [`DerError::Truncated`] at the end, [`DerError::Malformed`] for an indefinite length.
    pub fn any(&mut self) -> Result<Element<'a>, DerError> {
        let header = Header::read(self.rest)?;
        let length = header.content.ok_or(DerError::Malformed)?;
        let end = header.length.checked_add(length).ok_or(DerError::Truncated)?;
        let whole = self.rest.get(..end).ok_or(DerError::Truncated)?;
        self.rest = &self.rest[end..];
        Ok(Element { tag: whole[0], whole, content: &whole[header.length..] })
    }

    /// Reads the next element, which must have this tag.
    ///
    /// # Errors
    /// As [`Reader::any`], and [`DerError::Tag`] for another element.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        self.any()?.require(tag)
    }

    /// Reads the next element if it has this tag.
    ///
    /// # Errors
    /// As [`Reader::any`]. No element left is no error.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Reads the next element, a SEQUENCE, and starts inside.
    ///
    /// # Errors
    /// As [`Reader::expect`].
    pub fn sequence(&mut self) -> Result<Self, DerError> {
        Ok(self.expect(SEQUENCE)?.inside())
    }

    /// Reads the next element, an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// As [`Reader::any`] and [`Element::oid`].
    pub fn oid(&mut self) -> Result<ObjectIdentifier, DerError> {
        self.any()?.oid()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`DerError::Trailing`] when an element is left.
    pub fn finish(self) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}

/// Encodes one element: tag octet, definite length, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    join(tag, &[content])
}

/// Encodes one element whose content is `parts` one after another. It allocates once, so secret parts leave no copy behind.
pub fn join(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(header_length(length) + length);
    out.push(tag);
    push_length(length, &mut out);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Encodes a SEQUENCE of already encoded elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    join(SEQUENCE, elements)
}

/// Encodes a SET OF already encoded elements, in the order that X.690 section 11.6 asks for.
pub fn set_of(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    join(SET, &sorted)
}

/// Encodes an OBJECT IDENTIFIER.
pub fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, oid.as_bytes())
}

/// Encodes an unsigned INTEGER from its big-endian octets.
pub fn unsigned(octets: &[u8]) -> Vec<u8> {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let digits = &octets[first..];
    let sign: &[u8] = if digits.first().is_none_or(|octet| octet & 0x80 != 0) { &[0] } else { &[] };
    join(INTEGER, &[sign, digits])
}

/// Returns the encoding of a nested element, found by its position at each level below the outermost element.
///
/// Reads definite lengths only.
pub fn raw_element<'a>(der: &'a [u8], path: &[usize]) -> Option<&'a [u8]> {
    let mut element = Reader::new(der).any().ok()?;
    for &index in path {
        let mut inside = element.inside();
        for _ in 0..index {
            inside.any().ok()?;
        }
        element = inside.any().ok()?;
    }
    Some(element.whole)
}

/// Tag and length of an element. `content` is `None` for an indefinite length.
struct Header {
    length: usize,
    content: Option<usize>,
}

impl Header {
    fn read(input: &[u8]) -> Result<Self, DerError> {
        let mut place = 1;
        if *input.first().ok_or(DerError::Truncated)? & 0x1f == 0x1f {
            // X.690 section 8.1.2.4: a tag number above 30 goes on while the top bit stands. Four octets are plenty.
            while *input.get(place).ok_or(DerError::Truncated)? & 0x80 != 0 {
                place += 1;
                if place > 4 {
                    return Err(DerError::Malformed);
                }
            }
            place += 1;
        }
        let first = usize::from(*input.get(place).ok_or(DerError::Truncated)?);
        place += 1;
        match first {
            0..=0x7f => Ok(Self { length: place, content: Some(first) }),
            0x80 => Ok(Self { length: place, content: None }),
            _ => {
                let octets = input.get(place..place + (first & 0x7f)).ok_or(DerError::Truncated)?;
                let zeros = octets.iter().take_while(|octet| **octet == 0).count();
                if octets.len() - zeros > size_of::<u32>() {
                    // No input is that long.
                    return Err(DerError::Truncated);
                }
                let content = octets[zeros..].iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
                Ok(Self { length: place + octets.len(), content: Some(content) })
            }
        }
    }
}

/// Returns the number of tag octets. The header has been read before.
fn tag_length(input: &[u8]) -> usize {
    if input[0] & 0x1f != 0x1f {
        return 1;
    }
    2 + input[1..].iter().take_while(|octet| **octet & 0x80 != 0).count()
}

/// Returns the length of a header with a tag of one octet.
fn header_length(content: usize) -> usize {
    if content < 0x80 { 2 } else { 2 + size_of::<usize>() - content.leading_zeros() as usize / 8 }
}

fn push_length(length: usize, out: &mut Vec<u8>) {
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let first = length.leading_zeros() as usize / 8;
        out.push(0x80 | (octets.len() - first) as u8);
        out.extend_from_slice(&octets[first..]);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        for (length, header) in [
            (0, vec![4, 0]),
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (255, vec![4, 0x81, 255]),
            (256, vec![4, 0x82, 1, 0]),
            (65_536, vec![4, 0x83, 1, 0, 0]),
        ] {
            let written = tlv(OCTET_STRING, &vec![9; length]);
            assert_eq!(written[..header.len()], header);
            assert_eq!(written.len(), header.len() + length);
            assert_eq!(Reader::new(&written).any().unwrap().content.len(), length);
        }
    }

    #[test]
    fn numbers_are_read_and_refused() {
        let number = |octets: &[u8]| Reader::new(&tlv(INTEGER, octets)).any().unwrap().unsigned();
        assert_eq!(number(&[0]), Ok(0));
        assert_eq!(number(&[0, 0x80]), Ok(128));
        assert_eq!(number(&[0x7f; 9]), Ok(u64::MAX));
        assert_eq!(number(&[0x80]), Err(DerError::Value("number")));
        assert_eq!(number(&[]), Err(DerError::Value("number")));
        assert_eq!(Reader::new(&[5, 0]).any().unwrap().unsigned(), Err(DerError::Tag { expected: 2, found: 5 }));
    }

    #[test]
    fn a_set_is_written_in_the_order_of_its_encodings() {
        assert_eq!(set_of(&[vec![4, 1, 9], vec![2, 1, 5], vec![4, 1, 3]]), [0x31, 9, 2, 1, 5, 4, 1, 3, 4, 1, 9]);
    }

    #[test]
    fn a_nested_element_is_found_by_its_path() {
        let der = sequence(&[&tlv(INTEGER, &[1]), &sequence(&[&tlv(INTEGER, &[2]), &tlv(INTEGER, &[3])])]);
        assert_eq!(raw_element(&der, &[1, 1]), Some(&[2, 1, 3][..]));
        assert_eq!(raw_element(&der, &[2]), None);
        assert_eq!(raw_element(&der[..4], &[]), None);
    }
}
