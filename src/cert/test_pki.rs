//! Certificates for tests, made with rcgen.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::LazyLock;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair as RcKey,
    PKCS_RSA_SHA256, RsaKeySize,
};

use super::{Certificate, KeyPair};

/// The instant at which tests look at certificates.
pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// An RSA key, as the product needs for the leaf.
pub(super) fn rsa_key() -> RcKey {
    RcKey::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

/// An elliptic curve key, which costs nothing to make.
pub(super) fn ec_key() -> RcKey {
    RcKey::generate().unwrap()
}

/// The noun for a key of rcgen.
pub(super) fn key_pair(key: &RcKey) -> KeyPair {
    KeyPair::from_pkcs8_der(key.serialized_der()).unwrap()
}

/// What a certificate of the tests says. Modified by methods, then signed.
#[derive(Clone)]
pub(super) struct Draft(pub(super) CertificateParams);

impl Draft {
    /// An end-entity certificate, valid from 2026 to 2028.
    pub(super) fn leaf(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        Self(params).years(2026, 2028)
    }

    /// An authority, valid from 2020 to 2040.
    pub(super) fn authority(name: &str) -> Self {
        let mut draft = Self::leaf(name).years(2020, 2040);
        draft.0.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        draft.0.extended_key_usages.clear();
        draft
    }

    pub(super) fn years(mut self, from: i32, until: i32) -> Self {
        self.0.not_before = rcgen::date_time_ymd(from, 1, 1);
        self.0.not_after = rcgen::date_time_ymd(until, 1, 1);
        self
    }

    pub(super) fn without_authority_key_id(mut self) -> Self {
        self.0.use_authority_key_identifier_extension = false;
        self
    }

    /// Signs for `key` in the name of `issuer` with `issuer_key`.
    pub(super) fn signed(&self, key: &RcKey, issuer: &Self, issuer_key: &RcKey) -> Certificate {
        let certificate = self.0.signed_by(key, &Issuer::from_params(&issuer.0, issuer_key)).unwrap();
        Certificate::from_der(certificate.der()).unwrap()
    }

    pub(super) fn self_signed(&self, key: &RcKey) -> Certificate {
        Certificate::from_der(self.0.self_signed(key).unwrap().der()).unwrap()
    }
}

/// Leaf, two intermediates, root; and a leaf of somebody else with its chain.
pub(super) struct Pki {
    pub(super) key: KeyPair,
    pub(super) leaf: Certificate,
    pub(super) issuing: Certificate,
    pub(super) policy: Certificate,
    pub(super) root: Certificate,
    pub(super) other_leaf: Certificate,
    pub(super) other_issuing: Certificate,
    pub(super) other_root: Certificate,
}

impl Pki {
    pub(super) fn chain(&self) -> Vec<Certificate> {
        vec![self.leaf.clone(), self.issuing.clone(), self.policy.clone(), self.root.clone()]
    }

    pub(super) fn others(&self) -> Vec<Certificate> {
        vec![self.other_leaf.clone(), self.other_issuing.clone(), self.other_root.clone()]
    }
}

/// One PKI for all tests that only read it.
pub(super) static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let key = rsa_key();
    let keys: Vec<RcKey> = (0..6).map(|_| ec_key()).collect();
    let root = Draft::authority("Contoso Root");
    let policy = Draft::authority("Contoso Policy CA");
    let issuing = Draft::authority("Contoso Issuing CA");
    let other_root = Draft::authority("Fabrikam Root");
    let other_issuing = Draft::authority("Fabrikam Issuing CA");
    Pki {
        key: key_pair(&key),
        leaf: Draft::leaf("s2s.contoso.com").signed(&key, &issuing, &keys[0]),
        issuing: issuing.signed(&keys[0], &policy, &keys[1]),
        policy: policy.signed(&keys[1], &root, &keys[2]),
        root: root.self_signed(&keys[2]),
        other_leaf: Draft::leaf("www.fabrikam.com").signed(&keys[3], &other_issuing, &keys[4]),
        other_issuing: other_issuing.signed(&keys[4], &other_root, &keys[5]),
        other_root: other_root.self_signed(&keys[5]),
    }
});
