//! Looking at a farm now: every server at once, each within one deadline.
//!
//! Each answer becomes a fact, and whatever brought none becomes a gap with its reason. Nothing is judged here.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::metadata::Documents;
use super::translate;
use crate::farm::description::{Farm, Node, Role, Transport as Way};
use crate::farm::truth::{OtherRowFacts, RefreshJob, RowFacts, Seen, ServerFacts, ServiceFacts};
use crate::ports::{CarryError, Host, Transport};
use crate::protocol::{
    self, Action, Answer, Facts, Id, List, NodeFacts, Nothing, Outcome, RefusalCode, Request, Store, StoreList, Text,
    Whole,
};

/// The longest time that a node is given for one request, in seconds.
const MOST_SECONDS: u64 = 3600;

/// How a farm is looked at.
#[derive(Clone)]
pub struct Live {
    /// The way to the servers.
    pub transport: Arc<dyn Transport>,
    /// How long each server may take, with everything that it is asked.
    pub deadline: Duration,
    /// The servers that are looked at; empty for all.
    pub only: Vec<String>,
}

/// How a server was reached, and what it is.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reached {
    /// The way: local, ssh, winrm, manual.
    pub way: Way,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The version of s2scert there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether a session there has credentials to go on with to other servers; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_identity: Option<bool>,
}

/// What came of looking at one server.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The server, as farm.toml has it.
    pub name: String,
    /// How it was reached.
    pub reached: Reached,
    /// What it shows, or why nothing.
    pub facts: Result<ServerFacts<String>, String>,
}

/// Looks at the servers of a farm, all at once.
#[must_use]
pub fn observe(host: &Host, farm: &Farm, documents: &Documents<'_>, live: &Live) -> Vec<Looked> {
    let wanted = |node: &&Node| {
        live.only.is_empty() || live.only.iter().any(|name| name.eq_ignore_ascii_case(node.name.as_str()))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = farm
            .nodes
            .iter()
            .filter(wanted)
            .map(|node| (node, scope.spawn(move || Asking::new(host, farm, node, live).look(documents))))
            .collect();
        let fallen = |node: &Node| Looked {
            name: node.name.to_string(),
            reached: Reached { way: node.transport, took_ms: 0, version: None, network_identity: None },
            facts: Err("looking at it failed within s2scert".to_owned()),
        };
        threads.into_iter().map(|(node, thread)| thread.join().unwrap_or_else(|_| fallen(node))).collect()
    })
}

/// One server that is being asked.
struct Asking<'a> {
    host: &'a Host,
    farm: &'a Farm,
    node: &'a Node,
    live: &'a Live,
    begun: Timestamp,
    /// The clock of the server against ours, from the quickest answer: how long that took, and the difference in seconds.
    clock: Option<(SignedDuration, i64)>,
    identity: Option<bool>,
    number: u32,
}

impl<'a> Asking<'a> {
    fn new(host: &'a Host, farm: &'a Farm, node: &'a Node, live: &'a Live) -> Self {
        Self { host, farm, node, live, begun: host.clock.now(), clock: None, identity: None, number: 0 }
    }

    fn left(&self) -> Duration {
        let spent = Duration::try_from(self.host.clock.now().duration_since(self.begun)).unwrap_or_default();
        self.live.deadline.saturating_sub(spent)
    }

    /// Asks the server for everything that its roles have to do with.
    fn look(mut self, documents: &Documents<'_>) -> Looked {
        let described = self.describe();
        let mut reached = Reached {
            way: self.node.transport,
            took_ms: 0,
            version: described.as_ref().ok().map(|(facts, _)| facts.version.as_str().to_owned()),
            network_identity: self.identity,
        };
        let facts = described.map(|(described, at)| self.everything(&described, at, documents));
        let took = self.host.clock.now().duration_since(self.begun).as_millis();
        reached.took_ms = u64::try_from(took).unwrap_or_default();
        Looked { name: self.node.name.to_string(), reached, facts }
    }

    fn describe(&mut self) -> Result<(NodeFacts, Timestamp), String> {
        let answer =
            self.ask(Action::Describe(Nothing {})).map_err(|error| format!("{}; {}", error.why, error.next))?;
        let at = answer.at;
        match seen(answer)? {
            Facts::Node(node) => {
                if let protocol::Seen::There(identity) = &node.network_identity {
                    self.identity = Some(identity.reached);
                }
                Ok((*node, at))
            }
            _ => Err("the node described something else".to_owned()),
        }
    }

    fn everything(&mut self, described: &NodeFacts, at: Timestamp, documents: &Documents<'_>) -> ServerFacts<String> {
        let not_asked = || "not asked: no role of this server has to do with it".to_owned();
        let node = self.node;
        let (mut services, mut store) = (Seen::Unseen(not_asked()), Seen::Unseen(not_asked()));
        if node.signs() {
            services = self.place(Action::Services(Nothing {}), translate::services);
        }
        // The server that writes the row gets the certificate as well, whether it signs or not.
        if node.signs() || node.has(Role::DeploymentTools) {
            let whole = Some(Whole { readers: self.readers(services.seen()) });
            store = self.place(Action::StoreList(StoreList { store: Store::My, whole }), translate::store);
        }
        let (mut rows, mut other_rows) = (Seen::Unseen(not_asked()), Seen::Unseen(not_asked()));
        if node.has(Role::DeploymentTools) {
            (rows, other_rows) = self.rows();
        }
        let (mut trusts, mut refresh_job) = (Seen::Unseen(not_asked()), Seen::Unseen(not_asked()));
        if node.has(Role::Sharepoint) {
            trusts = self.further(Action::SharepointTrusts(Nothing {}), translate::trusts);
            refresh_job = self.job();
        }
        let metadata = documents.ask(node, self.left());
        let clock = self
            .clock
            .map_or_else(|| Seen::Unseen("no answer told the time".to_owned()), |(_, offset)| Seen::Seen(offset));
        ServerFacts {
            server: node.name.to_string(),
            collected_at: at,
            collected_by: format!("s2scert {}", described.version.as_str()),
            clock_offset_seconds: clock,
            store,
            services,
            rows,
            metadata,
            trusts,
            refresh_job,
            script_sha256: match &described.script {
                protocol::Seen::There(script) => Seen::Seen(Some(script.sha256.to_string())),
                protocol::Seen::Absent(_) => Seen::Seen(None),
                protocol::Seen::Unseen(why) => Seen::Unseen(why.as_str().to_owned()),
            },
            network_identity: match &described.network_identity {
                protocol::Seen::There(network) => Seen::Seen(network.reached),
                protocol::Seen::Absent(why) | protocol::Seen::Unseen(why) => Seen::Unseen(why.as_str().to_owned()),
            },
            other_rows,
        }
    }

    /// Looks at the rows: those that a roll writes, and the others.
    fn rows(&mut self) -> (Seen<Vec<RowFacts<String>>>, Seen<Vec<OtherRowFacts>>) {
        let both = |facts: Facts| Ok((translate::other_rows(&facts)?, translate::rows(facts)));
        match self.further(Action::CrmCertificates(Nothing {}), both) {
            Seen::Seen((others, ours)) => (ours.map_or_else(Seen::Unseen, Seen::Seen), Seen::Seen(others)),
            Seen::Unseen(why) => (Seen::Unseen(why.clone()), Seen::Unseen(why)),
        }
    }

    /// The accounts that farm.toml states, and those under which the services run.
    fn readers(&self, services: Option<&Vec<ServiceFacts>>) -> List<Text, { protocol::MOST_NAMES }> {
        let stated = self.farm.identities_of(self.node).map(|one| one.account.as_str());
        let running = services.into_iter().flatten().map(|one| one.account.as_str());
        let mut names: Vec<Text> = Vec::new();
        for name in stated.chain(running).map(Text::told) {
            if !names.iter().any(|one| one.as_str().eq_ignore_ascii_case(name.as_str())) {
                names.push(name);
            }
        }
        List::first(names)
    }

    /// Looks at the job that reads metadata. A farm that has not exactly one is told by a refusal of its own: that is seen.
    fn job(&mut self) -> Seen<Option<RefreshJob>> {
        match self.ask(Action::MetadataJob(Nothing {})) {
            Ok(Answer { outcome: Outcome::Refused(refusal), .. }) if refusal.code == RefusalCode::Moved => {
                Seen::Seen(None)
            }
            answered => self.with_the_second_hop(turned(answered, translate::job)),
        }
    }

    /// Asks for what needs to go on to another server, and says so where that may be why nothing was seen.
    fn further<T>(&mut self, action: Action, turn: impl FnOnce(Facts) -> Result<T, String>) -> Seen<T> {
        let place = self.place(action, turn);
        self.with_the_second_hop(place)
    }

    /// What goes on to another server and was not seen may want credentials: that is said with it.
    fn with_the_second_hop<T>(&self, place: Seen<T>) -> Seen<T> {
        match place {
            Seen::Unseen(why) if self.identity == Some(false) => Seen::Unseen(format!(
                "{why}; this session has no credentials to go on with (the double hop): look from that server itself"
            )),
            seen => seen,
        }
    }

    fn place<T>(&mut self, action: Action, turn: impl FnOnce(Facts) -> Result<T, String>) -> Seen<T> {
        turned(self.ask(action), turn)
    }

    fn ask(&mut self, action: Action) -> Result<Answer, CarryError> {
        let left = self.left();
        self.number += 1;
        let number = Id::word(&format!("observe-{}-{}", self.begun.as_millisecond(), self.number));
        let seconds = u32::try_from(left.as_secs().clamp(1, MOST_SECONDS)).unwrap_or(1);
        let request = Request::new(number, seconds, None, action);
        let asked = self.host.clock.now();
        let answer = self.live.transport.ask(self.node, &request, left)?;
        let took = self.host.clock.now().duration_since(asked);
        if self.clock.is_none_or(|(other, _)| took < other) {
            // The server told its time somewhere between: half-way is wrong by half of that at most.
            let halfway = asked.as_millisecond() + i64::try_from(took.as_millis() / 2).unwrap_or_default();
            self.clock = Some((took, (answer.at.as_millisecond() - halfway) / 1000));
        }
        Ok(answer)
    }
}

fn turned<T>(answered: Result<Answer, CarryError>, turn: impl FnOnce(Facts) -> Result<T, String>) -> Seen<T> {
    answered.map_err(|error| error.why).and_then(seen).and_then(turn).map_or_else(Seen::Unseen, Seen::Seen)
}

/// Returns what an answer shows, or why it shows nothing.
fn seen(answer: Answer) -> Result<Facts, String> {
    answer.outcome.shown().map_err(|unshown| unshown.why.as_str().to_owned())
}

/// Writes octets as a bundle has them.
pub(super) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}
