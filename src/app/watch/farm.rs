//! Looking at a farm: the four places as `farm status` sees them, and what follows from them for whoever is told.
//!
//! What was not seen is spoken of and is never good. Dates are left to the ladder.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::farm::observe::Live;
use super::super::farm::status::{CertificateStatus, FarmStatusReport, Source, status};
use super::channels::chain;
use super::places::Places;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::farm::truth::{Grade, PlaceState, Verdict};
use crate::policy::{Finding, Severity};
use crate::ports::{Host, Transport};
use crate::watch::Level;
use crate::watch::facts::{CertificateFacts, Kind, Successor, Trouble};
use crate::watch::settings::FarmTable;

/// The most findings of one farm that are spoken of, and the most gaps.
const MOST: usize = 200;
/// Findings about dates: the ladder speaks of those, once.
const OF_TIME: [&str; 2] = ["expired", "expires-soon"];
/// Findings about who may use a key, or whether it can be used.
const OF_ACCESS: [&str; 6] = [
    "key-missing",
    "key-of-another-certificate",
    "key-in-cng",
    "key-specification",
    "key-of-a-user",
    "key-not-readable",
];

/// Wires the ways to the servers of a description; nothing can be seen where there are none.
#[derive(Clone, Default)]
pub struct Ways(pub Option<Wire>);

/// Returns what reaches the servers of a description to look at them.
pub type Wire = Arc<dyn Fn(&Host, &Path) -> Result<Arc<dyn Transport>> + Send + Sync>;

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ways")
    }
}

/// Looks at the farm now.
pub(super) fn look(host: &Host, table: &FarmTable, ways: &Ways, places: &mut Places) {
    match seen(host, table, ways) {
        Ok(report) => take(&report, &table.file, places),
        Err(error) => {
            let file = table.file.display();
            places.unseen(
                format!("the farm of {file}"),
                &chain(&error),
                format!("see why: s2scert farm check --farm {file}"),
            );
        }
    }
}

fn seen(host: &Host, table: &FarmTable, ways: &Ways) -> Result<FarmStatusReport> {
    let wire = ways.0.as_ref().ok_or_else(|| Error::new(ErrorKind::Internal, "no way to the servers is wired"))?;
    let deadline = Duration::from_secs(u64::from(table.seconds.clamp(1, 3_600)));
    let live = Live { transport: wire(host, &table.file)?, deadline, only: Vec::new() };
    status(host, &table.file, Source::Live(&live))
}

/// Turns what was seen into what can be spoken of.
fn take(report: &FarmStatusReport, file: &Path, places: &mut Places) {
    let file = file.display();
    let farm = if report.farm.is_empty() { file.to_string() } else { report.farm.clone() };
    let gaps = report.gaps.iter().map(|gap| {
        let topic = gap.topic.as_ref().map_or_else(String::new, |topic| format!(", {topic}"));
        (format!("{farm}: {}{topic}", gap.server), gap.why.as_str())
    });
    let remedy = format!("see what is missing: s2scert farm status --farm {file}");
    for (about, why) in gaps.take(MOST) {
        places.unseen(about, why, remedy.clone());
    }
    places.unseen += report.gaps.len().saturating_sub(MOST) as u64;
    let told = report.findings.iter().filter(|one| {
        one.severity >= Severity::Warning && one.waived_by.is_none() && !OF_TIME.contains(&one.id.as_ref())
    });
    places.troubles.extend(told.take(MOST).map(|finding| trouble(finding, &farm)));
    places.registered = report.certificates.iter().find(|one| one.registered).map(|one| one.fingerprint_sha256.clone());
    let successor = successor(&report.certificates);
    // What is nowhere any more has nothing to say.
    let there = report.certificates.iter().filter(|one| one.verdict != Verdict::Retired);
    places.certificates.extend(there.map(|one| facts(one, &farm, successor)));
}

fn trouble(finding: &Finding, farm: &str) -> Trouble {
    Trouble {
        kind: if OF_ACCESS.contains(&finding.id.as_ref()) { Kind::Access } else { Kind::Disagreement },
        about: format!("{farm}: {} {}", finding.id, finding.subject),
        level: if finding.severity == Severity::Error { Level::Error } else { Level::Warning },
        message: format!("{}: {}", finding.subject, finding.message),
        remedy: finding.remedy.to_string(),
    }
}

/// Returns the certificate that is proven to be in use: the row names it, and all four places have it.
fn successor(certificates: &[CertificateStatus]) -> Option<&CertificateStatus> {
    certificates
        .iter()
        .find(|one| one.registered && one.verdict.grade() == Grade::Good && one.verdict != Verdict::Retired)
}

fn facts(one: &CertificateStatus, farm: &str, successor: Option<&CertificateStatus>) -> CertificateFacts {
    let places = [("store", one.store), ("row", one.row), ("metadata", one.metadata), ("trust", one.trust)];
    let there: Vec<&str> =
        places.iter().filter(|(_, state)| *state == PlaceState::Present).map(|(name, _)| *name).collect();
    let spots = if there.is_empty() { "not seen in any place as a whole".to_owned() } else { there.join(", ") };
    // One that expires later is on its way, whatever signs today.
    let later = |other: &&CertificateStatus| {
        !one.registered && other.fingerprint_sha256 != one.fingerprint_sha256 && other.not_after > one.not_after
    };
    CertificateFacts {
        fingerprint: one.fingerprint_sha256.clone(),
        thumbprint: one.thumbprint.clone(),
        subject: one.subject.clone(),
        not_before: one.not_before,
        not_after: one.not_after,
        expiry: one.effective_not_after.unwrap_or(one.not_after),
        limited_by: one.limited_by.clone(),
        places: vec![format!("farm {farm} ({spots})")],
        more_places: 0,
        violations: Vec::new(),
        successor: successor.filter(later).map(|other| Successor {
            thumbprint: other.thumbprint.clone(),
            expiry: other.not_after,
            proven: true,
        }),
    }
}
