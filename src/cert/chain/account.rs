//! What a search found and why: data first, with the sentences that people read.

use std::fmt;

use jiff::Timestamp;

use super::Chain;
use crate::cert::certificate::Certificate;
use crate::cert::digest::{Thumbprint, hex_upper};
use crate::cert::name::DistinguishedName;
use crate::cert::signature::SignatureAlgorithm;

/// The outcome of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// The best chain.
    pub chain: Chain,
    /// Where more than one certificate could have been the issuer: what was chosen, and why. Leaf side first.
    pub choices: Vec<Choice>,
    /// What is absent above the last certificate, unless that is self-signed.
    pub missing: Option<Missing>,
    /// What is wrong with the links of the best chain. Leaf side first.
    pub remarks: Vec<Remark>,
    /// The other chains of the same leaf, best first.
    pub alternatives: Vec<Chain>,
    /// The certificates that are not in the chain, each once, in the order in which they came.
    pub unused: Vec<Certificate>,
}

/// One decision between several certificates that carry the issuer's name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// The certificate whose issuer was looked for.
    pub below: DistinguishedName,
    /// The name of the issuer.
    pub issuer: DistinguishedName,
    /// The certificate that was taken.
    pub chosen: Thumbprint,
    /// The others, best first.
    pub others: Vec<(Thumbprint, NotChosen)>,
}

/// Why a certificate with the issuer's name was not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotChosen {
    /// Its key did not make the signature: another generation of the same authority.
    OtherKey,
    /// It has expired.
    Expired(Timestamp),
    /// It is not valid yet.
    NotYetValid(Timestamp),
    /// A certificate above it is not valid now.
    PathNotValid,
    /// A signature on its path cannot be verified here, those of the chosen path can.
    PathNotVerified,
    /// Its path ends sooner.
    EndsSooner(Timestamp),
    /// Its path does not end in a self-signed certificate, the chosen one does.
    NoRoot,
    /// Its path is longer.
    Longer,
    /// Nothing sets it apart from the chosen one; the order of the thumbprints decided.
    Equal,
    /// It leads back to a certificate that is already in the chain, or its path was not followed to the end.
    NotFollowed,
}

/// The certificate that should stand above the last one and is not in the bag.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// The certificate whose issuer is absent.
    pub below: DistinguishedName,
    /// The name of the absent certificate.
    pub issuer: DistinguishedName,
    /// The key identifier of the absent certificate, from the `authorityKeyIdentifier` below.
    pub key_id: Option<Vec<u8>>,
    /// Where the certificate below says that it can be downloaded (`caIssuers`, RFC 5280 section 4.2.2.1).
    pub urls: Vec<String>,
    /// Certificates of the bag that have the name, but another key.
    pub namesakes: Vec<Thumbprint>,
}

/// Something wrong with one link of the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Remark {
    /// The certificate has expired.
    Expired {
        /// The certificate.
        subject: DistinguishedName,
        /// The end of its validity.
        at: Timestamp,
    },
    /// The certificate is not valid yet.
    NotYetValid {
        /// The certificate.
        subject: DistinguishedName,
        /// The start of its validity.
        at: Timestamp,
    },
    /// The issuer does not say that it is a certificate authority (RFC 5280 section 4.2.1.9).
    NotAuthority {
        /// The issuer.
        subject: DistinguishedName,
    },
    /// The algorithm is out of reach, so the link rests on names and key identifiers alone.
    NotVerified {
        /// The certificate below the link.
        subject: DistinguishedName,
        /// The algorithm of its signature.
        algorithm: SignatureAlgorithm,
    },
    /// Issuer and subject are the same name in different encodings. Some programs will not find the issuer.
    NameEncoding {
        /// The certificate below the link.
        subject: DistinguishedName,
    },
    /// The `authorityKeyIdentifier` names another key, although the signature verifies.
    KeyIdDiffers {
        /// The certificate below the link.
        subject: DistinguishedName,
    },
    /// The authorities issued one another, so the chain has no root.
    Circle,
    /// A bound of the search was reached: a better chain may exist.
    LimitReached,
}

fn day(at: Timestamp) -> impl fmt::Display {
    at.strftime("%Y-%m-%d")
}

impl fmt::Display for NotChosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey => f.write_str("has another key than the one that signed"),
            Self::Expired(at) => write!(f, "expired on {}", day(*at)),
            Self::NotYetValid(at) => write!(f, "is not valid before {}", day(*at)),
            Self::PathNotValid => f.write_str("has an issuer that is not valid now"),
            Self::PathNotVerified => f.write_str("has a signature above it that cannot be verified"),
            Self::EndsSooner(at) => write!(f, "gives a chain that ends sooner, on {}", day(*at)),
            Self::NoRoot => f.write_str("gives a chain without a root"),
            Self::Longer => f.write_str("gives a longer chain"),
            Self::Equal => f.write_str("would have done as well; between equals the lower thumbprint is taken"),
            Self::NotFollowed => f.write_str("leads to no further chain"),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { below, issuer, chosen, others } = self;
        write!(f, "{} certificates are named {issuer}, the issuer of {below}: took {chosen}", others.len() + 1)?;
        others.iter().try_for_each(|(thumbprint, reason)| write!(f, "; {thumbprint} {reason}"))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { below, issuer, key_id, urls, namesakes } = self;
        write!(f, "the certificate of {issuer}, which issued {below}, is absent")?;
        if let Some(key_id) = key_id {
            write!(f, " (its subject key identifier is {})", hex_upper(key_id))?;
        }
        for thumbprint in namesakes {
            write!(f, "; {thumbprint} has that name, but another key than the one that signed")?;
        }
        if let Some(url) = urls.first() {
            write!(f, "; it can be downloaded from {url}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { subject, at } => write!(f, "{subject} expired on {}", day(*at)),
            Self::NotYetValid { subject, at } => write!(f, "{subject} is not valid before {}", day(*at)),
            Self::NotAuthority { subject } => {
                write!(f, "{subject} issued a certificate, but does not say that it is a certificate authority")
            }
            Self::NotVerified { subject, algorithm } => {
                write!(f, "the signature of {subject} cannot be verified here ({algorithm}): its issuer rests on names")
            }
            Self::NameEncoding { subject } => write!(
                f,
                "{subject} names its issuer in another encoding than the issuer itself: some programs will not find it"
            ),
            Self::KeyIdDiffers { subject } => {
                write!(f, "{subject} names another key identifier than its issuer has, although the signature verifies")
            }
            Self::Circle => f.write_str("the authorities issued one another: the chain has no root"),
            Self::LimitReached => {
                f.write_str("there are so many certificates with the same names that not every chain was tried")
            }
        }
    }
}
