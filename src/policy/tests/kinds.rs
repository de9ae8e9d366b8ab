//! Kinds that look at single certificates: what passes and what does not.

use rcgen::{CustomExtension, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, SerialNumber};

use super::*;
use crate::policy::Stage;
use crate::policy::kind::Kind;

fn case(kind: &'static str, parameters: &'static str, change: Change, expected: &'static [&'static str]) -> Case {
    Case { kind, parameters, chain: chain(change), seen: as_read, expected }
}

/// Returns a leaf whose DER was altered; its signature no longer verifies, which no rule below looks at.
fn altered(from: &[u8], to: &[u8]) -> Chain {
    let good = chain(unchanged);
    let mut der = good.leaf().der().to_vec();
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    Chain::new(Certificate::from_der(&der).unwrap(), good.issuers().to_vec())
}

#[test]
fn keys() {
    let fingerprint = chain(unchanged).leaf().public_key().fingerprint().to_string();
    let reuse: &'static str = Box::leak(format!("forbidden = [{fingerprint:?}]").into_boxed_str());
    let mut cases = vec![
        case("key-algorithm", "allowed = ['rsa']", unchanged, &[]),
        case(
            "key-algorithm",
            "allowed = ['ec', 'ed25519']",
            unchanged,
            &["leaf: the key is RSA 2048; allowed: ec, ed25519"],
        ),
        case(
            "key-algorithm",
            "allowed = ['rsa']\napplies_to = 'all'",
            unchanged,
            &["certificate 2 (CN=Contoso Issuing CA): the key is EC P-256", "certificate 3 (CN=Contoso Root CA)"],
        ),
        case("key-algorithm", "allowed = ['rsa']\napplies_to = 'root'", unchanged, &["certificate 3"]),
        case("key-algorithm", "allowed = ['rsa']\napplies_to = 'intermediate'", unchanged, &["certificate 2"]),
        case("key-algorithm", "allowed = ['rsa']\napplies_to = 'below-root'", unchanged, &["certificate 2"]),
        case("key-size", "rsa = { min = 2048, max = 2048 }", unchanged, &[]),
        case("key-size", "rsa = { min = 2049 }", unchanged, &["RSA 2048, shorter than 2049"]),
        case("key-size", "rsa = { max = 2047 }", unchanged, &["RSA 2048, longer than 2047"]),
        case("key-size", "ec = { min = 384 }", unchanged, &[]),
        case("key-size", "ec = { min = 384 }\napplies_to = 'root'", unchanged, &["EC P-256, shorter than 384"]),
        case("rsa-exponent", "", unchanged, &[]),
        case("rsa-exponent", "min = 65538", unchanged, &["65537 is below 65538"]),
        case("rsa-exponent", "min = 3\nmax = 65535", unchanged, &["65537 is above 65535"]),
        case("key-reuse", "forbidden = []", unchanged, &[]),
        case("key-reuse", reuse, unchanged, &["must not be used again"]),
    ];
    let even = Case {
        chain: altered(&[2, 3, 1, 0, 1], &[2, 3, 1, 0, 2]),
        ..case("rsa-exponent", "", unchanged, &["65538 is even"])
    };
    cases.push(even);
    check(&cases);
}

#[test]
fn signatures_and_origin() {
    let marked: Change = |_, params| {
        // IA5String, as `s2scert issue` writes it.
        let text = crate::cert::certificate::EVALUATION_COMMENT;
        let content = crate::cert::der::tlv(0x16, text.as_bytes());
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 16, 840, 1, 113_730, 1, 13], content));
    };
    let alone = |kind, parameters, change, expected| Case {
        chain: self_signed(change),
        ..case(kind, parameters, unchanged, expected)
    };
    check(&[
        case("signature-hash", "allowed = ['sha-256']", unchanged, &[]),
        case(
            "signature-hash",
            "allowed = ['sha-384', 'sha-512']",
            unchanged,
            &["signed over SHA-256; allowed: sha-384, sha-512"],
        ),
        case("self-signed", "verdict = 'forbidden'", unchanged, &[]),
        alone("self-signed", "verdict = 'allowed'", unchanged, &[]),
        alone("self-signed", "verdict = 'forbidden'", unchanged, &["leaf: the certificate is self-signed"]),
        case("self-signed", "verdict = 'forbidden'\napplies_to = 'all'", unchanged, &["certificate 3"]),
        case("evaluation-mark", "mark = 'forbidden'", unchanged, &[]),
        alone("evaluation-mark", "mark = 'forbidden'", marked, &["marked as made for evaluation"]),
        alone("evaluation-mark", "mark = 'required-if-self-signed'", marked, &[]),
        alone("evaluation-mark", "mark = 'required-if-self-signed'", unchanged, &["not marked"]),
        case("evaluation-mark", "mark = 'required-if-self-signed'", unchanged, &[]),
        case("serial-entropy", "min_bits = 64", unchanged, &[]),
        case("serial-entropy", "min_bits = 64", serial_of_seven_octets, &["holds 56 bits"]),
    ]);
}

fn serial_of_seven_octets(_: usize, params: &mut CertificateParams) {
    params.serial_number = Some(SerialNumber::from_slice(&[0xff; 7]));
}

#[test]
fn time_at_the_edges() {
    let at = |kind, parameters, seen: Seen, expected| Case { seen, ..case(kind, parameters, unchanged, expected) };
    check(&[
        at("validity-now", "", |facts| facts.now = "2026-01-01T00:00:00Z".parse().unwrap(), &[]),
        at("validity-now", "", |facts| facts.now = "2027-01-01T00:00:00Z".parse().unwrap(), &[]),
        at("validity-now", "", |facts| facts.now = "2025-12-31T23:59:59Z".parse().unwrap(), &["only from 2026-01-01"]),
        at("validity-now", "", |facts| facts.now = "2027-01-01T00:00:01Z".parse().unwrap(), &["expired on 2027-01-01"]),
        case(
            "validity-now",
            "",
            |_, params| std::mem::swap(&mut params.not_before, &mut params.not_after),
            &["before it starts"],
        ),
        at("max-lifetime", "days = 365", as_read, &[]),
        at("max-lifetime", "days = 364", as_read, &["lives 365 days, longer than 364 days"]),
        at("min-lifetime", "days = 365", as_read, &[]),
        at("min-lifetime", "days = 366", as_read, &["lives 365 days, less than 366 days"]),
        at("min-remaining-life", "days = 184", as_read, &[]),
        at("min-remaining-life", "days = 185", as_read, &["184 days of life are left"]),
        at(
            "min-remaining-life",
            "days = 184",
            |facts| facts.now += jiff::SignedDuration::from_secs(1),
            &["183.9 days"],
        ),
        at("min-remaining-life", "percent = 50", as_read, &[]),
        at("min-remaining-life", "percent = 51", as_read, &["50 percent of life are left"]),
        at(
            "min-remaining-life",
            "days = 1\npercent = 1",
            |facts| facts.now = "2028-01-01T00:00:00Z".parse().unwrap(),
            &["0 days of life", "0 percent of life"],
        ),
        at("backdating-limit", "hours = 1", as_read, &[]),
        at("backdating-limit", "hours = 4344", |facts| facts.stage = Stage::Issue, &[]),
        at("backdating-limit", "hours = 4343", |facts| facts.stage = Stage::Issue, &["more than 4343 hours ago"]),
    ]);
}

#[test]
fn usages_and_extensions() {
    let no_usages: Change = |_, params| {
        params.key_usages.clear();
        params.extended_key_usages.clear();
    };
    let any: Change = |_, params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    let signs_certificates: Change = |_, params| params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    let damaged: Change = |_, params| {
        params.key_usages.clear();
        params.extended_key_usages.clear();
        for oid in [[2, 5, 29, 15], [2, 5, 29, 37], [2, 5, 29, 17], [2, 5, 29, 19]] {
            params.custom_extensions.push(CustomExtension::from_oid_content(&oid, vec![0x04, 0x05, 0x01]));
        }
    };
    check(&[
        case("key-usage", "required = ['digitalSignature', 'keyEncipherment']", unchanged, &[]),
        case(
            "key-usage",
            "required = ['digitalSignature', 'dataEncipherment']",
            unchanged,
            &["lacks dataEncipherment"],
        ),
        case("key-usage", "forbidden = ['keyCertSign', 'cRLSign']", signs_certificates, &["has keyCertSign"]),
        case("key-usage", "required = ['digitalSignature']", no_usages, &[]),
        case("key-usage", "absent = 'forbidden'", no_usages, &["there is no key usage"]),
        case("key-usage", "", damaged, &["key usage extension is damaged"]),
        case("extended-key-usage", "required = ['serverAuth']\nonly = ['1.3.6.1.5.5.7.3.1']", unchanged, &[]),
        case("extended-key-usage", "required = ['serverAuth', 'clientAuth']", unchanged, &["lacks clientAuth"]),
        case("extended-key-usage", "required = ['clientAuth']", any, &[]),
        case("extended-key-usage", "forbidden = ['anyExtendedKeyUsage']", any, &["has anyExtendedKeyUsage"]),
        case(
            "extended-key-usage",
            "only = ['clientAuth']",
            unchanged,
            &["has serverAuth; only clientAuth may be there"],
        ),
        case("extended-key-usage", "required = ['serverAuth']", no_usages, &[]),
        case("extended-key-usage", "absent = 'forbidden'", no_usages, &["there is no extended key usage"]),
        case("extended-key-usage", "", damaged, &["extended key usage is damaged"]),
        case("basic-constraints", "ca = false", unchanged, &[]),
        case("basic-constraints", "ca = true", unchanged, &["leaf: the certificate is not that of"]),
        case("basic-constraints", "ca = false\napplies_to = 'intermediate'", unchanged, &["certificate 2"]),
        case("basic-constraints", "ca = false", damaged, &["basic constraints extension is damaged"]),
        case("required-extension", "extensions = ['keyUsage', 'extKeyUsage']", unchanged, &[]),
        case("required-extension", "extensions = ['keyUsage', '1.2.3.4']", unchanged, &["lacks the extension 1.2.3.4"]),
        case("forbidden-extension", "extensions = ['1.2.3.4']", unchanged, &[]),
        case("forbidden-extension", "extensions = ['keyUsage']", unchanged, &["has the extension keyUsage"]),
        case("subject-alt-name", "presence = 'optional'", damaged, &["alternative name extension is damaged"]),
        case("subject-alt-name", "presence = 'optional'", unchanged, &[]),
    ]);
}

#[test]
fn names() {
    let empty: Change = |_, params| params.distinguished_name = DistinguishedName::new();
    let long: Change = |_, params| name(params, &"x".repeat(65));
    let named: Change = |_, params| params.subject_alt_names = vec![dns("crm.contoso.com"), dns("sp.contoso.com")];
    let many: Change = |position, params| {
        if position == 0 {
            name(params, "*.contoso.com");
            params.subject_alt_names = vec![dns("*.contoso.com"), dns("*.sales.contoso.com")];
        }
    };
    let no_generation: Change = |_, params| {
        params.distinguished_name.remove(DnType::OrganizationalUnitName);
    };
    check(&[
        case("subject-pattern", "attribute = 'CN'\npattern = '[a-z]+\\.contoso\\.com'", unchanged, &[]),
        case(
            "subject-pattern",
            "attribute = 'cn'\npattern = 'contoso'",
            unchanged,
            &["CN=crm.contoso.com does not match contoso"],
        ),
        case("subject-pattern", "attribute = 'O'\npattern = '.*'", unchanged, &["has no O"]),
        case("subject-pattern", "pattern = '.*CN=crm.*'", unchanged, &[]),
        case("subject-pattern", "pattern = 'CN=crm'", unchanged, &["does not match CN=crm"]),
        case("subject-attributes", "required = ['CN', '2.5.4.11']\nforbidden = ['E']", unchanged, &[]),
        case(
            "subject-attributes",
            "required = ['O', 'C']\nforbidden = ['CN']",
            unchanged,
            &["has no O", "has no C", "has CN"],
        ),
        case("generation-element", "pattern = 'g[0-9]{8}-[0-9a-f]{6}'", unchanged, &[]),
        case(
            "generation-element",
            "pattern = 'g[0-9]{8}-[0-9a-f]{6}'",
            no_generation,
            &["contains a generation element"],
        ),
        case("dn-length", "max_value = 20\nmax_total = 35", unchanged, &[]),
        case("dn-length", "max_value = 19", unchanged, &["the value of OU has 20 characters; 19 are allowed"]),
        case("dn-length", "max_value = 64\nmax_total = 34", unchanged, &["35 characters together"]),
        case("dn-length", "max_value = 64", long, &["the value of CN has 65 characters"]),
        case("dn-length", "max_value = 64", empty, &["the subject is empty"]),
        case("subject-alt-name", "presence = 'required'\ndns_pattern = '.*\\.contoso\\.com'", named, &[]),
        case("subject-alt-name", "presence = 'required'", unchanged, &["there is no subject alternative name"]),
        case("subject-alt-name", "presence = 'forbidden'", named, &["there are subject alternative names"]),
        case(
            "subject-alt-name",
            "presence = 'optional'\ndns_pattern = 'crm.*'",
            named,
            &["\"sp.contoso.com\" does not match"],
        ),
        case("wildcard-name", "", named, &[]),
        case("wildcard-name", "", many, &["many hosts: *.contoso.com, *.sales.contoso.com"]),
    ]);
}

#[test]
fn every_kind_has_a_table() {
    let tables = concat!(include_str!("kinds.rs"), include_str!("kinds_of_file.rs"));
    for kind in Kind::NAMES {
        assert!(tables.contains(&format!("(\"{kind}\", ")), "{kind} has no case");
    }
}
