//! The program on a node: where it is, whether it is the right one, and putting it there.
//!
//! Its folder is named by its hash, and the far side's own tool computes that hash again. A program is put beside its place
//! and renamed into it only when it is whole.

use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Carrier, Push, answer, error, ssh};
use crate::cert::Fingerprint;
use crate::farm::description::Node;
use crate::ports::{CarryError, CarryFault};

/// Program Files by its short name, because `Program Files` needs quotes, and the shells of Windows quote differently.
const ON_WINDOWS: &str = r"C:\PROGRA~1\s2scert";
/// The largest program that is put on a node, in octets.
const LARGEST_PROGRAM: u64 = 512 << 20;
/// How a node begins an answer. Where a forced command stands in the way of every other, even the question for the hash
/// gets one.
const ANSWER: &[u8] = b"{\"schema\":\"s2scert.node-answer/";

/// Where the program of a node is.
pub(super) struct Place {
    posix: bool,
    folder: String,
    sha256: String,
}

impl Place {
    /// Returns the place of the program with this hash.
    pub(super) fn of(node: &Node, sha256: &str) -> Self {
        let folder = node.staging.as_ref().map_or(ON_WINDOWS, |folder| folder.as_str());
        Self { posix: is_posix(node), folder: folder.to_owned(), sha256: sha256.to_owned() }
    }

    /// Returns whether it is not on Windows.
    pub(super) fn is_posix(&self) -> bool {
        self.posix
    }

    /// Returns the folder that is named by the hash.
    pub(super) fn below(&self) -> String {
        format!("{}{}{}", self.folder, if self.posix { '/' } else { '\\' }, self.sha256)
    }

    /// Returns the path of the program.
    pub(super) fn program(&self) -> String {
        if self.posix { format!("{}/s2scert", self.below()) } else { format!(r"{}\s2scert.exe", self.below()) }
    }

    /// Returns the command that tells its hash; where there is `find`, also what others could change.
    pub(super) fn question(&self) -> String {
        let program = self.program();
        if self.posix {
            let (folder, below) = (&self.folder, self.below());
            format!(
                "sha256sum {program} && find {folder} {below} {program} -maxdepth 0 \\( -perm /022 -o ! -user 0 ! -user \
                 \"$(id -u)\" \\)"
            )
        } else {
            format!("certutil -hashfile {program} SHA256")
        }
    }

    /// Returns a path as sftp has it.
    fn in_sftp(&self, path: &str) -> String {
        if self.posix { path.to_owned() } else { format!("/{}", path.replace('\\', "/")) }
    }

    /// Returns what makes the folders, puts the program beside its place, and then in it.
    pub(super) fn batch(&self, local: &str) -> String {
        let (folder, below) = (self.in_sftp(&self.folder), self.in_sftp(&self.below()));
        let program = self.in_sftp(&self.program());
        let mut lines = vec![format!("-mkdir {folder}"), format!("-mkdir {below}")];
        if self.posix {
            lines.push(format!("-chmod 755 {below}"));
        }
        lines.push(format!("put \"{local}\" {program}.part"));
        if self.posix {
            lines.push(format!("chmod 755 {program}.part"));
        } else {
            // The server of Windows renames onto nothing that exists.
            lines.push(format!("-rm {program}"));
        }
        lines.push(format!("rename {program}.part {program}"));
        lines.push(String::new());
        lines.join("\n")
    }
}

/// What the far side says of the program.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// It is the right one.
    Right,
    /// It is not there, or another.
    Wrong,
    /// Others could change it.
    Unsafe(String),
}

/// Reads the answer to the question for the hash. Old versions of certutil write spaces between the octets.
pub(super) fn found(stdout: &[u8], sha256: &str) -> Found {
    if stdout.trim_ascii_start().starts_with(ANSWER) {
        return Found::Right;
    }
    let text = String::from_utf8_lossy(stdout);
    let is_hash = |line: &str| {
        let plain: String = line.split("  ").next().unwrap_or(line).chars().filter(|c| !c.is_whitespace()).collect();
        plain.eq_ignore_ascii_case(sha256)
    };
    let mut lines = text.lines().skip_while(|line| !is_hash(line));
    if lines.next().is_none() {
        return Found::Wrong;
    }
    match lines.find(|line| line.starts_with('/')) {
        Some(entry) => Found::Unsafe(answer::shown(entry.as_bytes())),
        None => Found::Right,
    }
}

impl Carrier {
    /// Returns the path of the program on a node, after it was found to be the right one there.
    pub(super) fn ready(&self, node: &Node, patience: Duration) -> Result<String, CarryError> {
        let (local, sha256) = self.program_for(node)?;
        let place = Place::of(node, &sha256);
        if self.is_checked(node) {
            return Ok(place.program());
        }
        let begun = self.host.clock.now();
        let left = || {
            let spent = Duration::try_from(self.host.clock.now().duration_since(begun)).unwrap_or_default();
            patience.saturating_sub(spent)
        };
        let mut found = self.look(node, &place, left())?;
        if found == Found::Wrong && self.settings.push == Push::WhenMissing {
            let output = self.sftp(node, &place.batch(&sftp_path(&local)?), left())?;
            if output.code != Some(0) {
                let said = String::from_utf8_lossy(&output.stderr);
                let failure = ssh::failed(node, &said);
                return Err(if failure.fault == CarryFault::Broken {
                    let why =
                        format!("the program cannot be put on the node: {}", answer::shown(said.trim().as_bytes()));
                    error(
                        CarryFault::Program,
                        &why,
                        "put it there by hand, or name another folder: staging = \"FOLDER\"",
                    )
                } else {
                    failure
                });
            }
            found = self.look(node, &place, left())?;
        }
        match found {
            Found::Right => {
                self.check_held(node);
                Ok(place.program())
            }
            Found::Wrong => Err(error(
                CarryFault::Program,
                &format!("this version of s2scert is not there: {}", place.program()),
                "put it there with --push, or by hand; its SHA-256 is the name of its folder",
            )),
            Found::Unsafe(entry) => Err(error(
                CarryFault::Program,
                &format!("others could change the program on the node: {entry}"),
                "let the folder, and all in it, belong to root or to the account that logs in, writable by nobody else",
            )),
        }
    }

    fn look(&self, node: &Node, place: &Place, patience: Duration) -> Result<Found, CarryError> {
        let output = self.ssh(node, &place.question(), Zeroizing::default(), patience)?;
        if output.stdout.is_empty() {
            let failure = ssh::silent(node, &output);
            // Any exit code but that of ssh itself means that the tool looked and saw nothing.
            return if failure.fault == CarryFault::Program { Ok(Found::Wrong) } else { Err(failure) };
        }
        Ok(found(&output.stdout, &place.sha256))
    }

    /// Returns the program that belongs on a node, and its hash: our own where the systems are the same.
    pub(super) fn program_for(&self, node: &Node) -> Result<(std::path::PathBuf, String), CarryError> {
        let machine = &self.host.machine;
        let unknown =
            |why: String| error(CarryFault::Unusable, &why, "name the program for the nodes: --node-program FILE");
        let on_windows = machine.facts().is_ok_and(|facts| facts.system == "windows");
        if on_windows != is_posix(node) {
            let hash = self.own_hash.get_or_init(|| {
                machine.program_sha256().map(|sum| crate::cert::digest::hex_upper(&sum)).map_err(|e| e.to_string())
            });
            let hash = hash.clone().map_err(|why| unknown(format!("the own program cannot be read: {why}")))?;
            let file = machine.program().map_err(|e| unknown(format!("the own program is not known: {e}")))?;
            return Ok((file, hash));
        }
        let Some(file) = &self.settings.node_program else {
            return Err(unknown(format!(
                "{} has another system than this machine, and needs another program",
                node.name
            )));
        };
        let hash = self.given_hash.get_or_init(|| {
            let bytes = self.host.files.read(file, LARGEST_PROGRAM).map_err(|e| e.to_string())?;
            Ok(Fingerprint::of(&bytes).to_string())
        });
        let hash = hash.clone().map_err(|why| unknown(format!("{}: {why}", file.display())))?;
        Ok((file.clone(), hash))
    }
}

/// Returns whether a node is not Windows: its folder says so.
fn is_posix(node: &Node) -> bool {
    node.staging.as_ref().is_some_and(crate::farm::description::Folder::is_posix)
}

/// Returns a path as a batch of sftp takes it within quotes.
fn sftp_path(path: &Path) -> Result<String, CarryError> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':' | '~' | ' ' | '+' | '(' | ')');
    let text = path.to_str().map(|text| {
        if std::path::MAIN_SEPARATOR == '\\' {
            text.trim_start_matches(r"\\?\").replace('\\', "/")
        } else {
            text.to_owned()
        }
    });
    text.filter(|text| text.chars().all(plain)).ok_or_else(|| {
        let why = format!("sftp cannot take the path {}", path.display());
        error(CarryFault::Unusable, &why, "copy the program to a path of plain letters")
    })
}
