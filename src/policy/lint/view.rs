//! What the checks look at: the input with the facts that several of them need, worked out once.

use jiff::Timestamp;

use super::bags::{self, BagView, Envelope};
use super::links::{self, Link};
use super::{Place, Subject};
use crate::cert::key::PublicKey;
use crate::cert::pfx::{Bag, Pfx, Target};
use crate::cert::signature::SignatureAlgorithm;
use crate::cert::{Certificate, DistinguishedName, KeyPair, Password};

pub(super) struct View<'a> {
    pub(super) now: Timestamp,
    pub(super) target: Option<Target>,
    pub(super) certificates: Vec<Entry>,
    pub(super) keys: Vec<KeyEntry>,
    pub(super) pfx: Option<PfxView<'a>>,
    /// All bags of a PFX that can be seen and hold something, nested ones included, in file order.
    pub(super) bags: Vec<BagView<'a>>,
    pub(super) envelope: Option<Envelope<'a>>,
    pub(super) request: Option<RequestView<'a>>,
    one_leaf: bool,
}

/// A certificate of the input.
pub(super) struct Entry {
    pub(super) certificate: Certificate,
    /// The bag that holds it, where it comes from a PFX.
    pub(super) bag: Option<usize>,
    pub(super) subject: DistinguishedName,
    pub(super) issuer: DistinguishedName,
    pub(super) key: PublicKey,
    pub(super) self_signed: bool,
    pub(super) link: Link,
    pub(super) is_leaf: bool,
}

/// A private key of the input.
pub(super) struct KeyEntry {
    pub(super) place: Place,
    /// The key, where it can be read.
    pub(super) pair: Option<KeyPair>,
}

/// An opened PFX.
pub(super) struct PfxView<'a> {
    pub(super) pfx: &'a Pfx,
    pub(super) password: Option<&'a Password>,
}

/// What is asked for by a certification request.
#[derive(Clone, Copy)]
pub(super) struct RequestView<'a> {
    pub(super) subject: &'a DistinguishedName,
    pub(super) key: &'a PublicKey,
    pub(super) signature: SignatureAlgorithm,
}

impl<'a> View<'a> {
    pub(super) fn new(subject: &Subject<'a>, target: Option<Target>, now: Timestamp) -> Self {
        let mut view = Self {
            now,
            target,
            certificates: Vec::new(),
            keys: Vec::new(),
            pfx: None,
            bags: Vec::new(),
            envelope: None,
            request: None,
            one_leaf: false,
        };
        match *subject {
            Subject::Certificates(certificates) => {
                view.certificates = certificates.iter().map(|one| Entry::new(one, None)).collect();
            }
            Subject::Pfx { pfx, size, password } => {
                view.bags = bags::of_opened(pfx);
                view.envelope = Some(Envelope::of_opened(pfx, &view.bags, size));
                view.pfx = Some(PfxView { pfx, password });
            }
            Subject::LockedPfx { outline, size } => {
                view.bags = bags::of_locked(outline);
                view.envelope = Some(Envelope::of_locked(outline, &view.bags, size));
            }
            Subject::Key(pair) => view.keys.push(KeyEntry { place: Place::Key, pair: Some(pair.clone()) }),
            Subject::Request { subject, key, signature } => {
                view.request = Some(RequestView { subject, key, signature });
            }
        }
        for (index, bag) in view.bags.iter().enumerate() {
            if let Some(certificate) = bag.certificate {
                view.certificates.push(Entry::new(certificate, Some(index)));
            }
            if let Some(pair) = bag.opened.and_then(Bag::key_pair) {
                view.keys.push(KeyEntry { place: Place::Bag(index), pair: pair.ok() });
            }
        }
        links::find_issuers(&mut view.certificates);
        links::mark_leaves(&mut view.certificates, &view.keys);
        view.one_leaf = view.leaves().count() == 1;
        view
    }

    /// Returns the certificates that are not there to vouch for others, with their index.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.certificates.iter().enumerate().filter(|(_, entry)| entry.is_leaf)
    }

    /// Returns the first leaf, with its index.
    pub(super) fn leaf(&self) -> Option<(usize, &Entry)> {
        self.leaves().next()
    }

    /// Returns the indexes of a certificate and of those that issued it, as far as they are found and signed.
    pub(super) fn path(&self, from: usize) -> Vec<usize> {
        self.climb(from, |link| match link {
            Link::To(next) => Some(next),
            Link::Broken(_) | Link::Itself | Link::Missing => None,
        })
    }

    /// Returns the indexes of a certificate and of those that its issuer fields name, signed or not.
    pub(super) fn path_by_name(&self, from: usize) -> Vec<usize> {
        self.climb(from, |link| match link {
            Link::To(next) | Link::Broken(next) => Some(next),
            Link::Itself | Link::Missing => None,
        })
    }

    fn climb(&self, from: usize, next: impl Fn(Link) -> Option<usize>) -> Vec<usize> {
        let mut path = vec![from];
        let mut at = from;
        // Two authorities may have certified each other, so the way up may be a circle.
        while let Some(above) = next(self.certificates[at].link).filter(|above| !path.contains(above)) {
            path.push(above);
            at = above;
        }
        path
    }

    /// Returns every public key once: of the certificates, of key bags that no certificate belongs to, of key and request.
    pub(super) fn public_keys(&self) -> impl Iterator<Item = (Place, &PublicKey)> {
        let certificates = self.certificates.iter().enumerate().map(|(at, one)| (Place::Certificate(at), &one.key));
        let keys = self.pairs().map(|(place, pair)| (place, pair.public_key()));
        let alone = keys.filter(|(_, key)| !self.certificates.iter().any(|one| one.key.bits() == key.bits()));
        let request = self.request.iter().map(|request| (Place::Request, request.key));
        certificates.chain(alone).chain(request)
    }

    /// Returns the private keys that can be read.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Place, &KeyPair)> {
        self.keys.iter().filter_map(|key| Some((key.place, key.pair.as_ref()?)))
    }

    /// Returns the subjects under which Windows would look for the key: of leaves and of a request.
    pub(super) fn own_names(&self) -> impl Iterator<Item = (Place, &DistinguishedName)> {
        let leaves = self.leaves().map(|(at, leaf)| (Place::Certificate(at), &leaf.subject));
        leaves.chain(self.request.iter().map(|request| (Place::Request, request.subject)))
    }

    /// Returns whether this is what the product would use, not a certificate that vouches for it.
    pub(super) fn is_for_use(&self, place: Place) -> bool {
        match place {
            Place::Certificate(at) => self.certificates[at].is_leaf,
            Place::File | Place::Safe(_) | Place::Bag(_) | Place::Key | Place::Request => true,
        }
    }

    /// Names a place for people.
    pub(super) fn words(&self, place: Place) -> String {
        match place {
            Place::File => "file".to_owned(),
            Place::Safe(at) => format!("safe {}", at + 1),
            Place::Key => "key".to_owned(),
            Place::Request => "request".to_owned(),
            Place::Certificate(at) => {
                let entry = &self.certificates[at];
                let subject = short(&entry.subject.to_string());
                if entry.is_leaf && self.one_leaf {
                    format!("leaf ({subject})")
                } else {
                    format!("certificate {} ({subject})", at + 1)
                }
            }
            Place::Bag(at) => self.bag_words(at),
        }
    }

    fn bag_words(&self, at: usize) -> String {
        if let Some(certificate) = self.certificates.iter().position(|entry| entry.bag == Some(at)) {
            return self.words(Place::Certificate(certificate));
        }
        match self.bags.get(at) {
            Some(bag) if bag.holds_key() => {
                let before = self.bags[..at].iter().filter(|bag| bag.holds_key()).count();
                format!("key bag {}", before + 1)
            }
            Some(_) | None => format!("bag {}", at + 1),
        }
    }
}

/// Cuts a subject to a length that fits one line.
fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 3).chain("...".chars()).collect()
}

impl Entry {
    fn new(certificate: &Certificate, bag: Option<usize>) -> Self {
        Self {
            certificate: certificate.clone(),
            bag,
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            key: certificate.public_key(),
            self_signed: false,
            link: Link::Missing,
            is_leaf: false,
        }
    }

    /// Returns whether this certificate vouches for itself alone and for others: a root.
    pub(super) fn is_root(&self) -> bool {
        self.self_signed && !self.is_leaf
    }
}
