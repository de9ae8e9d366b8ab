//! Whatever an administrator hands in, read by what it is and never by what its name says.
//!
//! One file becomes a list of items in order, each with its place. What is locked by a password that was not given is an
//! item too, so that the rest of the file is still seen. A damaged item fails the file: what was left out in silence would
//! be missed later.

mod foreign;
mod item;
mod structure;
#[cfg(test)]
mod tests;

use std::fmt;

pub use item::{Content, Contents, Item, Locked, Origin};

use super::certificate::CertificateError;
use super::csr::CsrError;
use super::key_file::KeyFileError;
use super::password::Password;
use super::pem::{self, PemError};
use super::pfx::PfxError;
use super::pkcs7::Pkcs7Error;
use super::{der, text};
use structure::{Found, Structure};

/// The longest file that is read, in octets. A PEM bundle of every public root has 0.3 MiB.
pub const MAX_SIZE: usize = 64 << 20;

/// What a file is as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContainerKind {
    /// PEM blocks, of any kind.
    Pem,
    /// Base64 without the lines of hyphens.
    Base64,
    /// A certificate in DER.
    Certificate,
    /// PKCS#7.
    Pkcs7,
    /// PKCS#12.
    Pfx,
    /// A private key in DER.
    Key,
    /// A certificate signing request in DER.
    Csr,
    /// Something else in DER: a revocation list, a public key.
    Other,
}

impl fmt::Display for ContainerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM",
            Self::Base64 => "base64 without PEM lines",
            Self::Certificate => "DER certificate",
            Self::Pkcs7 => "PKCS#7",
            Self::Pfx => "PFX",
            Self::Key => "DER private key",
            Self::Csr => "DER certificate signing request",
            Self::Other => "DER",
        })
    }
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// Nothing, or blanks only.
    #[error("the file is empty")]
    Empty,
    /// Longer than [`MAX_SIZE`].
    #[error("the file has {size} octets; at most {MAX_SIZE} are read")]
    TooLarge {
        /// Its length in octets.
        size: usize,
    },
    /// A format that is recognised and not read.
    #[error("this is {what}: {remedy}")]
    Foreign {
        /// What the file is.
        what: &'static str,
        /// How to come from there to something that is read.
        remedy: &'static str,
    },
    /// The structure says that it is longer than the file.
    #[error("the file was cut off: its structure has {expected} octets, the file {found}; copy or download it again")]
    CutOff {
        /// The length that the first element claims, with its header.
        expected: u64,
        /// The length of the file.
        found: usize,
    },
    /// Zeros and nothing else.
    #[error("the file holds {size} zero octets and nothing else: a copy or download went wrong, do it again")]
    Zeros {
        /// The length of the file.
        size: usize,
    },
    /// A text without a PEM block.
    #[error("this is a text without certificate, key or request: {reason}")]
    NoBlock {
        /// What was seen instead.
        reason: &'static str,
    },
    /// None of the known formats.
    #[error("this is none of the formats that are read (PEM, DER, PKCS#7, PFX); it starts with the octets {start}")]
    Unknown {
        /// The first octets, hexadecimal.
        start: String,
    },
    /// A PEM block is damaged.
    #[error("the PEM text is damaged")]
    Pem(#[source] PemError),
    /// One item is damaged.
    #[error("{origin} cannot be read")]
    Item {
        /// Its place in the file.
        origin: Box<Origin>,
        /// Why.
        #[source]
        source: ItemError,
    },
}

/// Why one item cannot be read. The text is that of its cause.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A signing request.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// A private key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// PKCS#7.
    #[error(transparent)]
    Pkcs7(#[from] Pkcs7Error),
    /// PKCS#12.
    #[error(transparent)]
    Pfx(#[from] PfxError),
    /// ASN.1 that cannot be read at all.
    #[error("its ASN.1 is damaged: {0}")]
    Asn1(#[from] der::DerError),
}

/// Reads a file. Every password is tried on everything that is encrypted; the empty one is also tried on PFX files.
///
/// # Errors
/// [`ContainerError`] when the file is damaged or is something else. Items that stay locked are no error.
pub fn read(bytes: &[u8], passwords: &[Password]) -> Result<Contents, ContainerError> {
    if bytes.len() > MAX_SIZE {
        return Err(ContainerError::TooLarge { size: bytes.len() });
    }
    if is_blank(bytes) {
        return Err(ContainerError::Empty);
    }
    if let Some(refusal) = foreign::binary(bytes) {
        return Err(refusal);
    }
    if structure::recognise(bytes).is_some() {
        return read_der(bytes, passwords);
    }
    let blocks = pem::scan(bytes).map_err(ContainerError::Pem)?;
    if !blocks.is_empty() {
        let mut contents = Contents::new(ContainerKind::Pem);
        for (index, block) in blocks.iter().enumerate() {
            item::read_block(block, index + 1, passwords, &mut contents)?;
        }
        contents.keep_pfx_only_if_alone();
        return Ok(contents);
    }
    if let Some(der) = pem::bare_base64(bytes) {
        let contents = read_der(&der, passwords)?;
        return Ok(Contents { kind: ContainerKind::Base64, ..contents });
    }
    Err(refuse(bytes))
}

/// Reads one DER structure after another: certificates are often just appended to each other.
fn read_der(bytes: &[u8], passwords: &[Password]) -> Result<Contents, ContainerError> {
    let mut contents = Contents::new(ContainerKind::Other);
    let mut rest = bytes;
    while let Some(Structure { found, length }) = structure::recognise(rest) {
        if contents.items.is_empty() {
            contents.kind = found.kind();
        }
        let alone = contents.items.is_empty() && length == rest.len();
        let origin = Origin { number: (!alone).then_some(contents.items.len() + 1), ..Origin::default() };
        // What follows a PFX is told by its own reader.
        let whole = if found == Found::Pfx { rest } else { &rest[..length] };
        item::read_structure(found, whole, &origin, passwords, &mut contents)?;
        rest = &rest[whole.len()..];
    }
    if !rest.iter().all(|octet| *octet == 0 || octet.is_ascii_whitespace()) {
        let origin = Origin { number: Some(contents.items.len() + 1), ..Origin::default() };
        contents.pass_over(&origin, format!("{} octets at the end that are nothing known", rest.len()));
    }
    contents.keep_pfx_only_if_alone();
    Ok(contents)
}

fn is_blank(bytes: &[u8]) -> bool {
    let mark = text::byte_order_mark(bytes).map_or(0, |(_, length)| length);
    // The zeros of blanks in UTF-16 are blank too; a file of zeros alone is a copy that went wrong, and not empty.
    let blank = |octet: &u8| *octet == 0 || octet.is_ascii_whitespace();
    bytes[mark..].iter().all(blank) && (bytes.len() == mark || bytes[mark..].iter().any(u8::is_ascii_whitespace))
}

/// Says what a file is that is none of the formats.
fn refuse(bytes: &[u8]) -> ContainerError {
    if let Some(expected) = structure::claimed_length(bytes)
        && expected > bytes.len() as u64
    {
        return ContainerError::CutOff { expected, found: bytes.len() };
    }
    if let Ok(text) = text::decode(bytes)
        && !text.contains(|c: char| c.is_control() && !c.is_whitespace())
    {
        return foreign::text(&text);
    }
    if bytes.iter().all(|octet| *octet == 0) {
        return ContainerError::Zeros { size: bytes.len() };
    }
    let start = bytes.iter().take(8).map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(" ");
    ContainerError::Unknown { start }
}
