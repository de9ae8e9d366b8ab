//! Certificate stores and the private keys that they name.

use std::io;
use std::path::Path;

use super::{FileError, FileFault, Held, KeyPlace};
use crate::cert::key::PublicKey;
use crate::cert::{Fingerprint, KeyPair};
use crate::error::{Error, Kind};
use crate::farm::KeySpec;
use crate::farm::access::Principal;
use crate::farm::store::{StoreName, StorePlace, TlsBinding};

/// A certificate as a store keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCertificate {
    /// Its DER, whatever stands there.
    pub der: Vec<u8>,
    /// The name that Windows shows beside it.
    pub friendly_name: Option<String>,
    /// The private key that it names; whether that exists is another question.
    pub key: Option<KeyPlace>,
}

/// What a new key becomes. Where keys are files, only `readers` and `machine` have a meaning.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// The name of the container, or of the key file without its ending: letters, digits, dots and dashes.
    pub container: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// Its type; 24 is `PROV_RSA_AES`.
    pub provider_type: u32,
    /// What the key is for.
    pub key_spec: KeySpec,
    /// Whether the key may leave the provider again.
    pub exportable: bool,
    /// Who reads it, beside SYSTEM and Administrators, which have full control. On Windows the container has this access
    /// before the key is in it; a file begins as the owner's alone, and `KeyAccess::write` gives it more.
    pub readers: &'a [Principal],
}

/// What an opened key tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenedKey {
    /// Its public key.
    pub public: PublicKey,
    /// Whether the provider gives it out; unknown where the provider does not say.
    pub exportable: Option<bool>,
}

/// Reads and changes certificate stores, and the key containers or key files behind them. Each call does one thing.
pub trait CertificateStores: Send + Sync {
    /// Keeps other runs of s2scert from changing the stores of a place, until what is returned is dropped or the process ends.
    ///
    /// # Errors
    /// [`StoreFault::Busy`] where another run keeps them for longer than is waited.
    fn lock(&self, place: &StorePlace) -> Result<Box<dyn Held>, StoreError>;

    /// Returns what is in a store, in its own order. A store that does not exist yet is empty.
    ///
    /// # Errors
    /// [`StoreError`].
    fn certificates(&self, place: &StorePlace, store: StoreName) -> Result<Vec<StoredCertificate>, StoreError>;

    /// Returns what stands in a store and is no certificate, each with why: it hides nothing, and is not passed over in silence. The
    /// stores of Windows hold nothing else.
    ///
    /// # Errors
    /// [`StoreError`].
    fn strangers(&self, _place: &StorePlace, _store: StoreName) -> Result<Vec<StoreError>, StoreError> {
        Ok(Vec::new())
    }

    /// Adds a certificate together with its friendly name and the key that it names, and returns whether it was not there
    /// yet. One that was there stays as it was, with its own name and key.
    ///
    /// # Errors
    /// [`StoreError`]; the store is then as before.
    fn add(&self, place: &StorePlace, store: StoreName, certificate: &StoredCertificate) -> Result<bool, StoreError>;

    /// Removes a certificate, and returns whether it was there. Its key stays.
    ///
    /// # Errors
    /// [`StoreError`]; the store is then as before.
    fn remove(&self, place: &StorePlace, store: StoreName, certificate: &Fingerprint) -> Result<bool, StoreError>;

    /// Lets a certificate name its key, or none.
    ///
    /// # Errors
    /// [`StoreFault::NoCertificate`] where it is not there, or what else the system reports.
    fn set_key(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        key: Option<&KeyPlace>,
    ) -> Result<(), StoreError>;

    /// Sets the friendly name, or takes it away.
    ///
    /// # Errors
    /// As [`CertificateStores::set_key`].
    fn set_friendly_name(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        name: Option<&str>,
    ) -> Result<(), StoreError>;

    /// Puts a key into a new container or file.
    ///
    /// # Errors
    /// [`StoreFault::KeyExists`] where one has this name; [`StoreFault::KeyUnfit`] for a key that the provider cannot take.
    /// Nothing is left behind.
    fn import_key(&self, place: &StorePlace, key: &KeyPair, wish: &NewKey<'_>) -> Result<KeyPlace, StoreError>;

    /// Opens a key and returns what it tells.
    ///
    /// # Errors
    /// [`StoreFault::KeyMissing`] where there is none, [`StoreFault::Denied`] where whoever asks may not open it.
    fn open_key(&self, key: &KeyPlace) -> Result<OpenedKey, StoreError>;

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256, the way the product does.
    ///
    /// # Errors
    /// As [`CertificateStores::open_key`]; [`StoreFault::KeyUnfit`] where the provider knows no SHA-256.
    fn sign(&self, key: &KeyPlace, content: &[u8]) -> Result<Vec<u8>, StoreError>;

    /// Deletes a key with its container or file, and returns whether it was there.
    ///
    /// # Errors
    /// [`StoreError`]; the key is then still there.
    fn delete_key(&self, key: &KeyPlace) -> Result<bool, StoreError>;

    /// Returns every key that can be listed in a place: the containers of the CSPs that the product can use, or the key files.
    /// Keys of CNG are not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keys(&self, place: &StorePlace) -> Result<Vec<KeyPlace>, StoreError>;

    /// Returns the TLS bindings of http.sys; none on a system without it.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be seen, which does not mean that there are none.
    fn tls_bindings(&self) -> Result<Vec<TlsBinding>, StoreError>;
}

/// Why a store or a key in it cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct StoreError {
    /// The store, certificate or container.
    pub place: String,
    /// Why.
    pub fault: StoreFault,
    /// The system's words, where they say more.
    pub source: Option<io::Error>,
}

impl StoreError {
    /// Makes one without words of the system.
    #[must_use]
    pub fn new(place: impl Into<String>, fault: StoreFault) -> Self {
        Self { place: place.into(), fault, source: None }
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        let place = error.path().display().to_string();
        Self { place, fault: StoreFault::File(error.fault().clone()), source: error.into_source() }
    }
}

/// The sorts of [`StoreError`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreFault {
    /// The system refused.
    #[error("access to the certificate store is denied")]
    Denied,
    /// The store can be read only.
    #[error("the certificate store is read-only")]
    ReadOnly,
    /// Another program holds it.
    #[error("another program is using the certificate store")]
    Busy,
    /// There is no such certificate.
    #[error("there is no such certificate in the store")]
    NoCertificate,
    /// The container or key file is gone.
    #[error("there is no such key container or key file")]
    KeyMissing,
    /// A container or key file has this name already.
    #[error("there is a key container or key file of this name already")]
    KeyExists,
    /// The provider cannot take, or use, this key.
    #[error("the provider cannot use this key: {0}")]
    KeyUnfit(String),
    /// The provider is not installed.
    #[error("the provider is not installed here")]
    NoProvider,
    /// Something that this system does not have.
    #[error("{0}")]
    NotHere(&'static str),
    /// What stands there cannot be understood, or could be another's doing.
    #[error("{0}")]
    Unusable(String),
    /// The file or folder behind it cannot be used.
    #[error("{0}")]
    File(FileFault),
    /// Anything else.
    #[error("the system reports an error about the certificate store")]
    Other,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (kind, hint) = match &error.fault {
            StoreFault::Denied => (Kind::Unreadable, Some("run as an administrator (an elevated prompt), or as root")),
            StoreFault::ReadOnly => (
                Kind::Unreadable,
                Some("a store that a policy fills cannot be changed; name another, or another folder"),
            ),
            StoreFault::Busy => (Kind::Refused, Some("wait for the other program and do it again")),
            StoreFault::NoCertificate => (Kind::Unreadable, Some("see what is there: s2scert store list")),
            StoreFault::KeyMissing => {
                (Kind::Unreadable, Some("put the key back from its PFX: s2scert store install FILE --repair"))
            }
            StoreFault::KeyExists => (Kind::Refused, Some("do it again: the name of a container is new in each run")),
            StoreFault::KeyUnfit(_) | StoreFault::NoProvider => {
                (Kind::Refused, Some("use the provider that is the default: leave --provider out"))
            }
            StoreFault::NotHere(_) => (Kind::Usage, None),
            StoreFault::Unusable(_) => (Kind::Refused, None),
            StoreFault::File(fault) => (FileError::new(Path::new(&error.place), fault.clone()).kind(), None),
            StoreFault::Other => (Kind::Internal, None),
        };
        let text = Self::new(kind, error.to_string()).at(&error.place);
        let text = match hint {
            Some(hint) => text.hint(hint),
            None => text,
        };
        match error.source {
            Some(source) => text.because(source),
            None => text,
        }
    }
}
