//! Checks of the description of the farm.

use super::sight::{about, each, farm};
use super::{Check, Described, Facts, Grade, Sight};
use crate::farm::description::{Role, SharePointVersion};
use crate::policy::Severity;
use crate::protocol::Seen;

/// The smallest key that Microsoft's article allows.
const LEAST_BITS: u16 = 2048;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "farm-described",
        wants: "There is a farm.toml that can be read",
        why: "without it only this server is looked at; a server that is not described gets no certificate",
        remedy: "begin with one: s2scert farm init --out farm.toml",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "docs/farm.md",
        judge: |facts| match &facts.described {
            Described::Missing => {
                vec![farm(Grade::Warn, "there is no farm.toml; what this server shows is all there is")]
            }
            Described::Unusable(why) => vec![farm(Grade::Fail, why.clone())],
            Described::Read(_) => vec![farm(Grade::Ok, format!("{} servers are described", facts.servers.len()))],
        },
    },
    Check {
        id: "farm-without-mistakes",
        wants: "Nothing in farm.toml is wrong",
        why: "a plan rests on the description; what is wrong in it is done wrong on every server",
        remedy: "see each mistake with its line: s2scert farm check",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "docs/farm.md",
        judge: mistakes,
    },
    Check {
        id: "subject-template",
        wants: "The subject of the next certificate is described",
        why: "the row finds the key by the whole subject, so every generation needs a subject of its own",
        remedy: "write in farm.toml, under [certificate]: subject = \"CN=crm.contoso.com {g},O=Contoso\"",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "Microsoft, troubleshooting server-based authentication: the subject must be unique in the store",
        judge: subject,
    },
    Check {
        id: "key-size",
        wants: "The key of the next certificate has at least 2048 bits",
        why: "a smaller key is refused by Microsoft's requirements and by every authority",
        remedy: "write in farm.toml, under [certificate]: key_bits = 2048",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "Microsoft, server-based authentication with SharePoint on-premises: 2048-bit encryption at least",
        judge: |facts| match (&facts.farm.certificate, facts.is_described()) {
            (Some(wish), true) if wish.key_bits < LEAST_BITS => {
                vec![farm(Grade::Fail, format!("{} bits", wish.key_bits))]
            }
            (Some(wish), true) => vec![farm(Grade::Ok, format!("{} bits", wish.key_bits))],
            _ => vec![farm(Grade::Unseen, "no [certificate] is described")],
        },
    },
    Check {
        id: "windows-as-described",
        wants: "Each server is the Windows that farm.toml says",
        why: "the oldest Windows decides how a PFX is encrypted: Server 2016 and older refuse AES, with a text about a wrong password",
        remedy: "correct `os` in farm.toml, and make the PFX for the oldest: s2scert export FILE --for TARGET --out NEW.pfx",
        look: "on the server: s2scert node describe",
        source: "Microsoft, PKCS12_PBES2_EXPORT_PARAMS: AES in a PFX needs Windows 10 1709 or Server 2019",
        judge: windows,
    },
    Check {
        id: "update-crm-node",
        wants: "One node with the deployment tools does the step that is done once",
        why: "the row in the configuration database is changed once for each roll, from one server, by one person",
        remedy: "write in farm.toml: [update_crm] with the node that has the deployment tools",
        look: "on each server: Get-Command Get-CrmServer after Add-PSSnapin Microsoft.Crm.PowerShell",
        source: "Microsoft, server-based authentication with SharePoint on-premises: -updateCrm once",
        judge: update_crm,
    },
    Check {
        id: "metadata-https",
        wants: "Metadata documents and sites are addressed by HTTPS",
        why: "SharePoint trusts whatever certificate it reads there, for any user; over HTTP anybody on the way can be read instead",
        remedy: "give the web site an HTTPS binding, and write https in farm.toml",
        look: "in IIS Manager: the bindings of the Dynamics site",
        source: "Microsoft, server-based authentication with SharePoint on-premises: HTTPS for the site collection",
        judge: https,
    },
    Check {
        id: "one-organization-for-2013",
        wants: "A SharePoint 2013 farm trusts one organization",
        why: "Microsoft supports one organization of Dynamics 365 for each SharePoint 2013 farm",
        remedy: "take the other trusts out of farm.toml, or move to a later SharePoint",
        look: "on a SharePoint server: Get-SPTrustedSecurityTokenIssuer lists issuers that begin with 00000007-",
        source: "Microsoft, server-based authentication with SharePoint on-premises",
        judge: one_organization,
    },
    Check {
        id: "consumers",
        wants: "Whoever else has the public certificate is described with the step that brings the next one there",
        why: "Exchange Online and SharePoint Online keep a copy in Entra ID; what is forgotten there breaks at the roll",
        remedy: "write a [[consumer]] for each in farm.toml",
        look: "in Entra ID: the key credentials of service principal 00000007-0000-0000-c000-000000000000",
        source: "Microsoft, connect Dynamics 365 (on-premises) to Exchange Online",
        judge: |facts| {
            if facts.farm.consumers.is_empty() {
                let grade = if facts.is_described() { Grade::Ok } else { Grade::Unseen };
                return vec![farm(grade, "none is described")];
            }
            facts
                .farm
                .consumers
                .iter()
                .map(|one| about(one.name.as_str(), Grade::Ok, format!("by hand: {}", one.step)))
                .collect()
        },
    },
];

fn mistakes(facts: &Facts<'_>) -> Vec<Sight> {
    let Described::Read(findings) = &facts.described else {
        return vec![farm(Grade::Unseen, "there is no farm.toml that can be read")];
    };
    let bad = findings.iter().filter(|finding| finding.severity != Severity::Info);
    let sights: Vec<Sight> = bad
        .map(|finding| {
            let grade = if finding.severity == Severity::Error { Grade::Fail } else { Grade::Warn };
            about(&finding.subject, grade, finding.message.clone())
        })
        .collect();
    if sights.is_empty() { vec![farm(Grade::Ok, "no mistake was found")] } else { sights }
}

fn subject(facts: &Facts<'_>) -> Vec<Sight> {
    match (&facts.farm.certificate, facts.is_described()) {
        (Some(wish), true) if wish.subject.as_str().contains("{g}") => vec![farm(Grade::Ok, wish.subject.as_str())],
        (Some(wish), true) => {
            vec![farm(Grade::Ok, format!("{}, and the generation as an OU", wish.subject.as_str()))]
        }
        (None, true) => {
            vec![farm(Grade::Warn, "farm.toml has no [certificate]; the subject has to be chosen at each roll")]
        }
        (_, false) => vec![farm(Grade::Unseen, "no [certificate] is described")],
    }
}

fn windows(facts: &Facts<'_>) -> Vec<Sight> {
    super::sight::told(
        facts,
        "server",
        |_| facts.is_described(),
        |one, told| {
            let stated = one.node.os;
            if told.system.as_str() != "windows" {
                return (Grade::Unseen, format!("the system is {}, not Windows", told.system.as_str()));
            }
            match super::machine::target(told.system_version.as_str()) {
                None => {
                    (Grade::Unseen, format!("{} is no Windows Server that is known here", told.system_version.as_str()))
                }
                Some(found) if found == stated => (Grade::Ok, found.product().to_owned()),
                Some(found) => {
                    // Only a Windows that reads less than was said makes a PFX unreadable.
                    let breaks = stated.reads_modern() && !found.reads_modern();
                    let grade = if breaks { Grade::Fail } else { Grade::Warn };
                    (grade, format!("it is {}, farm.toml says {stated}", found.product()))
                }
            }
        },
    )
}

fn update_crm(facts: &Facts<'_>) -> Vec<Sight> {
    if facts.is_described() {
        let node = facts.farm.update_crm.as_ref().and_then(|one| facts.farm.node(one.node.as_str()));
        return match node {
            None => vec![farm(Grade::Fail, "no [update_crm] names a node that is described")],
            Some(node) if !node.has(Role::DeploymentTools) => {
                vec![about(node.name.as_str(), Grade::Fail, "it has not the role deployment-tools")]
            }
            Some(node) => vec![about(node.name.as_str(), Grade::Ok, "it does the step")],
        };
    }
    each(
        facts,
        "server",
        |_| true,
        |one| match &one.deployment {
            Seen::There(_) => super::sight::server(one, Grade::Ok, "it has the deployment tools"),
            Seen::Absent(why) | Seen::Unseen(why) => super::sight::server(one, Grade::Unseen, why.as_str()),
        },
    )
}

fn https(facts: &Facts<'_>) -> Vec<Sight> {
    let metadata = facts.farm.organizations.iter().map(|one| (one.name.as_str(), &one.metadata));
    let sites = facts.farm.sharepoint.iter().flat_map(|one| one.sites.iter().map(|site| (one.name.as_str(), site)));
    let sights: Vec<Sight> = metadata
        .chain(sites)
        .map(|(name, url)| match url.is_https() {
            true => about(name, Grade::Ok, url.as_str()),
            false => about(name, Grade::Warn, format!("{} is not HTTPS", url.as_str())),
        })
        .collect();
    if sights.is_empty() || !facts.is_described() {
        return vec![farm(Grade::Unseen, "no organization is described")];
    }
    sights
}

fn one_organization(facts: &Facts<'_>) -> Vec<Sight> {
    let old = facts.farm.sharepoint.iter().filter(|one| one.version == SharePointVersion::V2013);
    let sights: Vec<Sight> = old
        .map(|one| {
            let grade = if one.trusts.len() > 1 { Grade::Fail } else { Grade::Ok };
            about(one.name.as_str(), grade, format!("{} trusts are described", one.trusts.len()))
        })
        .collect();
    match (sights.is_empty(), facts.is_described()) {
        (false, _) => sights,
        (true, true) => vec![farm(Grade::Ok, "no SharePoint 2013 farm is described")],
        (true, false) => vec![farm(Grade::Unseen, "no SharePoint farm is known without farm.toml")],
    }
}
