//! What a node tells of itself. It is told even where the state folder is unsafe, because that is what must be known then.

use super::standing::Standing;
use super::{ATTEMPTS, attempts, staging};
use crate::node::acts::{Acts, Fault, Look, Work};
use crate::ports::StateFolder;
use crate::protocol::{Facts, Hex, List, NodeFacts, StateFacts, Text};

/// Describes the node. `state` is what could be opened of the state folder, or why it could not.
pub(super) fn describe(acts: &dyn Acts, work: &Work<'_>, unusable: Option<&str>) -> Result<Look, Fault> {
    let machine = work.host.machine.facts().map_err(|error| {
        crate::error::Error::new(crate::error::Kind::Internal, "the machine does not tell what it is").because(error)
    })?;
    let around = acts.surroundings(work);
    Ok(Look::of(Facts::Node(Box::new(NodeFacts {
        version: Text::told(env!("CARGO_PKG_VERSION")),
        program_sha256: work.host.machine.program_sha256().ok().map(Hex::from),
        system: Text::told(&machine.system),
        system_version: Text::told(&machine.version),
        machine: Text::told(&machine.name),
        account: Text::told(&machine.account),
        elevated: machine.elevated,
        state: state(work, unusable),
        powershell: around.powershell,
        script: around.script,
        network_identity: around.network_identity,
    }))))
}

fn state(work: &Work<'_>, unusable: Option<&str>) -> StateFacts {
    let empty = StateFacts {
        folder: Text::told(&work.place.display().to_string()),
        unusable: unusable.map(Text::told),
        ..StateFacts::default()
    };
    match work.folder.as_deref().map(|folder| kept(folder, empty.clone())) {
        None => empty,
        Some(Ok(facts)) => facts,
        Some(Err(why)) => StateFacts { unusable: Some(Text::told(&why)), ..empty },
    }
}

fn kept(folder: &dyn StateFolder, empty: StateFacts) -> Result<StateFacts, String> {
    let Standing { highest_fence, lease, roll, .. } =
        Standing::read(folder).map_err(|refusal| refusal.why.as_str().to_owned())?;
    let told = |error: crate::ports::FileError| format!("{}: {error}", error.path().display());
    let open = match folder.find(ATTEMPTS).map_err(told)? {
        Some(records) => attempts::open(&*records).map_err(told)?,
        None => Vec::new(),
    };
    let staged = staging::left(Some(folder)).map_err(told)?;
    Ok(StateFacts {
        highest_fence,
        lease,
        roll,
        staged: List::first(staged),
        open_attempts: List::first(open),
        ..empty
    })
}
