//! A chain together with the private key of its leaf, proven to belong together.

use super::chain::Chain;
use super::key::{KeyError, KeyPair};

/// A chain and the key of its leaf. Only [`Credential::prove`] makes one, so whoever holds one need not check again.
#[derive(Clone, Debug)]
pub struct Credential {
    chain: Chain,
    key: KeyPair,
}

/// Why a chain and a key do not make a credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The public keys differ.
    #[error("the private key does not belong to the certificate: their public keys differ")]
    Mismatch,
    /// The key cannot sign.
    #[error("the private key does not work")]
    Key(#[source] KeyError),
}

impl Credential {
    /// Proves that the key belongs to the leaf of the chain: equal public keys, and a signature that verifies.
    ///
    /// # Errors
    /// [`CredentialError::Mismatch`] when the public keys differ, [`CredentialError::Key`] when the key cannot sign.
    pub fn prove(chain: Chain, key: KeyPair) -> Result<Self, CredentialError> {
        if chain.leaf().public_key().bits() != key.public_key().bits() {
            return Err(CredentialError::Mismatch);
        }
        key.self_test().map_err(CredentialError::Key)?;
        Ok(Self { chain, key })
    }

    /// Returns the chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Returns the key.
    pub fn key(&self) -> &KeyPair {
        &self.key
    }
}
