//! What keeps the product from signing with a certificate of a store. docs/store.md explains each rule.

use super::{Finding, Severity};
use crate::farm::store::{KeyPlace, KeyState, StoreEntry, StorePlace, StoredKey};
use crate::farm::{KeyKind, KeyLocation, KeySpec};

/// The identifiers of all rules here.
pub const RULES: [&str; 10] = [
    "store-no-key",
    "store-key-missing",
    "store-key-other",
    "store-key-not-opened",
    "store-key-cng",
    "store-key-provider-type",
    "store-key-spec",
    "store-key-of-user",
    "store-key-exportable",
    "store-same-subject",
];

/// `PROV_RSA_AES`: the provider type that signs with SHA-256.
pub const PROV_RSA_AES: u32 = 24;

/// What mends a key that is wrong.
const REPAIR: &str = "put the key into a right container from its PFX: s2scert store install FILE --repair";

/// Judges a certificate of a store and the key that it names.
#[must_use]
pub fn findings(place: &StorePlace, entry: &StoreEntry) -> Vec<Finding> {
    let Some(key) = &entry.key else {
        return vec![finding(
            entry,
            "store-no-key",
            Severity::Error,
            "the store names no private key for this certificate".to_owned(),
            "a .cer was imported, or the key was made on another machine: nothing can be signed with it",
            "install the PFX: s2scert store install FILE",
        )];
    };
    let mut findings = Vec::new();
    findings.extend(of_state(entry, key));
    if let KeyPlace::Key(location) = &key.place {
        findings.extend(of_location(place, entry, location));
    }
    if key.exportable == Some(true) {
        findings.push(finding(
            entry,
            "store-key-exportable",
            Severity::Warning,
            "the key may leave the provider again".to_owned(),
            "whoever may use the key can take it away, and sign tokens elsewhere",
            "remove it with its key, then install the PFX again: s2scert store remove --thumbprint HEX --with-key",
        ));
    }
    findings
}

/// Judges other certificates that have, or may have, the same subject.
#[must_use]
pub fn same_subject(entry: &StoreEntry, others: &[String]) -> Option<Finding> {
    (!others.is_empty()).then(|| {
        finding(
            entry,
            "store-same-subject",
            Severity::Error,
            format!("the store holds another certificate of this subject: {}", others.join(", ")),
            "the product finds its certificate by the subject, so which of them signs cannot be told ('Private key not found')",
            "remove the one that is not needed: s2scert store remove --thumbprint HEX",
        )
    })
}

fn finding(
    entry: &StoreEntry,
    id: &'static str,
    severity: Severity,
    message: String,
    reason: &'static str,
    remedy: &'static str,
) -> Finding {
    Finding {
        id: id.into(),
        severity,
        subject: entry.thumbprint.clone(),
        message,
        reason: reason.into(),
        remedy: remedy.into(),
        waived_by: None,
    }
}

fn of_state(entry: &StoreEntry, key: &StoredKey) -> Option<Finding> {
    let (id, message, reason) = match key.state {
        KeyState::Matches => return None,
        KeyState::Missing => (
            "store-key-missing",
            "the key that the certificate names does not exist".to_owned(),
            "the key was deleted, or belongs to another machine ('Keyset does not exist')",
        ),
        KeyState::OtherKey => (
            "store-key-other",
            "what the certificate names is the key of another certificate".to_owned(),
            "what it signs does not verify with this certificate",
        ),
        KeyState::NotOpened => (
            "store-key-not-opened",
            format!("the key cannot be opened: {}", key.why.as_deref().unwrap_or("no reason is told")),
            "whether the key works is not known",
        ),
    };
    Some(finding(entry, id, Severity::Error, message, reason, REPAIR))
}

fn of_location(place: &StorePlace, entry: &StoreEntry, location: &KeyLocation) -> Vec<Finding> {
    let error = |id, message, reason| finding(entry, id, Severity::Error, message, reason, REPAIR);
    if location.kind() == KeyKind::Cng {
        return vec![error(
            "store-key-cng",
            format!("the key is in CNG: {}", location.provider),
            "the product reads its key through an interface that knows CSP keys only ('Invalid provider type specified')",
        )];
    }
    let mut findings = Vec::new();
    if location.provider_type != PROV_RSA_AES {
        findings.push(error(
            "store-key-provider-type",
            format!("the provider is of type {}, not 24: {}", location.provider_type, location.provider),
            "tokens are signed with SHA-256, which only providers of type 24 know",
        ));
    }
    if location.key_spec != KeySpec::Exchange {
        findings.push(error(
            "store-key-spec",
            format!("KeySpec is {}, not 1 (AT_KEYEXCHANGE)", location.key_spec.value()),
            "Microsoft asks for KeySpec 1",
        ));
    }
    if *place == StorePlace::LocalMachine && !location.machine {
        findings.push(error(
            "store-key-of-user",
            format!("container {} belongs to one user, not to the machine", location.container),
            "no service can open it",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::farm::store::StoreName;

    fn entry(key: Option<StoredKey>) -> StoreEntry {
        let text = |text: &str| text.to_owned();
        StoreEntry {
            store: StoreName::My,
            thumbprint: text("AB"),
            fingerprint_sha256: text("CD"),
            subject: text("CN=crm.contoso.com"),
            subject_der: text(""),
            issuer: text("CN=Contoso"),
            serial: text("01"),
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2027-01-01T00:00:00Z".parse().unwrap(),
            friendly_name: None,
            key,
        }
    }

    fn key(change: impl FnOnce(&mut StoredKey, &mut KeyLocation)) -> StoredKey {
        let mut location = KeyLocation {
            provider: "Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned(),
            provider_type: 24,
            container: "s2s".to_owned(),
            key_spec: KeySpec::Exchange,
            machine: true,
        };
        let mut key = StoredKey {
            place: KeyPlace::Key(location.clone()),
            state: KeyState::Matches,
            why: None,
            file: None,
            exportable: Some(false),
            access: None,
        };
        change(&mut key, &mut location);
        key.place = KeyPlace::Key(location);
        key
    }

    #[test]
    fn each_fault_of_a_key_is_found_and_a_sound_one_has_none() {
        let cases: [(Option<StoredKey>, &[&str]); 10] = [
            (None, &["store-no-key"]),
            (Some(key(|_, _| {})), &[]),
            (Some(key(|key, _| key.state = KeyState::Missing)), &["store-key-missing"]),
            (Some(key(|key, _| key.state = KeyState::OtherKey)), &["store-key-other"]),
            (Some(key(|key, _| key.state = KeyState::NotOpened)), &["store-key-not-opened"]),
            (Some(key(|_, location| location.provider_type = 0)), &["store-key-cng"]),
            (Some(key(|_, location| location.provider_type = 12)), &["store-key-provider-type"]),
            (Some(key(|_, location| location.key_spec = KeySpec::Signature)), &["store-key-spec"]),
            (Some(key(|_, location| location.machine = false)), &["store-key-of-user"]),
            (Some(key(|key, _| key.exportable = Some(true))), &["store-key-exportable"]),
        ];
        for (key, wanted) in cases {
            let found: Vec<_> =
                findings(&StorePlace::LocalMachine, &entry(key)).into_iter().map(|one| one.id).collect();
            assert_eq!(found, wanted);
        }
        let of_user = entry(Some(key(|_, location| location.machine = false)));
        assert!(findings(&StorePlace::CurrentUser, &of_user).is_empty());
        assert!(same_subject(&of_user, &[]).is_none());
        assert_eq!(same_subject(&of_user, &["EF".to_owned()]).unwrap().id, "store-same-subject");
    }

    #[test]
    fn every_rule_is_explained() {
        let page = include_str!("../../docs/store.md");
        for id in RULES {
            assert!(page.contains(&format!("| `{id}` |")), "docs/store.md lacks {id}");
        }
    }
}
