//! Bag attributes as text before a PEM block, as `openssl pkcs12` prints them.
//!
//! ```text
//! Bag Attributes
//!     friendlyName: CRM S2S 2026
//!     localKeyID: 01 00 00 00
//!     1.3.6.1.4.1.311.17.2: <No Values>
//!     1.2.3.4: DER:0C03616263
//! ```
//!
//! What OpenSSL prints for attributes that it knows is read too. What is written here is read back exactly: an attribute
//! is written in words only if those words give its very octets, and as `DER:` otherwise.

use const_oid::ObjectIdentifier;

use crate::cert::der::Reader;
use crate::cert::digest::hex_upper;
use crate::cert::pfx::attribute::oid;
use crate::cert::pfx::{Attribute, AttributeValue};

const BAG_HEADING: &str = "Bag Attributes";
const KEY_HEADING: &str = "Key Attributes";
const NO_VALUES: &str = "<No Values>";
const DER_MARK: &str = "DER:";

/// The names that OpenSSL prints.
const FRIENDLY_NAME: &str = "friendlyName";
const LOCAL_KEY_ID: &str = "localKeyID";
const CSP_NAME: &str = "Microsoft CSP Name";
const MACHINE_KEYSET: &str = "Microsoft Local Key set";
const KEY_USAGE: &str = "X509v3 Key Usage";

/// Writes the attributes of one bag; nothing where there is none.
pub fn write(attributes: &[Attribute]) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let mut text = format!("{BAG_HEADING}\n");
    for attribute in attributes {
        if let Some((name, value)) = in_words(attribute) {
            text.push_str(&format!("    {name}: {value}\n"));
        } else if attribute.values().is_empty() {
            text.push_str(&format!("    {}: {NO_VALUES}\n", attribute.oid()));
        } else {
            for value in attribute.values() {
                text.push_str(&format!("    {}: {DER_MARK}{}\n", attribute.oid(), hex_upper(value)));
            }
        }
    }
    text
}

/// Reads the last listing in the text before a block. Lines that say nothing known are passed over.
pub fn read(preamble: &str) -> Vec<Attribute> {
    let is_heading = |line: &str| line.trim() == BAG_HEADING;
    let lines: Vec<&str> = preamble.lines().collect();
    let Some(heading) = lines.iter().rposition(|line| is_heading(line)) else { return Vec::new() };
    let mut found: Vec<(ObjectIdentifier, Vec<Vec<u8>>)> = Vec::new();
    for line in &lines[heading + 1..] {
        if line.trim() == KEY_HEADING {
            continue;
        }
        // The listing ends at the first line that is not indented.
        if !line.starts_with([' ', '\t']) {
            break;
        }
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        let Some((oid, values)) = attribute(name.trim(), value.trim()) else { continue };
        match found.iter_mut().find(|(known, _)| *known == oid) {
            Some((_, known)) => known.extend(values),
            None => found.push((oid, values)),
        }
    }
    found.into_iter().map(|(oid, values)| Attribute::new(oid, values)).collect()
}

fn in_words(attribute: &Attribute) -> Option<(&'static str, String)> {
    let (name, value, same) = match attribute.value() {
        AttributeValue::FriendlyName(text) => (FRIENDLY_NAME, text.clone(), Attribute::friendly_name(&text)),
        AttributeValue::LocalKeyId(octets) => {
            let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
            (LOCAL_KEY_ID, hex.join(" "), Attribute::local_key_id(&octets))
        }
        AttributeValue::ProviderName(text) => (CSP_NAME, text.clone(), Attribute::provider_name(&text)),
        AttributeValue::MachineKeyset
        | AttributeValue::ExtendedAttributes(_)
        | AttributeValue::KeyUsage(_)
        | AttributeValue::JavaTrusted
        | AttributeValue::Other => return None,
    };
    // Nothing that reads back as something else, and no line end that could start a block.
    let plain = !value.is_empty()
        && value.trim() == value
        && !value.contains(char::is_control)
        && !value.contains("-----")
        && !value.starts_with(DER_MARK)
        && !value.starts_with('<');
    (plain && same == *attribute).then_some((name, value))
}

fn attribute(name: &str, value: &str) -> Option<(ObjectIdentifier, Vec<Vec<u8>>)> {
    let known = |attribute: Attribute| Some((attribute.oid(), attribute.values().to_vec()));
    if value == NO_VALUES {
        let oid = if name == MACHINE_KEYSET { oid::MACHINE_KEYSET } else { name.parse().ok()? };
        return Some((oid, Vec::new()));
    }
    match name {
        FRIENDLY_NAME => known(Attribute::friendly_name(value)),
        LOCAL_KEY_ID => known(Attribute::local_key_id(&hex(value)?)),
        CSP_NAME => known(Attribute::provider_name(value)),
        KEY_USAGE => known(Attribute::key_usage(*hex(value)?.first()?)),
        _ => {
            let der = hex(value.strip_prefix(DER_MARK)?)?;
            let mut element = Reader::new(&der);
            element.any().ok()?;
            element.finish().ok()?;
            Some((name.parse().ok()?, vec![der]))
        }
    }
}

/// Reads hexadecimal octets, with blanks between them or without.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_listing_reads_as_it_was_meant() {
        let attributes = [
            Attribute::friendly_name("CRM S2S Zoë 😀: 2026"),
            Attribute::local_key_id(&[1, 0, 0, 0]),
            Attribute::new(oid::MACHINE_KEYSET, vec![]),
            Attribute::new("1.2.3.4".parse().unwrap(), vec![vec![5, 0], vec![2, 1, 7]]),
        ];
        let text = write(&attributes);
        assert_eq!(
            text,
            "Bag Attributes\n    friendlyName: CRM S2S Zoë 😀: 2026\n    localKeyID: 01 00 00 00\n    \
             1.3.6.1.4.1.311.17.2: <No Values>\n    1.2.3.4: DER:0500\n    1.2.3.4: DER:020107\n"
        );
        let around = format!("junk\nBag Attributes\n    friendlyName: old\n\n{text}subject=CN=x\n    a: b");
        assert_eq!(read(&around), attributes);
        assert_eq!(write(&[]), "");
    }

    #[test]
    fn what_openssl_prints_is_read() {
        let text = "Bag Attributes\n    Microsoft Local Key set: <No Values>\n    localKeyID: 9F 3A\n    friendlyName: CRM S2S\n    \
                    Microsoft CSP Name: Contoso CSP\nKey Attributes\n    X509v3 Key Usage: 10 \n";
        let expected = [
            Attribute::new(oid::MACHINE_KEYSET, vec![]),
            Attribute::local_key_id(&[0x9f, 0x3a]),
            Attribute::friendly_name("CRM S2S"),
            Attribute::provider_name("Contoso CSP"),
            Attribute::key_usage(0x10),
        ];
        assert_eq!(read(text), expected);
        assert_eq!(read("Bag Attributes: <No Attributes>\nsubject=CN = x"), []);
        assert_eq!(
            read("Bag Attributes\n    1.2.3: <Unsupported tag 5>\n    localKeyID: 9\n    1.2.3: DER:0501\n"),
            []
        );
    }

    proptest! {
        #[test]
        fn any_attribute_is_read_back_exactly(name in "(?s).*", octets: Vec<u8>, value: Vec<u8>) {
            let der = crate::cert::der::tlv(4, &value);
            let attributes = [
                Attribute::friendly_name(&name),
                Attribute::local_key_id(&octets),
                Attribute::new("1.2.840.113549.1.9.99".parse().unwrap(), vec![der]),
            ];
            let text = write(&attributes);
            prop_assert!(!text.contains("-----"));
            prop_assert_eq!(read(&text), attributes);
        }

        #[test]
        fn any_text_is_read(text in "(Bag Attributes\n)?[ -~\n]*") {
            let _ = read(&text);
        }
    }
}
