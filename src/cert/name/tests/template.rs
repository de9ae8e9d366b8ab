//! Subjects with a generation.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::attribute::ORGANIZATIONAL_UNIT;
use super::*;

fn rendered(template: &str, generation: &str) -> String {
    let subject = SubjectName::parse(template).unwrap_or_else(|error| panic!("{template}: {error:?}"));
    subject.render(&Generation::new(generation).unwrap()).unwrap().to_string()
}

#[test]
fn a_generation_goes_where_the_template_says_or_next_to_the_common_name() {
    let table = [
        ("CN=crm.contoso.com,O=Contoso", "CN=crm.contoso.com,OU=G1,O=Contoso"),
        ("CN=crm.contoso.com", "CN=crm.contoso.com,OU=G1"),
        ("CN=crm,OU=IT,DC=contoso,DC=com", "CN=crm,OU=G1,OU=IT,DC=contoso,DC=com"),
        ("C=DE,O=Contoso,CN=crm", "C=DE,O=Contoso,CN=crm,OU=G1"),
        ("O=Contoso,C=DE", "OU=G1,O=Contoso,C=DE"),
        ("OU=IT+CN=crm,O=Contoso", "OU=IT+CN=crm,OU=G1,O=Contoso"),
        ("CN=crm {g},O=Contoso", "CN=crm G1,O=Contoso"),
        ("CN={g}", "CN=G1"),
        ("CN=crm,OU=\"{g}, IT\"", "CN=crm,OU=G1\\, IT"),
        ("CN={g}-{g}", "CN=G1-G1"),
        (r"CN=\7Bg\7D", "CN={g},OU=G1"),
        ("CN=crm,OU=x+SERIALNUMBER={g}", "CN=crm,OU=x+serialNumber=G1"),
        ("CN=a {g}", "CN=a G1"),
    ];
    for (template, text) in table {
        assert_eq!(rendered(template, "G1"), text, "{template}");
    }
}

#[test]
fn a_generation_is_data_and_never_syntax() {
    for hostile in ["a,O=Evil", "a+CN=b", "\"", "#0500", "\\", "a;b", "{g}", "=", "<x>", "\\00"] {
        for template in ["CN=crm,O=Contoso", "CN={g},O=Contoso", "CN=\"{g}\",O=Contoso", "CN=crm,OU={g},O=Contoso"] {
            let generation = Generation::new(hostile).unwrap();
            let name = SubjectName::parse(template).unwrap().render(&generation).unwrap();
            assert!(name.attributes().any(|value| value.text() == Some(hostile)), "{template} with {hostile}: {name}");
            assert!(name.rdns().iter().all(|rdn| rdn.attributes.len() == 1));
            assert_eq!(name.attributes().filter(|value| value.text() == Some("Contoso")).count(), 1);
            assert_eq!(DistinguishedName::parse(&name.to_string()).unwrap(), name);
        }
    }
}

#[test]
fn the_default_generation_is_the_date_and_six_digits_of_the_key() {
    // SHA-256 of "abc" begins with ba7816 (FIPS 180-2 appendix B.1).
    let generation = Generation::default_for(date(2025, 11, 22), b"abc");
    assert_eq!(generation.as_str(), "S2S g20251122-ba7816");
    assert_eq!(Generation::new(generation.as_str()), Ok(generation.clone()));
    assert_ne!(Generation::default_for(date(2025, 11, 22), b"abd"), generation);
    let name = SubjectName::parse("CN=crm,O=Contoso").unwrap().render(&generation).unwrap();
    assert_eq!(name.to_string(), "CN=crm,OU=S2S g20251122-ba7816,O=Contoso");
    let unit = name.attributes().find(|value| value.oid() == ORGANIZATIONAL_UNIT).unwrap();
    assert_eq!(unit.kind(), StringKind::Printable);
}

#[test]
fn texts_that_cannot_be_generations_are_refused_with_the_reason() {
    let long = "x".repeat(65);
    let table = [
        ("", "empty"),
        (long.as_str(), "65 characters"),
        ("a\nb", "U+000A"),
        ("\u{202e}a", "U+202E"),
        ("a\u{200b}", "U+200B"),
        ("a\0", "U+0000"),
        (" a", "spaces"),
        ("a ", "spaces"),
        ("a  b", "spaces"),
    ];
    for (text, reason) in table {
        assert!(Generation::new(text).unwrap_err().to_string().contains(reason), "{text:?}");
    }
    assert!(Generation::new(&"ä".repeat(64)).is_ok());
}

#[test]
fn templates_that_cannot_become_a_subject_are_refused_with_the_reason() {
    let long = format!("CN={}", "x".repeat(65));
    let tight = format!("CN={}{{g}}", "x".repeat(64));
    let table = [
        ("", "empty"),
        ("  ", "empty"),
        ("CN=", "the value is empty"),
        ("CN=crm,O=\"\"", "character 10: the value is empty"),
        (long.as_str(), "CN has 65 characters"),
        (tight.as_str(), "CN has 65 characters"),
        (r"CN=a\0Ab", "U+000A"),
        ("CN=a\u{202e}b", "U+202E"),
        ("CN=crm,C={g}", "character 10: a country is exactly two letters"),
        ("CN=crm,C=DEU", "a country is exactly two letters"),
        ("CN", "'=' is expected"),
    ];
    for (text, reason) in table {
        let error = SubjectName::parse(text).unwrap_err();
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
    let subject = SubjectName::parse(&format!("CN={}{{g}}", "x".repeat(60))).unwrap();
    assert!(subject.render(&Generation::new("1234").unwrap()).is_ok());
    let error = subject.render(&Generation::new("12345").unwrap()).unwrap_err();
    assert!(error.to_string().contains("CN has 65 characters"), "{error}");
    let serial = SubjectName::parse("CN=crm,SERIALNUMBER={g}").unwrap();
    assert!(matches!(serial.render(&Generation::new("a_b").unwrap()), Err(SubjectError::Text(_))));
}

#[test]
fn the_generation_of_a_name_is_found_by_its_default_form_or_by_the_template() {
    let found = |notation: &str| generation_of(&name(notation));
    assert_eq!(found("CN=crm, OU=S2S g20251122-a1b2c3, O=Contoso").as_deref(), Some("S2S g20251122-a1b2c3"));
    assert_eq!(found("CN(Utf8)=crm (S2S g20251122-a1b2c3)").as_deref(), Some("S2S g20251122-a1b2c3"));
    for other in [
        "CN=crm",
        "",
        "OU=S2S g20251122-A1B2C3",
        "OU=S2S g2025112-a1b2c3",
        "OU=S2S g20251122-a1b2c34",
        "OU=xS2S g20251122-a1b2c3",
        "OU=S2S g20251122",
        "OU(Utf8)=S2S g2025112{FC}-a1b2c3",
    ] {
        assert_eq!(found(other), None, "{other}");
    }
    for template in ["CN=crm,O=Contoso", "CN=crm {g} x,O=Contoso", "CN=crm,OU=\"gen, {g}\",O=Contoso"] {
        let subject = SubjectName::parse(template).unwrap();
        let generation = Generation::new("Spring, 2026").unwrap();
        let name = subject.render(&generation).unwrap();
        assert_eq!(subject.generation_of(&name), Some(generation), "{template}");
        assert_eq!(subject.generation_of(&self::name("CN=other")), None);
    }
}

/// The notation names the string type of each value; without one it is that which we write.
#[test]
fn a_name_fits_its_template_whatever_its_string_types() {
    let subject = SubjectName::parse("CN=crm {g},O=Contoso").unwrap();
    for written in ["CN=crm 7, O=Contoso", "CN(Utf8)=crm 7, O(Utf8)=Contoso", "CN(Utf8)=crm 7, O=Contoso"] {
        assert_eq!(subject.generation_of(&name(written)).as_ref().map(Generation::as_str), Some("7"), "{written}");
    }
    for other in
        ["CN(Utf8)=web 7, O(Utf8)=Contoso", "O(Utf8)=Contoso, CN(Utf8)=crm 7", "CN(Utf8)=crm 7, O(Utf8)=contoso"]
    {
        assert_eq!(subject.generation_of(&name(other)), None, "{other}");
    }
}

proptest! {
    #[test]
    fn any_generation_fits_a_template_and_is_found_again(text in r"[!-~äß][ -~ä]{0,30}") {
        let Ok(generation) = Generation::new(&text) else { return Ok(()) };
        for template in ["CN=crm,O=Contoso", "CN=x {g},O=Contoso", "OU={g}+CN=crm"] {
            let subject = SubjectName::parse(template).unwrap();
            let name = subject.render(&generation).unwrap();
            prop_assert_eq!(subject.generation_of(&name), Some(generation.clone()));
            prop_assert_eq!(DistinguishedName::parse(&name.to_string()).unwrap(), name);
        }
    }
}
