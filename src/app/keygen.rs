//! Making a key on all cores: the search for primes is a lottery, so the first of several searches to end wins.
//!
//! docs/PERFORMANCE.md has the measurement that this is faster than one search.

use std::sync::mpsc;
use std::thread;

use crate::cert::KeyPair;
use crate::cert::key::{KeyError, KeySpec};

/// More searches than this gain little: the expected time falls with the number, the time to start them does not.
const MAX_SEARCHES: usize = 8;

/// Generates a key. Searches that lose go on in the background until they end or the process does; their keys are erased.
///
/// # Errors
/// [`KeyError::Generation`] when every search fails.
pub fn generate(spec: KeySpec) -> Result<KeyPair, KeyError> {
    let searches = thread::available_parallelism().map_or(1, usize::from).min(MAX_SEARCHES);
    if searches == 1 {
        return KeyPair::generate(spec);
    }
    let (winner, keys) = mpsc::channel();
    for _ in 0..searches {
        let winner = winner.clone();
        // A receiver that is gone means that another search won.
        thread::spawn(move || drop(winner.send(KeyPair::generate(spec))));
    }
    drop(winner);
    keys.iter().find(Result::is_ok).unwrap_or(Err(KeyError::Generation))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn the_winner_is_a_working_key_of_the_size_asked_for() {
        let key = generate(KeySpec::Rsa2048).unwrap();
        assert_eq!(key.algorithm().to_string(), "RSA 2048");
        key.self_test().unwrap();
    }
}
