//! `farm collect`: what servers show, written into bundles.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::load;
use super::metadata::Documents;
use super::observe::{Live, observe};
use super::status::{GapStatus, known};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::bundle::Bundle;
use crate::farm::description::{Farm, Transport};
use crate::ports::{Access, Existing, Host};

/// The schema of [`FarmCollectReport`].
pub const SCHEMA: &str = "s2scert.farm-collect/1.0";

/// What `farm collect` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmCollectReport {
    /// `s2scert.farm-collect/1.0`.
    pub schema: &'static str,
    /// The bundles that were written.
    pub written: Vec<CollectedServer>,
    /// The servers that could not be seen.
    pub gaps: Vec<GapStatus>,
}

/// One bundle.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CollectedServer {
    /// The server.
    pub server: String,
    /// The file.
    pub file: PathBuf,
}

impl FarmCollectReport {
    /// Returns how the command ends.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.gaps.is_empty() { ExitCode::Ok } else { ExitCode::PartialView }
    }
}

/// What is collected, and where it goes.
#[derive(Clone, Debug)]
pub enum What {
    /// This server, under the name that it has in farm.toml; the bundle is this file.
    Here {
        /// The name; without it the node with transport local, or that with the name of this machine.
        name: Option<String>,
        /// The file.
        file: PathBuf,
    },
    /// Every server that the way leads to; a bundle each in this folder.
    All {
        /// The folder.
        folder: PathBuf,
    },
}

/// Looks, and writes bundles.
///
/// # Errors
/// When the description cannot be used, it is not known which server this is, or a file cannot be written.
pub fn collect(host: &Host, file: &Path, what: &What, live: &Live, force: bool) -> Result<FarmCollectReport> {
    let mut farm = load(host, file)?.farm;
    let mut live = live.clone();
    if let What::Here { name, .. } = what {
        let name = here(host, &farm, name.as_deref())?;
        for node in farm.nodes.iter_mut().filter(|node| node.name.as_str() == name) {
            node.transport = Transport::Local;
        }
        live.only = vec![name];
    }
    let existing = if force { Existing::Replace } else { Existing::Refuse };
    let mut report = FarmCollectReport { schema: SCHEMA, written: Vec::new(), gaps: Vec::new() };
    for one in observe(host, &farm, &Documents::of(host, &farm, file), &live) {
        let facts = match one.facts {
            Ok(facts) => facts,
            Err(why) => {
                report.gaps.push(GapStatus { server: one.name, topic: None, why });
                continue;
            }
        };
        let to = match what {
            What::Here { file, .. } => file.clone(),
            What::All { folder } => folder.join(format!("{}.json", one.name)),
        };
        let text = serde_json::to_vec_pretty(&Bundle::seal(facts))
            .map_err(|e| Error::new(Kind::Internal, "the bundle cannot be written as JSON").because(e))?;
        host.files.create(&to, Access::Public, existing, &text).map_err(Error::from).map_err(|error| {
            if error.kind() == Kind::Refused {
                error.hint("replace it with --force, or name another file")
            } else {
                error
            }
        })?;
        report.written.push(CollectedServer { server: one.name, file: to });
    }
    Ok(report)
}

/// Returns the name that this machine has in the description.
fn here(host: &Host, farm: &Farm, asked: Option<&str>) -> Result<String> {
    if let Some(name) = asked {
        known(farm, &[name.to_owned()])?;
        return Ok(farm.node(name).map(|node| node.name.to_string()).unwrap_or_default());
    }
    let machine = host.machine.facts().map(|facts| facts.name).unwrap_or_default();
    let local = farm.nodes.iter().find(|node| node.transport == Transport::Local);
    local.or_else(|| farm.node(&machine)).map(|node| node.name.to_string()).ok_or_else(|| {
        Error::new(Kind::Usage, "the description has no node with the name of this machine")
            .at(machine)
            .hint("say which one it is: s2scert farm collect --node crm-web-1 --out crm-web-1.json")
    })
}
