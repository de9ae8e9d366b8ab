//! How a PFX is made: the profile is chosen from the oldest server that must read it, never from this machine.

use crate::cert::pfx::{DEFAULT_PROVIDER, PfxProfile, Settings, Target};
use crate::error::{Error, Kind, Result};
use crate::ports::Host;

/// What the person said about the PFX.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PfxOptions {
    /// The profile, if it was named.
    pub profile: Option<PfxProfile>,
    /// The servers that must read the file.
    pub targets: Vec<Target>,
    /// The provider for the key.
    pub provider: String,
    /// The friendly name, if one was given.
    pub friendly_name: Option<String>,
    /// The iterations, if they were given.
    pub iterations: Option<u32>,
}

impl Default for PfxOptions {
    fn default() -> Self {
        Self {
            profile: None,
            targets: Vec::new(),
            provider: DEFAULT_PROVIDER.to_owned(),
            friendly_name: None,
            iterations: None,
        }
    }
}

/// The profile, and why it is that one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProfileChoice {
    /// The profile.
    pub profile: PfxProfile,
    /// The oldest server named.
    pub target: Option<Target>,
    /// Why, in one sentence.
    pub reason: &'static str,
}

impl PfxOptions {
    /// Chooses the profile.
    pub fn choose(&self) -> ProfileChoice {
        let target = self.targets.iter().min().copied();
        let (profile, reason) = match (self.profile, target) {
            (Some(profile), _) => (profile, "as asked for with --profile"),
            (None, Some(target)) => match target.profile() {
                PfxProfile::Legacy => (PfxProfile::Legacy, "because the oldest server named cannot read AES in a PFX"),
                PfxProfile::Modern => (PfxProfile::Modern, "because every server named reads AES in a PFX"),
            },
            (None, None) => (
                PfxProfile::Legacy,
                "because no server was named with --for, and every Windows reads it; its encryption rests on the password \
                 alone, so use a generated one",
            ),
        };
        ProfileChoice { profile, target, reason }
    }

    /// Returns whether anything was said about a PFX.
    pub fn is_asked_for(&self) -> bool {
        *self != Self::default()
    }

    /// Returns the settings for sealing.
    pub fn settings(&self) -> Settings {
        let settings = Settings::of(self.choose().profile);
        match self.iterations {
            Some(iterations) => settings.with_iterations(iterations),
            None => settings,
        }
    }
}

/// Calls `seal` with the host's random octets and reports their failure, which `seal` itself cannot.
///
/// # Errors
/// [`Kind::Internal`] when the system has no random numbers; else what `seal` returns.
pub fn with_random<T, E: std::error::Error + Send + Sync + 'static>(
    host: &Host,
    seal: impl FnOnce(&mut dyn FnMut(&mut [u8])) -> Result<T, E>,
    refused: impl FnOnce(E) -> Error,
) -> Result<T> {
    let mut failure = None;
    let sealed = seal(&mut |octets| {
        if let Err(e) = host.random.fill(octets) {
            failure = Some(e);
        }
    });
    match failure {
        Some(e) => Err(Error::new(Kind::Internal, "the system has no random numbers to give").because(e)),
        None => sealed.map_err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_server_decides_and_without_one_every_windows_must_read_it() {
        let choose = |profile, targets: &[Target]| {
            PfxOptions { profile, targets: targets.to_vec(), ..PfxOptions::default() }.choose().profile
        };
        assert_eq!(choose(None, &[]), PfxProfile::Legacy);
        assert_eq!(choose(None, &[Target::Server2022, Target::Server2016]), PfxProfile::Legacy);
        assert_eq!(choose(None, &[Target::Server2022, Target::Server2019]), PfxProfile::Modern);
        assert_eq!(choose(Some(PfxProfile::Modern), &[]), PfxProfile::Modern);
    }
}
