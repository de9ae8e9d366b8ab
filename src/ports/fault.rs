//! What the world can answer instead of what was asked for.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Kind};

/// What a directory entry is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link or other reparse point that was not followed.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        })
    }
}

/// Why a file operation failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FileFault {
    /// Nothing stands at the path.
    #[error("no such file")]
    NotFound,
    /// A directory on the way does not exist.
    #[error("the folder {} does not exist", .part.display())]
    ParentMissing {
        /// The first part of the path that is missing.
        part: PathBuf,
    },
    /// Something on the way is not a directory.
    #[error("{} is not a folder", .part.display())]
    ParentNotDirectory {
        /// The part of the path that should be a directory.
        part: PathBuf,
    },
    /// What should be read is no regular file.
    #[error("is {kind}, not a file")]
    NotAFile {
        /// What it is.
        kind: EntryKind,
    },
    /// What should be replaced is no regular file.
    #[error("the target is {kind}; only a file can be replaced")]
    TargetNotAFile {
        /// What it is.
        kind: EntryKind,
    },
    /// The input is larger than the limit of its kind.
    #[error("larger than the limit of {limit} octets")]
    TooLarge {
        /// The limit in octets.
        limit: u64,
    },
    /// The target exists and was not to be replaced.
    #[error("the file exists already")]
    Exists,
    /// The file, its folder or the whole file system cannot be written.
    #[error("the file or its folder is read-only")]
    ReadOnly,
    /// The disk is full, or the quota or size limit of the account is used up.
    #[error("the disk is full, or the quota of this account is used up")]
    DiskFull,
    /// The system refused access.
    #[error("access denied")]
    Permission,
    /// The name, or the path, is longer than the file system takes.
    #[error("the name is too long")]
    NameTooLong,
    /// The system does not take such a name.
    #[error("not a possible file name: {why}")]
    InvalidName {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A folder in a walk lies too deep.
    #[error("not searched: more than {limit} folders deep")]
    TooDeep {
        /// The number of levels that are searched.
        limit: usize,
    },
    /// Another program has the file open in a way that shuts us out (Windows).
    #[error("another program is using the file")]
    InUse,
    /// It did not come to its end in time.
    #[error("did not come to its end within {seconds} seconds")]
    Late {
        /// How long it was waited for.
        seconds: u64,
    },
    /// Something of ours that others could have made or could change.
    #[error("not safe: {why}")]
    Unsafe {
        /// What is wrong with it.
        why: String,
    },
    /// Anything else; the system's own words are the source of the error.
    #[error("the system reports an error")]
    Other,
}

/// A file operation that failed. Its text says why; where is [`FileError::path`].
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct FileError {
    path: PathBuf,
    fault: FileFault,
    source: Option<io::Error>,
}

impl FileError {
    /// Makes an error of a known sort.
    pub fn new(path: &Path, fault: FileFault) -> Self {
        Self { path: path.to_owned(), fault, source: None }
    }

    /// Makes an error of the sort [`FileFault::Other`], with the system's words as its source.
    pub fn other(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), fault: FileFault::Other, source: Some(source) }
    }

    /// Returns the path that was asked for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns why it failed.
    pub fn fault(&self) -> &FileFault {
        &self.fault
    }

    /// Returns the system's words, where there are any.
    pub fn into_source(self) -> Option<io::Error> {
        self.source
    }

    /// Returns the kind, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self.fault {
            FileFault::NotFound
            | FileFault::ParentMissing { .. }
            | FileFault::ParentNotDirectory { .. }
            | FileFault::NotAFile { .. }
            | FileFault::TooLarge { .. }
            | FileFault::ReadOnly
            | FileFault::Permission
            | FileFault::TooDeep { .. }
            | FileFault::Late { .. }
            | FileFault::InUse => Kind::Unreadable,
            FileFault::Exists | FileFault::TargetNotAFile { .. } | FileFault::Unsafe { .. } => Kind::Refused,
            FileFault::NameTooLong | FileFault::InvalidName { .. } => Kind::Usage,
            FileFault::DiskFull | FileFault::Other => Kind::Internal,
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        let text = Self::new(error.kind(), error.to_string()).at(error.path.display());
        match error.source {
            Some(source) => text.because(source),
            None => text,
        }
    }
}

/// Why an environment variable cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} is not Unicode text")]
pub struct EnvironmentError {
    /// The name of the variable.
    pub name: String,
}

/// Why a program gave no usable output. Neither arguments nor output appear in the text.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The list of arguments is empty.
    #[error("no program is named")]
    Empty,
    /// The machine has no Windows PowerShell.
    #[error("there is no Windows PowerShell on this machine")]
    NoPowerShell,
    /// The program could not be started.
    #[error("cannot start {program}")]
    NotStarted {
        /// The program.
        program: String,
        /// The system's words.
        source: io::Error,
    },
    /// The program ended with an exit code other than 0, or by a signal.
    #[error("{program} failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// The program wrote more than is taken.
    #[error("{program} wrote more than {limit} octets and was ended")]
    TooMuchOutput {
        /// The program.
        program: String,
        /// The limit in octets.
        limit: u64,
    },
    /// The program did not end in time.
    #[error("{program} did not end within {} seconds and was ended", .deadline.as_secs())]
    Overran {
        /// The program.
        program: String,
        /// The time it had.
        deadline: Duration,
    },
    /// Its output could not be read.
    #[error("cannot read what {program} writes")]
    Unread {
        /// The program.
        program: String,
        /// The system's words.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_error_becomes_a_report_with_place_and_exit_code() {
        let cases = [
            (FileFault::Exists, 9, "error: /srv/s2s.pfx: the file exists already"),
            (FileFault::DiskFull, 1, "error: /srv/s2s.pfx: the disk is full, or the quota of this account is used up"),
            (FileFault::NotAFile { kind: EntryKind::Pipe }, 4, "error: /srv/s2s.pfx: is a pipe, not a file"),
            (FileFault::NameTooLong, 2, "error: /srv/s2s.pfx: the name is too long"),
        ];
        for (fault, code, report) in cases {
            let error = Error::from(FileError::new(Path::new("/srv/s2s.pfx"), fault));
            assert_eq!((error.kind().exit_code().code(), error.report().as_str()), (code, report));
        }
    }

    #[test]
    fn the_words_of_the_system_are_printed_once() {
        let error = FileError::other(Path::new("s2s.pfx"), io::Error::other("bad sector"));
        assert_eq!(Error::from(error).report(), "error: s2s.pfx: the system reports an error\n  because: bad sector");
    }
}
