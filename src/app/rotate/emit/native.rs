//! The second realisation of what the program does natively: PowerShell that somebody reads and runs where our program does not.
//!
//! The bridge never runs these. They have its frame, so that their answers look alike, and keep to no subset. No PowerShell was
//! at hand to run them: that they parse is tested, what they do is unverified on Windows.

use crate::node::powershell::{DESCRIBE, Script};

/// A script of this room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Native {
    /// The name of its main file.
    pub name: &'static str,
    parts: &'static [&'static str],
}

const OPEN: &str = include_str!("OpenCertificate.ps1");

/// Makes one constant per script, and the list of all.
macro_rules! natives {
    ($($constant:ident = $name:literal, [$($part:expr),*];)+) => {
        $(pub(super) const $constant: Native =
            Native { name: $name, parts: &[$($part,)* include_str!(concat!($name, ".ps1"))] };)+

        /// Every script of this room.
        pub const NATIVES: &[Native] = &[$($constant),+];
    };
}

natives! {
    SHOW = "ShowCertificate", [OPEN];
    INSTALL = "InstallCertificate", [];
    GRANT = "GrantAccess", [OPEN];
    RESTORE_ACCESS = "RestoreAccess", [OPEN];
    REMOVE = "RemoveCertificate", [OPEN];
    PROVE = "ProveKey", [OPEN];
    READ_METADATA = "ReadMetadata", [];
    REMOVE_FILE = "RemoveFile", [];
}

impl Native {
    /// Returns the whole text, its comments kept: somebody is to read it.
    #[must_use]
    pub fn text(&self) -> String {
        let frame = DESCRIBE.sources().first().copied().unwrap_or_default();
        Script::framed(frame, &self.parts.concat())
    }
}
