//! farm.toml: what the operator says of the farm. Pure: text in; a [`Farm`] and every [`Problem`] out.
//!
//! | file | holds |
//! |---|---|
//! | `nouns` | the farm as typed nouns; their documentation is that of the published schema |
//! | `unattended` | what a watch may do while nobody sits there |
//! | `words` | single values: names, addresses, URLs, commands, sources of secrets |
//! | `read` | TOML to nouns: each table by itself, so that one mistake hides no other |
//! | `check` | what only the whole shows: duplicates, references that lead nowhere, roles that do not fit |
//! | `problem` | what can be wrong, with its place |
//! | `schema` | the JSON schema, made from the types |

mod check;
mod nouns;
mod problem;
mod read;
mod schema;
mod unattended;
mod words;

#[cfg(test)]
mod tests;

pub use nouns::{
    CertificateWish, Consumer, ConsumerKind, Day, Farm, Freeze, Identity, Node, Organization, Role, SharePoint,
    SharePointVersion, Ssh, Thresholds, TlsTrust, Transport, Trust, UpdateCrm, Watcher, Window,
};
pub use problem::{Fault, Place, Problem};
pub use read::{FORMAT, MAX_BYTES, Reading, read};
pub use schema::farm_schema;
pub use unattended::Unattended;
pub use words::{
    Address, ArgumentList, Folder, Label, Name, Offset, Pin, SecretSource, Sha256, Subject, Url, WordError, Zone,
};
