//! Whether two names are one name, by the three comparisons that matter here.
//!
//! | comparison | rule | who uses it |
//! |---|---|---|
//! | look-up | the whole printed name, letter case ignored | .NET `FindBySubjectDistinguishedName`, and with it the server |
//! | octets | the encoding, octet by octet | `CertCompareCertificateName`, chain building |
//! | RFC 5280 | section 7.1: attribute by attribute, along RFC 4518 | standards-minded software |
//!
//! Where the three agree the answer is the same or different. Where they do not, or where what Windows does is not known,
//! it is ambiguous, with the reason. docs/distinguished-names.md has the table of cases and the sources.

use std::collections::BTreeSet;

use super::fold::{self, folded_attribute};
use super::value::{AttributeValue, StringKind};
use super::{DistinguishedName, Rdn, attribute};

/// The outcome of comparing two names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameMatch {
    /// One name by every comparison.
    Same,
    /// Two names by every comparison.
    Different,
    /// The comparisons disagree, or it is not known what Windows does. The sentence says why.
    Ambiguous(String),
}

/// What one comparison says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// One name.
    Same,
    /// Two names.
    Different,
    /// Not known, or left open by the rule.
    Unknown,
}

/// The three comparisons of two names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// `FindBySubjectDistinguishedName`: whether the printed subject of one certificate finds the other.
    pub lookup: Verdict,
    /// `CertCompareCertificateName`: whether the encodings are equal.
    pub octets: Verdict,
    /// RFC 5280 section 7.1.
    pub rfc5280: Verdict,
    differences: BTreeSet<Difference>,
}

/// In what two names differ that may still be one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Difference {
    Broken,
    Unreadable,
    StringType,
    Case,
    Spaces,
    Characters,
    ValueOrder,
    Binary,
}

/// Compares two names: the same, different, or ambiguous with the reason.
pub fn compare(a: &DistinguishedName, b: &DistinguishedName) -> NameMatch {
    Comparison::of(a, b).outcome()
}

/// Compares a configured text with a name: does `FindBySubjectDistinguishedName` with this text find that subject?
///
/// `Same`: yes. `Different`: no, and the text does not mean that name either. `Ambiguous`: the text means the name but is
/// not what Windows prints, or what Windows prints is not known.
pub fn compare_lookup(text: &str, name: &DistinguishedName) -> NameMatch {
    let printed = name.windows_text();
    let ambiguous = |reason: String| NameMatch::Ambiguous(reason);
    if text.eq_ignore_ascii_case(&printed.text) {
        return if printed.certain && !name.is_empty() {
            NameMatch::Same
        } else {
            ambiguous("it is not known whether every Windows prints the name exactly so".to_owned())
        };
    }
    if is_broken(name) {
        return ambiguous(
            "the name holds the character U+0000, an RDN without attributes or a padded attribute type, which programs \
             read differently"
                .to_owned(),
        );
    }
    if ordinal_fold(text) == ordinal_fold(&printed.text) {
        return ambiguous(
            "letters beyond ASCII differ in case, and Windows versions fold those differently".to_owned(),
        );
    }
    let Ok(meant) = DistinguishedName::parse(text) else { return NameMatch::Different };
    let key = name.normalised_key();
    if meant.normalised_key() == key {
        return ambiguous(format!(
            "the text means this name, but FindBySubjectDistinguishedName compares characters, and Windows prints {:?}",
            printed.text
        ));
    }
    let mut reversed = meant.rdns().to_vec();
    reversed.reverse();
    if fold::key_of(&reversed) == key {
        return ambiguous("the text has the parts of this name in the opposite order".to_owned());
    }
    NameMatch::Different
}

impl Comparison {
    /// Makes the three comparisons.
    pub fn of(a: &DistinguishedName, b: &DistinguishedName) -> Self {
        let all = |verdict| Self { lookup: verdict, octets: verdict, rfc5280: verdict, differences: BTreeSet::new() };
        if a.der() == b.der() {
            return all(Verdict::Same);
        }
        if is_broken(a) || is_broken(b) {
            return Self {
                lookup: Verdict::Unknown,
                octets: Verdict::Different,
                rfc5280: Verdict::Unknown,
                differences: BTreeSet::from([Difference::Broken]),
            };
        }
        if a.normalised_key() != b.normalised_key() {
            return all(Verdict::Different);
        }
        let mut differences = BTreeSet::new();
        let mut rfc5280 = Verdict::Same;
        for (left, right) in a.rdns().iter().zip(b.rdns()) {
            compare_rdn(left, right, &mut differences, &mut rfc5280);
        }
        Self { lookup: lookup(a, b), octets: Verdict::Different, rfc5280, differences }
    }

    /// Returns the outcome: that on which the three agree, or ambiguous.
    pub fn outcome(&self) -> NameMatch {
        match (self.lookup, self.octets, self.rfc5280) {
            (Verdict::Same, Verdict::Same, Verdict::Same) => NameMatch::Same,
            (Verdict::Different, Verdict::Different, Verdict::Different) => NameMatch::Different,
            _ => NameMatch::Ambiguous(self.sentence()),
        }
    }

    fn sentence(&self) -> String {
        let differences: Vec<_> = self.differences.iter().map(|difference| difference.text()).collect();
        let means = match (self.lookup, self.rfc5280) {
            (Verdict::Same, _) => {
                "FindBySubjectDistinguishedName takes them for one name, a comparison of the encoded names does not"
            }
            (Verdict::Different, Verdict::Same) => {
                "FindBySubjectDistinguishedName tells them apart, RFC 5280 takes them for one name"
            }
            (Verdict::Different, _) => {
                "FindBySubjectDistinguishedName tells them apart, other software may take them for one name"
            }
            (Verdict::Unknown, _) => "it is not known whether FindBySubjectDistinguishedName takes them for one name",
        };
        format!("the names differ in {}: {means}", differences.join(" and "))
    }
}

impl Difference {
    fn text(self) -> &'static str {
        match self {
            Self::Broken => {
                "a value with U+0000, an RDN without attributes, or a padded attribute type, which programs read differently"
            }
            Self::Unreadable => "octets that are not valid for their string type",
            Self::StringType => "string type only in places (such as PrintableString and UTF8String)",
            Self::Case => "letter case",
            Self::Spaces => "spaces within or around a value",
            Self::Characters => "characters that count as equal or as nothing (RFC 4518)",
            Self::ValueOrder => "the order of the attributes within one multi-valued RDN",
            Self::Binary => "the encoding of a value that is no string",
        }
    }
}

/// Returns whether a name holds what no two programs are sure to read alike: U+0000, at which some stop, an RDN without
/// attributes, which X.501 forbids, or an attribute type with padding, which X.690 forbids.
fn is_broken(name: &DistinguishedName) -> bool {
    let has_nul = |value: &AttributeValue| {
        // A zero octet is regular in the wide string types; the text decides.
        value.octets().contains(&0) && value.lossy_text().is_some_and(|text| text.contains('\0'))
    };
    let is_odd = |value: &AttributeValue| value.has_padded_type() || has_nul(value);
    name.rdns().iter().any(|rdn| rdn.attributes.is_empty() || rdn.attributes.iter().any(is_odd))
}

/// What the look-up by printed text says of two names whose keys are equal.
fn lookup(a: &DistinguishedName, b: &DistinguishedName) -> Verdict {
    let (a, b) = (a.windows_text(), b.windows_text());
    if !a.values_certain || !b.values_certain {
        Verdict::Unknown
    } else if a.text.eq_ignore_ascii_case(&b.text) {
        Verdict::Same
    } else if ordinal_fold(&a.text) == ordinal_fold(&b.text) {
        // OrdinalIgnoreCase rests on the upper-case table of the operating system; versions differ in it.
        Verdict::Unknown
    } else {
        Verdict::Different
    }
}

/// Maps each character to upper case and back, where each step gives one character: OrdinalIgnoreCase never changes the
/// length of a text, and no Windows table equates more than this.
fn ordinal_fold(text: &str) -> String {
    fn single(mut mapped: impl ExactSizeIterator<Item = char>, c: char) -> char {
        if mapped.len() == 1 { mapped.next().unwrap_or(c) } else { c }
    }
    text.chars().map(|c| single(c.to_uppercase(), c)).map(|c| single(c.to_lowercase(), c)).collect()
}

fn compare_rdn(a: &Rdn, b: &Rdn, differences: &mut BTreeSet<Difference>, rfc5280: &mut Verdict) {
    let folded = |rdn: &Rdn| rdn.attributes.iter().map(folded_attribute).collect::<Vec<_>>();
    if folded(a) != folded(b) {
        differences.insert(Difference::ValueOrder);
    }
    let sorted = |rdn: &Rdn| {
        let mut attributes: Vec<_> =
            rdn.attributes.iter().map(|value| (folded_attribute(value), value.clone())).collect();
        attributes.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.encoded().cmp(y.encoded())));
        attributes
    };
    for ((_, left), (_, right)) in sorted(a).iter().zip(&sorted(b)) {
        if left.encoded() != right.encoded() {
            compare_values(left, right, differences);
            if !rfc5280_equates(left, right) {
                *rfc5280 = Verdict::Unknown;
            }
        }
    }
}

fn compare_values(a: &AttributeValue, b: &AttributeValue, differences: &mut BTreeSet<Difference>) {
    let (Some(left), Some(right)) = (a.lossy_text(), b.lossy_text()) else {
        differences.insert(Difference::Binary);
        return;
    };
    if a.kind() != b.kind() {
        differences.insert(Difference::StringType);
    }
    if a.text().is_none() || b.text().is_none() {
        differences.insert(Difference::Unreadable);
    }
    if left == right {
        return;
    }
    let (left_case, right_case) = (ordinal_fold(&left), ordinal_fold(&right));
    let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if left_case == right_case {
        differences.insert(Difference::Case);
    } else if spaces(&left) == spaces(&right) {
        differences.insert(Difference::Spaces);
    } else if spaces(&left_case) == spaces(&right_case) {
        differences.extend([Difference::Case, Difference::Spaces]);
    } else {
        differences.insert(Difference::Characters);
    }
}

/// Returns whether RFC 5280 surely takes two values with equal fold for one: sections 7.1 (PrintableString and UTF8String
/// along caseIgnoreMatch) and 7.3, 7.5 (IA5String without regard to case). Text beyond ASCII and types whose rule is not
/// at hand are left open.
fn rfc5280_equates(a: &AttributeValue, b: &AttributeValue) -> bool {
    let (Some(left), Some(right)) = (a.text(), b.text()) else { return false };
    let plain = |text: &str| text.bytes().all(|octet| (0x20..0x7f).contains(&octet));
    let directory = |kind| matches!(kind, StringKind::Printable | StringKind::Utf8);
    attribute::by_oid(a.oid()).is_some()
        && plain(left)
        && plain(right)
        && match (a.kind(), b.kind()) {
            (StringKind::Ia5, StringKind::Ia5) => left.eq_ignore_ascii_case(right),
            (x, y) => directory(x) && directory(y) && fold::fold(left) == fold::fold(right),
        }
}
