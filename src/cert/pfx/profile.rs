//! How a PFX is encrypted, and which Windows can read it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a PFX is encrypted on writing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PfxProfile {
    /// PBE-SHA1-3DES for key and certificates, SHA-1 MAC: read by every Windows.
    Legacy,
    /// PBES2 AES-256-CBC with PBKDF2-HMAC-SHA-256, SHA-256 MAC: read by Windows Server 2019 and later.
    Modern,
}

/// A version of Windows Server that is to import a PFX. The order is that of age.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Windows Server 2012 R2.
    Server2012R2,
    /// Windows Server 2016.
    Server2016,
    /// Windows Server 2019.
    Server2019,
    /// Windows Server 2022.
    Server2022,
    /// Windows Server 2025.
    Server2025,
}

/// The text names no target or profile that s2scert knows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{given}' is not one of {known}")]
pub struct TargetError {
    given: String,
    known: String,
}

impl Target {
    /// All targets, oldest first.
    pub const ALL: [Self; 5] =
        [Self::Server2012R2, Self::Server2016, Self::Server2019, Self::Server2022, Self::Server2025];

    /// Returns the profile to write for this target: AES in a PFX is read by Windows 10 1709 and Server 2019 (Microsoft,
    /// `PFXExportCertStoreEx`, `PKCS12_PBES2_EXPORT_PARAMS`); Server 2016 is build 1607 and calls it a wrong password.
    pub fn profile(self) -> PfxProfile {
        match self {
            Self::Server2012R2 | Self::Server2016 => PfxProfile::Legacy,
            Self::Server2019 | Self::Server2022 | Self::Server2025 => PfxProfile::Modern,
        }
    }

    /// Returns whether it can import PBES2 with AES-256: see [`Target::profile`].
    pub fn reads_modern(self) -> bool {
        self.profile() == PfxProfile::Modern
    }

    /// Returns the name of the product.
    pub fn product(self) -> &'static str {
        match self {
            Self::Server2012R2 => "Windows Server 2012 R2",
            Self::Server2016 => "Windows Server 2016",
            Self::Server2019 => "Windows Server 2019",
            Self::Server2022 => "Windows Server 2022",
            Self::Server2025 => "Windows Server 2025",
        }
    }
}

impl PfxProfile {
    /// Both profiles.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Modern];
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server2012R2 => "server2012r2",
            Self::Server2016 => "server2016",
            Self::Server2019 => "server2019",
            Self::Server2022 => "server2022",
            Self::Server2025 => "server2025",
        })
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        named(&Self::ALL, text)
    }
}

impl fmt::Display for PfxProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}

impl FromStr for PfxProfile {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        named(&Self::ALL, text)
    }
}

fn named<T: Copy + fmt::Display>(all: &[T], text: &str) -> Result<T, TargetError> {
    let known = || all.iter().map(T::to_string).collect::<Vec<_>>().join(", ");
    all.iter()
        .find(|one| one.to_string() == text)
        .copied()
        .ok_or_else(|| TargetError { given: text.to_owned(), known: known() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn only_server_2019_and_later_get_the_modern_profile() {
        let modern: Vec<_> = Target::ALL.into_iter().filter(|t| t.profile() == PfxProfile::Modern).collect();
        assert_eq!(modern, [Target::Server2019, Target::Server2022, Target::Server2025]);
    }

    #[test]
    fn targets_and_profiles_are_read_as_they_are_written() {
        for target in Target::ALL {
            assert_eq!(target.to_string().parse::<Target>().unwrap(), target);
        }
        for profile in PfxProfile::ALL {
            assert_eq!(profile.to_string().parse::<PfxProfile>().unwrap(), profile);
        }
        let error = "server2008".parse::<Target>().unwrap_err().to_string();
        assert_eq!(error, "'server2008' is not one of server2012r2, server2016, server2019, server2022, server2025");
    }
}
