//! Looking at one server's store: is the certificate there, is it found by its subject, can its key be used.

use std::collections::HashMap;
use std::sync::Arc;

use super::disagreement::{Kind, Spot, Topic, Unread, Where};
use super::facts::{KeyFacts, Seen, StoreFacts, StoredCertificate};
use super::find::Find;
use super::seen::SeenCertificate;
use super::view::{Facts, named};
use crate::cert::name::NameKey;
use crate::farm::description::{Farm, Node};
use crate::farm::{KeyKind, KeySpec};

type Stored = StoredCertificate<Arc<SeenCertificate>>;

/// Looks at the store of a server that signs.
pub(super) fn of_server(find: &mut Find<'_, '_>, node: &Node, facts: &Facts) {
    let Some(store) = facts.store.seen() else { return };
    let name = node.name.as_str();
    let mut by_subject: HashMap<&NameKey, Vec<&Stored>> = HashMap::with_capacity(store.certificates.len());
    for stored in &store.certificates {
        by_subject.entry(&stored.certificate.subject_key).or_default().push(stored);
    }
    registered(find, name, &by_subject);
    for stored in &store.certificates {
        let concerned = stored.certificate.of_farm || named(&find.registered, stored.certificate.fingerprint).is_some();
        if !concerned {
            continue;
        }
        twice(find, name, stored, &by_subject);
        key(find, node, stored);
        chain(find, name, stored, store);
        if !stored.tls_bindings.is_empty() {
            let kind = Kind::SharedWithTls(stored.tls_bindings.clone());
            find.note_of(kind, name, &stored.certificate, vec![Spot::new(name, Topic::Store)]);
        }
        find.expiry(Where::Store, name, &stored.certificate, Spot::new(name, Topic::Store));
    }
}

/// Is what the row names there, and is it what Windows finds by its subject?
fn registered(find: &mut Find<'_, '_>, name: &str, by_subject: &HashMap<&NameKey, Vec<&Stored>>) {
    let rows: Vec<Arc<SeenCertificate>> = find.registered.iter().map(|row| row.certificate.clone()).collect();
    for certificate in rows {
        let behind = by_subject.get(&certificate.subject_key).map_or(&[][..], Vec::as_slice);
        if behind.iter().any(|stored| stored.certificate.fingerprint == certificate.fingerprint) {
            continue;
        }
        let kind = match behind.first() {
            Some(other) => Kind::OtherBehindSubject(other.certificate.thumbprint.to_string()),
            None => Kind::RowNamesMissing,
        };
        find.note_of(kind, name, &certificate, vec![Spot::new(name, Topic::Store)]);
    }
}

/// Told once, at the certificate with the smallest fingerprint of those that concern us.
fn twice(find: &mut Find<'_, '_>, name: &str, stored: &Stored, by_subject: &HashMap<&NameKey, Vec<&Stored>>) {
    let same = by_subject.get(&stored.certificate.subject_key).map_or(&[][..], Vec::as_slice);
    let first = same.iter().map(|one| one.certificate.fingerprint).min();
    if same.len() < 2 {
        return;
    }
    let in_row = same.iter().find(|one| named(&find.registered, one.certificate.fingerprint).is_some());
    // The certificate of the row speaks for the others, because it is the one that would not be found.
    let speaker = in_row.map_or(first, |one| Some(one.certificate.fingerprint));
    if speaker == Some(stored.certificate.fingerprint) {
        find.note_of(Kind::SubjectTwice(same.len()), name, &stored.certificate, vec![Spot::new(name, Topic::Store)]);
    }
}

fn key(find: &mut Find<'_, '_>, node: &Node, stored: &Stored) {
    let name = node.name.as_str();
    let Some(key) = stored.key.seen() else { return };
    let evidence = || vec![Spot::new(name, Topic::Store)];
    let Some(key) = key else {
        find.note_of(Kind::KeyMissing, name, &stored.certificate, evidence());
        return;
    };
    for kind in faults(key) {
        find.note_of(kind, name, &stored.certificate, evidence());
    }
    let Some(readers) = key.readers.seen() else { return };
    for identity in find.seen.farm.identities_of(node) {
        let account = identity.account.as_str();
        // Who was not asked about was not seen.
        let asked = readers.iter().find(|reader| reader.account.eq_ignore_ascii_case(account));
        if let Some(unread) = asked.and_then(|reader| Unread::of(reader.reading)) {
            find.note_of(Kind::KeyUnread(account.to_owned(), unread), name, &stored.certificate, evidence());
        }
    }
}

/// Whether the services of a server can use a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usable {
    /// All of them can.
    Yes,
    /// There is none, it is of the wrong sort, or a service cannot read it.
    No,
    /// Not all of that was seen, and what was seen is in order.
    Unseen,
}

/// Judges the key beside a certificate, by the same faults that are told one by one.
pub(super) fn usable(farm: &Farm, node: &Node, key: &Seen<Option<KeyFacts>>) -> Usable {
    let key = match key {
        Seen::Unseen(_) => return Usable::Unseen,
        Seen::Seen(None) => return Usable::No,
        Seen::Seen(Some(key)) if !faults(key).is_empty() => return Usable::No,
        Seen::Seen(Some(key)) => key,
    };
    let Some(readers) = key.readers.seen() else { return Usable::Unseen };
    let mut all = Usable::Yes;
    for identity in farm.identities_of(node) {
        match readers.iter().find(|reader| reader.account.eq_ignore_ascii_case(identity.account.as_str())) {
            Some(reader) if Unread::of(reader.reading).is_some() => return Usable::No,
            Some(_) => {}
            None => all = Usable::Unseen,
        }
    }
    all
}

fn faults(key: &KeyFacts) -> Vec<Kind> {
    let mut faults = Vec::new();
    if !key.matches {
        faults.push(Kind::KeyMismatch);
    }
    let Some(location) = &key.location else { return faults };
    match (location.kind(), location.key_spec) {
        (KeyKind::Cng, KeySpec::Exchange | KeySpec::Signature | KeySpec::None) => {
            faults.push(Kind::KeyInCng(location.provider.clone()));
        }
        (KeyKind::Csp, spec @ (KeySpec::Signature | KeySpec::None)) => faults.push(Kind::KeySpecWrong(spec.value())),
        (KeyKind::Csp, KeySpec::Exchange) => {}
    }
    if !location.machine {
        faults.push(Kind::KeyOfUser);
    }
    faults
}

fn chain(find: &mut Find<'_, '_>, name: &str, stored: &Stored, store: &StoreFacts<Arc<SeenCertificate>>) {
    if stored.certificate.self_issued {
        return;
    }
    let Some(issuers) = store.issuers.seen() else { return };
    let fingerprint = stored.certificate.fingerprint.to_string();
    let missing = issuers.iter().find(|one| one.fingerprint_sha256 == fingerprint).and_then(|one| one.missing.clone());
    if let Some(missing) = missing {
        find.note_of(Kind::ChainMissing(missing), name, &stored.certificate, vec![Spot::new(name, Topic::Store)]);
    }
}
