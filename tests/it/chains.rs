//! Keys and chains for the other modules, made once a run: prime search is the slowest thing that tests do.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose,
    PKCS_RSA_SHA256, SerialNumber,
};
use s2scert::cert::key::KeySpec;
use s2scert::cert::{Certificate, Chain, Credential, KeyPair};

/// Returns a key of 2048, one of 3072 and one of 4096 bits, always the same within a run.
pub(crate) fn keys() -> &'static [KeyPair; 3] {
    static KEYS: OnceLock<[KeyPair; 3]> = OnceLock::new();
    KEYS.get_or_init(|| {
        [KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096].map(|size| KeyPair::generate(size).unwrap())
    })
}

/// Returns the keys of the authorities, root first.
fn authorities() -> &'static [KeyPair; 3] {
    static KEYS: OnceLock<[KeyPair; 3]> = OnceLock::new();
    KEYS.get_or_init(|| [(); 3].map(|()| KeyPair::generate(KeySpec::Rsa2048).unwrap()))
}

/// Makes a credential whose chain has `length` certificates, 1 to 4; with 1 the leaf signs itself.
pub(crate) fn credential(key: &KeyPair, length: usize) -> Credential {
    let leaf_signer = signer(key);
    let leaf = leaf("crm.contoso.com", 1);
    if length == 1 {
        let der = leaf.self_signed(&leaf_signer).unwrap();
        return Credential::prove(Chain::new(read(der.der()), Vec::new()), key.clone()).unwrap();
    }
    // Built from the root down, then turned round.
    let keys = authorities();
    let root = authority("Contoso Root CA", 10);
    let mut chain = vec![read(root.self_signed(&signer(&keys[0])).unwrap().der())];
    let mut issuer = Issuer::new(root, signer(&keys[0]));
    for (level, key) in (1..).zip(&keys[1..length - 1]) {
        let params = authority(&format!("Contoso Issuing CA {level}"), 10 + level);
        let own = signer(key);
        chain.push(read(params.signed_by(&own, &issuer).unwrap().der()));
        issuer = Issuer::new(params, own);
    }
    let leaf = read(leaf.signed_by(&leaf_signer, &issuer).unwrap().der());
    chain.reverse();
    Credential::prove(Chain::new(leaf, chain), key.clone()).unwrap()
}

/// Returns what the certificate of a server says.
pub(crate) fn leaf(name: &str, serial: u8) -> CertificateParams {
    let mut params = params(name, serial);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Returns what the certificate of an authority says.
pub(crate) fn authority(name: &str, serial: u8) -> CertificateParams {
    let mut params = params(name, serial);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn params(name: &str, serial: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CountryName, DnValue::PrintableString("US".try_into().unwrap()));
    params.distinguished_name.push(DnType::OrganizationName, "Contoso");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from_slice(&[0x51, 0xC0, serial]));
    params.use_authority_key_identifier_extension = true;
    params
}

/// Returns a key as rcgen takes it.
pub(crate) fn signer(key: &KeyPair) -> rcgen::KeyPair {
    rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&key.pkcs8_der().as_slice().into(), &PKCS_RSA_SHA256).unwrap()
}

fn read(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}
