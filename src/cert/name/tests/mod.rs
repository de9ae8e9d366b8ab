//! Tests of names that need more than one file of the room.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod cases;
mod lookups;
mod outside;
mod properties;
mod template;
mod text;

use super::*;
use crate::cert::der::{sequence, tlv};

/// Makes a name from the notation of the tables: `CN(Utf8)=contoso, O=Contoso`, the last RDN encoded first.
///
/// The string type stands in brackets and is PrintableString where it is left out; `(DER)` takes a whole value. A value of
/// `#` and digits gives octets, `{2C}` a character by its number. ` + ` joins the attributes of one RDN.
fn name(notation: &str) -> DistinguishedName {
    DistinguishedName::from_der(&der_of(notation)).unwrap()
}

fn der_of(notation: &str) -> Vec<u8> {
    if notation.is_empty() {
        return sequence(&[]);
    }
    let rdns: Vec<Vec<u8>> = notation
        .rsplit(", ")
        .map(|rdn| {
            tlv(0x31, &rdn.split(" + ").filter(|part| *part != "()").flat_map(attribute_der).collect::<Vec<_>>())
        })
        .collect();
    tlv(0x30, &rdns.concat())
}

fn attribute_der(notation: &str) -> Vec<u8> {
    let (head, text) = notation.split_once('=').unwrap();
    let (oid, kind) = head.strip_suffix(')').map_or((head, "Printable"), |head| head.split_once('(').unwrap());
    let oid = attribute::by_text(oid).unwrap();
    let octets = match text.strip_prefix('#') {
        Some(digits) => unhex(digits),
        None => encode_text(kind, &unescape(text)),
    };
    let value = if kind == "DER" { octets } else { tlv(kind_named(kind).tag(), &octets) };
    sequence(&[&tlv(0x06, oid.as_bytes()), &value])
}

fn kind_named(kind: &str) -> StringKind {
    match kind {
        "Printable" => StringKind::Printable,
        "Utf8" => StringKind::Utf8,
        "Bmp" => StringKind::Bmp,
        "T61" => StringKind::Teletex,
        "Ia5" => StringKind::Ia5,
        "Universal" => StringKind::Universal,
        "Numeric" => StringKind::Numeric,
        "Visible" => StringKind::Visible,
        other => panic!("no string type {other}"),
    }
}

fn encode_text(kind: &str, text: &str) -> Vec<u8> {
    match kind {
        "Bmp" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "Universal" => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (digits, after) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        rest = after;
    }
    out + rest
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
