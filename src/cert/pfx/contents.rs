//! What is to be written, with the attributes that steer the import on Windows.

use const_oid::ObjectIdentifier;

use super::attribute::{Attribute, oid};
use super::{Bag, BagContent, Pfx, SecretDer, private_key};
use crate::cert::certificate::Certificate;
use crate::cert::credential::Credential;
use crate::cert::key::PublicKey;

/// The provider into which Windows imports the key unless another is named: type 24, which signs with SHA-256.
pub const DEFAULT_PROVIDER: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

/// dataEncipherment alone: Windows makes AT_KEYEXCHANGE, KeySpec 1, of it, and could make AT_SIGNATURE of any other bit
/// beside it (Microsoft, `PFXImportCertStore`).
const KEY_EXCHANGE: u8 = 0x10;

/// What is written: bags in the order in which they are to be found.
#[derive(Clone, Debug)]
pub struct Contents {
    bags: Vec<Bag>,
}

/// The attributes that steer the import on Windows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Labels {
    /// `friendlyName` on key and leaf. An empty one is not written: the standard asks for one character at least.
    pub friendly_name: Option<String>,
    /// The provider, CSP or KSP, for the key. `None` leaves the choice to Windows.
    pub provider: Option<String>,
}

impl Contents {
    /// Takes a credential: the key, then leaf, intermediates, root; key and leaf labelled.
    pub fn of_credential(credential: &Credential, labels: &Labels) -> Self {
        let key = SecretDer::of(credential.key().pkcs8_der());
        let mut bags = vec![Bag { content: BagContent::Key(key), attributes: Vec::new() }];
        bags.extend(credential.chain().certificates().iter().map(certificate_bag));
        Self { bags }.labelled(labels)
    }

    /// Takes certificates alone, in the given order, without attributes.
    pub fn of_certificates(certificates: &[Certificate]) -> Self {
        Self { bags: certificates.iter().map(certificate_bag).collect() }
    }

    /// Takes everything of an opened file as it is, unknown attributes and bags included.
    pub fn of_pfx(pfx: &Pfx) -> Self {
        Self { bags: pfx.safes.iter().flat_map(|safe| safe.bags.iter().cloned()).collect() }
    }

    /// Takes bags as they are.
    pub fn of_bags(bags: Vec<Bag>) -> Self {
        Self { bags }
    }

    /// Sets what Windows needs on every key that is not nested, and on the certificate of each: provider, machine key set,
    /// key usage and friendly name by `labels`; a local key id where there is none. Other attributes stay.
    #[must_use]
    pub fn labelled(mut self, labels: &Labels) -> Self {
        let mut number = 0_u8;
        for place in 0..self.bags.len() {
            let Some(pair) = self.bags[place].key_pair() else { continue };
            number = number.saturating_add(1);
            let id = self.bags[place].local_key_id().unwrap_or_else(|| vec![number, 0, 0, 0]);
            label_key(&mut self.bags[place], labels, &id);
            let Ok(pair) = pair else { continue };
            if let Some(leaf) = self.bags.iter_mut().find(|bag| certifies(bag, pair.public_key())) {
                set(&mut leaf.attributes, Attribute::local_key_id(&id));
                set_friendly_name(&mut leaf.attributes, labels);
            }
        }
        self
    }

    /// Adds the attributes that the same keys and certificates have in an opened file, but for those which
    /// [`Contents::labelled`] decides. A friendly name comes along where there is none yet.
    #[must_use]
    pub fn keep_attributes_of(mut self, pfx: &Pfx) -> Self {
        const DECIDED: [ObjectIdentifier; 4] =
            [oid::LOCAL_KEY_ID, oid::PROVIDER_NAME, oid::MACHINE_KEYSET, oid::KEY_USAGE];
        let others = pfx.bags();
        for bag in &mut self.bags {
            let twins: Vec<_> = others.iter().filter(|other| same(bag, other)).collect();
            for attribute in twins.iter().flat_map(|twin| &twin.attributes) {
                let known = bag.attributes.iter().any(|own| own.oid() == attribute.oid());
                if !known && !DECIDED.contains(&attribute.oid()) {
                    bag.attributes.push(attribute.clone());
                }
            }
        }
        self
    }

    /// Returns the bags.
    pub fn bags(&self) -> &[Bag] {
        &self.bags
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self { friendly_name: None, provider: Some(DEFAULT_PROVIDER.to_owned()) }
    }
}

fn certificate_bag(certificate: &Certificate) -> Bag {
    let content = BagContent::Certificate { der: certificate.der().to_vec(), parsed: Some(certificate.clone()) };
    Bag { content, attributes: Vec::new() }
}

fn label_key(bag: &mut Bag, labels: &Labels, id: &[u8]) {
    set(&mut bag.attributes, Attribute::local_key_id(id));
    set_friendly_name(&mut bag.attributes, labels);
    bag.attributes.retain(|attribute| attribute.oid() != oid::PROVIDER_NAME);
    if let Some(provider) = &labels.provider {
        set(&mut bag.attributes, Attribute::provider_name(provider));
    }
    set(&mut bag.attributes, Attribute::machine_keyset());
    // On the bag, as Microsoft documents it, and inside the key, as Windows itself and `openssl pkcs12 -keyex` write it.
    set(&mut bag.attributes, Attribute::key_usage(KEY_EXCHANGE));
    if let BagContent::Key(key) | BagContent::ShroudedKey { key, .. } = &mut bag.content {
        let mut inside = private_key::attributes(key);
        set(&mut inside, Attribute::key_usage(KEY_EXCHANGE));
        *key = private_key::with_attributes(key, &inside);
    }
}

fn set_friendly_name(attributes: &mut Vec<Attribute>, labels: &Labels) {
    if let Some(name) = labels.friendly_name.as_deref().filter(|name| !name.is_empty()) {
        set(attributes, Attribute::friendly_name(name));
    }
}

fn set(attributes: &mut Vec<Attribute>, attribute: Attribute) {
    attributes.retain(|other| other.oid() != attribute.oid());
    attributes.push(attribute);
}

fn certifies(bag: &Bag, key: &PublicKey) -> bool {
    bag.certificate().is_some_and(|certificate| certificate.public_key().bits() == key.bits())
}

/// Returns whether both bags hold the same certificate, or the same key.
fn same(left: &Bag, right: &Bag) -> bool {
    let public = |bag: &Bag| bag.key_pair().and_then(Result::ok).map(|pair| pair.public_key().clone());
    match (&left.content, &right.content) {
        (BagContent::Certificate { der: left, .. }, BagContent::Certificate { der: right, .. }) => left == right,
        _ => public(left).is_some_and(|key| public(right) == Some(key)),
    }
}
