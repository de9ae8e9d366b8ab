//! The attribute types that distinguished names are made of: names, syntax, upper bounds.
//!
//! Sources: RFC 4514 section 3 (the nine short names), RFC 4519 and RFC 2985 (registered descriptors), RFC 5280 appendix
//! A.1 (syntax and upper bounds), Microsoft's open specification MS-OSCO (the labels that Windows prints).

use const_oid::ObjectIdentifier;

/// How the value of an attribute type is encoded when it is made from text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Syntax {
    /// `DirectoryString`.
    Directory,
    /// `PrintableString` of exactly two letters.
    Country,
    /// `PrintableString`.
    Printable,
    /// `IA5String`.
    Ia5,
}

/// One attribute type.
#[derive(Debug)]
pub(super) struct AttributeType {
    pub(super) oid: ObjectIdentifier,
    /// The descriptor that RFC 4514 text carries.
    pub(super) name: &'static str,
    /// What Windows prints before the equals sign, where that is known.
    pub(super) windows: Option<&'static str>,
    /// Other names that are understood when read.
    aliases: &'static [&'static str],
    pub(super) syntax: Syntax,
    /// The most characters that RFC 5280 appendix A.1 allows.
    pub(super) upper_bound: Option<usize>,
}

/// `commonName`.
pub(super) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `organizationalUnitName`.
pub(super) const ORGANIZATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

/// Returns what is known of an attribute type.
pub(super) fn by_oid(oid: ObjectIdentifier) -> Option<&'static AttributeType> {
    TABLE.iter().find(|known| known.oid == oid)
}

/// Returns the attribute type that a text names: a short name in any case, a dotted identifier, or one after `OID.`.
pub(super) fn by_text(text: &str) -> Option<ObjectIdentifier> {
    if let Some(known) = TABLE.iter().find(|known| known.is_named(text)) {
        return Some(known.oid);
    }
    let dotted = match text.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("OID.") => &text[4..],
        _ => text,
    };
    ObjectIdentifier::new(dotted).ok()
}

impl AttributeType {
    fn is_named(&self, text: &str) -> bool {
        let names = [self.name].into_iter().chain(self.aliases.iter().copied());
        names.chain(self.windows).any(|name| name.eq_ignore_ascii_case(text))
    }
}

const fn entry(
    oid: &str,
    name: &'static str,
    windows: Option<&'static str>,
    aliases: &'static [&'static str],
    syntax: Syntax,
    upper_bound: Option<usize>,
) -> AttributeType {
    AttributeType { oid: ObjectIdentifier::new_unwrap(oid), name, windows, aliases, syntax, upper_bound }
}

/// The upper bound of `X520name`, ub-name.
const UB_NAME: Option<usize> = Some(32_768);

#[rustfmt::skip]
static TABLE: [AttributeType; 28] = {
    use Syntax::{Country, Directory, Ia5, Printable};
    [
    entry("2.5.4.3", "CN", Some("CN"), &["commonName"], Directory, Some(64)),
    entry("2.5.4.11", "OU", Some("OU"), &["organizationalUnitName"], Directory, Some(64)),
    entry("2.5.4.10", "O", Some("O"), &["organizationName"], Directory, Some(64)),
    entry("2.5.4.6", "C", Some("C"), &["countryName"], Country, None),
    entry("2.5.4.7", "L", Some("L"), &["localityName"], Directory, Some(128)),
    entry("2.5.4.8", "ST", Some("S"), &["stateOrProvinceName"], Directory, Some(128)),
    entry("2.5.4.9", "STREET", Some("STREET"), &["streetAddress"], Directory, None),
    entry("0.9.2342.19200300.100.1.25", "DC", Some("DC"), &["domainComponent"], Ia5, None),
    entry("0.9.2342.19200300.100.1.1", "UID", None, &["userId"], Directory, None),
    entry("1.2.840.113549.1.9.1", "emailAddress", Some("E"), &["email"], Ia5, Some(255)),
    entry("2.5.4.5", "serialNumber", Some("SERIALNUMBER"), &[], Printable, Some(64)),
    entry("2.5.4.4", "SN", Some("SN"), &["surname"], Directory, UB_NAME),
    entry("2.5.4.12", "title", Some("T"), &[], Directory, Some(64)),
    entry("2.5.4.42", "givenName", Some("G"), &["GN"], Directory, UB_NAME),
    entry("2.5.4.43", "initials", Some("I"), &[], Directory, UB_NAME),
    entry("2.5.4.44", "generationQualifier", None, &[], Directory, UB_NAME),
    entry("2.5.4.41", "name", None, &[], Directory, UB_NAME),
    entry("2.5.4.65", "pseudonym", None, &[], Directory, Some(128)),
    entry("2.5.4.46", "dnQualifier", None, &[], Printable, None),
    entry("2.5.4.13", "description", Some("Description"), &[], Directory, None),
    entry("2.5.4.17", "postalCode", Some("PostalCode"), &[], Directory, None),
    entry("2.5.4.18", "postOfficeBox", Some("POBox"), &[], Directory, None),
    entry("2.5.4.20", "telephoneNumber", Some("Phone"), &[], Printable, None),
    entry("2.5.4.15", "businessCategory", None, &[], Directory, None),
    entry("2.5.4.97", "organizationIdentifier", None, &[], Directory, None),
    entry("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL", None, &["jurisdictionLocalityName"], Directory, Some(128)),
    entry("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST", None, &["jurisdictionStateOrProvinceName"], Directory, Some(128)),
    entry("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC", None, &["jurisdictionCountryName"], Country, None),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case_and_belongs_to_one_type_only() {
        let mut seen = std::collections::HashMap::new();
        for known in &TABLE {
            for name in [known.name].into_iter().chain(known.windows).chain(known.aliases.iter().copied()) {
                assert_eq!(by_text(&name.to_lowercase()), Some(known.oid), "{name}");
                assert_eq!(by_text(&name.to_uppercase()), Some(known.oid), "{name}");
                assert_eq!(*seen.entry(name.to_lowercase()).or_insert(known.oid), known.oid, "{name}");
            }
        }
    }

    #[test]
    fn dotted_identifiers_are_read_with_and_without_the_prefix_of_windows() {
        let oid = ObjectIdentifier::new_unwrap("1.2.3.4");
        assert_eq!(by_text("1.2.3.4"), Some(oid));
        assert_eq!(by_text("oid.1.2.3.4"), Some(oid));
        for wrong in ["", "OID.", "OID.CN", "OID.99.99", "1.2.a", "1", "É.1.2", "1..2", "nonsense"] {
            assert_eq!(by_text(wrong), None, "{wrong}");
        }
    }
}
