//! Checks of SharePoint.

use super::sight::{Answered, Look, about, asked, by_hand, there, truth};
use super::{Check, Facts, Grade, Sight};
use crate::farm::description::{Node, Role, SharePointVersion};
use crate::farm::truth::Topic;
use crate::protocol::{ApplicationFacts, JobFacts, Seen, Service, Trusts};

const SERVER: &str = "SharePoint server";
const SET_UP: &str = "Microsoft, server-based authentication with SharePoint on-premises";
const APPLICATIONS: &str = "on a SharePoint server: Get-SPServiceApplication and Get-SPServiceApplicationProxy";
/// SharePoint 2013 with the cumulative update of April 2019.
const APRIL_2019: [u32; 4] = [15, 0, 5127, 1000];

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "sharepoint-cmdlets",
        wants: "A SharePoint server has the SharePoint cmdlets",
        why: "trusts are read, and the job that reads metadata is started, through them",
        remedy: "ask a server of the farm on which SharePoint is installed: the snap-in Microsoft.SharePoint.PowerShell, or the module SharePointServer",
        look: "on the server: Get-PSSnapin -Registered, Get-Module -ListAvailable SharePointServer",
        source: "Microsoft, SharePoint Server cmdlets",
        judge: |facts| {
            trusts(facts, |answer| match answer {
                Answered::There(_) => (Grade::Ok, "they answer".to_owned()),
                Answered::Absent(why) => (Grade::Fail, why.to_owned()),
                Answered::Failed(why) => (Grade::Unseen, why.to_owned()),
            })
        },
    },
    Check {
        id: "sharepoint-version",
        wants: "SharePoint is the version that farm.toml says, and one that is supported",
        why: "the wizard refuses others (\"SharePoint Version Not Supported\"); 2013 needs SP1 and the update of April 2019",
        remedy: "correct `version` in farm.toml, or update SharePoint",
        look: "on a SharePoint server: (Get-SPFarm).BuildVersion",
        source: SET_UP,
        judge: version,
    },
    Check {
        id: "sharepoint-timer",
        wants: "The timer service of SharePoint runs",
        why: "the job that reads the metadata is run by it",
        remedy: "Start-Service SPTimerV4",
        look: "on the server: Get-Service SPTimerV4",
        source: "Microsoft, SharePoint timer jobs",
        judge: timer,
    },
    Check {
        id: "trust-there",
        wants: "Each organization has its trust in SharePoint, and it accepts the certificate of the row",
        why: "a token that is signed with a certificate that no trust accepts is refused",
        remedy: "start the timer job RefreshMetadataFeed, and look again",
        look: "on a SharePoint server: Get-SPTrustedSecurityTokenIssuer",
        source: SET_UP,
        judge: |facts| of_trusts(facts, &["trust-missing", "trust-lacks-certificate"], "each has"),
    },
    Check {
        id: "trust-from-metadata",
        wants: "Each trust takes its certificates from the metadata",
        why: "an overlap needs a trust that learns of the new certificate by itself; one that was set by hand must be set again at each roll",
        remedy: "on a SharePoint server: Set-SPTrustedSecurityTokenIssuer -Identity NAME -MetadataEndPoint URL",
        look: "on a SharePoint server: Get-SPTrustedSecurityTokenIssuer",
        source: "Microsoft, Set-SPTrustedSecurityTokenIssuer",
        judge: |facts| of_trusts(facts, &["trust-not-from-metadata"], "each does"),
    },
    Check {
        id: "issuer-and-realm",
        wants: "Each trust names the issuer and realm that the metadata publishes",
        why: "SharePoint finds an issuer by its certificate and then compares names (\"Issuer name is not registered\")",
        remedy: "register the trust again with the issuer of the metadata document",
        look: "compare RegisteredIssuerName with the issuer in the metadata document",
        source: SET_UP,
        judge: |facts| of_trusts(facts, &["trust-issuer-differs"], "no name differs"),
    },
    Check {
        id: "realm-known",
        wants: "The realm of the SharePoint farm is known",
        why: "the wizard of Dynamics asks for it; where it is changed later every trust of an app breaks",
        remedy: "Get-SPAuthenticationRealm -ServiceContext SITE",
        look: "on a SharePoint server: Get-SPAuthenticationRealm",
        source: SET_UP,
        judge: |facts| {
            trusts(facts, |answer| {
                there(answer, |one: &Trusts| {
                    let realm = one.realm.as_str();
                    let grade = if realm.is_empty() { Grade::Fail } else { Grade::Ok };
                    (grade, if realm.is_empty() { "SharePoint shows no realm".to_owned() } else { realm.to_owned() })
                })
            })
        },
    },
    Check {
        id: "issuers-for-2013",
        wants: "A SharePoint 2013 farm has one trust of Dynamics 365",
        why: "Microsoft supports one organization for each SharePoint 2013 farm",
        remedy: "Remove-SPTrustedSecurityTokenIssuer the ones that are no longer used",
        look: "on a SharePoint server: Get-SPTrustedSecurityTokenIssuer",
        source: SET_UP,
        judge: |facts| {
            trusts(facts, |answer| {
                there(answer, |one: &Trusts| {
                    let count = one.issuers.iter().filter(|issuer| issuer.realm_of_dynamics().is_some()).count();
                    let old = one.build.as_str().starts_with("15.");
                    (
                        if old && count > 1 { Grade::Fail } else { Grade::Ok },
                        format!("{count} of SharePoint {}", one.build.as_str()),
                    )
                })
            })
        },
    },
    Check {
        id: "refresh-job-enabled",
        wants: "The timer job RefreshMetadataFeed is there and enabled",
        why: "it is what brings the next certificate into the trusts",
        remedy: "Get-SPTimerJob | Where-Object Name -match RefreshMetadataFeed | Enable-SPTimerJob",
        look: "on a SharePoint server: Get-SPTimerJob",
        source: "Microsoft, SharePoint Workflow Manager disaster recovery: RefreshMetadataFeed",
        judge: |facts| of_job(facts, &["refresh-job-off"], "it is"),
    },
    Check {
        id: "refresh-job-recent",
        wants: "The timer job RefreshMetadataFeed ended well within the last day",
        why: "a job that fails does so in silence, until the certificate changes",
        remedy: "start it, and look at its history: Get-SPTimerJob | Where-Object Name -match RefreshMetadataFeed | Start-SPTimerJob",
        look: "in Central Administration: Monitoring, job history",
        source: "Microsoft, set up OIDC authentication in SharePoint Server: daily by default",
        judge: |facts| of_job(facts, &["refresh-job-late"], "it did"),
    },
    Check {
        id: "refresh-job-free",
        wants: "Nobody holds the timer job RefreshMetadataFeed, and no run of it is in progress",
        why: "a held job is what an overlap that was cut off leaves behind; trusts then never change",
        remedy: "release it: Get-SPTimerJob | Where-Object Name -match RefreshMetadataFeed | Enable-SPTimerJob",
        look: "on a SharePoint server: Get-SPTimerJob",
        source: "docs/node-protocol.md, metadata-job-hold",
        judge: |facts| {
            asked(
                facts,
                Role::Sharepoint,
                SERVER,
                |one| &one.job,
                |answer| {
                    there(answer, |one: &JobFacts| match (one.held, one.running) {
                        (true, _) => (Grade::Fail, "it is held".to_owned()),
                        (false, 0) => (Grade::Ok, format!("free, {}", one.schedule.as_str())),
                        (false, runs) => (Grade::Warn, format!("{runs} runs are in progress")),
                    })
                },
            )
        },
    },
    Check {
        id: "app-management",
        wants: "The App Management service application and its proxy are started",
        why: "Register-SPAppPrincipal fails without it (\"AppMng.svc could not be activated\")",
        remedy: "create and start the App Management service application and its proxy; where it is there, restart IIS",
        look: APPLICATIONS,
        source: SET_UP,
        judge: |facts| application(facts, "App Management", true),
    },
    Check {
        id: "subscription-settings",
        wants: "The Subscription Settings service application is started",
        why: "App Management keeps its principals there",
        remedy: "create it: New-SPSubscriptionSettingsServiceApplication",
        look: APPLICATIONS,
        source: "Microsoft, SharePoint server-to-server authentication",
        judge: |facts| application(facts, "Subscription Settings", true),
    },
    Check {
        id: "user-profiles",
        wants: "The User Profile service application is started",
        why: "SharePoint finds the user of a token in it, by SID or by mail address",
        remedy: "start it, and let it import the users of Dynamics",
        look: APPLICATIONS,
        source: SET_UP,
        judge: |facts| application(facts, "User Profile", false),
    },
    Check {
        id: "site-certificate",
        wants: "The certificate of each site is trusted by the servers of Dynamics",
        why: "Dynamics opens the site by HTTPS; Microsoft asks for a public authority, and an own one has to be in the store Root of each server",
        remedy: "install the root of that authority into Root on each server of Dynamics",
        look: "from each server of Dynamics: open each site of farm.toml in a browser",
        source: SET_UP,
        judge: |_| by_hand("sites are not opened"),
    },
];

fn trusts(facts: &Facts<'_>, judge: impl Fn(Answered<'_, Trusts>) -> (Grade, String)) -> Vec<Sight> {
    asked(facts, Role::Sharepoint, SERVER, |one| &one.trusts, judge)
}

/// Judges a service application, and where it is wanted its proxy, by their English names: other languages are unseen.
fn application(facts: &Facts<'_>, kind: &str, with_proxy: bool) -> Vec<Sight> {
    trusts(facts, |answer| {
        there(answer, |one: &Trusts| {
            let of_kind = |list: &[ApplicationFacts]| {
                let found: Vec<ApplicationFacts> =
                    list.iter().filter(|one| one.kind.as_str().contains(kind)).cloned().collect();
                found
            };
            let (applications, proxies) = (of_kind(&one.applications), of_kind(&one.proxies));
            let off = applications.iter().chain(&proxies).find(|one| one.status.as_str() != "Online");
            match (off, applications.is_empty(), with_proxy && proxies.is_empty()) {
                _ if one.applications.is_empty() => {
                    (Grade::Unseen, "the farm does not show its service applications".to_owned())
                }
                (Some(off), ..) => (Grade::Fail, format!("{}: {}", off.name.as_str(), off.status.as_str())),
                (None, true, _) => (Grade::Warn, format!("no service application is called {kind}")),
                (None, false, true) => (Grade::Fail, "it has no proxy".to_owned()),
                (None, false, false) => (Grade::Ok, "it is online".to_owned()),
            }
        })
    })
}

fn on_sharepoint(node: &Node) -> bool {
    node.has(Role::Sharepoint)
}

fn of_trusts(facts: &Facts<'_>, ids: &[&str], well: &str) -> Vec<Sight> {
    let part = |topic: &Topic| *topic == Topic::Trusts;
    truth(facts, &Look { ids, whom: SERVER, pick: on_sharepoint, part, unseen: |_| None, well })
}

fn of_job(facts: &Facts<'_>, ids: &[&str], well: &str) -> Vec<Sight> {
    let part = |topic: &Topic| matches!(topic, Topic::RefreshJob | Topic::Trusts);
    truth(facts, &Look { ids, whom: SERVER, pick: on_sharepoint, part, unseen: |shown| shown.refresh_job.gap(), well })
}

fn version(facts: &Facts<'_>) -> Vec<Sight> {
    let mut sights = trusts(facts, |answer| {
        there(answer, |one: &Trusts| {
            let build = numbers(one.build.as_str());
            match build {
                [15, ..] if build < APRIL_2019 => {
                    (Grade::Fail, format!("{}, older than April 2019", one.build.as_str()))
                }
                [15 | 16, ..] => (Grade::Ok, one.build.as_str().to_owned()),
                _ => (Grade::Fail, format!("{} is not supported", one.build.as_str())),
            }
        })
    });
    for farm in &facts.farm.sharepoint {
        let of_farm = |name: &str| farm.servers.iter().any(|one| one.as_str().eq_ignore_ascii_case(name));
        for server in facts.servers.iter().filter(|one| of_farm(one.node.name.as_str())) {
            let Seen::There(told) = &server.trusts else { continue };
            if let Some(found) = product(told.build.as_str()).filter(|found| *found != farm.version) {
                let what = format!("it is SharePoint {}, farm.toml says {}", word(found), word(farm.version));
                sights.push(about(server.node.name.as_str(), Grade::Warn, what));
            }
        }
    }
    sights
}

fn numbers(build: &str) -> [u32; 4] {
    let mut parts = build.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 4].map(|()| parts.next().unwrap_or(0))
}

/// Returns the SharePoint of a build; builds of 16.0 tell their product by the third number.
#[must_use]
pub fn product(build: &str) -> Option<SharePointVersion> {
    let [major, _, build, _] = numbers(build);
    match (major, build) {
        (15, _) => Some(SharePointVersion::V2013),
        (16, 4000..10000) => Some(SharePointVersion::V2016),
        (16, 10000..14000) => Some(SharePointVersion::V2019),
        (16, 14000..) => Some(SharePointVersion::Subscription),
        _ => None,
    }
}

fn word(version: SharePointVersion) -> &'static str {
    match version {
        SharePointVersion::V2013 => "2013",
        SharePointVersion::V2016 => "2016",
        SharePointVersion::V2019 => "2019",
        SharePointVersion::Subscription => "Subscription Edition",
    }
}

fn timer(facts: &Facts<'_>) -> Vec<Sight> {
    asked(
        facts,
        Role::Sharepoint,
        SERVER,
        |one| &one.services,
        |answer| {
            there(answer, |list| {
                let is_timer = |one: &&Service| one.name.as_str().to_ascii_lowercase().starts_with("sptimer");
                match list.services.iter().find(is_timer) {
                    Some(one) if one.state.as_str() == "Running" => (Grade::Ok, format!("{} runs", one.name.as_str())),
                    Some(one) => (Grade::Fail, format!("{}: {}", one.name.as_str(), one.state.as_str())),
                    None => (Grade::Fail, "there is no SPTimerV4".to_owned()),
                }
            })
        },
    )
}
