//! Decryption of private keys. What PKCS#12 uses too is done by [`pbe`]; here is what is met in key files only.

use aes::{Aes128, Aes192, Aes256};
use aws_lc_rs::digest;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use const_oid::ObjectIdentifier;
use des::{Des, TdesEde3};
use md5::{Digest as _, Md5};
use pkcs8::pkcs5;
use pkcs8::pkcs5::pbes2::Kdf;
use rc2::Rc2;
use zeroize::Zeroizing;

use super::{KeyFile, KeyFileError, KeyForm, clear, recognise};
use crate::cert::der::{DerError, INTEGER, OCTET_STRING, Reader};
use crate::cert::password::Password;
use crate::cert::pem::Block;
use crate::cert::pfx::{MAX_ITERATIONS, PfxError, pbe};

/// Memory of scrypt in octets: 128 N r. OpenSSL takes 16 MiB.
const MAX_SCRYPT_MEMORY: u64 = if cfg!(fuzzing) { 1 << 20 } else { 256 << 20 };
/// Work of scrypt: N r p. OpenSSL's default is 2^17, some 50 milliseconds. Lower for fuzz targets, as the bound on iterations.
const MAX_SCRYPT_WORK: u64 = if cfg!(fuzzing) { 1 << 10 } else { 1 << 24 };
/// The longest salt that the library for scrypt takes.
const MAX_SALT: usize = pkcs5::pbes2::Salt::MAX_LEN;

/// The ciphers of PBES1, RFC 8018 appendix A.3, but for those with MD2.
const PBES1: [(ObjectIdentifier, Pbes1); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.3"), Pbes1 { name: "PBE-MD5-DES", sha1: false, rc2: false }),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.6"), Pbes1 { name: "PBE-MD5-RC2-64", sha1: false, rc2: true }),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.10"), Pbes1 { name: "PBE-SHA1-DES", sha1: true, rc2: false }),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.11"), Pbes1 { name: "PBE-SHA1-RC2-64", sha1: true, rc2: true }),
];

#[derive(Clone, Copy)]
struct Pbes1 {
    name: &'static str,
    sha1: bool,
    rc2: bool,
}

type Plaintexts = Vec<Zeroizing<Vec<u8>>>;
/// Key, initialisation vector and ciphertext to plaintext.
type CbcDecrypt = fn(&[u8], &[u8], &[u8]) -> Option<Zeroizing<Vec<u8>>>;

/// Reads an `EncryptedPrivateKeyInfo`, RFC 5208 section 6.
pub(super) fn pkcs8(der: &[u8], passwords: &[Password]) -> Result<KeyFile, KeyFileError> {
    let damaged = |error: DerError| damaged(KeyForm::EncryptedPkcs8, &error.to_string());
    let mut whole = Reader::new(der);
    let mut info = whole.sequence().map_err(damaged)?;
    whole.finish().map_err(damaged)?;
    let identifier = info.any().map_err(damaged)?;
    let ciphertext = info.expect(OCTET_STRING).map_err(damaged)?.content;
    let oid = identifier.inside().oid().map_err(damaged)?;
    if let Some((_, scheme)) = PBES1.iter().find(|(known, _)| *known == oid) {
        let parameters = Pbes1Parameters::read(identifier.inside())?;
        return try_each(scheme.name.to_owned(), KeyForm::Pkcs8, ciphertext.len() % 8, passwords, |password| {
            parameters.decrypt(*scheme, password, ciphertext).into_iter().collect()
        });
    }
    match pbe::Pbe::read(identifier.inside(), "private key") {
        Ok(scheme) => {
            let odd = ciphertext.len() % scheme.block_length();
            try_each(scheme.to_string(), KeyForm::Pkcs8, odd, passwords, |password| {
                scheme.decrypt(password, ciphertext)
            })
        }
        Err(unsupported @ PfxError::Unsupported { .. }) => {
            let Some((name, scheme)) = uncommon(identifier.whole, identifier.inside())? else {
                return Err(unsupported.into());
            };
            try_each(name, KeyForm::Pkcs8, 0, passwords, |password| {
                let plaintext = scheme.decrypt(password.expose(), ciphertext);
                plaintext.into_iter().map(Zeroizing::new).collect()
            })
        }
        Err(other) => Err(other.into()),
    }
}

/// Reads a key that is encrypted by its PEM headers: RFC 1421 section 4.6.1.3, with OpenSSL's key derivation.
pub(super) fn traditional(block: &Block, form: KeyForm, passwords: &[Password]) -> Result<KeyFile, KeyFileError> {
    let info = block.header("DEK-Info").ok_or_else(|| damaged(form, "its DEK-Info header is missing"))?;
    let (name, iv) = info.split_once(',').ok_or_else(|| damaged(form, "its DEK-Info header has no comma"))?;
    let name = name.trim().to_ascii_uppercase();
    let iv = hex(iv.trim()).ok_or_else(|| damaged(form, "its DEK-Info header is not hexadecimal"))?;
    let (key_length, block_length, cipher): (usize, usize, CbcDecrypt) = match name.as_str() {
        "AES-128-CBC" => (16, 16, cbc_decrypt::<Aes128>),
        "AES-192-CBC" => (24, 16, cbc_decrypt::<Aes192>),
        "AES-256-CBC" => (32, 16, cbc_decrypt::<Aes256>),
        "DES-EDE3-CBC" => (24, 8, cbc_decrypt::<TdesEde3>),
        "DES-CBC" => (8, 8, cbc_decrypt::<Des>),
        _ => return Err(KeyFileError::Unsupported { algorithm: name }),
    };
    if iv.len() != block_length {
        return Err(damaged(form, "the initialisation vector in its DEK-Info header has the wrong length"));
    }
    let ciphertext = &block.content;
    try_each(format!("{name} in PEM headers"), form, ciphertext.len() % block_length, passwords, |password| {
        let key = bytes_to_key(password.expose().as_bytes(), &iv[..8], key_length);
        cipher(&key, &iv, ciphertext).into_iter().collect()
    })
}

/// Tries each password. `odd` is what is left of the ciphertext after whole blocks.
///
/// The padding of a wrong password fits by chance once in some 256 tries, and then the plaintext is noise. So a plaintext
/// that is one whole SEQUENCE proves the password; what is wrong inside it is damage.
fn try_each(
    encryption: String,
    form: KeyForm,
    odd: usize,
    passwords: &[Password],
    decrypt: impl Fn(&Password) -> Plaintexts,
) -> Result<KeyFile, KeyFileError> {
    let outer = if form == KeyForm::Pkcs8 { KeyForm::EncryptedPkcs8 } else { form };
    if odd != 0 {
        return Err(damaged(outer, "its length is not one that the encryption gives: it was cut off"));
    }
    if passwords.is_empty() {
        return Err(KeyFileError::PasswordNeeded { encryption });
    }
    for plaintext in passwords.iter().flat_map(decrypt) {
        let mut whole = Reader::new(&plaintext);
        if whole.sequence().is_err() || whole.finish().is_err() {
            continue;
        }
        // Traditional encryption says nothing of what is inside, so the content decides.
        let inside = recognise(&plaintext).filter(|inside| *inside != KeyForm::EncryptedPkcs8).unwrap_or(form);
        let file = clear(&plaintext, inside)?;
        let form = if form == KeyForm::Pkcs8 { outer } else { inside };
        return Ok(KeyFile { form, encryption: Some(encryption), ..file });
    }
    Err(KeyFileError::WrongPassword { encryption })
}

/// `PBEParameter`, RFC 8018 appendix A.3.
struct Pbes1Parameters<'a> {
    salt: &'a [u8],
    iterations: u64,
}

impl<'a> Pbes1Parameters<'a> {
    fn read(mut identifier: Reader<'a>) -> Result<Self, KeyFileError> {
        let damaged = |error: DerError| damaged(KeyForm::EncryptedPkcs8, &error.to_string());
        identifier.oid().map_err(damaged)?;
        let mut parameters = identifier.sequence().map_err(damaged)?;
        let salt = parameters.expect(OCTET_STRING).map_err(damaged)?.content;
        let iterations = parameters.expect(INTEGER).and_then(|count| count.unsigned()).map_err(damaged)?;
        bounded(iterations)?;
        Ok(Self { salt, iterations })
    }

    /// RFC 8018 section 6.1.2. The first 8 octets of PBKDF1 (section 5.1) are the key, the next 8 the initialisation vector.
    fn decrypt(&self, scheme: Pbes1, password: &Password, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let length = if scheme.sha1 { 20 } else { 16 };
        let mut derived = Zeroizing::new(hash(scheme.sha1, &self.seed(password)));
        for _ in 1..self.iterations {
            *derived = hash(scheme.sha1, &derived[..length]);
        }
        let (key, iv) = (&derived[..8], &derived[8..16]);
        if scheme.rc2 { cbc_decrypt::<Rc2>(key, iv, ciphertext) } else { cbc_decrypt::<Des>(key, iv, ciphertext) }
    }

    fn seed(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([password.expose().as_bytes(), self.salt].concat())
    }
}

/// SHA-1, or MD5 with four octets of nothing behind it.
fn hash(sha1: bool, input: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    if sha1 {
        out.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, input).as_ref());
    } else {
        out[..16].copy_from_slice(&Md5::digest(input));
    }
    out
}

/// Reads the schemes of PBES2 that PKCS#12 files do not have: scrypt (RFC 7914), AES-GCM, single DES. `None` for others.
///
/// Salt and work are bounded before the library sees them.
fn uncommon(
    whole: &[u8],
    mut identifier: Reader<'_>,
) -> Result<Option<(String, pkcs5::EncryptionScheme)>, KeyFileError> {
    let damaged = |error: DerError| damaged(KeyForm::EncryptedPkcs8, &error.to_string());
    if identifier.oid().map_err(damaged)? != pkcs5::pbes2::PBES2_OID {
        return Ok(None);
    }
    let mut kdf = identifier.sequence().and_then(|mut parameters| parameters.sequence()).map_err(damaged)?;
    let kdf_oid = kdf.oid().map_err(damaged)?;
    let mut parameters = kdf.sequence().map_err(damaged)?;
    if parameters.any().map_err(damaged)?.content.len() > MAX_SALT {
        return Ok(None);
    }
    let mut number = || parameters.any().and_then(|number| number.unsigned()).map_err(damaged);
    if kdf_oid == pkcs5::pbes2::SCRYPT_OID {
        let (cost, block, parallel) = (number()?, number()?, number()?);
        let memory = cost.saturating_mul(block).saturating_mul(128);
        let work = cost.saturating_mul(block).saturating_mul(parallel);
        if memory > MAX_SCRYPT_MEMORY || work > MAX_SCRYPT_WORK {
            let asked = format!("scrypt with N={cost}, r={block}, p={parallel}");
            let most = format!("{} MiB of memory and N*r*p = {MAX_SCRYPT_WORK}", MAX_SCRYPT_MEMORY >> 20);
            return Err(KeyFileError::TooMuchWork { asked, most });
        }
    } else {
        bounded(number()?)?;
    }
    let Ok(scheme) = pkcs5::EncryptionScheme::try_from(whole) else { return Ok(None) };
    let Some(parameters) = scheme.pbes2() else { return Ok(None) };
    let kdf = match &parameters.kdf {
        Kdf::Scrypt(_) => "scrypt",
        _ => "PBKDF2",
    };
    Ok(Some((format!("PBES2 {kdf}, cipher {}", parameters.encryption.oid()), scheme)))
}

fn bounded(iterations: u64) -> Result<(), KeyFileError> {
    if iterations == 0 {
        return Err(damaged(KeyForm::EncryptedPkcs8, "its key derivation has no iteration"));
    }
    if iterations > u64::from(MAX_ITERATIONS) {
        return Err(KeyFileError::TooMuchWork {
            asked: format!("{iterations} iterations"),
            most: MAX_ITERATIONS.to_string(),
        });
    }
    Ok(())
}

/// `EVP_BytesToKey` of OpenSSL with MD5 and one iteration, the salt being the first 8 octets of the initialisation vector.
fn bytes_to_key(password: &[u8], salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    while key.len() < length {
        let last = key.len().saturating_sub(16);
        let mut hash = Md5::new();
        hash.update(&key[last..]);
        hash.update(password);
        hash.update(salt);
        key.extend_from_slice(&hash.finalize());
    }
    key.truncate(length);
    key
}

fn cbc_decrypt<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mode = Decryptor::inner_iv_slice_init(C::new_from_slice(key).ok()?, iv).ok()?;
    let mut content = Zeroizing::new(ciphertext.to_vec());
    let length = mode.decrypt_padded::<Pkcs7>(&mut content).ok()?.len();
    content.truncate(length);
    Some(content)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn damaged(form: KeyForm, reason: &str) -> KeyFileError {
    KeyFileError::Damaged { form, reason: reason.to_owned() }
}
