//! The view of `node describe`. Requests and answers of a controller have none: they are JSON.

use super::field;
use crate::protocol::{Answer, Facts, NodeFacts, Outcome, Seen, StateFacts};

/// Renders the answer of `node describe`.
pub(crate) fn render(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Observed(seen) => match &seen.facts {
            Facts::Node(facts) => node(facts),
            _ => String::new(),
        },
        Outcome::Refused(refusal) => refusal.why.as_str().to_owned() + "\n",
        Outcome::Failed(trouble) => trouble.what.as_str().to_owned() + "\n",
        Outcome::Done(_) | Outcome::Unclear(_) | Outcome::Busy(_) => String::new(),
    }
}

fn node(facts: &NodeFacts) -> String {
    let mut text =
        format!("{} ({} {})\n", facts.machine.as_str(), facts.system.as_str(), facts.system_version.as_str());
    let rights = if facts.elevated { "may change the machine" } else { "may not change the machine" };
    field(&mut text, "account", &format!("{}, {rights}", facts.account.as_str()));
    let hash = facts.program_sha256.map_or_else(|| "its file is gone".to_owned(), |hash| hash.to_string());
    field(&mut text, "program", &format!("s2scert {}, {hash}", facts.version.as_str()));
    state(&mut text, &facts.state);
    let powershell = seen(&facts.powershell, |one| {
        format!(
            "{}, {}, execution policy {}",
            one.version.as_str(),
            one.language_mode.as_str(),
            one.execution_policy.as_str()
        )
    });
    field(&mut text, "PowerShell", &powershell);
    field(&mut text, "script", &seen(&facts.script, |one| format!("{}, {}", one.file.as_str(), one.sha256)));
    let network = seen(&facts.network_identity, |one| {
        format!("{} {}", one.share.as_str(), if one.reached { "was read" } else { "was refused" })
    });
    field(&mut text, "network", &network);
    text
}

fn state(text: &mut String, state: &StateFacts) {
    field(text, "state", state.folder.as_str());
    if let Some(why) = &state.unusable {
        field(text, "unusable", why.as_str());
    }
    field(text, "fence", &state.highest_fence.to_string());
    if let Some(lease) = &state.lease {
        let line =
            format!("roll {}, {}, fence {}, until {}", lease.roll, lease.holder.as_str(), lease.fence, lease.until);
        field(text, "lease", &line);
    }
    if let Some(roll) = &state.roll {
        field(text, "roll", &format!("{} of {}, in phase {}", roll.roll, roll.owner.as_str(), roll.phase));
    }
    for file in &*state.staged {
        field(text, "staged", &format!("{}, written {}", file.name.as_str(), file.written));
    }
    for one in &*state.open_attempts {
        let line = format!(
            "{} (roll {}, step {}, attempt {}), begun {}: its end is not known",
            one.action.as_str(),
            one.roll,
            one.step,
            one.attempt,
            one.begun
        );
        field(text, "open", &line);
    }
}

fn seen<T>(seen: &Seen<T>, there: impl FnOnce(&T) -> String) -> String {
    match seen {
        Seen::There(one) => there(one),
        Seen::Absent(why) => why.as_str().to_owned(),
        Seen::Unseen(why) => format!("not seen: {}", why.as_str()),
    }
}
