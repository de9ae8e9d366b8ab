//! What one server tells of itself and of its farm: asked through one function, whoever carries the question.

use std::time::Duration;

use crate::farm::description::{Address, Node, Role, Transport as Way};
use crate::node::acts::Acts;
use crate::node::engine;
use crate::ports::{CarryError, Host, Transport};
use crate::protocol::{
    Action, Answer, Facts, JobFacts, NodeFacts, Nothing, RefusalCode, Seen, Servers, Services, Text, Trusts, Unshown,
};

/// How long one answer is waited for: as long as a node may look, and some time on the way.
const PATIENCE: Duration = Duration::from_secs(330);

/// Puts one question to a node.
pub(crate) type Ask<'a> = &'a dyn Fn(&str, Action) -> Result<Answer, CarryError>;

/// What one server told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// What it is.
    pub(crate) node: Seen<Box<NodeFacts>>,
    /// Its services and pools.
    pub(crate) services: Seen<Services>,
    /// The servers of the deployment.
    pub(crate) deployment: Seen<Servers>,
    /// The trusts of its SharePoint farm.
    pub(crate) trusts: Seen<Trusts>,
    /// The job that reads the metadata.
    pub(crate) job: Seen<JobFacts>,
}

impl Told {
    /// A server that told nothing.
    pub(crate) fn nothing(why: &str) -> Self {
        Self {
            node: unseen(why),
            services: unseen(why),
            deployment: unseen(why),
            trusts: unseen(why),
            job: unseen(why),
        }
    }

    /// Returns the roles that what was told shows.
    pub(crate) fn roles(&self) -> Vec<Role> {
        let named = |services: &[crate::protocol::Service], name: &str| {
            services.iter().any(|one| one.name.as_str().eq_ignore_ascii_case(name))
        };
        let (web, asynchronous) = match &self.services {
            Seen::There(list) => (named(&list.pools, "CRMAppPool"), named(&list.services, "MSCRMAsyncService")),
            Seen::Absent(_) | Seen::Unseen(_) => (false, false),
        };
        // A node whose state folder is unsafe answers nothing but what it is.
        let refused = match &self.node {
            Seen::There(node) => node.state.unusable.is_some(),
            Seen::Absent(_) | Seen::Unseen(_) => true,
        };
        let shown = [
            (Role::Web, web),
            (Role::Async, asynchronous),
            (Role::DeploymentTools, has_tools(&self.deployment, refused)),
            (Role::Sharepoint, has_tools(&self.trusts, refused)),
        ];
        shown.into_iter().filter_map(|(role, is)| is.then_some(role)).collect()
    }

    /// Makes the node that a description would have of this server, where it tells its name.
    pub(crate) fn described(&self) -> Option<Node> {
        let Seen::There(told) = &self.node else { return None };
        let name = told.machine.as_str().to_owned().try_into().ok()?;
        let os = crate::doctor::windows_server(told.system_version.as_str())
            .filter(|_| told.system.as_str() == "windows")
            .unwrap_or(crate::cert::pfx::Target::Server2016);
        Some(Node {
            name,
            roles: self.roles(),
            os,
            transport: Way::Local,
            address: None::<Address>,
            port: None,
            user: None,
            staging: None,
            drain: None,
            undrain: None,
        })
    }
}

/// Whether a server has the cmdlets that a question needs: they may be there and fail, as without the rights or without
/// credentials to go on with.
fn has_tools<T>(asked: &Seen<T>, refused: bool) -> bool {
    match asked {
        Seen::There(_) => true,
        Seen::Unseen(_) => !refused,
        Seen::Absent(_) => false,
    }
}

/// Asks a server everything that its roles let it know; all of it, where they are not known.
///
/// # Errors
/// When the first question brought no answer.
pub(crate) fn ask_all(ask: Ask<'_>, roles: Option<&[Role]>) -> Result<Told, CarryError> {
    let nothing = Nothing {};
    let first = ask("describe", Action::Describe(nothing))?;
    let has = |wanted: &[Role]| roles.is_none_or(|roles| wanted.iter().any(|role| roles.contains(role)));
    let of = |wanted: &[Role], name: &str, action: Action| has(wanted).then(|| ask(name, action));
    let on_sharepoint = [Role::Sharepoint];
    let served = [Role::Web, Role::Async, Role::Sharepoint];
    Ok(Told {
        node: seen(Some(Ok(first)), |facts| match facts {
            Facts::Node(node) => Some(node),
            _ => None,
        }),
        services: seen(of(&served, "services", Action::Services(nothing)), |facts| match facts {
            Facts::Services(list) => Some(list),
            _ => None,
        }),
        deployment: seen(of(&[Role::DeploymentTools], "servers", Action::CrmServers(nothing)), |facts| match facts {
            Facts::Servers(list) => Some(list),
            _ => None,
        }),
        trusts: seen(of(&on_sharepoint, "trusts", Action::SharepointTrusts(nothing)), |facts| match facts {
            Facts::Trusts(trusts) => Some(trusts),
            _ => None,
        }),
        job: seen(of(&on_sharepoint, "job", Action::MetadataJob(nothing)), |facts| match facts {
            Facts::Job(job) => Some(job),
            _ => None,
        }),
    })
}

/// Asks the node in this process, which may observe only.
///
/// # Errors
/// None: an answer of this process always comes.
pub(crate) fn ask_here(
    host: &Host,
    acts: &dyn Acts,
    state: Option<&std::path::Path>,
    roles: Option<&[Role]>,
) -> Result<Told, CarryError> {
    let ask = |name: &str, action: Action| Ok(engine::look(host, acts, state, name, action));
    ask_all(&ask, roles)
}

/// Asks a node at a distance.
///
/// # Errors
/// As [`ask_all`].
pub(crate) fn ask_far(transport: &dyn Transport, node: &Node) -> Result<Told, CarryError> {
    let ask = |name: &str, action: Action| transport.ask(node, &engine::observation(name, action), PATIENCE);
    ask_all(&ask, Some(&node.roles))
}

/// What an answer shows. A node that has not what is needed to answer shows its absence.
fn seen<T>(answer: Option<Result<Answer, CarryError>>, take: impl Fn(Facts) -> Option<T>) -> Seen<T> {
    let answer = match answer {
        None => return unseen("a server of its roles is not asked"),
        Some(Err(error)) => return unseen(&error.why),
        Some(Ok(answer)) => answer,
    };
    match answer.outcome.shown() {
        Ok(facts) => take(facts).map_or_else(|| unseen("the node answered something else than was asked"), Seen::There),
        Err(Unshown { code: Some(RefusalCode::NotHere), why }) => Seen::Absent(why),
        Err(Unshown { why, .. }) => Seen::Unseen(why),
    }
}

fn unseen<T>(why: &str) -> Seen<T> {
    Seen::Unseen(Text::told(why))
}
