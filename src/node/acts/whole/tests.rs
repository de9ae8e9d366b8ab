//! What is told of a chain and of bindings.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;
use crate::error::Kind;
use crate::ports::StoredCertificate;

fn draft(name: &str) -> CertificateParams {
    let mut draft = CertificateParams::new(Vec::new()).unwrap();
    draft.distinguished_name = rcgen::DistinguishedName::new();
    draft.distinguished_name.push(DnType::CommonName, name);
    draft.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    draft
}

fn seen(der: &[u8]) -> InStore {
    let stored = StoredCertificate { der: der.to_vec(), friendly_name: None, key: None };
    InStore { store: StoreName::Ca, certificate: Certificate::from_der(der).unwrap(), stored }
}

#[test]
fn the_first_issuer_that_is_missing_or_does_not_verify_is_named() {
    let keys = [(); 4].map(|()| KeyPair::generate().unwrap());
    let (root, issuing, leaf) = (draft("Root"), draft("Issuing"), draft("crm"));
    let in_root = seen(root.self_signed(&keys[0]).unwrap().der());
    let in_ca = seen(issuing.signed_by(&keys[1], &Issuer::from_params(&root, &keys[0])).unwrap().der());
    let own = seen(leaf.signed_by(&keys[2], &Issuer::from_params(&issuing, &keys[1])).unwrap().der()).certificate;
    // The name of the authority, and the key of somebody else.
    let namesake = seen(issuing.signed_by(&keys[3], &Issuer::from_params(&root, &keys[0])).unwrap().der());
    let missing = |ca: &[&InStore], roots: &[&InStore]| {
        let store = |all: &[&InStore]| Ok(all.iter().map(|one| (*one).clone()).collect());
        missing_issuer(&own, &[store(ca), store(roots)])
    };
    let named = |seen: Seen<Text>| match seen {
        Seen::There(name) => name.as_str().to_owned(),
        Seen::Absent(_) => "whole".to_owned(),
        Seen::Unseen(why) => format!("unseen: {}", why.as_str()),
    };
    assert_eq!(named(missing(&[&in_ca], &[&in_root])), "whole");
    assert_eq!(named(missing(&[&namesake, &in_ca], &[&in_root])), "whole");
    assert_eq!(named(missing(&[], &[&in_root])), "CN=Issuing");
    assert_eq!(named(missing(&[&namesake], &[&in_root])), "CN=Issuing");
    assert_eq!(named(missing(&[&in_ca], &[])), "CN=Root");
    assert_eq!(named(missing_issuer(&in_root.certificate, &[Ok(Vec::new()), Ok(Vec::new())])), "whole");
    let unread = || Err(Error::new(Kind::Unreadable, "access is denied"));
    assert_eq!(named(missing_issuer(&own, &[Ok(vec![in_ca]), unread()])), "unseen: access is denied");
}

#[test]
fn the_bindings_of_one_certificate_are_its_own() {
    let binding = |thumbprint: &str, endpoint: &str| TlsBinding {
        endpoint: endpoint.to_owned(),
        thumbprint: thumbprint.to_owned(),
        store: "My".to_owned(),
    };
    let all = [binding("AA", "0.0.0.0:443"), binding("BB", "0.0.0.0:444"), binding("AA", "crm.contoso.com:443")];
    let names: Vec<String> = used_by(&all, "AA").map(|text| text.as_str().to_owned()).collect();
    assert_eq!(names, ["0.0.0.0:443", "crm.contoso.com:443"]);
    assert_eq!(used_by(&all, "CC").count(), 0);
}
