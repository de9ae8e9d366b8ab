//! Who may use a private key, in the form of the system that keeps it, and what separates it from what is wanted.
//!
//! [`AccessState::difference`] decides: what it returns is all that has to be written. It is idempotent: the difference
//! of its own result is empty. Entries of others are not touched; see [`Obstacle`] for what stands in the way.

use schemars::JsonSchema;
use serde::Serialize;

use super::descriptor::Descriptor;
use super::posix::PosixAccess;
use super::principal::Principal;
use super::rights::Level;
use super::{in_posix, in_windows};

/// The access to one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AccessState {
    /// A Windows security descriptor.
    Windows(Descriptor),
    /// Owner, mode and POSIX access list.
    Posix(PosixAccess),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// These may read; on Windows SYSTEM and Administrators have full control.
    Grant(&'a [Principal]),
    /// These have no entry; on Windows SYSTEM and Administrators have full control.
    Revoke(&'a [Principal]),
}

/// What one identity holds.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Holding {
    /// Whose.
    pub principal: Principal,
    /// Whether this takes away instead of giving.
    pub denies: bool,
    /// How much.
    pub level: Level,
    /// The rights as the system writes them: of SDDL, or `rw-` after the mask.
    pub rights: String,
    /// Whether it comes from the folder above, so that it cannot be changed here.
    pub inherited: bool,
    /// Whether this is the file's owner (POSIX).
    pub owner: bool,
}

/// One identity whose access is to be changed.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Change {
    /// Whose.
    pub principal: Principal,
    /// What it has.
    pub from: Level,
    /// What it will have.
    pub to: Level,
}

/// Something that keeps a wish from coming true, and that is not ours to change.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Obstacle {
    /// For whom.
    pub principal: Principal,
    /// What it is.
    pub kind: ObstacleKind,
    /// Through whom, where it is not the identity itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Principal>,
}

/// The kinds of obstacle.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObstacleKind {
    /// An entry denies it.
    Denied,
    /// An inherited entry gives more.
    Inherited,
    /// It still reads through another entry.
    Through,
    /// There is no access list, so everybody may do everything.
    NoList,
}

/// What has to be written, and what cannot be reached by it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The changes; empty where nothing has to be written.
    pub changes: Vec<Change>,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
    /// The access after the changes.
    pub after: AccessState,
}

/// A place where the access is not exactly what is wanted.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Deviation {
    /// Whose; nothing for an entry that is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// What is wrong.
    pub kind: DeviationKind,
    /// What it has.
    pub found: Level,
    /// What it should have.
    pub wanted: Level,
}

/// The kinds of deviation.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationKind {
    /// A wanted identity has less.
    Missing,
    /// A wanted identity has more.
    Excess,
    /// An entry denies what a wanted identity should have.
    Blocked,
    /// An identity that is not wanted has something.
    Foreign,
    /// An entry is of a sort that s2scert does not understand.
    Unknown,
}

/// Why a wish cannot be looked at.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WishError {
    /// The identity is of the other system.
    #[error("{0} is no identity of the system that keeps this key")]
    OtherSystem(Principal),
    /// The identity always has access.
    #[error("{0} always keeps its access: SYSTEM, Administrators, root, or the owner of the file")]
    Always(Principal),
    /// Nobody is granted access for everybody.
    #[error("everybody is nobody to whom a private key is given")]
    Everybody,
}

impl AccessState {
    /// Returns the access that a new key of Windows has before the key is in its container: SYSTEM and Administrators have full
    /// control, `readers` read, nothing is inherited.
    ///
    /// # Errors
    /// [`WishError`] for identities to which no key is given.
    pub fn of_new_windows_key(readers: &[Principal]) -> Result<Self, WishError> {
        in_windows::of_new_key(readers)
    }

    /// Returns what has to be written so that the wish holds.
    ///
    /// # Errors
    /// [`WishError`] for a wish that has no meaning here.
    pub fn difference(&self, wish: Wish<'_>) -> Result<Difference, WishError> {
        match self {
            Self::Windows(descriptor) => in_windows::difference(descriptor, wish),
            Self::Posix(access) => in_posix::difference(access, wish),
        }
    }

    /// Returns every place where the access is not exactly this: `readers` read, SYSTEM and Administrators have full
    /// control, nobody else has anything. The owner of a POSIX file and root are not looked at.
    #[must_use]
    pub fn deviations(&self, readers: &[Principal]) -> Vec<Deviation> {
        match self {
            Self::Windows(descriptor) => in_windows::deviations(descriptor, readers),
            Self::Posix(access) => in_posix::deviations(access, readers),
        }
    }

    /// Returns who holds what, in the order of the list.
    #[must_use]
    pub fn holdings(&self) -> Vec<Holding> {
        match self {
            Self::Windows(descriptor) => in_windows::holdings(descriptor),
            Self::Posix(access) => in_posix::holdings(access),
        }
    }

    /// Returns the text with which this access can be put back.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Windows(descriptor) => descriptor.to_string(),
            Self::Posix(access) => access.to_string(),
        }
    }

    /// Returns whether both let the same identities do the same, whatever bits say so and whoever owns the key.
    #[must_use]
    pub fn same_access(&self, other: &Self) -> bool {
        let meaning = |state: &Self| -> Vec<(Principal, bool, Level)> {
            state.holdings().into_iter().map(|one| (one.principal, one.denies, one.level)).collect()
        };
        match (self, other) {
            (Self::Windows(a), Self::Windows(b)) => {
                a.aces().is_some() == b.aces().is_some() && meaning(self) == meaning(other)
            }
            (Self::Posix(_), Self::Posix(_)) => meaning(self) == meaning(other),
            _ => false,
        }
    }
}
