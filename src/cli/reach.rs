//! Wires the way to the servers of a farm.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::farm::description::{Farm, Ssh};
use crate::node::acts::MachineActs;
use crate::node::engine::{self, Allow};
use crate::ports::{Host, Transport};
use crate::transport::{Carrier, Push, Settings};

/// Returns what reaches the servers of a farm to look at them. Nothing is put on a server.
pub(super) fn far(host: &Host, farm: &Farm, file: &Path) -> Arc<dyn Transport> {
    let own = host.clone();
    let settings = engine::Settings { allow: Allow::Observe, state: None, read_within: Duration::ZERO };
    let here = move |bytes: &[u8]| engine::answer(&own, &MachineActs, &settings, bytes);
    let settings = Settings { ssh: ssh(&farm.ssh, file), node_program: None, push: Push::Never };
    Arc::new(Carrier::new(host, Arc::new(here), settings))
}

/// Paths in the description begin at its folder.
fn ssh(described: &Ssh, file: &Path) -> Ssh {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let whole = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
    Ssh {
        identity_file: whole(&described.identity_file),
        known_hosts: whole(&described.known_hosts),
        config: whole(&described.config),
    }
}
