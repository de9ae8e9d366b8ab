//! What is in a store, read and understood.

use super::report::StoreUse;
use super::{gap, no_certificate};
use crate::cert::name::{NameMatch, compare};
use crate::cert::{Certificate, Thumbprint};
use crate::error::{Error, Result};
use crate::farm::Gap;
use crate::farm::store::{KeyState, StoreEntry, StoreName, StorePlace, StoredKey, TlsBinding};
use crate::ports::{Host, KeyPlace, StoreFault, StoredCertificate};

/// One certificate of a store.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The store.
    pub store: StoreName,
    /// The certificate.
    pub certificate: Certificate,
    /// What stands beside it.
    pub stored: StoredCertificate,
}

/// Everything in one store.
pub(super) struct Contents {
    pub(super) certificates: Vec<Seen>,
    pub(super) gaps: Vec<Gap>,
}

/// Who uses a certificate or its key.
pub(super) struct Uses {
    pub(super) certificates: Vec<StoreUse>,
    pub(super) bindings: Vec<TlsBinding>,
}

/// Reads a store. What is no certificate is told, and not passed over in silence.
pub(super) fn read(host: &Host, place: &StorePlace, store: StoreName) -> Result<Contents> {
    let mut contents = Contents { certificates: Vec::new(), gaps: Vec::new() };
    for stored in host.stores.certificates(place, store)? {
        match Certificate::from_der(&stored.der) {
            Ok(certificate) => contents.certificates.push(Seen { store, certificate, stored }),
            Err(error) => contents.gaps.push(Gap {
                what: format!("{} in {}", Thumbprint::of(&stored.der), place.text(store)),
                why: error.to_string(),
            }),
        }
    }
    for stranger in host.stores.strangers(place, store)? {
        let what = format!("{} in {}", stranger.place, place.text(store));
        contents.gaps.push(Gap { what, why: stranger.fault.to_string() });
    }
    Ok(contents)
}

/// Finds a certificate by SHA-1 or SHA-256, with or without separators, in either letter case.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub fn find(host: &Host, place: &StorePlace, store: StoreName, thumbprint: &str) -> Result<Seen> {
    search(host, place, store, thumbprint)?.ok_or_else(|| no_certificate(place, store, thumbprint))
}

/// As [`find`]; nothing where there is none.
pub(super) fn search(host: &Host, place: &StorePlace, store: StoreName, thumbprint: &str) -> Result<Option<Seen>> {
    // A thumbprint copied from the certificate console begins with an invisible character.
    let digits: String = thumbprint.chars().filter(char::is_ascii_alphanumeric).collect();
    let wanted = digits.to_ascii_uppercase();
    let is_wanted = |one: &Seen| {
        one.certificate.thumbprint().to_string() == wanted || one.certificate.fingerprint().to_string() == wanted
    };
    Ok(read(host, place, store)?.certificates.into_iter().find(is_wanted))
}

impl Seen {
    /// Describes it, with what its key tells when it is opened.
    #[must_use]
    pub fn entry(&self, host: &Host) -> StoreEntry {
        let mut entry = StoreEntry::of(self.store, &self.certificate);
        entry.friendly_name.clone_from(&self.stored.friendly_name);
        entry.key = self.stored.key.as_ref().map(|place| key(host, place, &self.certificate));
        entry
    }

    /// Names it.
    pub(super) fn named(&self) -> StoreUse {
        StoreUse {
            store: self.store,
            thumbprint: self.certificate.thumbprint().to_string(),
            subject: self.certificate.subject().to_string(),
        }
    }
}

/// Opens a key and says what is known of it.
fn key(host: &Host, place: &KeyPlace, certificate: &Certificate) -> StoredKey {
    let mut key = StoredKey {
        place: place.clone(),
        state: KeyState::NotOpened,
        why: None,
        file: None,
        exportable: None,
        access: None,
    };
    match host.stores.open_key(place) {
        Ok(opened) => {
            let same = opened.public.bits() == certificate.public_key().bits();
            key.state = if same { KeyState::Matches } else { KeyState::OtherKey };
            key.exportable = opened.exportable;
        }
        Err(error) if error.fault == StoreFault::KeyMissing => key.state = KeyState::Missing,
        Err(error) => key.why = Some(gap("", &error.into()).why),
    }
    if key.state != KeyState::Missing {
        // Neither is worth failing for: both are told again, with their errors, where they are asked for.
        key.access = host.key_access.read(place).ok().map(|state| state.text());
        let file = host.key_access.key_file(place).ok().flatten();
        key.file = file.map(|file| file.display().to_string());
    }
    key
}

/// Returns the thumbprints of other certificates in the store whose subject is, or may be taken for, the same.
pub(super) fn others_of_one_name(
    host: &Host,
    place: &StorePlace,
    one: &Seen,
    gaps: &mut Vec<Gap>,
) -> Result<Vec<String>> {
    let contents = read(host, place, one.store)?;
    gaps.extend(contents.gaps);
    let subject = one.certificate.subject();
    let same = |other: &&Seen| {
        other.certificate != one.certificate
            && !subject.is_empty()
            && compare(&subject, &other.certificate.subject()) != NameMatch::Different
    };
    Ok(contents.certificates.iter().filter(same).map(|other| other.certificate.thumbprint().to_string()).collect())
}

/// Finds who uses a certificate, or its key, beside itself.
pub(super) fn uses(host: &Host, place: &StorePlace, one: &Seen, gaps: &mut Vec<Gap>) -> Result<Uses> {
    let mut certificates = Vec::new();
    if let Some(key) = &one.stored.key {
        for store in StoreName::ALL {
            let contents = read(host, place, store)?;
            let names_it = |other: &&Seen| {
                let itself = other.store == one.store && other.certificate == one.certificate;
                !itself && other.stored.key.as_ref().is_some_and(|other| other.is(key))
            };
            certificates.extend(contents.certificates.iter().filter(names_it).map(Seen::named));
        }
    }
    let thumbprint = one.certificate.thumbprint().to_string();
    let bindings = match host.stores.tls_bindings() {
        Ok(all) => all.into_iter().filter(|binding| binding.thumbprint == thumbprint).collect(),
        Err(error) => {
            gaps.push(gap("whether a TLS binding of http.sys uses the certificate", &Error::from(error)));
            Vec::new()
        }
    };
    Ok(Uses { certificates, bindings })
}
