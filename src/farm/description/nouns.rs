//! The farm as the operator describes it. The documentation of each field is what the published schema says of it.

use std::path::PathBuf;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unattended::Unattended;
use super::words::{Address, ArgumentList, Folder, Label, Name, Offset, Pin, SecretSource, Subject, Url, Zone};
use crate::cert::pfx::Target;

/// A farm of Dynamics 365 Customer Engagement (on-premises) and the SharePoint farms that trust it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Farm {
    /// The name of the farm.
    pub name: Option<Name>,
    /// The policy by which new certificates are judged.
    pub policy: Option<String>,
    /// Whom to trust for the metadata documents, where an organization says nothing else.
    pub tls: TlsTrust,
    /// How certificates are made.
    pub certificate: Option<CertificateWish>,
    /// When somebody is told.
    pub thresholds: Thresholds,
    /// Where the global step is done.
    pub update_crm: Option<UpdateCrm>,
    /// Where the watch runs.
    pub watcher: Option<Watcher>,
    /// What a watch may do while nobody sits there.
    pub unattended: Option<Unattended>,
    /// With what ssh is started.
    pub ssh: Ssh,
    /// The servers.
    pub nodes: Vec<Node>,
    /// The accounts of the services.
    pub identities: Vec<Identity>,
    /// The organizations of the deployment.
    pub organizations: Vec<Organization>,
    /// The SharePoint farms.
    pub sharepoint: Vec<SharePoint>,
    /// Who else uses the certificate.
    pub consumers: Vec<Consumer>,
    /// When rolls may run.
    pub windows: Vec<Window>,
    /// When nothing may change.
    pub freezes: Vec<Freeze>,
}

/// The keys above the first table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// The version of the file format: "1.0".
    #[expect(dead_code, reason = "looked at before anything else is read")]
    format: String,
    /// The name of the farm.
    pub(super) name: Name,
    /// The policy by which new certificates are judged: a shipped name or a path.
    #[serde(default)]
    pub(super) policy: Option<String>,
    /// A file with the authorities that are trusted for the metadata documents, PEM or DER, instead of those of the machine; a
    /// path is taken from the folder of this file.
    #[serde(default)]
    pub(super) tls_ca: Option<PathBuf>,
    /// The one certificate of the metadata servers that is trusted, whatever its name and dates.
    #[serde(default)]
    pub(super) tls_pin: Option<Pin>,
}

/// Whom to trust at the other end of TLS. Without either: the authorities of the machine.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct TlsTrust {
    /// A file with authorities.
    pub ca: Option<PathBuf>,
    /// One certificate.
    pub pin: Option<Pin>,
}

/// How certificates of this farm are made.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateWish {
    /// The subject, RFC 4514 text; {g} stands for the generation. Without {g} the generation becomes an OU.
    pub subject: Subject,
    /// Bits of the RSA key: 2048, 3072 or 4096.
    #[serde(default = "default_bits")]
    pub key_bits: u16,
    /// Where the password of the PFX comes from: { env = ".." }, { file = ".." }, { command = [".."] }, { prompt = ".." }.
    #[serde(default)]
    pub password: Option<SecretSource>,
}

fn default_bits() -> u16 {
    2048
}

/// When somebody is told, and from when on a difference counts.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Days before expiry at which somebody is told, falling.
    pub days: Vec<u16>,
    /// From so many days before expiry on it is urgent.
    pub critical_days: u16,
    /// How far the clocks of two servers may be apart, in seconds.
    pub clock_seconds: u32,
    /// How old what a server showed may be before it is doubted, in hours.
    pub facts_hours: u16,
    /// How long ago SharePoint may have read the metadata before it is doubted, in hours.
    pub refresh_hours: u16,
}

impl Default for Thresholds {
    /// Room for a pending request and 24 hours of SharePoint's cache; tokens allow five minutes of difference.
    fn default() -> Self {
        Self {
            days: vec![60, 30, 14, 7, 2, 1],
            critical_days: 7,
            clock_seconds: 300,
            facts_hours: 24,
            refresh_hours: 26,
        }
    }
}

/// Where the certificate is written into the configuration database, once for the whole deployment.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateCrm {
    /// The node: one with the deployment tools, where a deployment administrator runs the step.
    pub node: Name,
}

/// Where the watch runs.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Watcher {
    /// The node; without one, a machine outside the farm.
    #[serde(default)]
    pub node: Option<Name>,
    /// The name of the watch that sends, where it runs on no node: that of its settings, or of its machine. Every other installation
    /// with this description only looks whether that one lives.
    #[serde(default)]
    pub name: Option<Label>,
    /// Who answers for it.
    pub owner: Label,
    /// When it looks: a cron expression of five fields, where its settings have none.
    #[serde(default)]
    pub schedule: Option<Label>,
    /// The zone in which the expression is meant, where its settings name none. UTC where none is named at all.
    #[serde(default)]
    pub zone: Option<Zone>,
    /// Its heartbeat file, for example on a share: it writes it, and everybody else looks at it. Relative to the folder of this file.
    #[serde(default)]
    pub heartbeat: Option<PathBuf>,
}

/// With what ssh is started, for every server that is reached by it. Relative paths begin at the folder of this file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ssh {
    /// The file with the private key to log in with. Without it ssh takes what it finds by itself.
    pub identity_file: Option<PathBuf>,
    /// The file with the host keys of the servers. No other is looked at then.
    pub known_hosts: Option<PathBuf>,
    /// The configuration file of ssh. No other is looked at then.
    pub config: Option<PathBuf>,
}

/// What a server does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Web Application Server: signs tokens and publishes the metadata document.
    Web,
    /// Asynchronous Processing Service: signs tokens.
    Async,
    /// Deployment Tools: the configuration database is read and written from here.
    DeploymentTools,
    /// A server of a SharePoint farm.
    Sharepoint,
}

impl Role {
    /// Returns whether a server of this role needs the certificate with its private key.
    #[must_use]
    pub const fn signs(self) -> bool {
        matches!(self, Self::Web | Self::Async)
    }
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// That server is the one on which s2scert runs.
    Local,
    /// OpenSSH, part of Server 2019 and later.
    Ssh,
    /// Windows Remote Management, from another Windows machine.
    Winrm,
    /// By hand: the steps are handed over, and the proof is taken back.
    Manual,
}

/// A server.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The name of the server, by which everything else refers to it.
    pub name: Name,
    /// What it does.
    pub roles: Vec<Role>,
    /// Its Windows Server: server2012r2 to server2025. The oldest decides how a PFX is encrypted.
    pub os: Target,
    /// How it is reached.
    pub transport: Transport,
    /// Its address, for ssh and winrm.
    #[serde(default)]
    pub address: Option<Address>,
    /// The port, where it is not the usual one.
    #[serde(default)]
    pub port: Option<u16>,
    /// As whom to log in.
    #[serde(default)]
    pub user: Option<Label>,
    /// The folder of s2scert on the server. In it each version has a folder named by its SHA-256. Where it is not said:
    /// C:\PROGRA~1\s2scert, which is Program Files.
    #[serde(default)]
    pub staging: Option<Folder>,
    /// The command that takes the server out of the load balancer.
    #[serde(default)]
    pub drain: Option<ArgumentList>,
    /// The command that puts it back.
    #[serde(default)]
    pub undrain: Option<ArgumentList>,
}

impl Node {
    /// Returns whether the server has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Returns whether the server needs the certificate with its private key.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.roles.iter().any(|role| role.signs())
    }
}

/// The account of a service, which must be able to read the private key.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The account: DOMAIN\user, DOMAIN\name$ (gMSA), NETWORK SERVICE, a SID.
    pub account: Label,
    /// The roles whose services run as it: web, async.
    pub roles: Vec<Role>,
}

/// An organization of the deployment.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its unique name.
    pub name: Name,
    /// The metadata document that SharePoint reads:
    /// https://HOST/XrmServices/2015/metadataendpoint.svc/json?orgName=NAME.
    pub metadata: Url,
    /// As `tls_ca` of the farm, for this organization.
    #[serde(default)]
    pub tls_ca: Option<PathBuf>,
    /// As `tls_pin` of the farm, for this organization.
    #[serde(default)]
    pub tls_pin: Option<Pin>,
}

/// The versions of SharePoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum SharePointVersion {
    /// SharePoint 2013: one organization for each farm.
    #[serde(rename = "2013")]
    V2013,
    /// SharePoint 2016.
    #[serde(rename = "2016")]
    V2016,
    /// SharePoint 2019.
    #[serde(rename = "2019")]
    V2019,
    /// SharePoint Server Subscription Edition.
    #[serde(rename = "subscription")]
    Subscription,
}

/// A SharePoint farm.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SharePoint {
    /// Its name here.
    pub name: Name,
    /// Its version.
    pub version: SharePointVersion,
    /// Its servers: nodes of the role sharepoint. Any one of them can be asked.
    pub servers: Vec<Name>,
    /// The site collections that Dynamics 365 uses.
    #[serde(default)]
    pub sites: Vec<Url>,
    /// As `tls_ca` of the farm, for the sites.
    #[serde(default)]
    pub tls_ca: Option<PathBuf>,
    /// Its trusted token issuers, one for each organization.
    #[serde(default, rename = "trust")]
    pub trusts: Vec<Trust>,
}

/// A trusted security token issuer of a SharePoint farm.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The name under which SharePoint knows it.
    pub name: Label,
    /// The organization that it trusts.
    pub organization: Name,
    /// Those of the sites in which Dynamics has app-only permission: there a token can be tried (`rotate verify --token`).
    #[serde(default)]
    pub app_only: Vec<Url>,
}

/// The kinds of other users of the certificate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsumerKind {
    /// The service principal 00000007-0000-0000-c000-000000000000 in Entra ID (Exchange Online, SharePoint Online).
    EntraServicePrincipal,
    /// An own Entra application with access to SharePoint Online.
    SharepointOnlineApp,
    /// Anything else.
    Other,
}

/// Somebody else who has the public certificate and must get each new one.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// Its name here.
    pub name: Name,
    /// What it is.
    pub kind: ConsumerKind,
    /// What somebody has to do there at each roll.
    pub step: Label,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// A span of the week in which servers may be recycled.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its name.
    pub name: Label,
    /// The days on which it begins.
    pub days: Vec<Day>,
    /// When it begins: "22:00".
    #[schemars(with = "String")]
    pub from: Time,
    /// When it ends; earlier than `from` means the next day.
    #[schemars(with = "String")]
    pub until: Time,
    /// The distance of these times from UTC. It does not follow summer time.
    #[serde(default)]
    pub offset: Offset,
    /// The time zone of these times, in place of `offset`: Europe/Paris. It follows summer time.
    #[serde(default)]
    pub zone: Option<Zone>,
}

impl Window {
    /// Returns by which rules its times are read.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        self.zone.as_ref().map_or_else(|| TimeZone::fixed(self.offset.distance()), Zone::rules)
    }
}

/// Days on which nothing may change.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Why.
    pub reason: Label,
    /// The first day: "2026-12-20".
    #[schemars(with = "String")]
    pub from: Date,
    /// The last day.
    #[schemars(with = "String")]
    pub until: Date,
}

impl Farm {
    /// Returns whom to trust for the metadata document of an organization: what it says itself, else what the farm says.
    #[must_use]
    pub fn tls_of(&self, organization: &Organization) -> TlsTrust {
        match (&organization.tls_ca, &organization.tls_pin) {
            (None, None) => self.tls.clone(),
            (ca, pin) => TlsTrust { ca: ca.clone(), pin: pin.clone() },
        }
    }

    /// Returns the server with this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the accounts that must be able to read the key on a server.
    pub fn identities_of<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Identity> {
        self.identities.iter().filter(|one| one.roles.iter().any(|role| role.signs() && node.has(*role)))
    }

    /// Returns the oldest Windows Server that needs the private key; it decides how a PFX is encrypted.
    #[must_use]
    pub fn oldest_target(&self) -> Option<Target> {
        self.nodes.iter().filter(|node| node.signs()).map(|node| node.os).min()
    }
}
