//! Checks of PowerShell, of what it writes down, and of Microsoft's script.

use super::sight::{each, every, powershell, server, told};
use super::{Check, Facts, Grade, Server, Sight};
use crate::farm::description::Role;
use crate::protocol::{PowerShellFacts, ScriptFacts, Seen};

const LOGGING: &str =
    "the script takes a plain -password: what writes calls down writes the one-use password of the staged PFX down";
const POLICIES: &str = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell";
const ABOUT_LOGGING: &str = "Microsoft, about_Logging_Windows and about_Group_Policy_Settings";
const APPLICATIONS: &str =
    "a rule that refuses the program or the script ends a roll in the middle, with a text that names neither";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "powershell-5.1",
        wants: "Windows PowerShell 5.1 is there",
        why: "the cmdlets of Dynamics and SharePoint load into Windows PowerShell 5.1, and into nothing later",
        remedy: "install Windows Management Framework 5.1 (it is part of Server 2016 and later)",
        look: "on the server: powershell -NoProfile -Command $PSVersionTable",
        source: "Microsoft, Windows PowerShell system requirements",
        judge: |facts| {
            every(facts, |told| match &told.powershell {
                Seen::There(one) if one.version.as_str().starts_with("5.1") => {
                    (Grade::Ok, one.version.as_str().to_owned())
                }
                Seen::There(one) => (Grade::Fail, format!("it is {}", one.version.as_str())),
                Seen::Absent(why) if told.system.as_str() == "windows" => (Grade::Fail, why.as_str().to_owned()),
                Seen::Absent(why) => (Grade::Unseen, why.as_str().to_owned()),
                Seen::Unseen(why) => (Grade::Unseen, why.as_str().to_owned()),
            })
        },
    },
    Check {
        id: "powershell-64-bit",
        wants: "It is the 64-bit one",
        why: "the snap-ins of Dynamics and SharePoint are registered for 64 bits",
        remedy: "use the 64-bit s2scert",
        look: "on the server: [Environment]::Is64BitProcess",
        source: "Microsoft, SharePoint Management Shell",
        judge: |facts| {
            powershell(facts, |_, one| {
                if one.is_64_bit { (Grade::Ok, "64 bits".to_owned()) } else { (Grade::Fail, "32 bits".to_owned()) }
            })
        },
    },
    Check {
        id: "language-mode",
        wants: "Scripts may do all they need",
        why: "AppLocker and WDAC put PowerShell into a constrained language mode, in which no snap-in loads",
        remedy: "allow the scripts by a rule of AppLocker or WDAC for this account, or use transport manual",
        look: "on the server: $ExecutionContext.SessionState.LanguageMode",
        source: "Microsoft, about_Language_Modes",
        judge: language_mode,
    },
    Check {
        id: "execution-policy",
        wants: "The execution policy lets Microsoft's script run",
        why: "the script is a file; Restricted refuses it, AllSigned refuses it where it is not signed. s2scert overrides no policy",
        remedy: "Set-ExecutionPolicy RemoteSigned -Scope LocalMachine; where a group policy sets it, change it there",
        look: "on the server: Get-ExecutionPolicy -List",
        source: "Microsoft, about_Execution_Policies",
        judge: policy,
    },
    Check {
        id: "module-logging",
        wants: "Module logging is off",
        why: LOGGING,
        remedy: "turn it off for the time of the roll, or treat event 4103 on that server as secret until the roll has ended",
        look: POLICIES,
        source: ABOUT_LOGGING,
        judge: |facts| powershell(facts, |_, one| written(one.module_logging, "module logging (event 4103)")),
    },
    Check {
        id: "script-block-logging",
        wants: "Script block logging is off",
        why: LOGGING,
        remedy: "turn it off for the time of the roll, or treat event 4104 on that server as secret until the roll has ended",
        look: POLICIES,
        source: ABOUT_LOGGING,
        judge: |facts| {
            powershell(facts, |_, one| {
                written(
                    one.script_block_logging || one.invocation_logging,
                    "script block logging (events 4104 to 4106)",
                )
            })
        },
    },
    Check {
        id: "transcription",
        wants: "Transcription is off",
        why: LOGGING,
        remedy: "turn it off for the time of the roll, or treat the folder of the transcripts as secret",
        look: POLICIES,
        source: ABOUT_LOGGING,
        judge: |facts| powershell(facts, |_, one| written(one.transcription, "transcription")),
    },
    Check {
        id: "app-locker",
        wants: "No rule of AppLocker stands in the way",
        why: APPLICATIONS,
        remedy: "allow s2scert.exe by its hash, and CertificateReconfiguration.ps1 by its path, for the account that runs the roll",
        look: "on the server: Get-AppLockerPolicy -Effective -Xml",
        source: "Microsoft, AppLocker",
        judge: |facts| powershell(facts, |_, one| app_locker(one)),
    },
    Check {
        id: "application-control",
        wants: "Windows Defender Application Control does not enforce a policy that refuses us",
        why: APPLICATIONS,
        remedy: "add s2scert.exe by its hash to the policy, and the script where it is enforced for scripts",
        look: "on the server: Get-CimInstance -Namespace root\\Microsoft\\Windows\\DeviceGuard Win32_DeviceGuard",
        source: "Microsoft, Windows Defender Application Control",
        judge: |facts| {
            powershell(facts, |_, one| match one.code_integrity {
                Some(2) => (Grade::Warn, "a policy is enforced for programs".to_owned()),
                Some(1) => (Grade::Ok, "a policy is audited, not enforced".to_owned()),
                Some(0) => (Grade::Ok, "no policy".to_owned()),
                Some(other) => (Grade::Unseen, format!("the state {other} is not known")),
                None => (Grade::Unseen, "Windows does not tell".to_owned()),
            })
        },
    },
    Check {
        id: "script-there",
        wants: "CertificateReconfiguration.ps1 is on each web server",
        why: "it is the documented way to import and to write the row; without it s2scert imports by itself",
        remedy: "repair the installation of Dynamics 365, or let s2scert import natively on that server",
        look: "in the folder Tools below CRM_Server_InstallDir of HKLM\\SOFTWARE\\Microsoft\\MSCRM, and in both Program Files folders of Dynamics",
        source: "Microsoft, server-based authentication with SharePoint on-premises",
        judge: |facts| script(facts, |_, one| (Grade::Ok, one.file.as_str().to_owned())),
    },
    Check {
        id: "script-same",
        wants: "The script is the same on all servers",
        why: "another version of the script may do something else; a roll runs the one that was looked at when it was planned",
        remedy: "bring all servers to the same update of Dynamics 365",
        look: "on each server: Get-FileHash CertificateReconfiguration.ps1",
        source: "docs/powershell.md",
        judge: same_script,
    },
    Check {
        id: "script-signature",
        wants: "Nobody has altered a signed script",
        why: "a signature that does not fit means that the file was changed after it was signed",
        remedy: "compare with the file of the installation medium; repair the installation of Dynamics 365",
        look: "on each server: Get-AuthenticodeSignature CertificateReconfiguration.ps1",
        source: "Microsoft, Get-AuthenticodeSignature",
        judge: |facts| {
            script(facts, |_, one| match one.signature.as_str() {
                "Valid" => (Grade::Ok, "signed, and valid".to_owned()),
                "NotSigned" => (Grade::Ok, "not signed".to_owned()),
                other => (Grade::Fail, other.to_owned()),
            })
        },
    },
];

fn written(on: bool, what: &str) -> (Grade, String) {
    if on { (Grade::Warn, format!("{what} is on")) } else { (Grade::Ok, format!("{what} is off")) }
}

/// A constrained mode shows in what PowerShell says, or in its refusal to say anything.
fn language_mode(facts: &Facts<'_>) -> Vec<Sight> {
    every(facts, |told| match &told.powershell {
        Seen::There(one) => {
            let grade = if one.language_mode.as_str() == "FullLanguage" { Grade::Ok } else { Grade::Fail };
            (grade, one.language_mode.as_str().to_owned())
        }
        Seen::Absent(why) | Seen::Unseen(why) if is_constrained(why.as_str()) => (Grade::Fail, why.as_str().to_owned()),
        Seen::Absent(why) | Seen::Unseen(why) => (Grade::Unseen, why.as_str().to_owned()),
    })
}

fn is_constrained(why: &str) -> bool {
    why.contains("constrained language mode")
}

fn policy(facts: &Facts<'_>) -> Vec<Sight> {
    powershell(facts, |one, shell| {
        let policy = shell.execution_policy.as_str();
        let signed = match &one.told {
            Seen::There(told) => matches!(&told.script, Seen::There(script) if script.signature.as_str() == "Valid"),
            Seen::Absent(_) | Seen::Unseen(_) => false,
        };
        let grade = match policy {
            // Only servers on which the script runs are stopped by it.
            _ if !one.node.has(Role::Web) => Grade::Ok,
            "RemoteSigned" | "Unrestricted" | "Bypass" => Grade::Ok,
            "AllSigned" if signed => Grade::Ok,
            "AllSigned" | "Restricted" | "Undefined" => Grade::Fail,
            _ => Grade::Warn,
        };
        (grade, policy.to_owned())
    })
}

fn app_locker(one: &PowerShellFacts) -> (Grade, String) {
    let rules: Vec<&str> = one.app_locker_rules.iter().map(|rules| rules.as_str()).collect();
    match (rules.as_slice(), one.app_locker_start) {
        ([], _) => (Grade::Ok, "no rules".to_owned()),
        // Without its service the rules are not applied.
        (rules, Some(4)) => (Grade::Ok, format!("rules for {}, and the service is disabled", rules.join(", "))),
        (rules, _) => (Grade::Warn, format!("rules for {}", rules.join(", "))),
    }
}

fn script(facts: &Facts<'_>, judge: impl Fn(&Server<'_>, &ScriptFacts) -> (Grade, String)) -> Vec<Sight> {
    told(
        facts,
        "web server",
        |node| node.has(Role::Web),
        |one, told| match &told.script {
            Seen::There(script) => judge(one, script),
            Seen::Absent(why) => (Grade::Warn, why.as_str().to_owned()),
            Seen::Unseen(why) => (Grade::Unseen, why.as_str().to_owned()),
        },
    )
}

fn same_script(facts: &Facts<'_>) -> Vec<Sight> {
    let hash = |one: &Server<'_>| match &one.told {
        Seen::There(told) => match &told.script {
            Seen::There(script) if one.node.has(Role::Web) => Some(script.sha256),
            _ => None,
        },
        Seen::Absent(_) | Seen::Unseen(_) => None,
    };
    let first = facts.servers.iter().find_map(hash);
    each(
        facts,
        "web server",
        |node| node.has(Role::Web),
        |one| match (hash(one), first) {
            (Some(own), Some(first)) if own == first => server(one, Grade::Ok, own.to_string()),
            (Some(own), _) => server(one, Grade::Fail, format!("{own}, another than on the first server")),
            (None, _) => server(one, Grade::Unseen, "the script of this server was not seen"),
        },
    )
}
