//! One certificate over the four places: what each of the 256 patterns means.

use schemars::JsonSchema;
use serde::Serialize;

/// The four places, in the order in which states are given.
pub const PLACES: [&str; 4] = ["store", "row", "metadata", "trust"];

/// How one certificate stands in one place, over all servers, organizations and trusts of that place.
///
/// In this order the worst of several states is the state of the place, so that a server that was not seen never turns into
/// one that lacks something, and one that was seen lacking it stays so whatever else is unseen. A certificate that the row does
/// not name, nor an older one in its stead, has to be nowhere: of that, [`PlaceState::still`] puts the states together.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceState {
    /// It is there, wherever it has to be.
    Present,
    /// Not all was seen; what was seen has it.
    Unseen,
    /// Somewhere an older certificate stands in its place.
    Stale,
    /// Somewhere neither it nor an older one is there, or it is there and the services cannot use its key.
    Absent,
}

impl PlaceState {
    /// Puts two states of a certificate together that has to be nowhere: present if it still is somewhere, absent only if it
    /// was seen nowhere.
    #[must_use]
    pub fn still(self, other: Self) -> Self {
        let rank = |state: Self| match state {
            Self::Present => 3,
            Self::Unseen => 2,
            Self::Stale => 1,
            Self::Absent => 0,
        };
        if rank(self) >= rank(other) { self } else { other }
    }

    /// All states, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Present, Self::Absent, Self::Stale, Self::Unseen];

    /// Returns the word of the page and of JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Stale => "stale",
            Self::Unseen => "unseen",
        }
    }
}

/// How good a verdict is.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Good,
    /// On the way from one certificate to the next, or after it.
    Underway,
    /// Something fails now or at the next switch.
    Wrong,
    /// Too little was seen.
    Unknown,
}

macro_rules! verdicts {
    ($($(#[$doc:meta])* $name:ident, $id:literal, $grade:ident, [$($there:literal)*], [$($lacks:literal)*], $text:literal;)*) => {
        /// What the four states of a certificate mean together.
        #[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Verdict {
            $(#[doc = $text] $name,)*
        }

        impl Verdict {
            /// Every verdict.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the stable identifier.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Returns how good it is.
            #[must_use]
            pub const fn grade(self) -> Grade {
                match self { $(Self::$name => Grade::$grade,)* }
            }

            /// Returns what it says, in one sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the places in which it says that the certificate is: indices of [`PLACES`].
            #[must_use]
            pub const fn says_present(self) -> &'static [usize] {
                match self { $(Self::$name => &[$($there),*],)* }
            }

            /// Returns the places in which it says that the certificate is missing or replaced by an older one.
            #[must_use]
            pub const fn says_missing(self) -> &'static [usize] {
                match self { $(Self::$name => &[$($lacks),*],)* }
            }
        }
    };
}

verdicts! {
    InForce, "in-force", Good, [0 1 2 3], [], "It signs, is published, and is trusted everywhere.";
    TrustBehind, "trust-behind", Wrong, [1], [3], "The row names it, and a SharePoint trust still has an older one.";
    TrustWithout, "trust-without", Wrong, [1], [3], "The row names it, and a SharePoint trust has neither it nor an older one.";
    TrustUnseen, "trust-unseen", Unknown, [0 1 2], [], "It signs and is published; whether SharePoint trusts it was not seen.";
    MetadataBehind, "metadata-behind", Wrong, [1], [2], "The row names it, and a metadata document still has an older one.";
    MetadataWithout, "metadata-without", Wrong, [1], [2], "The row names it, and a metadata document has neither it nor an older one.";
    MetadataUnseen, "metadata-unseen", Unknown, [0 1 3], [], "It signs and is trusted; the metadata was not seen everywhere.";
    RegisteredRestUnseen, "registered-rest-unseen", Unknown, [1], [], "The row names it; too little else was seen.";
    RowWithoutKey, "row-without-key", Wrong, [1], [0], "The row names it, and a server that signs does not have it, or cannot use its key.";
    RowAheadOfServers, "row-ahead-of-servers", Wrong, [1], [0], "The row names it, and a server that signs has only an older one.";
    StoreUnseen, "store-unseen", Unknown, [1 2 3], [], "It is registered, published and trusted; not every server's store was seen.";
    ReadyToSwitch, "ready-to-switch", Underway, [0 2 3], [1], "It is on all servers, published and trusted; the row still names an older one.";
    PublishedNotTrusted, "published-not-trusted", Underway, [2], [3], "It is published, and a SharePoint trust does not have it yet.";
    PublishedTrustUnseen, "published-trust-unseen", Unknown, [2], [], "It is published; whether SharePoint trusts it was not seen.";
    TrustedUnpublished, "trusted-unpublished", Underway, [3], [2], "SharePoint trusts it, and a metadata document does not have it: the next refresh may remove it.";
    Imported, "imported", Underway, [0], [1 2], "It is on all servers; the row still names an older one, and it is not published everywhere.";
    ImportedPartlySeen, "imported-partly-seen", Unknown, [0], [1], "It is on all servers and the row still names an older one; the metadata was not seen everywhere.";
    PublishedWithoutKey, "published-without-key", Wrong, [2], [0], "It is published, and a server that signs does not have it, or cannot use its key.";
    TrustedWithoutKey, "trusted-without-key", Wrong, [3], [0], "SharePoint trusts it, and a server that signs does not have it, or cannot use its key.";
    ImportIncomplete, "import-incomplete", Underway, [], [0 1], "The row still names an older one, and a server that signs does not have it yet, or cannot use its key.";
    PublishedStoreUnseen, "published-store-unseen", Unknown, [2], [1], "It is published and the row still names an older one; not every server's store was seen.";
    PendingUnseen, "pending-unseen", Unknown, [], [1], "The row still names an older one; too little else was seen.";
    OldStillPublished, "old-still-published", Underway, [2], [1], "The row does not name it, and it is still published somewhere.";
    OldStillTrusted, "old-still-trusted", Underway, [3], [1], "The row does not name it, and a SharePoint trust still has it.";
    Leftover, "leftover", Underway, [0], [1 2 3], "It is still on a server, and no row, metadata document or trust has it: left from an earlier roll, or never registered.";
    Retired, "retired", Good, [], [0 1 2 3], "It is nowhere any more.";
    RetirementUnseen, "retirement-unseen", Unknown, [], [1], "The row does not name it; whether anything else still has it was not seen.";
    RowUnseen, "row-unseen", Unknown, [2 3], [], "It is published and trusted; the row was not seen.";
    NotPublishedRowUnseen, "not-published-row-unseen", Unknown, [], [2], "A metadata document does not have it; the row was not seen.";
    TooLittleSeen, "too-little-seen", Unknown, [], [], "Too little was seen to say anything.";
}

/// Returns what the four states mean together. Total: no pattern falls through, and none is caught by a default.
#[must_use]
pub const fn verdict(store: PlaceState, row: PlaceState, metadata: PlaceState, trust: PlaceState) -> Verdict {
    match row {
        PlaceState::Present => registered(store, metadata, trust),
        PlaceState::Stale => coming(store, metadata, trust),
        PlaceState::Absent => going(store, metadata, trust),
        PlaceState::Unseen => without_row(store, metadata, trust),
    }
}

/// The row names it.
const fn registered(store: PlaceState, metadata: PlaceState, trust: PlaceState) -> Verdict {
    use PlaceState::{Absent, Present, Stale, Unseen};
    match (store, metadata, trust) {
        (Absent, Present | Absent | Stale | Unseen, Present | Absent | Stale | Unseen) => Verdict::RowWithoutKey,
        (Stale, Present | Absent | Stale | Unseen, Present | Absent | Stale | Unseen) => Verdict::RowAheadOfServers,
        (Present | Unseen, Stale, Present | Absent | Stale | Unseen) => Verdict::MetadataBehind,
        (Present | Unseen, Absent, Present | Absent | Stale | Unseen) => Verdict::MetadataWithout,
        (Present | Unseen, Present | Unseen, Stale) => Verdict::TrustBehind,
        (Present | Unseen, Present | Unseen, Absent) => Verdict::TrustWithout,
        (Present, Present, Present) => Verdict::InForce,
        (Present, Present, Unseen) => Verdict::TrustUnseen,
        (Present, Unseen, Present) => Verdict::MetadataUnseen,
        (Unseen, Present, Present) => Verdict::StoreUnseen,
        (Present, Unseen, Unseen) | (Unseen, Present, Unseen) | (Unseen, Unseen, Present | Unseen) => {
            Verdict::RegisteredRestUnseen
        }
    }
}

/// The row names an older one.
const fn coming(store: PlaceState, metadata: PlaceState, trust: PlaceState) -> Verdict {
    use PlaceState::{Absent, Present, Stale, Unseen};
    match (store, metadata, trust) {
        (Present, Present, Present) => Verdict::ReadyToSwitch,
        (Present | Unseen, Present, Stale | Absent) => Verdict::PublishedNotTrusted,
        (Present, Present, Unseen) => Verdict::PublishedTrustUnseen,
        (Present | Unseen, Stale | Absent, Present) => Verdict::TrustedUnpublished,
        (Present, Stale | Absent, Stale | Absent | Unseen) => Verdict::Imported,
        (Present, Unseen, Present | Stale | Absent | Unseen) => Verdict::ImportedPartlySeen,
        (Stale | Absent, Present, Present | Stale | Absent | Unseen) => Verdict::PublishedWithoutKey,
        (Stale | Absent, Stale | Absent | Unseen, Present) => Verdict::TrustedWithoutKey,
        (Stale | Absent, Stale | Absent | Unseen, Stale | Absent | Unseen) => Verdict::ImportIncomplete,
        (Unseen, Present, Present | Unseen) => Verdict::PublishedStoreUnseen,
        (Unseen, Stale | Absent, Stale | Absent | Unseen) | (Unseen, Unseen, Present | Stale | Absent | Unseen) => {
            Verdict::PendingUnseen
        }
    }
}

/// The row names a newer one, or there is no row.
const fn going(store: PlaceState, metadata: PlaceState, trust: PlaceState) -> Verdict {
    use PlaceState::{Absent, Present, Stale, Unseen};
    match (store, metadata, trust) {
        (Present | Absent | Stale | Unseen, Present, Present | Absent | Stale | Unseen) => Verdict::OldStillPublished,
        (Present | Absent | Stale | Unseen, Absent | Stale | Unseen, Present) => Verdict::OldStillTrusted,
        (Present, Absent | Stale, Absent | Stale) => Verdict::Leftover,
        (Absent | Stale, Absent | Stale, Absent | Stale) => Verdict::Retired,
        (Unseen, Absent | Stale, Absent | Stale)
        | (Present | Absent | Stale | Unseen, Absent | Stale, Unseen)
        | (Present | Absent | Stale | Unseen, Unseen, Absent | Stale | Unseen) => Verdict::RetirementUnseen,
    }
}

/// Nobody has seen the row.
const fn without_row(store: PlaceState, metadata: PlaceState, trust: PlaceState) -> Verdict {
    use PlaceState::{Absent, Present, Stale, Unseen};
    match (store, metadata, trust) {
        (Stale | Absent, Present, Present | Stale | Absent | Unseen) => Verdict::PublishedWithoutKey,
        (Stale | Absent, Stale | Absent | Unseen, Present) => Verdict::TrustedWithoutKey,
        (Present | Unseen, Present, Present) => Verdict::RowUnseen,
        (Present | Unseen, Present, Stale | Absent) => Verdict::PublishedNotTrusted,
        (Present | Unseen, Present, Unseen) => Verdict::PublishedTrustUnseen,
        (Present | Unseen, Stale | Absent, Present) => Verdict::TrustedUnpublished,
        (Present | Absent | Stale | Unseen, Stale | Absent, Stale | Absent | Unseen) => Verdict::NotPublishedRowUnseen,
        (Present | Unseen, Unseen, Present) | (Present | Absent | Stale | Unseen, Unseen, Stale | Absent | Unseen) => {
            Verdict::TooLittleSeen
        }
    }
}

/// Returns `docs/truth-table.md`.
#[must_use]
pub fn truth_table_page() -> String {
    let mut page = String::from(
        "# The truth table\n\n\
         Four places must agree on one certificate: the **store** of every server that signs, the **row** in the configuration database,\n\
         the **metadata** document of every organization on every web server, and every SharePoint **trust**. In each it is\n\n\
         - **present**: there, wherever it has to be; in a store, with a key that the services can use;\n\
         - **stale**: somewhere an older certificate stands in its place;\n\
         - **absent**: somewhere neither it nor an older one is there, or it is there and the services cannot use its key;\n\
         - **unseen**: not all was seen; what was seen has it.\n\n\
         A certificate that the row does not name, nor an older one in its stead, has to be nowhere. For it, present means that it is still\n\
         somewhere, absent that it was seen nowhere, and unseen that it was seen nowhere and not all was seen.\n\n\
         Written from `src/farm/truth/verdict.rs`; a test compares the two.\n\n\
         ## Verdicts\n\n| verdict | grade | meaning | patterns |\n|---|---|---|---|\n",
    );
    let patterns = patterns();
    for verdict in Verdict::ALL {
        let count = patterns.iter().filter(|(_, one)| one == verdict).count();
        page.push_str(&format!("| `{}` | {:?} | {} | {count} |\n", verdict.id(), verdict.grade(), verdict.text()));
    }
    page.push_str("\n## All patterns\n\n| store | row | metadata | trust | verdict |\n|---|---|---|---|---|\n");
    for (states, verdict) in patterns {
        let words = states.map(PlaceState::word).join(" | ");
        page.push_str(&format!("| {words} | `{}` |\n", verdict.id()));
    }
    page
}

/// Every pattern with its verdict.
fn patterns() -> Vec<([PlaceState; 4], Verdict)> {
    let mut patterns = Vec::new();
    for store in PlaceState::ALL {
        for row in PlaceState::ALL {
            for metadata in PlaceState::ALL {
                for trust in PlaceState::ALL {
                    patterns.push(([store, row, metadata, trust], verdict(store, row, metadata, trust)));
                }
            }
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_has_a_verdict_that_says_no_more_than_was_seen() {
        let patterns = patterns();
        assert_eq!(patterns.len(), 256);
        for (states, verdict) in patterns {
            for place in verdict.says_present() {
                assert_eq!(states[*place], PlaceState::Present, "{states:?}: {verdict:?}");
            }
            for place in verdict.says_missing() {
                assert!(matches!(states[*place], PlaceState::Stale | PlaceState::Absent), "{states:?}: {verdict:?}");
            }
            if !states.contains(&PlaceState::Unseen) {
                assert_ne!(verdict.grade(), Grade::Unknown, "{states:?}: {verdict:?}");
            }
        }
    }

    #[test]
    fn there_are_at_most_thirty_verdicts_and_each_is_reached() {
        assert!(Verdict::ALL.len() <= 30);
        let reached: std::collections::BTreeSet<Verdict> = patterns().into_iter().map(|(_, verdict)| verdict).collect();
        assert_eq!(reached.len(), Verdict::ALL.len());
    }

    /// What was not seen may turn out to be anything, so a verdict that says something is wrong must not rest on it alone.
    #[test]
    fn seeing_less_never_makes_a_good_pattern_wrong() {
        for (states, seen) in patterns() {
            for place in 0..4 {
                let mut less = states;
                less[place] = PlaceState::Unseen;
                let blurred = verdict(less[0], less[1], less[2], less[3]);
                assert!(!(seen.grade() == Grade::Good && blurred.grade() == Grade::Wrong), "{states:?}: {blurred:?}");
            }
        }
    }
}
