//! All that a controller judges a certificate with, for every certificate of a store at once.

#[cfg(test)]
mod tests;

use super::access::principals;
use super::told;
use super::{Fault, Work};
use crate::cert::Certificate;
use crate::error::Error;
use crate::farm::KeyPlace;
use crate::farm::access::{Principal, Wish};
use crate::farm::store::{StoreName, StorePlace, TlsBinding};
use crate::node::store::{self, Seen as InStore};
use crate::protocol::{
    CertificateFacts, Container, EarlyEnd, List, MOST_NAMES, Octets, Readable, ReaderFacts, Seen, Text, Whole,
    WholeFacts,
};

/// The most issuers of one chain that are looked for.
const LONGEST_CHAIN: usize = 10;

/// Adds it to what was told already.
pub(super) fn add(
    told: &mut [CertificateFacts],
    asked: &Whole,
    place: &StorePlace,
    store: StoreName,
    work: &Work<'_>,
) -> Result<(), Fault> {
    let contents = store::contents(work.host, place, store)?;
    let bindings = work.host.stores.tls_bindings().map_err(Error::from)?;
    let issuers = [StoreName::Ca, StoreName::Root].map(|name| store::contents(work.host, place, name));
    // Whoever is not known here cannot be asked about; the others still are.
    let readers: Vec<(&Text, Principal)> = asked
        .readers
        .iter()
        .filter_map(|name| Some((name, principals(std::slice::from_ref(name), work).ok()?.pop()?)))
        .collect();
    for one in told {
        let print = told::print(&one.thumbprint);
        let Some(seen) = contents.iter().find(|seen| seen.certificate.thumbprint().to_string() == print) else {
            continue;
        };
        let Some(certificate) = Octets::new(seen.certificate.der().to_vec()) else { continue };
        let (missing_issuer, ends_early) = followed(&seen.certificate, &issuers);
        one.whole = Some(Box::new(WholeFacts {
            certificate,
            tls_bindings: List::first(used_by(&bindings, &print)),
            missing_issuer,
            ends_early,
            container: seen.stored.key.as_ref().and_then(container),
            readers: can_read(seen, &readers, work),
        }));
    }
    Ok(())
}

fn used_by<'a>(bindings: &'a [TlsBinding], print: &'a str) -> impl Iterator<Item = Text> + 'a {
    bindings.iter().filter(move |binding| binding.thumbprint == print).map(|binding| Text::told(&binding.endpoint))
}

fn container(key: &KeyPlace) -> Option<Container> {
    match key {
        KeyPlace::Key(location) => Some(Container { name: Text::told(&location.container), machine: location.machine }),
        KeyPlace::File(_) => None,
    }
}

/// Follows the chain upwards through the stores of authorities, each link verified by its signature: the first issuer that is
/// missing, and the one that expires first of those that were found, where that is before the leaf.
fn followed(leaf: &Certificate, issuers: &[Result<Vec<InStore>, Error>; 2]) -> (Seen<Text>, Option<EarlyEnd>) {
    let mut known = Vec::new();
    for store in issuers {
        match store {
            Ok(contents) => known.extend(contents.iter().map(|seen| &seen.certificate)),
            Err(error) => return (Seen::Unseen(Text::told(&error.to_string())), None),
        }
    }
    let (mut at, mut first) = (leaf, leaf);
    let early = |first: &Certificate| {
        let (issuer, not_after) = (Text::told(&first.subject().to_string()), first.not_after());
        (not_after < leaf.not_after()).then_some(EarlyEnd { issuer, not_after })
    };
    for _ in 0..LONGEST_CHAIN {
        if at.is_self_issued() {
            return (Seen::Absent(Text::default()), early(first));
        }
        let name = at.issuer();
        let signs = |other: &&&Certificate| other.subject() == name && at.verify_signed_by(&other.public_key()).is_ok();
        match known.iter().find(signs) {
            Some(issuer) => at = issuer,
            None => return (Seen::There(Text::told(&name.to_string())), early(first)),
        }
        if at.not_after() < first.not_after() {
            first = at;
        }
    }
    (Seen::Unseen(Text::told("the chain is longer than any")), early(first))
}

fn can_read(seen: &InStore, readers: &[(&Text, Principal)], work: &Work<'_>) -> Seen<List<ReaderFacts, MOST_NAMES>> {
    let Some(key) = &seen.stored.key else { return Seen::Absent(Text::told("there is no key")) };
    let access = match work.host.key_access.read(key) {
        Ok(access) => access,
        Err(error) => return Seen::Unseen(Text::told(&error.to_string())),
    };
    let mut told = Vec::new();
    for (name, principal) in readers {
        let reading = match access.difference(Wish::Grant(std::slice::from_ref(principal))) {
            Ok(left) if !left.obstacles.is_empty() => Readable::Denied,
            Ok(left) if left.changes.is_empty() => Readable::Granted,
            Ok(_) => Readable::Missing,
            // Somebody of another system than the list: that he can read is not known, and so he is left out.
            Err(_) => continue,
        };
        told.push(ReaderFacts { name: (*name).clone(), reading });
    }
    Seen::There(List::first(told))
}
