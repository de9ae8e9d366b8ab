//! Looking for disagreements between rows, metadata, trusts, clocks and accounts. Keys and stores are in `find_keys`.

use std::sync::Arc;

use super::disagreement::{Disagreement, Kind, RowSort, Spot, Topic, Where};
use super::facts::{RowKind, TrustSource};
use super::find_keys;
use super::seen::SeenCertificate;
use super::view::{Facts, Observation, Registered, named};
use crate::farm::description::{Node, Role, SharePoint, Trust};

/// Returns every disagreement, in an order that does not depend on that of the servers.
pub(super) fn disagreements(seen: &Observation<'_>) -> Vec<Disagreement> {
    let mut find = Find { seen, registered: seen.registered(), found: Vec::new() };
    find.rows();
    for (node, facts) in seen.seen() {
        find.age(node, facts);
        find.services(node, facts);
        if node.has(Role::Web) {
            find.metadata(node, facts);
        }
        if node.signs() {
            find_keys::of_server(&mut find, node, facts);
        }
    }
    for farm in &seen.farm.sharepoint {
        find.sharepoint(farm);
    }
    find.clocks();
    let order =
        |one: &Disagreement| (one.kind.clone(), one.about.clone(), one.certificate.as_ref().map(|c| c.fingerprint));
    find.found.sort_by_cached_key(order);
    find.found
}

/// The search.
pub(super) struct Find<'a, 'b> {
    pub(super) seen: &'a Observation<'b>,
    pub(super) registered: Vec<Registered>,
    found: Vec<Disagreement>,
}

impl Find<'_, '_> {
    /// Notes something without a certificate.
    pub(super) fn note(&mut self, kind: Kind, about: impl Into<String>, evidence: Vec<Spot>) {
        self.found.push(Disagreement { kind, about: about.into(), certificate: None, in_use: false, evidence });
    }

    /// Notes something about a certificate. Where a row names it, the rows are part of the evidence: they give it its weight.
    pub(super) fn note_of(
        &mut self,
        kind: Kind,
        about: impl Into<String>,
        certificate: &Arc<SeenCertificate>,
        mut evidence: Vec<Spot>,
    ) {
        let row = named(&self.registered, certificate.fingerprint);
        if let Some(row) = row {
            evidence.extend(row.evidence.iter().filter(|spot| !evidence.contains(spot)).cloned().collect::<Vec<_>>());
        }
        let in_use = row.is_some();
        self.found.push(Disagreement {
            kind,
            about: about.into(),
            certificate: Some(certificate.clone()),
            in_use,
            evidence,
        });
    }

    /// What the row does not name may expire as it likes; where no row was seen, any may be the one.
    fn is_or_may_be_in_use(&self, certificate: &SeenCertificate) -> bool {
        self.registered.is_empty() || named(&self.registered, certificate.fingerprint).is_some()
    }

    /// Notes expiry in a place.
    pub(super) fn expiry(&mut self, place: Where, about: &str, certificate: &Arc<SeenCertificate>, spot: Spot) {
        let left = self.seen.end_of(certificate).0.as_second() - self.seen.now.as_second();
        let days = left.div_euclid(86_400);
        let soon = self.seen.farm.thresholds.days.first().map_or(60, |days| i64::from(*days));
        if left < 0 {
            self.note_of(Kind::Expired(place), about, certificate, vec![spot]);
        } else if days < soon && self.is_or_may_be_in_use(certificate) {
            self.note_of(Kind::ExpiresSoon(place, days), about, certificate, vec![spot]);
        }
    }

    fn rows(&mut self) {
        let seen = self.seen;
        let mut first: Option<(&str, Vec<[u8; 32]>)> = None;
        for (node, rows) in seen.rows() {
            let name = node.name.as_str();
            let spot = || Spot::new(name, Topic::Rows);
            for kind in [RowKind::S2STokenIssuer, RowKind::AlternativeS2STokenIssuer] {
                let count = rows.iter().filter(|row| row.kind == kind).count();
                if count > 1 {
                    self.note(Kind::RowTwice(RowSort::from(kind), count), name, vec![spot()]);
                }
                if count == 0 && kind == RowKind::S2STokenIssuer {
                    self.note(Kind::RowMissing, name, vec![spot()]);
                }
            }
            for row in rows {
                let place = match row.kind {
                    RowKind::S2STokenIssuer => Where::Row,
                    RowKind::AlternativeS2STokenIssuer => Where::AlternativeRow,
                };
                self.expiry(place, name, &row.certificate, spot());
                if !row.shared_with.is_empty() {
                    self.note_of(Kind::SharedWithRow(row.shared_with.clone()), name, &row.certificate, vec![spot()]);
                }
            }
            let mut shown: Vec<[u8; 32]> = rows
                .iter()
                .filter(|row| row.kind == RowKind::S2STokenIssuer)
                .map(|row| *row.certificate.fingerprint.as_bytes())
                .collect();
            shown.sort_unstable();
            match &first {
                Some((other, rows)) if *rows != shown => {
                    // Named in one order, so that the order of servers does not matter.
                    let (a, b) = if *other < name { (*other, name) } else { (name, *other) };
                    self.note(
                        Kind::RowsDiffer(b.to_owned()),
                        a,
                        vec![Spot::new(a, Topic::Rows), Spot::new(b, Topic::Rows)],
                    );
                }
                Some(_) => {}
                None => first = Some((name, shown)),
            }
        }
    }

    fn age(&mut self, node: &Node, facts: &Facts) {
        let age = self.seen.now.as_second() - facts.collected_at.as_second();
        let name = node.name.as_str();
        if age > i64::from(self.seen.farm.thresholds.facts_hours) * 3_600 {
            self.note(Kind::FactsOld(age / 3_600), name, Vec::new());
        } else if age < -i64::from(self.seen.farm.thresholds.clock_seconds) {
            self.note(Kind::FactsFromFuture, name, Vec::new());
        }
    }

    fn services(&mut self, node: &Node, facts: &Facts) {
        let name = node.name.as_str();
        for service in facts.services.seen().into_iter().flatten().filter(|one| one.role.signs()) {
            let stated = self.seen.farm.identities.iter().any(|one| {
                one.roles.contains(&service.role) && one.account.as_str().eq_ignore_ascii_case(&service.account)
            });
            if !stated {
                let kind = Kind::AccountDiffers(service.name.clone(), service.account.clone());
                self.note(kind, name, vec![Spot::new(name, Topic::Services)]);
            }
        }
    }

    fn metadata(&mut self, node: &Node, facts: &Facts) {
        let name = node.name.as_str();
        for document in &facts.metadata {
            let Some(answer) = document.answer.seen() else { continue };
            let organization = document.organization.as_str();
            let spot = || Spot::new(name, Topic::Metadata(organization.to_ascii_lowercase()));
            if answer.keys.is_empty() {
                self.note(Kind::MetadataEmpty(organization.to_owned()), name, vec![spot()]);
            }
            for key in &answer.keys {
                self.expiry(Where::Metadata, &format!("{organization} on {name}"), key, spot());
            }
            let missing: Vec<Arc<SeenCertificate>> = self
                .registered
                .iter()
                .filter(|row| !answer.keys.iter().any(|key| key.fingerprint == row.certificate.fingerprint))
                .map(|row| row.certificate.clone())
                .collect();
            for certificate in missing.iter().filter(|_| !answer.keys.is_empty()) {
                self.note_of(Kind::MetadataStale(organization.to_owned()), name, certificate, vec![spot()]);
            }
        }
    }

    fn sharepoint(&mut self, farm: &SharePoint) {
        self.refresh_job(farm);
        let seen = self.seen;
        let Some((server, trusts)) = seen.trusts_of(farm) else { return };
        let spot = || Spot::new(server, Topic::Trusts);
        for wanted in &farm.trusts {
            let about = format!("{} in {}", wanted.name, farm.name);
            let Some(trust) = trusts.iter().find(|one| one.name.eq_ignore_ascii_case(wanted.name.as_str())) else {
                self.note(Kind::TrustMissing, about, vec![spot()]);
                continue;
            };
            if trust.source == TrustSource::Fixed {
                self.note(Kind::TrustFixed, about.as_str(), vec![spot()]);
            }
            if let Some(signing) = &trust.signing {
                self.expiry(Where::TrustSigning, &about, signing, spot());
            }
            for additional in &trust.additional {
                self.expiry(Where::TrustAdditional, &about, additional, spot());
            }
            let accepted = |certificate: &SeenCertificate| {
                trust.signing.iter().chain(&trust.additional).any(|one| one.fingerprint == certificate.fingerprint)
            };
            let lacking: Vec<Arc<SeenCertificate>> =
                self.registered.iter().map(|row| row.certificate.clone()).filter(|one| !accepted(one)).collect();
            for certificate in &lacking {
                self.note_of(Kind::TrustLacks, about.as_str(), certificate, vec![spot()]);
            }
            if let Some(registered) = &trust.registered_issuer {
                self.issuer(wanted, registered, &about, &spot());
            }
        }
    }

    /// The issuer that a trust names is compared with every document of its organization.
    fn issuer(&mut self, trust: &Trust, registered: &str, about: &str, spot: &Spot) {
        let seen = self.seen;
        let organization = trust.organization.as_str();
        for (node, facts) in seen.seen().filter(|(node, _)| node.has(Role::Web)) {
            let document = facts.metadata.iter().find(|one| one.organization.eq_ignore_ascii_case(organization));
            let issuer = document.and_then(|one| one.answer.seen()).and_then(|answer| answer.issuer.as_deref());
            // SharePoint compares them with letter case.
            if let Some(issuer) = issuer.filter(|issuer| *issuer != registered) {
                let other = Spot::new(node.name.as_str(), Topic::Metadata(organization.to_ascii_lowercase()));
                let kind = Kind::TrustIssuer(registered.to_owned(), issuer.to_owned());
                self.note(kind, format!("{about}, against {}", node.name), vec![spot.clone(), other]);
            }
        }
    }

    fn refresh_job(&mut self, farm: &SharePoint) {
        let seen = self.seen;
        let job = farm.servers.iter().find_map(|server| {
            let facts = seen.of(server.as_str())?.as_ref().ok()?;
            Some((facts.server.as_str(), facts.refresh_job.seen()?))
        });
        let Some((server, job)) = job else { return };
        let spot = vec![Spot::new(server, Topic::RefreshJob)];
        let late = seen.now.as_second() - i64::from(seen.farm.thresholds.refresh_hours) * 3_600;
        match job {
            Some(job) if !job.enabled => self.note(Kind::RefreshOff, farm.name.as_str(), spot),
            Some(job) if job.last_success.is_none_or(|last| last.as_second() < late) => {
                self.note(Kind::RefreshLate(job.last_success), farm.name.as_str(), spot);
            }
            Some(_) => {}
            None => self.note(Kind::RefreshOff, farm.name.as_str(), spot),
        }
    }

    /// The clocks that are furthest apart, if they are too far apart.
    fn clocks(&mut self) {
        let seen = self.seen;
        let mut clocks: Vec<(i64, &str)> = seen
            .seen()
            .filter_map(|(node, facts)| Some((*facts.clock_offset_seconds.seen()?, node.name.as_str())))
            .collect();
        clocks.sort_unstable();
        let (Some((slowest, a)), Some((fastest, b))) = (clocks.first(), clocks.last()) else { return };
        let apart = fastest.saturating_sub(*slowest);
        if apart > i64::from(seen.farm.thresholds.clock_seconds) {
            let evidence = vec![Spot::new(a, Topic::Clock), Spot::new(b, Topic::Clock)];
            self.note(Kind::ClocksApart((*b).to_owned(), apart), *a, evidence);
        }
    }
}
