//! Owner, mode and POSIX access list of a file. Sources: acl(5); the octets of the extended attribute
//! `system.posix_acl_access` are those of the kernel's `include/uapi/linux/posix_acl_xattr.h`.

use std::fmt;
use std::str::FromStr;

/// The only version of the attribute.
const VERSION: u32 = 2;
/// Octets of the head, and of one entry.
const HEAD: usize = 4;
const ENTRY: usize = 8;
/// The number of entries that have none.
const NO_NUMBER: u32 = u32::MAX;
/// The most entries that are looked at: as many as fit the 64 KiB that the kernel gives an attribute.
pub const MAX_ENTRIES: usize = (65_536 - HEAD) / ENTRY;

/// The permissions of one entry: read 4, write 2, execute 1.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Perm(u8);

impl Perm {
    /// Reading alone.
    pub const READ: Self = Self(4);
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Takes the lowest three bits.
    #[must_use]
    pub const fn of(bits: u32) -> Self {
        Self((bits & 7) as u8)
    }

    /// Returns the three bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// Returns what both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what one of the two allows.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether reading is allowed.
    #[must_use]
    pub const fn reads(self) -> bool {
        self.0 & 4 != 0
    }

    /// Returns whether writing is allowed.
    #[must_use]
    pub const fn writes(self) -> bool {
        self.0 & 2 != 0
    }
}

impl fmt::Display for Perm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            write!(f, "{}", if self.0 & bit != 0 { letter } else { '-' })?;
        }
        Ok(())
    }
}

/// Who may do what with a file. The three entries of the mode are always there; the others, with a mask, only in a file
/// with an access list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PosixAccess {
    /// The owner's number.
    pub owner: u32,
    /// The owning group's number.
    pub group: u32,
    /// What the owner may.
    pub owner_perm: Perm,
    /// What the owning group may, before the mask.
    pub group_perm: Perm,
    /// What all others may.
    pub other_perm: Perm,
    /// The entries for more users, by number, each once.
    pub users: Vec<(u32, Perm)>,
    /// The entries for more groups, by number, each once.
    pub groups: Vec<(u32, Perm)>,
    /// The most that the owning group and all further entries may. Always there with further entries.
    pub mask: Option<Perm>,
}

/// Why something is no POSIX access list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PosixError {
    /// The octets are of another version.
    #[error("version {0} of the access list is not known")]
    Version(u32),
    /// The octets end within an entry.
    #[error("the access list is cut off")]
    CutOff,
    /// More than [`MAX_ENTRIES`].
    #[error("more than {MAX_ENTRIES} entries")]
    TooLong,
    /// The tag of an entry is not known.
    #[error("an entry of the unknown sort {0:#x}")]
    Tag(u16),
    /// One of the entries that must be there is not, or one stands there twice, or the mask is missing.
    #[error("{0}")]
    Invalid(&'static str),
    /// An entry of the text is not understood.
    #[error("the entry \"{0}\" is not understood: user::rw-, user:1001:r--, group::r--, mask::r--, other::---")]
    Entry(String),
}

/// One entry, in either form.
#[derive(Clone, Copy)]
enum Entry {
    Owner(Perm),
    User(u32, Perm),
    OwningGroup(Perm),
    Group(u32, Perm),
    Mask(Perm),
    Other(Perm),
}

impl PosixAccess {
    /// Makes the access of a file that has only a mode.
    #[must_use]
    pub fn of_mode(owner: u32, group: u32, mode: u32) -> Self {
        Self {
            owner,
            group,
            owner_perm: Perm::of(mode >> 6),
            group_perm: Perm::of(mode >> 3),
            other_perm: Perm::of(mode),
            users: Vec::new(),
            groups: Vec::new(),
            mask: None,
        }
    }

    /// Returns whether the mode says it all.
    #[must_use]
    pub fn is_plain_mode(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.mask.is_none()
    }

    /// Returns the nine bits of the mode, as `ls` shows them: where there is a mask, it stands in the place of the group.
    #[must_use]
    pub fn mode(&self) -> u32 {
        let group = self.mask.unwrap_or(self.group_perm);
        self.owner_perm.bits() << 6 | group.bits() << 3 | self.other_perm.bits()
    }

    /// Returns what remains of an entry after the mask.
    #[must_use]
    pub fn masked(&self, perm: Perm) -> Perm {
        self.mask.map_or(perm, |mask| perm.and(mask))
    }

    /// Reads the value of `system.posix_acl_access`.
    ///
    /// # Errors
    /// [`PosixError`] for what it is not.
    pub fn from_octets(owner: u32, group: u32, octets: &[u8]) -> Result<Self, PosixError> {
        let (version, rest) = octets.split_first_chunk::<HEAD>().ok_or(PosixError::CutOff)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(PosixError::Version(version));
        }
        let (entries, tail) = rest.as_chunks::<ENTRY>();
        if !tail.is_empty() {
            return Err(PosixError::CutOff);
        }
        if entries.len() > MAX_ENTRIES {
            return Err(PosixError::TooLong);
        }
        let read = |entry: &[u8; ENTRY]| {
            let [tag_low, tag_high, perm_low, _, number @ ..] = *entry;
            let (number, perm) = (u32::from_le_bytes(number), Perm::of(u32::from(perm_low)));
            match u16::from_le_bytes([tag_low, tag_high]) {
                0x01 => Ok(Entry::Owner(perm)),
                0x02 => Ok(Entry::User(number, perm)),
                0x04 => Ok(Entry::OwningGroup(perm)),
                0x08 => Ok(Entry::Group(number, perm)),
                0x10 => Ok(Entry::Mask(perm)),
                0x20 => Ok(Entry::Other(perm)),
                tag => Err(PosixError::Tag(tag)),
            }
        };
        Self::of_entries(owner, group, entries.iter().map(read))
    }

    /// Returns the value of `system.posix_acl_access`, in the order that the kernel asks for.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = VERSION.to_le_bytes().to_vec();
        for entry in self.entries() {
            let (tag, perm, number): (u16, Perm, u32) = match entry {
                Entry::Owner(perm) => (0x01, perm, NO_NUMBER),
                Entry::User(number, perm) => (0x02, perm, number),
                Entry::OwningGroup(perm) => (0x04, perm, NO_NUMBER),
                Entry::Group(number, perm) => (0x08, perm, number),
                Entry::Mask(perm) => (0x10, perm, NO_NUMBER),
                Entry::Other(perm) => (0x20, perm, NO_NUMBER),
            };
            octets.extend_from_slice(&tag.to_le_bytes());
            octets.extend_from_slice(&[perm.0, 0]);
            octets.extend_from_slice(&number.to_le_bytes());
        }
        octets
    }

    /// Reads the text that [`PosixAccess`] prints, for a file of this owner and group.
    ///
    /// # Errors
    /// [`PosixError`] for what it is not.
    pub fn from_text(owner: u32, group: u32, text: &str) -> Result<Self, PosixError> {
        let parts: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.len() > MAX_ENTRIES {
            return Err(PosixError::TooLong);
        }
        let read = |part: &&str| part.parse::<Entry>();
        Self::of_entries(owner, group, parts.iter().map(read))
    }

    fn of_entries(
        owner: u32,
        group: u32,
        entries: impl Iterator<Item = Result<Entry, PosixError>>,
    ) -> Result<Self, PosixError> {
        let mut access = Self::of_mode(owner, group, 0);
        let mut seen = [None; 3];
        for entry in entries {
            let twice = match entry? {
                Entry::Owner(perm) => seen[0].replace(perm).is_some(),
                Entry::OwningGroup(perm) => seen[1].replace(perm).is_some(),
                Entry::Other(perm) => seen[2].replace(perm).is_some(),
                Entry::Mask(perm) => access.mask.replace(perm).is_some(),
                Entry::User(number, perm) => {
                    access.users.push((number, perm));
                    false
                }
                Entry::Group(number, perm) => {
                    access.groups.push((number, perm));
                    false
                }
            };
            if twice {
                return Err(PosixError::Invalid("an entry stands there twice"));
            }
        }
        let [Some(owner_perm), Some(group_perm), Some(other_perm)] = seen else {
            return Err(PosixError::Invalid("the entries for owner, owning group and others must be there"));
        };
        (access.owner_perm, access.group_perm, access.other_perm) = (owner_perm, group_perm, other_perm);
        for list in [&mut access.users, &mut access.groups] {
            list.sort_unstable_by_key(|(number, _)| *number);
            if list.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(PosixError::Invalid("an entry stands there twice"));
            }
        }
        if access.mask.is_none() && !(access.users.is_empty() && access.groups.is_empty()) {
            return Err(PosixError::Invalid("with entries for more users or groups there must be a mask"));
        }
        Ok(access)
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::Owner(self.owner_perm)];
        entries.extend(self.users.iter().map(|(number, perm)| Entry::User(*number, *perm)));
        entries.push(Entry::OwningGroup(self.group_perm));
        entries.extend(self.groups.iter().map(|(number, perm)| Entry::Group(*number, *perm)));
        entries.extend(self.mask.map(Entry::Mask));
        entries.push(Entry::Other(self.other_perm));
        entries
    }
}

impl FromStr for Entry {
    type Err = PosixError;

    fn from_str(text: &str) -> Result<Self, PosixError> {
        let parts: Vec<&str> = text.split(':').collect();
        let understood = || {
            let [tag, number, perm] = parts[..] else { return None };
            let perm = perm_of(perm)?;
            let number = match number {
                "" => None,
                digits if digits.bytes().all(|octet| octet.is_ascii_digit()) => Some(digits.parse().ok()?),
                _ => return None,
            };
            Some(match (tag, number) {
                ("user" | "u", None) => Self::Owner(perm),
                ("user" | "u", Some(number)) => Self::User(number, perm),
                ("group" | "g", None) => Self::OwningGroup(perm),
                ("group" | "g", Some(number)) => Self::Group(number, perm),
                ("mask" | "m", None) => Self::Mask(perm),
                ("other" | "o", None) => Self::Other(perm),
                _ => return None,
            })
        };
        understood().ok_or_else(|| PosixError::Entry(text.to_owned()))
    }
}

fn perm_of(text: &str) -> Option<Perm> {
    let [read, write, execute] = text.as_bytes() else { return None };
    let bit = |octet: u8, letter: u8, bit: u8| match octet {
        _ if octet == letter => Some(bit),
        b'-' => Some(0),
        _ => None,
    };
    Some(Perm(bit(*read, b'r', 4)? | bit(*write, b'w', 2)? | bit(*execute, b'x', 1)?))
}

/// The short text form of acl(5), with numbers.
impl fmt::Display for PosixAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, entry) in self.entries().into_iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "," })?;
            match entry {
                Entry::Owner(perm) => write!(f, "user::{perm}"),
                Entry::User(number, perm) => write!(f, "user:{number}:{perm}"),
                Entry::OwningGroup(perm) => write!(f, "group::{perm}"),
                Entry::Group(number, perm) => write!(f, "group:{number}:{perm}"),
                Entry::Mask(perm) => write!(f, "mask::{perm}"),
                Entry::Other(perm) => write!(f, "other::{perm}"),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;

    /// What `setfacl -m u:1001:r,g:1002:rw` makes of a file of mode 0640, as the kernel keeps it.
    const KEPT: [u8; 52] = [
        2, 0, 0, 0, // version
        1, 0, 6, 0, 255, 255, 255, 255, // user::rw-
        2, 0, 4, 0, 0xe9, 3, 0, 0, // user:1001:r--
        4, 0, 4, 0, 255, 255, 255, 255, // group::r--
        8, 0, 6, 0, 0xea, 3, 0, 0, // group:1002:rw-
        16, 0, 6, 0, 255, 255, 255, 255, // mask::rw-
        32, 0, 0, 0, 255, 255, 255, 255, // other::---
    ];

    #[test]
    fn the_attribute_is_read_and_written_as_the_kernel_keeps_it() {
        let access = PosixAccess::from_octets(0, 0, &KEPT).unwrap();
        assert_eq!(access.to_string(), "user::rw-,user:1001:r--,group::r--,group:1002:rw-,mask::rw-,other::---");
        assert_eq!(access.to_octets(), KEPT);
        assert_eq!(access.mode(), 0o660);
        assert_eq!(PosixAccess::from_text(0, 0, &access.to_string()).unwrap(), access);
    }

    #[test]
    fn what_the_kernel_would_refuse_says_why() {
        for (text, why) in [
            ("user::rw-,group::r--", "the entries for owner"),
            ("user::rw-,user:1:r--,group::r--,other::---", "there must be a mask"),
            ("user::rw-,user:1:r--,user:1:r--,group::r--,mask::r--,other::---", "twice"),
            ("user::rw-,user::rw-,group::r--,other::---", "twice"),
            ("user::rw-,group::r--,other::--", "not understood"),
            ("user::rw-,group::r--,other:5:---", "not understood"),
            ("user:crm:r--", "not understood"),
            ("user:+1:r--", "not understood"),
        ] {
            let error = PosixAccess::from_text(0, 0, text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert_eq!(PosixAccess::from_octets(0, 0, &KEPT[..51]), Err(PosixError::CutOff));
        assert_eq!(PosixAccess::from_octets(0, 0, &[3, 0, 0, 0]), Err(PosixError::Version(3)));
        assert_eq!(PosixAccess::from_octets(0, 0, &[2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]), Err(PosixError::Tag(3)));
    }

    proptest! {
        #[test]
        fn hostile_input_never_panics_and_what_is_read_is_written_alike(
            octets in prop::collection::vec(any::<u8>(), 0..80),
            text in "[ugmo:rwx,0-9-]{0,60}",
        ) {
            let _ = PosixAccess::from_octets(0, 0, &octets);
            if let Ok(access) = PosixAccess::from_text(0, 0, &text) {
                prop_assert_eq!(PosixAccess::from_octets(0, 0, &access.to_octets()), Ok(access));
            }
        }
    }
}
