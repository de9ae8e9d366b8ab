//! The bags of a PFX and its outside, in one form for files that were opened and for those that were not.

use super::Place;
use crate::cert::Certificate;
use crate::cert::pfx::{
    Attribute, AttributeValue, Bag, BagContent, BagKind, BagOutline, Encryption, MacInfo, Outline, Pfx,
};

/// One bag.
pub(super) struct BagView<'a> {
    pub(super) kind: BagKind,
    /// The index of its safe.
    pub(super) safe: usize,
    /// Whether it lies in a nested safe contents.
    pub(super) nested: bool,
    /// How the bag is encrypted by itself.
    pub(super) encryption: Option<Encryption>,
    pub(super) attributes: &'a [Attribute],
    /// The attributes inside a private key; `None` where the key cannot be seen.
    pub(super) key_attributes: Option<Vec<Attribute>>,
    pub(super) certificate: Option<&'a Certificate>,
    /// The bag itself, where the file was opened.
    pub(super) opened: Option<&'a Bag>,
}

/// The outside of a PFX, opened or not.
pub(super) struct Envelope<'a> {
    pub(super) size: usize,
    pub(super) mac: Option<&'a MacInfo>,
    pub(super) was_ber: bool,
    pub(super) trailing_octets: usize,
    pub(super) encryptions: Vec<Encrypted>,
    /// Whether something lies behind a password that was not given.
    pub(super) locked: bool,
}

/// One encrypted content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encrypted {
    pub(super) place: Place,
    pub(super) encryption: Encryption,
    /// Whether certificates lie in it; for a locked safe this is what every known writer does.
    pub(super) holds_certificates: bool,
}

/// Lists all bags of an opened file that hold something. A stack instead of recursion: the depth is the file's choice.
pub(super) fn of_opened(pfx: &Pfx) -> Vec<BagView<'_>> {
    let mut found = Vec::new();
    for (safe, contents) in pfx.safes.iter().enumerate() {
        let mut open: Vec<(&Bag, bool)> = contents.bags.iter().rev().map(|bag| (bag, false)).collect();
        while let Some((bag, nested)) = open.pop() {
            let (kind, encryption) = match &bag.content {
                BagContent::SafeContents(bags) => {
                    open.extend(bags.iter().rev().map(|bag| (bag, true)));
                    continue;
                }
                BagContent::ShroudedKey { encryption, .. } => (BagKind::ShroudedKey, Some(*encryption)),
                BagContent::Key(_) => (BagKind::Key, None),
                BagContent::Certificate { .. } => (BagKind::Certificate, None),
                BagContent::Crl { .. } => (BagKind::Crl, None),
                BagContent::Secret { .. } => (BagKind::Secret, None),
                BagContent::Other { .. } => (BagKind::Other, None),
            };
            found.push(BagView {
                kind,
                safe,
                nested,
                encryption,
                attributes: &bag.attributes,
                key_attributes: Some(bag.key_attributes()),
                certificate: bag.certificate(),
                opened: Some(bag),
            });
        }
    }
    found
}

/// Lists the bags that can be seen without the password.
pub(super) fn of_locked(outline: &Outline) -> Vec<BagView<'_>> {
    let mut found = Vec::new();
    for (safe, contents) in outline.safes.iter().enumerate() {
        let mut open: Vec<(&BagOutline, bool)> = contents.bags.iter().flatten().rev().map(|bag| (bag, false)).collect();
        while let Some((bag, nested)) = open.pop() {
            if bag.kind == BagKind::SafeContents {
                open.extend(bag.bags.iter().rev().map(|bag| (bag, true)));
                continue;
            }
            found.push(BagView {
                kind: bag.kind,
                safe,
                nested,
                encryption: bag.encryption,
                attributes: &bag.attributes,
                key_attributes: (bag.kind == BagKind::Key).then(|| bag.key_attributes.clone()),
                certificate: bag.certificate.as_ref(),
                opened: None,
            });
        }
    }
    found
}

impl BagView<'_> {
    /// Returns whether the bag holds a private key, readable or not.
    pub(super) fn holds_key(&self) -> bool {
        matches!(self.kind, BagKind::Key | BagKind::ShroudedKey)
    }

    pub(super) fn friendly_name(&self) -> Option<String> {
        first(self.attributes, |value| match value {
            AttributeValue::FriendlyName(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn local_key_id(&self) -> Option<Vec<u8>> {
        first(self.attributes, |value| match value {
            AttributeValue::LocalKeyId(octets) => Some(octets),
            _ => None,
        })
    }

    pub(super) fn provider_name(&self) -> Option<String> {
        first(self.attributes, |value| match value {
            AttributeValue::ProviderName(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn is_machine_keyset(&self) -> bool {
        first(self.attributes, |value| (value == AttributeValue::MachineKeyset).then_some(())).is_some()
    }

    /// Returns the first octet of the key usage on the bag.
    pub(super) fn usage_on_bag(&self) -> Option<u8> {
        first(self.attributes, usage)
    }

    /// Returns the first octet of the key usage inside the key, where Windows and OpenSSL write it.
    pub(super) fn usage_in_key(&self) -> Option<u8> {
        first(self.key_attributes.as_deref()?, usage)
    }
}

fn usage(value: AttributeValue) -> Option<u8> {
    match value {
        AttributeValue::KeyUsage(octet) => Some(octet),
        _ => None,
    }
}

fn first<T>(attributes: &[Attribute], wanted: impl Fn(AttributeValue) -> Option<T>) -> Option<T> {
    attributes.iter().find_map(|attribute| wanted(attribute.value()))
}

impl<'a> Envelope<'a> {
    pub(super) fn of_opened(pfx: &'a Pfx, bags: &[BagView<'_>], size: usize) -> Self {
        let safes = pfx.safes.iter().map(|safe| safe.encryption);
        let holds_certificates = |at| bags.iter().any(|bag| bag.safe == at && bag.kind == BagKind::Certificate);
        Self {
            size,
            mac: pfx.mac.as_ref(),
            was_ber: pfx.was_ber,
            trailing_octets: pfx.trailing_octets,
            encryptions: encryptions(safes, bags, holds_certificates),
            locked: false,
        }
    }

    pub(super) fn of_locked(outline: &'a Outline, bags: &[BagView<'_>], size: usize) -> Self {
        let safes = outline.safes.iter().map(|safe| safe.encryption);
        Self {
            size,
            mac: outline.mac.as_ref(),
            was_ber: outline.was_ber,
            trailing_octets: outline.trailing_octets,
            encryptions: encryptions(safes, bags, |_| true),
            locked: outline.safes.iter().any(|safe| safe.bags.is_none())
                || bags.iter().any(|bag| bag.encryption.is_some()),
        }
    }
}

/// Lists what is encrypted: whole safes, then single bags.
fn encryptions(
    safes: impl Iterator<Item = Option<Encryption>>,
    bags: &[BagView<'_>],
    holds_certificates: impl Fn(usize) -> bool,
) -> Vec<Encrypted> {
    let safes = safes.enumerate().filter_map(|(at, encryption)| {
        Some(Encrypted { place: Place::Safe(at), encryption: encryption?, holds_certificates: holds_certificates(at) })
    });
    let bags = bags.iter().enumerate().filter_map(|(at, bag)| {
        Some(Encrypted { place: Place::Bag(at), encryption: bag.encryption?, holds_certificates: false })
    });
    safes.chain(bags).collect()
}
