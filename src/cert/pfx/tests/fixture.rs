//! One credential for all tests, and files made from it.

use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair as TestKey, PKCS_RSA_SHA256};
use zeroize::Zeroizing;

use crate::cert::der::{self, INTEGER, OCTET_STRING, Reader, SEQUENCE};
use crate::cert::key::KeySpec;
use crate::cert::pfx::algorithm::MacParameters;
use crate::cert::pfx::structure::EXPLICIT_0;
use crate::cert::pfx::{Contents, PasswordEncoding, PfxProfile, Settings, kdf, seal};
use crate::cert::{Certificate, Chain, Credential, KeyPair, Password};

/// A leaf, an issuer and a root, all RSA 2048, made once.
pub(super) fn credential() -> &'static Credential {
    static CREDENTIAL: OnceLock<Credential> = OnceLock::new();
    CREDENTIAL.get_or_init(|| {
        let pair = || KeyPair::generate(KeySpec::Rsa2048).unwrap();
        let test_key = |pair: &KeyPair| {
            TestKey::from_pkcs8_der_and_sign_algo(&pair.pkcs8_der().to_vec().into(), &PKCS_RSA_SHA256).unwrap()
        };
        let named = |name: &str, is_ca| {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters.is_ca = is_ca;
            parameters
        };
        let authority = IsCa::Ca(BasicConstraints::Unconstrained);
        let (root_pair, middle_pair, leaf_pair) = (pair(), pair(), pair());
        let (root_key, middle_key) = (test_key(&root_pair), test_key(&middle_pair));
        let root = named("Contoso Root", authority.clone());
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, root_key);
        let middle = named("Contoso Issuing", authority);
        let middle_certificate = middle.signed_by(&middle_key, &root).unwrap();
        let middle = Issuer::new(middle, middle_key);
        let leaf = named("s2s.contoso.com", IsCa::ExplicitNoCa).signed_by(&test_key(&leaf_pair), &middle).unwrap();
        let read = |der: &[u8]| Certificate::from_der(der).unwrap();
        let issuers = vec![read(middle_certificate.der()), read(root_certificate.der())];
        Credential::prove(Chain::new(read(leaf.der()), issuers), leaf_pair).unwrap()
    })
}

pub(super) fn chain() -> &'static [Certificate] {
    credential().chain().certificates()
}

pub(super) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// Octets that count up: the same file each time.
pub(super) fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |octets: &mut [u8]| {
        for octet in octets {
            next = next.wrapping_add(1);
            *octet = next;
        }
    }
}

pub(super) fn seal_as(contents: &Contents, text: &str, profile: PfxProfile) -> Zeroizing<Vec<u8>> {
    seal(contents, &password(text), &Settings::of(profile), &mut counting()).unwrap()
}

/// Changes what stands under the MAC of one of our files, and makes the MAC anew.
pub(super) fn reseal(bytes: &[u8], text: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = Reader::new(bytes).sequence().unwrap();
    file.expect(INTEGER).unwrap();
    let mut auth_safe = file.sequence().unwrap();
    let oid = auth_safe.oid().unwrap();
    let octets = auth_safe.expect(EXPLICIT_0).unwrap().inside().expect(OCTET_STRING).unwrap();
    let mut authenticated = octets.content.to_vec();
    change(&mut authenticated);
    let mut mac = MacParameters::read(file.expect(SEQUENCE).unwrap().inside()).unwrap();
    let encoded = kdf::encode(&password(text), PasswordEncoding::Utf16);
    mac.digest = mac.compute(&encoded, &authenticated).unwrap().as_ref().to_vec();
    let content = der::tlv(EXPLICIT_0, &der::tlv(OCTET_STRING, &authenticated));
    der::sequence(&[&der::unsigned(&[3]), &der::sequence(&[&der::oid(oid), &content]), &mac.encode()])
}
