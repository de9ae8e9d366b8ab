//! The nodes of the lab, reached by the transport of the program over real connections.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use s2scert::farm::description::{self, Farm, Ssh};
use s2scert::ports::{CarryError, CarryFault, Host, Machine, MachineFacts, Transport};
use s2scert::protocol::{Action, Answer, Mode, REQUEST_SCHEMA, Request};
use s2scert::transport::{Carrier, Push, Settings};

use super::PROGRAM;
use crate::lab_farm::Folder;

/// Enough for a node that answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one that never answers is waited for.
const IMPATIENCE: Duration = Duration::from_secs(4);

/// This machine, as if the program ran here and not its test.
struct Controller(Arc<dyn Machine>);

impl Machine for Controller {
    fn facts(&self) -> io::Result<MachineFacts> {
        self.0.facts()
    }

    fn program(&self) -> io::Result<PathBuf> {
        Ok(PROGRAM.into())
    }

    fn program_sha256(&self) -> io::Result<[u8; 32]> {
        Ok(*s2scert::cert::Fingerprint::of(&std::fs::read(PROGRAM)?).as_bytes())
    }
}

/// The transport with the farm that it reaches.
pub(super) struct Reach {
    carrier: Carrier,
    farm: Farm,
}

impl Reach {
    pub(super) fn new(lab: &Folder) -> Self {
        let farm = description::read(&std::fs::read_to_string(lab.farm()).unwrap()).farm;
        let real = s2scert::sys::host();
        let host = Host { machine: Arc::new(Controller(real.machine.clone())), ..real };
        let below = |path: &Option<PathBuf>| path.as_ref().map(|path| lab.0.join(path));
        let Ssh { identity_file, known_hosts, config } = &farm.ssh;
        let ssh = Ssh { identity_file: below(identity_file), known_hosts: below(known_hosts), config: below(config) };
        let settings = Settings { ssh, node_program: None, push: Push::Never };
        let nobody = |_: &[u8]| -> Answer { unreachable!("no node of the lab is this machine") };
        Self { carrier: Carrier::new(&host, Arc::new(nobody), settings), farm }
    }

    /// Asks a node.
    pub(super) fn ask(&self, node: &str, action: Action, patience: Duration) -> Result<Answer, CarryError> {
        let request = Request {
            schema: REQUEST_SCHEMA.to_owned(),
            request: "q-1".parse().unwrap(),
            deadline_seconds: 60,
            mode: Mode::Observe,
            roll: None,
            step: None,
            attempt: None,
            fence: None,
            action,
        };
        self.carrier.ask(self.farm.node(node).unwrap(), &request, patience)
    }

    /// Asks a node what it is.
    fn describe(&self, node: &str, patience: Duration) -> Result<Answer, CarryFault> {
        self.ask(node, Action::Describe(Default::default()), patience).map_err(|error| error.fault)
    }

    /// A node that is broken is told from the others by how; what is broken elsewhere does not touch it.
    pub(super) fn is_as_broken(&self, breakage: &str) {
        let wanted = match breakage {
            "node-down" => CarryFault::Unreachable,
            "host-key" => CarryFault::Stranger,
            "node-hangs" | "node-stops" => CarryFault::Late,
            "node-garbage" | "node-html" | "node-huge" => CarryFault::Garbled,
            "node-breaks" => CarryFault::Broken,
            _ => return,
        };
        let patience = if wanted == CarryFault::Late { IMPATIENCE } else { PATIENCE };
        assert_eq!(self.describe("crm-web-2", patience).map(drop), Err(wanted), "{breakage}");
        assert!(self.describe("crm-web-1", PATIENCE).is_ok(), "{breakage}");
    }
}

/// Whoever can answer does, and the program on each node is found by its hash.
pub(super) fn every_node_answers(lab: &Folder) -> Reach {
    let reach = Reach::new(lab);
    for node in &crate::lab_farm::NODES {
        let answer = reach.describe(node.name, PATIENCE);
        assert!(answer.is_ok(), "{}: {answer:?}", node.name);
    }
    reach
}
