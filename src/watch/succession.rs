//! One certificate seen in several places, and one that takes the place of another. Pure.

use std::collections::HashMap;

use jiff::Timestamp;

use super::facts::{CertificateFacts, MOST_PLACES, Rules, Successor, minute};

/// Puts everything that was seen of one certificate together: the earliest expiry, all places, all that is wrong.
#[must_use]
pub fn merged(seen: Vec<CertificateFacts>) -> Vec<CertificateFacts> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(seen.len());
    let mut all: Vec<CertificateFacts> = Vec::with_capacity(seen.len());
    for one in seen {
        let Some(at) = places.get(&one.fingerprint) else {
            places.insert(one.fingerprint.clone(), all.len());
            all.push(one);
            continue;
        };
        let known = &mut all[*at];
        if one.expiry < known.expiry {
            (known.expiry, known.limited_by) = (one.expiry, one.limited_by);
        }
        known.violations.extend(one.violations);
        known.violations.sort();
        known.violations.dedup();
        known.more_places += one.more_places;
        for place in one.places {
            if known.places.contains(&place) {
                continue;
            }
            if known.places.len() < MOST_PLACES {
                known.places.push(place);
            } else {
                known.more_places += 1;
            }
        }
        let proven = |one: &Successor| one.proven;
        if known.successor.is_none()
            || (one.successor.as_ref().is_some_and(proven) && !known.successor.as_ref().is_some_and(proven))
        {
            known.successor = one.successor;
        }
    }
    all
}

/// Names, for each certificate that has none, the one with the same subject that is valid and expires last, where that
/// expires later. Whether it is in use is not known from that.
pub fn succeed(certificates: &mut [CertificateFacts], now: Timestamp) {
    let mut last: HashMap<String, Successor> = HashMap::new();
    for one in certificates.iter().filter(|one| one.not_before <= now && now < one.expiry) {
        let successor = || Successor { thumbprint: one.thumbprint.clone(), expiry: one.expiry, proven: false };
        last.entry(one.subject.clone())
            .and_modify(|known| {
                if one.expiry > known.expiry {
                    *known = successor();
                }
            })
            .or_insert_with(successor);
    }
    for one in certificates.iter_mut().filter(|one| one.successor.is_none()) {
        one.successor = last.get(&one.subject).filter(|other| other.expiry > one.expiry).cloned();
    }
}

/// Says of which certificates nobody is told any more, and why.
#[must_use]
pub fn silenced(certificates: &[CertificateFacts], rules: &Rules, now: Timestamp) -> Vec<String> {
    let due =
        |one: &&CertificateFacts| rules.ladder.last_rung(rules.deadlines(one.not_before, one.expiry), now).is_some();
    let proven = |one: &CertificateFacts| one.successor.clone().filter(|other| other.proven);
    let told = certificates.iter().filter(due).filter_map(|one| {
        let other = proven(one)?;
        Some(format!(
            "{} ({}) expires at {}; {} is proven to be in use in its place until {}, so nobody is told",
            one.subject,
            one.thumbprint,
            minute(one.expiry),
            other.thumbprint,
            minute(other.expiry)
        ))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_default()
    }

    fn certificate(mark: &str, expiry: &str, place: &str) -> CertificateFacts {
        CertificateFacts {
            fingerprint: mark.repeat(64),
            thumbprint: mark.repeat(40),
            subject: "CN=crm.contoso.com".to_owned(),
            not_before: at("2026-01-01T00:00:00Z"),
            not_after: at(expiry),
            expiry: at(expiry),
            limited_by: None,
            places: vec![place.to_owned()],
            more_places: 0,
            violations: Vec::new(),
            successor: None,
        }
    }

    const OLD: &str = "2027-01-10T00:00:00Z";
    const NEW: &str = "2028-01-10T00:00:00Z";

    #[test]
    fn one_certificate_in_several_places_is_one_story_with_the_earliest_expiry() {
        let mut early = certificate("A", OLD, "tls://crm.contoso.com");
        early.limited_by = Some("CN=Issuer".to_owned());
        let proven = Some(Successor { thumbprint: "B".repeat(40), expiry: at(NEW), proven: true });
        let unproven = proven.clone().map(|one| Successor { proven: false, ..one });
        let mut file = certificate("A", NEW, "s2s.pem");
        file.successor = unproven;
        early.successor.clone_from(&proven);
        let all = merged(vec![file, early, certificate("A", NEW, "s2s.pem"), certificate("B", NEW, "other.pem")]);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].places, ["s2s.pem", "tls://crm.contoso.com"]);
        assert_eq!((all[0].expiry, all[0].limited_by.as_deref()), (at(OLD), Some("CN=Issuer")));
        assert_eq!(all[0].successor, proven);
        let many = merged((0..20).map(|place| certificate("A", OLD, &place.to_string())).collect());
        assert_eq!((many[0].places.len(), many[0].more_places), (MOST_PLACES, 12));
    }

    #[test]
    fn a_later_one_of_the_same_subject_is_named_and_silences_nothing_until_it_is_proven() {
        let now = at("2027-01-08T00:00:00Z");
        let mut all = vec![certificate("A", OLD, "a"), certificate("B", NEW, "b")];
        let mut other = certificate("C", NEW, "c");
        other.subject = "CN=other.contoso.com".to_owned();
        let mut future = certificate("D", "2029-01-01T00:00:00Z", "d");
        future.not_before = at("2027-06-01T00:00:00Z");
        all.extend([other, future]);
        succeed(&mut all, now);
        let named: Vec<Option<String>> =
            all.iter().map(|one| one.successor.as_ref().map(|other| other.thumbprint[..1].to_owned())).collect();
        assert_eq!(named, [Some("B".to_owned()), None, None, None]);
        let rules = Rules::default();
        assert_eq!(silenced(&all, &rules, now), Vec::<String>::new());
        all[0].successor = all[0].successor.take().map(|one| Successor { proven: true, ..one });
        assert_eq!(silenced(&all, &rules, now).len(), 1);
    }
}
