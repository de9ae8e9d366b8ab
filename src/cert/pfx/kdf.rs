//! Keys from passwords: the derivation of RFC 7292 appendix B and PBKDF2 (RFC 8018 section 5.2).

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

use super::PasswordEncoding;
use crate::cert::password::Password;
use crate::cert::signature::Hash;

/// What a derived key is for (RFC 7292 appendix B.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Purpose {
    /// A key of a cipher.
    Key = 1,
    /// An initialisation vector.
    Iv = 2,
    /// A key of a MAC.
    Mac = 3,
}

/// The family of key derivations, which decides how the password is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Family {
    /// RFC 7292 appendix B.
    Pkcs12,
    /// PBKDF2.
    Pbkdf2,
}

impl Family {
    /// Returns the encodings under which a password is tried, the standard one first. None gives the same octets as another.
    pub(super) fn encodings(self, password: &Password) -> &'static [PasswordEncoding] {
        use PasswordEncoding::{NoOctets, Utf8, Utf16, Utf16ForPbes2, WidenedUtf8};
        match self {
            Self::Pkcs12 if password.is_empty() => &[Utf16, NoOctets],
            Self::Pkcs12 if password.is_ascii() => &[Utf16],
            Self::Pkcs12 => &[Utf16, WidenedUtf8],
            Self::Pbkdf2 => &[Utf8, Utf16ForPbes2],
        }
    }
}

/// Encodes a password for a key derivation.
pub(super) fn encode(password: &Password, encoding: PasswordEncoding) -> Zeroizing<Vec<u8>> {
    let text = password.expose();
    // Reserved once: a vector that grows leaves copies behind. No encoding takes more than two octets for one of UTF-8.
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
    match encoding {
        // RFC 7292 appendix B.1: a BMPString with two zero octets at the end. Characters outside the BMP become
        // surrogates, as Windows and OpenSSL write them.
        PasswordEncoding::Utf16 | PasswordEncoding::Utf16ForPbes2 => {
            text.encode_utf16().for_each(|unit| octets.extend_from_slice(&unit.to_be_bytes()));
            octets.extend_from_slice(&[0, 0]);
        }
        PasswordEncoding::NoOctets => {}
        PasswordEncoding::Utf8 => octets.extend_from_slice(text.as_bytes()),
        PasswordEncoding::WidenedUtf8 => {
            text.bytes().for_each(|octet| octets.extend_from_slice(&[0, octet]));
            octets.extend_from_slice(&[0, 0]);
        }
    }
    octets
}

/// Derives `length` octets as RFC 7292 appendix B.2 says. `password` is encoded already. `None` for a hash that is not read.
///
/// Nothing in the loop over the iterations allocates.
pub(super) fn pkcs12(
    hash: Hash,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = digest_algorithm(hash)?;
    // The letters are those of the RFC: u octets of digest, v octets of block.
    let (u, v) = (algorithm.output_len(), algorithm.block_len());
    // Steps 1 to 4: D || I with I = S || P, each filled up to whole blocks by repetition; an empty one stays empty.
    let filled = |octets: &[u8]| octets.len().div_ceil(v) * v;
    let mut block = Zeroizing::new(Vec::with_capacity(v + filled(salt) + filled(password)));
    block.resize(v, purpose as u8);
    block.extend(salt.iter().cycle().take(filled(salt)));
    block.extend(password.iter().cycle().take(filled(password)));
    let mut derived = Zeroizing::new(Vec::with_capacity(length + u));
    let mut a = Zeroizing::new([0; digest::MAX_OUTPUT_LEN]);
    loop {
        // Step 6 A: A = H(H(... H(D || I))).
        a[..u].copy_from_slice(digest::digest(algorithm, &block).as_ref());
        for _ in 1..iterations.get() {
            let next = digest::digest(algorithm, &a[..u]);
            a[..u].copy_from_slice(next.as_ref());
        }
        derived.extend_from_slice(&a[..u]);
        if derived.len() >= length {
            derived.truncate(length);
            return Some(derived);
        }
        // Step 6 B and C: every block of I becomes I + B + 1 modulo 2^(8v), with B = A repeated to v octets.
        for part in block[v..].chunks_exact_mut(v) {
            let mut carry = 1_u16;
            for place in (0..v).rev() {
                carry += u16::from(part[place]) + u16::from(a[place % u]);
                part[place] = carry as u8;
                carry >>= 8;
            }
        }
    }
}

/// Derives `length` octets with PBKDF2. `None` for a hash that is not read.
pub(super) fn pbkdf2(
    prf: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = match prf {
        Hash::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Hash::Sha224 => return Some(pbkdf2_sha224(password, salt, iterations, length)),
        Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Hash::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Hash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        Hash::Md2 | Hash::Md5 => return None,
    };
    let mut derived = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm, iterations, salt, password, &mut derived);
    Some(derived)
}

/// The cryptographic library has no PBKDF2 with SHA-224.
fn pbkdf2_sha224(password: &[u8], salt: &[u8], iterations: NonZeroU32, length: usize) -> Zeroizing<Vec<u8>> {
    let key = hmac::Key::new(hmac::HMAC_SHA224, password);
    let mut derived = Zeroizing::new(Vec::with_capacity(length + 28));
    for index in 1_u32.. {
        if derived.len() >= length {
            break;
        }
        // RFC 8018 section 5.2: U_1 = PRF(P, S || INT(i)), then each over the one before, all added by exclusive or.
        let mut context = hmac::Context::with_key(&key);
        context.update(salt);
        context.update(&index.to_be_bytes());
        let mut u = context.sign();
        let mut sum = Zeroizing::new([0; 28]);
        sum.copy_from_slice(u.as_ref());
        for _ in 1..iterations.get() {
            u = hmac::sign(&key, u.as_ref());
            sum.iter_mut().zip(u.as_ref()).for_each(|(octet, more)| *octet ^= more);
        }
        derived.extend_from_slice(&sum[..]);
    }
    derived.truncate(length);
    derived
}

fn digest_algorithm(hash: Hash) -> Option<&'static digest::Algorithm> {
    match hash {
        Hash::Sha1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        Hash::Sha224 => Some(&digest::SHA224),
        Hash::Sha256 => Some(&digest::SHA256),
        Hash::Sha384 => Some(&digest::SHA384),
        Hash::Sha512 => Some(&digest::SHA512),
        Hash::Md2 | Hash::Md5 => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::cert::digest::hex_upper;

    const fn times(iterations: u32) -> NonZeroU32 {
        NonZeroU32::new(iterations).unwrap()
    }

    /// Values computed with Python's integers; those with fewer than 128 octets of salt also with `openssl kdf PKCS12KDF`.
    #[test]
    fn the_pkcs12_derivation_gives_the_values_of_other_implementations() {
        let utf16 = |text: &str| encode(&Password::new(text.to_owned()), PasswordEncoding::Utf16);
        let smeg = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let queeg = [0x05, 0xde, 0xc9, 0x59, 0xac, 0xff, 0x72, 0xf7];
        let counting: Vec<u8> = (0..130).collect();
        let (nobody, empty) = (Zeroizing::new(Vec::new()), utf16(""));
        let table = [
            (Hash::Sha1, Purpose::Key, utf16("smeg"), &smeg[..], 1, "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3"),
            (Hash::Sha1, Purpose::Iv, utf16("smeg"), &smeg, 1, "79993DFE048D3B76"),
            (
                Hash::Sha1,
                Purpose::Key,
                utf16("queeg"),
                &queeg,
                1000,
                "ED2034E36328830FF09DF1E1A07DD357185DAC0D4F9EB3D4",
            ),
            (
                Hash::Sha256,
                Purpose::Mac,
                utf16("Zoë-密碼-😀"),
                &counting[..20],
                2048,
                "E93C868E7D7E374C42098E38AD217953211EC03CCEB311FB92D32914B335050C",
            ),
            (
                Hash::Sha512,
                Purpose::Mac,
                empty,
                &counting[..8],
                3,
                "7C88B1D773EB60ABAA1AEB6C3C12E8166C5F0E24078FDABFB82457B64E924E3A64FF06A8C156EF9E9A94CFAD2A8BD33EBB4E9794847D76B9\
                 3BF2870E4F9E857F",
            ),
            (
                Hash::Sha384,
                Purpose::Key,
                nobody,
                &counting,
                2,
                "D535A07C834765EE0C757E1A3B4F40EF2AACF2A74718D2AD3AABCD60FF3000A074D834A672FF784F94F781E06D63A003E61882EFDD64AF34\
                 0D3CEF4D171BABBBBFEC560AF263D2DD95C97D4335BCB8D31BA26C201E61D35DC56508C096D86800C01C1CA1",
            ),
            (
                Hash::Sha224,
                Purpose::Mac,
                utf16(&"p".repeat(70)),
                &[],
                5,
                "6485837E9BC66A1EE59B378C450B5EA7218182FEA8F594A24C5544DA",
            ),
        ];
        for (hash, purpose, password, salt, iterations, expected) in table {
            let derived = pkcs12(hash, purpose, &password, salt, times(iterations), expected.len() / 2).unwrap();
            assert_eq!(hex_upper(&derived), expected, "{hash}, {purpose:?}, {iterations}");
        }
    }

    #[test]
    fn pbkdf2_gives_published_values_also_where_the_library_lacks_the_hash() {
        // RFC 6070, and for SHA-224 Python's hashlib.
        let sha1 = pbkdf2(Hash::Sha1, b"password", b"salt", times(4096), 20).unwrap();
        assert_eq!(hex_upper(&sha1), "4B007901B765489ABEAD49D926F721D065A429C1");
        let sha224 = pbkdf2(Hash::Sha224, b"password", b"salt", times(1000), 40).unwrap();
        assert_eq!(
            hex_upper(&sha224),
            "D3BCF320FD918908EAFCAA460FAF40E201F6508D4E6F3D9C1C0ABD30DAE08CC8B1BC0657E2EBC229"
        );
    }

    #[test]
    fn broken_hashes_are_not_derived_with() {
        assert_eq!(pkcs12(Hash::Md5, Purpose::Mac, b"", b"", times(1), 16), None);
        assert_eq!(pbkdf2(Hash::Md2, b"", b"", times(1), 16), None);
    }

    #[test]
    fn passwords_are_encoded_as_each_family_asks() {
        let octets = |text: &str, encoding| encode(&Password::new(text.to_owned()), encoding).to_vec();
        assert_eq!(octets("", PasswordEncoding::Utf16), [0, 0]);
        assert!(octets("", PasswordEncoding::NoOctets).is_empty());
        assert_eq!(octets("é", PasswordEncoding::Utf16), [0, 0xe9, 0, 0]);
        assert_eq!(octets("é", PasswordEncoding::WidenedUtf8), [0, 0xc3, 0, 0xa9, 0, 0]);
        assert_eq!(octets("é", PasswordEncoding::Utf8), [0xc3, 0xa9]);
        assert_eq!(octets("😀", PasswordEncoding::Utf16), [0xd8, 0x3d, 0xde, 0x00, 0, 0]);
    }
}
