//! The reasons behind the outcome of a search.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::account::{Choice, Missing, NotChosen, Remark};
use super::search::{KeyId, Node, Rank, Search};
use crate::cert::certificate::AltName;

/// `id-ad-caIssuers`, RFC 5280 section 4.2.2.1.
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");

impl Search<'_> {
    /// Explains each place of the best path at which the bag held more than one certificate with the issuer's name.
    pub(super) fn choices(&self, paths: &[Vec<usize>]) -> Vec<Choice> {
        let Some(best) = paths.first() else { return Vec::new() };
        let best_rank = self.rank(best);
        let mut choices = Vec::new();
        for place in 1..best.len() {
            let (below, chosen) = (best[place - 1], best[place]);
            let Some(issuers) = self.issuers.get(&below) else { continue };
            // Paths are in order, so the first through each certificate is its best.
            let through = |at: usize| {
                paths.iter().find(|path| path.len() > place && path[..place] == best[..place] && path[place] == at)
            };
            let mut linked: Vec<(Option<Rank>, usize)> = issuers
                .links
                .iter()
                .filter(|link| link.issuer != chosen)
                .map(|link| (through(link.issuer).map(|path| self.rank(path)), link.issuer))
                .collect();
            // A certificate that no path goes through comes last.
            linked.sort_by(|one, other| (one.0.is_none(), &one.0).cmp(&(other.0.is_none(), &other.0)));
            let mut others: Vec<_> = linked
                .into_iter()
                .map(|(rank, at)| (self.nodes[at].thumbprint, self.why_not(at, rank.as_ref(), &best_rank)))
                .collect();
            let namesakes: BTreeSet<_> = issuers.namesakes.iter().map(|at| self.nodes[*at].thumbprint).collect();
            others.extend(namesakes.into_iter().map(|thumbprint| (thumbprint, NotChosen::OtherKey)));
            if !others.is_empty() {
                choices.push(Choice {
                    below: self.nodes[below].cert.subject(),
                    issuer: self.nodes[below].cert.issuer(),
                    chosen: self.nodes[chosen].thumbprint,
                    others,
                });
            }
        }
        choices
    }

    fn why_not(&self, at: usize, rank: Option<&Rank>, best: &Rank) -> NotChosen {
        let node = &self.nodes[at];
        let Some(rank) = rank else { return NotChosen::NotFollowed };
        if rank.unverified != best.unverified {
            NotChosen::PathNotVerified
        } else if rank.invalid != best.invalid {
            self.invalidity(node).unwrap_or(NotChosen::PathNotValid)
        } else if rank.end != best.end {
            NotChosen::EndsSooner(rank.end.0)
        } else if rank.rootless != best.rootless {
            NotChosen::NoRoot
        } else if rank.length != best.length {
            NotChosen::Longer
        } else {
            NotChosen::Equal
        }
    }

    fn invalidity(&self, node: &Node<'_>) -> Option<NotChosen> {
        match (node.valid, node.not_before > self.now) {
            (true, _) => None,
            (false, true) => Some(NotChosen::NotYetValid(node.not_before)),
            (false, false) => Some(NotChosen::Expired(node.not_after)),
        }
    }

    /// Describes what is absent above the last certificate of a path.
    pub(super) fn missing(&self, path: &[usize]) -> Option<Missing> {
        let last = *path.last()?;
        if self.issuers.get(&last).is_some_and(|issuers| !issuers.links.is_empty()) {
            return None;
        }
        let node = &self.nodes[last];
        let key_id = node.authority.as_ref().and_then(|authority| authority.key_identifier.as_ref());
        let namesakes: BTreeSet<_> = self
            .issuers
            .get(&last)
            .map(|issuers| issuers.namesakes.iter().map(|at| self.nodes[*at].thumbprint).collect())
            .unwrap_or_default();
        Some(Missing {
            below: node.cert.subject(),
            issuer: node.cert.issuer(),
            key_id: key_id.map(|octets| octets.as_bytes().to_vec()),
            urls: ca_issuer_urls(node),
            namesakes: namesakes.into_iter().filter(|thumbprint| *thumbprint != node.thumbprint).collect(),
        })
    }

    /// Names what is wrong with the links of a path.
    pub(super) fn remarks(&self, path: &[usize]) -> Vec<Remark> {
        let mut remarks = Vec::new();
        for (place, at) in path.iter().enumerate() {
            let node = &self.nodes[*at];
            let subject = || node.cert.subject();
            match self.invalidity(node) {
                Some(NotChosen::NotYetValid(at)) => remarks.push(Remark::NotYetValid { subject: subject(), at }),
                Some(_) => remarks.push(Remark::Expired { subject: subject(), at: node.not_after }),
                None => {}
            }
            if place > 0 && !node.may_issue() {
                remarks.push(Remark::NotAuthority { subject: subject() });
            }
            let above = path.get(place + 1).copied().unwrap_or(*at);
            let Some(link) = self.link(*at, above) else { continue };
            if !link.verified {
                remarks.push(Remark::NotVerified { subject: subject(), algorithm: node.cert.signature_algorithm() });
            }
            if !link.exact_name {
                remarks.push(Remark::NameEncoding { subject: subject() });
            }
            if link.key_id == KeyId::Other {
                remarks.push(Remark::KeyIdDiffers { subject: subject() });
            }
        }
        if self.limit_reached {
            remarks.push(Remark::LimitReached);
        } else if path.last().is_some_and(|last| !self.is_self_signed(*last)) && self.missing(path).is_none() {
            remarks.push(Remark::Circle);
        }
        remarks
    }
}

fn ca_issuer_urls(node: &Node<'_>) -> Vec<String> {
    let offered = node.cert.extension_set().authority_info_access();
    offered
        .into_iter()
        .filter(|access| access.method == CA_ISSUERS)
        .filter_map(|access| match access.location {
            AltName::Uri(url) => Some(url),
            AltName::Dns(_) | AltName::Ip(_) | AltName::Email(_) | AltName::Other(_) => None,
        })
        .collect()
}
