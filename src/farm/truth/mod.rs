//! What was seen of a farm, and where the four places disagree. Pure.
//!
//! The places: the certificate store of each server that signs; the row in the configuration database; the metadata document
//! of each organization on each web server; the trusts of SharePoint. What was not seen is a gap, never an absence.
//!
//! | file | holds |
//! |---|---|
//! | `facts` | what one server shows, as it is written into a bundle |
//! | `seen` | a certificate decoded once |
//! | `verdict` | the four places of one certificate, all 256 patterns of them, and what each means |
//! | `table` | servers, places and certificates put together |
//! | `disagreement` | what can be wrong, with the places that show it |
//! | `find`, `find_keys` | looking for it |
//! | `view` | facts by server and place, for those two |

mod disagreement;
mod facts;
mod find;
mod find_keys;
mod seen;
mod table;
mod verdict;
mod view;

#[cfg(test)]
mod tests;

pub use disagreement::{Disagreement, Kind, RowSort, Spot, Topic, Unread, Where};
pub use facts::{
    EarlyIssuer, IssuerFacts, KeyFacts, MetadataAnswer, MetadataFacts, OtherRowFacts, Reader, Reading, RefreshJob,
    RowFacts, RowKind, Seen, ServerFacts, ServiceFacts, StoreFacts, StoredCertificate, TrustFacts, TrustSource,
};
pub use seen::{Certificates, SeenCertificate};
pub use table::{Cell, Gap, Line, TruthTable};
pub use verdict::{Grade, PLACES, PlaceState, Verdict, truth_table_page, verdict};
pub use view::Observation;
