//! The search for a chain in a bag of certificates, in the manner of RFC 4158.
//!
//! Every path is followed within fixed bounds, none is dropped because it has expired: a chain that does not work must be
//! explained. The outcome depends on the set of certificates, never on their order.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use jiff::Timestamp;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::name::GeneralName;

use super::Chain;
use super::account::Found;
use crate::cert::certificate::Certificate;
use crate::cert::der::raw_element;
use crate::cert::digest::Thumbprint;
use crate::cert::key::PublicKey;
use crate::cert::name::DistinguishedName;
use crate::cert::signature::VerifyError;

/// The longest chain, leaf and root included. The longest seen in the public web have six.
pub const MAX_DEPTH: usize = 16;
/// Signatures verified in one search: at some 30 microseconds each, a twentieth of a second.
pub const MAX_VERIFICATIONS: usize = 2_000;
/// Chains kept. Cross-signing gives two or three; more come from a bag that was made to give more.
pub const MAX_PATHS: usize = 64;
/// Certificates that no key or thumbprint tells apart are listed up to this number.
pub const MAX_LISTED: usize = 20;

/// Which leaf is looked for. With neither given, the bag must have one leaf only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The key that the leaf must certify.
    pub key: Option<&'a PublicKey>,
    /// The thumbprint of the leaf.
    pub leaf: Option<Thumbprint>,
}

/// Why no chain can be built.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// There is no certificate at all.
    #[error("there is no certificate in what was handed in")]
    NoCertificate,
    /// No certificate belongs to the key.
    #[error("no certificate belongs to the private key; the certificates are: {}", list(.others))]
    NoLeafForKey {
        /// The possible leaves that are there.
        others: Vec<Certificate>,
    },
    /// The thumbprint is not among the certificates.
    #[error("no certificate has the thumbprint {thumbprint}; the certificates are: {}", list(.others))]
    NoSuchThumbprint {
        /// The thumbprint asked for.
        thumbprint: Thumbprint,
        /// The possible leaves that are there.
        others: Vec<Certificate>,
    },
    /// The certificate asked for belongs to another key.
    #[error("the certificate {thumbprint} does not belong to the private key")]
    OtherKey {
        /// The thumbprint asked for.
        thumbprint: Thumbprint,
    },
    /// More than one certificate can be meant.
    #[error("{} certificates can be meant, choose one by its thumbprint: {}", .leaves.len(), list(.leaves))]
    SeveralLeaves {
        /// The possible leaves.
        leaves: Vec<Certificate>,
    },
    /// Every certificate claims to be issued by another one of the bag.
    #[error("no leaf can be told: every certificate is the issuer of another one")]
    NoLeaf,
}

fn list(certificates: &[Certificate]) -> String {
    let mut lines: Vec<String> = certificates
        .iter()
        .take(MAX_LISTED)
        .map(|one| format!("{} {} (valid until {})", one.thumbprint(), one.subject(), one.not_after().strftime("%F")))
        .collect();
    if certificates.len() > MAX_LISTED {
        lines.push(format!("and {} more", certificates.len() - MAX_LISTED));
    }
    lines.join("; ")
}

/// Finds the leaf and the best chain above it.
///
/// Rank of chains: every signature verified, valid at `now`, longest until the first certificate ends, ends in a self-signed
/// certificate, shortest, lowest thumbprints.
///
/// # Errors
/// [`SearchError`] when the leaf cannot be told. An incomplete or expired chain is no error: see [`Found`].
pub fn find(bag: &[Certificate], wanted: &Wanted<'_>, now: Timestamp) -> Result<Found, SearchError> {
    let mut seen = HashSet::new();
    let distinct: Vec<&Certificate> = bag.iter().filter(|one| seen.insert(one.der())).collect();
    let nodes: Vec<Node<'_>> = distinct.iter().map(|one| Node::of(one, now)).collect();
    let leaf = choose_leaf(&nodes, wanted)?;
    let mut search = Search::new(&nodes, now);
    search.follow(&mut vec![leaf]);
    let mut paths = std::mem::take(&mut search.paths);
    paths.sort_by_cached_key(|path| search.rank(path));
    let chains: Vec<Chain> = paths.iter().map(|path| search.chain(path)).collect();
    // The leaf alone is a path, so there is at least one.
    let Some((chain, alternatives)) = chains.split_first() else { return Err(SearchError::NoLeaf) };
    let best = &paths[0];
    Ok(Found {
        chain: chain.clone(),
        choices: search.choices(&paths),
        missing: search.missing(best),
        remarks: search.remarks(best),
        alternatives: alternatives.to_vec(),
        unused: nodes.iter().enumerate().filter(|(at, _)| !best.contains(at)).map(|(_, n)| n.cert.clone()).collect(),
    })
}

/// One certificate with what the search asks of it again and again.
pub(super) struct Node<'a> {
    pub(super) cert: &'a Certificate,
    pub(super) thumbprint: Thumbprint,
    /// The DER of the names as they stand in the certificate.
    subject: &'a [u8],
    issuer: &'a [u8],
    key: PublicKey,
    key_id: Option<Vec<u8>>,
    pub(super) authority: Option<AuthorityKeyIdentifier>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) valid: bool,
}

/// How the key identifier of a certificate relates to what the one below says of it. In order of preference.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum KeyId {
    Same,
    Unknown,
    Other,
}

/// One proven link from a certificate to an issuer.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) issuer: usize,
    pub(super) key_id: KeyId,
    pub(super) verified: bool,
    pub(super) exact_name: bool,
}

/// The issuers of one certificate, best first, and those that have only the name.
#[derive(Default)]
pub(super) struct Issuers {
    pub(super) links: Vec<Link>,
    pub(super) namesakes: Vec<usize>,
}

impl<'a> Node<'a> {
    fn of(cert: &'a Certificate, now: Timestamp) -> Self {
        // TBSCertificate, RFC 5280 section 4.1: the version is [0] and may be absent; issuer and subject follow two and four
        // elements after it or the start.
        let element = |at| raw_element(cert.der(), &[0, at]).unwrap_or_default();
        let serial = usize::from(element(0).first() == Some(&0xa0));
        let names = (element(serial + 2), element(serial + 4));
        Self {
            cert,
            thumbprint: cert.thumbprint(),
            subject: names.1,
            issuer: names.0,
            key: cert.public_key(),
            key_id: cert.subject_key_id(),
            authority: cert.authority_key_id(),
            not_before: cert.not_before(),
            not_after: cert.not_after(),
            valid: cert.is_valid_at(now),
        }
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Returns whether the certificate says that it may issue others. Version 1 and 2 cannot say so.
    pub(super) fn may_issue(&self) -> bool {
        self.cert.is_ca() || self.cert.version() < 3
    }

    /// Compares with the `authorityKeyIdentifier` of a certificate below, RFC 5280 section 4.2.1.1.
    fn key_id_for(&self, below: &Self) -> KeyId {
        let Some(authority) = &below.authority else { return KeyId::Unknown };
        if let (Some(wanted), Some(own)) = (&authority.key_identifier, &self.key_id) {
            return if wanted.as_bytes() == own { KeyId::Same } else { KeyId::Other };
        }
        let (Some(names), Some(serial)) = (&authority.authority_cert_issuer, &authority.authority_cert_serial_number)
        else {
            return KeyId::Unknown;
        };
        let named = names.iter().any(|name| match name {
            GeneralName::DirectoryName(name) => DistinguishedName::from_decoded(name).der() == self.issuer,
            _ => false,
        });
        if named && serial.as_bytes() == self.cert.serial() { KeyId::Same } else { KeyId::Other }
    }
}

fn choose_leaf(nodes: &[Node<'_>], wanted: &Wanted<'_>) -> Result<usize, SearchError> {
    if nodes.is_empty() {
        return Err(SearchError::NoCertificate);
    }
    let certificates = |places: &[usize]| places.iter().map(|at| nodes[*at].cert.clone()).collect::<Vec<_>>();
    let fits = |node: &Node<'_>| wanted.key.is_none_or(|key| key.bits() == node.key.bits());
    if let Some(thumbprint) = wanted.leaf {
        let Some(leaf) = nodes.iter().position(|node| node.thumbprint == thumbprint) else {
            return Err(SearchError::NoSuchThumbprint { thumbprint, others: certificates(&leaves(nodes)) });
        };
        return if fits(&nodes[leaf]) { Ok(leaf) } else { Err(SearchError::OtherKey { thumbprint }) };
    }
    let candidates = match wanted.key {
        Some(_) => (0..nodes.len()).filter(|at| fits(&nodes[*at])).collect(),
        None => leaves(nodes),
    };
    match candidates.as_slice() {
        [leaf] => Ok(*leaf),
        [] if wanted.key.is_some() => Err(SearchError::NoLeafForKey { others: certificates(&leaves(nodes)) }),
        [] => Err(SearchError::NoLeaf),
        several => Err(SearchError::SeveralLeaves { leaves: certificates(several) }),
    }
}

/// Returns the certificates that no other of the bag names as issuer, without authorities if anything else is there.
fn leaves(nodes: &[Node<'_>]) -> Vec<usize> {
    // Two generations of a self-signed certificate have one name and did not issue each other.
    let issuers: HashSet<&[u8]> = nodes.iter().filter(|node| !node.is_self_issued()).map(|node| node.issuer).collect();
    let ends: Vec<usize> =
        (0..nodes.len()).filter(|at| !(nodes[*at].may_issue() && issuers.contains(nodes[*at].subject))).collect();
    let entities: Vec<usize> = ends.iter().copied().filter(|at| !nodes[*at].cert.is_ca()).collect();
    if entities.is_empty() { ends } else { entities }
}

pub(super) struct Search<'a> {
    pub(super) nodes: &'a [Node<'a>],
    pub(super) now: Timestamp,
    by_subject: HashMap<&'a [u8], Vec<usize>>,
    pub(super) issuers: HashMap<usize, Rc<Issuers>>,
    verifications: usize,
    pub(super) limit_reached: bool,
    paths: Vec<Vec<usize>>,
}

/// How good a path is: the smaller, the better. Compared field by field from the top.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Rank {
    pub(super) unverified: bool,
    pub(super) invalid: bool,
    pub(super) end: Reverse<Timestamp>,
    pub(super) rootless: bool,
    pub(super) length: usize,
    thumbprints: Vec<Thumbprint>,
}

impl<'a> Search<'a> {
    fn new(nodes: &'a [Node<'a>], now: Timestamp) -> Self {
        let mut by_subject: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            by_subject.entry(node.subject).or_default().push(at);
        }
        Self {
            nodes,
            now,
            by_subject,
            issuers: HashMap::new(),
            verifications: 0,
            limit_reached: false,
            paths: Vec::new(),
        }
    }

    /// Follows a path upwards and keeps each of its ends. Never deeper than [`MAX_DEPTH`].
    fn follow(&mut self, path: &mut Vec<usize>) {
        let Some(&last) = path.last() else { return };
        if self.paths.len() >= MAX_PATHS || path.len() >= MAX_DEPTH {
            self.limit_reached = true;
            self.keep(path);
            return;
        }
        let issuers = self.issuers_of(last);
        // A self-signed certificate ends the path, whoever else may have signed its key.
        let next: Vec<usize> = if issuers.links.iter().any(|link| link.issuer == last) {
            Vec::new()
        } else {
            issuers.links.iter().map(|link| link.issuer).filter(|issuer| !self.repeats(path, *issuer)).collect()
        };
        if next.is_empty() {
            self.keep(path);
        }
        for issuer in next {
            path.push(issuer);
            self.follow(path);
            path.pop();
        }
    }

    fn keep(&mut self, path: &[usize]) {
        if self.paths.len() < MAX_PATHS {
            self.paths.push(path.to_vec());
        }
    }

    /// Returns whether name and key of a certificate are already in the path: cross-certificates make circles.
    fn repeats(&self, path: &[usize], at: usize) -> bool {
        let node = &self.nodes[at];
        path.iter().any(|one| {
            let one = &self.nodes[*one];
            one.key.bits() == node.key.bits() && one.subject == node.subject
        })
    }

    fn issuers_of(&mut self, at: usize) -> Rc<Issuers> {
        if let Some(known) = self.issuers.get(&at) {
            return Rc::clone(known);
        }
        let node = &self.nodes[at];
        let mut exact_name = true;
        let mut candidates = self.by_subject.get(node.issuer).cloned().unwrap_or_default();
        if candidates.is_empty() {
            exact_name = false;
            candidates = similar_names(self.nodes, &node.cert.issuer());
        }
        candidates.sort_by_cached_key(|issuer| {
            let issuer = &self.nodes[*issuer];
            (issuer.key_id_for(node), !issuer.valid, Reverse(issuer.not_after), issuer.thumbprint)
        });
        let mut found = Issuers { links: Vec::new(), namesakes: Vec::new() };
        for issuer in candidates {
            if self.verifications >= MAX_VERIFICATIONS {
                self.limit_reached = true;
                break;
            }
            self.verifications += 1;
            let key_id = self.nodes[issuer].key_id_for(node);
            match node.cert.verify_signed_by(&self.nodes[issuer].key) {
                Ok(()) => found.links.push(Link { issuer, key_id, verified: true, exact_name }),
                Err(VerifyError::Unsupported(_)) if key_id != KeyId::Other => {
                    found.links.push(Link { issuer, key_id, verified: false, exact_name });
                }
                Err(_) => found.namesakes.push(issuer),
            }
        }
        let found = Rc::new(found);
        self.issuers.insert(at, Rc::clone(&found));
        found
    }

    pub(super) fn link(&self, below: usize, issuer: usize) -> Option<Link> {
        self.issuers.get(&below)?.links.iter().find(|link| link.issuer == issuer).copied()
    }

    pub(super) fn is_self_signed(&self, at: usize) -> bool {
        self.link(at, at).is_some()
    }

    pub(super) fn rank(&self, path: &[usize]) -> Rank {
        let mut links = path.windows(2).filter_map(|pair| self.link(pair[0], pair[1]));
        Rank {
            unverified: links.any(|link| !link.verified),
            invalid: path.iter().any(|at| !self.nodes[*at].valid),
            end: Reverse(path.iter().map(|at| self.nodes[*at].not_after).min().unwrap_or(Timestamp::MIN)),
            rootless: !path.last().is_some_and(|at| self.is_self_signed(*at)),
            length: path.len(),
            thumbprints: path.iter().map(|at| self.nodes[*at].thumbprint).collect(),
        }
    }

    fn chain(&self, path: &[usize]) -> Chain {
        let mut certificates = path.iter().map(|at| self.nodes[*at].cert.clone());
        // Paths start with the leaf and are never empty.
        let leaf = certificates.next().unwrap_or_else(|| self.nodes[0].cert.clone());
        Chain::new(leaf, certificates.collect())
    }
}

/// Returns the certificates whose subject may be the same name, written or encoded in another way. The signature decides.
fn similar_names(nodes: &[Node<'_>], issuer: &DistinguishedName) -> Vec<usize> {
    let key = issuer.normalised_key();
    (0..nodes.len()).filter(|at| nodes[*at].cert.subject().normalised_key() == key).collect()
}
