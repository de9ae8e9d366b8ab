//! The files that stand in the folder of each session. Made once a run; dates are counted from today.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair as RcKey,
    KeyUsagePurpose, PKCS_RSA_SHA256, SerialNumber,
};
use s2scert::cert::pfx::{Contents, DEFAULT_PROVIDER, Labels, PfxProfile, Settings, seal};
use s2scert::cert::{Certificate, Chain, Credential, KeyPair, Password, pem};

/// The password of every PFX here.
pub(crate) const PASSWORD: &str = "Transkript-1";

/// The subject of the production leaf: with a generation, as the policy asks.
const LEAF: &str = "crm.contoso.com g20260101";

/// One file: its name and what it holds.
pub(crate) type File = (&'static str, Vec<u8>);

/// All files.
pub(crate) static FILES: LazyLock<Vec<File>> = LazyLock::new(make);

fn make() -> Vec<File> {
    let (root_key, issuing_key) =
        (key(include_bytes!("../../data/keys/root.pem")), key(include_bytes!("../../data/keys/issuing.pem")));
    let (leaf_key, other_key) =
        (key(include_bytes!("../../data/keys/leaf.pem")), key(include_bytes!("../../data/keys/other.pem")));
    let root_draft = authority("Contoso Root CA", 1, 3_650);
    let root = root_draft.self_signed(&rc(&root_key)).unwrap();
    let root_issuer = Issuer::new(root_draft, rc(&root_key));
    let issuing_draft = authority("Contoso Issuing CA", 2, 1_825);
    let issuing = issuing_draft.signed_by(&rc(&issuing_key), &root_issuer).unwrap();
    let issuer = Issuer::new(issuing_draft, rc(&issuing_key));
    let leaf = end_entity(LEAF, 3, -1, 366).signed_by(&rc(&leaf_key), &issuer).unwrap();
    let other = end_entity("other.contoso.com g20260101", 4, -1, 366).signed_by(&rc(&other_key), &issuer).unwrap();
    let expired = end_entity(LEAF, 5, -366, -1).signed_by(&rc(&leaf_key), &issuer).unwrap();
    let mut asked = end_entity(LEAF, 6, -1, 366);
    (asked.serial_number, asked.use_authority_key_identifier_extension) = (None, false);
    let request = asked.serialize_request(&rc(&leaf_key)).unwrap();

    let read = |der: &[u8]| Certificate::from_der(der).unwrap();
    let chain = Chain::new(read(leaf.der()), vec![read(issuing.der()), read(root.der())]);
    let credential = Credential::prove(chain, leaf_key.clone()).unwrap();
    let short = Credential::prove(Chain::new(read(leaf.der()), Vec::new()), leaf_key.clone()).unwrap();
    let pfx = sealed(&credential, &Settings::of(PfxProfile::Legacy));
    let cut = pfx[..1_000].to_vec();
    let mut altered = pfx.clone();
    altered[1_500] ^= 1;
    let absurd = with_absurd_iterations(&pfx);

    vec![
        ("pass", format!("{PASSWORD}\n").into_bytes()),
        ("wrong", b"Transkript-2\n".to_vec()),
        ("blank", b"\n".to_vec()),
        ("empty", Vec::new()),
        ("garbage.pfx", (0..=255).rev().collect()),
        ("notes.txt", b"The certificate is in the mail of Tuesday.\n".to_vec()),
        ("store.jks", b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0".to_vec()),
        ("page.cer", b"<!DOCTYPE html>\n<html><body>Please log on</body></html>\n".to_vec()),
        ("root.cer", root.der().to_vec()),
        ("issuing.pem", issuing.pem().into_bytes()),
        ("leaf.cer", leaf.der().to_vec()),
        ("leaf.key", leaf_key_pem(&leaf_key)),
        ("camellia.key", include_bytes!("../../data/keys/leaf-camellia.pem").to_vec()),
        ("leaf.csr", request.pem().unwrap().into_bytes()),
        ("other.cer", other.der().to_vec()),
        ("other.key", leaf_key_pem(&other_key)),
        ("keys.pem", [leaf_key_pem(&leaf_key), leaf_key_pem(&other_key)].concat()),
        ("expired.cer", expired.der().to_vec()),
        ("weak.pem", include_bytes!("../../data/keys/weak-1024.pem").to_vec()),
        ("damaged.pem", issuing.pem().replacen("MII", "M!I", 1).into_bytes()),
        ("torn.pem", issuing.pem().replace("-----END CERTIFICATE-----", "").into_bytes()),
        ("chain.pfx", pfx),
        ("leaf-only.pfx", sealed(&short, &Settings::of(PfxProfile::Legacy))),
        ("modern.pfx", sealed(&credential, &Settings::of(PfxProfile::Modern))),
        ("cut.pfx", cut),
        ("altered.pfx", altered),
        ("absurd.pfx", absurd),
    ]
}

fn leaf_key_pem(key: &KeyPair) -> Vec<u8> {
    pem::encode("PRIVATE KEY", key.pkcs8_der()).as_bytes().to_vec()
}

fn sealed(credential: &Credential, settings: &Settings) -> Vec<u8> {
    let labels =
        Labels { friendly_name: Some("S2S g20260101".to_owned()), provider: Some(DEFAULT_PROVIDER.to_owned()) };
    let contents = Contents::of_credential(credential, &labels);
    // Salts need not be random in a test, and one that repeats makes the file the same in each run.
    let mut next = 0_u8;
    let mut count = |octets: &mut [u8]| {
        octets.iter_mut().for_each(|octet| {
            next = next.wrapping_add(1);
            *octet = next;
        })
    };
    seal(&contents, &Password::new(PASSWORD.to_owned()), settings, &mut count).unwrap().to_vec()
}

/// Writes the largest number of four octets as the iterations of the MAC, with which a PFX ends. The salt before it becomes
/// two octets shorter, so that no length changes.
fn with_absurd_iterations(pfx: &[u8]) -> Vec<u8> {
    let (head, tail) = pfx.split_at(pfx.len() - 26);
    assert_eq!((&tail[..2], &tail[22..]), (&[0x04, 20][..], &[0x02, 2, 0x07, 0xd0][..]), "salt and 2000 iterations");
    [head, &[0x04, 18], &tail[2..20], &[0x02, 4, 0x7f, 0xff, 0xff, 0xff]].concat()
}

fn key(text: &[u8]) -> KeyPair {
    let blocks = pem::scan(text).unwrap();
    KeyPair::from_pkcs8_der(&blocks[0].content).unwrap()
}

fn rc(key: &KeyPair) -> RcKey {
    RcKey::from_pkcs8_der_and_sign_algo(&key.pkcs8_der().as_slice().into(), &PKCS_RSA_SHA256).unwrap()
}

fn authority(name: &str, serial: u8, days: i64) -> CertificateParams {
    let mut params = params(name, serial, -1, days);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn end_entity(name: &str, serial: u8, from: i64, to: i64) -> CertificateParams {
    let mut params = params(name, serial, from, to);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Valid from the start of one day to the start of another, counted from today.
fn params(name: &str, serial: u8, from: i64, to: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::OrganizationName, "Contoso");
    params.distinguished_name.push(DnType::CommonName, name);
    // As long as an authority of today would make it.
    params.serial_number = Some(SerialNumber::from_slice(&[[0x51; 15].as_slice(), &[serial]].concat()));
    params.use_authority_key_identifier_extension = true;
    let day = |offset: i64| {
        let day = today() + jiff::Span::new().days(offset);
        rcgen::date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(from), day(to));
    params
}

/// Returns today's date, UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
