//! Removing a certificate, and its key where that was asked for.

use super::report::{REMOVE_SCHEMA, RemoveReport};
use super::seen::{self, Seen};
use super::undo::{Step, Undo};
use crate::error::{Error, Kind, Result};
use crate::farm::store::{StoreName, StorePlace};
use crate::ports::Host;

/// What is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct RemoveOrder<'a> {
    /// Whose stores.
    pub place: &'a StorePlace,
    /// Which of them.
    pub store: StoreName,
    /// SHA-1 or SHA-256 of the certificate.
    pub thumbprint: &'a str,
    /// Whether the key is deleted too.
    pub with_key: bool,
    /// Whether it is removed although something uses it, or that could not be seen.
    pub even_if_used: bool,
}

/// Removes a certificate. A second run finds nothing to do.
///
/// # Errors
/// [`Kind::Refused`] where another certificate names the same key, where a TLS binding names the certificate, or where
/// that could not be seen. The store is then as before, and after any other error too.
pub fn remove(host: &Host, order: &RemoveOrder<'_>) -> Result<RemoveReport> {
    let mut report = RemoveReport {
        schema: REMOVE_SCHEMA,
        changed: false,
        place: order.place.clone(),
        entry: None,
        removed: false,
        key_deleted: false,
        used_by: Vec::new(),
        tls_bindings: Vec::new(),
        gaps: Vec::new(),
        notes: Vec::new(),
    };
    let absent = format!("no certificate in {} has this thumbprint", order.place.text(order.store));
    if seen::search(host, order.place, order.store, order.thumbprint)?.is_none() {
        report.notes.push(absent);
        return Ok(report);
    }
    let _held = host.stores.lock(order.place)?;
    // Another run may have removed it before we had the lock.
    let Some(seen) = seen::search(host, order.place, order.store, order.thumbprint)? else {
        report.notes.push(absent);
        return Ok(report);
    };
    report.entry = Some(seen.entry(host));
    let uses = seen::uses(host, order.place, &seen, &mut report.gaps)?;
    (report.used_by, report.tls_bindings) = (uses.certificates, uses.bindings);
    if !order.even_if_used {
        refuse_what_is_used(&report, order)?;
    }
    let mut undo = Undo::new(host, order.place);
    undo.note(Step::Add(order.store, seen.stored.clone()));
    let (removed, deleted) = match take(host, order, &seen) {
        Ok(done) => done,
        Err(error) => return Err(undo.take_back(error)),
    };
    report.removed = removed;
    report.key_deleted = deleted == Some(true);
    report.changed = report.removed || report.key_deleted;
    report.notes.extend(match (&seen.stored.key, deleted) {
        (None, _) if order.with_key => Some("the certificate named no key".to_owned()),
        (Some(key), Some(false)) => Some(format!("{} was gone already", key.text())),
        (Some(key), None) => Some(format!("{} still exists; it is listed by: s2scert store orphans", key.text())),
        _ => None,
    });
    Ok(report)
}

/// Removes the certificate, looks whether it is gone, and then deletes the key where that was asked for.
fn take(host: &Host, order: &RemoveOrder<'_>, seen: &Seen) -> Result<(bool, Option<bool>)> {
    let removed = host.stores.remove(order.place, order.store, &seen.certificate.fingerprint())?;
    if seen::search(host, order.place, order.store, order.thumbprint)?.is_some() {
        return Err(Error::new(Kind::Internal, "the store says that the certificate is removed, and still holds it")
            .at(order.thumbprint)
            .hint("see what is there: s2scert store list"));
    }
    let key = seen.stored.key.as_ref().filter(|_| order.with_key);
    Ok((removed, key.map(|key| host.stores.delete_key(key)).transpose()?))
}

fn refuse_what_is_used(report: &RemoveReport, order: &RemoveOrder<'_>) -> Result<()> {
    let refused = |what: &str| Error::new(Kind::Refused, what).at(order.thumbprint);
    let nevertheless = "--even-if-used removes it nevertheless";
    if let Some(binding) = report.tls_bindings.first() {
        return Err(refused("a TLS binding of http.sys uses the certificate")
            .because(format!("{} ({})", binding.endpoint, binding.store))
            .hint("bind another certificate first: netsh http show sslcert tells the bindings")
            .hint(nevertheless));
    }
    if let Some(other) = report.used_by.first() {
        return Err(refused("another certificate names the same key")
            .because(format!("{} {} in {}", other.thumbprint, other.subject, order.place.text(other.store)))
            .hint(nevertheless));
    }
    if let Some(gap) = report.gaps.iter().find(|gap| gap.what.contains("TLS binding")) {
        return Err(refused("whether a TLS binding of http.sys uses the certificate could not be seen")
            .because(gap.why.clone())
            .hint("look yourself: netsh http show sslcert")
            .hint(nevertheless));
    }
    Ok(())
}
