//! Mutated certificates and attributes: the linter says something or nothing, and never fails.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::draft::Draft;
use super::input::{Input, attribute, clean_pfx, key_attributes};
use crate::cert::pfx::{BagContent, Contents, Outline, PfxProfile, Settings, seal};
use crate::cert::{Certificate, Password};

/// Changes octets of a certificate; a wrong length or tag mostly leaves nothing to lint, a wrong value mostly does.
fn mutated(der: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut octets = der.to_vec();
    for (at, value) in changes {
        octets[at.index(der.len())] = *value;
    }
    octets
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn mutated_certificates_never_make_it_fail(which in 0..3_usize, changes in changes()) {
        let originals: Vec<Certificate> = originals().to_vec();
        let der = mutated(originals[which].der(), &changes);
        if let Ok(certificate) = Certificate::from_der(&der) {
            let mut chain = originals;
            chain[which] = certificate.clone();
            chain.push(certificate);
            let input = Input::read(chain);
            prop_assert!(!input.ids().is_empty(), "a copy was added, and nobody said so");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn odd_attributes_and_bags_never_make_it_fail(
        which in 0..6_usize,
        value in prop::collection::vec(any::<u8>(), 0..12),
        depth in 0..40_usize,
    ) {
        const TYPES: [&str; 6] = [
            "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21", "1.3.6.1.4.1.311.17.1",
            "1.3.6.1.4.1.311.17.2", "1.3.6.1.4.1.311.17.3", "2.5.29.15",
        ];
        let input = Input::pfx(|pfx| {
            let mut attributes = key_attributes();
            attributes.push(attribute(TYPES[which], &value));
            pfx.safes[0].bags[0].attributes = attributes;
            let mut bag = pfx.safes[1].bags[0].clone();
            for _ in 0..depth {
                bag.content = BagContent::SafeContents(vec![bag.clone()]);
            }
            pfx.safes[1].bags[0] = bag;
        });
        prop_assert_eq!(input.ids().iter().any(|id| id == "pfx-nested-bags"), depth > 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn mutated_files_never_make_it_fail(changes in changes()) {
        let file = mutated(sealed(), &changes);
        if let Ok(outline) = Outline::read(&file) {
            let ids = Input::locked(outline).ids();
            // What is behind the password stays behind it, whatever was changed around it.
            prop_assert!(!ids.iter().any(|id| id.starts_with("cert-") || id.starts_with("key-")), "{ids:?}");
        }
    }
}

fn sealed() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    MADE.get_or_init(|| {
        let contents = Contents::of_bags(clean_pfx().safes.into_iter().flat_map(|safe| safe.bags).collect());
        let mut random = |octets: &mut [u8]| octets.fill(0x5a);
        seal(&contents, &Password::generate(&[7; 16]), &Settings::of(PfxProfile::Legacy), &mut random).unwrap().to_vec()
    })
}

fn originals() -> &'static [Certificate; 3] {
    static MADE: OnceLock<[Certificate; 3]> = OnceLock::new();
    MADE.get_or_init(|| [Draft::leaf().make(), Draft::issuing().make(), Draft::root().make()])
}

#[test]
fn five_thousand_copies_are_found_one_by_one() {
    let root = Draft::root().make();
    let findings = Input::read(vec![root; 5_000]).findings();
    assert!(findings.len() >= 4_999, "{} findings", findings.len());
}
