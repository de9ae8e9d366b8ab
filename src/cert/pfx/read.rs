//! Bytes to [`Pfx`]: proves the password, then decrypts safe by safe and key by key.

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::algorithm::MacParameters;
use super::error::PfxError;
use super::kdf::{self, Family};
use super::structure::{self, Sealed, SealedBag, SealedContent, SealedSafe, Structure};
use super::{Bag, BagContent, PasswordEncoding, Pfx, Safe, SecretDer};
use crate::cert::certificate::Certificate;
use crate::cert::der::{INTEGER, Reader};
use crate::cert::password::Password;

/// Reads and decrypts a PFX: see [`Pfx::open`]. `limit` is the most iterations of all key derivations together.
pub(super) fn open(bytes: &[u8], password: &Password, limit: u64) -> Result<Pfx, PfxError> {
    let mut structure = Structure::read(bytes)?;
    let mut opening = Opening {
        password,
        limit,
        encodings: Vec::new(),
        proven: false,
        iterations_done: 0,
        bag_count: 0,
        was_ber: false,
    };
    if let Some(mac) = &structure.mac {
        opening.prove(mac, &structure.authenticated)?;
    }
    let mut safes = Vec::new();
    for sealed in structure.safes()? {
        safes.push(opening.safe(sealed)?);
    }
    Ok(Pfx {
        safes,
        mac: structure.mac.map(|mac| mac.info),
        was_ber: structure.was_ber || opening.was_ber,
        trailing_octets: structure.trailing_octets,
        password_encodings: opening.encodings,
    })
}

/// Returns whether this can be a `PrivateKeyInfo`, RFC 5958 section 2: a SEQUENCE that begins with its version.
fn is_private_key_info(der: &[u8]) -> bool {
    Reader::new(der).sequence().and_then(|mut info| info.expect(INTEGER)).is_ok()
}

/// What is known while a file is opened.
struct Opening<'a> {
    password: &'a Password,
    /// The most iterations that may be done.
    limit: u64,
    /// The encodings that have fitted.
    encodings: Vec<PasswordEncoding>,
    /// Whether a MAC has proven the password.
    proven: bool,
    /// The iterations done so far.
    iterations_done: u64,
    /// The bags read so far.
    bag_count: usize,
    was_ber: bool,
}

impl Opening<'_> {
    fn prove(&mut self, mac: &MacParameters, content: &[u8]) -> Result<(), PfxError> {
        self.first_fitting(mac.family(), mac.iterations, |password| mac.verify(password, content).then_some(()))?
            .ok_or(PfxError::WrongPassword)?;
        self.proven = true;
        Ok(())
    }

    fn safe(&mut self, sealed: SealedSafe) -> Result<Safe, PfxError> {
        const PLACE: &str = "safe";
        let (encryption, content) = match sealed {
            SealedSafe::Clear(content) => (None, content),
            SealedSafe::Encrypted(sealed) => {
                let content = self.unseal(&sealed, PLACE, |content| {
                    // A wrong key passes the padding once in 256 times, but hardly ever makes one SEQUENCE.
                    structure::whole(content, PLACE).is_ok_and(|definite| Reader::new(&definite).sequence().is_ok())
                })?;
                (Some(sealed.parameters.encryption), content)
            }
        };
        let definite = structure::whole(&content, PLACE)?;
        self.was_ber |= definite.was_ber();
        let sealed = structure::bags(&definite, &mut self.bag_count)?;
        let bags = sealed.iter().map(|bag| self.bag(bag)).collect::<Result<_, _>>()?;
        Ok(Safe { encryption, bags })
    }

    fn bag(&mut self, sealed: &SealedBag<'_>) -> Result<Bag, PfxError> {
        Ok(Bag { content: self.content(sealed)?, attributes: sealed.attributes.clone() })
    }

    fn content(&mut self, bag: &SealedBag<'_>) -> Result<BagContent, PfxError> {
        const PLACE: &str = "key bag";
        Ok(match &bag.content {
            SealedContent::Key(der) if is_private_key_info(der) => BagContent::Key(SecretDer::of(der)),
            SealedContent::Key(_) => {
                let reason = "what it holds in clear is no private key of PKCS#8".to_owned();
                return Err(PfxError::Damaged { place: PLACE, reason });
            }
            SealedContent::ShroudedKey(sealed) => {
                let key = self.unseal(sealed, PLACE, |key| {
                    structure::whole(key, PLACE).is_ok_and(|definite| is_private_key_info(&definite))
                })?;
                let definite = structure::whole(&key, PLACE)?;
                self.was_ber |= definite.was_ber();
                BagContent::ShroudedKey { encryption: sealed.parameters.encryption, key: SecretDer::of(&definite) }
            }
            SealedContent::Certificate(der) => {
                BagContent::Certificate { der: der.to_vec(), parsed: Certificate::from_der(der).ok() }
            }
            SealedContent::Crl(der) => BagContent::Crl { der: der.to_vec() },
            SealedContent::Secret(oid, value) => BagContent::Secret { oid: *oid, value: SecretDer::of(value) },
            SealedContent::SafeContents(bags) => {
                BagContent::SafeContents(bags.iter().map(|bag| self.bag(bag)).collect::<Result<_, _>>()?)
            }
            SealedContent::Other(value) => BagContent::Other { oid: bag.oid, value: SecretDer::of(value) },
        })
    }

    /// Decrypts with the first encoding of the password under which the content is `plausible`.
    fn unseal(
        &mut self,
        sealed: &Sealed,
        place: &'static str,
        plausible: impl Fn(&[u8]) -> bool,
    ) -> Result<Zeroizing<Vec<u8>>, PfxError> {
        let parameters = &sealed.parameters;
        let content = self.first_fitting(parameters.family(), parameters.iterations, |password| {
            parameters.decrypt(password, &sealed.ciphertext).filter(|content| plausible(content))
        })?;
        match content {
            Some(content) => Ok(content),
            None if self.proven => {
                let reason = "it does not decrypt, though the MAC shows that the password is right".to_owned();
                Err(PfxError::Damaged { place, reason })
            }
            None => Err(PfxError::Undecryptable { place }),
        }
    }

    /// Tries the encodings of the password, those first that have fitted before, and notes the one that fits.
    fn first_fitting<T>(
        &mut self,
        family: Family,
        iterations: NonZeroU32,
        attempt: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, PfxError> {
        let mut candidates = family.encodings(self.password).to_vec();
        candidates.sort_by_key(|encoding| !self.encodings.contains(encoding));
        for encoding in candidates {
            self.iterations_done += u64::from(iterations.get());
            if self.iterations_done > self.limit {
                return Err(PfxError::TooManyIterationsTogether);
            }
            if let Some(found) = attempt(&kdf::encode(self.password, encoding)) {
                if !self.encodings.contains(&encoding) {
                    self.encodings.push(encoding);
                }
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
