//! What a disagreement of a farm weighs, why it matters, and the next command.

use super::{Finding, Severity};
use crate::farm::truth::{Disagreement, Kind, RowSort, Unread, Where};

/// The identifiers of all findings here, for the page that explains them.
pub const IDS: [&str; 29] = [
    "row-missing",
    "row-twice",
    "rows-differ",
    "row-shared",
    "row-certificate-missing",
    "other-certificate-behind-subject",
    "subject-twice",
    "key-missing",
    "key-of-another-certificate",
    "key-in-cng",
    "key-specification",
    "key-of-a-user",
    "key-not-readable",
    "chain-missing",
    "shared-with-tls",
    "metadata-stale",
    "metadata-empty",
    "trust-lacks-certificate",
    "trust-missing",
    "trust-not-from-metadata",
    "trust-issuer-differs",
    "refresh-job-off",
    "refresh-job-late",
    "expired",
    "expires-soon",
    "clocks-apart",
    "account-differs",
    "facts-old",
    "facts-from-the-future",
];

/// Turns disagreements into findings: errors first, otherwise in the same order.
#[must_use]
pub fn findings(disagreements: &[Disagreement], critical_days: u16) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for one in disagreements {
        let next = finding(one, critical_days);
        // A certificate expires everywhere at once: one finding names all the places.
        let same = |other: &&mut Finding| {
            matches!(one.kind, Kind::ExpiresSoon(..)) && other.id == next.id && other.message == next.message
        };
        match findings.iter_mut().find(same) {
            Some(other) => add_subject(&mut other.subject, &next.subject),
            None => findings.push(next),
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Adds whom a finding concerns too, unless that is said; of many the first stand for all.
fn add_subject(subjects: &mut String, next: &str) {
    const MOST: usize = 6;
    const OTHERS: &str = "and others";
    let known: Vec<&str> = subjects.split(", ").collect();
    if known.contains(&next) || known.last() == Some(&OTHERS) {
        return;
    }
    let next = if known.len() < MOST { next } else { OTHERS };
    subjects.push_str(", ");
    subjects.push_str(next);
}

fn finding(one: &Disagreement, critical_days: u16) -> Finding {
    let certificate = one.certificate.as_ref().map(|c| format!("{} ({})", c.thumbprint, c.subject)).unwrap_or_default();
    let (reason, remedy) = words(&one.kind);
    Finding {
        id: one.kind.id().into(),
        severity: weight(one, critical_days),
        subject: one.about.clone(),
        message: message(&one.kind, &certificate, one),
        reason: reason.into(),
        remedy: remedy.into(),
        waived_by: None,
    }
}

/// What concerns the certificate that signs now is an error; what concerns another one is a warning.
fn weight(one: &Disagreement, critical_days: u16) -> Severity {
    let by_use = if one.in_use { Severity::Error } else { Severity::Warning };
    match &one.kind {
        Kind::RowMissing | Kind::RowTwice(..) | Kind::RowsDiffer(_) | Kind::RowNamesMissing => Severity::Error,
        Kind::OtherBehindSubject(_) | Kind::MetadataEmpty(_) | Kind::TrustMissing | Kind::TrustIssuer(..) => {
            Severity::Error
        }
        Kind::MetadataStale(_) | Kind::TrustLacks | Kind::ClocksApart(..) => Severity::Error,
        Kind::SubjectTwice(_) | Kind::KeyMissing | Kind::KeyMismatch | Kind::KeyInCng(_) | Kind::KeySpecWrong(_) => {
            by_use
        }
        Kind::KeyOfUser | Kind::KeyUnread(..) => by_use,
        Kind::Expired(Where::Row | Where::Metadata | Where::TrustSigning) => Severity::Error,
        Kind::Expired(Where::Store | Where::AlternativeRow | Where::TrustAdditional) => by_use,
        Kind::ExpiresSoon(_, days) if *days < i64::from(critical_days) => by_use,
        Kind::SharedWithRow(_) | Kind::SharedWithTls(_) => Severity::Warning,
        Kind::ExpiresSoon(..) | Kind::ChainMissing(_) | Kind::TrustFixed => Severity::Warning,
        Kind::RefreshOff
        | Kind::RefreshLate(_)
        | Kind::AccountDiffers(..)
        | Kind::FactsOld(_)
        | Kind::FactsFromFuture => Severity::Warning,
    }
}

fn message(kind: &Kind, certificate: &str, one: &Disagreement) -> String {
    match kind {
        Kind::RowMissing => "the configuration database has no row S2STokenIssuer".to_owned(),
        Kind::RowTwice(sort, count) => {
            let name = match sort {
                RowSort::Primary => "S2STokenIssuer",
                RowSort::Alternative => "AlternativeS2STokenIssuer",
            };
            format!("the configuration database has {count} rows {name}")
        }
        Kind::RowsDiffer(other) => format!("{} and {other} show different rows", one.about),
        Kind::SharedWithRow(types) => format!("{certificate} is also named by the row {}", types.join(", ")),
        Kind::RowNamesMissing => format!("the row names {certificate}, and this server does not have it"),
        Kind::OtherBehindSubject(other) => {
            format!("the row names {certificate}; under this subject the server has another certificate, {other}")
        }
        Kind::SubjectTwice(count) => {
            format!("{count} certificates in LocalMachine\\My have the subject of {certificate}")
        }
        Kind::KeyMissing => format!("{certificate} is there without its private key"),
        Kind::KeyMismatch => format!("the private key beside {certificate} is that of another certificate"),
        Kind::KeyInCng(provider) => format!("the key of {certificate} is in CNG ({provider})"),
        Kind::KeySpecWrong(2) => format!("the key of {certificate} is filed as AT_SIGNATURE (KeySpec 2)"),
        Kind::KeySpecWrong(value) => format!("the key of {certificate} has KeySpec {value}, not 1 (AT_KEYEXCHANGE)"),
        Kind::KeyOfUser => format!("the key of {certificate} belongs to a user, not to the machine"),
        Kind::KeyUnread(account, Unread::Missing) => format!("{account} cannot read the key of {certificate}"),
        Kind::KeyUnread(account, Unread::Denied) => {
            format!("an entry forbids {account} to read the key of {certificate}")
        }
        Kind::ChainMissing(missing) => format!("an issuer of {certificate} is missing: {missing}"),
        Kind::SharedWithTls(bindings) => format!("{certificate} also serves TLS on {}", bindings.join(", ")),
        Kind::MetadataStale(organization) => format!("the metadata of {organization} does not have {certificate}"),
        Kind::MetadataEmpty(organization) => format!("the metadata of {organization} has no key"),
        Kind::TrustLacks => format!("the trust does not have {certificate}, which the row names"),
        Kind::TrustMissing => "SharePoint has no trusted token issuer of this name".to_owned(),
        Kind::TrustFixed => "its certificate was set by hand; it does not read the metadata".to_owned(),
        Kind::TrustIssuer(registered, published) => format!("the trust names {registered}, the metadata {published}"),
        Kind::RefreshOff => "the timer job RefreshMetadataFeed is missing or disabled".to_owned(),
        Kind::RefreshLate(None) => "the timer job RefreshMetadataFeed has never ended well".to_owned(),
        Kind::RefreshLate(Some(last)) => format!("the timer job RefreshMetadataFeed last ended well at {last}"),
        Kind::Expired(place) => format!("{certificate} in {} has expired", place.words()),
        Kind::ExpiresSoon(_, 0) => format!("{certificate} expires today"),
        Kind::ExpiresSoon(_, 1) => format!("{certificate} expires tomorrow"),
        Kind::ExpiresSoon(_, days) => format!("{certificate} expires soon: {days} days left"),
        Kind::ClocksApart(other, seconds) => format!("its clock is {seconds} seconds behind that of {other}"),
        Kind::AccountDiffers(service, account) => {
            format!("{service} runs as {account}, which no [[identity]] of its role names")
        }
        Kind::FactsOld(hours) => format!("what this server showed is {hours} hours old"),
        Kind::FactsFromFuture => "what this server showed was collected in the future".to_owned(),
    }
}

/// Why it matters, and what to do. Every sort is named, so that a new one cannot be without words.
fn words(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::RowMissing => (
            "without the row nothing signs, and the metadata document cannot be made",
            "run CertificateReconfiguration.ps1 with -updateCrm once, on the node of [update_crm], after every server has the certificate",
        ),
        Kind::RowTwice(..) => (
            "the metadata endpoint refuses two rows of one type, and SharePoint gets nothing",
            "keep the newer row; remove the other by its Id with Remove-CrmCertificate",
        ),
        Kind::RowsDiffer(_) => (
            "there is one configuration database; two answers mean two deployments, or one answer from before a change",
            "collect both again within minutes, and compare: s2scert farm status --from DIR",
        ),
        Kind::RowNamesMissing => (
            "requests that reach this server fail with \"Private key not found\"",
            "import the PFX here and grant the key; do not run -updateCrm again",
        ),
        Kind::OtherBehindSubject(_) => (
            "the product looks the key up by subject: this server signs with a certificate that nobody published",
            "import the certificate that the row names, and archive or remove the other; give each generation its own subject",
        ),
        Kind::SubjectTwice(_) => (
            "the product looks the key up by subject; of two it takes any, or says \"Private key not found\"",
            "remove the one that no row names from LocalMachine\\My; give each generation its own subject",
        ),
        Kind::KeyMissing => (
            "a certificate without its key cannot sign",
            "import the PFX, not the .cer; look into it first: s2scert inspect FILE --lint",
        ),
        Kind::KeyMismatch => (
            "signatures do not verify with the published certificate",
            "remove the certificate with its key and import the PFX again",
        ),
        Kind::KeyInCng(_) => (
            "the product uses CryptoAPI and says \"Invalid provider type specified\" of a CNG key",
            "write the PFX again with a CSP named in it, and import that: s2scert export FILE --out NEW.pfx",
        ),
        Kind::KeySpecWrong(_) => (
            "Microsoft asks for KeySpec 1; a key filed otherwise cannot be used for all that the product does",
            "write the PFX again and import that: s2scert export FILE --out NEW.pfx",
        ),
        Kind::KeyOfUser => (
            "the services run under other accounts and do not see the keys of a user",
            "import the PFX into the store of the computer",
        ),
        Kind::KeyUnread(..) => (
            "the service says \"Keyset does not exist\"; it is the commonest cause of a failed roll",
            "grant it on that server: s2scert access grant container:NAME ACCOUNT",
        ),
        Kind::ChainMissing(_) => (
            "some callers build the chain before they trust the signature",
            "import the issuers into the stores of intermediate and root authorities; the PFX should hold them: s2scert inspect FILE --lint",
        ),
        Kind::SharedWithRow(_) => (
            "what is done to the certificate for one use is done for the other: a renewal there signs tokens, and a removal here breaks it",
            "keep the old certificate until the other row names another one, and give each use a certificate of its own",
        ),
        Kind::SharedWithTls(_) => (
            "whoever renews the TLS certificate under the same subject changes what signs, without a roll and without SharePoint",
            "give the S2S certificate a subject of its own at the next roll",
        ),
        Kind::MetadataStale(_) => (
            "SharePoint learns of the new certificate from this document",
            "wait 90 seconds for the cache of the web process; then recycle CRMAppPool on that server and look again",
        ),
        Kind::MetadataEmpty(_) => (
            "at its next refresh SharePoint may remove the certificates that it has",
            "look at the rows with Get-CrmCertificate; there must be one of type S2STokenIssuer",
        ),
        Kind::TrustLacks => (
            "SharePoint refuses every token that is signed with it; without help that lasts up to 24 hours",
            "start the timer job RefreshMetadataFeed on a SharePoint server, and look again",
        ),
        Kind::TrustMissing => (
            "SharePoint trusts this organization not at all",
            "correct the name in farm.toml, or make the trust with New-SPTrustedSecurityTokenIssuer -MetadataEndPoint",
        ),
        Kind::TrustFixed => (
            "no refresh will bring it a new certificate; it stops at the next roll",
            "point it to the metadata: Set-SPTrustedSecurityTokenIssuer -MetadataEndPoint",
        ),
        Kind::TrustIssuer(..) => (
            "SharePoint compares issuers letter by letter and says \"Issuer name is not registered\"",
            "make the trust anew from the metadata document; app permissions hang on the issuer",
        ),
        Kind::RefreshOff | Kind::RefreshLate(_) => (
            "without this job SharePoint never learns of a new certificate",
            "enable it, and start it once: Get-SPTimerJob | ? {$_.Name -match 'RefreshMetadataFeed'} | Start-SPTimerJob",
        ),
        Kind::Expired(Where::Store) => (
            "what no row names does no harm, but its subject may be in the way",
            "if the row names it, roll now; otherwise retire it when no trust has it",
        ),
        Kind::Expired(_) => (
            "signatures of an expired certificate are refused",
            "issue a new one and roll it without overlap, since the old one can no longer sign: docs/farm.md",
        ),
        Kind::ExpiresSoon(..) => (
            "a request to an authority may wait for approval, and SharePoint's cache takes up to 24 hours",
            "order the next certificate now, with a subject of its own",
        ),
        Kind::ClocksApart(..) => (
            "tokens allow about five minutes of difference; beyond that they are refused as not yet valid or expired",
            "look at the time service: w32tm /query /status",
        ),
        Kind::AccountDiffers(..) => (
            "the key would be granted to somebody who does not need it, and not to the one who does",
            "correct the account in farm.toml, then grant it the key",
        ),
        Kind::FactsOld(_) | Kind::FactsFromFuture => {
            ("what is told here may no longer be so", "collect from this server again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_explained_in_the_pages() {
        let page = include_str!("../../docs/farm.md");
        for id in IDS {
            assert!(page.contains(&format!("| `{id}` |")), "docs/farm.md lacks {id}");
        }
    }
}
