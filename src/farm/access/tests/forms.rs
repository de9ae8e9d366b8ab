//! The two forms of a descriptor: tables, and round trips of any one.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use proptest::prelude::*;

use super::super::descriptor::{Ace, AceKind, Acl, OpaqueAce, PlainAce};
use super::super::*;

/// The access list of a key that works, as found in the field.
pub(super) const WORKING: &str = "D:PAI(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)(A;;0x80120089;;;NS)";

#[test]
fn texts_are_read_and_written_alike() {
    for text in [
        WORKING,
        "O:BAG:SYD:P(A;;FA;;;SY)(D;OICI;0x1;;;S-1-5-21-1-2-3-1001)S:AI(AU;SAFA;FA;;;WD)",
        "D:NO_ACCESS_CONTROL",
        "D:PNO_ACCESS_CONTROL",
        "D:",
        "D:AR(A;ID;FR;;;BU)",
        "",
        "D:(XA;;FR;;;WD;(@User.Title==\"a)(b\" && (Member_of {SID(BA)})))(A;;GR;;;NS)",
        "D:(OA;;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;BA)",
        "S:(ML;;NW;;;HI)",
        "D:(RAW;09000600abcd)",
    ] {
        let descriptor: Descriptor = text.parse().unwrap();
        assert_eq!(descriptor.to_string(), text);
    }
}

#[test]
fn other_ways_to_write_the_same_are_understood() {
    for (given, printed) in [
        (" d:p(a;;ga;;;sy) ", "D:P(A;;GA;;;SY)"),
        ("D:P(A;;GRGX;;;S-1-5-20)", "D:P(A;;0xa0000000;;;NS)"),
        ("D:(A;;1179785;;;BA) (A;;FR;;;NS)", "D:(A;;FR;;;BA)(A;;FR;;;NS)"),
        ("O:S-1-5-18G:S-1-5-32-544", "O:SYG:BA"),
    ] {
        assert_eq!(given.parse::<Descriptor>().unwrap().to_string(), printed, "{given}");
    }
}

#[test]
fn what_is_no_descriptor_says_why() {
    for (text, why) in [
        ("x", "expected O:"),
        ("Q:BA", "expected O:"),
        ("D:P(A;;FA;;;SY)D:P", "stands there twice"),
        ("D:Q(A;;FA;;;SY)", "a flag of a list"),
        ("D:P(A;;FA;;;SY", "never closed"),
        ("D:(A;;FA;;;DA)", "sixth field"),
        ("D:(A;;FA;;;)", "sixth field"),
        ("D:(A;QQ;FA;;;SY)", "a flag is not known"),
        ("D:(A;;ZZ;;;SY)", "a right is not known"),
        ("D:(A;;FA;;;SY;more)", "more than six"),
        ("D:()", "first field"),
        ("D:NO_ACCESS_CONTROL(A;;FA;;;SY)", "null list"),
        ("D:(RAW;0900)", "RAW"),
        ("D:(RAW;09000700abcd)", "RAW"),
        ("O:nobody", "no identity"),
        ("é:", "expected O:"),
    ] {
        let error = text.parse::<Descriptor>().unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert_eq!("D".repeat(MAX_TEXT + 1).parse::<Descriptor>(), Err(SddlError::TooLong));
}

/// `D:P(A;;FA;;;SY)` as `ConvertStringSecurityDescriptorToSecurityDescriptorW` makes it.
#[test]
fn octets_are_those_of_windows() {
    let octets: Vec<u8> = [
        &[1, 0, 4, 0x90][..], // revision, control: self-relative, protected, present
        &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0], // offsets
        &[2, 0, 28, 0, 1, 0, 0, 0], // the list
        &[0, 0, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], // its entry
    ]
    .concat();
    let descriptor: Descriptor = "D:P(A;;FA;;;SY)".parse().unwrap();
    assert_eq!(descriptor.to_octets().unwrap(), octets);
    assert_eq!(Descriptor::from_octets(&octets).unwrap(), descriptor);
    for end in 0..octets.len() {
        assert_eq!(Descriptor::from_octets(&octets[..end]), Err(BinaryError::CutOff), "{end}");
    }
}

#[test]
fn an_entry_with_a_condition_given_as_text_cannot_become_octets_silently() {
    let descriptor: Descriptor = "D:(XA;;FR;;;WD;(a==1))".parse().unwrap();
    assert_eq!(descriptor.to_octets(), Err(BinaryError::OnlyText));
}

pub(super) fn sid() -> impl Strategy<Value = Sid> {
    prop_oneof![
        3 => prop::sample::select(well_known::ALL).prop_map(|known| known.sid()),
        1 => (1..4_u32).prop_map(|number| Sid::nt(&[21, 1, 2, 3, 1000 + number])),
    ]
}

fn plain() -> impl Strategy<Value = Ace> {
    let kind = prop_oneof![6 => Just(AceKind::Allow), 2 => Just(AceKind::Deny), 1 => Just(AceKind::Audit)];
    let flags = prop_oneof![4 => Just(0_u8), 1 => Just(0x10), 1 => any::<u8>()];
    let mask = prop_oneof![
        4 => prop::sample::select(&[rights::KEY_READ, rights::KEY_FULL, rights::FILE_READ, rights::FILE_ALL, 0x8010_0000, 0x0002_0019][..]),
        1 => any::<u32>(),
    ];
    (kind, flags, mask, sid()).prop_map(|(kind, flags, mask, sid)| Ace::Plain(PlainAce { kind, flags, mask, sid }))
}

fn opaque() -> impl Strategy<Value = Ace> {
    (3_u8..30, any::<u8>(), prop::collection::vec(any::<u8>(), 0..24)).prop_map(|(kind, flags, body)| {
        let size = (body.len() + 4) as u16;
        Ace::Opaque(OpaqueAce::Octets([&[kind, flags][..], &size.to_le_bytes(), &body].concat()))
    })
}

pub(super) fn descriptor() -> impl Strategy<Value = Descriptor> {
    let list = || {
        let aces = prop::collection::vec(prop_oneof![12 => plain(), 1 => opaque()], 0..10);
        let aces = prop_oneof![1 => Just(None), 30 => aces.prop_map(Some)];
        (any::<[bool; 3]>(), aces).prop_map(|([protected, inherit_required, auto_inherited], aces)| Acl {
            protected,
            inherit_required,
            auto_inherited,
            aces,
        })
    };
    let optional = |list| prop_oneof![1 => Just(None), 20 => list];
    (
        prop::option::of(sid()),
        prop::option::of(sid()),
        optional(list().prop_map(Some).boxed()),
        prop::option::of(list()),
    )
        .prop_map(|(owner, group, dacl, sacl)| Descriptor { owner, group, dacl, sacl })
}

proptest! {
    #[test]
    fn both_forms_survive_a_round_trip(descriptor in descriptor()) {
        prop_assert_eq!(descriptor.to_string().parse::<Descriptor>(), Ok(descriptor.clone()));
        prop_assert_eq!(Descriptor::from_octets(&descriptor.to_octets().unwrap()), Ok(descriptor));
    }

    #[test]
    fn hostile_text_and_octets_never_panic(
        text in "[ODGSAPRI:();,x0-9\"é -]{0,80}",
        octets in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let _ = Descriptor::from_octets(&octets);
        if let Ok(descriptor) = text.parse::<Descriptor>() {
            prop_assert_eq!(descriptor.to_string().parse::<Descriptor>(), Ok(descriptor));
        }
    }

    #[test]
    fn damaged_octets_never_panic(descriptor in descriptor(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut octets = descriptor.to_octets().unwrap();
        for (place, octet) in damage {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        let _ = Descriptor::from_octets(&octets);
    }

    #[test]
    fn damaged_text_never_panics(descriptor in descriptor(), cut in any::<prop::sample::Index>(), put in "\\PC{0,3}") {
        let text = descriptor.to_string();
        let at = cut.index(text.len() + 1);
        let _ = format!("{}{put}{}", &text[..at], &text[at..]).parse::<Descriptor>();
        let _ = text[..at].parse::<Descriptor>();
    }
}
