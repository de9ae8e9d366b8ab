//! The coarsest reading of a value: everything that any of the known comparisons may overlook is gone.

use unicode_normalization::UnicodeNormalization;

use super::print::{is_unprintable, printed_octets};
use super::value::AttributeValue;
use super::{DistinguishedName, Rdn};

/// A key under which names group that are not surely different. See [`DistinguishedName::normalised_key`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NameKey(Vec<u8>);

impl DistinguishedName {
    /// Returns the key under which this name groups with all names that [`compare`](super::compare) does not call
    /// different.
    ///
    /// Two keys are equal if and only if the comparison gives `Same` or `Ambiguous`, with one exception: a name that holds
    /// U+0000, an RDN without attributes or a padded attribute type is ambiguous against every other name, whatever its key.
    pub fn normalised_key(&self) -> NameKey {
        key_of(self.rdns())
    }
}

/// Returns the key of these RDNs in this order.
pub(super) fn key_of(rdns: &[Rdn]) -> NameKey {
    let mut key = Vec::new();
    for rdn in rdns {
        push_part(&folded_rdn(rdn).concat(), &mut key);
    }
    NameKey(key)
}

/// Returns the folded attributes of an RDN, sorted: the order within an RDN means nothing in X.501.
fn folded_rdn(rdn: &Rdn) -> Vec<Vec<u8>> {
    let mut attributes: Vec<_> = rdn.attributes.iter().map(folded_attribute).collect();
    attributes.sort();
    attributes
}

/// Returns one attribute folded: its type, and its text without letter case, string type and insignificant characters.
pub(super) fn folded_attribute(value: &AttributeValue) -> Vec<u8> {
    let mut folded = Vec::new();
    push_part(value.oid().as_bytes(), &mut folded);
    match value.lossy_text() {
        Some(text) => push_part(&[b"t".as_slice(), fold(&text).as_bytes()].concat(), &mut folded),
        None => push_part(&[b"b", printed_octets(value)].concat(), &mut folded),
    }
    folded
}

/// Folds a text along RFC 4518: white space becomes a space, runs of it one, none at the ends; control and invisible
/// characters vanish; letter case vanishes; compatibility characters are normalised (NFKC).
///
/// Case folding goes through upper case to lower case, which equates a little more than RFC 3454 table B.2.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return collapse(text).to_ascii_lowercase();
    }
    let visible: String = collapse(text);
    let composed: String = visible.nfkc().collect();
    collapse(&composed.to_uppercase().to_lowercase().nfkc().collect::<String>())
}

/// Drops invisible characters and turns each run of white space into one space, none at the ends.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_unprintable(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// Appends a part with its length before it, so that no two lists of parts look alike.
fn push_part(part: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&part.len().to_be_bytes());
    out.extend_from_slice(part);
}
