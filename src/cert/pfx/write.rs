//! Contents to bytes.

use std::num::NonZeroU32;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::algorithm::{EncryptionParameters, MacParameters, digest_length};
use super::attribute::Attribute;
use super::contents::Contents;
use super::error::PfxError;
use super::kdf;
use super::profile::PfxProfile;
use super::scheme::{Cipher, EncryptionScheme, MacInfo, MacScheme};
use super::structure::{DATA, ENCRYPTED_DATA, EXPLICIT_0, IMPLICIT_0, bag};
use super::{Bag, BagContent, PasswordEncoding, SecretDer};
use crate::cert::der::{self, OCTET_STRING, SEQUENCE};
use crate::cert::password::Password;
use crate::cert::signature::Hash;

/// The fewest iterations that are written: RFC 8018 section 4.2 recommends 1,000 at least.
pub const MIN_WRITTEN_ITERATIONS: u32 = 1_000;

/// The most iterations that are written for one key derivation. .NET 9 and later refuse more for the MAC, and more for one
/// encrypted content (`Pkcs12LoaderLimits.Defaults`: `MacIterationLimit`, `IndividualKdfIterationLimit`).
pub const MAX_WRITTEN_ITERATIONS: u32 = 300_000;

/// The most iterations that are written for all key derivations of a file. Since June 2023 .NET Framework and .NET refuse
/// more where a PFX is loaded without a password argument (Microsoft, KB5025823); the newer limit is higher.
pub const MAX_WRITTEN_ITERATIONS_TOGETHER: u32 = 600_000;

/// The length of salts under legacy encryption: Windows writes and expects eight octets.
const LEGACY_SALT: usize = 8;
/// The length of salts under modern encryption: 128 bits (NIST SP 800-132 section 5.1).
const MODERN_SALT: usize = 16;
/// The length of the salt of the MAC, as Windows writes it.
const MAC_SALT: usize = 20;

/// How [`seal`] encrypts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    profile: PfxProfile,
    iterations: u32,
}

impl Settings {
    /// Makes the settings of a profile with its default iterations: 2,000 for legacy, as Windows; 10,000 for modern.
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

    /// Checks the iterations against the limits of those who read the file. `keys` is the number of private keys in it.
    ///
    /// # Errors
    /// [`PfxError::IterationsOutOfRange`], with the range.
    pub fn check(self, keys: usize) -> Result<NonZeroU32, PfxError> {
        // One derivation for the MAC, one for the certificates, one for each key.
        let derivations = u32::try_from(keys.saturating_add(2)).unwrap_or(u32::MAX);
        let most =
            (MAX_WRITTEN_ITERATIONS_TOGETHER / derivations).clamp(MIN_WRITTEN_ITERATIONS, MAX_WRITTEN_ITERATIONS);
        NonZeroU32::new(self.iterations)
            .filter(|count| (MIN_WRITTEN_ITERATIONS..=most).contains(&count.get()))
            .ok_or(PfxError::IterationsOutOfRange { iterations: self.iterations, least: MIN_WRITTEN_ITERATIONS, most })
    }
}

/// Writes a PFX. `random` fills what it is given with random octets: salts and initialisation vectors.
///
/// Keys stand first, each encrypted by itself, in a safe of their own, as Windows writes them; all other bags follow in one
/// encrypted safe. The order of the bags within each is that of `contents`.
///
/// # Errors
/// [`PfxError::Empty`] for contents without a bag, [`PfxError::IterationsOutOfRange`] for iterations that .NET would refuse.
pub fn seal(
    contents: &Contents,
    password: &Password,
    settings: &Settings,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Zeroizing<Vec<u8>>, PfxError> {
    if contents.bags().is_empty() {
        return Err(PfxError::Empty);
    }
    let (keys, others): (Vec<&Bag>, Vec<&Bag>) = contents.bags().iter().partition(|bag| bag.key_der().is_some());
    let iterations = settings.check(contents.bags().iter().map(key_count).sum())?;
    let mut sealing = Sealing { profile: settings.profile, iterations, password, random };
    let mut safes = Vec::new();
    if !keys.is_empty() {
        let bags = sealing.safe_contents(&keys)?;
        // ContentInfo of type data, RFC 7292 section 4.1.
        safes.push(content_info(DATA, &der::tlv(OCTET_STRING, &bags)));
    }
    if !others.is_empty() {
        let bags = sealing.safe_contents(&others)?;
        safes.push(sealing.encrypted_safe(&bags)?);
    }
    let authenticated = der::sequence(&safes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mac_data = sealing.mac_data(&authenticated)?;
    let auth_safe = content_info(DATA, &der::tlv(OCTET_STRING, &authenticated));
    // PFX, RFC 7292 section 4: version 3.
    Ok(Zeroizing::new(der::sequence(&[&der::unsigned(&[3]), &auth_safe, &mac_data])))
}

struct Sealing<'a> {
    profile: PfxProfile,
    iterations: NonZeroU32,
    password: &'a Password,
    random: &'a mut dyn FnMut(&mut [u8]),
}

impl Sealing<'_> {
    fn safe_contents(&mut self, bags: &[&Bag]) -> Result<Zeroizing<Vec<u8>>, PfxError> {
        let bags = bags.iter().map(|bag| self.bag(bag)).collect::<Result<Vec<_>, _>>()?;
        Ok(Zeroizing::new(der::sequence(&bags.iter().map(|bag| bag.as_slice()).collect::<Vec<_>>())))
    }

    /// `SafeBag`, RFC 7292 section 4.2.
    fn bag(&mut self, bag: &Bag) -> Result<Zeroizing<Vec<u8>>, PfxError> {
        let (oid, value) = match &bag.content {
            BagContent::Key(key) | BagContent::ShroudedKey { key, .. } => (bag::SHROUDED_KEY, self.shroud(key)?),
            BagContent::Certificate { der, .. } => (bag::CERTIFICATE, typed(bag::X509_CERTIFICATE, der)),
            BagContent::Crl { der } => (bag::CRL, typed(bag::X509_CRL, der)),
            BagContent::Secret { oid, value } => {
                let value = Zeroizing::new(der::tlv(EXPLICIT_0, value.expose()));
                (bag::SECRET, Zeroizing::new(der::sequence(&[&der::oid(*oid), &value])))
            }
            BagContent::SafeContents(bags) => {
                (bag::SAFE_CONTENTS, self.safe_contents(&bags.iter().collect::<Vec<_>>())?)
            }
            BagContent::Other { oid, value } => (*oid, Zeroizing::new(value.expose().to_vec())),
        };
        let value = Zeroizing::new(der::tlv(EXPLICIT_0, &value));
        let attributes = if bag.attributes.is_empty() {
            Vec::new()
        } else {
            der::set_of(&bag.attributes.iter().map(Attribute::encode).collect::<Vec<_>>())
        };
        Ok(Zeroizing::new(der::sequence(&[&der::oid(oid), &value, &attributes])))
    }

    /// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
    fn shroud(&mut self, key: &SecretDer) -> Result<Zeroizing<Vec<u8>>, PfxError> {
        let (algorithm, ciphertext) = self.encrypt(key.expose())?;
        Ok(Zeroizing::new(der::sequence(&[&algorithm, &der::tlv(OCTET_STRING, &ciphertext)])))
    }

    /// `EncryptedData`, RFC 5652 section 8, version 0.
    fn encrypted_safe(&mut self, bags: &[u8]) -> Result<Vec<u8>, PfxError> {
        let (algorithm, ciphertext) = self.encrypt(bags)?;
        let content = der::sequence(&[&der::oid(DATA), &algorithm, &der::tlv(IMPLICIT_0, &ciphertext)]);
        Ok(content_info(ENCRYPTED_DATA, &der::sequence(&[&der::unsigned(&[0]), &content])))
    }

    fn encrypt(&mut self, content: &[u8]) -> Result<(Vec<u8>, Vec<u8>), PfxError> {
        let (scheme, salt, iv, encoding) = match self.profile {
            PfxProfile::Legacy => {
                (EncryptionScheme::PbeSha1TripleDes, self.random(LEGACY_SALT), Vec::new(), PasswordEncoding::Utf16)
            }
            PfxProfile::Modern => {
                let scheme = EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 };
                (scheme, self.random(MODERN_SALT), self.random(Cipher::Aes256.block_length()), PasswordEncoding::Utf8)
            }
        };
        let parameters = EncryptionParameters::new(scheme, salt, self.iterations, iv);
        let ciphertext = parameters.encrypt(&kdf::encode(self.password, encoding), content).ok_or_else(not_written)?;
        Ok((parameters.encode(), ciphertext))
    }

    fn mac_data(&mut self, authenticated: &[u8]) -> Result<Vec<u8>, PfxError> {
        let hash = match self.profile {
            PfxProfile::Legacy => Hash::Sha1,
            PfxProfile::Modern => Hash::Sha256,
        };
        let info =
            MacInfo { scheme: MacScheme::Pkcs12Kdf, hash, iterations: self.iterations.get(), salt_length: MAC_SALT };
        let mut mac = MacParameters {
            info,
            iterations: self.iterations,
            salt: self.random(MAC_SALT),
            key_length: digest_length(hash),
            digest: Vec::new(),
        };
        let password = kdf::encode(self.password, PasswordEncoding::Utf16);
        mac.digest = mac.compute(&password, authenticated).ok_or_else(not_written)?.as_ref().to_vec();
        Ok(mac.encode())
    }

    fn random(&mut self, length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        (self.random)(&mut octets);
        octets
    }
}

/// `ContentInfo`, RFC 5652 section 3.
fn content_info(oid: ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::tlv(EXPLICIT_0, content)])
}

/// `CertBag` and `CRLBag`, RFC 7292 sections 4.2.3 and 4.2.4.
fn typed(oid: ObjectIdentifier, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = der::tlv(OCTET_STRING, content);
    Zeroizing::new(der::join(SEQUENCE, &[&der::oid(oid), &der::tlv(EXPLICIT_0, &octets)]))
}

fn key_count(bag: &Bag) -> usize {
    match &bag.content {
        BagContent::Key(_) | BagContent::ShroudedKey { .. } => 1,
        BagContent::SafeContents(bags) => bags.iter().map(key_count).sum(),
        BagContent::Certificate { .. }
        | BagContent::Crl { .. }
        | BagContent::Secret { .. }
        | BagContent::Other { .. } => 0,
    }
}

/// The profiles name schemes that are written, so this is a fault of ours.
fn not_written() -> PfxError {
    PfxError::Unsupported { place: "profile", algorithm: "a scheme that is not written".to_owned() }
}
