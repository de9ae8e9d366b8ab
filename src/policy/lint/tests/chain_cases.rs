//! Examples for the lints about how certificates fit together.

use super::draft::{
    ALT_NAME, AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, Draft, ISSUING, KEY_USAGE, Key, LEAF, NAME_CONSTRAINTS, ROOT,
    authority_key_id, element, name,
};
use super::input::Input;
use super::{Case, case};
use crate::cert::der::{sequence, tlv};

fn chain(change: impl FnOnce(&mut Vec<Draft>)) -> Input {
    let mut drafts = vec![Draft::leaf(), Draft::issuing(), Draft::root()];
    change(&mut drafts);
    Input::certificates(&drafts)
}

/// The chain with another issuing authority.
fn issuing(change: impl FnOnce(Draft) -> Draft) -> Input {
    chain(|drafts| drafts[1] = change(Draft::issuing()))
}

fn clean() -> Input {
    chain(|_| {})
}

/// Name constraints with one list (0 permitted, 1 excluded) of one subtree.
fn constrained(list: u8, base: &[u8]) -> Input {
    let value = sequence(&[&tlv(0xa0 | list, &sequence(&[base]))]);
    let hosts = sequence(&[&tlv(0x82, b"crm.contoso.com")]);
    chain(|drafts| {
        drafts[0] = Draft::leaf().with(ALT_NAME, false, &hosts);
        drafts[1] = Draft::issuing().with(NAME_CONSTRAINTS, true, &value);
    })
}

fn directory(base: &str) -> Vec<u8> {
    tlv(0xa4, &name(base))
}

fn dns(base: &str) -> Vec<u8> {
    tlv(0x82, base.as_bytes())
}

/// A chain with two authorities between leaf and root, of which the upper one allows `below` authorities.
fn deep(below: u8) -> Input {
    Input::certificates(&[
        Draft::leaf(),
        Draft::authority(ISSUING, Key::Issuing, "CN=Contoso Policy CA", Key::Other, Some(0)),
        Draft::authority("CN=Contoso Policy CA", Key::Other, ROOT, Key::Root, Some(below)),
        Draft::root(),
    ])
}

fn stranger() -> Draft {
    Draft::authority("CN=Fabrikam CA", Key::Other, "CN=Fabrikam CA", Key::Other, None)
}

/// Another end entity certificate of the same authority.
fn sibling(subject: &str, key: Key) -> Draft {
    Draft::new(subject, key, ISSUING, Key::Issuing)
}

pub(super) fn all() -> Vec<Case> {
    order().into_iter().chain(links()).chain(rules()).chain(sharing()).collect()
}

fn order() -> Vec<Case> {
    let policy = || Draft::authority("CN=Contoso Policy CA", Key::Other, ROOT, Key::Root, None);
    let below = || Draft::authority(ISSUING, Key::Issuing, "CN=Contoso Policy CA", Key::Other, Some(0));
    vec![
        case("chain-leaf-not-first", chain(|drafts| drafts.reverse()), chain(|drafts| drafts.swap(1, 2))),
        case("chain-order", chain(|drafts| drafts.swap(1, 2)), clean()),
        case(
            "chain-order",
            Input::certificates(&[Draft::leaf(), policy(), below(), Draft::root()]),
            Input::certificates(&[Draft::leaf(), below(), policy(), Draft::root()]),
        ),
    ]
}

fn links() -> Vec<Case> {
    let other_identifier = |leaf: Draft| leaf.with(AUTHORITY_KEY_ID, false, &authority_key_id(Key::Other));
    let printable = |text: &[u8]| sequence(&[&element(&[("O", 0x13, b"Contoso")]), &element(&[("CN", 0x13, text)])]);
    let issuer = |der: Vec<u8>| {
        Input::leaf(|mut leaf| {
            leaf.issuer = der;
            leaf
        })
    };
    vec![
        case("chain-issuer-missing", chain(|drafts| drafts.truncate(1)), chain(|drafts| drafts.truncate(2))),
        case("chain-issuer-missing", chain(|drafts| drafts.truncate(1)), Input::certificates(&[Draft::self_signed()])),
        case("chain-root-missing", chain(|drafts| drafts.truncate(2)), clean()),
        case(
            "chain-broken-signature",
            chain(|drafts| drafts[1] = Draft::authority(ISSUING, Key::Other, ROOT, Key::Root, Some(0))),
            clean(),
        ),
        case("chain-aki-mismatch", Input::leaf(other_identifier), Input::leaf(|leaf| leaf.without(AUTHORITY_KEY_ID))),
        case("chain-name-encoding", issuer(printable(b"Contoso Issuing CA")), issuer(name(ISSUING))),
        case("chain-name-encoding", issuer(printable(b"CONTOSO Issuing CA")), issuer(printable(b"Contoso Issuing CB"))),
    ]
}

fn rules() -> Vec<Case> {
    vec![
        case("chain-issuer-not-ca", issuing(|ca| ca.without(BASIC_CONSTRAINTS)), clean()),
        case(
            "chain-issuer-not-ca",
            issuing(|ca| ca.with(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x02])),
            issuing(|ca| ca.without(KEY_USAGE)),
        ),
        case("chain-path-too-long", deep(0), deep(1)),
        case(
            "chain-name-constraint",
            constrained(0, &directory("O=Fabrikam")),
            constrained(0, &directory("O=contoso")),
        ),
        case("chain-name-constraint", constrained(1, &directory("O=Contoso")), constrained(1, &directory(ROOT))),
        case("chain-name-constraint", constrained(0, &dns("fabrikam.com")), constrained(0, &dns("contoso.com"))),
        case("chain-name-constraint", constrained(1, &dns("contoso.com")), constrained(1, &dns("m.contoso.com"))),
        case(
            "chain-issuer-not-valid",
            issuing(|ca| ca.until("260131000000Z")),
            issuing(|ca| ca.until("260201000000Z")),
        ),
        case(
            "chain-issuer-not-valid",
            issuing(|mut ca| {
                "260201000000Z".clone_into(&mut ca.not_before);
                ca
            }),
            clean(),
        ),
        case("chain-outlives-issuer", issuing(|ca| ca.until("261231235959Z")), issuing(|ca| ca.until("270101000000Z"))),
    ]
}

fn sharing() -> Vec<Case> {
    let and = |draft: Draft| chain(|drafts| drafts.push(draft));
    let copy_of_issuing = || Draft::issuing().with("1.3.6.1.4.1.311.21.7", false, &sequence(&[]));
    vec![
        case("chain-unrelated", and(stranger()), clean()),
        case("chain-unrelated", and(stranger()), and(Draft::root())),
        // A link that is broken is named as such; the root above it is no stranger.
        case(
            "chain-unrelated",
            and(stranger()),
            issuing(|_| Draft::authority(ISSUING, Key::Other, ROOT, Key::Root, Some(0))),
        ),
        case("chain-several-leaves", and(sibling("CN=crm.contoso.com", Key::Other)), and(Draft::leaf())),
        case("chain-duplicate-certificate", and(Draft::root()), and(stranger())),
        case("chain-same-subject", and(sibling(LEAF, Key::Other)), and(sibling("CN=S2S 2027", Key::Other))),
        case(
            "chain-same-subject",
            and(sibling(&LEAF.to_uppercase(), Key::Other)),
            and(sibling("CN=S2S 2027", Key::Other)),
        ),
        // Two certificates of one authority share subject and key by design.
        case("chain-same-subject", and(sibling(LEAF, Key::Leaf)), and(copy_of_issuing())),
        case("chain-same-key", and(sibling("CN=S2S 2027", Key::Leaf)), and(copy_of_issuing())),
    ]
}
