//! `rotate`: plan a roll of the certificate, carry it out, take it up again, take it back, and tell how it stands.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | looks at the farm, plans, and tells the plan as one page |
//! | `run` | apply, resume, rollback, abort: the engine with the world behind it |
//! | `state` | how the newest roll stands, in one word |
//! | `status` | what stands here and on the servers |
//! | `verify` | the proof, without changing anything |
//! | `record` | what somebody has done by hand |
//! | `credential` | the credential, opened once, sealed anew for each server and run |
//! | `emit` | a plan as files that people run by hand |
//! | `evidence` | what proves a roll, in one file |
//! | `token` | the question to SharePoint with a token of the new key |
//! | `documents` | the metadata documents, as the engine asks for them |
//! | `collected` | a farm as bundles show it |
//! | `places` | where plans and journals are kept |
//! | `progress` | what happens, one line a step |
//! | `words` | steps and checks as sentences |
//! | `world` | what an engine needs of this machine |
//! | `refused` | why a roll does not begin or go on |

pub(super) mod collected;
mod credential;
mod documents;
pub mod emit;
pub mod evidence;
mod places;
pub mod plan;
pub mod progress;
pub mod record;
pub(super) mod refused;
pub mod run;
pub mod state;
pub mod status;
mod token;
pub mod verify;
mod words;
mod world;

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::farm::description::Farm;
use crate::ports::{Host, Transport};
use crate::protocol::Text;

pub use credential::Credentials;
pub(super) use credential::{Staged, staged};

/// Gives the way to the servers of a description, on which may be acted.
pub type Reach<'a> = dyn Fn(&Path) -> Result<Arc<dyn Transport>> + 'a;

/// Who does it, for people: the account, and the machine.
fn owner(host: &Host) -> Result<Text> {
    let facts = host
        .machine
        .facts()
        .map_err(|error| Error::new(Kind::Internal, "it is not known as whom s2scert runs").because(error))?;
    Ok(Text::told(&format!("{} on {}", facts.account, facts.name)))
}

/// Reads a description without errors.
fn described(host: &Host, file: &Path) -> Result<Farm> {
    Ok(super::farm::load(host, file)?.farm)
}
