//! The table of name comparisons. docs/distinguished-names.md carries the same table; a test holds the two together.

use super::super::Verdict::{self, Different as D, Same as S, Unknown as U};
use super::*;

/// Two names, what each comparison says, why, and where that is known from.
struct Case(&'static str, &'static str, [Verdict; 3], &'static str, &'static str);

/// What the marks of the table's last column mean.
const SOURCES: [(&str, &str); 7] = [
    (
        "N",
        "public source of .NET (Framework 4 and later, the same in both): the subject is printed by `CertGetNameString` \
with `CERT_X500_NAME_STR` and `CERT_NAME_STR_REVERSE_FLAG` and compared by `OrdinalIgnoreCase`. Seen, not run here",
    ),
    (
        "T",
        "public tests of .NET (`X500DistinguishedNameTests`, `X500DistinguishedNameEncodingTests`), which its makers run \
on Windows. Not run here",
    ),
    ("M", "documented by Microsoft: `CERT_RDN_ATTR`, `CertNameToStr`, `CertStrToName`, `CertCompareCertificateName`"),
    (
        "O",
        "Microsoft's open specification MS-OSCO, how a subject becomes a string: labels, quotes, spaces. It differs from T \
in quotation marks (it has apostrophes around such a value); where the two differ we follow T, which Windows has passed",
    ),
    ("R", "an RFC: 5280 sections 7.1, 7.3, 7.5; 4518 section 2; 4514"),
    ("I", "inferred from the others; to be tried on a real server before anything rests on it"),
    ("?", "looked for and not found; hence `unknown`"),
];

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Identical.
    Case("CN=crm.contoso.com", "CN=crm.contoso.com", [S, S, S], "identical", "N"),
    Case("CN=crm.contoso.com, OU=S2S, O=Contoso, C=DE", "CN=crm.contoso.com, OU=S2S, O=Contoso, C=DE", [S, S, S], "identical", "N"),
    Case("", "", [S, S, S], "two empty subjects; Windows then prints a directory name from the alternative names, if any", "N M"),
    Case("CN(T61)=#4DFC6C6C6572", "CN(T61)=#4DFC6C6C6572", [S, S, S], "identical, whatever the octets mean", "N"),
    Case("CN(Utf8)=#61FF", "CN(Utf8)=#61FF", [S, S, S], "identical, though not valid UTF-8", "N"),
    Case("CN(Utf8)=a{0}b", "CN(Utf8)=a{0}b", [S, S, S], "identical, though it holds U+0000", "N"),
    // Letter case.
    Case("CN=crm.contoso.com", "CN=CRM.contoso.com", [S, D, S], "letter case", "N R"),
    Case("CN=crm, O=Contoso", "CN=crm, O=CONTOSO", [S, D, S], "letter case in another RDN", "N R"),
    Case("CN=crm, DC(Ia5)=contoso, DC(Ia5)=com", "CN=crm, DC(Ia5)=CONTOSO, DC(Ia5)=COM", [S, D, S], "letter case in a domain component", "N R"),
    Case("E(Ia5)=crm@contoso.com", "E(Ia5)=CRM@contoso.com", [S, D, S], "letter case in an e-mail address", "N R"),
    Case("CN=crm, C=DE", "CN=crm, C=de", [S, D, S], "letter case in a country", "N R"),
    Case("ST=Bayern", "ST=BAYERN", [S, D, S], "letter case; whether the type is written S or ST is not in the name", "N R"),
    Case("UID=crm", "UID=CRM", [S, D, S], "letter case, in a type that Windows prints by number", "N O R"),
    Case("CN(Utf8)=M{FC}ller", "CN(Utf8)=M{DC}LLER", [U, D, U], "letter case beyond ASCII rests on the table of the Windows version", "N ?"),
    Case("CN(Utf8)={43F}{440}{438}{432}{435}{442}", "CN(Utf8)={41F}{420}{418}{412}{415}{422}", [U, D, U], "letter case in Cyrillic", "N ?"),
    Case("CN(Utf8)={3BF}{3B4}{3BF}{3C2}", "CN(Utf8)={39F}{394}{39F}{3A3}", [U, D, U], "the final sigma has an upper case but is not the lower case of it", "N ?"),
    Case("CN(Utf8)=Stra{DF}e", "CN=STRASSE", [D, D, U], "an ordinal comparison never turns one letter into two", "N I"),
    Case("CN(Utf8)={131}", "CN=I", [U, D, U], "dotless i: newer .NET does not fold it, older takes the table of Windows", "N ?"),
    Case("CN(Utf8)={130}stanbul", "CN=istanbul", [D, D, D], "dotted capital I is no i in any of the three", "N R"),
    Case("CN(Utf8)={212A}", "CN=k", [U, D, U], "the Kelvin sign", "N ?"),
    Case("CN(Utf8)={17F}2s", "CN=s2s", [U, D, U], "the long s: newer .NET does not fold it", "N ?"),
    // String types.
    Case("CN=crm.contoso.com", "CN(Utf8)=crm.contoso.com", [S, D, S], "PrintableString (certreq, PowerShell) and UTF8String (OpenSSL) print alike", "N T R"),
    Case("CN=crm, O=Contoso, C=DE", "CN(Utf8)=crm, O(Utf8)=Contoso, C=DE", [S, D, S], "a whole name renewed with the other tool", "N T R"),
    Case("CN=crm", "CN(Bmp)=crm", [S, D, U], "PrintableString and BMPString", "N T"),
    Case("CN(Utf8)=M{FC}ller", "CN(Bmp)=M{FC}ller", [S, D, U], "UTF8String (RFC 5280) and BMPString (Windows' own choice)", "N T"),
    Case("CN(Utf8)={1F600}", "CN(Bmp)={1F600}", [S, D, U], "beyond 16 bits BMPString holds a surrogate pair, as Windows itself writes", "I"),
    Case("CN=crm", "CN(T61)=crm", [S, D, U], "PrintableString and TeletexString", "T"),
    Case("CN(Utf8)=M{FC}", "CN(T61)=#4DC3BC", [S, D, U], "TeletexString with valid UTF-8 is read as UTF-8", "M T"),
    Case("CN(Utf8)=M{FC}", "CN(T61)=#4DFC", [S, D, U], "TeletexString otherwise is read as Latin-1", "M T"),
    Case("CN(Utf8)=M{C3}{BC}", "CN(T61)=#4DC3BC", [D, D, D], "so it is not read as Latin-1 where it is UTF-8", "M T"),
    Case("CN=crm", "CN(Universal)=crm", [U, D, U], "how Windows prints UniversalString is not known", "?"),
    Case("CN=crm", "CN(Ia5)=crm", [S, D, U], "IA5String in a common name", "I"),
    Case("E(Ia5)=crm@contoso.com", "E(Utf8)=crm@contoso.com", [S, D, U], "UTF8String in an e-mail address", "I"),
    Case("DC(Ia5)=contoso", "DC(Printable)=contoso", [S, D, U], "PrintableString in a domain component", "I"),
    Case("SERIALNUMBER=123", "SERIALNUMBER(Numeric)=123", [S, D, U], "NumericString", "T"),
    Case("CN=crm", "CN(Visible)=crm", [S, D, U], "VisibleString", "I"),
    Case("C=DE", "C(Utf8)=DE", [S, D, S], "UTF8String in a country, which RFC 5280 forbids", "N R"),
    Case("CN(Utf8)=*.contoso.com", "CN(Printable)=*.contoso.com", [S, D, S], "an asterisk is outside PrintableString, and often found in it", "N I"),
    Case("CN=crm.contoso.com", "CN(Utf8)=CRM.CONTOSO.COM", [S, D, S], "string type and letter case at once", "N R"),
    Case("1.2.3.4=a", "1.2.3.4(Utf8)=a", [S, D, U], "string type in a type that nobody knows", "N"),
    // Spaces and invisible characters.
    Case("CN=S2S crm", "CN=S2S  crm", [D, D, S], "two spaces within a value, which Windows prints as they are", "O R"),
    Case("CN=crm", "CN={20}crm", [D, D, S], "a space before: Windows quotes the value", "T O R"),
    Case("CN=crm", "CN=crm{20}", [D, D, S], "a space after: Windows quotes the value", "T O R"),
    Case("CN=", "CN={20}", [D, D, S], "an empty value and a space: Windows quotes both", "T O R"),
    Case("CN=S2S crm", "CN(Utf8)=S2S{9}crm", [D, D, U], "a tab for a space", "N"),
    Case("CN=S2S crm", "CN(Utf8)=S2S{A0}crm", [D, D, U], "a no-break space for a space", "N"),
    Case("CN=crm", "CN(Utf8)=crm{2002}", [D, D, U], "an en space after, which Windows does not quote", "T"),
    Case("CN=crm", "CN(Utf8)=c{200B}rm", [D, D, U], "a zero-width space", "N"),
    Case("CN=crm", "CN(Utf8)=c{AD}rm", [D, D, U], "a soft hyphen", "N"),
    Case("CN=crm", "CN(Utf8)={202E}crm", [D, D, U], "a right-to-left override", "N"),
    Case("CN=crm", "CN(Utf8)=crm{D}", [D, D, U], "a carriage return at the end", "T"),
    Case("CN=S2S crm", "CN=s2s  CRM", [D, D, S], "spaces and letter case at once", "N R"),
    // Characters that normalisation equates.
    Case("CN(Utf8)=caf{E9}", "CN(Utf8)=cafe{301}", [D, D, U], "composed and decomposed", "N"),
    Case("CN=A", "CN(Utf8)={FF21}", [D, D, U], "a full-width letter", "N"),
    Case("CN=office", "CN(Utf8)=o{FB03}ce", [D, D, U], "a ligature", "N"),
    Case("CN(Utf8)={C5}", "CN(Utf8)={212B}", [U, D, U], "the Angstrom sign, whose lower case is that of the letter", "N ?"),
    Case("CN=crm", "CN(Utf8)={441}rm", [D, D, D], "a Cyrillic letter that looks Latin stays another letter", "N R"),
    // Multi-valued RDNs.
    Case("CN=crm + OU=S2S", "OU=S2S + CN=crm", [D, D, S], "the order within an RDN: printed as encoded, and no meaning in X.501", "T R"),
    Case("CN=crm + OU=S2S", "OU=s2s + CN(Utf8)=CRM", [D, D, S], "that order, letter case and string type at once", "T R"),
    Case("OU=zzzz + OU=aaaa", "OU=aaaa + OU=zzzz", [D, D, S], "one type twice, not sorted as DER asks", "T R"),
    Case("CN=crm + OU=S2S, O=Contoso", "CN(Utf8)=crm + OU=S2S, O=Contoso", [S, D, S], "the same order, another string type", "T R"),
    Case("CN=crm + OU=S2S", "CN=crm, OU=S2S", [D, D, D], "one RDN with two attributes, two RDNs", "T R"),
    Case("CN=crm + CN=crm", "CN=crm", [D, D, D], "one attribute twice", "N I"),
    // Structure.
    Case("CN=crm, O=Contoso", "O=Contoso, CN=crm", [D, D, D], "the order of RDNs", "N R"),
    Case("CN=crm, O=Contoso", "CN=crm", [D, D, D], "one RDN more", "N R"),
    Case("CN=crm, OU=S2S g20251122-a1b2c3", "CN=crm, OU=S2S g20251122-a1b2c4", [D, D, D], "another generation", "N R"),
    Case("CN=crm, OU=IT, OU=S2S", "CN=crm, OU=S2S, OU=IT", [D, D, D], "two units exchanged", "N R"),
    Case("CN=crm", "OU=crm", [D, D, D], "another attribute type", "N R"),
    Case("CN=crm", "", [D, D, D], "an empty subject", "N R"),
    Case("CN=crm.contoso.com", "CN=crm", [D, D, D], "a part of a value: FindBySubjectName would match, the whole name does not", "N M"),
    Case("CN=crm{2C} O=Contoso", "CN=crm, O=Contoso", [D, D, D], "a comma within a value: Windows quotes it", "T O R"),
    Case("CN(Utf8)=a{22}b", "CN(Utf8)=a{22}{22}b", [D, D, D], "a quotation mark: Windows doubles it", "T R"),
    Case("CN(Utf8)=a{5C}b", "CN(Utf8)=a{5C}{5C}b", [D, D, D], "a backslash: Windows prints it as it is", "N R"),
    // Values that are no text, or broken.
    Case("CN(Utf8)={23}3000", "CN(DER)=#3000", [D, D, D], "a text like a hexadecimal value: Windows quotes it", "T"),
    Case("CN(DER)=#04023000", "CN(DER)=#3000", [S, D, U], "an OCTET STRING is printed as its content", "T"),
    Case("CN(DER)=#0303003000", "CN(DER)=#0303003100", [D, D, D], "two BIT STRINGs", "T"),
    Case("CN(Utf8)=#61FF", "CN(Utf8)=#61FE", [U, D, U], "octets that are not UTF-8", "?"),
    Case("CN(Printable)=#4DFC", "CN(Utf8)=M{FC}", [U, D, U], "octets beyond ASCII in PrintableString", "?"),
    Case("CN(Bmp)=#D800", "CN(Bmp)=#D801", [U, D, U], "half a surrogate pair", "?"),
    Case("CN(Utf8)=crm{0}x, O=Contoso", "CN=crm", [U, D, U], "U+0000: text functions may stop there", "I ?"),
    Case("CN(Utf8)=crm{0}x", "CN=other", [U, D, U], "U+0000 leaves every comparison open", "I ?"),
    Case("CN=crm, ()", "CN=crm", [U, D, U], "an RDN without attributes, which X.501 forbids", "?"),
];

#[test]
fn every_case_of_the_table_comes_out_as_the_table_says_in_both_directions() {
    assert!(CASES.len() >= 60);
    for Case(a, b, verdicts, why, _) in CASES {
        let (left, right) = (name(a), name(b));
        for comparison in [Comparison::of(&left, &right), Comparison::of(&right, &left)] {
            assert_eq!([comparison.lookup, comparison.octets, comparison.rfc5280], *verdicts, "{a} | {b}: {why}");
        }
        match (compare(&left, &right), verdicts) {
            (NameMatch::Same, [S, S, S]) | (NameMatch::Different, [D, D, D]) => {}
            (NameMatch::Ambiguous(reason), _) if verdicts.iter().any(|verdict| *verdict != verdicts[0]) => {
                assert!(!reason.contains("in : "), "no difference named for {a} | {b}: {reason}");
            }
            (outcome, _) => panic!("{a} | {b}: {outcome:?}"),
        }
    }
}

#[test]
fn keys_are_equal_exactly_where_the_table_does_not_say_different_but_for_broken_names() {
    for Case(a, b, verdicts, why, _) in CASES {
        let broken = |notation: &str| notation.contains("{0}") || notation.contains("()");
        if (broken(a) || broken(b)) && a != b {
            continue;
        }
        let equal = name(a).normalised_key() == name(b).normalised_key();
        assert_eq!(equal, *verdicts != [D, D, D], "{a} | {b}: {why}");
    }
}

#[test]
fn the_keys_of_all_names_of_the_table_group_them_as_the_comparison_does() {
    let names: Vec<_> = CASES.iter().flat_map(|Case(a, b, ..)| [name(a), name(b)]).collect();
    let mut compared = 0;
    for left in &names {
        for right in &names {
            let equal = left.normalised_key() == right.normalised_key();
            match compare(left, right) {
                NameMatch::Different => assert!(!equal, "{left} | {right}"),
                NameMatch::Same => assert!(equal, "{left} | {right}"),
                NameMatch::Ambiguous(reason) => {
                    assert!(equal || reason.contains("U+0000"), "{left} | {right}: {reason}");
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 20_000);
}

#[test]
fn the_sentence_of_an_ambiguous_outcome_names_the_difference_and_what_follows() {
    let reason = |a, b| match compare(&name(a), &name(b)) {
        NameMatch::Ambiguous(reason) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason("CN=crm", "CN(Utf8)=CRM"),
        "the names differ in string type only in places (such as PrintableString and UTF8String) and letter case: \
         FindBySubjectDistinguishedName takes them for one name, a comparison of the encoded names does not"
    );
    assert!(reason("CN=a b", "CN=a  b").contains("tells them apart, RFC 5280 takes them for one name"));
    assert!(reason("CN(Utf8)={E9}", "CN(Utf8)={C9}").contains("it is not known"));
    assert!(reason("CN=a + OU=b", "OU=b + CN=a").contains("order of the attributes"));
}

#[test]
fn the_document_carries_this_table_and_no_other() {
    let mut table = String::from(
        "| | one name | other name | look-up | octets | RFC 5280 | outcome | why | source |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (index, Case(a, b, verdicts, why, source)) in CASES.iter().enumerate() {
        let [lookup, octets, rfc5280] = verdicts.map(|verdict| match verdict {
            S => "same",
            D => "different",
            U => "unknown",
        });
        let outcome = match verdicts {
            [S, S, S] => "same",
            [D, D, D] => "different",
            _ => "**ambiguous**",
        };
        let code = |notation: &str| if notation.is_empty() { "(empty)".to_owned() } else { format!("`{notation}`") };
        let row = [&(index + 1).to_string(), &code(a), &code(b), lookup, octets, rfc5280, outcome, why, source];
        table.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    let legend: String = SOURCES.iter().map(|(mark, text)| format!("- **{mark}**: {text}.\n")).collect();
    lookups::assert_in_document("cases", &table);
    lookups::assert_in_document("sources", &legend);
}
