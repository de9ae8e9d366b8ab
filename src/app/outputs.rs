//! The files that a command writes: checked before the work, staged, and put in place all or none.

use std::path::{Path, PathBuf};

use super::source::is_stdin;
use crate::error::{Error, Kind, Result};
use crate::ports::{Access, EntryKind, Existing, FileError, FileFault, Host, place_all};

/// One file to be written.
pub struct Output<'a> {
    /// Where.
    pub path: &'a Path,
    /// Who may read it.
    pub access: Access,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// Refuses before any work what would be refused at the end: stdout as an output, two outputs in one place, an output that is an input, an
/// existing target without `--force`, a target that is no file. Inputs are all files that the command reads: those of
/// passwords and policies too.
///
/// # Errors
/// [`Kind::Refused`], [`Kind::Usage`] for `-`, or what the file system reports.
pub fn admit(host: &Host, inputs: &[PathBuf], outputs: &[&Path], existing: Existing) -> Result<()> {
    for (index, output) in outputs.iter().enumerate() {
        if is_stdin(output) {
            return Err(Error::new(Kind::Usage, "an output is a file with a name; - is not taken for stdout")
                .at("-")
                .hint("a file called - is named ./-"));
        }
        let found = host.files.kind(output)?;
        if let Some(kind) = found.filter(|kind| *kind != EntryKind::File) {
            return Err(FileError::new(output, FileFault::TargetNotAFile { kind }).into());
        }
        for other in &outputs[index + 1..] {
            if host.files.same_file(output, other)? {
                let name = if *other == *output { String::new() } else { format!(", as {} too", other.display()) };
                return Err(Error::new(Kind::Refused, format!("two outputs would be this one file{name}"))
                    .at(output.display())
                    .hint("give each of them a name: --out, --cer (issue), --generate-password-to"));
            }
        }
        for input in inputs {
            if host.files.same_file(output, input)? {
                return Err(Error::new(Kind::Refused, "is input and output at once; nothing was written")
                    .at(output.display())
                    .hint("write to another name, look at the result, then replace the old file"));
            }
        }
        if existing == Existing::Refuse && found.is_some() {
            return Err(exists(output));
        }
    }
    Ok(())
}

/// Writes all files or none.
///
/// # Errors
/// The first file that cannot be written.
pub fn write(host: &Host, outputs: &[Output<'_>], existing: Existing) -> Result<()> {
    let staged = outputs
        .iter()
        .map(|output| host.files.stage(output.path, output.access, existing, output.bytes))
        .collect::<Result<Vec<_>, _>>();
    staged.and_then(place_all).map_err(|e| match e.fault() {
        FileFault::Exists => exists(e.path()),
        _ => Error::from(e),
    })
}

/// Writes one file that everybody may read and that is known only when the work is done: a report, a bundle, a log.
///
/// # Errors
/// [`Kind::Refused`] when it exists and is not to be replaced, or what the system reports.
pub fn publish(host: &Host, path: &Path, force: bool, bytes: &[u8]) -> Result<()> {
    let written = host.files.create(path, Access::Public, existing(force), bytes).map_err(Error::from);
    written.map_err(|error| match error.kind() {
        Kind::Refused => error.hint("replace it with --force, or name another file"),
        _ => error,
    })
}

/// Returns how an existing target is treated.
pub fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Refuse }
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::Refused, "the file exists already; nothing was written")
        .at(path.display())
        .hint("choose another name, or replace it with --force")
}
