//! The adapters that are one call each: clock, randomness, environment.

#![expect(clippy::disallowed_methods, reason = "the edge at which the clock and the environment are read")]

use std::io;

use jiff::Timestamp;

use crate::ports::{Clock, Environment, EnvironmentError, Random};

/// The clock of this machine.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The generator of AWS-LC, seeded by the system.
pub(super) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        aws_lc_rs::rand::fill(buffer).map_err(|_| io::Error::other("the random generator failed"))
    }
}

/// The environment of this process.
pub(super) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Result<Option<String>, EnvironmentError> {
        // The system refuses to look such names up, on some platforms by a panic.
        if name.is_empty() || name.contains(['=', '\0']) {
            return Ok(None);
        }
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(EnvironmentError { name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn random_octets_differ_from_draw_to_draw() {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        SystemRandom.fill(&mut one).unwrap();
        SystemRandom.fill(&mut two).unwrap();
        assert_ne!(one, two);
        assert_ne!(one, [0; 32]);
    }

    #[test]
    fn variables_are_found_by_name_and_impossible_names_are_unset() {
        assert!(ProcessEnvironment.var("PATH").unwrap().is_some());
        for name in ["", "A=B", "A\0B", "S2SCERT_NO_SUCH_VARIABLE"] {
            assert_eq!(ProcessEnvironment.var(name).unwrap(), None, "{name:?}");
        }
    }
}
