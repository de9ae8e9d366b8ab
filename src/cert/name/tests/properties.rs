//! Properties over generated names, and hostile input.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Attribute types with and without a name of their own.
const TYPES: [&str; 8] = ["CN", "OU", "O", "ST", "UID", "title", "DC", "1.2.3.4"];

/// Texts that are close to each other in every way in which names may be close.
fn close_text() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "A", "b", " ", "  ", "é", "É", "e\u{301}", "ß", "SS", "ſ", "ı", "K", "\u{200b}", "\t", ",", "\"", "#",
        "ﬁ", "fi", "İ",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 0..4).prop_map(|pieces| pieces.concat())
}

fn value(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    (text, 0..6_usize).prop_map(|(text, kind)| match kind {
        0 => tlv(0x0c, text.as_bytes()),
        1 => tlv(0x1e, &encode_text("Bmp", &text)),
        2 => tlv(0x14, text.as_bytes()),
        3 => tlv(0x1c, &encode_text("Universal", &text)),
        4 => tlv(0x04, text.as_bytes()),
        _ => tlv(0x13, text.as_bytes()),
    })
}

fn any_name(values: impl Strategy<Value = Vec<u8>> + Clone + 'static) -> impl Strategy<Value = DistinguishedName> {
    let attribute = (0..TYPES.len(), values).prop_map(|(index, value)| {
        let oid = attribute::by_text(TYPES[index]).unwrap();
        sequence(&[&tlv(0x06, oid.as_bytes()), &value])
    });
    let rdn = vec(attribute, 1..3).prop_map(|attributes| tlv(0x31, &attributes.concat()));
    vec(rdn, 0..4).prop_map(|rdns| DistinguishedName::from_der(&tlv(0x30, &rdns.concat())).unwrap())
}

fn close_name() -> impl Strategy<Value = DistinguishedName> {
    any_name(value(close_text()).boxed())
}

fn wild_name() -> impl Strategy<Value = DistinguishedName> {
    let octets = (any::<u8>(), vec(any::<u8>(), 0..12)).prop_map(|(tag, octets)| tlv(tag & 0xde, &octets));
    any_name(prop_oneof![value(any::<String>().boxed()).boxed(), octets.boxed()].boxed())
}

/// A name of values in the encoding that text gets, with the SETs in DER order.
fn natural_name() -> impl Strategy<Value = String> {
    let part = (0..TYPES.len(), any::<String>()).prop_map(|(index, text)| {
        let text = if TYPES[index] == "DC" { text.replace(|c: char| !c.is_ascii(), "") } else { text };
        let hex: String = text.bytes().map(|octet| format!("\\{octet:02x}")).collect();
        format!("{}={hex}", TYPES[index])
    });
    vec(vec(part, 1..3).prop_map(|parts| parts.join("+")), 0..4).prop_map(|rdns| rdns.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn printed_text_of_natural_names_reads_back_to_the_same_octets(text in natural_name()) {
        let name = DistinguishedName::parse(&text).unwrap();
        prop_assert_eq!(DistinguishedName::parse(&name.to_string()).unwrap(), name);
    }

    #[test]
    fn printed_text_of_any_name_is_safe_and_reads_back_to_a_name_not_called_different(name in wild_name()) {
        let text = name.to_string();
        prop_assert!(text.chars().all(|c| !print::is_unprintable(c)), "{:?}", text);
        // The fixed syntax of DC is the one reason why a text may not read back.
        match DistinguishedName::parse(&text) {
            Ok(back) => prop_assert!(!matches!(compare(&name, &back), NameMatch::Different), "{} | {}", name, back),
            Err(error) => prop_assert_eq!(error.problem, TextProblem::NotAscii),
        }
    }

    #[test]
    fn comparison_is_reflexive_and_symmetric_and_agrees_with_the_keys(a in close_name(), b in close_name()) {
        prop_assert_eq!(compare(&a, &a), NameMatch::Same);
        let outcome = compare(&a, &b);
        prop_assert_eq!(&outcome, &compare(&b, &a));
        prop_assert_eq!(a.normalised_key() == b.normalised_key(), outcome != NameMatch::Different);
        prop_assert_eq!(outcome == NameMatch::Same, a.der() == b.der());
    }

    #[test]
    fn names_that_windows_prints_alike_are_never_called_different(a in close_name(), b in close_name()) {
        if a.windows_text().text.eq_ignore_ascii_case(&b.windows_text().text) {
            prop_assert!(compare(&a, &b) != NameMatch::Different, "{} | {}", a, b);
        }
    }

    #[test]
    fn wild_names_compare_symmetrically_too(a in wild_name(), b in wild_name()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a));
    }

    #[test]
    fn a_value_that_differs_only_in_what_a_comparison_may_overlook_is_not_different(text in "[a-zà-ž ,.]{1,12}") {
        let a = DistinguishedName::from_der(&sequence(&[&tlv(0x31, &attribute("CN", 0x0c, &text))])).unwrap();
        for other in [text.to_uppercase(), format!(" {text} "), text.replace(' ', "  "), text.replace('a', "a\u{ad}")] {
            let b = DistinguishedName::from_der(&sequence(&[&tlv(0x31, &attribute("CN", 0x0c, &other))])).unwrap();
            prop_assert!(compare(&a, &b) != NameMatch::Different, "{} | {}", a, b);
        }
    }

    #[test]
    fn names_with_another_generation_are_always_different(a in "[0-9a-f]{6}", b in "[0-9a-f]{6}") {
        prop_assume!(a != b);
        let subject = SubjectName::parse("CN=crm,O=Contoso").unwrap();
        let render = |hex: &str| subject.render(&Generation::new(&format!("S2S g20251122-{hex}")).unwrap()).unwrap();
        prop_assert_eq!(compare(&render(&a), &render(&b)), NameMatch::Different);
    }
}

fn attribute(kind: &str, tag: u8, text: &str) -> Vec<u8> {
    sequence(&[&tlv(0x06, attribute::by_text(kind).unwrap().as_bytes()), &tlv(tag, text.as_bytes())])
}

/// A small generator, so that twenty thousand inputs cost nothing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap()
    }
}

/// Asks a name everything that can be asked.
fn exercise(name: &DistinguishedName, other: &DistinguishedName) {
    let text = name.to_string();
    let _ = (name.windows_text(), name.bound_violations(), generation_of(name), name.normalised_key());
    let _ = (compare(name, other), compare_lookup(&text, name), compare_lookup(&text, other));
}

#[test]
fn twenty_thousand_damaged_names_and_random_octets_are_read_or_refused_without_a_panic() {
    let mut random = Random(1);
    let seeds = [
        der_of("CN=crm.contoso.com, OU=S2S g20251122-a1b2c3, O=Contoso, C=DE"),
        der_of("CN(Bmp)=M{FC} + OU(T61)=#FC, E(Ia5)=a@contoso.com, 1.2.3.4(DER)=#3003020101"),
        der_of("CN(Universal)=ab, DC(Ia5)=contoso, UID(Utf8)={1F600}"),
    ];
    let base = name("CN=crm");
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut octets = seeds[round % seeds.len()].clone();
        for _ in 0..random.next() % 4 {
            let at = random.next() % octets.len();
            octets[at] = (random.next() & 0xff) as u8;
        }
        if random.next().is_multiple_of(8) {
            octets.truncate(random.next() % octets.len());
        }
        if random.next().is_multiple_of(16) {
            octets = (0..random.next() % 64).map(|_| (random.next() & 0xff) as u8).collect();
        }
        match DistinguishedName::from_der(&octets) {
            Ok(name) => {
                accepted += 1;
                exercise(&name, &base);
            }
            Err(_) => refused += 1,
        }
        let _ = DistinguishedName::from_encoded(&octets).to_string();
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn twenty_thousand_random_texts_are_read_or_refused_without_a_panic() {
    let mut random = Random(2);
    let pieces: Vec<char> = "CNOU=,;+\\\"#<>{g} 0aF.1éß\u{202e}\0\n😀".chars().collect();
    let base = name("CN=crm");
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut text = if round % 2 == 0 { "CN=".to_owned() } else { String::new() };
        text.extend((0..random.next() % 12).map(|_| pieces[random.next() % pieces.len()]));
        match DistinguishedName::parse(&text) {
            Ok(name) => {
                accepted += 1;
                exercise(&name, &base);
            }
            Err(error) => {
                refused += 1;
                assert!(error.position <= text.chars().count(), "{text:?}: {error}");
            }
        }
        if let Ok(subject) = SubjectName::parse(&text) {
            let generation = Generation::new("a,b").unwrap();
            if let Ok(name) = subject.render(&generation) {
                exercise(&name, &base);
                let _ = subject.generation_of(&name);
            }
        }
        let _ = compare_lookup(&text, &base);
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}
