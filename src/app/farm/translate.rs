//! From what a node answers to what a bundle holds. What does not fit is not passed over: its place was not seen then.

#[cfg(test)]
mod tests;

use super::observe::base64;
use crate::farm::description::Role;
use crate::farm::truth::{
    EarlyIssuer, IssuerFacts, KeyFacts, OtherRowFacts, Reader, Reading, RefreshJob, RowFacts, RowKind, Seen,
    ServiceFacts, StoreFacts, StoredCertificate, TrustFacts, TrustSource,
};
use crate::farm::{KeyLocation, KeySpec};
use crate::protocol::{self, CertificateFacts, Facts, Readable, Service};
use crate::rotation::observe::is_stopped;

const OTHER: &str = "the node answered something else";

/// The services that sign, with their roles; a service counts by the beginning of its name.
const SIGNING: &[(&str, Role)] = &[("CRMAppPool", Role::Web), ("MSCRMAsyncService", Role::Async)];

/// Turns services and pools.
pub(super) fn services(facts: Facts) -> Result<Vec<ServiceFacts>, String> {
    let Facts::Services(told) = facts else { return Err(OTHER.to_owned()) };
    let role = |name: &str| {
        let starts = |known: &str| name.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known));
        SIGNING.iter().find(|(known, _)| starts(known)).map(|(_, role)| *role)
    };
    let one = |service: &Service| {
        let name = service.name.as_str().to_owned();
        let (account, runs) = (service.account.as_str().to_owned(), Some(!is_stopped(service)));
        Some(ServiceFacts { role: role(&name)?, name, account, runs })
    };
    Ok(told.services.iter().chain(told.pools.iter()).filter_map(one).collect())
}

/// Turns a store that was listed whole.
pub(super) fn store(facts: Facts) -> Result<StoreFacts<String>, String> {
    let Facts::Certificates(told) = facts else { return Err(OTHER.to_owned()) };
    if let Some(gap) = told.gaps.first() {
        return Err(format!("{}: {}", gap.what.as_str(), gap.why.as_str()));
    }
    let mut certificates = Vec::new();
    let mut issuers = Seen::Seen(Vec::new());
    for one in told.certificates.iter() {
        let whole = one.whole.as_ref().ok_or_else(|| format!("{} was not told whole", one.thumbprint))?;
        certificates.push(StoredCertificate {
            certificate: base64(whole.certificate.as_bytes()),
            key: key(one, whole),
            tls_bindings: whole.tls_bindings.iter().map(|text| text.as_str().to_owned()).collect(),
            names_key: Some(one.key.is_some()),
        });
        let missing = match &whole.missing_issuer {
            protocol::Seen::There(name) => Some(name.as_str().to_owned()),
            protocol::Seen::Absent(_) => None,
            protocol::Seen::Unseen(why) => {
                issuers = Seen::Unseen(why.as_str().to_owned());
                continue;
            }
        };
        if let Seen::Seen(issuers) = &mut issuers {
            let earliest = whole
                .ends_early
                .as_ref()
                .map(|early| EarlyIssuer { subject: early.issuer.as_str().to_owned(), not_after: early.not_after });
            issuers.push(IssuerFacts { fingerprint_sha256: one.fingerprint_sha256.to_string(), missing, earliest });
        }
    }
    Ok(StoreFacts { certificates, issuers })
}

fn key(one: &CertificateFacts, whole: &protocol::WholeFacts) -> Seen<Option<KeyFacts>> {
    let Some(key) = &one.key else { return Seen::Seen(None) };
    let matches = match key.state.as_str() {
        "matches" => true,
        "other-key" => false,
        "missing" => return Seen::Seen(None),
        state => return Seen::Unseen(format!("its key: {state}")),
    };
    let location = whole.container.as_ref().map(|container| KeyLocation {
        provider: key.provider.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
        provider_type: key.provider_type.unwrap_or_default(),
        container: container.name.as_str().to_owned(),
        key_spec: KeySpec::from_value(key.key_spec.unwrap_or_default()),
        machine: container.machine,
    });
    let reader = |told: &protocol::ReaderFacts| Reader {
        account: told.name.as_str().to_owned(),
        reading: match told.reading {
            Readable::Granted => Reading::Granted,
            Readable::Missing => Reading::Missing,
            Readable::Denied => Reading::Denied,
        },
    };
    let readers = match &whole.readers {
        protocol::Seen::There(all) => Seen::Seen(all.iter().map(reader).collect()),
        protocol::Seen::Absent(why) | protocol::Seen::Unseen(why) => Seen::Unseen(why.as_str().to_owned()),
    };
    Seen::Seen(Some(KeyFacts { location, matches, readers }))
}

/// Turns the rows of types that no roll writes.
pub(super) fn other_rows(facts: &Facts) -> Result<Vec<OtherRowFacts>, String> {
    let Facts::Rows(told) = facts else { return Err(OTHER.to_owned()) };
    let others = told.rows.iter().filter(|row| kind(row).is_none()).map(|row| OtherRowFacts {
        certificate_type: row.certificate_type.as_str().to_owned(),
        id: row.id.as_str().to_owned(),
        thumbprint: row.thumbprint.map(|print| print.to_string()),
    });
    Ok(others.collect())
}

/// Turns the rows with which tokens are signed or published.
pub(super) fn rows(facts: Facts) -> Result<Vec<RowFacts<String>>, String> {
    let Facts::Rows(told) = facts else { return Err(OTHER.to_owned()) };
    let mut rows = Vec::new();
    for row in told.rows.iter() {
        let Some(kind) = kind(row) else { continue };
        let certificate = row.certificate.as_ref();
        let certificate =
            certificate.ok_or_else(|| format!("the certificate of row {} is not told", row.id.as_str()))?;
        rows.push(RowFacts {
            kind,
            id: row.id.as_str().to_owned(),
            certificate: base64(certificate.as_bytes()),
            shared_with: shared_with(row, &told.rows),
        });
    }
    Ok(rows)
}

fn kind(row: &protocol::Row) -> Option<RowKind> {
    match row.certificate_type.as_str() {
        "S2STokenIssuer" => Some(RowKind::S2STokenIssuer),
        "AlternativeS2STokenIssuer" => Some(RowKind::AlternativeS2STokenIssuer),
        _ => None,
    }
}

/// That a row of another type names the certificate of one of ours is written down with ours.
fn shared_with(row: &protocol::Row, all: &[protocol::Row]) -> Vec<String> {
    let octets = |row: &protocol::Row| row.certificate.as_ref().map(|one| one.as_bytes().to_vec());
    let same =
        |other: &&protocol::Row| kind(other).is_none() && octets(other).is_some() && octets(other) == octets(row);
    all.iter().filter(same).map(|other| other.certificate_type.as_str().to_owned()).collect()
}

/// Turns the trusts of SharePoint.
pub(super) fn trusts(facts: Facts) -> Result<Vec<TrustFacts<String>>, String> {
    let Facts::Trusts(told) = facts else { return Err(OTHER.to_owned()) };
    let text = |text: &protocol::Text| Some(text.as_str().to_owned()).filter(|text| !text.is_empty());
    let one = |issuer: &protocol::Issuer| {
        let mut certificates = issuer.certificates.iter().map(|one| base64(one.as_bytes()));
        TrustFacts {
            name: issuer.name.as_str().to_owned(),
            registered_issuer: text(&issuer.registered_name),
            source: text(&issuer.metadata_endpoint).map_or(TrustSource::Fixed, TrustSource::Metadata),
            signing: certificates.next(),
            additional: certificates.collect(),
        }
    };
    Ok(told.issuers.iter().map(one).collect())
}

/// Turns the job that reads metadata.
pub(super) fn job(facts: Facts) -> Result<Option<RefreshJob>, String> {
    let Facts::Job(told) = facts else { return Err(OTHER.to_owned()) };
    Ok(Some(RefreshJob { enabled: !told.held, last_success: told.last_success }))
}
