//! Where the ways to the servers of a farm are wired.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::farm_args::{FromArgs, WayArgs};
use super::rotate_args::ReachArgs;
use crate::app::farm;
use crate::app::farm::observe::Live;
use crate::error::Result;
use crate::farm::description::Ssh;
use crate::node::acts::MachineActs;
use crate::node::engine::{self, Allow};
use crate::ports::{Host, Transport};
use crate::transport::{Carrier, Push, Settings};

/// Returns the ways to the servers of a description, to look only.
pub(super) fn live(host: &Host, file: &Path, way: &WayArgs, only: &[String]) -> Result<Live> {
    let settings = Settings {
        ssh: farm::ssh(host, file)?,
        node_program: way.node_program.clone(),
        push: if way.push { Push::WhenMissing } else { Push::Never },
    };
    Ok(Live {
        transport: carrier(host, settings, Allow::Observe),
        deadline: Duration::from_secs(u64::from(way.deadline)),
        only: only.to_vec(),
    })
}

/// Returns the way to this server, where no description tells of others.
pub(super) fn alone(host: &Host, way: &WayArgs) -> Live {
    let settings = Settings { ssh: Ssh::default(), node_program: None, push: Push::Never };
    Live {
        transport: carrier(host, settings, Allow::Observe),
        deadline: Duration::from_secs(u64::from(way.deadline)),
        only: Vec::new(),
    }
}

/// Returns what reaches the servers of a description to look at them. Nothing is put on a server.
///
/// # Errors
/// As [`farm::ssh`].
pub(super) fn looking(host: &Host, file: &Path) -> Result<Arc<dyn Transport>> {
    Ok(carrier(host, Settings { ssh: farm::ssh(host, file)?, node_program: None, push: Push::Never }, Allow::Observe))
}

/// As [`looking`]; puts the program on a server where that was asked for.
///
/// # Errors
/// As [`farm::ssh`].
pub(super) fn looking_with(host: &Host, file: &Path, reach: &ReachArgs) -> Result<Arc<dyn Transport>> {
    Ok(carrier(host, settings(host, file, reach)?, Allow::Observe))
}

/// Returns what reaches the servers of a description to act on them. Which acts are let through, each server decides.
///
/// # Errors
/// As [`farm::ssh`].
pub(super) fn acting(host: &Host, file: &Path, reach: &ReachArgs) -> Result<Arc<dyn Transport>> {
    Ok(carrier(host, settings(host, file, reach)?, Allow::All))
}

/// As [`acting`]. Nothing is put on a server.
///
/// # Errors
/// As [`farm::ssh`].
pub(super) fn acting_plainly(host: &Host, file: &Path) -> Result<Arc<dyn Transport>> {
    Ok(carrier(host, Settings { ssh: farm::ssh(host, file)?, node_program: None, push: Push::Never }, Allow::All))
}

fn settings(host: &Host, file: &Path, reach: &ReachArgs) -> Result<Settings> {
    let push = if reach.push { Push::WhenMissing } else { Push::Never };
    Ok(Settings { ssh: farm::ssh(host, file)?, node_program: reach.node_program.clone(), push })
}

fn carrier(host: &Host, settings: Settings, allow: Allow) -> Arc<dyn Transport> {
    let own = host.clone();
    let here = move |request: &[u8]| {
        let settings = engine::Settings { allow, state: None, read_within: Duration::ZERO };
        engine::answer(&own, &MachineActs, &settings, request)
    };
    Arc::new(Carrier::new(host, Arc::new(here), settings))
}

/// Evaluates what servers show: bundles of a folder, or the servers themselves.
pub(super) fn status(host: &Host, args: &FromArgs) -> Result<farm::status::FarmStatusReport> {
    let file = &args.farm.file;
    match &args.from {
        Some(folder) => farm::status::status(host, file, farm::status::Source::Folder(folder)),
        None => {
            let live = live(host, file, &args.way, &args.node)?;
            farm::status::status(host, file, farm::status::Source::Live(&live))
        }
    }
}
