//! Security descriptors of Windows. Source: [MS-DTYP] 2.4.4 to 2.4.6.

use super::Sid;

/// A security descriptor.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Descriptor {
    /// The owner, where it was read.
    pub owner: Option<Sid>,
    /// The primary group, where it was read.
    pub group: Option<Sid>,
    /// The access list. Without one everybody may do everything.
    pub dacl: Option<Acl>,
    /// The audit list, where it was read.
    pub sacl: Option<Acl>,
}

/// An access list or audit list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Acl {
    /// Whether nothing is inherited (`P`).
    pub protected: bool,
    /// Whether inheritance was asked for (`AR`).
    pub inherit_required: bool,
    /// Whether the list was made by inheritance (`AI`).
    pub auto_inherited: bool,
    /// The entries; nothing for a null list, which lets everybody do everything.
    pub aces: Option<Vec<Ace>>,
}

/// One entry of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ace {
    /// An entry that allows, denies or audits plain rights of one identity.
    Plain(PlainAce),
    /// An entry of a sort that is kept as it is and not understood: for one property, with a condition, a label.
    Opaque(OpaqueAce),
}

/// An entry for one identity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlainAce {
    /// What it does.
    pub kind: AceKind,
    /// The flags of inheritance and audit, [`flags`].
    pub flags: u8,
    /// The rights.
    pub mask: u32,
    /// Whose.
    pub sid: Sid,
}

/// What a plain entry does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AceKind {
    /// Allows, `ACCESS_ALLOWED_ACE_TYPE`.
    Allow,
    /// Denies, `ACCESS_DENIED_ACE_TYPE`.
    Deny,
    /// Audits, `SYSTEM_AUDIT_ACE_TYPE`.
    Audit,
}

/// An entry that is not understood, in the form in which it was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OpaqueAce {
    /// The octets of the entry, its header of four octets included.
    Octets(Vec<u8>),
    /// What stands between the parentheses of SDDL.
    Text(String),
}

/// The flags of an entry, [MS-DTYP] 2.4.4.1.
pub mod flags {
    /// For files below (`OI`).
    pub const OBJECT_INHERIT: u8 = 0x01;
    /// For folders below (`CI`).
    pub const CONTAINER_INHERIT: u8 = 0x02;
    /// Not further than one level (`NP`).
    pub const NO_PROPAGATE: u8 = 0x04;
    /// Not for this object (`IO`).
    pub const INHERIT_ONLY: u8 = 0x08;
    /// Came from the folder above (`ID`).
    pub const INHERITED: u8 = 0x10;
    /// Must not be dropped (`CR`).
    pub const CRITICAL: u8 = 0x20;
    /// Audits successes (`SA`).
    pub const SUCCESS: u8 = 0x40;
    /// Audits failures (`FA`).
    pub const FAILURE: u8 = 0x80;
}

/// Where an entry belongs in a list in canonical order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rank {
    /// A denial of its own.
    OwnDeny,
    /// A permission of its own.
    OwnAllow,
    /// Whatever was inherited, in the order in which it came.
    Inherited,
}

impl AceKind {
    /// Returns the type octet.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Deny => 1,
            Self::Audit => 2,
        }
    }

    /// Returns the kind of a type octet.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            0 => Some(Self::Allow),
            1 => Some(Self::Deny),
            2 => Some(Self::Audit),
            _ => None,
        }
    }
}

impl PlainAce {
    /// Makes an entry that allows, for this object only.
    #[must_use]
    pub fn allow(sid: Sid, mask: u32) -> Self {
        Self { kind: AceKind::Allow, flags: 0, mask, sid }
    }

    /// Returns whether the entry says something of this object, and not only of those below.
    #[must_use]
    pub fn applies(&self) -> bool {
        self.flags & flags::INHERIT_ONLY == 0
    }

    /// Returns whether the entry came from above, so that it cannot be changed here.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.flags & flags::INHERITED != 0
    }
}

/// The type octets of entries that deny: plain, for a property, with a condition, both.
const DENYING: [u8; 4] = [1, 6, 10, 12];

impl OpaqueAce {
    /// Returns whether the entry denies something, as far as its type tells.
    #[must_use]
    pub fn denies(&self) -> bool {
        match self {
            Self::Octets(octets) => octets.first().is_some_and(|kind| DENYING.contains(kind)),
            Self::Text(text) => {
                let kind = text.split(';').next().unwrap_or_default().trim();
                ["D", "OD", "XD", "ZD"].iter().any(|known| known.eq_ignore_ascii_case(kind))
            }
        }
    }

    fn is_inherited(&self) -> bool {
        match self {
            Self::Octets(octets) => octets.get(1).is_some_and(|set| set & flags::INHERITED != 0),
            Self::Text(text) => {
                let set = text.split(';').nth(1).unwrap_or_default().trim();
                set.as_bytes().chunks(2).any(|pair| pair.eq_ignore_ascii_case(b"ID"))
            }
        }
    }
}

impl Ace {
    /// Returns where the entry belongs.
    #[must_use]
    pub fn rank(&self) -> Rank {
        let (inherited, denies) = match self {
            Self::Plain(ace) => (ace.is_inherited(), ace.kind == AceKind::Deny),
            Self::Opaque(ace) => (ace.is_inherited(), ace.denies()),
        };
        match (inherited, denies) {
            (true, _) => Rank::Inherited,
            (false, true) => Rank::OwnDeny,
            (false, false) => Rank::OwnAllow,
        }
    }

    /// Returns the entry, if it is understood.
    #[must_use]
    pub fn plain(&self) -> Option<&PlainAce> {
        match self {
            Self::Plain(ace) => Some(ace),
            Self::Opaque(_) => None,
        }
    }
}

impl Descriptor {
    /// Returns the entries of the access list; nothing where there is no list, which lets everybody do everything.
    #[must_use]
    pub fn aces(&self) -> Option<&[Ace]> {
        self.dacl.as_ref()?.aces.as_deref()
    }
}
