//! Tests of the policy room, and the certificates and facts that they are made of.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod hostile;
mod inheritance;
mod kinds;
mod kinds_of_file;
mod mistakes;
mod shipped;
mod waivers;

use std::sync::LazyLock;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SanType, SerialNumber, date_time_ymd,
};

use super::{Facts, Finding, KeyFacts, PfxEncryption, PfxFacts, PfxMac, PfxOrder, Policy, PolicyError};
use crate::cert::{Certificate, Chain};

/// All leaves have this key: making one takes longer than all tests together.
pub(super) static LEAF_KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());
/// All issuers have this key.
pub(super) static CA_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap());

/// Changes the certificate at a position of a chain before it is signed; the leaf is 0, the root 2.
pub(super) type Change = fn(usize, &mut CertificateParams);
/// Changes facts before they are looked at.
pub(super) type Seen = fn(&mut Facts<'_>);

/// The middle of the life of every certificate below.
pub(super) fn now() -> Timestamp {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

pub(super) fn unchanged(_: usize, _: &mut CertificateParams) {}

pub(super) fn as_read(_: &mut Facts<'_>) {}

/// A leaf of one year, an intermediate and a root, with which production is content.
pub(super) fn chain(change: Change) -> Chain {
    let root = params(2, change);
    let intermediate = params(1, change);
    let leaf = params(0, change);
    let root_issuer = Issuer::from_params(&root, &*CA_KEY);
    let intermediate_issuer = Issuer::from_params(&intermediate, &*CA_KEY);
    let made = [
        leaf.signed_by(&*LEAF_KEY, &intermediate_issuer),
        intermediate.signed_by(&*CA_KEY, &root_issuer),
        root.self_signed(&*CA_KEY),
    ];
    let [leaf, issuers @ ..] = made.map(|made| Certificate::from_der(made.unwrap().der()).unwrap());
    Chain::new(leaf, issuers.to_vec())
}

/// The same leaf, signed with its own key.
pub(super) fn self_signed(change: Change) -> Chain {
    let made = params(0, change).self_signed(&*LEAF_KEY).unwrap();
    Chain::new(Certificate::from_der(made.der()).unwrap(), Vec::new())
}

fn params(position: usize, change: Change) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.serial_number = Some(SerialNumber::from_slice(&[0x5a; 16]));
    if position == 0 {
        name(&mut params, "crm.contoso.com");
        params.distinguished_name.push(DnType::OrganizationalUnitName, "S2S g20260101-0a1b2c");
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    } else {
        name(&mut params, ["Contoso Issuing CA", "Contoso Root CA"][position - 1]);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    }
    change(position, &mut params);
    params
}

pub(super) fn name(params: &mut CertificateParams, common_name: &str) {
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, common_name);
}

pub(super) fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

/// A PFX as `s2scert export` writes it, with its key.
pub(super) fn good_pfx(facts: &mut Facts<'_>) {
    facts.key = KeyFacts::Present { algorithm: facts.chain.leaf().key_algorithm(), matches_leaf: true };
    facts.pfx = Some(PfxFacts {
        encryption: PfxEncryption::Legacy,
        mac: PfxMac::Sha1,
        provider: Some("Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned()),
        machine_keyset: true,
        key_usage: Some(0x10),
        order: PfxOrder::LeafFirst,
    });
}

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text, "test.toml", &mut |_, _| Err("no files here".to_owned()))
}

pub(super) const HEAD: &str = "format = \"1.0\"\nname = \"test\"\ndescription = \"A test.\"\n";

/// A policy of one rule `r` of a kind.
pub(super) fn one_rule(kind: &str, parameters: &str) -> Policy {
    let rule =
        format!("[[rule]]\nid = \"r\"\nkind = {kind:?}\nseverity = \"error\"\nwhy = \"A test.\"\n{parameters}\n");
    parse(&format!("{HEAD}{rule}")).unwrap()
}

/// One line of a table of cases: a rule, a file, and a part of each message that must come, in order.
pub(super) struct Case {
    pub(super) kind: &'static str,
    pub(super) parameters: &'static str,
    pub(super) chain: Chain,
    pub(super) seen: Seen,
    pub(super) expected: &'static [&'static str],
}

pub(super) fn check(cases: &[Case]) {
    for case in cases {
        let mut facts = Facts::of_chain(now(), &case.chain);
        (case.seen)(&mut facts);
        let findings = one_rule(case.kind, case.parameters).evaluate(&facts);
        let told = format!("{} {}: {:?}", case.kind, case.parameters, summary(&findings));
        assert_eq!(findings.len(), case.expected.len(), "{told}");
        for (finding, expected) in findings.iter().zip(case.expected) {
            let line = format!("{}: {}", finding.subject, finding.message);
            assert!(line.contains(expected), "{expected:?} is not in {told}");
            assert!(finding.stops() && !finding.remedy.is_empty(), "{told}");
        }
    }
    let kinds: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.kind).collect();
    for kind in kinds {
        for passes in [true, false] {
            let found = cases.iter().any(|case| case.kind == kind && case.expected.is_empty() == passes);
            // `allowed` and `forbidden` of one kind may both pass; a kind that cannot fail would be no rule.
            assert!(found, "{kind} has no case that {}", if passes { "passes" } else { "fails" });
        }
    }
}

pub(super) fn summary(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}: {}", finding.id, finding.subject, finding.message)).collect()
}

pub(super) fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id.as_ref()).collect()
}
