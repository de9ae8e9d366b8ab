//! Checks of rights.

use super::sight::{Answered, asked, every, told};
use super::{Check, Grade};
use crate::farm::description::Role;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "elevated",
        wants: "On each server the account may change the machine",
        why: "the store LocalMachine\\My and the keys behind it are written by administrators only",
        remedy: "start it from an elevated prompt, or let the remote account be a local administrator",
        look: "on the server: s2scert node describe",
        source: "Microsoft, server-based authentication with SharePoint on-premises: local administrator",
        judge: |facts| {
            told(
                facts,
                "server that signs",
                |node| node.signs(),
                |_, told| {
                    if told.elevated {
                        (Grade::Ok, told.account.as_str().to_owned())
                    } else {
                        (Grade::Fail, format!("{} may not change the machine", told.account.as_str()))
                    }
                },
            )
        },
    },
    Check {
        id: "deployment-administrator",
        wants: "The account is a deployment administrator of Dynamics 365",
        why: "the row in the configuration database is read and written by deployment administrators only",
        remedy: "add the account in Deployment Manager, under Deployment Administrators",
        look: "on a server with the deployment tools: Get-CrmServer",
        source: "Microsoft, configure an Azure app for SharePoint access: log on as a deployment administrator",
        judge: |facts| {
            asked(
                facts,
                Role::DeploymentTools,
                "server with deployment tools",
                |one| &one.deployment,
                |answer| match answer {
                    Answered::There(list) => {
                        (Grade::Ok, format!("it reads the list of {} servers", list.servers.len()))
                    }
                    Answered::Absent(why) => (Grade::Unseen, why.to_owned()),
                    Answered::Failed(why) => (Grade::Fail, why.to_owned()),
                },
            )
        },
    },
    Check {
        id: "farm-administrator",
        wants: "The account is a farm administrator of SharePoint with access to the shell",
        why: "trusts and timer jobs are read and started by farm administrators only",
        remedy: "on a SharePoint server: Add-SPShellAdmin -UserName DOMAIN\\user",
        look: "on a SharePoint server: Get-SPShellAdmin",
        source: "Microsoft, server-based authentication with SharePoint on-premises: farm administrator",
        judge: |facts| {
            asked(
                facts,
                Role::Sharepoint,
                "SharePoint server",
                |one| &one.trusts,
                |answer| match answer {
                    Answered::There(trusts) => (Grade::Ok, format!("it reads {} trusts", trusts.issuers.len())),
                    Answered::Absent(why) => (Grade::Unseen, why.to_owned()),
                    Answered::Failed(why) => (Grade::Fail, why.to_owned()),
                },
            )
        },
    },
    Check {
        id: "state-folder-safe",
        wants: "The folder in which s2scert keeps its state is nobody else's",
        why: "whoever can write there decides what is done with our rights; every request to act is refused",
        remedy: "look at the folder and its owner, then remove what is foreign, or name another with --state-dir",
        look: "on the server: s2scert node describe",
        source: "docs/node-protocol.md",
        judge: |facts| {
            every(facts, |told| match &told.state.unusable {
                None => (Grade::Ok, told.state.folder.as_str().to_owned()),
                Some(why) => (Grade::Fail, format!("{}: {}", told.state.folder.as_str(), why.as_str())),
            })
        },
    },
];
