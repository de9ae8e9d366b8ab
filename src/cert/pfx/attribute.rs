//! Attributes of bags (RFC 7292 section 4.2, RFC 2985 section 5.5, and Microsoft's).

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::cert::der::{self, BIT_STRING, BMP_STRING, DerError, OCTET_STRING, Reader, SET};

/// The object identifiers of attributes.
pub mod oid {
    use const_oid::ObjectIdentifier;

    /// `friendlyName`, RFC 2985 section 5.5.1.
    pub const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
    /// `localKeyId`, RFC 2985 section 5.5.2.
    pub const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
    /// `szOID_PKCS_12_KEY_PROVIDER_NAME_ATTR` (Microsoft, `wincrypt.h`).
    pub const PROVIDER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.1");
    /// `szOID_LOCAL_MACHINE_KEYSET` (Microsoft, `wincrypt.h`).
    pub const MACHINE_KEYSET: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.2");
    /// `szOID_PKCS_12_EXTENDED_ATTRIBUTES` (Microsoft, `wincrypt.h`).
    pub const EXTENDED_ATTRIBUTES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.3");
    /// `keyUsage`, RFC 5280 section 4.2.1.3, as an attribute (Microsoft, `PFXImportCertStore`).
    pub const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
    /// Java's `trustedKeyUsage`.
    pub const JAVA_TRUSTED: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113894.746875.1.1");
}

/// One attribute, kept as DER so that what is not known is written back as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    oid: ObjectIdentifier,
    values: Vec<Vec<u8>>,
}

/// What an attribute says.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeValue {
    /// `friendlyName` (RFC 2985 section 5.5.1). On a key, Windows takes it as the name of the key container.
    FriendlyName(String),
    /// `localKeyId` (RFC 2985 section 5.5.2): pairs a key and its certificate.
    LocalKeyId(Vec<u8>),
    /// Microsoft's name of the provider, CSP or KSP, for the key: 1.3.6.1.4.1.311.17.1.
    ProviderName(String),
    /// Microsoft's sign that the key belongs to the machine's key set: 1.3.6.1.4.1.311.17.2.
    MachineKeyset,
    /// Microsoft's extended attributes: 1.3.6.1.4.1.311.17.3. The number of octets of their values.
    ExtendedAttributes(usize),
    /// `keyUsage`, 2.5.29.15: the first octet of the bit string. It decides KeySpec on Windows.
    KeyUsage(u8),
    /// Java's sign of a trusted certificate: 2.16.840.1.113894.746875.1.1.
    JavaTrusted,
    /// Another attribute, or one of the above with a value that cannot be read.
    Other,
}

impl Attribute {
    /// Makes an attribute of already encoded values.
    pub fn new(oid: ObjectIdentifier, values: Vec<Vec<u8>>) -> Self {
        Self { oid, values }
    }

    /// Makes a friendly name. Characters outside the Basic Multilingual Plane become surrogates, as Windows writes them.
    pub fn friendly_name(text: &str) -> Self {
        Self::new(oid::FRIENDLY_NAME, vec![bmp_string(text)])
    }

    /// Makes a local key id.
    pub fn local_key_id(octets: &[u8]) -> Self {
        Self::new(oid::LOCAL_KEY_ID, vec![der::tlv(OCTET_STRING, octets)])
    }

    /// Makes the name of the provider, CSP or KSP, into which Windows imports the key.
    pub fn provider_name(text: &str) -> Self {
        Self::new(oid::PROVIDER_NAME, vec![bmp_string(text)])
    }

    /// Makes the sign that the key belongs to the machine's key set.
    ///
    /// Its value is NULL, as in the files of .NET: an attribute has at least one value (X.501: `SET SIZE (1..MAX)`), and
    /// strict readers refuse the empty set that `openssl pkcs12 -LMK` writes. Readers look at the type alone, so both
    /// forms are seen by Windows, .NET and OpenSSL.
    pub fn machine_keyset() -> Self {
        Self::new(oid::MACHINE_KEYSET, vec![vec![der::NULL, 0]])
    }

    /// Makes the key usage: the first octet of the bit string. `0x10`, dataEncipherment, becomes AT_KEYEXCHANGE.
    pub fn key_usage(octet: u8) -> Self {
        // X.690 section 11.2.2: trailing zero bits of a named bit list are not written.
        let value = if octet == 0 { vec![0] } else { vec![octet.trailing_zeros() as u8, octet] };
        Self::new(oid::KEY_USAGE, vec![der::tlv(BIT_STRING, &value)])
    }

    /// Returns the type.
    pub fn oid(&self) -> ObjectIdentifier {
        self.oid
    }

    /// Returns the DER of each value.
    pub fn values(&self) -> &[Vec<u8>] {
        &self.values
    }

    /// Returns the name of the type, or its object identifier in dotted form.
    pub fn name(&self) -> Cow<'static, str> {
        match self.oid {
            oid::FRIENDLY_NAME => "friendlyName".into(),
            oid::LOCAL_KEY_ID => "localKeyId".into(),
            oid::PROVIDER_NAME => "Microsoft provider name".into(),
            oid::MACHINE_KEYSET => "Microsoft local machine keyset".into(),
            oid::EXTENDED_ATTRIBUTES => "Microsoft extended attributes".into(),
            oid::KEY_USAGE => "keyUsage".into(),
            oid::JAVA_TRUSTED => "Java trusted certificate".into(),
            other => other.to_string().into(),
        }
    }

    /// Returns what the attribute says.
    pub fn value(&self) -> AttributeValue {
        let first = self.values.first().and_then(|value| Reader::new(value).any().ok());
        let text = || first.and_then(|element| text_of(element.tag, element.content));
        let found = match self.oid {
            oid::FRIENDLY_NAME => text().map(AttributeValue::FriendlyName),
            oid::PROVIDER_NAME => text().map(AttributeValue::ProviderName),
            oid::LOCAL_KEY_ID => first
                .and_then(|element| element.require(OCTET_STRING).ok())
                .map(|element| AttributeValue::LocalKeyId(element.content.to_vec())),
            // NULL in the files of .NET, no value at all in those of OpenSSL.
            oid::MACHINE_KEYSET => Some(AttributeValue::MachineKeyset),
            oid::EXTENDED_ATTRIBUTES => {
                Some(AttributeValue::ExtendedAttributes(self.values.iter().map(Vec::len).sum()))
            }
            oid::KEY_USAGE => first
                .and_then(|element| element.require(BIT_STRING).ok())
                .filter(|element| !element.content.is_empty())
                .map(|element| AttributeValue::KeyUsage(element.content.get(1).copied().unwrap_or(0))),
            oid::JAVA_TRUSTED => Some(AttributeValue::JavaTrusted),
            _ => None,
        };
        found.unwrap_or(AttributeValue::Other)
    }

    /// Reads the attributes of a SET: `SEQUENCE { type, SET OF value }` each.
    pub(in crate::cert) fn read_all(mut set: Reader<'_>) -> Result<Vec<Self>, DerError> {
        let mut attributes = Vec::new();
        while !set.is_empty() {
            let mut attribute = set.sequence()?;
            let oid = attribute.oid()?;
            let mut inside = attribute.expect(SET)?.inside();
            attribute.finish()?;
            let mut values = Vec::new();
            while !inside.is_empty() {
                values.push(inside.any()?.whole.to_vec());
            }
            attributes.push(Self { oid, values });
        }
        Ok(attributes)
    }

    /// Encodes the attribute.
    pub(in crate::cert) fn encode(&self) -> Vec<u8> {
        der::sequence(&[&der::oid(self.oid), &der::set_of(&self.values)])
    }
}

fn bmp_string(text: &str) -> Vec<u8> {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    der::tlv(BMP_STRING, &octets)
}

/// Reads a text. BMPString is what the standard asks for; other tools also write UTF8String and the like. Zero characters at
/// the end are dropped.
fn text_of(tag: u8, content: &[u8]) -> Option<String> {
    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const T61: u8 = 0x14;
    const IA5: u8 = 0x16;
    let text = match tag {
        BMP_STRING if content.len().is_multiple_of(2) => {
            let units = content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        UTF8 => String::from_utf8_lossy(content).into_owned(),
        // Latin-1 is what T61String holds in practice.
        PRINTABLE | T61 | IA5 => content.iter().copied().map(char::from).collect(),
        _ => return None,
    };
    Some(text.trim_end_matches('\0').to_owned())
}

/// The form in which an attribute is shown.
#[derive(JsonSchema, Serialize)]
struct Shown {
    oid: String,
    name: Cow<'static, str>,
    value: AttributeValue,
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown { oid: self.oid.to_string(), name: self.name(), value: self.value() }.serialize(serializer)
    }
}

impl JsonSchema for Attribute {
    fn schema_name() -> Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shown::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn attributes_read_as_they_are_written() {
        let table = [
            (Attribute::friendly_name("Zoë 😀"), AttributeValue::FriendlyName("Zoë 😀".to_owned())),
            (Attribute::local_key_id(&[1, 0, 0, 0]), AttributeValue::LocalKeyId(vec![1, 0, 0, 0])),
            (Attribute::provider_name("Contoso CSP"), AttributeValue::ProviderName("Contoso CSP".to_owned())),
            (Attribute::machine_keyset(), AttributeValue::MachineKeyset),
            (Attribute::key_usage(0x10), AttributeValue::KeyUsage(0x10)),
            (Attribute::key_usage(0), AttributeValue::KeyUsage(0)),
        ];
        for (attribute, value) in table {
            let set = der::set_of(&[attribute.encode()]);
            let read = Attribute::read_all(Reader::new(&set).any().unwrap().inside()).unwrap();
            assert_eq!(read, [attribute]);
            assert_eq!(read[0].value(), value);
        }
    }

    #[test]
    fn other_forms_of_other_tools_are_read() {
        let empty_set = Attribute::new(oid::MACHINE_KEYSET, Vec::new());
        assert_eq!(empty_set.value(), AttributeValue::MachineKeyset);
        let utf8 = Attribute::new(oid::FRIENDLY_NAME, vec![der::tlv(0x0c, "Zoë\0".as_bytes())]);
        assert_eq!(utf8.value(), AttributeValue::FriendlyName("Zoë".to_owned()));
        let odd = Attribute::new(oid::FRIENDLY_NAME, vec![vec![BMP_STRING, 1, 65]]);
        assert_eq!(odd.value(), AttributeValue::Other);
        assert_eq!(Attribute::key_usage(0x10).values(), [[3, 2, 4, 0x10]]);
    }
}
