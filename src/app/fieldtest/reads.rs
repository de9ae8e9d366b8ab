//! The looks of a field test: requests to the node in this process, all in mode `observe`.

use crate::node::acts::Acts;
use crate::node::engine::{self, Settings};
use crate::node::protocol::{Action, Answer, Id, Mode, Nothing, REQUEST_SCHEMA, Request, Store, StoreList};
use crate::ports::Host;

/// How long one look may take, in seconds. SharePoint's cmdlets need a minute to load.
const SECONDS: u32 = 300;

/// Returns the requests behind a word of `questions.toml`, or nothing where the word is unknown.
pub(super) fn requests(word: &str) -> Option<Vec<Action>> {
    let nothing = Nothing {};
    Some(match word {
        "describe" => vec![Action::Describe(nothing)],
        "store-list" => {
            [Store::My, Store::Ca, Store::Root].map(|store| Action::StoreList(StoreList { store })).to_vec()
        }
        "orphans" => vec![Action::Orphans(nothing)],
        "crm-certificates" => vec![Action::CrmCertificates(nothing)],
        "crm-servers" => vec![Action::CrmServers(nothing)],
        "services" => vec![Action::Services(nothing)],
        "sharepoint-trusts" => vec![Action::SharepointTrusts(nothing)],
        "metadata-job" => vec![Action::MetadataJob(nothing)],
        _ => return None,
    })
}

/// Asks the node in this process. It is started to observe only, so that no request could act.
pub(super) fn look(host: &Host, acts: &dyn Acts, settings: &Settings, number: usize, action: Action) -> Answer {
    let request = Request {
        schema: REQUEST_SCHEMA.to_owned(),
        request: Id::word(&format!("fieldtest-{number}")),
        deadline_seconds: SECONDS,
        mode: Mode::Observe,
        roll: None,
        step: None,
        attempt: None,
        fence: None,
        action,
    };
    // What cannot be written cannot be read either, and is answered as such.
    let bytes = serde_json::to_vec(&request).unwrap_or_default();
    engine::answer(host, acts, settings, &bytes)
}
