//! `farm check`: everything that is wrong with a description, at once.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::describe;
use super::metadata::authorities;
use crate::app::policies;
use crate::cert::pfx::{PfxProfile, Target};
use crate::error::{Error, Result};
use crate::farm::description::{Farm, Role, SharePointVersion, Transport};
use crate::policy::{Finding, Severity};
use crate::ports::Host;

/// The schema of [`FarmCheckReport`].
pub const SCHEMA: &str = "s2scert.farm-check/1.0";

/// What `farm check` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmCheckReport {
    /// `s2scert.farm-check/1.0`.
    pub schema: &'static str,
    /// The file.
    pub file: PathBuf,
    /// The name of the farm, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The servers that could be read.
    pub nodes: Vec<ListedNode>,
    /// The organizations that could be read, by name.
    pub organizations: Vec<String>,
    /// The SharePoint farms that could be read.
    pub sharepoint: Vec<ListedSharePoint>,
    /// The other users of the certificate, each with what has to be done there at a roll.
    pub consumers: Vec<ListedConsumer>,
    /// The oldest Windows Server that needs the private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_target: Option<Target>,
    /// How a PFX for that server is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfx_profile: Option<PfxProfile>,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
}

/// One server.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedNode {
    /// Its name.
    pub name: String,
    /// What it does.
    pub roles: Vec<Role>,
    /// Its Windows Server.
    pub os: Target,
    /// How it is reached.
    pub transport: Transport,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The accounts that must be able to read the key there.
    pub readers: Vec<String>,
}

/// One SharePoint farm.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedSharePoint {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: SharePointVersion,
    /// Its servers.
    pub servers: Vec<String>,
    /// The organizations that it trusts.
    pub trusts: Vec<String>,
}

/// One other user.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedConsumer {
    /// Its name.
    pub name: String,
    /// What has to be done there.
    pub step: String,
}

/// Checks a description.
///
/// # Errors
/// As `describe` of this room: an unsafe or missing file, no TOML, a newer format.
pub fn check(host: &Host, file: &Path) -> Result<FarmCheckReport> {
    let described = describe(host, file)?;
    let mut report = listed(&described.farm);
    report.file = file.to_owned();
    report.findings = described.findings;
    report.findings.extend(unusable_policy(host, file, &described.farm));
    report.findings.extend(unusable_authorities(host, file, &described.farm));
    Ok(report)
}

/// A policy is named as on the command line; a path is taken from the folder of the description.
fn unusable_policy(host: &Host, file: &Path, farm: &Farm) -> Option<Finding> {
    let reference = farm.policy.as_deref()?;
    let beside = match file.parent() {
        Some(folder) if policies::is_path(reference) => folder.join(reference).display().to_string(),
        _ => reference.to_owned(),
    };
    let error = policies::load(host, &beside).err()?;
    let message = std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ");
    Some(Finding {
        id: "farm-policy".into(),
        severity: Severity::Error,
        subject: "farm".to_owned(),
        message,
        reason: "no new certificate can be judged by a policy that cannot be read".into(),
        remedy: "name a shipped one or the path of your own: s2scert policy list".into(),
        waived_by: None,
    })
}

/// Each file with authorities once.
fn unusable_authorities(host: &Host, file: &Path, farm: &Farm) -> Vec<Finding> {
    let of_sites = farm.sharepoint.iter().filter_map(|one| one.tls_ca.clone());
    let mut paths: Vec<PathBuf> =
        farm.organizations.iter().filter_map(|one| farm.tls_of(one).ca).chain(of_sites).collect();
    paths.sort();
    paths.dedup();
    let finding = |error: Error| Finding {
        id: "farm-tls".into(),
        severity: Severity::Error,
        subject: "farm".to_owned(),
        message: std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": "),
        reason: "without the authorities no metadata document and no site can be believed".into(),
        remedy: "let `tls_ca` name a file with certificates in PEM or DER, beside farm.toml".into(),
        waived_by: None,
    };
    paths.iter().filter_map(|path| authorities(host, file, path).err()).map(finding).collect()
}

fn listed(farm: &Farm) -> FarmCheckReport {
    let node = |node: &crate::farm::description::Node| ListedNode {
        name: node.name.to_string(),
        roles: node.roles.clone(),
        os: node.os,
        transport: node.transport,
        address: node.address.as_ref().map(ToString::to_string),
        readers: farm.identities_of(node).map(|one| one.account.to_string()).collect(),
    };
    let sharepoint = farm.sharepoint.iter().map(|one| ListedSharePoint {
        name: one.name.to_string(),
        version: one.version,
        servers: one.servers.iter().map(ToString::to_string).collect(),
        trusts: one.trusts.iter().map(|trust| trust.organization.to_string()).collect(),
    });
    let consumers =
        farm.consumers.iter().map(|one| ListedConsumer { name: one.name.to_string(), step: one.step.to_string() });
    let oldest_target = farm.oldest_target();
    FarmCheckReport {
        schema: SCHEMA,
        file: PathBuf::new(),
        name: farm.name.as_ref().map(ToString::to_string),
        nodes: farm.nodes.iter().map(node).collect(),
        organizations: farm.organizations.iter().map(|one| one.name.to_string()).collect(),
        sharepoint: sharepoint.collect(),
        consumers: consumers.collect(),
        oldest_target,
        pfx_profile: oldest_target.map(Target::profile),
        findings: Vec::new(),
    }
}
