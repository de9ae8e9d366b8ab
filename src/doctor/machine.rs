//! Checks of the machines.

use super::sight::{Look, every, powershell, truth};
use super::{Check, Grade};
use crate::cert::pfx::Target;
use crate::farm::truth::Topic;

/// Less than this is not enough for a PFX, a journal and a transcript of Windows: 200 MiB.
const LEAST_FREE: u64 = 200 << 20;
/// Less than this runs out on a busy server within a day: 2 GiB.
const SCARCE: u64 = 2 << 30;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "windows-2016",
        wants: "Each server that s2scert shall run on is Windows Server 2016 or later",
        why: "the program uses calls that older versions lack",
        remedy: "use transport manual for that server, or move its roles to a later Windows",
        look: "on the server: winver",
        source: "docs/PLATFORM.md",
        judge: |facts| {
            every(facts, |told| {
                let version = told.system_version.as_str();
                match (told.system.as_str(), target(version)) {
                    ("windows", Some(Target::Server2012R2)) => (Grade::Fail, Target::Server2012R2.product().to_owned()),
                    ("windows", Some(found)) => (Grade::Ok, found.product().to_owned()),
                    ("windows", None) => (Grade::Unseen, format!("{version} is no Windows Server that is known here")),
                    (system, _) => (Grade::Unseen, format!("it is {system}, not Windows")),
                }
            })
        },
    },
    Check {
        id: "disk-space",
        wants: "Each local disk has room",
        why: "a full disk ends an import in the middle, and the journal cannot be written",
        remedy: "free 2 GiB on that disk",
        look: "on the server: Get-Volume",
        source: "docs/PLATFORM.md",
        judge: |facts| {
            powershell(facts, |_, one| {
                let free = one.disks.iter().filter_map(|disk| Some((disk.free?, disk.name.as_str()))).min();
                match free {
                    None => (Grade::Unseen, "no local disk is shown".to_owned()),
                    Some((free, name)) => {
                        let grade = match free {
                            free if free < LEAST_FREE => Grade::Fail,
                            free if free < SCARCE => Grade::Warn,
                            _ => Grade::Ok,
                        };
                        (grade, format!("{name} has {} MiB free", free >> 20))
                    }
                }
            })
        },
    },
    Check {
        id: "restart-pending",
        wants: "No server waits for a restart",
        why: "an update that waits may restart the server in the middle of a roll",
        remedy: "restart the server before the roll",
        look: "on the server: Windows Update, restart required",
        source: "Microsoft, Component Based Servicing: RebootPending",
        judge: |facts| {
            powershell(facts, |_, one| {
                if one.restart_pending {
                    (Grade::Warn, "Windows waits for a restart".to_owned())
                } else {
                    (Grade::Ok, "no restart is waited for".to_owned())
                }
            })
        },
    },
    Check {
        id: "clocks",
        wants: "The clocks of all servers agree within five minutes",
        why: "tokens allow about five minutes of difference; beyond that they are refused as not yet valid or expired",
        remedy: "look at the time service: w32tm /query /status",
        look: "on each server: w32tm /stripchart /computer:DC /samples:1",
        source: "Microsoft, MS-XOAUTH and Kerberos: five minutes",
        judge: |facts| {
            truth(
                facts,
                &Look {
                    ids: &["clocks-apart"],
                    whom: "server",
                    pick: |_| true,
                    part: |topic| *topic == Topic::Clock,
                    unseen: |shown| shown.clock_offset_seconds.gap(),
                    well: "no clock is too far from another",
                },
            )
        },
    },
];

/// Returns the Windows Server of a version `10.0.BUILD`; of builds in between the one before.
#[must_use]
pub fn target(version: &str) -> Option<Target> {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor, build) = (numbers.next()??, numbers.next()??, numbers.next()??);
    match (major, minor, build) {
        (6, 3, _) => Some(Target::Server2012R2),
        (10, 0, 14393..17763) => Some(Target::Server2016),
        (10, 0, 17763..20348) => Some(Target::Server2019),
        (10, 0, 20348..26100) => Some(Target::Server2022),
        (10, 0, 26100..) => Some(Target::Server2025),
        _ => None,
    }
}
