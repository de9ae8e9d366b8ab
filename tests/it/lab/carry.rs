//! The nodes of the lab, reached by the transport of the program over real connections.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use s2scert::farm::description::{self, Farm, Ssh};
use s2scert::ports::{CarryError, CarryFault, Host, Machine, MachineFacts, Transport};
use s2scert::protocol::{Action, Answer, Mode, REQUEST_SCHEMA, Request};
use s2scert::transport::{Carrier, Push, Settings};

use crate::lab_farm::Folder;

/// Enough for a node that answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one that never answers is waited for.
const IMPATIENCE: Duration = Duration::from_secs(4);

/// This machine, as if the program ran here and not its test.
struct Controller(Arc<dyn Machine>, PathBuf);

impl Machine for Controller {
    fn facts(&self) -> io::Result<MachineFacts> {
        self.0.facts()
    }

    fn program(&self) -> io::Result<PathBuf> {
        Ok(self.1.clone())
    }

    fn program_sha256(&self) -> io::Result<[u8; 32]> {
        Ok(*s2scert::cert::Fingerprint::of(&std::fs::read(&self.1)?).as_bytes())
    }
}

/// The transport with the farm that it reaches.
pub(super) struct Reach {
    carrier: Carrier,
    farm: Farm,
}

impl Reach {
    pub(super) fn new(lab: &Folder, program: &Path, push: Push) -> Self {
        let farm = description::read(&std::fs::read_to_string(lab.farm()).unwrap()).farm;
        let real = s2scert::sys::host();
        let host = Host { machine: Arc::new(Controller(real.machine.clone(), program.to_owned())), ..real };
        let below = |path: &Option<PathBuf>| path.as_ref().map(|path| lab.0.join(path));
        let Ssh { identity_file, known_hosts, config } = &farm.ssh;
        let ssh = Ssh { identity_file: below(identity_file), known_hosts: below(known_hosts), config: below(config) };
        let settings = Settings { ssh, node_program: None, push };
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
            "node-garbage" | "node-html" | "node-huge" | "node-json" | "node-other" => CarryFault::Garbled,
            "node-breaks" => CarryFault::Broken,
            _ => return,
        };
        let patience = if wanted == CarryFault::Late { IMPATIENCE } else { PATIENCE };
        assert_eq!(self.describe("crm-web-2", patience).map(drop), Err(wanted), "{breakage}");
        assert!(self.describe("crm-web-1", PATIENCE).is_ok(), "{breakage}");
    }
}

/// Whoever can answer does, and the program on each node is found by its hash.
pub(super) fn every_node_answers(lab: &Folder, program: &Path) {
    let reach = Reach::new(lab, program, Push::Never);
    for node in &crate::lab_farm::NODES {
        let answer = reach.describe(node.name, PATIENCE);
        assert!(answer.is_ok(), "{}: {answer:?}", node.name);
    }
}

/// A program that is missing or another is told; where that is asked for, sftp of a real `sshd` puts it there.
pub(super) fn the_program_is_put_where_it_is_missing(lab: &Folder, program: &Path) {
    const NODE: &str = "crm-web-3";
    let octets = std::fs::read(program).unwrap();
    let staging = lab.of(NODE).join("program");
    let below = staging.join(s2scert::cert::Fingerprint::of(&octets).to_string());
    let place = below.join("s2scert");
    let asked = |push| Reach::new(lab, program, push).describe(NODE, PATIENCE).map(drop);
    let is_right = || {
        assert!(std::fs::read(&place).unwrap() == octets, "another program is there");
        let names: Vec<_> = std::fs::read_dir(&below).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["s2scert"]);
        assert_eq!(asked(Push::Never), Ok(()));
    };
    std::fs::remove_dir_all(&staging).unwrap();
    assert_eq!(asked(Push::Never), Err(CarryFault::Program));
    assert_eq!(asked(Push::WhenMissing), Ok(()));
    is_right();
    // Another program in its place, and what is left of a copy that broke off.
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&place, [&octets[..], b"x"].concat()).unwrap();
    std::fs::write(below.join("s2scert.part"), "half").unwrap();
    assert_eq!(asked(Push::Never), Err(CarryFault::Program));
    assert_eq!(asked(Push::WhenMissing), Ok(()));
    is_right();
    // Whoever may write could put another one there after it was looked at: it is told and left alone.
    let open = |mode| std::fs::set_permissions(&below, std::fs::Permissions::from_mode(mode)).unwrap();
    open(0o777);
    assert_eq!(asked(Push::WhenMissing), Err(CarryFault::Program));
    open(0o755);
    is_right();
}
