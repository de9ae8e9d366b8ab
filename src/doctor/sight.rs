//! What one check saw of one server, and how such sights are gathered.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::{Facts, Server, Way};
use crate::farm::description::{Node, Role};
use crate::farm::truth::{SeenCertificate, ServerFacts, Topic};
use crate::policy::{Finding, Severity};
use crate::protocol::{NodeFacts, PowerShellFacts, Seen};

/// How good that is. The order is that of the worst.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it has to be.
    Ok,
    /// It could not be seen.
    Unseen,
    /// A roll can be done, and something may go wrong.
    Warn,
    /// A roll cannot be done, or would break something.
    Fail,
}

impl Grade {
    /// Returns the word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unseen => "unseen",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one check saw.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Sight {
    /// Whom it concerns: a server, a trust, `farm`.
    pub about: String,
    /// How good it is.
    pub grade: Grade,
    /// What was seen, or why nothing was.
    pub what: String,
}

/// Whom a sight concerns that is about no server.
const FARM: &str = "farm";

/// Makes a sight of the whole farm.
pub(super) fn farm(grade: Grade, what: impl Into<String>) -> Sight {
    Sight { about: FARM.to_owned(), grade, what: what.into() }
}

/// Makes a sight of one server.
pub(super) fn server(one: &Server<'_>, grade: Grade, what: impl Into<String>) -> Sight {
    about(one.node.name.as_str(), grade, what)
}

/// Makes a sight of somebody.
pub(super) fn about(whom: &str, grade: Grade, what: impl Into<String>) -> Sight {
    Sight { about: whom.to_owned(), grade, what: what.into() }
}

/// The one sight of a check that s2scert cannot make itself.
pub(super) fn by_hand(what: &str) -> Vec<Sight> {
    vec![farm(Grade::Unseen, what)]
}

/// Says that nobody is concerned: well where the description says so, unseen where there is none.
fn nobody(facts: &Facts<'_>, whom: &str) -> Sight {
    if facts.is_described() {
        farm(Grade::Ok, format!("no {whom} is described"))
    } else {
        farm(Grade::Unseen, format!("no {whom} is known without farm.toml"))
    }
}

/// Judges every server that is picked.
pub(super) fn each(
    facts: &Facts<'_>,
    whom: &str,
    pick: impl Fn(&Node) -> bool,
    mut judge: impl FnMut(&Server<'_>) -> Sight,
) -> Vec<Sight> {
    let sights: Vec<Sight> = facts.servers.iter().filter(|one| pick(one.node)).map(&mut judge).collect();
    if sights.is_empty() { vec![nobody(facts, whom)] } else { sights }
}

/// Judges what every server that is picked tells of itself.
pub(super) fn told(
    facts: &Facts<'_>,
    whom: &str,
    pick: impl Fn(&Node) -> bool,
    judge: impl Fn(&Server<'_>, &NodeFacts) -> (Grade, String),
) -> Vec<Sight> {
    each(facts, whom, pick, |one| match &one.told {
        Seen::There(told) => {
            let (grade, what) = judge(one, told);
            server(one, grade, what)
        }
        Seen::Absent(why) | Seen::Unseen(why) => server(one, Grade::Unseen, not_asked(one, why.as_str())),
    })
}

/// Judges what every server tells of itself.
pub(super) fn every(facts: &Facts<'_>, judge: impl Fn(&NodeFacts) -> (Grade, String)) -> Vec<Sight> {
    told(facts, "server", |_| true, |_, told| judge(told))
}

/// Judges what every Windows server of a role tells of its PowerShell.
pub(super) fn powershell(
    facts: &Facts<'_>,
    judge: impl Fn(&Server<'_>, &PowerShellFacts) -> (Grade, String),
) -> Vec<Sight> {
    told(
        facts,
        "server",
        |_| true,
        |one, told| match &told.powershell {
            Seen::There(powershell) => judge(one, powershell),
            Seen::Absent(why) | Seen::Unseen(why) => (Grade::Unseen, why.as_str().to_owned()),
        },
    )
}

/// Judges what every server of a role answered to a question that only such servers can answer.
pub(super) fn asked<'f, T: 'f>(
    facts: &'f Facts<'_>,
    role: Role,
    whom: &str,
    of: impl Fn(&'f Server<'_>) -> &'f Seen<T>,
    judge: impl Fn(Answered<'f, T>) -> (Grade, String),
) -> Vec<Sight> {
    let sights: Vec<Sight> = facts
        .of_role(role)
        .map(|one| {
            let (grade, what) = match of(one) {
                Seen::There(answer) => judge(Answered::There(answer)),
                Seen::Absent(why) => judge(Answered::Absent(why.as_str())),
                Seen::Unseen(why) if one.way == Way::Answered => judge(Answered::Failed(why.as_str())),
                Seen::Unseen(why) => (Grade::Unseen, not_asked(one, why.as_str())),
            };
            server(one, grade, what)
        })
        .collect();
    if sights.is_empty() { vec![nobody(facts, whom)] } else { sights }
}

/// What a server that was reached answered.
pub(super) enum Answered<'a, T> {
    /// This.
    There(&'a T),
    /// It has not what is needed to answer.
    Absent(&'a str),
    /// It tried, and failed.
    Failed(&'a str),
}

/// Judges an answer; where there is none the check is unseen, because another one tells why.
pub(super) fn there<T>(answer: Answered<'_, T>, judge: impl Fn(&T) -> (Grade, String)) -> (Grade, String) {
    match answer {
        Answered::There(one) => judge(one),
        Answered::Absent(why) | Answered::Failed(why) => (Grade::Unseen, why.to_owned()),
    }
}

/// Why a server that should have told something did not.
fn not_asked(one: &Server<'_>, why: &str) -> String {
    match &one.way {
        Way::ByHand => "steps are done by hand there, nobody asked".to_owned(),
        Way::NotAsked(why) => why.clone(),
        _ => why.to_owned(),
    }
}

/// What a server showed for the truth table.
pub(super) type Shown = ServerFacts<Arc<SeenCertificate>>;

/// Where a check finds in the truth table what it needs.
pub(super) struct Look<'a> {
    /// The findings that tell.
    pub(super) ids: &'a [&'a str],
    /// Whom it concerns, in words.
    pub(super) whom: &'a str,
    /// Whom it concerns.
    pub(super) pick: fn(&Node) -> bool,
    /// The parts whose gaps leave it unseen.
    pub(super) part: fn(&Topic) -> bool,
    /// What of a server else was not seen, and why.
    pub(super) unseen: fn(&Shown) -> Option<&str>,
    /// What is said where nothing is found and nothing unseen.
    pub(super) well: &'a str,
}

/// What the truth table says, and what of it was not seen.
pub(super) fn truth(facts: &Facts<'_>, look: &Look<'_>) -> Vec<Sight> {
    let concerned: Vec<&Server<'_>> = facts.servers.iter().filter(|one| (look.pick)(one.node)).collect();
    if concerned.is_empty() {
        return vec![nobody(facts, look.whom)];
    }
    let found = facts.findings.iter().filter(|finding| look.ids.contains(&finding.id.as_ref()));
    let mut sights: Vec<Sight> = found.map(of_finding).collect();
    let known = |name: &str| concerned.iter().any(|one| one.node.name.as_str().eq_ignore_ascii_case(name));
    let gaps = facts.gaps.iter().filter(|gap| known(&gap.server) && gap.topic.as_ref().is_none_or(look.part));
    sights.extend(gaps.map(|gap| about(&gap.server, Grade::Unseen, gap.why.clone())));
    // The truth table tells gaps of what it needs; a check may need more.
    for one in &concerned {
        let why = one.shown.as_ref().ok().and_then(look.unseen);
        let known = sights.iter().any(|sight| sight.about == one.node.name.as_str() && sight.grade == Grade::Unseen);
        sights.extend(why.filter(|_| !known).map(|why| server(one, Grade::Unseen, why)));
    }
    if sights.is_empty() {
        sights.push(farm(Grade::Ok, look.well));
    }
    sights
}

fn of_finding(finding: &Finding) -> Sight {
    let grade = match finding.severity {
        Severity::Error => Grade::Fail,
        Severity::Warning => Grade::Warn,
        Severity::Info => Grade::Ok,
    };
    about(&finding.subject, grade, finding.message.clone())
}
