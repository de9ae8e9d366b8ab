//! Certificates and names that we make are parsed by OpenSSL and by pyca/cryptography as we parse them.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use s2scert::cert::certificate::EVALUATION_COMMENT;
use s2scert::cert::issue::{Request, self_sign};
use s2scert::cert::name::StringKind;
use s2scert::cert::{Certificate, DistinguishedName};
use serde::{Deserialize, Serialize};

use crate::chains::keys;
use crate::oracles::{found, python_missing, run_python, skip, source};

/// How many certificates are issued.
const PROFILES: usize = 500;

/// One attribute as the generator wants it: object identifier, name in text, value.
type Wanted = (&'static str, &'static str, String);

/// What one random certificate shall say.
#[derive(Clone, Debug)]
struct Profile {
    /// The RDNs in the order of encoding.
    rdns: Vec<Vec<Wanted>>,
    dns_names: Vec<String>,
    not_before: i64,
    days: i64,
    serial: [u8; 16],
    /// Which of the keys: small ones mostly, large ones sign slowly.
    key: usize,
}

/// One line of the manifest. `password` is what batch.py hands to a reader beside the path: here the subject as we print it.
#[derive(Serialize)]
struct Asked {
    id: String,
    path: std::path::PathBuf,
    password: String,
}

/// What a foreign reader saw.
#[derive(Debug, Deserialize)]
struct Seen {
    id: String,
    refused: Option<String>,
    #[serde(flatten)]
    says: Option<Says>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
struct Says {
    serial: String,
    not_before: String,
    not_after: String,
    subject: Vec<Vec<(String, String, String)>>,
    issuer: Vec<Vec<(String, String, String)>>,
    #[serde(default)]
    subject_der: Option<String>,
    dns_names: Vec<String>,
    key_usage: Vec<String>,
    key_usage_critical: bool,
    extended_key_usage: Vec<String>,
    subject_key_id: String,
    comment: String,
    spki: String,
    #[serde(default)]
    text_differs: Option<String>,
}

#[test]
fn random_certificates_are_parsed_identically_by_openssl_and_pyca() {
    if let Some(missing) = python_missing().or_else(|| (!found("openssl")).then(|| "openssl".to_owned())) {
        return skip(&missing);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let strategy = profile();
    let profiles: Vec<_> = (0..PROFILES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let issued: Vec<_> = profiles.iter().map(issue).collect();
    let asked: Vec<_> = issued.iter().enumerate().map(|(i, one)| ask(folder.path(), i, one)).collect();
    // OpenSSL needs a process for each file: both cores.
    let (openssl, pyca) = std::thread::scope(|scope| {
        let (first, second) = asked.split_at(asked.len() / 3);
        let other = scope.spawn(|| {
            let pyca = read("x509_pyca.py", &asked, folder.path(), "pyca");
            (pyca, read("x509_openssl.py", first, folder.path(), "first"))
        });
        let rest = read("x509_openssl.py", second, folder.path(), "second");
        let (pyca, mut openssl) = other.join().unwrap();
        openssl.extend(rest);
        (openssl, pyca)
    });
    assert_eq!((openssl.len(), pyca.len()), (PROFILES, PROFILES));
    let mut wrong = Vec::new();
    for (((profile, certificate), openssl), pyca) in profiles.iter().zip(&issued).zip(&openssl).zip(&pyca) {
        assert_eq!(openssl.id, pyca.id);
        let ours = says(certificate, profile);
        wrong.extend(differs("openssl", openssl, &ours));
        let without_types = Says {
            subject: untyped(&ours.subject),
            issuer: untyped(&ours.issuer),
            subject_der: Some(hex(certificate.subject().der())),
            ..ours
        };
        wrong.extend(differs("pyca", pyca, &without_types));
    }
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} deviations:\n{shown}", wrong.len());
}

fn differs(reader: &str, seen: &Seen, ours: &Says) -> Option<String> {
    match &seen.says {
        Some(says) if says == ours => None,
        Some(says) => Some(format!("{reader} {}: {says:#?}\nours: {ours:#?}", seen.id)),
        None => Some(format!("{reader} {}: {:?}", seen.id, seen.refused)),
    }
}

fn issue(profile: &Profile) -> Certificate {
    let text = text(&profile.rdns);
    let not_before = Timestamp::from_second(profile.not_before).unwrap();
    let request = Request {
        subject: DistinguishedName::parse(&text).unwrap(),
        dns_names: profile.dns_names.clone(),
        not_before,
        not_after: not_before + SignedDuration::from_hours(24 * profile.days),
        serial: profile.serial,
    };
    self_sign(&request, &keys()[profile.key]).unwrap()
}

/// RFC 4514 text, most specific RDN first, with every character escaped that is not a letter or digit of ASCII.
fn text(rdns: &[Vec<Wanted>]) -> String {
    let rdn = |attributes: &Vec<Wanted>| {
        let pairs: Vec<_> = attributes.iter().map(|(_, name, value)| format!("{name}={}", escaped(value))).collect();
        pairs.join("+")
    };
    rdns.iter().rev().map(rdn).collect::<Vec<_>>().join(",")
}

fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, octet| {
        if octet.is_ascii_alphanumeric() {
            text.push(char::from(octet));
        } else {
            let _ = write!(text, "\\{octet:02X}");
        }
        text
    })
}

fn ask(folder: &std::path::Path, index: usize, certificate: &Certificate) -> Asked {
    let path = folder.join(format!("{index}.cer"));
    std::fs::write(&path, certificate.der()).unwrap();
    Asked { id: format!("{index:03}"), path, password: certificate.subject().to_string() }
}

fn read(program: &str, asked: &[Asked], folder: &std::path::Path, part: &str) -> Vec<Seen> {
    let (manifest, answers) = (folder.join(format!("{part}.manifest")), folder.join(format!("{part}.answers")));
    std::fs::write(&manifest, serde_json::to_vec(asked).unwrap()).unwrap();
    run_python([source(program).as_os_str(), manifest.as_os_str(), answers.as_os_str()]);
    serde_json::from_slice(&std::fs::read(answers).unwrap()).unwrap()
}

/// What we read in the certificate, the attributes of the subject as the generator wanted them.
fn says(certificate: &Certificate, profile: &Profile) -> Says {
    let name = certificate.subject();
    let subject: Vec<Vec<_>> = name
        .rdns()
        .iter()
        .map(|rdn| {
            rdn.attributes
                .iter()
                .map(|one| (one.oid().to_string(), kind(one.kind()), one.text().unwrap().to_owned()))
                .collect()
        })
        .collect();
    let wanted: Vec<Vec<_>> =
        profile.rdns.iter().map(|rdn| sorted_pairs(rdn.iter().map(|(o, _, v)| (*o, v)))).collect();
    let read: Vec<Vec<_>> =
        subject.iter().map(|rdn| sorted_pairs(rdn.iter().map(|(o, _, v)| (o.as_str(), v)))).collect();
    assert_eq!(read, wanted);
    let usage = certificate.key_usage().unwrap();
    assert!(usage.digital_signature() && usage.key_encipherment());
    Says {
        serial: without_leading_zeros(&certificate.serial_hex()),
        not_before: certificate.not_before().to_string(),
        not_after: certificate.not_after().to_string(),
        issuer: subject.clone(),
        subject,
        subject_der: None,
        dns_names: profile.dns_names.clone(),
        key_usage: vec!["digitalSignature".to_owned(), "keyEncipherment".to_owned()],
        key_usage_critical: true,
        extended_key_usage: certificate.extended_key_usage().iter().map(ToString::to_string).collect(),
        subject_key_id: hex(&certificate.subject_key_id().unwrap()),
        comment: EVALUATION_COMMENT.to_owned(),
        spki: certificate.public_key().fingerprint().to_string().to_lowercase(),
        text_differs: None,
    }
}

fn sorted_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a String)>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = pairs.map(|(oid, value)| (oid.to_owned(), value.clone())).collect();
    pairs.sort();
    pairs
}

/// The name that OpenSSL gives a string type.
fn kind(kind: StringKind) -> String {
    match kind {
        StringKind::Printable => "PRINTABLESTRING",
        StringKind::Utf8 => "UTF8STRING",
        StringKind::Ia5 => "IA5STRING",
        _ => "another",
    }
    .to_owned()
}

fn untyped(name: &[Vec<(String, String, String)>]) -> Vec<Vec<(String, String, String)>> {
    let without = |(oid, _, value): &(String, String, String)| (oid.clone(), String::new(), value.clone());
    name.iter().map(|rdn| rdn.iter().map(without).collect()).collect()
}

fn without_leading_zeros(hex: &str) -> String {
    let trimmed = hex.trim_start_matches("00");
    if trimmed.is_empty() { "00".to_owned() } else { trimmed.to_owned() }
}

fn hex(octets: &[u8]) -> String {
    s2scert::cert::digest::hex_upper(octets).to_lowercase()
}

fn profile() -> impl Strategy<Value = Profile> {
    let rdn = prop_oneof![8 => vec(attribute(), 1), 1 => vec(attribute(), 2)].prop_map(distinct_types);
    let dns = vec(dns_name(), 0..6);
    // From 1950 to 2050 a UTCTime is written, after that a GeneralizedTime: both sides, and the second around the change.
    let change = 2_524_608_000_i64;
    let start = prop_oneof![4 => 0..4_102_444_800_i64, 1 => change - 3..change + 3];
    let days = prop_oneof![1..400_i64, 1..36_525_i64];
    (vec(rdn, 1..6), dns, start, days, serial(), prop_oneof![8 => Just(0), 2 => Just(1), 1 => Just(2)]).prop_map(
        |(rdns, dns_names, not_before, days, serial, key)| Profile { rdns, dns_names, not_before, days, serial, key },
    )
}

/// An RDN holds a type once.
fn distinct_types(mut attributes: Vec<Wanted>) -> Vec<Wanted> {
    attributes.sort();
    attributes.dedup_by_key(|(oid, ..)| *oid);
    attributes
}

fn attribute() -> impl Strategy<Value = Wanted> {
    let directory = prop_oneof![
        Just(("2.5.4.3", "CN")),
        Just(("2.5.4.11", "OU")),
        Just(("2.5.4.10", "O")),
        Just(("2.5.4.7", "L")),
        Just(("2.5.4.8", "ST")),
        Just(("2.5.4.9", "STREET")),
        Just(("0.9.2342.19200300.100.1.1", "UID")),
        Just(("2.5.4.4", "SN")),
        Just(("2.5.4.12", "title")),
        Just(("2.5.4.42", "givenName")),
        Just(("2.5.4.43", "initials")),
        Just(("2.5.4.17", "postalCode")),
        Just(("2.5.4.13", "description")),
        Just(("2.5.4.15", "businessCategory")),
        Just(("2.5.4.97", "organizationIdentifier")),
    ];
    let typed = |kind: (&'static str, &'static str), value: String| (kind.0, kind.1, value);
    prop_oneof![
        12 => (directory, value()).prop_map(move |(kind, value)| typed(kind, value)),
        1 => "[A-Z]{2}".prop_map(|value| ("2.5.4.6", "C", value)),
        1 => "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"
            .prop_map(|value| ("0.9.2342.19200300.100.1.25", "DC", value)),
        1 => "[a-z.+#]{1,20}@contoso\\.com".prop_map(|value| ("1.2.840.113549.1.9.1", "emailAddress", value)),
        1 => "[A-Za-z0-9 '()+,./:=?-]{1,30}".prop_map(|value| ("2.5.4.5", "serialNumber", value)),
        1 => "[A-Za-z0-9 '()+,./:=?-]{1,30}".prop_map(|value| ("2.5.4.46", "dnQualifier", value)),
    ]
}

/// Values with what separates, escapes, quotes, hides or turns text round.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z0-9 ._-]{1,40}",
        2 => "[ #,+=;<>\"\\\\/\u{a0}]{1,12}",
        2 => "[a-z,+\"\\\\;<>=#' {}\r\n\t]{1,30}",
        2 => "[a-zäöüß\u{5bc6}\u{94a5}\u{5d0}\u{202e}\u{200b}\u{1f511}\u{e000}]{1,20}",
        1 => "\\PC{1,30}",
        1 => "S2S g20261122-[0-9a-f]{6}",
    ]
}

fn dns_name() -> impl Strategy<Value = String> {
    let label = "[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9_])?";
    (any::<bool>(), vec(label, 1..5))
        .prop_map(|(wildcard, labels)| format!("{}{}.contoso.com", if wildcard { "*." } else { "" }, labels.join(".")))
}

fn serial() -> impl Strategy<Value = [u8; 16]> {
    prop_oneof![
        6 => any::<[u8; 16]>(),
        1 => Just([0xff; 16]),
        1 => Just([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        1 => Just([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        1 => Just([0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ]
}
