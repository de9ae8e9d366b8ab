//! Security identifiers of Windows. Source: [MS-DTYP] 2.4.2 (text 2.4.2.1, binary 2.4.2.2).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most sub-authorities of a SID ([MS-DTYP] 2.4.2.2).
pub const MAX_SUB_AUTHORITIES: usize = 15;
/// The only revision there is.
const REVISION: u8 = 1;
/// The authority has 48 bits.
const MAX_AUTHORITY: u64 = (1 << 48) - 1;
/// From this value on an authority is written in hexadecimal.
const HEXADECIMAL_FROM: u64 = 1 << 32;
/// The authority of Windows itself, `SECURITY_NT_AUTHORITY`.
const NT_AUTHORITY: u64 = 5;
/// `SECURITY_SERVICE_ID_BASE_RID`: services by name.
const SERVICES: u32 = 80;
/// `SECURITY_APPPOOL_ID_BASE_RID`: application pools of IIS by name.
const APPLICATION_POOLS: u32 = 82;

/// A security identifier.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

/// Why something is no SID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SidError {
    /// The text does not begin with `S-1-`.
    #[error("a SID begins with S-1-")]
    Beginning,
    /// A part is no number, or too large for its place.
    #[error("a part of the SID is no number, or too large")]
    Number,
    /// There are more than 15 sub-authorities.
    #[error("a SID has at most 15 sub-authorities")]
    TooLong,
    /// The octets end too early.
    #[error("the octets of the SID are cut off")]
    CutOff,
    /// The revision is not 1.
    #[error("revision {0} of a SID is not known")]
    Revision(u8),
}

impl Sid {
    /// Makes the SID of an authority that fits 32 bits, at compile-time sizes that are always valid.
    pub(super) fn nt(sub_authorities: &[u32]) -> Self {
        Self::of(NT_AUTHORITY, sub_authorities)
    }

    /// Makes a SID of numbers that are known to fit.
    pub(super) fn of(authority: u64, sub_authorities: &[u32]) -> Self {
        Self {
            authority: authority & MAX_AUTHORITY,
            sub_authorities: sub_authorities.iter().copied().take(MAX_SUB_AUTHORITIES).collect(),
        }
    }

    /// Returns the SID of a service, `NT SERVICE\name`: the SHA-1 of the upper-cased name in UTF-16.
    #[must_use]
    pub fn of_service(name: &str) -> Self {
        Self::by_name(SERVICES, &name.to_uppercase())
    }

    /// Returns the SID of the virtual account of an application pool, `IIS AppPool\name`: the SHA-1 of the lower-cased
    /// name in UTF-16.
    #[must_use]
    pub fn of_application_pool(name: &str) -> Self {
        Self::by_name(APPLICATION_POOLS, &name.to_lowercase())
    }

    fn by_name(base: u32, name: &str) -> Self {
        let octets: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &octets);
        let (words, _) = hash.as_ref().as_chunks::<4>();
        let numbers: Vec<u32> =
            std::iter::once(base).chain(words.iter().map(|word| u32::from_le_bytes(*word))).collect();
        Self::nt(&numbers)
    }

    /// Returns the identifier authority, 48 bits.
    #[must_use]
    pub fn authority(&self) -> u64 {
        self.authority
    }

    /// Returns the sub-authorities.
    #[must_use]
    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities
    }

    /// Returns whether this is a service or the virtual account of an application pool.
    #[must_use]
    pub fn is_virtual_account(&self) -> bool {
        self.authority == NT_AUTHORITY && matches!(self.sub_authorities.first(), Some(&SERVICES | &APPLICATION_POOLS))
    }

    /// Reads a SID at the beginning of some octets, and returns it with its length.
    ///
    /// # Errors
    /// [`SidError`] for what it is not.
    pub fn from_octets(octets: &[u8]) -> Result<(Self, usize), SidError> {
        let Some(([revision, count, authority @ ..], rest)) = octets.split_first_chunk::<8>() else {
            return Err(SidError::CutOff);
        };
        if *revision != REVISION {
            return Err(SidError::Revision(*revision));
        }
        let count = usize::from(*count);
        if count > MAX_SUB_AUTHORITIES {
            return Err(SidError::TooLong);
        }
        let numbers = rest.get(..count * 4).ok_or(SidError::CutOff)?;
        let (words, _) = numbers.as_chunks::<4>();
        let authority = authority.iter().fold(0, |value, octet| value << 8 | u64::from(*octet));
        let sub_authorities = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        Ok((Self { authority, sub_authorities }, 8 + count * 4))
    }

    /// Returns the binary form.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        // At most 15, so the number fits an octet.
        let mut octets = vec![REVISION, self.sub_authorities.len() as u8];
        octets.extend_from_slice(&self.authority.to_be_bytes()[2..]);
        octets.extend(self.sub_authorities.iter().flat_map(|number| number.to_le_bytes()));
        octets
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority >= HEXADECIMAL_FROM {
            write!(f, "S-1-0x{:012X}", self.authority)?;
        } else {
            write!(f, "S-1-{}", self.authority)?;
        }
        self.sub_authorities.iter().try_for_each(|number| write!(f, "-{number}"))
    }
}

impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let rest = text.get(..4).filter(|start| start.eq_ignore_ascii_case("S-1-")).and_then(|_| text.get(4..));
        let mut parts = rest.ok_or(SidError::Beginning)?.split('-');
        let authority = parts.next().and_then(authority).ok_or(SidError::Number)?;
        let mut sub_authorities = Vec::new();
        for part in parts {
            if sub_authorities.len() == MAX_SUB_AUTHORITIES {
                return Err(SidError::TooLong);
            }
            let digits = part.bytes().all(|octet| octet.is_ascii_digit());
            sub_authorities.push(part.parse().ok().filter(|_| digits).ok_or(SidError::Number)?);
        }
        Ok(Self { authority, sub_authorities })
    }
}

fn authority(text: &str) -> Option<u64> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()?
        }
        None if text.bytes().all(|octet| octet.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    (value <= MAX_AUTHORITY).then_some(value)
}

impl TryFrom<String> for Sid {
    type Error = SidError;

    fn try_from(text: String) -> Result<Self, SidError> {
        text.parse()
    }
}

impl From<Sid> for String {
    fn from(sid: Sid) -> Self {
        sid.to_string()
    }
}

impl JsonSchema for Sid {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sid".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^S-1-", "description": "A security identifier." })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_octets_of_known_identifiers_agree() {
        for (text, octets) in [
            ("S-1-5-20", &[1, 1, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0][..]),
            ("S-1-1-0", &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
            ("S-1-5-32-544", &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0]),
            ("S-1-0x0123456789AB-7", &[1, 1, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 7, 0, 0, 0]),
        ] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(sid.to_octets(), octets);
            assert_eq!(Sid::from_octets(octets), Ok((sid, octets.len())));
        }
    }

    /// The first two are the same on every Windows and printed in many places: TrustedInstaller and DefaultAppPool.
    #[test]
    fn services_and_application_pools_have_the_identifiers_that_windows_computes() {
        let installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        let pool = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415";
        for name in ["TrustedInstaller", "TRUSTEDINSTALLER", "trustedinstaller"] {
            assert_eq!(Sid::of_service(name).to_string(), installer);
        }
        for name in ["DefaultAppPool", "DEFAULTAPPPOOL"] {
            assert_eq!(Sid::of_application_pool(name).to_string(), pool);
        }
    }

    #[test]
    fn what_is_no_identifier_says_why() {
        let sixteen = format!("S-1-5{}", "-1".repeat(16));
        for (text, error) in [
            ("", SidError::Beginning),
            ("S-2-5-20", SidError::Beginning),
            ("contoso", SidError::Beginning),
            ("S-1-", SidError::Number),
            ("S-1-5-", SidError::Number),
            ("S-1-5-+1", SidError::Number),
            ("S-1-5-4294967296", SidError::Number),
            ("S-1-0x1000000000000-1", SidError::Number),
            ("S-1-5--1", SidError::Number),
            (sixteen.as_str(), SidError::TooLong),
        ] {
            assert_eq!(text.parse::<Sid>(), Err(error), "{text}");
        }
        assert_eq!(Sid::from_octets(&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0]), Err(SidError::CutOff));
        assert_eq!(Sid::from_octets(&[2, 0, 0, 0, 0, 0, 0, 5]), Err(SidError::Revision(2)));
        assert_eq!(Sid::from_octets(&[1, 16, 0, 0, 0, 0, 0, 5]), Err(SidError::TooLong));
    }

    proptest! {
        #[test]
        fn both_forms_survive_a_round_trip(authority in 0..=MAX_AUTHORITY, numbers in prop::collection::vec(any::<u32>(), 0..=15)) {
            let sid = Sid::of(authority, &numbers);
            prop_assert_eq!(sid.to_string().parse::<Sid>(), Ok(sid.clone()));
            let octets = sid.to_octets();
            prop_assert_eq!(Sid::from_octets(&octets), Ok((sid, octets.len())));
        }

        #[test]
        fn hostile_input_never_panics(text in ".{0,80}", octets in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = text.parse::<Sid>();
            let _ = Sid::from_octets(&octets);
        }
    }
}
