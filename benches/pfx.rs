//! How long it takes to seal and to open a PFX, for both profiles with their default iterations.
//!
//! A PFX with a key and a chain of three is made of two encrypted contents and a MAC. Nobody can write or open one without
//! deriving their keys from the password and running the ciphers over the contents; the time for that alone is the floor that
//! stands beside each figure. It calls the same libraries in the shortest way (AWS-LC for the hashes and PBKDF2, `des` and `aes`
//! for the ciphers), keeps nothing and erases nothing. A ratio to the floor of 1 cannot be beaten with these libraries.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use aes::Aes256;
use aws_lc_rs::{digest, pbkdf2};
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use criterion::{Criterion, criterion_group, criterion_main};
use des::TdesEde3;
use s2scert::cert::key::KeySpec;
use s2scert::cert::pfx::{Contents, Labels, Pfx, PfxProfile, Settings, seal};
use s2scert::cert::{Certificate, Chain, Credential, KeyPair, Password};

mod many;

/// PKCS#8 of an RSA key of 2048 bits, and a chain of three in its bags, in octets.
const CONTENTS: [usize; 2] = [1_218, 3_000];

fn credential() -> Credential {
    let key = KeyPair::generate(KeySpec::Rsa2048).unwrap();
    let signer =
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&key.pkcs8_der().as_slice().into(), &rcgen::PKCS_RSA_SHA256);
    let leaf = Certificate::from_der(&many::model(&signer.unwrap())).unwrap();
    // The issuers may be any: nothing here looks at who signed whom.
    let issuers = many::ders(2).iter().map(|der| Certificate::from_der(der).unwrap()).collect();
    Credential::prove(Chain::new(leaf, issuers), key).unwrap()
}

fn pfx(criterion: &mut Criterion) {
    let contents = Contents::of_credential(&credential(), &Labels::default());
    let password = Password::new("correct horse battery staple".to_owned());
    for profile in PfxProfile::ALL {
        let settings = Settings::of(profile);
        let mut random = |octets: &mut [u8]| octets.fill(7);
        let sealed = seal(&contents, &password, &settings, &mut random).unwrap();
        assert_eq!(Pfx::open(&sealed, &password).unwrap().certificates().count(), 3);
        let mut group = criterion.benchmark_group(format!("{profile}, {} iterations", settings.iterations()));
        group.sample_size(30).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        group.bench_function("floor", |bencher| bencher.iter(|| floor(black_box(&password), &settings)));
        group.bench_function("seal", |bencher| {
            bencher.iter(|| seal(black_box(&contents), &password, &settings, &mut random).unwrap());
        });
        group.bench_function("open", |bencher| bencher.iter(|| Pfx::open(black_box(&sealed), &password).unwrap()));
        group.finish();
    }
}

/// The derivations and the ciphers of one PFX.
fn floor(password: &Password, settings: &Settings) {
    let iterations = NonZeroU32::new(settings.iterations()).unwrap();
    for length in CONTENTS {
        let mut content = vec![7; length + 16];
        match settings.profile() {
            PfxProfile::Legacy => {
                // RFC 7292 appendix B: 24 octets of key take two rounds of SHA-1, 8 of vector one.
                let key = [
                    rounds(&digest::SHA1_FOR_LEGACY_USE_ONLY, iterations),
                    rounds(&digest::SHA1_FOR_LEGACY_USE_ONLY, iterations),
                ]
                .concat();
                let iv = rounds(&digest::SHA1_FOR_LEGACY_USE_ONLY, iterations);
                let cipher = Encryptor::<TdesEde3>::new_from_slices(&key[..24], &iv[..8]).unwrap();
                black_box(cipher.encrypt_padded::<Pkcs7>(&mut content, length).unwrap());
            }
            PfxProfile::Modern => {
                let mut key = [0; 32];
                pbkdf2::derive(
                    pbkdf2::PBKDF2_HMAC_SHA256,
                    iterations,
                    &[7; 16],
                    password.expose().as_bytes(),
                    &mut key,
                );
                let cipher = Encryptor::<Aes256>::new_from_slices(&key, &[7; 16]).unwrap();
                black_box(cipher.encrypt_padded::<Pkcs7>(&mut content, length).unwrap());
            }
        }
    }
    // The key of the MAC takes one round, with the hash of the profile; the MAC itself is not worth counting.
    black_box(match settings.profile() {
        PfxProfile::Legacy => rounds(&digest::SHA1_FOR_LEGACY_USE_ONLY, iterations),
        PfxProfile::Modern => rounds(&digest::SHA256, iterations),
    });
}

/// The hash of a hash, and so on: what the derivation of RFC 7292 does for each piece of a key.
fn rounds(algorithm: &'static digest::Algorithm, iterations: NonZeroU32) -> Vec<u8> {
    let mut value = digest::digest(algorithm, &[7; 128]);
    for _ in 1..iterations.get() {
        value = digest::digest(algorithm, value.as_ref());
    }
    value.as_ref().to_vec()
}

criterion_group!(benches, pfx);
criterion_main!(benches);
