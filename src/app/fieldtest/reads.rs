//! The looks of a field test: requests to the node in this process, all in mode `observe`.

use crate::protocol::{Action, Nothing, Store, StoreList};

/// Returns the requests behind a word of `questions.toml`, or nothing where the word is unknown.
pub(super) fn requests(word: &str) -> Option<Vec<Action>> {
    let nothing = Nothing {};
    Some(match word {
        "describe" => vec![Action::Describe(nothing)],
        "store-list" => [Store::My, Store::Ca, Store::Root]
            .map(|store| Action::StoreList(StoreList { store, whole: None }))
            .to_vec(),
        "orphans" => vec![Action::Orphans(nothing)],
        "crm-certificates" => vec![Action::CrmCertificates(nothing)],
        "crm-servers" => vec![Action::CrmServers(nothing)],
        "services" => vec![Action::Services(nothing)],
        "sharepoint-trusts" => vec![Action::SharepointTrusts(nothing)],
        "metadata-job" => vec![Action::MetadataJob(nothing)],
        _ => return None,
    })
}
