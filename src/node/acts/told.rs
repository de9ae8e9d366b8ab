//! What the rooms of a node tell, as facts of the wire.

use crate::cert::digest::Thumbprint;
use crate::farm::store::{KeyState, StoreEntry, StoredKey};
use crate::farm::{Gap, KeyPlace};
use crate::node::access::AccessReport;
use crate::policy::Finding;
use crate::protocol::{AccessFacts, CertificateFacts, GapFacts, Hex, Id, KeyFacts, List, Octets, Text};

/// Tells a certificate of a store. One whose hashes cannot be read is left out, which cannot be: they are made by ourselves.
pub(super) fn certificate(entry: &StoreEntry) -> Option<CertificateFacts> {
    Some(CertificateFacts {
        thumbprint: entry.thumbprint.parse().ok()?,
        fingerprint_sha256: entry.fingerprint_sha256.parse().ok()?,
        subject: Text::told(&entry.subject),
        subject_der: entry.subject_der.parse::<Octets>().ok()?,
        issuer: Text::told(&entry.issuer),
        not_before: entry.not_before,
        not_after: entry.not_after,
        friendly_name: entry.friendly_name.as_deref().map(Text::told),
        key: entry.key.as_ref().map(key),
        whole: None,
    })
}

fn key(key: &StoredKey) -> KeyFacts {
    let location = match &key.place {
        KeyPlace::Key(location) => Some(location),
        KeyPlace::File(_) => None,
    };
    KeyFacts {
        place: Text::told(&key.place.text()),
        provider: location.map(|location| Text::told(&location.provider)),
        provider_type: location.map(|location| location.provider_type),
        key_spec: location.map(|location| location.key_spec.value()),
        state: state(key.state),
        exportable: key.exportable,
        access: key.access.as_deref().map(Text::whole),
    }
}

fn state(state: KeyState) -> Id {
    Id::word(match state {
        KeyState::Matches => "matches",
        KeyState::OtherKey => "other-key",
        KeyState::Missing => "missing",
        KeyState::NotOpened => "not-opened",
    })
}

/// Tells who may use a key.
pub(super) fn access(place: &KeyPlace, report: &AccessReport) -> AccessFacts {
    let deviations = report.deviations.iter().map(|one| {
        let who = one.principal.as_ref().map_or_else(|| "an entry".to_owned(), |who| report.label(who));
        Text::told(&format!("{who} has {}, should have {}", one.found, one.wanted))
    });
    let obstacles = report.obstacle_texts();
    AccessFacts {
        place: Text::told(&place.text()),
        before: Text::whole(&report.before),
        now: Text::whole(&report.now),
        differences: List::first(deviations.chain(obstacles.iter().map(|text| Text::told(text)))),
        findings: findings(&report.findings),
    }
}

/// Tells findings as sentences.
pub(super) fn findings<const N: usize>(findings: &[Finding]) -> List<Text, N> {
    let weight = |one: &Finding| if one.stops() { "error" } else { "note" };
    List::first(findings.iter().map(|one| Text::told(&format!("{}: {}: {}", weight(one), one.id, one.message))))
}

/// Tells what was not seen.
pub(super) fn gaps<const N: usize>(gaps: &[Gap]) -> List<GapFacts, N> {
    List::first(gaps.iter().map(|gap| GapFacts { what: Text::told(&gap.what), why: Text::told(&gap.why) }))
}

/// Returns a thumbprint as the rooms of a node take it.
pub(super) fn print(thumbprint: &Hex<20>) -> String {
    thumbprint.to_string()
}

/// Returns the hashes of a DER.
pub(super) fn thumbprint_of(der: &[u8]) -> Hex<20> {
    Hex::from(*Thumbprint::of(der).as_bytes())
}
