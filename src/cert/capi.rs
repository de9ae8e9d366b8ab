//! RSA keys in the form of CryptoAPI: key blobs, all numbers with the least octet first.
//!
//! Source: Microsoft, "RSA/Schannel Key BLOBs" (`PUBLICKEYSTRUC`, `RSAPUBKEY`).

use const_oid::ObjectIdentifier;
use der::asn1::UintRef;
use der::{Decode, Encode, Reader as _, SliceReader};
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use super::der::{sequence, tlv, unsigned};
use super::key::{KeyPair, PublicKey, RSA_ENCRYPTION};

/// `bType` of a blob that holds a public key, and of one that holds both.
const PUBLIC: u8 = 0x06;
const PRIVATE: u8 = 0x07;
/// `bVersion`.
const VERSION: u8 = 0x02;
/// `CALG_RSA_KEYX`: the key becomes that of AT_KEYEXCHANGE.
const RSA_KEYX: u32 = 0xa400;
/// `CALG_RSA_SIGN`.
const RSA_SIGN: u32 = 0x2400;
/// `magic` of `RSAPUBKEY`: "RSA1" for a public key, "RSA2" for both.
const RSA1: u32 = 0x3141_5352;
const RSA2: u32 = 0x3241_5352;
/// Octets before the numbers.
const HEADER: usize = 20;
/// The longest modulus that a CSP of Microsoft takes, in bits.
const LONGEST: usize = 16_384;

/// Why a key has no such form.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BlobError {
    /// CryptoAPI keeps RSA keys only.
    #[error("{0} keys cannot stand in a CSP")]
    NotRsa(String),
    /// The numbers are of sizes that the form has no room for.
    #[error("{0}")]
    Unfit(&'static str),
    /// The octets are no public key blob.
    #[error("what the provider told is no public RSA key")]
    Malformed,
}

/// Writes the PRIVATEKEYBLOB of a key, for `CryptImportKey` as AT_KEYEXCHANGE. Secret: it is erased when dropped.
///
/// # Errors
/// [`BlobError::NotRsa`], or [`BlobError::Unfit`] for RSA keys that CryptoAPI does not know: a public exponent beyond 32 bits,
/// a modulus whose length is no multiple of 16 bits, or primes of unequal length.
pub fn private_blob(key: &KeyPair) -> Result<Zeroizing<Vec<u8>>, BlobError> {
    let not_rsa = || BlobError::NotRsa(key.algorithm().to_string());
    let info = PrivateKeyInfoRef::from_der(key.pkcs8_der()).map_err(|_| not_rsa())?;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(not_rsa());
    }
    private_numbers(info.private_key.as_bytes())
}

/// `RSAPrivateKey`, RFC 8017 appendix A.1.2.
fn private_numbers(private: &[u8]) -> Result<Zeroizing<Vec<u8>>, BlobError> {
    let unreadable = |_: der::Error| BlobError::Unfit("the private numbers cannot be read");
    let mut reader = SliceReader::new(private).map_err(unreadable)?;
    let blob = reader.sequence(|inner| {
        let two_primes = u8::decode(inner)? == 0;
        let mut next = || UintRef::decode(inner).map(|number| number.as_bytes());
        let [n, e, d, p, q, dp, dq, qinv] = [next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?];
        Ok::<_, der::Error>(two_primes.then(|| assemble(n, e, d, [p, q, dp, dq, qinv])))
    });
    blob.map_err(unreadable)?.unwrap_or(Err(BlobError::Unfit("the key has more than two primes")))
}

fn assemble(n: &[u8], e: &[u8], d: &[u8], halves: [&[u8]; 5]) -> Result<Zeroizing<Vec<u8>>, BlobError> {
    let length = n.len();
    // An even number of octets, all of their bits used: the parts are halves.
    if !length.is_multiple_of(2) || n.first().is_none_or(|first| *first < 0x80) || length * 8 > LONGEST {
        return Err(BlobError::Unfit("the length of the modulus is no multiple of 16 bits, or too long"));
    }
    let exponent = <[u8; 4]>::try_from([&[0; 4][..4_usize.saturating_sub(e.len())], e].concat());
    let exponent = exponent.map_err(|_| BlobError::Unfit("the public exponent is longer than 32 bits"))?;
    let size = HEADER + length * 2 + length / 2 * 5;
    // Never grown, so that nothing secret is left where it was.
    let mut blob = Zeroizing::new(Vec::with_capacity(size));
    blob.extend([PRIVATE, VERSION, 0, 0]);
    blob.extend(RSA_KEYX.to_le_bytes());
    blob.extend(RSA2.to_le_bytes());
    blob.extend(u32::try_from(length * 8).unwrap_or_default().to_le_bytes());
    blob.extend(u32::from_be_bytes(exponent).to_le_bytes());
    let mut put = |number: &[u8], octets: usize| {
        if number.len() > octets {
            return Err(BlobError::Unfit("the primes are of unequal length"));
        }
        blob.extend(number.iter().rev());
        blob.extend(std::iter::repeat_n(0, octets - number.len()));
        Ok(())
    };
    put(n, length)?;
    for half in halves {
        put(half, length / 2)?;
    }
    put(d, length)?;
    Ok(blob)
}

/// Reads a PUBLICKEYBLOB, as `CryptExportKey` gives it.
///
/// # Errors
/// [`BlobError::Malformed`].
pub fn public_key(blob: &[u8]) -> Result<PublicKey, BlobError> {
    let (header, rest) = blob.split_at_checked(HEADER).ok_or(BlobError::Malformed)?;
    let word = |at: usize| {
        let octets = header.get(at..at + 4).and_then(|octets| octets.try_into().ok());
        octets.map(u32::from_le_bytes).ok_or(BlobError::Malformed)
    };
    let known = header.first() == Some(&PUBLIC)
        && header.get(1) == Some(&VERSION)
        && [RSA_KEYX, RSA_SIGN].contains(&word(4)?)
        && word(8)? == RSA1;
    let length = usize::try_from(word(12)?).map_err(|_| BlobError::Malformed)? / 8;
    if !known || length == 0 || length * 8 > LONGEST {
        return Err(BlobError::Malformed);
    }
    let modulus: Vec<u8> = rest.get(..length).ok_or(BlobError::Malformed)?.iter().rev().copied().collect();
    rsa_public_key(&modulus, &word(16)?.to_be_bytes())
}

/// Reads a BCRYPT_RSAPUBLIC_BLOB, as `NCryptExportKey` gives it: sizes with the least octet first, numbers with the greatest.
///
/// # Errors
/// [`BlobError::Malformed`].
pub fn cng_public_key(blob: &[u8]) -> Result<PublicKey, BlobError> {
    let word = |at: usize| {
        let octets = blob.get(at..at + 4).and_then(|octets| octets.try_into().ok());
        octets.map(u32::from_le_bytes).ok_or(BlobError::Malformed)
    };
    let size = |at: usize| usize::try_from(word(at)?).map_err(|_| BlobError::Malformed);
    let (exponent, modulus) = (size(8)?, size(12)?);
    if word(0)? != RSA1 || exponent > 8 || modulus == 0 || modulus * 8 > LONGEST {
        return Err(BlobError::Malformed);
    }
    // Magic, bits, and four sizes: the last two are those of the primes, which a public key does not have.
    let numbers = blob.get(24..).ok_or(BlobError::Malformed)?;
    let (exponent, rest) = numbers.split_at_checked(exponent).ok_or(BlobError::Malformed)?;
    rsa_public_key(rest.get(..modulus).ok_or(BlobError::Malformed)?, exponent)
}

fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, BlobError> {
    let oid = |oid: ObjectIdentifier| oid.to_der().map_err(|_| BlobError::Malformed);
    let numbers = sequence(&[&unsigned(modulus), &unsigned(exponent)]);
    let algorithm = sequence(&[&oid(RSA_ENCRYPTION)?, &[0x05, 0x00]]);
    let spki = sequence(&[&algorithm, &tlv(0x03, &[&[0], numbers.as_slice()].concat())]);
    Ok(PublicKey::from_spki_der(&spki))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "OpenSSL reads a file")]

    use super::*;
    use crate::cert::{pem, test_pki, test_tools};

    fn key() -> KeyPair {
        let blocks = pem::scan(include_bytes!("../../tests/data/keys/leaf.pem")).unwrap();
        KeyPair::from_pkcs8_der(&blocks[0].content).unwrap()
    }

    /// The public part of a private blob is laid out like a public blob.
    fn public_half(private: &[u8]) -> Vec<u8> {
        let length = u32::from_le_bytes(private[12..16].try_into().unwrap()) as usize / 8;
        let mut public = private[..HEADER + length].to_vec();
        public[0] = PUBLIC;
        public[8..12].copy_from_slice(&RSA1.to_le_bytes());
        public
    }

    #[test]
    fn the_public_key_of_a_blob_is_that_of_the_key() {
        let key = key();
        let blob = private_blob(&key).unwrap();
        assert_eq!(blob.len(), HEADER + 256 * 2 + 128 * 5);
        assert_eq!(blob.capacity(), blob.len());
        assert_eq!(public_key(&public_half(&blob)).unwrap(), *key.public_key());
    }

    /// OpenSSL reads and writes the same blobs under the name MSBLOB.
    #[test]
    fn openssl_reads_our_private_blob_as_the_same_key() {
        let Some(openssl) = test_tools::openssl() else { return };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.blob");
        std::fs::write(&path, &*private_blob(&key()).unwrap()).unwrap();
        let path = path.to_str().unwrap();
        let read = openssl.run(&["rsa", "-inform", "MSBLOB", "-outform", "DER", "-traditional", "-in", path]);
        let info = key();
        let info = PrivateKeyInfoRef::from_der(info.pkcs8_der()).unwrap();
        assert_eq!(read, info.private_key.as_bytes());
    }

    #[test]
    fn keys_that_do_not_fit_are_refused_and_damaged_blobs_too() {
        let ec = test_pki::key_pair(&test_pki::ec_key());
        assert_eq!(private_blob(&ec), Err(BlobError::NotRsa("EC P-256".to_owned())));
        let n = [0x80; 256];
        let half = [0x7f; 128];
        let long = [0x7f; 129];
        for (n, e, half) in [(&n[..255], &[3][..], &half[..]), (&n, &[1; 5], &half), (&n, &[3], &long)] {
            assert!(matches!(assemble(n, e, &n[..200], [half; 5]), Err(BlobError::Unfit(_))));
        }
        assert!(assemble(&n, &[1, 0, 1], &n, [&half; 5]).is_ok());
        let public = public_half(&private_blob(&key()).unwrap());
        for length in 0..public.len() {
            assert_eq!(public_key(&public[..length]), Err(BlobError::Malformed), "{length}");
        }
        let mut foreign = public.clone();
        foreign[4] = 1;
        assert_eq!(public_key(&foreign), Err(BlobError::Malformed));
    }

    #[test]
    fn a_blob_of_cng_is_read() {
        let key = key();
        let blob = public_half(&private_blob(&key).unwrap());
        let modulus: Vec<u8> = blob[HEADER..].iter().rev().copied().collect();
        let words = [RSA1, 2048, 3, 256, 0, 0].map(u32::to_le_bytes).concat();
        let cng = [words, vec![1, 0, 1], modulus].concat();
        assert_eq!(cng_public_key(&cng).unwrap(), *key.public_key());
        for length in 0..cng.len() {
            assert_eq!(cng_public_key(&cng[..length]), Err(BlobError::Malformed), "{length}");
        }
    }
}
