//! Security descriptors as Windows keeps them: self-relative octets. Source: [MS-DTYP] 2.4.6 (descriptor), 2.4.5 (list),
//! 2.4.4 (entry).

use super::descriptor::{Ace, AceKind, Acl, Descriptor, OpaqueAce, PlainAce};
use super::sid::{Sid, SidError};

/// `SE_DACL_PRESENT`.
const DACL_PRESENT: u16 = 0x0004;
/// `SE_SACL_PRESENT`.
const SACL_PRESENT: u16 = 0x0010;
/// `SE_DACL_AUTO_INHERIT_REQ`; that of the audit list is twice as much, as are the two that follow.
const INHERIT_REQUIRED: u16 = 0x0100;
/// `SE_DACL_AUTO_INHERITED`.
const AUTO_INHERITED: u16 = 0x0400;
/// `SE_DACL_PROTECTED`.
const PROTECTED: u16 = 0x1000;
/// `SE_SELF_RELATIVE`.
const SELF_RELATIVE: u16 = 0x8000;
/// Octets of the head of a descriptor.
const HEAD: usize = 20;
/// Octets of the head of a list.
const LIST_HEAD: usize = 8;
/// Octets of the head of an entry.
const ENTRY_HEAD: usize = 4;
/// Octets of a plain entry before its SID.
const PLAIN_HEAD: usize = 8;
/// The revision of a list with plain entries.
const LIST_REVISION: u8 = 2;
/// The revision of a list with entries for properties.
const LIST_REVISION_DS: u8 = 4;

/// Why octets are no security descriptor, or why one has no octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BinaryError {
    /// The octets end too early, or a part points outside.
    #[error("the security descriptor is cut off")]
    CutOff,
    /// The revision is not 1.
    #[error("revision {0} of a security descriptor is not known")]
    Revision(u8),
    /// The parts are elsewhere in memory.
    #[error("the security descriptor is not self-relative")]
    NotSelfRelative,
    /// The head of a list or entry contradicts itself.
    #[error("a list or entry of the security descriptor is malformed")]
    Malformed,
    /// A SID is none.
    #[error("a SID in the security descriptor: {0}")]
    Sid(#[from] SidError),
    /// An entry was read from text, is not understood, and has no octets.
    #[error("an entry of a sort that s2scert does not know was given as text, and cannot be turned into octets")]
    OnlyText,
    /// The list has more than 65,535 octets.
    #[error("the access list is longer than Windows can keep (65,535 octets)")]
    TooLong,
}

impl Descriptor {
    /// Reads a self-relative descriptor.
    ///
    /// # Errors
    /// [`BinaryError`] for what it is not.
    pub fn from_octets(octets: &[u8]) -> Result<Self, BinaryError> {
        let head = octets.first_chunk::<HEAD>().ok_or(BinaryError::CutOff)?;
        if head[0] != 1 {
            return Err(BinaryError::Revision(head[0]));
        }
        let control = u16::from_le_bytes([head[2], head[3]]);
        if control & SELF_RELATIVE == 0 {
            return Err(BinaryError::NotSelfRelative);
        }
        let offset = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let part = |at: usize| match offset(at) {
            0 => Ok(None),
            place => octets.get(place..).map(Some).ok_or(BinaryError::CutOff),
        };
        let sid = |at: usize| -> Result<Option<Sid>, BinaryError> {
            Ok(part(at)?.map(Sid::from_octets).transpose()?.map(|(sid, _)| sid))
        };
        let list = |at: usize, present: u16, shift: u16| -> Result<Option<Acl>, BinaryError> {
            if control & present == 0 {
                return Ok(None);
            }
            let has = |flag: u16| control & (flag << shift) != 0;
            Ok(Some(Acl {
                protected: has(PROTECTED),
                inherit_required: has(INHERIT_REQUIRED),
                auto_inherited: has(AUTO_INHERITED),
                aces: part(at)?.map(read_list).transpose()?,
            }))
        };
        Ok(Self { owner: sid(4)?, group: sid(8)?, sacl: list(12, SACL_PRESENT, 1)?, dacl: list(16, DACL_PRESENT, 0)? })
    }

    /// Returns the self-relative form.
    ///
    /// # Errors
    /// [`BinaryError::OnlyText`] and [`BinaryError::TooLong`].
    pub fn to_octets(&self) -> Result<Vec<u8>, BinaryError> {
        let mut control = SELF_RELATIVE;
        let mut octets = vec![0; HEAD];
        octets[0] = 1;
        let place = |octets: &mut Vec<u8>, at: usize, part: &[u8]| {
            // A descriptor is at most two lists of 64 KiB and two SIDs.
            let offset = octets.len() as u32;
            octets[at..at + 4].copy_from_slice(&offset.to_le_bytes());
            octets.extend_from_slice(part);
        };
        for (at, sid) in [(4, &self.owner), (8, &self.group)] {
            if let Some(sid) = sid {
                place(&mut octets, at, &sid.to_octets());
            }
        }
        for (at, list, present, shift) in [(12, &self.sacl, SACL_PRESENT, 1), (16, &self.dacl, DACL_PRESENT, 0)] {
            let Some(list) = list else { continue };
            control |= present;
            for (is_set, flag) in [
                (list.protected, PROTECTED),
                (list.inherit_required, INHERIT_REQUIRED),
                (list.auto_inherited, AUTO_INHERITED),
            ] {
                control |= if is_set { flag << shift } else { 0 };
            }
            if let Some(aces) = &list.aces {
                place(&mut octets, at, &write_list(aces)?);
            }
        }
        octets[2..4].copy_from_slice(&control.to_le_bytes());
        Ok(octets)
    }
}

fn read_list(octets: &[u8]) -> Result<Vec<Ace>, BinaryError> {
    let head = octets.first_chunk::<LIST_HEAD>().ok_or(BinaryError::CutOff)?;
    if !matches!(head[0], LIST_REVISION..=LIST_REVISION_DS) {
        return Err(BinaryError::Malformed);
    }
    let size = usize::from(u16::from_le_bytes([head[2], head[3]]));
    let count = u16::from_le_bytes([head[4], head[5]]);
    let mut rest = octets.get(LIST_HEAD..size).ok_or(BinaryError::CutOff)?;
    let mut aces = Vec::new();
    for _ in 0..count {
        let head = rest.first_chunk::<ENTRY_HEAD>().ok_or(BinaryError::CutOff)?;
        let size = usize::from(u16::from_le_bytes([head[2], head[3]]));
        if size < ENTRY_HEAD {
            return Err(BinaryError::Malformed);
        }
        let (entry, after) = rest.split_at_checked(size).ok_or(BinaryError::CutOff)?;
        aces.push(read_entry(entry));
        rest = after;
    }
    Ok(aces)
}

/// Reads an entry; whatever is not exactly a plain one is kept as it is.
fn read_entry(entry: &[u8]) -> Ace {
    let plain = || {
        let ([kind, flags, _, _, mask @ ..], sid) = entry.split_first_chunk::<PLAIN_HEAD>()?;
        let kind = AceKind::from_octet(*kind)?;
        let (read, length) = Sid::from_octets(sid).ok()?;
        let mask = u32::from_le_bytes(*mask);
        (length == sid.len()).then_some(Ace::Plain(PlainAce { kind, flags: *flags, mask, sid: read }))
    };
    plain().unwrap_or_else(|| Ace::Opaque(OpaqueAce::Octets(entry.to_vec())))
}

fn write_list(aces: &[Ace]) -> Result<Vec<u8>, BinaryError> {
    let mut octets = vec![0; LIST_HEAD];
    octets[0] = LIST_REVISION;
    for ace in aces {
        match ace {
            Ace::Plain(ace) => {
                let sid = ace.sid.to_octets();
                // A SID has at most 68 octets.
                let size = (PLAIN_HEAD + sid.len()) as u16;
                octets.extend_from_slice(&[ace.kind.octet(), ace.flags]);
                octets.extend_from_slice(&size.to_le_bytes());
                octets.extend_from_slice(&ace.mask.to_le_bytes());
                octets.extend_from_slice(&sid);
            }
            Ace::Opaque(OpaqueAce::Octets(entry)) => {
                // The first sorts that exist beyond revision 2 are those for properties.
                if matches!(entry.first(), Some(5..=8 | 11 | 12 | 15 | 16)) {
                    octets[0] = LIST_REVISION_DS;
                }
                octets.extend_from_slice(entry);
            }
            Ace::Opaque(OpaqueAce::Text(_)) => return Err(BinaryError::OnlyText),
        }
    }
    let size = u16::try_from(octets.len()).map_err(|_| BinaryError::TooLong)?;
    let count = u16::try_from(aces.len()).map_err(|_| BinaryError::TooLong)?;
    octets[2..4].copy_from_slice(&size.to_le_bytes());
    octets[4..6].copy_from_slice(&count.to_le_bytes());
    Ok(octets)
}
