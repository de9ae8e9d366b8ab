//! The table of texts against names: what `FindBySubjectDistinguishedName` finds with a configured text.

#![expect(clippy::disallowed_methods, reason = "the test reads the document it checks")]

use super::*;

/// A text, a name, the outcome (`same`, `different`, or a piece of the reason), and why.
struct Lookup(&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const LOOKUPS: &[Lookup] = &[
    Lookup("CN=crm.contoso.com, O=Contoso, C=DE", "CN=crm.contoso.com, O=Contoso, C=DE", "same", "as Windows prints it"),
    Lookup("cn=CRM.contoso.com, o=contoso, c=de", "CN(Utf8)=crm.contoso.com, O=Contoso, C=DE", "same", "letter case is ignored, of labels too"),
    Lookup("CN=crm.contoso.com,O=Contoso,C=DE", "CN=crm.contoso.com, O=Contoso, C=DE", "compares characters", "RFC 4514 has no space after a comma, Windows has one"),
    Lookup("CN = crm.contoso.com", "CN=crm.contoso.com", "compares characters", "spaces around the equals sign, as OpenSSL 3 prints"),
    Lookup("C=DE, O=Contoso, CN=crm", "CN=crm, O=Contoso, C=DE", "opposite order", "the order in which OpenSSL prints"),
    Lookup("CN=crm, S=Bayern", "CN=crm, ST=Bayern", "same", "Windows prints S"),
    Lookup("CN=crm, ST=Bayern", "CN=crm, ST=Bayern", "compares characters", "RFC 4514 and OpenSSL write ST"),
    Lookup("E=crm@contoso.com, CN=crm", "E(Ia5)=crm@contoso.com, CN=crm", "same", "Windows prints E"),
    Lookup("emailAddress=crm@contoso.com, CN=crm", "E(Ia5)=crm@contoso.com, CN=crm", "compares characters", "OpenSSL writes emailAddress"),
    Lookup("CN=crm, O=\"Contoso, Ltd.\"", "CN=crm, O=Contoso{2C} Ltd.", "same", "Windows quotes a value with a comma"),
    Lookup(r"CN=crm, O=Contoso\, Ltd.", "CN=crm, O=Contoso{2C} Ltd.", "compares characters", "RFC 4514 escapes the comma"),
    Lookup("CN=\"crm\"", "CN=crm", "compares characters", "quoted without need"),
    Lookup("CN=\"\"", "CN=", "same", "Windows quotes an empty value"),
    Lookup("CN=crm + OU=S2S", "CN=crm + OU=S2S", "same", "in the order of the encoding"),
    Lookup("OU=S2S + CN=crm", "CN=crm + OU=S2S", "compares characters", "in another order"),
    Lookup("OID.1.2.3.4=a, CN=crm", "1.2.3.4=a, CN=crm", "not known", "labels beyond the well-known ones differ between versions of Windows"),
    Lookup("UID=crm", "UID=crm", "compares characters", "Windows prints the number of this type"),
    Lookup("CN=MÜLLER", "CN(Utf8)=M{FC}ller", "beyond ASCII", "letter case beyond ASCII"),
    Lookup("CN=crm", "CN(Utf8)=crm{0}x", "U+0000", "a name with U+0000"),
    Lookup("CN=crm", "CN=crm, O=Contoso", "different", "a part of the name does not find it"),
    Lookup("crm", "CN=crm", "different", "no name at all"),
    Lookup("/C=DE/CN=crm", "CN=crm, C=DE", "different", "OpenSSL's old form is no name here"),
    Lookup("", "", "not known", "an empty subject: Windows prints a directory name from the alternative names"),
];

#[test]
fn every_text_of_the_table_finds_what_the_table_says() {
    for Lookup(text, notation, expected, why) in LOOKUPS {
        match (compare_lookup(text, &name(notation)), *expected) {
            (NameMatch::Same, "same") | (NameMatch::Different, "different") => {}
            (NameMatch::Ambiguous(reason), piece) if reason.contains(piece) => {}
            (outcome, _) => panic!("{text} | {notation}: {outcome:?} ({why})"),
        }
    }
}

#[test]
fn the_printed_name_always_finds_its_own_name_where_the_print_is_certain() {
    for Lookup(_, notation, ..) in LOOKUPS {
        let name = name(notation);
        let printed = name.windows_text();
        if printed.certain && !name.is_empty() {
            assert_eq!(compare_lookup(&printed.text, &name), NameMatch::Same, "{notation}");
        }
    }
}

#[test]
fn the_document_carries_the_table_of_texts() {
    let mut table = String::from("| text | subject | outcome | why |\n|---|---|---|---|\n");
    for Lookup(text, notation, expected, why) in LOOKUPS {
        let outcome = if matches!(*expected, "same" | "different") { expected } else { "**ambiguous**" };
        let code = |text: &str| if text.is_empty() { "(empty)".to_owned() } else { format!("`{text}`") };
        table.push_str(&format!("| {} | {} | {outcome} | {why} |\n", code(text), code(notation)));
    }
    assert_in_document("lookups", &table);
}

/// Asserts that docs/distinguished-names.md holds exactly this between the markers of a section. With `UPDATE_DOCS=1` the
/// document is rewritten instead.
pub(super) fn assert_in_document(section: &str, expected: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/distinguished-names.md");
    let document = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (begin, end) = (format!("<!-- {section}: generated -->\n\n"), format!("\n<!-- {section}: end -->"));
    let start = document.find(&begin).unwrap() + begin.len();
    let stop = start + document[start..].find(&end).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let whole = format!("{}{expected}{}", &document[..start], &document[stop..]);
        std::fs::write(path, whole).unwrap();
        return;
    }
    assert_eq!(&document[start..stop], expected, "run the test with UPDATE_DOCS=1 to rewrite the document");
}
