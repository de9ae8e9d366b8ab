//! What is looked at beside files and folders: patterns, certificate stores, servers that show certificates.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ALL_VERSIONS, ServerConfig};

use super::{Desk, in_days};
use crate::tls_server::{Authority, Server};

/// A leaf and its issuer as DER with the key of the leaf; each expires after so many days.
struct Chain {
    leaf: Vec<u8>,
    issuer: Vec<u8>,
    key: Vec<u8>,
}

fn chain(subject: &str, leaf_days: i64, issuer_days: i64) -> Chain {
    let params = |name: &str, days: i64| {
        let mut params = CertificateParams::new(vec!["crm.contoso.com".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let ((year, month, day), end) = (in_days(-300), in_days(days));
        params.not_before = date_time_ymd(year, month, day);
        params.not_after = date_time_ymd(end.0, end.1, end.2);
        params
    };
    let mut authority = params("Contoso Issuing CA", issuer_days);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let issuer = authority.self_signed(&authority_key).unwrap().der().to_vec();
    let key = KeyPair::generate().unwrap();
    let leaf = params(subject, leaf_days).signed_by(&key, &Issuer::from_params(&authority, &authority_key)).unwrap();
    Chain { leaf: leaf.der().to_vec(), issuer, key: key.serialize_der() }
}

/// A server that shows leaf and issuer and says nothing.
fn shows(chain: &Chain) -> Server {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(ALL_VERSIONS).unwrap();
    let certificates = [&chain.leaf, &chain.issuer].map(|der| CertificateDer::from(der.clone())).to_vec();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(chain.key.clone()));
    let config = builder.with_no_client_auth().with_single_cert(certificates, key).unwrap();
    Server::tls(Arc::new(config), |_, _| Ok(()))
}

#[test]
fn a_tls_server_is_seen_whoever_issued_its_certificate_and_the_earliest_in_the_chain_counts() {
    let server = shows(&chain("crm.contoso.com", 300, 20));
    let desk = Desk::new(&[]);
    desk.settings(&format!("[[endpoint]]\nurl = \"tls://127.0.0.1:{}\"\n", server.port));
    let answer = desk.watch(&[]);
    let alerts = answer.alerts("expiry");
    assert_eq!((alerts.len(), answer.number("certificates")), (1, 1), "{answer:?}");
    let details = answer.json["alerts"].to_string();
    assert!(details.contains("CN=Contoso Issuing CA, which expires before the certificate itself"), "{details}");
    assert!(details.contains(&format!("tls://127.0.0.1:{}", server.port)), "{details}");
    // Named on the command line it is the same.
    let word = format!("tls://127.0.0.1:{}", server.port);
    desk.settings("");
    assert_eq!(desk.watch(&[&word]).alerts("expiry"), alerts);
}

#[test]
fn a_metadata_document_shows_each_of_its_certificates() {
    let authority = Authority::new("Contoso Root");
    let keys = [chain("old", 3, 4_000), chain("new", 700, 4_000)]
        .map(|one| serde_json::json!({ "keyvalue": { "value": STANDARD.encode(&one.leaf) } }));
    let body = serde_json::json!({ "issuer": "id@realm", "keys": keys }).to_string();
    let page =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let identity = authority.issue(&["127.0.0.1"], 2020, 2040);
    let server = Server::tls(identity.config(ALL_VERSIONS), move |_, out| out.write_all(page.as_bytes()));
    let desk = Desk::new(&[]);
    desk.write("ca.cer", &authority.der);
    let table = format!("[[endpoint]]\nurl = \"https://127.0.0.1:{}/metadata/json\"\n", server.port);
    desk.settings(&format!("{table}authorities = \"ca.cer\"\n"));
    let answer = desk.watch(&[]);
    assert_eq!((answer.number("certificates"), answer.alerts("expiry").len()), (2, 1), "{answer:?}");
    assert!(answer.alerts("expiry")[0].starts_with("CN=old"), "{answer:?}");
    // Whom this machine does not trust is not believed.
    desk.settings(&table);
    let answer = desk.watch(&[]);
    assert_eq!((answer.code, answer.number("certificates")), (4, 0), "{answer:?}");
    assert!(answer.alerts("unreadable")[0].contains("none of the trusted authorities"), "{answer:?}");
}

#[test]
fn a_server_that_shows_nothing_is_unseen_and_never_good() {
    let desk = Desk::new(&["leaf.cer"]);
    let silent = Server::raw(|stream| {
        std::thread::sleep(std::time::Duration::from_secs(5));
        drop(stream);
    });
    let authority = Authority::new("Contoso Root");
    let broken = Server::tls(authority.issue(&["127.0.0.1"], 2020, 2040).config(ALL_VERSIONS), |_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>")
    });
    desk.write("ca.cer", &authority.der);
    for (url, more, why) in [
        ("tls://127.0.0.1:1".to_owned(), "", "nothing answers"),
        (format!("tls://127.0.0.1:{}", silent.port), "seconds = 1", "in time"),
        ("tls://no-such.invalid".to_owned(), "", "no-such.invalid"),
        (format!("https://127.0.0.1:{}/x", broken.port), "authorities = \"ca.cer\"", "a web page"),
        (format!("https://127.0.0.1:{}/x", broken.port), "authorities = \"no-such.cer\"", "no-such.cer"),
    ] {
        desk.settings(&format!("[[endpoint]]\nurl = {url:?}\n{more}\n"));
        let answer = desk.watch(&["leaf.cer"]);
        assert_eq!((answer.code, answer.number("unreadable")), (4, 1), "{url}: {answer:?}");
        let told = answer.alerts("unreadable");
        assert!(told[0].starts_with(&url) && told[0].contains(why), "{told:?}");
    }
}

#[test]
fn a_pattern_means_the_files_of_its_names_and_one_that_none_meets_is_told() {
    let desk = Desk::new(&[]);
    for (name, mark) in [("sites/crm/s2s.cer", "crm"), ("sites/sp/S2S.CER", "sp"), ("sites/sp/other.pem", "other")] {
        desk.write(name, &chain(mark, 5, 4_000).leaf);
    }
    desk.settings("paths = [\"sites/**/s2s.*\"]\n");
    let titles = |answer: &super::Answer| {
        let mut all: Vec<String> =
            answer.alerts("expiry").iter().map(|one| one.split(':').next().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let answer = desk.watch(&[]);
    assert_eq!(titles(&answer), ["CN=crm", "CN=sp"], "{answer:?}");
    assert_eq!(answer.number("unreadable"), 0);
    // On the command line too; a file that is named beside a pattern is meant as well.
    let answer = desk.watch(&["sites/sp/other.pem"]);
    assert_eq!(titles(&answer), ["CN=crm", "CN=other", "CN=sp"]);
    let answer = desk.watch(&["sites/*/*.pfx"]);
    assert_eq!((answer.code, answer.number("unreadable")), (7, 1), "{answer:?}");
    assert!(answer.alerts("unreadable")[0].contains("sites/*/*.pfx: no file has such a name"));
}

/// A store that is a folder.
#[cfg(unix)]
#[test]
fn a_store_is_seen_with_its_issuers_and_one_that_is_not_there_is_told() {
    let desk = Desk::new(&["chain.pfx", "pass"]);
    let install = ["store", "install", "chain.pfx", "--password-file", "pass", "--store-dir", "stores", "--trust-root"];
    let output = desk.command(&install).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let long = "[ladder]\nthresholds = [\"3600d\"]\n";
    desk.settings(&format!("[[store]]\nplace = {{ folder = \"stores\" }}\n{long}"));
    let answer = desk.watch(&[]);
    assert_eq!((answer.number("certificates"), answer.alerts("expiry").len()), (1, 1), "{answer:?}");
    assert!(answer.json["alerts"].to_string().contains("stores/My"), "{answer:?}");
    desk.settings(&format!(
        "[[store]]\nplace = {{ folder = \"stores\" }}\nstores = [\"my\", \"ca\", \"root\"]\n{long}"
    ));
    let all = desk.watch(&[]).number("certificates");
    assert!(all > 1);
    // A file in it that is no certificate is told, and hides no certificate.
    desk.write("stores/My/0000.pem", "nothing");
    let answer = desk.watch(&[]);
    assert_eq!((answer.number("unreadable"), answer.number("certificates")), (1, all), "{answer:?}");
    assert!(answer.alerts("unreadable")[0].contains("stores/My/0000.pem"), "{answer:?}");
    desk.settings("[[store]]\nplace = { folder = \"no-such\" }\n");
    let answer = desk.watch(&[]);
    assert_eq!((answer.code, answer.number("certificates")), (4, 0), "{answer:?}");
}

#[test]
fn a_later_certificate_of_the_same_subject_is_named_and_silences_nothing() {
    let [old, new] = [chain("crm", 5, 4_000), chain("crm", 700, 4_000)];
    let [first, second] = [shows(&old), shows(&new)];
    let desk = Desk::new(&[]);
    desk.settings("");
    let words = [first.port, second.port].map(|port| format!("tls://127.0.0.1:{port}"));
    let answer = desk.watch(&[&words[0], &words[1]]);
    assert_eq!(answer.alerts("expiry").len(), 1, "{answer:?}");
    assert!(answer.json["alerts"].to_string().contains("has the same subject and expires later"), "{answer:?}");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    let desk = Desk::new(&[]);
    desk.settings("");
    for word in
        ["tls://", "tls://crm.contoso.com:0", "tls://user@crm.contoso.com", "https://", "tls://crm.contoso.com/path"]
    {
        let answer = desk.watch(&[word]);
        assert_eq!(answer.code, 2, "{word}: {answer:?}");
        assert!(
            answer.stderr.contains("this is no endpoint") || answer.json.to_string().contains("this is no endpoint"),
            "{answer:?}"
        );
    }
}
