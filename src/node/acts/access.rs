//! The acts on the access to the key of a certificate.

use super::store::{absent, find, in_the_middle, no_key};
use super::{Did, Fault, Look, Work, told};
use crate::error::{Error, Kind};
use crate::farm::KeyPlace;
use crate::farm::access::{Principal, Wish};
use crate::node::access::{self, AccessReport};
use crate::protocol::{Action, Facts, Hex, Identities, RestoreAccess, Text};

/// Finds identities by their names.
pub(super) fn principals(names: &[Text], work: &Work<'_>) -> Result<Vec<Principal>, Fault> {
    let mut found = Vec::new();
    for name in names {
        let principal = work.host.principals.find(name.as_str()).map_err(Error::from)?;
        if !found.contains(&principal) {
            found.push(principal);
        }
    }
    Ok(found)
}

/// Shows the access.
pub(super) fn show(thumbprint: &Hex<20>, work: &Work<'_>) -> Result<Look, Fault> {
    let key = key(thumbprint, work)?;
    let report = access::show(work.host, &key)?;
    Ok(Look::of(Facts::Access(told::access(&key, &report))))
}

/// Looks whether these may read the key.
pub(super) fn is_granted(asked: &Identities, work: &Work<'_>) -> Result<Look, Fault> {
    let readers = principals(&asked.names, work)?;
    is_so(asked, Wish::Grant(&readers), work)
}

/// Looks whether none of these has an entry.
pub(super) fn is_revoked(asked: &Identities, work: &Work<'_>) -> Result<Look, Fault> {
    let gone = principals(&asked.names, work)?;
    is_so(asked, Wish::Revoke(&gone), work)
}

fn is_so(asked: &Identities, wish: Wish<'_>, work: &Work<'_>) -> Result<Look, Fault> {
    let key = key(&asked.thumbprint, work)?;
    let access = work.host.key_access.read(&key).map_err(Error::from)?;
    let left = access.difference(wish).map_err(|error| Error::new(Kind::Usage, error.to_string()))?;
    let report = access::show(work.host, &key)?;
    let holds = left.changes.is_empty() && left.obstacles.is_empty();
    Ok(Look::probe(holds, Facts::Access(told::access(&key, &report))))
}

/// Lets these read the key.
pub(super) fn grant(asked: &Identities, work: &Work<'_>) -> Result<Did, Fault> {
    let (key, readers) = (key(&asked.thumbprint, work)?, principals(&asked.names, work)?);
    let report = access::grant(work.host, &key, &readers).map_err(|error| in_the_middle(&error))?;
    Ok(did(&asked.thumbprint, &key, &report))
}

/// Takes the entries of these away.
pub(super) fn revoke(asked: &Identities, work: &Work<'_>) -> Result<Did, Fault> {
    let (key, gone) = (key(&asked.thumbprint, work)?, principals(&asked.names, work)?);
    let report = access::revoke(work.host, &key, &gone).map_err(|error| in_the_middle(&error))?;
    Ok(did(&asked.thumbprint, &key, &report))
}

/// Looks whether the list is the one asked for.
pub(super) fn is_restored(asked: &RestoreAccess, work: &Work<'_>) -> Result<Look, Fault> {
    let key = key(&asked.thumbprint, work)?;
    let report = access::show(work.host, &key)?;
    Ok(Look::probe(report.now == asked.list.as_str(), Facts::Access(told::access(&key, &report))))
}

/// Puts a list back.
pub(super) fn restore(asked: &RestoreAccess, work: &Work<'_>) -> Result<Did, Fault> {
    let key = key(&asked.thumbprint, work)?;
    let report = access::restore(work.host, &key, asked.list.as_str()).map_err(|error| in_the_middle(&error))?;
    Ok(did(&asked.thumbprint, &key, &report))
}

fn did(thumbprint: &Hex<20>, key: &KeyPlace, report: &AccessReport) -> Did {
    let list = Text::whole(&report.before);
    let undo = report.changed.then_some(Action::RestoreAccess(RestoreAccess { thumbprint: *thumbprint, list }));
    Did { changed: report.changed, facts: Facts::Access(told::access(key, report)), undo }
}

/// Returns the key that the store names for a certificate.
fn key(thumbprint: &Hex<20>, work: &Work<'_>) -> Result<KeyPlace, Fault> {
    let seen = find(thumbprint, work)?.ok_or_else(|| absent(thumbprint))?;
    seen.stored.key.ok_or_else(|| no_key(thumbprint))
}
