//! What a mistake in farm.toml weighs, why it matters, and what to do about it.

use super::{Finding, Severity};
use crate::farm::description::{Fault, Problem};

/// Turns the problems of a description into findings, in the same order.
#[must_use]
pub fn findings(problems: &[Problem]) -> Vec<Finding> {
    problems.iter().map(finding).collect()
}

/// Returns whether a problem leaves nothing that could be used.
#[must_use]
pub fn is_fatal(fault: &Fault) -> bool {
    matches!(fault, Fault::TooLarge { .. } | Fault::Syntax(_) | Fault::NoFormat | Fault::NewerFormat(_))
}

fn finding(problem: &Problem) -> Finding {
    let (severity, reason, remedy) = weight(&problem.fault);
    let subject = match problem.place {
        Some(place) => format!("line {}, column {}: {}", place.line, place.column, problem.part),
        None => problem.part.clone(),
    };
    let message = problem.fault.to_string();
    Finding {
        id: problem.fault.id().into(),
        severity,
        subject,
        message,
        reason: reason.into(),
        remedy: remedy.into(),
        waived_by: None,
    }
}

const FORM: &str = "what is not understood would be passed over in silence, and the plan would rest on something else";
const SHAPE: &str = "docs/farm.md shows every key; an editor completes them from the schema: s2scert schema farm";

/// Every sort is named, so that a new one cannot be without words.
fn weight(fault: &Fault) -> (Severity, &'static str, &'static str) {
    use Severity::{Error, Info, Warning};
    match fault {
        Fault::TooLarge { .. } | Fault::Syntax(_) | Fault::UnknownKey { .. } | Fault::MissingKey(_) => {
            (Error, FORM, SHAPE)
        }
        Fault::WrongValue { .. } | Fault::TooMany { .. } => (Error, FORM, SHAPE),
        Fault::NoFormat => (
            Error,
            "without a version nobody knows how to read the file in a year",
            "write as its first line: format = \"1.0\"",
        ),
        Fault::NewerFormat(_) => (Error, FORM, "use the s2scert that wrote the file, or a later one"),
        Fault::Secret(_) => (
            Error,
            "the file is copied, mailed and kept in version control; a secret in it is known to all who ever see it",
            "write where the secret comes from, and change the secret if it stood here",
        ),
        Fault::Duplicate { .. } => (Error, "it would not be known which of the two is meant", "give each its own name"),
        Fault::SameAddress { .. } => (
            Error,
            "one server would be counted twice, and another not at all",
            "give each node the address of its own host, not that of the load balancer",
        ),
        Fault::SameMetadata { .. } | Fault::OtherOrganization(_) => (
            Error,
            "each organization has a metadata document of its own, with its own issuer",
            "end the address with ?orgName= and the unique name of the organization",
        ),
        Fault::Unknown { .. } => {
            (Error, "a step would be planned for nobody", "name one that is described in this file")
        }
        Fault::LacksRole { .. } => (
            Error,
            "the step needs what only a server of that role has",
            "give the node the role, or name another node",
        ),
        Fault::NoNode(_) => (
            Error,
            "every server that signs needs the certificate; one that is not described gets none",
            "describe all servers of the deployment; Get-CrmServer on a server with the deployment tools lists them",
        ),
        Fault::NoOrganization => (
            Error,
            "SharePoint trusts each organization by itself, through its metadata document",
            "add an [[organization]] with its name and metadata address for each organization",
        ),
        Fault::Roles(_) => (Error, FORM, SHAPE),
        Fault::NoIdentity(_) => (
            Error,
            "a key that the service cannot read is the commonest cause of a failed roll, and is noticed weeks later",
            "add an [[identity]] with the account of CRMAppPool (web) and of the asynchronous service (async)",
        ),
        Fault::NoAddress(_) => (Error, "the node cannot be reached", "add `address`, or use transport manual"),
        Fault::Unused { .. } => {
            (Warning, "it looks as if it did something", "take the key out, or use transport ssh or winrm")
        }
        Fault::LocalTwice(_) => (
            Error,
            "steps for two servers would be done twice on this one",
            "use ssh, winrm or manual for all nodes but the one on which s2scert runs",
        ),
        Fault::TransportTooNew { .. } => (Error, "the node could not be reached", "choose another transport"),
        Fault::NoUpdateCrm => (
            Error,
            "the row in the configuration database is changed once for each roll, from one server, by one person",
            "add [update_crm] with the node that has the deployment tools",
        ),
        Fault::OneOrganization(_) => (
            Error,
            "Microsoft supports one organization for each SharePoint 2013 farm",
            "take the other trusts out, or correct `version`",
        ),
        Fault::Untrusted => (
            Info,
            "documents of this organization are not in any SharePoint farm that is described here",
            "add a [[sharepoint.trust]] for it, or leave it so",
        ),
        Fault::TrustTwice(_) => (
            Error,
            "SharePoint finds an issuer by its certificate and then compares names; two trusts for one issuer contradict each other",
            "name each organization in one trust of a farm",
        ),
        Fault::PlainMetadata => (
            Warning,
            "SharePoint trusts whatever certificate it reads there, for any user",
            "use https, and leave AllowMetadataOverHttp of SharePoint at false",
        ),
        Fault::NoGeneration => (
            Info,
            "the product finds the key by its whole subject, so each generation needs another one",
            "write {g} where the generation belongs: CN=crm.contoso.com {g},O=Contoso",
        ),
        Fault::Senseless(_) => (Error, "the value cannot be meant so", SHAPE),
        Fault::HalfDrained { .. } => (
            Error,
            "a server that is taken out of the load balancer and not put back stays out",
            "write both commands, or neither",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::farm::description::read;

    #[test]
    fn every_finding_has_words_and_its_place() {
        let findings = super::findings(&read("format = \"1.0\"\nnaem = \"x\"\n").problems);
        assert!(findings.iter().any(|one| one.subject == "line 2, column 1: farm" && one.id == "farm-unknown-key"));
        assert!(findings.iter().all(|one| !one.reason.is_empty() && !one.remedy.is_empty() && !one.message.is_empty()));
    }
}
