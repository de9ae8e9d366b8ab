//! Certificates, keys and their containers: bytes to nouns and back.
//!
//! Pure: no file, no clock, no terminal. Knows no other room of the house.
//!
//! | file | holds |
//! |---|---|
//! | [`der`] | tag-length-value reading and writing, BER to DER |
//! | [`digest`] | [`Thumbprint`] and [`Fingerprint`] |
//! | [`name`] | distinguished names: text, encoding, comparison as Windows compares |
//! | [`capi`] | RSA keys as key blobs of CryptoAPI |
//! | [`certificate`] | one [`Certificate`] and what can be asked of it |
//! | [`extensions`] | what stands in the extensions of a certificate or request |
//! | [`issue`] | the self-signed evaluation certificate |
//! | [`signature`] | signature algorithms and their verification |
//! | [`password`] | [`Password`] |
//! | [`key`] | [`KeyPair`] and [`KeyAlgorithm`] |
//! | [`chain`] | [`Chain`] and the search for one in a bag of certificates |
//! | [`credential`] | [`Credential`]: a chain proven to match its key |
//! | [`text`] | bytes to text: UTF-8 and UTF-16, password files |
//! | [`pem`] | PEM blocks, with what stands around them |
//! | [`container`] | whatever is handed in, read by what it is |
//! | [`bundle`] | the written credential file: one PEM with key and chain |
//! | [`key_file`] | files of private keys, in clear and encrypted |
//! | [`pkcs7`] | certificates in a PKCS#7 envelope (`.p7b`) |
//! | [`csr`] | certificate signing requests, for inspection |
//! | [`pfx`] | [`Pfx`](pfx::Pfx): PKCS#12 files, read and written |

pub mod bundle;
pub mod capi;
pub mod certificate;
pub mod chain;
pub mod container;
pub mod credential;
pub mod csr;
pub mod der;
pub mod digest;
pub mod extensions;
pub mod issue;
pub mod key;
pub mod key_file;
pub mod name;
pub mod password;
pub mod pem;
pub mod pfx;
pub mod pkcs7;
pub mod signature;
#[cfg(test)]
mod test_pki;
#[cfg(test)]
#[path = "../../tests/support/tools.rs"]
pub(crate) mod test_tools;
pub mod text;

pub use certificate::Certificate;
pub use chain::Chain;
pub use credential::Credential;
pub use digest::{Fingerprint, Thumbprint};
pub use key::{KeyAlgorithm, KeyPair};
pub use name::DistinguishedName;
pub use password::Password;
