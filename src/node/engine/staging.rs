//! The staging folder: a PFX on its way into the stores, sealed with a one-use password.
//!
//! The folder is one of ours: made with its final access before the first octet, and refused when another made it, may write
//! it, or put a link or an entry of his own into it. The password is nowhere in it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cert::chain::{self, Wanted};
use crate::cert::digest::{Fingerprint, hex_upper};
use crate::cert::pfx::Pfx;
use crate::cert::{Certificate, Credential, KeyPair, Password};
use crate::error::{Error, Kind};
use crate::node::acts::{Did, Fault, Look, Work};
use crate::ports::{FileError, FileFault, StateFolder};
use crate::protocol::{Action, Facts, Hex, List, MAX_PFX, Nothing, Stage, Staged, StagedFile, Text};

/// The folder.
const FOLDER: &str = "staging";
/// The ending of a staged PFX.
const ENDING: &str = ".pfx";

/// The staged PFX, and where it is.
#[derive(Debug)]
pub(in crate::node) struct StagedPfx {
    /// The path, for Microsoft's script.
    pub(in crate::node) path: PathBuf,
    /// The certificate with its chain, and the key.
    pub(in crate::node) credential: Credential,
    /// The friendly name in it.
    pub(in crate::node) friendly_name: Option<String>,
}

/// Looks whether it is so already. Returns nothing where the action is about something else.
pub(super) fn look(action: &Action, work: &Work<'_>) -> Result<Option<Look>, Fault> {
    let files = || left(work.folder.as_deref());
    Ok(match action {
        Action::Stage(stage) => {
            let files = files()?;
            let name = name(stage.pfx.expose());
            Some(Look::probe(files.iter().any(|file| file.name.as_str() == name), facts(files)))
        }
        Action::Unstage(_) => {
            let files = files()?;
            Some(Look::probe(files.is_empty(), facts(files)))
        }
        _ => None,
    })
}

/// Acts. Returns nothing where the action is about something else.
pub(super) fn act(action: &Action, work: &Work<'_>) -> Result<Option<Did>, Fault> {
    Ok(match action {
        Action::Stage(stage) => Some(keep(stage, work)?),
        Action::Unstage(_) => {
            let changed = clear(work)?;
            Some(Did::of(changed, facts(left(work.folder.as_deref())?)))
        }
        _ => None,
    })
}

/// Opens the PFX, keeps it, and reads it again.
fn keep(stage: &Stage, work: &Work<'_>) -> Result<Did, Fault> {
    opened(work, stage.pfx.expose(), stage.password.password(), &stage.thumbprint)?;
    let folder = folder(work)?.create(FOLDER)?;
    let name = name(stage.pfx.expose());
    // One at a time: what an earlier run left behind goes first.
    remove_all(&*folder, Some(&name))?;
    let there = folder.read(&name, MAX_PFX as u64)?.is_some();
    if !there {
        folder.write(&name, stage.pfx.expose())?;
    }
    if folder.read(&name, MAX_PFX as u64)?.as_deref().map(Vec::as_slice) != Some(stage.pfx.expose()) {
        return Err(Error::new(Kind::Internal, "the staged PFX is not what was written")
            .at(folder.path().display())
            .into());
    }
    let undo = Some(Action::Unstage(Nothing {}));
    Ok(Did { changed: !there, facts: facts(left(work.folder.as_deref())?), undo })
}

/// Removes everything that is staged, and returns whether there was anything. What then is still there is an error.
pub(in crate::node) fn clear(work: &Work<'_>) -> Result<bool, Fault> {
    let Some(staging) = work.folder.as_ref().map(|folder| folder.find(FOLDER)).transpose()?.flatten() else {
        return Ok(false);
    };
    let changed = remove_all(&*staging, None)?;
    match staging.entries()?.first() {
        None => Ok(changed),
        Some(entry) => {
            let path = staging.path().join(&entry.name);
            Err(Error::new(Kind::Refused, "this is still in the staging folder").at(path.display()).into())
        }
    }
}

/// Reads and opens the staged PFX that holds a certificate.
///
/// # Errors
/// When none is staged, or it does not open, or holds another certificate.
pub(in crate::node) fn take(work: &Work<'_>, password: &Password, thumbprint: &Hex<20>) -> Result<StagedPfx, Fault> {
    let nothing = || {
        Fault::from(
            Error::new(Kind::Unreadable, "no PFX is staged on this node").hint("stage it in the step before this one"),
        )
    };
    let staging = work.folder.as_ref().map(|folder| folder.find(FOLDER)).transpose()?.flatten().ok_or_else(nothing)?;
    let entries = staging.entries()?;
    let [entry] = entries.as_slice() else { return Err(nothing()) };
    let bytes = staging.read(&entry.name, MAX_PFX as u64)?.ok_or_else(nothing)?;
    let (credential, friendly_name) = opened(work, &bytes, password, thumbprint)?;
    Ok(StagedPfx { path: staging.path().join(&entry.name), credential, friendly_name })
}

/// Opens a PFX, and proves that it holds the certificate together with its key.
fn opened(
    work: &Work<'_>,
    bytes: &[u8],
    password: &Password,
    thumbprint: &Hex<20>,
) -> Result<(Credential, Option<String>), Fault> {
    let wrong = |what: &str| Error::new(Kind::Unreadable, what);
    let pfx = Pfx::open(bytes, password)
        .map_err(|error| wrong("the PFX does not open with the one-use password").because(error))?;
    let certificates: Vec<Certificate> = pfx.certificates().filter_map(|bag| bag.certificate().cloned()).collect();
    let leaf = certificates.iter().find(|one| one.thumbprint().as_bytes() == thumbprint.as_bytes());
    let leaf = leaf.ok_or_else(|| wrong("the PFX does not hold the certificate that is asked for"))?;
    let wanted = Wanted { key: None, leaf: Some(leaf.thumbprint()) };
    let chain = chain::find(&certificates, &wanted, work.host.clock.now())
        .map_err(|error| wrong("no chain can be built from the PFX").because(error))?
        .chain;
    let belongs = |key: &KeyPair| key.public_key().bits() == leaf.public_key().bits();
    let key = pfx.keys().filter_map(|bag| bag.key_pair()).filter_map(Result::ok).find(belongs);
    let key = key.ok_or_else(|| wrong("the PFX does not hold the key of the certificate"))?;
    let credential = Credential::prove(chain, key)
        .map_err(|error| wrong("certificate and key in the PFX do not work together").because(error))?;
    let friendly_name = pfx.keys().find_map(|bag| bag.friendly_name());
    Ok((credential, friendly_name))
}

/// Returns what is staged.
pub(in crate::node) fn left(folder: Option<&dyn StateFolder>) -> Result<Vec<StagedFile>, FileError> {
    let Some(staging) = folder.map(|folder| folder.find(FOLDER)).transpose()?.flatten() else { return Ok(Vec::new()) };
    let entries = staging.entries()?.into_iter();
    Ok(entries.map(|e| StagedFile { name: Text::told(&e.name), size: e.size, written: e.written }).collect())
}

/// Removes every file but one.
fn remove_all(staging: &dyn StateFolder, but: Option<&str>) -> Result<bool, FileError> {
    let mut removed = false;
    for entry in staging.entries()? {
        if but != Some(entry.name.as_str()) && !entry.folder {
            removed |= staging.remove(&entry.name)?;
        }
    }
    Ok(removed)
}

/// Describes what is staged.
pub(in crate::node) fn facts(files: Vec<StagedFile>) -> Facts {
    Facts::Staged(Staged { files: List::first(files) })
}

fn folder(work: &Work<'_>) -> Result<Arc<dyn StateFolder>, FileError> {
    work.folder.clone().ok_or_else(|| FileError::new(work.place, FileFault::NotFound))
}

/// Names a PFX by its octets, so that one that is staged twice is one.
fn name(bytes: &[u8]) -> String {
    format!("{}{ENDING}", hex_upper(&Fingerprint::of(bytes).as_bytes()[..16]))
}
