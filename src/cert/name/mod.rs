//! Distinguished names: their text, their encoding, and how Windows compares them.

use std::fmt;

use x509_cert::der::{Decode, Encode};
use x509_cert::name::Name;

/// A distinguished name (RFC 5280 section 4.1.2.4), kept as its DER.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DistinguishedName {
    der: Vec<u8>,
}

/// Why bytes or a text are not a distinguished name.
#[derive(Debug, thiserror::Error)]
#[error("not a distinguished name: {0}")]
pub struct NameError(String);

impl DistinguishedName {
    /// Reads the DER of a `Name`.
    ///
    /// # Errors
    /// [`NameError`] when the bytes are not a `Name`.
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        let name = Name::from_der(der).map_err(|e| NameError(e.to_string()))?;
        Ok(Self::from_decoded(&name))
    }

    /// Takes over a name that was decoded by the X.509 library.
    pub fn from_decoded(name: &Name) -> Self {
        // What was decoded from DER encodes again.
        Self { der: name.to_der().unwrap_or_default() }
    }

    /// Returns the DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Name::from_der(&self.der) {
            Ok(name) => write!(f, "{name}"),
            Err(_) => f.write_str("unreadable"),
        }
    }
}
