//! What happened in a simulated farm, as plain values. The engine knows nothing of it; the checker knows nothing else.

use crate::rotation::basis::Strategy;

/// A certificate of the simulation, by number.
pub type Cert = u8;
/// The certificate that the farm signs with at first.
pub const OLD: Cert = 0;
/// The one that is rolled in.
pub const NEW: Cert = 1;
/// One that somebody registers by hand.
pub const FOREIGN: Cert = 2;

/// Something that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// When, in seconds from the beginning.
    pub at: i64,
    /// Which run of a controller did it; 0 is a person at the servers.
    pub run: u32,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// A controller began.
    RunBegins {
        /// Whether with another plan.
        other: bool,
    },
    /// It gave the lease back.
    Released,
    /// The marker of a roll that is over was taken away.
    Unmarked,
    /// A clock was set: of a node, or of the controller.
    ClockSet {
        /// The node.
        node: Option<usize>,
    },
    /// It took or renewed the lease.
    Leased,
    /// It ended.
    RunEnds(Ending),
    /// It died.
    Died,
    /// A node began an action with this fence.
    Acts {
        /// The node.
        node: usize,
        /// The fence.
        fence: u64,
    },
    /// Microsoft's script began.
    ScriptBegins {
        /// The node.
        node: usize,
        /// Whether it is to write the row.
        update_crm: bool,
        /// The rows of the type at that moment.
        rows: Vec<Cert>,
        /// Nodes that could not sign with the new certificate at that moment.
        unready: Vec<usize>,
    },
    /// It ended.
    ScriptEnds {
        /// The node.
        node: usize,
    },
    /// The rows of the type changed.
    Rows {
        /// Before.
        before: Vec<Cert>,
        /// After.
        after: Vec<Cert>,
    },
    /// The rows that are published beside them changed.
    Alternatives {
        /// Before.
        before: Vec<Cert>,
        /// After.
        after: Vec<Cert>,
    },
    /// A certificate came into a store.
    Imported {
        /// The node.
        node: usize,
        /// The certificate.
        cert: Cert,
    },
    /// A certificate left a store.
    Removed {
        /// The node.
        node: usize,
        /// The certificate.
        cert: Cert,
        /// Whether a TLS binding there uses it.
        bound: bool,
        /// Whether at that moment every place of the farm was new.
        all_new: bool,
    },
    /// Access to a key changed.
    Access {
        /// The node.
        node: usize,
    },
    /// A process began.
    Restarted {
        /// The node.
        node: usize,
        /// The process, by its place on the node.
        process: usize,
        /// What it signs with from now on.
        loads: Option<Cert>,
    },
    /// A node signed with the new certificate.
    Proved {
        /// The node.
        node: usize,
    },
    /// SharePoint's job has read the metadata: what the trusts accept from now on.
    TrustsRead {
        /// The SharePoint farm, by its place.
        farm: usize,
        /// The certificates.
        accepted: Vec<Cert>,
    },
    /// A server was taken out of the load balancer, or put back.
    Drained {
        /// The node.
        node: usize,
        /// Whether it is out from now on.
        out: bool,
    },
    /// SharePoint's job was started by us.
    JobStarted,
    /// SharePoint's job was held or released.
    JobHeld {
        /// The SharePoint farm, by its place.
        farm: usize,
        /// Whether it is held from now on.
        held: bool,
    },
}

/// How a run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ending {
    /// All new.
    Done,
    /// All old.
    RolledBack,
    /// It was so already.
    Nothing,
    /// Something is left: nodes that are named, and the commands that are told.
    Manual {
        /// Names of nodes.
        named: Vec<String>,
        /// Commands, each with the node that it is for.
        commands: Vec<(String, String)>,
    },
    /// It was not ours to go on.
    Stopped,
}

/// A farm at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// When, in seconds from the beginning.
    pub at: i64,
    /// The nodes.
    pub nodes: Vec<NodeShot>,
    /// The rows of the type that is signed with.
    pub rows: Vec<Cert>,
    /// The rows of the type that is published beside them.
    pub alternatives: Vec<Cert>,
    /// The servers of SharePoint farms whose job is held.
    pub held: Vec<usize>,
    /// How many trusts that follow the metadata each SharePoint farm has, in the order of `trusts`.
    pub farms: Vec<usize>,
    /// What each trust that follows the metadata accepts.
    pub trusts: Vec<Vec<Cert>>,
}

/// A node at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeShot {
    /// Its name.
    pub name: String,
    /// Whether it signs.
    pub signs: bool,
    /// Whether people do there what is to be done.
    pub by_hand: bool,
    /// Whether it stands behind a load balancer.
    pub balanced: bool,
    /// Whether it is out of it.
    pub drained: bool,
    /// Whether it is a SharePoint server that a roll knows.
    pub serves_sharepoint: bool,
    /// Whether it answers.
    pub up: bool,
    /// Its certificates: whether the key is usable, and who reads it.
    pub store: Vec<(Cert, bool, u32)>,
    /// Who must read it.
    pub readers: u32,
    /// Whether a PFX lies there.
    pub staged: bool,
    /// Whether a roll marker stands there.
    pub marked: bool,
    /// What each process signs with.
    pub signs_with: Vec<Option<Cert>>,
}

/// The whole story of a roll.
#[derive(Clone, Debug)]
pub struct Story {
    /// The farm before.
    pub before: Snapshot,
    /// What happened.
    pub events: Vec<Event>,
    /// The farm after.
    pub after: Snapshot,
    /// The node that writes the row.
    pub update_crm: usize,
    /// Whether the old certificate is in use elsewhere, so that it may never go; and the days of quarantine.
    pub quarantine_days: Option<i64>,
    /// The shape of the roll.
    pub strategy: Strategy,
    /// The servers that a repair is about; none stands for all.
    pub scope: Vec<String>,
    /// When an earlier roll verified the certificate of the row, in seconds from the beginning.
    pub verified: Option<i64>,
    /// Whether processes sign with what the row names without being started anew.
    pub processes_follow: bool,
    /// Whether somebody changed the farm by hand.
    pub by_hand: bool,
    /// What one-use passwords were found where none may be.
    pub leaks: Vec<String>,
}
