//! What each action is: its effect, what it needs, how it is probed and undone, and what is proven of it.
//!
//! The table in `docs/node-protocol.md` is written from here.

/// What an action does to the node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Nothing.
    Observes,
    /// It changes what s2scert itself keeps on the node. Doing it twice is as doing it once.
    Keeps,
    /// It changes the node or the farm. Each attempt acts at most once.
    Changes,
}

/// Whether the session must have credentials with which the action goes on from this node to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// No.
    Local,
    /// Yes: it reaches SQL Server or a web service, so the session must have credentials to go on with.
    NetworkIdentity,
}

/// What rights the account must have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rights {
    /// None but to read.
    Anyone,
    /// Administrator of the machine, or root.
    Administrator,
    /// Deployment administrator of Dynamics, and administrator of the machine.
    DeploymentAdministrator,
    /// Farm administrator of SharePoint.
    FarmAdministrator,
}

/// What does the work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Runs {
    /// Files in the state folder.
    State,
    /// Calls of the system.
    Native,
    /// A constant script in Windows PowerShell.
    Script,
}

/// The most that may be claimed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// Tested on Linux and, as the Windows executable, under Wine.
    WineTested,
    /// Tested on Linux; the Windows part of it has not been run.
    LinuxTested,
    /// Tested with the stand-in for `powershell.exe`.
    SubsetInterpreted,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The name on the wire.
    pub name: &'static str,
    /// What it does to the node.
    pub effect: Effect,
    /// Whether it goes on to another.
    pub needs: Needs,
    /// The rights of the account.
    pub rights: Rights,
    /// What does the work.
    pub runs: Runs,
    /// When it is so already: what `observe` of an action that changes something finds out.
    pub probe: &'static str,
    /// How it is undone.
    pub undo: &'static str,
    /// What is proven of it.
    pub proof: Proof,
}

use Effect::{Changes, Keeps, Observes};
use Needs::{Local, NetworkIdentity};
use Rights::{Administrator, Anyone, DeploymentAdministrator, FarmAdministrator};
use Runs::{Native, Script, State};

/// Nothing is changed, so there is nothing to probe or undo.
const NONE: &str = "";

const fn row(
    name: &'static str,
    kind: (Effect, Needs, Rights, Runs),
    probe: &'static str,
    undo: &'static str,
    proof: Proof,
) -> Info {
    let (effect, needs, rights, runs) = kind;
    Info { name, effect, needs, rights, runs, probe, undo, proof }
}

/// Every action, in the order of [`super::Action`].
pub static TABLE: [Info; 39] = [
    row("describe", (Observes, Local, Anyone, Native), NONE, NONE, Proof::WineTested),
    row("store-list", (Observes, Local, Anyone, Native), NONE, NONE, Proof::WineTested),
    row("store-show", (Observes, Local, Administrator, Native), NONE, NONE, Proof::WineTested),
    row("orphans", (Observes, Local, Administrator, Native), NONE, NONE, Proof::WineTested),
    row(
        "stage",
        (Changes, Local, Administrator, State),
        "a PFX with the same octets is staged",
        "unstage",
        Proof::WineTested,
    ),
    row("unstage", (Changes, Local, Administrator, State), "nothing is staged", "stage again", Proof::WineTested),
    row(
        "install",
        (Changes, Local, Administrator, Native),
        "the certificate is in My, its key opens and is its own, in a CSP with KeySpec 1, and the readers may read it",
        "remove",
        Proof::WineTested,
    ),
    row(
        "remove",
        (Changes, Local, Administrator, Native),
        "the certificate is not in My",
        "install again from its PFX",
        Proof::LinuxTested,
    ),
    row("access-show", (Observes, Local, Administrator, Native), NONE, NONE, Proof::WineTested),
    row(
        "grant",
        (Changes, Local, Administrator, Native),
        "every identity may read the key",
        "restore-access with the list before",
        Proof::WineTested,
    ),
    row(
        "revoke",
        (Changes, Local, Administrator, Native),
        "no identity has an entry",
        "restore-access with the list before",
        Proof::WineTested,
    ),
    row(
        "restore-access",
        (Changes, Local, Administrator, Native),
        "the list is the one asked for",
        "restore-access with the list before",
        Proof::WineTested,
    ),
    row(
        "reconfigure",
        (Changes, NetworkIdentity, DeploymentAdministrator, Script),
        "the certificate is in My with its key; with update_crm the row names it too",
        "crm-certificate-set with the certificate before, then remove",
        Proof::SubsetInterpreted,
    ),
    row(
        "crm-certificates",
        (Observes, NetworkIdentity, DeploymentAdministrator, Script),
        NONE,
        NONE,
        Proof::SubsetInterpreted,
    ),
    row(
        "crm-certificate-set",
        (Changes, NetworkIdentity, DeploymentAdministrator, Script),
        "exactly one row of the type exists and holds the certificate",
        "crm-certificate-set with the certificate before, or crm-certificate-remove",
        Proof::SubsetInterpreted,
    ),
    row(
        "crm-certificate-remove",
        (Changes, NetworkIdentity, DeploymentAdministrator, Script),
        "no row has the number",
        "crm-certificate-set with the certificate before",
        Proof::SubsetInterpreted,
    ),
    row(
        "crm-servers",
        (Observes, NetworkIdentity, DeploymentAdministrator, Script),
        NONE,
        NONE,
        Proof::SubsetInterpreted,
    ),
    row("services", (Observes, Local, Administrator, Script), NONE, NONE, Proof::SubsetInterpreted),
    row(
        "service-restart",
        (Changes, Local, Administrator, Script),
        "the process of the service began after the instant",
        "nothing to undo",
        Proof::SubsetInterpreted,
    ),
    row(
        "pool-recycle",
        (Changes, Local, Administrator, Script),
        "every worker process of the pool began after the instant",
        "nothing to undo",
        Proof::SubsetInterpreted,
    ),
    row(
        "iis-reset",
        (Changes, Local, Administrator, Script),
        "the process of the web service began after the instant",
        "nothing to undo",
        Proof::SubsetInterpreted,
    ),
    row("lease", (Observes, Local, Anyone, State), NONE, NONE, Proof::WineTested),
    row(
        "lease-take",
        (Keeps, Local, Administrator, State),
        "the roll holds the lease with this fence",
        "lease-release",
        Proof::WineTested,
    ),
    row(
        "lease-renew",
        (Keeps, Local, Administrator, State),
        "the lease lasts as long as asked for",
        "it runs out",
        Proof::WineTested,
    ),
    row(
        "lease-release",
        (Keeps, Local, Administrator, State),
        "nobody holds the lease",
        "lease-take",
        Proof::WineTested,
    ),
    row("roll-marker", (Observes, Local, Anyone, State), NONE, NONE, Proof::WineTested),
    row(
        "roll-marker-write",
        (Keeps, Local, Administrator, State),
        "the marker says so",
        "roll-marker-write with what was before, or roll-marker-clear",
        Proof::WineTested,
    ),
    row(
        "roll-marker-clear",
        (Keeps, Local, Administrator, State),
        "there is no marker",
        "roll-marker-write with what was before",
        Proof::WineTested,
    ),
    row("journal", (Observes, Local, Anyone, State), NONE, NONE, Proof::WineTested),
    row(
        "journal-append",
        (Keeps, Local, Administrator, State),
        "the record stands at its number",
        "never: a journal only grows",
        Proof::WineTested,
    ),
    row(
        "sharepoint-trusts",
        (Observes, NetworkIdentity, FarmAdministrator, Script),
        NONE,
        NONE,
        Proof::SubsetInterpreted,
    ),
    row("metadata-job", (Observes, NetworkIdentity, FarmAdministrator, Script), NONE, NONE, Proof::SubsetInterpreted),
    row(
        "metadata-job-start",
        (Changes, NetworkIdentity, FarmAdministrator, Script),
        "the last run that succeeded began after the instant",
        "nothing to undo",
        Proof::SubsetInterpreted,
    ),
    row(
        "metadata-job-hold",
        (Changes, NetworkIdentity, FarmAdministrator, Script),
        "the job is held and does not run",
        "metadata-job-release",
        Proof::SubsetInterpreted,
    ),
    row(
        "metadata-job-release",
        (Changes, NetworkIdentity, FarmAdministrator, Script),
        "the job is not held",
        "metadata-job-hold",
        Proof::SubsetInterpreted,
    ),
    row("prove", (Observes, Local, Administrator, Native), NONE, NONE, Proof::WineTested),
    row("signals", (Observes, Local, Administrator, Script), NONE, NONE, Proof::SubsetInterpreted),
    row(
        "crm-monitoring",
        (Observes, NetworkIdentity, DeploymentAdministrator, Script),
        NONE,
        NONE,
        Proof::SubsetInterpreted,
    ),
    row("token", (Observes, Local, Administrator, Native), NONE, NONE, Proof::LinuxTested),
];
