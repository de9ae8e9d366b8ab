//! `farm collect`: what servers show, written into bundles.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::discover::Told;
use super::metadata::Documents;
use super::observe::{Live, observe};
use super::status::{GapStatus, known};
use super::{DEFAULT_FILE, discover, load};
use crate::app::outputs::publish;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::bundle::Bundle;
use crate::farm::description::{Farm, Node, Transport};
use crate::node::acts::Acts;
use crate::ports::Host;

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
    /// The bundles that could not be written; the others were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unwritten: Vec<UnwrittenServer>,
}

/// A bundle that could not be written.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct UnwrittenServer {
    /// The server.
    pub server: String,
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: String,
    /// How the command ends for it.
    #[serde(skip)]
    code: ExitCode,
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
        match self.unwritten.first() {
            Some(one) => one.code,
            None if self.gaps.is_empty() => ExitCode::Ok,
            None => ExitCode::PartialView,
        }
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

/// Returns whether this server is collected without a description: its name was said, and nobody named a file.
#[must_use]
pub fn is_alone(host: &Host, file: &Path, what: &What) -> bool {
    let named = matches!(what, What::Here { name: Some(_), .. });
    named && file == Path::new(DEFAULT_FILE) && host.files.kind(file).ok().flatten().is_none()
}

/// Looks, and writes bundles.
///
/// # Errors
/// When the description cannot be used, it is not known which server this is, or its file cannot be written. Of all servers the
/// others are written all the same.
pub fn collect(
    host: &Host,
    acts: &dyn Acts,
    file: &Path,
    what: &What,
    live: &Live,
    force: bool,
) -> Result<FarmCollectReport> {
    let mut farm = match what {
        What::Here { name: Some(name), .. } if is_alone(host, file, what) => alone(host, acts, name)?,
        What::Here { .. } | What::All { .. } => load(host, file)?.farm,
    };
    let mut live = live.clone();
    if let What::Here { name, .. } = what {
        let name = here(host, &farm, name.as_deref())?;
        for node in farm.nodes.iter_mut().filter(|node| node.name.as_str() == name) {
            node.transport = Transport::Local;
        }
        live.only = vec![name];
    }
    let mut report = FarmCollectReport { schema: SCHEMA, written: Vec::new(), gaps: Vec::new(), unwritten: Vec::new() };
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
        let written = publish(host, &to, force, &text);
        match (written, what) {
            (Ok(()), _) => report.written.push(CollectedServer { server: one.name, file: to }),
            (Err(error), What::Here { .. }) => return Err(error),
            // What was seen of the others is not thrown away.
            (Err(error), What::All { .. }) => report.unwritten.push(UnwrittenServer {
                server: one.name,
                file: to,
                why: [error.to_string()]
                    .into_iter()
                    .chain(error.hints().iter().cloned())
                    .collect::<Vec<_>>()
                    .join("; "),
                code: error.kind().exit_code(),
            }),
        }
    }
    Ok(report)
}

/// Makes a farm of this server alone, with the roles that it shows.
fn alone(host: &Host, acts: &dyn Acts, name: &str) -> Result<Farm> {
    let word = name.to_owned().try_into();
    let word =
        word.map_err(|why| Error::new(Kind::Usage, format!("{name} cannot be the name of a server")).because(why))?;
    // An answer of this process always comes.
    let told = discover::ask_here(host, acts, None, None).unwrap_or_else(|error| Told::nothing(&error.why));
    let node = told.described().filter(|node| !node.roles.is_empty()).ok_or_else(|| {
        Error::new(Kind::Unreadable, "this server shows no role of Dynamics or SharePoint, and there is no farm.toml")
            .at(name)
            .hint("say what it is in a description: s2scert farm init --out farm.toml")
            .hint("see what it shows: s2scert node describe")
    })?;
    Ok(Farm { nodes: vec![Node { name: word, ..node }], ..Farm::default() })
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
