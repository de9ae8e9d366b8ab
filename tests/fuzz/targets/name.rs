//! Distinguished names, from text and from octets: what is printed is read back as the same name, and comparisons hold together.

#![no_main]

use libfuzzer_sys::fuzz_target;
use s2scert::cert::DistinguishedName;
use s2scert::cert::name::{
    Generation, MAX_ATTRIBUTES, MAX_TEXT, NameMatch, SubjectName, TextProblem, compare, compare_lookup, generation_of,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(name) = DistinguishedName::from_der(bytes) {
        assert_eq!(name.der(), bytes);
        printed_text_is_read_back(&name);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Two names in one input, so that pairs of names meet.
    let names: Vec<_> = text.splitn(2, '\n').filter_map(|text| DistinguishedName::parse(text).ok()).collect();
    for name in &names {
        assert_eq!(&DistinguishedName::from_der(name.der()).expect("what is encoded is read"), name);
        printed_text_is_read_back(name);
        for other in &names {
            one_is_to_other_as_other_is_to_one(name, other);
        }
    }
    compare_lookup(text, names.first().unwrap_or(&DistinguishedName::parse("CN=x").expect("a name")));
    templates_give_back_their_generation(text);
});

/// RFC 4514 section 2 and 3: the text stands for the name.
fn printed_text_is_read_back(name: &DistinguishedName) {
    let text = name.to_string();
    name.windows_text();
    name.bound_violations();
    let again = match DistinguishedName::parse(&text) {
        Ok(again) => again,
        // Octets have no bounds of their own, and may hold an RDN without an attribute, for which there is no text.
        Err(_) if text.chars().count() > MAX_TEXT || name.attributes().count() > MAX_ATTRIBUTES => return,
        Err(_) if name.rdns().iter().any(|rdn| rdn.attributes.is_empty()) => return,
        // A value of a text type that the attribute does not take: read from others, never written.
        Err(error)
            if matches!(error.problem, TextProblem::Country | TextProblem::NotPrintable | TextProblem::NotAscii) =>
        {
            return;
        }
        Err(error) => panic!("{text:?} was printed and is not read: {error}"),
    };
    // Octets from elsewhere may hold a string of another type than we write, which can change the order within an RDN; what
    // was read from a text is written and read the same from then on.
    if name.rdns().iter().all(|rdn| rdn.attributes.len() == 1) {
        assert_eq!(again.to_string(), text, "printed twice");
    }
    assert_eq!(DistinguishedName::parse(&again.to_string()).as_ref(), Ok(&again), "{text:?}");
    assert_ne!(compare(name, &again), NameMatch::Different, "{text:?}");
    assert_eq!(name.normalised_key(), again.normalised_key(), "{text:?}");
}

fn one_is_to_other_as_other_is_to_one(one: &DistinguishedName, other: &DistinguishedName) {
    let outcome = compare(one, other);
    assert_eq!(outcome, compare(other, one), "{one} and {other}");
    if one == other {
        assert_ne!(outcome, NameMatch::Different, "{one}");
    }
    if one.normalised_key() == other.normalised_key() {
        assert_ne!(outcome, NameMatch::Different, "{one} and {other} have one key");
    }
}

fn templates_give_back_their_generation(text: &str) {
    let Ok(template) = SubjectName::parse(text) else { return };
    let generation = Generation::new("S2S g20261122-0a1b2c").expect("a generation");
    // The generation may make a value too long.
    let Ok(name) = template.render(&generation) else { return };
    printed_text_is_read_back(&name);
    assert_eq!(DistinguishedName::from_der(name.der()).as_ref(), Ok(&name));
    generation_of(&name);
    if let Some(found) = template.generation_of(&name) {
        assert_eq!(template.render(&found).as_ref(), Ok(&name));
    }
}
