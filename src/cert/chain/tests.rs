//! Chains: which candidates are chosen, in which order, and what is said when links are missing.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::*;
use crate::cert::digest::Thumbprint;
use crate::cert::test_pki::{Draft, PKI, ec_key, key_pair, now};

fn found(bag: &[Certificate]) -> Found {
    find(bag, &Wanted::default(), now()).unwrap()
}

fn found_for(bag: &[Certificate], leaf: &Certificate) -> Found {
    find(bag, &Wanted { key: None, leaf: Some(leaf.thumbprint()) }, now()).unwrap()
}

fn of_key<'a>(key: &'a crate::cert::KeyPair) -> Wanted<'a> {
    Wanted { key: Some(key.public_key()), leaf: None }
}

fn texts<T: std::fmt::Display>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

/// A hierarchy in which two roots signed one issuing authority, which was renewed with another key and has an expired
/// certificate too. All certificates of the issuing authority have one name.
struct Cross {
    leaf: Certificate,
    by_a: Certificate,
    by_b: Certificate,
    expired: Certificate,
    renewed: Certificate,
    a: Certificate,
    b: Certificate,
}

fn cross() -> Cross {
    let (leaf, key, renewed, a, b) = (ec_key(), ec_key(), ec_key(), ec_key(), ec_key());
    let root_a = Draft::authority("Root A").years(2020, 2045);
    let root_b = Draft::authority("Root B");
    let issuing = Draft::authority("Issuing");
    Cross {
        leaf: Draft::leaf("s2s.contoso.com").signed(&leaf, &issuing, &key),
        by_a: issuing.clone().years(2021, 2041).signed(&key, &root_a, &a),
        by_b: issuing.signed(&key, &root_b, &b),
        expired: issuing.clone().years(2015, 2025).signed(&key, &root_a, &a),
        renewed: issuing.signed(&renewed, &root_a, &a),
        a: root_a.self_signed(&a),
        b: root_b.self_signed(&b),
    }
}

#[test]
fn leaf_to_root_is_found_and_the_rest_is_named() {
    let mut bag = PKI.others();
    bag.extend(PKI.chain().into_iter().rev());
    bag.extend(PKI.chain());
    let found = find(&bag, &of_key(&PKI.key), now()).unwrap();
    assert_eq!(found.chain.certificates(), PKI.chain());
    assert_eq!(found.unused, PKI.others());
    assert_eq!((found.choices, found.missing, found.remarks), (vec![], None, vec![]));
    assert!(found.alternatives.is_empty());
}

#[test]
fn cross_signed_issuers_are_ranked_and_the_choice_is_told() {
    let c = cross();
    let all = [&c.renewed, &c.expired, &c.by_b, &c.a, &c.by_a, &c.leaf, &c.b].map(Clone::clone);
    let result = found(&all);
    // Both live as long as the leaf, both end in a root, both have three certificates: the thumbprints decide.
    let (first, other) =
        if c.by_a.thumbprint() < c.by_b.thumbprint() { (&c.by_a, &c.by_b) } else { (&c.by_b, &c.by_a) };
    assert_eq!(result.chain.certificates()[1], *first);
    assert_eq!(result.alternatives.len(), 2);
    let [choice] = result.choices.as_slice() else { panic!("{:?}", result.choices) };
    assert_eq!(choice.chosen, first.thumbprint());
    assert_eq!(
        choice.others,
        [
            (other.thumbprint(), NotChosen::Equal),
            (c.expired.thumbprint(), NotChosen::Expired(c.expired.not_after())),
            (c.renewed.thumbprint(), NotChosen::OtherKey),
        ]
    );
    assert_eq!(
        choice.to_string(),
        format!(
            "4 certificates are named CN=Issuing, the issuer of CN=s2s.contoso.com: took {}; {} would \
             have done as well; between equals the lower thumbprint is taken; {} expired on 2025-01-01; {} has another key than the one that signed",
            first.thumbprint(),
            other.thumbprint(),
            c.expired.thumbprint(),
            c.renewed.thumbprint()
        )
    );
}

#[test]
fn every_bag_of_the_cross_signed_hierarchy_gives_the_best_chain_it_allows() {
    let c = cross();
    let cases: [(&str, Vec<&Certificate>, Vec<&Certificate>, bool); 7] = [
        ("only A", vec![&c.a, &c.by_a, &c.leaf], vec![&c.leaf, &c.by_a, &c.a], true),
        (
            "A with wrong key and expired ones before it",
            vec![&c.leaf, &c.renewed, &c.expired, &c.by_a, &c.a],
            vec![&c.leaf, &c.by_a, &c.a],
            true,
        ),
        (
            "a root for B only",
            vec![&c.leaf, &c.renewed, &c.expired, &c.by_a, &c.by_b, &c.b],
            vec![&c.leaf, &c.by_b, &c.b],
            true,
        ),
        ("no root", vec![&c.leaf, &c.by_b], vec![&c.leaf, &c.by_b], false),
        ("only the expired one", vec![&c.leaf, &c.expired, &c.a], vec![&c.leaf, &c.expired, &c.a], true),
        ("only the wrong key", vec![&c.leaf, &c.renewed, &c.a], vec![&c.leaf], false),
        ("the leaf alone", vec![&c.leaf], vec![&c.leaf], false),
    ];
    for (name, bag, chain, complete) in cases {
        let mut bag: Vec<Certificate> = bag.into_iter().cloned().collect();
        for _ in 0..bag.len() {
            bag.rotate_left(1);
            let wanted = Wanted { key: None, leaf: Some(c.leaf.thumbprint()) };
            let result = find(&bag, &wanted, now()).unwrap();
            assert_eq!(result.chain.certificates().iter().collect::<Vec<_>>(), chain, "{name}");
            assert_eq!(result.missing.is_none(), complete, "{name}");
            assert_eq!(result.chain.is_complete(), complete, "{name}");
        }
    }
}

#[test]
fn a_valid_path_beats_one_that_lives_longer_but_has_not_begun() {
    let (leaf, key, root) = (ec_key(), ec_key(), ec_key());
    let (root_draft, issuing) = (Draft::authority("Root"), Draft::authority("Issuing"));
    let early = issuing.clone().years(2020, 2027).signed(&key, &root_draft, &root);
    let future = issuing.clone().years(2027, 2039).signed(&key, &root_draft, &root);
    let longer = issuing.clone().years(2020, 2039).signed(&key, &root_draft, &root);
    let leaf = Draft::leaf("s2s.contoso.com").signed(&leaf, &issuing, &key);
    let root = root_draft.self_signed(&root);
    let result = found(&[leaf.clone(), future.clone(), early.clone(), root.clone()]);
    assert_eq!(result.chain.certificates(), [leaf.clone(), early.clone(), root.clone()]);
    assert_eq!(result.choices[0].others, [(future.thumbprint(), NotChosen::NotYetValid(future.not_before()))]);
    let result = found(&[leaf.clone(), early.clone(), longer.clone(), root.clone()]);
    assert_eq!(result.chain.certificates(), [leaf, longer, root]);
    assert_eq!(result.choices[0].others, [(early.thumbprint(), NotChosen::EndsSooner(early.not_after()))]);
}

#[test]
fn what_is_wrong_with_the_chain_is_remarked_not_hidden() {
    let (leaf, key, root) = (ec_key(), ec_key(), ec_key());
    let root_draft = Draft::authority("Root").years(2027, 2045);
    let issuing = Draft::leaf("Issuing").years(2015, 2025);
    let bag = [
        Draft::leaf("s2s.contoso.com").signed(&leaf, &issuing, &key),
        issuing.signed(&key, &root_draft, &root),
        root_draft.self_signed(&root),
    ];
    assert_eq!(
        texts(&find(&bag, &Wanted { key: None, leaf: Some(bag[0].thumbprint()) }, now()).unwrap().remarks),
        [
            "CN=Issuing expired on 2025-01-01",
            "CN=Issuing issued a certificate, but does not say that it is a certificate authority",
            "CN=Root is not valid before 2027-01-01",
        ]
    );
}

#[test]
fn a_missing_intermediate_is_named_with_its_key_identifier() {
    let result = found(&[PKI.leaf.clone(), PKI.policy.clone(), PKI.root.clone()]);
    let missing = result.missing.unwrap();
    assert_eq!(missing.key_id, PKI.issuing.subject_key_id());
    let key_id = crate::cert::digest::hex_upper(&PKI.issuing.subject_key_id().unwrap());
    assert_eq!(
        missing.to_string(),
        format!(
            "the certificate of CN=Contoso Issuing CA, which issued CN=s2s.contoso.com, is absent (its \
             subject key identifier is {key_id})"
        )
    );
    let c = cross();
    let wanted = Wanted { key: None, leaf: Some(c.leaf.thumbprint()) };
    let missing = find(&[c.leaf.clone(), c.renewed.clone()], &wanted, now()).unwrap().missing.unwrap();
    assert_eq!(missing.namesakes, [c.renewed.thumbprint()]);
}

#[test]
fn the_leaf_must_be_told() {
    let bag: Vec<Certificate> = PKI.chain().into_iter().chain(PKI.others()).collect();
    let stranger = key_pair(&ec_key());
    let list = format!(
        "{} CN=s2s.contoso.com (valid until 2028-01-01); {} CN=www.fabrikam.com (valid until 2028-01-01)",
        PKI.leaf.thumbprint(),
        PKI.other_leaf.thumbprint()
    );
    let absent = Thumbprint::of(b"absent");
    for (wanted, message) in [
        (Wanted::default(), format!("2 certificates can be meant, choose one by its thumbprint: {list}")),
        (of_key(&stranger), format!("no certificate belongs to the private key; the certificates are: {list}")),
        (
            Wanted { key: None, leaf: Some(absent) },
            format!("no certificate has the thumbprint {absent}; the certificates are: {list}"),
        ),
        (
            Wanted { key: Some(PKI.key.public_key()), leaf: Some(PKI.other_leaf.thumbprint()) },
            format!("the certificate {} does not belong to the private key", PKI.other_leaf.thumbprint()),
        ),
    ] {
        assert_eq!(find(&bag, &wanted, now()).unwrap_err().to_string(), message);
    }
    let chosen = Wanted { key: None, leaf: Some(PKI.other_leaf.thumbprint()) };
    assert_eq!(find(&bag, &chosen, now()).unwrap().chain.certificates(), PKI.others());
    assert_eq!(find(&[], &Wanted::default(), now()).unwrap_err(), SearchError::NoCertificate);
}

#[test]
fn two_generations_of_one_self_signed_name_are_two_leaves() {
    let (old, new) = (ec_key(), ec_key());
    let draft = Draft::leaf("s2s.contoso.com");
    let bag = [draft.self_signed(&old), draft.self_signed(&new)];
    assert!(
        matches!(find(&bag, &Wanted::default(), now()), Err(SearchError::SeveralLeaves { leaves }) if leaves == bag)
    );
    let key = key_pair(&new);
    let result = find(&bag, &of_key(&key), now()).unwrap();
    assert_eq!(result.chain.certificates(), [bag[1].clone()]);
    assert_eq!(result.missing, None);
}

#[test]
fn authorities_that_issued_one_another_end_the_search() {
    let (leaf, one, two) = (ec_key(), ec_key(), ec_key());
    let (draft_one, draft_two) = (Draft::authority("One"), Draft::authority("Two"));
    let bag = [
        Draft::leaf("s2s.contoso.com").signed(&leaf, &draft_one, &one),
        draft_one.signed(&one, &draft_two, &two),
        draft_two.signed(&two, &draft_one, &one),
    ];
    let result = found(&bag);
    assert_eq!(result.chain.certificates(), bag);
    assert_eq!((result.missing, result.remarks), (None, vec![Remark::Circle]));
}

#[test]
fn a_bag_made_to_have_very_many_chains_is_bounded() {
    // Six levels with four certificates each: 4096 chains.
    let keys: Vec<_> = (0..7).map(|_| ec_key()).collect();
    let drafts: Vec<_> = (0..7).map(|level| Draft::authority(&format!("Level {level}"))).collect();
    let mut bag = vec![Draft::leaf("s2s.contoso.com").signed(&ec_key(), &drafts[0], &keys[0])];
    for level in 0..6 {
        bag.extend((0..4).map(|_| drafts[level].signed(&keys[level], &drafts[level + 1], &keys[level + 1])));
    }
    let result = found(&bag);
    assert_eq!(result.chain.certificates().len(), 7);
    assert_eq!(result.alternatives.len(), search::MAX_PATHS - 1);
    assert!(result.remarks.contains(&Remark::LimitReached));
}

#[test]
fn a_chain_deeper_than_the_bound_is_cut_and_said() {
    let keys: Vec<_> = (0..20).map(|_| ec_key()).collect();
    let drafts: Vec<_> = (0..20).map(|level| Draft::authority(&format!("Level {level}"))).collect();
    let bag: Vec<_> = (0..19).map(|at| drafts[at].signed(&keys[at], &drafts[at + 1], &keys[at + 1])).collect();
    let result = found(&bag);
    assert_eq!(result.chain.certificates().len(), search::MAX_DEPTH);
    assert_eq!(result.remarks, [Remark::LimitReached]);
}

#[test]
fn without_key_identifiers_names_and_signatures_are_enough() {
    let (leaf, key, root) = (ec_key(), ec_key(), ec_key());
    let root_draft = Draft::authority("Root").without_authority_key_id();
    let issuing = Draft::authority("Issuing").without_authority_key_id();
    let bag = [
        Draft::leaf("s2s.contoso.com").without_authority_key_id().signed(&leaf, &issuing, &key),
        issuing.signed(&key, &root_draft, &root),
        root_draft.self_signed(&root),
    ];
    assert_eq!(found(&bag).chain.certificates(), bag);
}

#[test]
fn an_issuer_whose_name_is_encoded_otherwise_is_found_and_remarked() {
    let (leaf, root) = (ec_key(), ec_key());
    let utf8 = Draft::authority("Contoso Root");
    let mut printable = utf8.clone();
    let text = rcgen::string::PrintableString::try_from("Contoso ROOT").unwrap();
    printable.0.distinguished_name = rcgen::DistinguishedName::new();
    printable.0.distinguished_name.push(rcgen::DnType::CommonName, rcgen::DnValue::PrintableString(text));
    let bag = [Draft::leaf("s2s.contoso.com").signed(&leaf, &utf8, &root), printable.self_signed(&root)];
    let result = found_for(&bag, &bag[0]);
    assert_eq!(result.chain.certificates(), bag);
    assert_eq!(
        texts(&result.remarks),
        [
            "CN=s2s.contoso.com names its issuer in another encoding than the issuer itself: some programs will not find it"
        ]
    );
}
