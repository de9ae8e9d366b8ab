//! What outlasts a run and is more than a file: an embedded SQLite database in the state folder.
//!
//! [`database`] opens and migrates any of them and knows no table; [`watch`] has the tables of the watch, [`audit`] that of the
//! audit log. Each record is one
//! transaction that is on disk when the call returns (write-ahead log, `synchronous = FULL`).

pub mod audit;
pub mod database;
pub mod watch;

pub use audit::AuditStore;
pub use database::{Database, Layout, Opened, StoreError};
pub use watch::WatchStore;
