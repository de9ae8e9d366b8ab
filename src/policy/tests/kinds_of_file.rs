//! Kinds that look at the file: chain, private key, PFX.

use super::*;
use crate::policy::{ChainProblem, Target};

fn case(kind: &'static str, parameters: &'static str, seen: Seen, expected: &'static [&'static str]) -> Case {
    Case { kind, parameters, chain: chain(unchanged), seen, expected }
}

fn made(kind: &'static str, parameters: &'static str, change: Change, expected: &'static [&'static str]) -> Case {
    Case { chain: chain(change), ..case(kind, parameters, as_read, expected) }
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn chains() {
    let leaf_alone = |kind, expected| Case {
        chain: Chain::new(chain(unchanged).leaf().clone(), Vec::new()),
        ..case(kind, "", as_read, expected)
    };
    check(&[
        case("chain-complete", "", as_read, &[]),
        leaf_alone(
            "chain-complete",
            &["file: the chain ends before its root: the certificate of CN=Contoso Issuing CA is missing"],
        ),
        Case { chain: self_signed(unchanged), ..case("chain-complete", "", as_read, &[]) },
        case("chain-valid", "", as_read, &[]),
        leaf_alone("chain-valid", &[]),
        case(
            "chain-valid",
            "",
            |facts| {
                facts.chain_problems =
                    vec![ChainProblem { position: 1, problem: "its signature does not verify".to_owned() }];
            },
            &["certificate 2 (CN=Contoso Issuing CA): its signature does not verify"],
        ),
        made(
            "chain-valid",
            "",
            |position, params| {
                if position == 1 {
                    params.not_after = date_time_ymd(2026, 6, 30);
                }
            },
            &["certificate 2 (CN=Contoso Issuing CA): the certificate expired on 2026-06-30"],
        ),
        made(
            "chain-valid",
            "",
            |position, params| {
                if position == 1 {
                    params.is_ca = IsCa::ExplicitNoCa;
                }
            },
            &["not that of a certificate authority"],
        ),
        made(
            "chain-valid",
            "",
            |position, params| {
                if position == 2 {
                    params.is_ca = IsCa::NoCa;
                }
            },
            &["certificate 3 (CN=Contoso Root CA): it issued a certificate and is not"],
        ),
        made(
            "chain-valid",
            "",
            |position, params| {
                if position > 0 {
                    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                }
            },
            &["certificate 3 (CN=Contoso Root CA): it allows 0 certificate authorities below it; there are 1"],
        ),
        made(
            "chain-valid",
            "",
            |position, params| {
                if position == 1 {
                    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
                }
            },
            &["does not allow it to sign certificates"],
        ),
        case("chain-max-length", "certificates = 3", as_read, &[]),
        case("chain-max-length", "certificates = 2", as_read, &["has 3 certificates; 2 are allowed"]),
        case("chain-outlives-leaf", "", as_read, &[]),
        made(
            "chain-outlives-leaf",
            "",
            |position, params| {
                if position == 1 {
                    params.not_after = date_time_ymd(2026, 12, 31);
                }
            },
            &["certificate 2 (CN=Contoso Issuing CA): it expires on 2026-12-31"],
        ),
    ]);
}

#[test]
fn pins() {
    let good = chain(unchanged);
    let issuer = &good.issuers()[0];
    let key = leaked(format!("keys = ['{}']", issuer.public_key().fingerprint()));
    let root = leaked(format!("certificates = ['{}']", good.issuers()[1].fingerprint()));
    let leaf = leaked(format!("certificates = ['{}']", good.leaf().fingerprint()));
    let own = leaked(format!("keys = ['{}']", good.leaf().public_key().fingerprint()));
    let case =
        |kind, parameters, seen, expected| Case { chain: good.clone(), ..case(kind, parameters, seen, expected) };
    let alone = |parameters, expected| Case {
        chain: Chain::new(good.leaf().clone(), Vec::new()),
        ..case("issuer-pin", parameters, as_read, expected)
    };
    check(&[
        case("issuer-pin", key, as_read, &[]),
        case("issuer-pin", root, as_read, &[]),
        case("issuer-pin", "names = ['cn=contoso root ca']", as_read, &[]),
        case("issuer-pin", leaf, as_read, &["leaf: the issuer CN=Contoso Issuing CA is none of those"]),
        case("issuer-pin", own, as_read, &["none of those"]),
        case("issuer-pin", "names = ['CN=Fabrikam CA']", as_read, &["none of those"]),
        alone("names = ['CN=Contoso Issuing CA']", &[]),
        alone(key, &["none of those"]),
        Case { chain: self_signed(unchanged), ..case("issuer-pin", own, as_read, &[]) },
    ]);
}

#[test]
fn private_keys_and_subjects() {
    check(&[
        case("private-key-present", "", as_read, &[]),
        case("private-key-present", "", good_pfx, &[]),
        case("private-key-present", "place = 'any'", as_read, &["file: there is no private key"]),
        case(
            "private-key-present",
            "",
            |facts| {
                good_pfx(facts);
                facts.key = KeyFacts::Absent;
            },
            &["there is no private key"],
        ),
        case("private-key-matches", "", as_read, &[]),
        case("private-key-matches", "", good_pfx, &[]),
        case(
            "private-key-matches",
            "",
            |facts| {
                facts.key =
                    KeyFacts::Present { algorithm: facts.chain.issuers()[0].key_algorithm(), matches_leaf: false };
            },
            &["private key: the private key (EC P-256) does not belong to the leaf, whose public key is RSA 2048"],
        ),
        case("subject-unambiguous", "", as_read, &[]),
        case(
            "subject-unambiguous",
            "",
            |facts| facts.subject_ambiguity = Some("two values in one RDN".to_owned()),
            &["leaf: it is not known whether Windows finds this subject: two values in one RDN"],
        ),
    ]);
}

/// Sets the attribute of the key bag that names the provider.
fn provider(facts: &mut Facts<'_>, name: Option<&str>) {
    good_pfx(facts);
    facts.pfx.as_mut().unwrap().provider = name.map(str::to_owned);
}

fn bag_usage(facts: &mut Facts<'_>, bits: Option<u8>) {
    good_pfx(facts);
    facts.pfx.as_mut().unwrap().key_usage = bits;
}

fn encrypted(facts: &mut Facts<'_>, encryption: PfxEncryption, target: Option<Target>) {
    good_pfx(facts);
    facts.pfx.as_mut().unwrap().encryption = encryption;
    facts.target = target;
}

#[test]
fn pfx_attributes() {
    let aes = "missing = 'forbidden'\nallowed = ['microsoft enhanced rsa and aes cryptographic provider']";
    let discouraged = "missing = 'allowed'\nforbidden = ['Microsoft RSA SChannel Cryptographic Provider']";
    check(&[
        case("provider-attribute", aes, as_read, &[]),
        case("provider-attribute", aes, good_pfx, &[]),
        case("provider-attribute", aes, |facts| provider(facts, None), &["key bag: the key bag names no provider"]),
        case(
            "provider-attribute",
            aes,
            |facts| provider(facts, Some("Microsoft Software Key Storage Provider")),
            &["Invalid provider type specified"],
        ),
        case(
            "provider-attribute",
            aes,
            |facts| provider(facts, Some("Contoso CSP")),
            &["\"Contoso CSP\", which the policy does not accept"],
        ),
        case("provider-attribute", discouraged, |facts| provider(facts, None), &[]),
        case(
            "provider-attribute",
            discouraged,
            |facts| provider(facts, Some("Microsoft RSA SChannel Cryptographic Provider")),
            &["SChannel"],
        ),
        case("machine-keyset", "", as_read, &[]),
        case("machine-keyset", "", good_pfx, &[]),
        case(
            "machine-keyset",
            "",
            |facts| {
                good_pfx(facts);
                facts.pfx.as_mut().unwrap().machine_keyset = false;
            },
            &["no machine keyset attribute"],
        ),
        case("bag-key-usage", "missing = 'forbidden'", as_read, &[]),
        case("bag-key-usage", "missing = 'forbidden'", good_pfx, &[]),
        case("bag-key-usage", "missing = 'allowed'", |facts| bag_usage(facts, Some(0x20)), &[]),
        case("bag-key-usage", "missing = 'allowed'", |facts| bag_usage(facts, None), &[]),
        case("bag-key-usage", "missing = 'forbidden'", |facts| bag_usage(facts, None), &["no key usage attribute"]),
        case(
            "bag-key-usage",
            "missing = 'allowed'",
            |facts| bag_usage(facts, Some(0x80)),
            &["0x80, which makes a signature key"],
        ),
        case(
            "bag-key-usage",
            "missing = 'allowed'",
            |facts| bag_usage(facts, Some(0xa0)),
            &["0xa0, both exchange and signature"],
        ),
        case(
            "bag-key-usage",
            "missing = 'allowed'",
            |facts| bag_usage(facts, Some(0x08)),
            &["0x08, which says neither"],
        ),
    ]);
}

#[test]
fn pfx_containers() {
    use PfxEncryption::{Legacy, Modern, Other};
    check(&[
        case("pfx-profile-for-target", "", |facts| facts.target = Some(Target::Server2016), &[]),
        case("pfx-profile-for-target", "", |facts| encrypted(facts, Legacy, Some(Target::Server2012R2)), &[]),
        case("pfx-profile-for-target", "", |facts| encrypted(facts, Modern, Some(Target::Server2019)), &[]),
        case(
            "pfx-profile-for-target",
            "",
            |facts| encrypted(facts, Modern, Some(Target::Server2016)),
            &["AES-256; Windows Server 2016 may refuse"],
        ),
        case(
            "pfx-profile-for-target",
            "",
            |facts| encrypted(facts, Other("RC4".to_owned()), Some(Target::Server2025)),
            &["RC4; Windows Server 2025"],
        ),
        case("pfx-profile-for-target", "", |facts| encrypted(facts, Modern, None), &[]),
        case(
            "pfx-profile-for-target",
            "target = 'unknown'",
            |facts| encrypted(facts, Modern, None),
            &["2016 and older cannot read"],
        ),
        case(
            "pfx-profile-for-target",
            "target = 'unknown'",
            |facts| encrypted(facts, Modern, Some(Target::Server2016)),
            &[],
        ),
        case("pfx-profile-for-target", "target = 'unknown'", good_pfx, &[]),
        case("pfx-mac", "allowed = ['sha-1']", as_read, &[]),
        case("pfx-mac", "allowed = ['sha-1']", good_pfx, &[]),
        case("pfx-mac", "allowed = ['sha-256', 'other', 'none']", good_pfx, &["HMAC with SHA-1"]),
        case(
            "pfx-mac",
            "allowed = ['sha-1', 'sha-256']",
            |facts| {
                good_pfx(facts);
                facts.pfx.as_mut().unwrap().mac = PfxMac::Absent;
            },
            &["no integrity check"],
        ),
        case("pfx-order", "", as_read, &[]),
        case("pfx-order", "", good_pfx, &[]),
        case(
            "pfx-order",
            "",
            |facts| {
                good_pfx(facts);
                facts.pfx.as_mut().unwrap().order = PfxOrder::Other("root first".to_owned());
            },
            &["do not stand leaf first: root first"],
        ),
    ]);
}
