//! Who may use a private key: identities, access lists in the forms of Windows and POSIX, and the difference between what is
//! and what is wanted. Pure: nothing here opens a key or a file.

mod binary;
pub mod descriptor;
mod in_posix;
mod in_windows;
mod posix;
mod principal;
pub mod rights;
mod sddl;
mod sid;
mod state;
pub mod well_known;

#[cfg(test)]
mod tests;

pub use binary::BinaryError;
pub use descriptor::Descriptor;
pub use posix::{MAX_ENTRIES, Perm, PosixAccess, PosixError};
pub use principal::Principal;
pub use rights::Level;
pub use sddl::{MAX_TEXT, SddlError};
pub use sid::{MAX_SUB_AUTHORITIES, Sid, SidError};
pub use state::{
    AccessState, Change, Deviation, DeviationKind, Difference, Holding, Obstacle, ObstacleKind, Wish, WishError,
};
