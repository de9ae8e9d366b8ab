//! The same names as read by others: the X.509 library, OpenSSL, pyca/cryptography.

#![expect(clippy::disallowed_methods, reason = "the tests start the programs that judge")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use x509_cert::der::Decode;

use super::*;

/// Two hundred names of every string type, deterministic.
fn names() -> Vec<DistinguishedName> {
    const TEXTS: [&str; 12] = [
        "crm.contoso.com",
        "Müller & Co",
        "a, b+c;d",
        "\"quoted\"",
        " spaces ",
        "#hash",
        "back\\slash",
        "日本語",
        "S2S  two",
        "<x=y>",
        "123",
        "tab\tnew\nline",
    ];
    const TYPES: [&str; 9] = ["CN", "OU", "O", "L", "ST", "postalCode", "title", "SERIALNUMBER", "C"];
    let mut state = 7_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    (0..200)
        .map(|_| {
            let mut rdns = Vec::new();
            for _ in 0..=next(4) {
                let mut attributes = Vec::new();
                for _ in 0..=usize::from(next(5) == 0) {
                    let text = TEXTS[next(TEXTS.len())];
                    let value = match next(4) {
                        0 => tlv(0x1e, &encode_text("Bmp", text)),
                        1 if text.is_ascii() => tlv(0x16, text.as_bytes()),
                        2 if value::is_printable_string(text) => tlv(0x13, text.as_bytes()),
                        _ => tlv(0x0c, text.as_bytes()),
                    };
                    // Two letters, as pyca/cryptography insists.
                    let kind = TYPES[next(TYPES.len())];
                    let value = if kind == "C" { tlv(0x13, b"DE") } else { value };
                    let oid = attribute::by_text(kind).unwrap();
                    attributes.push(sequence(&[&tlv(0x06, oid.as_bytes()), &value]));
                }
                attributes.sort();
                attributes.dedup();
                rdns.push(tlv(0x31, &attributes.concat()));
            }
            DistinguishedName::from_der(&tlv(0x30, &rdns.concat())).unwrap()
        })
        .collect()
}

/// Runs a program; `None`, said aloud, where it is missing, which is a failure with `S2SCERT_REQUIRE_TOOLS=1`.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else { return missing(program) };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that ends early closes the pipe; its status says so.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError") {
        return missing("python3 with the package cryptography");
    }
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn missing(tool: &str) -> Option<Vec<u8>> {
    assert_ne!(std::env::var("S2SCERT_REQUIRE_TOOLS").as_deref(), Ok("1"), "{tool} not found");
    eprintln!("skipped: {tool} not found");
    None
}

/// Wraps names into one PEM file of certificate revocation lists, the smallest signed thing that shows a name.
fn crl(name: &DistinguishedName) -> Vec<u8> {
    let algorithm = sequence(&[&unhex("06092A864886F70D01010B"), &[5, 0]]);
    let tbs = sequence(&[&algorithm, name.der(), &tlv(0x17, b"250101000000Z")]);
    sequence(&[&tbs, &algorithm, &tlv(3, &[0, 0])])
}

#[test]
fn openssl_prints_two_hundred_names_as_we_do() {
    let mut compared = 0;
    for name in names() {
        let arguments = ["crl", "-inform", "DER", "-noout", "-issuer", "-nameopt", "RFC2253,utf8,-esc_msb"];
        let Some(output) = run("openssl", &arguments, &crl(&name)) else { return };
        let text = String::from_utf8(output).unwrap();
        let printed = text.strip_prefix("issuer=").unwrap().trim_end_matches(['\r', '\n']);
        // OpenSSL walks the attributes of an RDN backwards too.
        let ours = name.to_string();
        let mut rdns = name.rdns().to_vec();
        rdns.iter_mut().for_each(|rdn| rdn.attributes.reverse());
        let reversed = DistinguishedName { der: Vec::new(), rdns: OnceLock::from(rdns) }.to_string();
        assert_eq!(printed, reversed, "ours {ours}");
        compared += 1;
    }
    assert_eq!(compared, 200);
}

#[test]
fn pyca_reads_two_hundred_names_with_our_types_kinds_and_texts() {
    const SCRIPT: &str = "
import sys
from cryptography import x509
from cryptography.x509.name import _ASN1Type
data = sys.stdin.read().split()
for line in data:
    crl = x509.load_der_x509_crl(bytes.fromhex(line))
    rows = []
    for rdn in crl.issuer.rdns:
        rows.append('+'.join(sorted('%s:%d:%s' % (a.oid.dotted_string, a._type.value, a.value.encode('utf-8').hex()) for a in rdn)))
    print(','.join(rows))
";
    let names = names();
    let mut input = String::new();
    for name in &names {
        writeln!(input, "{}", crate::cert::digest::hex_upper(&crl(name))).unwrap();
    }
    let Some(output) = run("python3", &["-W", "ignore", "-c", SCRIPT], input.as_bytes()) else { return };
    let lines = String::from_utf8(output).unwrap();
    assert_eq!(lines.lines().count(), names.len());
    for (line, name) in lines.lines().zip(&names) {
        let rdns = name.rdns().iter().map(|rdn| {
            let mut rows: Vec<_> = rdn
                .attributes
                .iter()
                .map(|value| {
                    let hex: String = value.text().unwrap().bytes().map(|octet| format!("{octet:02x}")).collect();
                    format!("{}:{}:{hex}", value.oid(), value.kind().tag())
                })
                .collect();
            rows.sort();
            rows.join("+")
        });
        assert_eq!(line, rdns.collect::<Vec<_>>().join(","), "{name}");
    }
}

#[test]
fn the_x509_library_reads_the_names_that_we_write_and_gives_the_same_octets_back() {
    let mut written = 0;
    for name in names() {
        let decoded = Name::from_der(name.der()).unwrap();
        assert_eq!(DistinguishedName::from_decoded(&decoded), name);
        // A serialNumber beyond PrintableString is read, but not written.
        let Ok(again) = DistinguishedName::parse(&name.to_string()) else { continue };
        assert_eq!(Name::from_der(again.der()).unwrap().to_der().unwrap(), again.der());
        written += 1;
    }
    assert!(written > 120, "{written}");
}

#[test]
fn what_the_x509_library_accepts_we_read_too() {
    for notation in ["CN=a, ()", "CN(DER)=#1F8101020500", "CN(DER)=#A003020101", "CN(Utf8)=#FF", "CN(Bmp)=#00", ""] {
        let der = der_of(notation);
        let Ok(decoded) = Name::from_der(&der) else { continue };
        assert_eq!(DistinguishedName::from_decoded(&decoded).rdns(), name(notation).rdns(), "{notation}");
    }
}

#[test]
fn a_certificate_gives_its_names_as_encoded_where_the_x509_library_would_sort_them() {
    let unsorted = der_of("OU=zzzz + OU=aaaa, O=Contoso");
    let issuer = der_of("CN=CA");
    let algorithm = sequence(&[&unhex("06092A864886F70D01010B"), &[5, 0]]);
    let validity = sequence(&[&tlv(0x17, b"250101000000Z"), &tlv(0x17, b"260101000000Z")]);
    let key = sequence(&[&sequence(&[&unhex("06092A864886F70D010101"), &[5, 0]]), &tlv(3, &[0, 0x30, 0])]);
    for version in [&[0xa0, 3, 2, 1, 2][..], &[]] {
        let tbs = sequence(&[version, &[2, 1, 1], &algorithm, &issuer, &validity, &unsorted, &key]);
        let der = sequence(&[&tbs, &algorithm, &tlv(3, &[0, 0])]);
        let certificate = crate::cert::Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.subject().der(), unsorted);
        assert_eq!(certificate.subject().to_string(), "OU=zzzz+OU=aaaa,O=Contoso");
        assert_eq!(certificate.issuer().der(), issuer);
        let decoded = Name::from_der(&unsorted).unwrap();
        assert_eq!(DistinguishedName::from_decoded(&decoded), name("OU=aaaa + OU=zzzz, O=Contoso"));
    }
}
