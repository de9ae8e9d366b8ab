//! `farm`: describe a farm, see it, and tell where it disagrees.

mod ask;
pub mod check;
pub mod collect;
pub(super) mod discover;
mod draft;
mod found;
pub mod init;
pub mod metadata;
pub mod observe;
pub mod report;
pub mod status;
mod translate;

use std::path::{Path, PathBuf};

use crate::cert::text;
use crate::error::{Error, Kind, Result};
use crate::farm::description::{self, Farm, Reading, Ssh};
use crate::policy::farm as rules;
use crate::policy::{Finding, Severity};
use crate::ports::{FileFault, Host};

/// The name of the description where none is given.
pub const DEFAULT_FILE: &str = "farm.toml";
/// The most that is read of a description; the reader's own bound lies below.
const MAX_FILE: u64 = 4 << 20;

/// A description with what is wrong with it.
pub(super) struct Described {
    pub(super) farm: Farm,
    pub(super) findings: Vec<Finding>,
}

/// Reads a description and finds everything that is wrong with it.
///
/// # Errors
/// [`Kind::Refused`] when others may write the file while we are elevated; [`Kind::Unreadable`] when it is missing, no TOML,
/// or of a newer format.
pub(super) fn describe(host: &Host, path: &Path) -> Result<Described> {
    refuse_what_others_may_write(host, path)?;
    let bytes = host.files.read(path, MAX_FILE).map_err(|error| {
        let missing = matches!(error.fault(), FileFault::NotFound | FileFault::ParentMissing { .. });
        let error = Error::from(error);
        if missing { error.hint("begin with one: s2scert farm init --out farm.toml") } else { error }
    })?;
    let text = text::decode(&bytes)
        .map_err(|e| Error::new(Kind::Unreadable, "the file is not text").at(path.display()).because(e))?;
    let Reading { farm, problems } = description::read(&text);
    if let Some(problem) = problems.iter().find(|problem| rules::is_fatal(&problem.fault)) {
        let place =
            problem.place.map_or_else(|| path.display().to_string(), |place| format!("{}:{place}", path.display()));
        return Err(Error::new(Kind::Unreadable, "the description of the farm cannot be used")
            .at(place)
            .because(problem.fault.clone()));
    }
    Ok(Described { farm, findings: rules::findings(&problems) })
}

/// As [`describe`], for commands that need a description without errors.
///
/// # Errors
/// As [`describe`]; [`Kind::Finding`] when it has errors.
pub(super) fn load(host: &Host, path: &Path) -> Result<Described> {
    let described = describe(host, path)?;
    let errors = described.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        return Err(Error::new(Kind::Finding, "the description of the farm has errors")
            .at(path.display())
            .hint(format!("see all {errors} of them: s2scert farm check --farm {}", path.display())));
    }
    Ok(described)
}

/// Returns with what ssh is started, its paths as they are to be used.
///
/// # Errors
/// As `load`, and when others may write one of those files while we are elevated.
pub fn ssh(host: &Host, path: &Path) -> Result<Ssh> {
    let ssh = load(host, path)?.farm.ssh;
    let beside = |file: Option<PathBuf>| -> Result<Option<PathBuf>> {
        let Some(file) = file else { return Ok(None) };
        let file = path.parent().map_or_else(|| file.clone(), |folder| folder.join(&file));
        refuse_what_others_may_write(host, &file)?;
        Ok(Some(file))
    };
    let (identity_file, known_hosts) = (beside(ssh.identity_file)?, beside(ssh.known_hosts)?);
    Ok(Ssh { identity_file, known_hosts, config: beside(ssh.config)? })
}

/// Elevated, a description that others may write would let them choose what is done with our rights.
pub(super) fn refuse_what_others_may_write(host: &Host, path: &Path) -> Result<()> {
    let facts = host
        .machine
        .facts()
        .map_err(|e| Error::new(Kind::Internal, "it is not known as whom s2scert runs").because(e))?;
    if !facts.elevated {
        return Ok(());
    }
    host.state.admit(path).map_err(|error| {
        Error::from(error).hint(
            "with elevated rights farm.toml is read only where nobody else can write it, its folder, or what leads there",
        )
    })?;
    Ok(())
}
