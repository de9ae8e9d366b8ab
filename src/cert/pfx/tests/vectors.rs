//! The published files of RFC 9579 appendix A, password `1234`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fixture::password;
use crate::cert::der::{self, INTEGER, OCTET_STRING, Reader};
use crate::cert::pfx::{Cipher, EncryptionScheme, MacInfo, MacScheme, PasswordEncoding, Pfx, PfxError};
use crate::cert::signature::Hash;

const VALID: [(&str, Hash, Hash); 3] = [
    (include_str!("rfc9579/a1.txt"), Hash::Sha256, Hash::Sha256),
    (include_str!("rfc9579/a2.txt"), Hash::Sha256, Hash::Sha512),
    (include_str!("rfc9579/a3.txt"), Hash::Sha512, Hash::Sha512),
];

fn file(text: &str) -> Vec<u8> {
    STANDARD.decode(text.lines().collect::<String>()).unwrap()
}

#[test]
fn the_valid_pbmac1_files_open_and_no_other_password_does() {
    for (text, hash, prf) in VALID {
        let pfx = Pfx::open(&file(text), &password("1234")).unwrap();
        let scheme = MacScheme::Pbmac1 { prf };
        assert_eq!(pfx.mac, Some(MacInfo { scheme, hash, iterations: 2048, salt_length: 8 }));
        let encryption = pfx.safes[0].encryption.unwrap();
        assert_eq!(encryption.scheme, EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 });
        let pair = pfx.keys().next().unwrap().key_pair().unwrap().unwrap();
        let certificate = pfx.certificates().next().unwrap().certificate().unwrap();
        assert_eq!(certificate.public_key().bits(), pair.public_key().bits());
        assert_eq!(pfx.password_encodings, [PasswordEncoding::Utf8]);
        assert_eq!(Pfx::open(&file(text), &password("1235")).unwrap_err(), PfxError::WrongPassword);
    }
}

/// The first valid file with other parameters of PBKDF2 and other values beside them in `MacData`.
fn with(parameters: &[&[u8]], outer_salt: &[u8], outer_iterations: &[u8]) -> Vec<u8> {
    let bytes = file(VALID[0].0);
    let mut pfx = Reader::new(&bytes).sequence().unwrap();
    let (version, safe, mut mac) = (pfx.any().unwrap().whole, pfx.any().unwrap().whole, pfx.sequence().unwrap());
    let mut info = mac.sequence().unwrap();
    let mut algorithm = info.sequence().unwrap();
    let digest = info.any().unwrap().whole;
    let oid = algorithm.any().unwrap().whole;
    let mut pbmac1 = algorithm.sequence().unwrap();
    let (mut kdf, scheme) = (pbmac1.sequence().unwrap(), pbmac1.any().unwrap().whole);
    let kdf = der::sequence(&[kdf.any().unwrap().whole, &der::sequence(parameters)]);
    let algorithm = der::sequence(&[oid, &der::sequence(&[&kdf, scheme])]);
    let info = der::sequence(&[&algorithm, digest]);
    der::sequence(&[version, safe, &der::sequence(&[&info, outer_salt, outer_iterations])])
}

#[test]
fn the_faults_of_the_invalid_pbmac1_files_are_found() {
    let bytes = file(VALID[0].0);
    let kdf = der::raw_element(&bytes, &[2, 0, 0, 1, 0, 1]).unwrap();
    let part = |place| der::raw_element(kdf, &[place]).unwrap();
    let (salt, count, length, prf) = (part(0), part(1), part(2), part(3));
    let (outer_salt, one) = (der::tlv(OCTET_STRING, b"NOT USED"), der::tlv(INTEGER, &[1]));
    assert_eq!(with(&[salt, count, length, prf], &outer_salt, &one), bytes);
    // Appendix A.4 to A.6: the right value stands where it does not count, or the length of the key is missing.
    let open = |bytes: &[u8]| Pfx::open(bytes, &password("1234")).map(|_| ()).unwrap_err();
    assert_eq!(open(&with(&[salt, &one, length, prf], &outer_salt, count)), PfxError::Altered);
    assert_eq!(open(&with(&[&outer_salt, count, length, prf], salt, &one)), PfxError::Altered);
    let short = der::tlv(INTEGER, &[19]);
    for parameters in [&[salt, count, prf][..], &[salt, count, &short, prf]] {
        let error = open(&with(parameters, &outer_salt, &one));
        assert!(matches!(error, PfxError::Damaged { place: "MAC", .. }), "{error}");
    }
}
