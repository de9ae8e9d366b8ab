//! How long all rules of `production` take.
//!
//! Budget: 20 microseconds per certificate. What is decoded is decoded anew for each evaluation, as in `s2scert check` of a
//! folder; the certificate itself is already read, and whether the chain reaches its root is a fact that the caller brings.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd,
};
use s2scert::cert::{Certificate, Chain};
use s2scert::policy::{Facts, Policy, WaiverUse};

mod many;

/// How many certificates are handed over at once.
const COUNT: usize = 100_000;

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.serial_number = Some(SerialNumber::from_slice(&[0x5a; 16]));
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn authority(common_name: &str) -> CertificateParams {
    let mut params = params(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_after = date_time_ymd(2036, 1, 1);
    params
}

fn chain() -> Chain {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let (root, intermediate) = (authority("Contoso Root CA"), authority("Contoso Issuing CA"));
    let mut leaf = params("crm.contoso.com");
    leaf.distinguished_name.push(DnType::OrganizationalUnitName, "S2S g20260101-0a1b2c");
    leaf.subject_alt_names = vec![rcgen::SanType::DnsName("crm.contoso.com".try_into().unwrap())];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let made = [
        leaf.signed_by(&key, &Issuer::from_params(&intermediate, &key)),
        intermediate.signed_by(&key, &Issuer::from_params(&root, &key)),
        root.self_signed(&key),
    ];
    let [leaf, issuers @ ..] = made.map(|made| Certificate::from_der(made.unwrap().der()).unwrap());
    Chain::new(leaf, issuers.to_vec())
}

fn evaluate(criterion: &mut Criterion) {
    let policy = Policy::shipped("production").unwrap();
    let whole = chain();
    let alone = Chain::new(whole.leaf().clone(), Vec::new());
    let now = "2026-07-01T00:00:00Z".parse().unwrap();
    let cases = [("a chain of three without a finding", &whole, 0), ("a leaf alone, one finding", &alone, 1)];
    for (name, chain, findings) in cases {
        let facts = Facts::of_chain(now, chain);
        assert_eq!(policy.evaluate(&facts).len(), findings);
        criterion.bench_function(name, |bencher| bencher.iter(|| policy.evaluate(black_box(&facts))));
    }
    criterion.bench_function("reading production", |bencher| bencher.iter(|| Policy::shipped(black_box("production"))));
}

/// What `s2scert check` does with each certificate of a folder once it is read, on one core and on all, as there.
fn evaluate_many(criterion: &mut Criterion) {
    let policy = Policy::shipped("production").unwrap();
    let now = "2026-07-01T00:00:00Z".parse().unwrap();
    let chains: Vec<Chain> =
        many::ders(COUNT).iter().map(|der| Chain::new(Certificate::from_der(der).unwrap(), Vec::new())).collect();
    let judge = |chain: &Chain| {
        let findings = policy.evaluate_rules(&Facts::of_chain(now, chain), &mut WaiverUse::default());
        assert_eq!(black_box(findings).len(), 1, "the issuer is missing");
    };
    let mut group = criterion.benchmark_group("production over 100,000 certificates");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    group.bench_function("one core", |bencher| bencher.iter(|| chains.iter().for_each(judge)));
    group.bench_function("all cores", |bencher| bencher.iter(|| chains.par_iter().for_each(judge)));
    group.finish();
}

criterion_group!(benches, evaluate, evaluate_many);
criterion_main!(benches);
