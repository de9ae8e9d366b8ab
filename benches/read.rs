//! How long it takes to read 100,000 certificates within one process.
//!
//! Beside each figure stands that of the X.509 library alone (x509-cert), which is the floor: s2scert keeps the octets, recognises
//! what a file is, and reads PEM. Times are reported per element.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use s2scert::cert::{Certificate, container, pem};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode as _;

mod many;

/// How many certificates are handed over at once.
const COUNT: usize = 100_000;

fn read(criterion: &mut Criterion) {
    let ders = many::ders(COUNT);
    let mut group = criterion.benchmark_group("reading 100,000 certificates");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    group.bench_function("x509-cert alone, one core", |bencher| {
        bencher.iter(|| ders.iter().for_each(|der| drop(black_box(CertificateInner::<Raw>::from_der(der).unwrap()))));
    });
    group.bench_function("Certificate::from_der, one core", |bencher| {
        bencher.iter(|| ders.iter().for_each(|der| drop(black_box(Certificate::from_der(der).unwrap()))));
    });
    group.bench_function("Certificate::from_der, all cores", |bencher| {
        bencher.iter(|| ders.par_iter().for_each(|der| drop(black_box(Certificate::from_der(der).unwrap()))));
    });
    group.bench_function("DER files, one core", |bencher| {
        bencher.iter(|| ders.iter().for_each(|der| drop(black_box(container::read(der, &[]).unwrap()))));
    });
    let pems: Vec<String> = ders.iter().map(|der| pem::encode("CERTIFICATE", der).to_string()).collect();
    drop(ders);
    group.bench_function("PEM files, one core", |bencher| {
        bencher.iter(|| pems.iter().for_each(|pem| drop(black_box(container::read(pem.as_bytes(), &[]).unwrap()))));
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
