//! Names as text: RFC 4514 for people and files, and what Windows prints, which is what its look-up compares.

use std::fmt::{self, Write as _};

use super::value::{AttributeValue, StringKind};
use super::{DistinguishedName, Rdn, attribute};
use crate::cert::digest::hex_upper;

/// A name as `CertNameToStr` prints it with `CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG`: the text of .NET's
/// `X509Certificate2.Subject`, and the text that `FindBySubjectDistinguishedName` compares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrintedName {
    /// The text. It holds whatever characters the name holds, control characters included: escape it before it is shown.
    pub text: String,
    /// Whether it is known that every Windows prints exactly this.
    pub certain: bool,
    /// Whether that is known of the values, whatever the labels of their types.
    pub(super) values_certain: bool,
}

/// RFC 4514 text, with `,` between RDNs and `+` within one.
///
/// Beyond RFC 4514 section 2.4, whatever a terminal would act on or hide is escaped as well: control characters, white
/// space other than the space, bidirectional controls and invisible format characters. A value of an unregistered type,
/// of no string type, or with octets that its type does not allow is printed as `#` and its DER in hexadecimal.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.rdns().iter().rev().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            write_rdn(rdn, f)?;
        }
        Ok(())
    }
}

impl DistinguishedName {
    /// Returns the name as Windows prints it. Sources and limits: docs/distinguished-names.md.
    pub fn windows_text(&self) -> PrintedName {
        let mut printed = PrintedName { text: String::new(), certain: true, values_certain: true };
        for (index, rdn) in self.rdns().iter().rev().enumerate() {
            if index > 0 {
                printed.text.push_str(", ");
            }
            // An RDN without attributes breaks X.501; nobody has seen what becomes of it.
            printed.values_certain &= !rdn.attributes.is_empty();
            for (index, value) in rdn.attributes.iter().enumerate() {
                if index > 0 {
                    printed.text.push_str(" + ");
                }
                push_windows_value(value, &mut printed);
            }
        }
        printed.certain &= printed.values_certain;
        printed
    }
}

/// Returns whether a character must not reach a terminal: it acts on it, or shows as nothing or as a plain space.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn write_rdn(rdn: &Rdn, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, value) in rdn.attributes.iter().enumerate() {
        if index > 0 {
            f.write_char('+')?;
        }
        match (attribute::by_oid(value.oid()), value.text()) {
            (Some(known), Some(text)) => {
                write!(f, "{}=", known.name)?;
                write_escaped(text, f)?;
            }
            (known, _) => match known {
                Some(known) => write!(f, "{}=#{}", known.name, hex_upper(value.encoded()))?,
                None => write!(f, "{}=#{}", value.oid(), hex_upper(value.encoded()))?,
            },
        }
    }
    Ok(())
}

fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let last = text.len().saturating_sub(1);
    for (at, c) in text.char_indices() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
            '#' if at == 0 => f.write_str("\\#")?,
            ' ' if at == 0 || at == last => f.write_str("\\ ")?,
            c if is_unprintable(c) => {
                for octet in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\{octet:02X}")?;
                }
            }
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

fn push_windows_value(value: &AttributeValue, printed: &mut PrintedName) {
    match attribute::by_oid(value.oid()).and_then(|known| known.windows) {
        Some(label) => printed.text.push_str(label),
        None => {
            // Windows has a table of labels that grows with its versions and can be extended.
            printed.certain = false;
            printed.text.push_str(&format!("OID.{}", value.oid()));
        }
    }
    printed.text.push('=');
    printed.values_certain &= !value.has_padded_type();
    let Some(text) = value.lossy_text() else {
        printed.text.push('#');
        printed.text.push_str(&hex_upper(printed_octets(value)));
        return;
    };
    let readable = value.text().is_some() && !text.contains(['\0', char::REPLACEMENT_CHARACTER]);
    printed.values_certain &= readable && value.kind() != StringKind::Universal;
    push_quoted(&text, &mut printed.text);
}

/// Returns the octets that Windows prints of a value that is no string: an OCTET STRING loses its header.
pub(super) fn printed_octets(value: &AttributeValue) -> &[u8] {
    if value.kind() == StringKind::Other(0x04) { value.octets() } else { value.encoded() }
}

/// Quotes as `CertNameToStr` does: where the value is empty, begins or ends with ASCII white space, or holds one of its
/// special characters. A quotation mark is doubled, a carriage return in the middle is not special.
fn push_quoted(text: &str, out: &mut String) {
    let is_space = |c: char| matches!(c, ' ' | '\t'..='\r');
    let quoted = text.is_empty()
        || text.starts_with(is_space)
        || text.ends_with(is_space)
        || text.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';']);
    if quoted {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}
