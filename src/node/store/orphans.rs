//! Keys that no certificate names, and certificates whose key is gone.

use super::report::{ORPHANS_SCHEMA, OrphanKey, OrphansReport};
use super::{gap, seen};
use crate::error::Result;
use crate::farm::KeyPlace;
use crate::farm::store::{KeyState, StoreName, StorePlace};
use crate::ports::Host;

/// Lists what was left behind. Nothing is changed.
///
/// # Errors
/// When a store or the list of keys cannot be read.
pub fn orphans(host: &Host, place: &StorePlace) -> Result<OrphansReport> {
    let mut report = OrphansReport {
        schema: ORPHANS_SCHEMA,
        changed: false,
        place: place.clone(),
        keys: Vec::new(),
        certificates: Vec::new(),
        gaps: Vec::new(),
    };
    let mut all = Vec::new();
    for store in StoreName::ALL {
        let contents = seen::read(host, place, store)?;
        report.gaps.extend(contents.gaps);
        all.extend(contents.certificates);
    }
    for key in host.stores.keys(place)? {
        if all.iter().any(|one| one.stored.key.as_ref().is_some_and(|named| named.is(&key))) {
            continue;
        }
        let mut orphan = OrphanKey {
            file: host.key_access.key_file(&key).ok().flatten(),
            belongs_to: known_owner(&key),
            place: key,
            public_key_sha256: None,
            fits: Vec::new(),
        };
        match host.stores.open_key(&orphan.place) {
            Ok(opened) => {
                let same = |one: &&seen::Seen| one.certificate.public_key().bits() == opened.public.bits();
                orphan.fits = all.iter().filter(same).map(|one| one.certificate.thumbprint().to_string()).collect();
                orphan.public_key_sha256 = Some(opened.public.fingerprint().to_string());
            }
            Err(error) => report.gaps.push(gap(orphan.place.text(), &error.into())),
        }
        report.keys.push(orphan);
    }
    let entries = all.iter().filter(|one| one.stored.key.is_some()).map(|one| one.entry(host));
    let gone =
        |entry: &crate::farm::store::StoreEntry| entry.key.as_ref().is_some_and(|key| key.state == KeyState::Missing);
    report.certificates = entries.filter(gone).collect();
    Ok(report)
}

/// Containers that Windows and its web server make for themselves; no certificate ever names them. Deleting one breaks what
/// is encrypted with it.
const KNOWN: [(&str, &str); 7] = [
    ("iisConfigurationKey", "IIS: encrypts passwords in its configuration"),
    ("iisWasKey", "IIS: encrypts passwords in its configuration"),
    ("NetFrameworkConfigurationKey", "ASP.NET: encrypts sections of web.config"),
    ("Microsoft Internet Information Server", "IIS"),
    ("MS IIS DCOM Server", "IIS"),
    ("TSSecKeySet1", "Remote Desktop Services"),
    ("TSCryptLicensingKeySet", "Remote Desktop Services"),
];

fn known_owner(key: &KeyPlace) -> Option<&'static str> {
    let KeyPlace::Key(location) = key else { return None };
    KNOWN.iter().find(|(name, _)| location.container.eq_ignore_ascii_case(name)).map(|(_, owner)| *owner)
}
