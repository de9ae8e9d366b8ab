//! No bench: as many certificates as a bench wants.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
    SerialNumber, date_time_ymd,
};

/// The octets of the serial number, which are found again in the encoding.
const SERIAL: [u8; 16] = [0x5a; 16];

/// Returns `count` certificates in DER that differ in their serial numbers, leaves of one issuer with RSA keys of 2048 bits.
///
/// They are copies of one, so the signature is that of the first; nothing that is measured here verifies it.
pub(crate) fn ders(count: usize) -> Vec<Vec<u8>> {
    let model = model(&KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());
    let at = model.windows(SERIAL.len()).position(|octets| octets == SERIAL).unwrap();
    (0..count as u64)
        .map(|number| {
            let mut der = model.clone();
            der[at + 8..at + 16].copy_from_slice(&number.to_be_bytes());
            der
        })
        .collect()
}

/// Returns one such certificate in DER, for this key, which has also signed it.
pub(crate) fn model(key: &KeyPair) -> Vec<u8> {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name.push(DnType::CommonName, "Contoso Issuing CA");
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name.push(DnType::OrganizationName, "Contoso");
    leaf.distinguished_name.push(DnType::OrganizationalUnitName, "S2S g20260101-0a1b2c");
    leaf.distinguished_name.push(DnType::CommonName, "crm.contoso.com");
    leaf.serial_number = Some(SerialNumber::from_slice(&SERIAL));
    leaf.not_before = date_time_ymd(2026, 1, 1);
    leaf.not_after = date_time_ymd(2027, 1, 1);
    leaf.subject_alt_names = vec![rcgen::SanType::DnsName("crm.contoso.com".try_into().unwrap())];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.signed_by(key, &Issuer::from_params(&issuer, key)).unwrap().der().to_vec()
}
