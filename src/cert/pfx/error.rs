//! Why a PFX cannot be read or written.

use super::limits::{MAX_BAGS, MAX_DEPTH, MAX_FILE_SIZE, MAX_ITERATIONS, MAX_TOTAL_ITERATIONS};

use crate::cert::der::DerError;

/// Why a PFX cannot be read or written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PfxError {
    /// The file is longer than [`MAX_FILE_SIZE`].
    #[error("the file has {size} octets; at most {MAX_FILE_SIZE} are read")]
    TooLarge {
        /// Its length in octets.
        size: usize,
    },
    /// Elements nest deeper than [`MAX_DEPTH`].
    #[error("elements nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// There are more bags than [`MAX_BAGS`].
    #[error("there are more than {MAX_BAGS} bags")]
    TooManyBags,
    /// One key derivation asks for more than [`MAX_ITERATIONS`].
    #[error("the {place} asks for {iterations} iterations of its key derivation; at most {MAX_ITERATIONS} are done")]
    TooManyIterations {
        /// Where: `MAC`, `safe`, `key bag`.
        place: &'static str,
        /// The iterations asked for, `u64::MAX` where the number is larger still.
        iterations: u64,
    },
    /// All key derivations together ask for more than [`MAX_TOTAL_ITERATIONS`].
    #[error("the key derivations of the file ask for more than {MAX_TOTAL_ITERATIONS} iterations together")]
    TooManyIterationsTogether,
    /// The MAC does not verify, and nothing decrypts.
    #[error("wrong password: the MAC does not verify, and nothing in the file decrypts")]
    WrongPassword,
    /// The MAC does not verify, but the password is right: something decrypts with it.
    #[error(
        "the file was altered or damaged: the password is right, because part of the file decrypts with it, but the MAC over the whole does not verify; take it anew from where it came"
    )]
    Altered,
    /// There is no MAC, and the content does not decrypt.
    #[error(
        "wrong password or damaged file: the {place} does not decrypt, and without a MAC the two cannot be told apart"
    )]
    Undecryptable {
        /// Where: `safe`, `key bag`.
        place: &'static str,
    },
    /// The structure is broken.
    #[error("the {place} is damaged: {reason}")]
    Damaged {
        /// Where: `file`, `MAC`, `safe`, `key bag`, `certificate bag`.
        place: &'static str,
        /// What is wrong there. It holds no content of the file.
        reason: String,
    },
    /// A version of the format, or an algorithm, that is not read.
    #[error("the {place} uses {algorithm}, which is not read")]
    Unsupported {
        /// Where.
        place: &'static str,
        /// The name of the algorithm, with its object identifier where it has no name here.
        algorithm: String,
    },
    /// The file is protected for a recipient's public key instead of a password, or signed instead of having a MAC.
    #[error(
        "the file is protected by public keys ({mode}), not by a password: RFC 7292 calls it public-key mode, and it is not read"
    )]
    PublicKeyMode {
        /// `enveloped data` or `signed data`.
        mode: &'static str,
    },
    /// The iterations asked for on writing are out of range.
    #[error(
        "{iterations} iterations cannot be written: {least} to {most} are allowed here, because .NET refuses to import more than 600,000 together"
    )]
    IterationsOutOfRange {
        /// The iterations asked for.
        iterations: u32,
        /// The least allowed.
        least: u32,
        /// The most allowed for this number of keys.
        most: u32,
    },
    /// There is no bag to write.
    #[error("there is nothing to write: neither a key nor a certificate")]
    Empty,
}

impl PfxError {
    /// Says that the structure of `place` is broken. Limits keep variants of their own.
    pub(super) fn damaged(place: &'static str, error: DerError) -> Self {
        match error {
            DerError::TooDeep => Self::TooDeep,
            DerError::Truncated
            | DerError::TooLarge
            | DerError::Malformed
            | DerError::Tag { .. }
            | DerError::Trailing
            | DerError::Value(_) => Self::Damaged { place, reason: error.to_string() },
        }
    }
}
