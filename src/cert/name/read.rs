//! Reading the DER of a name.
//!
//! Own code rather than the X.509 library's, because that sorts the attributes of a multi-valued RDN while it decodes. A
//! certificate whose SET is not in DER order is not rare, Windows prints the attributes in the order in which they stand,
//! and so must we.

use super::value::{AttributeValue, ReadType};
use super::{NameError, Rdn};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The most octets of a tag: 32-bit tag numbers in base 128.
const MAX_TAG: usize = 6;

/// Reads exactly one `Name` (RFC 5280 section 4.1.2.4).
///
/// DER lengths are required; the order within a SET is not.
pub(super) fn read_name(der: &[u8]) -> Result<Vec<Rdn>, NameError> {
    let mut outer = Cursor { rest: der, offset: 0 };
    let mut sequence = outer.expect(SEQUENCE, "something other than a SEQUENCE of RDNs")?;
    outer.finish()?;
    let mut rdns = Vec::new();
    while !sequence.rest.is_empty() {
        let mut set = sequence.expect(SET, "something other than a SET of attributes")?;
        let mut attributes = Vec::new();
        while !set.rest.is_empty() {
            let mut attribute = set.expect(SEQUENCE, "something other than an attribute type with its value")?;
            let at = attribute.offset;
            let oid = attribute.expect(OBJECT_IDENTIFIER, "something other than an object identifier")?;
            let what = "an object identifier that is malformed or too long";
            let read = ReadType::of_octets(oid.rest).ok_or(NameError { offset: at, what })?;
            let (encoded, header) = attribute.element()?;
            attribute.finish()?;
            attributes.push(AttributeValue::new(read, encoded, header));
        }
        rdns.push(Rdn { attributes });
    }
    Ok(rdns)
}

/// Reads one encoded value and nothing after it; returns the length of its header.
pub(super) fn value_header(encoded: &[u8]) -> Option<usize> {
    let mut cursor = Cursor { rest: encoded, offset: 0 };
    let (_, header) = cursor.element().ok()?;
    cursor.rest.is_empty().then_some(header)
}

struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// Takes the next element, header included, and the length of its header.
    fn element(&mut self) -> Result<(&'a [u8], usize), NameError> {
        let (header, length) = header(self.rest).map_err(|what| self.error(what))?;
        let end = header.checked_add(length).filter(|end| *end <= self.rest.len());
        let Some(end) = end else { return Err(self.error("an element that is cut short")) };
        let (element, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.offset += end;
        Ok((element, header))
    }

    /// Takes the next element, which must have this tag; returns a cursor over its content.
    fn expect(&mut self, tag: u8, what: &'static str) -> Result<Self, NameError> {
        if self.rest.first() != Some(&tag) {
            return Err(NameError { offset: self.offset, what });
        }
        let start = self.offset;
        let (element, header) = self.element()?;
        Ok(Self { rest: &element[header..], offset: start + header })
    }

    fn finish(&self) -> Result<(), NameError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("something after the end of an element")) }
    }

    fn error(&self, what: &'static str) -> NameError {
        NameError { offset: self.offset, what }
    }
}

/// Returns the lengths of header and content (X.690 sections 8.1.2 and 8.1.3, restricted by 10.1).
fn header(input: &[u8]) -> Result<(usize, usize), &'static str> {
    const CUT: &str = "a header that is cut short";
    const NOT_DER: &str = "a length that is not DER";
    let mut at = 1;
    if input.first().ok_or(CUT)? & 0x1f == 0x1f {
        while input.get(at).ok_or(CUT)? & 0x80 != 0 {
            at += 1;
            if at >= MAX_TAG {
                return Err("a tag that is too long");
            }
        }
        at += 1;
    }
    let first = usize::from(*input.get(at).ok_or(CUT)?);
    at += 1;
    if first < 0x80 {
        return Ok((at, first));
    }
    let count = first & 0x7f;
    if count == 0 || count > size_of::<u32>() {
        return Err(NOT_DER);
    }
    let octets = input.get(at..at + count).ok_or(CUT)?;
    let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if length < 0x80 || octets[0] == 0 {
        return Err(NOT_DER);
    }
    Ok((at + count, length))
}
