//! One watch of a farm sends; every other installation looks only whether that one lives. `farm.toml` says which.

use std::path::{Path, PathBuf};

use super::super::farm;
use super::{beat, load, machine_name};
use crate::error::{Error, Kind, Result};
use crate::farm::description::{Farm, Node};
use crate::ports::Host;
use crate::watch::facts::Trouble;
use crate::watch::schedule::Cron;
use crate::watch::settings::{ScheduleTable, Settings};

/// What the settings are needed for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    /// To look now.
    Looking,
    /// To know when to look.
    Schedule,
}

/// What an installation does that does not send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Standby {
    /// The name of the watch that sends.
    pub(crate) sender: String,
    /// Whether its heartbeat is named, so that somebody can look at it.
    pub(crate) seen: bool,
}

impl Standby {
    /// Says what this installation does.
    pub(crate) fn told(&self) -> String {
        let what =
            if self.seen { "only its heartbeat is looked at" } else { "and no heartbeat of it is named in farm.toml" };
        format!("the watch of the farm is {}; this installation does not send, {what}", self.sender)
    }
}

/// Reads the settings and completes them by what the description of the farm says of the watch: schedule, zone, heartbeat.
///
/// # Errors
/// As reading the settings. A description that cannot be read, or whose schedule is wrong, is an error only for somebody who needs the
/// schedule and has no other; the watch itself says that it is unseen, and sends: rather twice than not at all.
pub(crate) fn settled(host: &Host, config: Option<&Path>, need: Need) -> Result<(Settings, Option<Standby>)> {
    let mut settings = load(host, config)?;
    let Some(file) = settings.farm.as_ref().map(|table| table.file.clone()) else { return Ok((settings, None)) };
    let needed = need == Need::Schedule && settings.schedule.is_none();
    let described = match farm::describe(host, &file) {
        Ok(described) => described.farm,
        Err(error) if needed => return Err(error),
        Err(_) => return Ok((settings, None)),
    };
    let promised = described.watcher.as_ref().and_then(|watcher| watcher.schedule.as_ref());
    if let Some(Err(why)) = promised.filter(|_| needed).map(|text| Cron::try_from(text.as_str().to_owned())) {
        return Err(Error::new(Kind::Unreadable, "the schedule in the description of the farm cannot be used")
            .at(file.display())
            .because(std::io::Error::other(why)));
    }
    let standby = complete(&mut settings, &described, &file, &machine_name(host));
    Ok((settings, standby))
}

fn complete(settings: &mut Settings, farm: &Farm, file: &Path, machine: &str) -> Option<Standby> {
    let watcher = farm.watcher.as_ref()?;
    if settings.schedule.is_none() {
        let cron = watcher.schedule.as_ref().and_then(|text| Cron::try_from(text.as_str().to_owned()).ok());
        settings.schedule = cron.map(|cron| ScheduleTable { cron });
        if settings.zone.is_none() {
            settings.zone = watcher.zone.as_ref().map(ToString::to_string);
        }
    }
    let heartbeat = watcher.heartbeat.as_ref().map(|path| beside(file, path));
    let me = settings.name.as_ref().map_or(machine, |name| name.as_str());
    let node = watcher.node.as_ref().and_then(|name| farm.nodes.iter().find(|node| node.name == *name));
    let sender = match (node, &watcher.name) {
        (Some(node), _) if [me, machine].iter().any(|name| is_node(node, name)) => None,
        (Some(node), _) => Some(node.name.to_string()),
        (None, Some(name)) if same(name.as_str(), me) || same(name.as_str(), machine) => None,
        (None, Some(name)) => Some(name.as_str().to_owned()),
        // Nobody is named, so everybody sends.
        (None, None) => return None,
    };
    let Some(sender) = sender else {
        if settings.heartbeat.file.is_none() {
            settings.heartbeat.file = heartbeat;
        }
        return None;
    };
    // Whoever does not send writes nothing where the one who does is looked for.
    if settings.heartbeat.file == heartbeat {
        settings.heartbeat.file = None;
    }
    let others = &mut settings.heartbeat.others;
    others.extend(heartbeat.filter(|path| !others.contains(path)));
    Some(Standby { sender, seen: !settings.heartbeat.others.is_empty() })
}

/// Tells what is wrong with the watch of a farm, for a command that has read its description for something else.
#[must_use]
pub fn alarm(host: &Host, file: &Path) -> Option<String> {
    let watcher = farm::describe(host, file).ok()?.farm.watcher?;
    let path = beside(file, &watcher.heartbeat?);
    // Who cannot see it cannot say anything of it.
    host.files.kind(&path).ok()??;
    let trouble: Trouble = beat::other(host, &path, None, host.clock.now())?;
    Some(format!("{}; it is answered for by {}", trouble.message, watcher.owner.as_str()))
}

fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

fn is_node(node: &Node, name: &str) -> bool {
    same(node.name.as_str(), name) || node.address.as_ref().is_some_and(|address| same(address.as_str(), name))
}

/// Names are compared by their first part and without regard to case: crm01 is CRM01.contoso.com.
fn same(one: &str, other: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    // The first part of an address in numbers says nothing.
    if one.parse::<std::net::IpAddr>().is_ok() || other.parse::<std::net::IpAddr>().is_ok() {
        return one == other;
    }
    first(one) == first(other)
}

#[cfg(test)]
mod tests;
