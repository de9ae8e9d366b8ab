//! Everything that a check may look at.

use std::sync::Arc;

use jiff::Timestamp;

use crate::farm::description::{Farm, Node, Role};
use crate::farm::truth::{Gap, SeenCertificate, ServerFacts};
use crate::policy::Finding;
use crate::protocol::{JobFacts, NodeFacts, Seen, Servers, Services, Trusts};

/// What is known of farm.toml.
#[derive(Clone, Debug)]
pub enum Described {
    /// There is none; what is known of the farm is what this server shows.
    Missing,
    /// It cannot be used, and why.
    Unusable(String),
    /// It was read; these are the findings.
    Read(Vec<Finding>),
}

/// How a question to a server went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// It was answered.
    Answered,
    /// The steps of this server are done by hand; nobody asked it.
    ByHand,
    /// Nobody asked it, and why.
    NotAsked(String),
    /// This machine cannot ask.
    Unusable(String),
    /// Nothing answers there.
    Unreachable(String),
    /// Another one answers.
    Stranger(String),
    /// It does not let us in.
    Denied(String),
    /// The program is not there, or cannot be started.
    Program(String),
    /// No whole answer came.
    Broken(String),
}

/// One server, and what it told.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// The server, as it is described.
    pub node: &'a Node,
    /// How the question went.
    pub way: Way,
    /// What it is.
    pub told: Seen<Box<NodeFacts>>,
    /// Its services and pools.
    pub services: Seen<Services>,
    /// The servers of the deployment, asked from here.
    pub deployment: Seen<Servers>,
    /// The trusts of its SharePoint farm, asked from here.
    pub trusts: Seen<Trusts>,
    /// The job that reads the metadata, asked from here.
    pub job: Seen<JobFacts>,
    /// What it showed for the truth table, or why nothing.
    pub shown: Result<ServerFacts<Arc<SeenCertificate>>, String>,
}

/// The facts.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When the question is asked.
    pub now: Timestamp,
    /// The machine that asks; unknown where it cannot describe itself.
    pub here: Option<Box<NodeFacts>>,
    /// What is known of farm.toml.
    pub described: Described,
    /// The farm, as it is described or as far as it was found.
    pub farm: &'a Farm,
    /// Its servers, in the order of the description.
    pub servers: Vec<Server<'a>>,
    /// What the truth table finds wrong.
    pub findings: Vec<Finding>,
    /// What the truth table could not see.
    pub gaps: Vec<Gap>,
}

impl<'a> Facts<'a> {
    /// Returns the servers of a role.
    pub(super) fn of_role(&self, role: Role) -> impl Iterator<Item = &Server<'a>> {
        self.servers.iter().filter(move |server| server.node.has(role))
    }

    /// Returns whether farm.toml was read, so that a role that no server has is a role that nobody needs.
    pub(super) fn is_described(&self) -> bool {
        matches!(self.described, Described::Read(_))
    }
}
