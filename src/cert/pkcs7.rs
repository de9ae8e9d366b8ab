//! Certificates in a PKCS#7 envelope (`SignedData`, RFC 5652 section 5; RFC 2315 section 9): the `.p7b` of certification
//! authorities and of the Windows certificate export.
//!
//! Signatures over content are not verified: such a file is only a bag of certificates.

use const_oid::ObjectIdentifier;

use super::certificate::{Certificate, CertificateError};
use super::der::{self, DerError, Reader};

/// `id-signedData`, RFC 5652 section 5.1.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `id-data`, RFC 5652 section 4.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// Other content types, by the names that people know.
const OTHER_CONTENT: [(&str, &str); 4] = [
    ("1.2.840.113549.1.7.1", "plain data"),
    ("1.2.840.113549.1.7.3", "encrypted data for recipients"),
    ("1.2.840.113549.1.7.5", "digested data"),
    ("1.2.840.113549.1.7.6", "encrypted data"),
];

/// `[0]`, constructed: the content of a `ContentInfo`, and the certificates of a `SignedData`.
const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed: the revocation lists of a `SignedData`.
const CONTEXT_1: u8 = 0xa1;

/// What a PKCS#7 file holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedData {
    /// The certificates, in the order of the file.
    pub certificates: Vec<Certificate>,
    /// How many entries beside them are not X.509 certificates (attribute certificates and older forms).
    pub other_certificates: usize,
    /// How many revocation lists it carries.
    pub revocation_lists: usize,
    /// How many signatures over content it carries; 0 in a `.p7b`.
    pub signers: usize,
    /// Whether the file is BER that is not DER.
    pub was_ber: bool,
}

/// Why bytes are not a PKCS#7 file of certificates.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs7Error {
    /// The structure is broken.
    #[error("the PKCS#7 structure is damaged: {0}")]
    Damaged(#[from] DerError),
    /// A PKCS#7 file of another kind.
    #[error("this PKCS#7 file holds {content}, not certificates")]
    OtherContent {
        /// The kind, by name or object identifier.
        content: String,
    },
    /// An entry is damaged.
    #[error("certificate {number} of the PKCS#7 file cannot be read")]
    Certificate {
        /// Its place, counted from 1.
        number: usize,
        /// Why.
        #[source]
        source: CertificateError,
    },
}

/// Reads the certificates of a `SignedData`, DER or BER. What follows the structure is not read.
///
/// # Errors
/// [`Pkcs7Error`] when the structure or one of the certificates is damaged, or when the file holds something else.
pub fn read(bytes: &[u8]) -> Result<SignedData, Pkcs7Error> {
    let (whole, _) = der::definite(bytes)?;
    let mut content_info = Reader::new(&whole).sequence()?;
    let content_type = content_info.oid()?;
    if content_type != SIGNED_DATA {
        let text = content_type.to_string();
        let known = OTHER_CONTENT.iter().find(|(oid, _)| *oid == text);
        return Err(Pkcs7Error::OtherContent { content: known.map_or(text, |(_, name)| (*name).to_owned()) });
    }
    let mut signed_data = content_info.expect(CONTEXT_0)?.inside().sequence()?;
    let _version = signed_data.expect(der::INTEGER)?;
    let _digest_algorithms = signed_data.expect(der::SET)?;
    let _content = signed_data.sequence()?;
    let certificates = signed_data.optional(CONTEXT_0)?;
    let revocation_lists = signed_data.optional(CONTEXT_1)?;
    let signers = signed_data.expect(der::SET)?;
    let mut found = SignedData {
        certificates: Vec::new(),
        other_certificates: 0,
        revocation_lists: revocation_lists.map_or(Ok(0), |lists| count(lists.inside()))?,
        signers: count(signers.inside())?,
        was_ber: whole.was_ber(),
    };
    let mut entries = certificates.map_or_else(|| Reader::new(&[]), |entries| entries.inside());
    while !entries.is_empty() {
        let entry = entries.any()?;
        // RFC 5652 section 10.2.2: the other choices have context-specific tags.
        if entry.tag == der::SEQUENCE {
            let number = found.certificates.len() + found.other_certificates + 1;
            let certificate =
                Certificate::from_der(entry.whole).map_err(|source| Pkcs7Error::Certificate { number, source })?;
            found.certificates.push(certificate);
        } else {
            found.other_certificates += 1;
        }
    }
    Ok(found)
}

/// Writes certificates as a `SignedData` without content and signers, in DER. The set is in the order that DER asks for,
/// so readers must find the leaf by themselves, as Windows does.
pub fn certificates_only(certificates: &[Certificate]) -> Vec<u8> {
    let encoded: Vec<Vec<u8>> = certificates.iter().map(|one| one.der().to_vec()).collect();
    // RFC 5652 section 5.1: version 1 where all certificates are X.509 and there is no signer.
    let mut set = der::set_of(&encoded);
    set[0] = CONTEXT_0;
    let empty_set = der::set_of(&[]);
    let signed_data =
        der::sequence(&[&der::unsigned(&[1]), &empty_set, &der::sequence(&[&der::oid(DATA)]), &set, &empty_set]);
    der::sequence(&[&der::oid(SIGNED_DATA), &der::tlv(CONTEXT_0, &signed_data)])
}

fn count(mut elements: Reader<'_>) -> Result<usize, DerError> {
    let mut count = 0;
    while !elements.is_empty() {
        elements.any()?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::cert::pem;
    use crate::cert::test_pki::PKI;
    use crate::cert::test_tools::openssl;

    fn sorted(mut certificates: Vec<Certificate>) -> Vec<Certificate> {
        certificates.sort_by(|one, other| one.der().cmp(other.der()));
        certificates
    }

    #[test]
    fn what_is_written_is_read_back() {
        for certificates in [vec![], PKI.chain(), PKI.others()] {
            let read = read(&certificates_only(&certificates)).unwrap();
            assert_eq!(sorted(read.certificates), sorted(certificates));
            assert_eq!((read.other_certificates, read.revocation_lists, read.signers, read.was_ber), (0, 0, 0, false));
        }
    }

    #[test]
    fn indefinite_lengths_are_read() {
        let der = certificates_only(&PKI.chain());
        // The three outer elements, each with an indefinite length instead.
        let element = |path: &[usize]| der::raw_element(&der, path).unwrap();
        let signed_data = [element(&[1, 0, 0]), element(&[1, 0, 1]), element(&[1, 0, 2]), element(&[1, 0, 3])].concat();
        let ber =
            [&[0x30, 0x80][..], element(&[0]), &[0xa0, 0x80, 0x30, 0x80], &signed_data, element(&[1, 0, 4]), &[0; 6]]
                .concat();
        let read = read(&ber).unwrap();
        assert_eq!(sorted(read.certificates), sorted(PKI.chain()));
        assert!(read.was_ber);
    }

    #[test]
    fn other_content_and_damage_are_named() {
        let data = der::sequence(&[&der::oid(DATA), &der::tlv(CONTEXT_0, &der::tlv(der::OCTET_STRING, b"text"))]);
        assert_eq!(read(&data).unwrap_err().to_string(), "this PKCS#7 file holds plain data, not certificates");
        let good = certificates_only(&PKI.chain());
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length}");
        }
        let broken = certificates_only(&[PKI.leaf.clone()]);
        let at = broken.len() - PKI.leaf.der().len() - 2;
        let mut broken = broken;
        broken[at + 4] = 0x31;
        assert_eq!(read(&broken).unwrap_err().to_string(), "certificate 1 of the PKCS#7 file cannot be read");
    }

    #[test]
    fn openssl_reads_what_is_written_and_the_other_way_round() {
        let Some(openssl) = openssl() else { return };
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("ours.p7b"), certificates_only(&PKI.chain())).unwrap();
        let printed = openssl.run(&["pkcs7", "-inform", "DER", "-in", &path("ours.p7b"), "-print_certs"]);
        let from_openssl: Vec<Certificate> =
            pem::scan(&printed).unwrap().iter().map(|block| Certificate::from_der(&block.content).unwrap()).collect();
        assert_eq!(sorted(from_openssl), sorted(PKI.chain()));
        let chain: String = PKI.chain().iter().map(|one| pem::encode("CERTIFICATE", one.der()).to_string()).collect();
        std::fs::write(path("chain.pem"), chain).unwrap();
        openssl.run(&[
            "crl2pkcs7",
            "-nocrl",
            "-certfile",
            &path("chain.pem"),
            "-outform",
            "DER",
            "-out",
            &path("o.p7b"),
        ]);
        let read = read(&std::fs::read(path("o.p7b")).unwrap()).unwrap();
        assert_eq!(read.certificates, PKI.chain());
    }

    proptest::proptest! {
        #[test]
        fn flipped_bits_never_panic(at in 0usize..4000, bit in 0u32..8) {
            let mut bytes = certificates_only(&PKI.chain());
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let _ = read(&bytes);
        }
    }
}
