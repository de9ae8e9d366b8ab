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
        followed(&own, &[store(ca), store(roots)]).0
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
    assert_eq!(named(followed(&in_root.certificate, &[Ok(Vec::new()), Ok(Vec::new())]).0), "whole");
    let unread = || Err(Error::new(Kind::Unreadable, "access is denied"));
    assert_eq!(named(followed(&own, &[Ok(vec![in_ca]), unread()]).0), "unseen: access is denied");
}

#[test]
fn the_issuer_that_expires_first_is_told_only_where_that_is_before_the_certificate() {
    let keys = [(); 3].map(|()| KeyPair::generate().unwrap());
    let until = |mut draft: CertificateParams, year: i32| {
        draft.not_after = rcgen::date_time_ymd(year, 6, 1);
        draft
    };
    for (root, issuing, leaf, wanted) in [
        (2040, 2035, 2030, None),
        (2040, 2028, 2030, Some("CN=Issuing")),
        (2027, 2028, 2030, Some("CN=Root")),
        (2027, 2040, 2030, Some("CN=Root")),
    ] {
        let (root, issuing) = (until(draft("Root"), root), until(draft("Issuing"), issuing));
        let leaf = until(draft("crm"), leaf);
        let in_root = seen(root.self_signed(&keys[0]).unwrap().der());
        let in_ca = seen(issuing.signed_by(&keys[1], &Issuer::from_params(&root, &keys[0])).unwrap().der());
        let own = seen(leaf.signed_by(&keys[2], &Issuer::from_params(&issuing, &keys[1])).unwrap().der()).certificate;
        let (_, early) = followed(&own, &[Ok(vec![in_ca]), Ok(vec![in_root])]);
        assert_eq!(early.as_ref().map(|one| one.issuer.as_str()), wanted);
        assert!(early.is_none_or(|one| one.not_after < own.not_after()));
    }
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
