//! One credential for all tests, and files made from it.

use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::cert::der::{self, INTEGER, OCTET_STRING, Reader, SEQUENCE};
use crate::cert::pfx::algorithm::MacParameters;
use crate::cert::pfx::structure::EXPLICIT_0;
use crate::cert::pfx::{Contents, PasswordEncoding, PfxProfile, Settings, kdf, seal};
use crate::cert::test_pki::{Draft, key_pair, rsa_key};
use crate::cert::{Certificate, Chain, Credential, Password};

/// A leaf, an issuer and a root, all RSA 2048, made once.
pub(super) fn credential() -> &'static Credential {
    static CREDENTIAL: LazyLock<Credential> = LazyLock::new(|| {
        let (root_key, issuing_key, leaf_key) = (rsa_key(), rsa_key(), rsa_key());
        let (root, issuing) = (Draft::authority("Contoso Root"), Draft::authority("Contoso Issuing"));
        let leaf = Draft::leaf("s2s.contoso.com").signed(&leaf_key, &issuing, &issuing_key);
        let issuers = vec![issuing.signed(&issuing_key, &root, &root_key), root.self_signed(&root_key)];
        Credential::prove(Chain::new(leaf, issuers), key_pair(&leaf_key)).unwrap()
    });
    &CREDENTIAL
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
