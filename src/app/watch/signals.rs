//! Signals that the servers of a farm give by themselves: event 8311 of SharePoint, the monitoring service of Dynamics, and from when
//! on the deployment itself warns. What was not seen is spoken of and is never good.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::farm;
use super::channels::chain;
use super::places::Places;
use super::{Options, facts};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::farm::description::{Node, Role, Transport as Way};
use crate::ports::{Host, Transport};
use crate::protocol::{Action, Facts, Id, LoggedEvent, Nothing, Request, SignalKind, SignalsRead};
use crate::watch::Level;
use crate::watch::facts::{Kind, Trouble};
use crate::watch::settings::{FarmTable, SignalsTable};

/// The most characters of an event that are told.
const LONGEST: usize = 400;
/// The severity of a warning; an error is 1.
const WARNING: u32 = 2;
/// What is told where the deployment does not warn. Not tried on Windows.
const SET: &str = "on a server with the deployment tools, in its PowerShell: $Monitoring = Get-CrmSetting -SettingType \
                   MonitoringSettings; $Monitoring.CertificateLifetimeNotificationThreshold = 20; Set-CrmSetting -Setting \
                   $Monitoring";

/// What one server was asked, and what it answered.
struct Answered<'a> {
    node: &'a Node,
    question: Question,
    answer: Result<Facts, String>,
}

/// A question to a server.
#[derive(Clone, Copy)]
enum Question {
    Events(SignalKind),
    Threshold,
}

/// Asks every server of the farm for the signals of its roles.
pub(super) fn look(host: &Host, table: &SignalsTable, farm: &FarmTable, options: &Options, places: &mut Places) {
    if let Err(error) = asked(host, table, farm, options, places) {
        let file = farm.file.display();
        let remedy = format!("see why: s2scert farm check --farm {file}");
        places.unseen(format!("the signals of {file}"), &chain(&error), remedy);
    }
}

fn asked(host: &Host, table: &SignalsTable, file: &FarmTable, options: &Options, places: &mut Places) -> Result<()> {
    let wire = options.ways.0.as_ref();
    let wire = wire.ok_or_else(|| Error::new(ErrorKind::Internal, "no way to the servers is wired"))?;
    let described = farm::describe(host, &file.file)?.farm;
    let transport = wire(host, &file.file)?;
    let transport = &*transport;
    let since = SignedDuration::from_hours(24 * i64::from(table.days));
    let since = host.clock.now().checked_sub(since).unwrap_or(Timestamp::UNIX_EPOCH);
    let name = described.name.as_ref().map_or_else(|| file.file.display().to_string(), ToString::to_string);
    let tools = described.update_crm.as_ref().map(|one| one.node.folded());
    let nodes = described.nodes.iter();
    let wanted =
        nodes.flat_map(|node| questions(node, tools.as_deref()).into_iter().map(move |question| (node, question)));
    let answered: Vec<Answered<'_>> = std::thread::scope(|scope| {
        let threads: Vec<_> = wanted
            .map(|(node, question)| {
                (node, question, scope.spawn(move || ask(transport, node, question, since, file.seconds)))
            })
            .collect();
        let fallen = || Err("asking it failed within s2scert".to_owned());
        let answered = threads.into_iter().map(|(node, question, thread)| Answered {
            node,
            question,
            answer: thread.join().unwrap_or_else(|_| fallen()),
        });
        answered.collect()
    });
    for one in answered {
        take(one, &name, file, places);
    }
    Ok(())
}

/// What a server of these roles can tell. One that people look after is not asked.
fn questions(node: &Node, tools: Option<&str>) -> Vec<Question> {
    if node.transport == Way::Manual {
        return Vec::new();
    }
    let mut questions = Vec::new();
    if node.signs() || node.has(Role::DeploymentTools) {
        questions.push(Question::Events(SignalKind::Monitoring));
    }
    if node.has(Role::Sharepoint) {
        questions.push(Question::Events(SignalKind::SharePoint));
    }
    if node.has(Role::DeploymentTools) && tools.is_none_or(|tools| tools == node.name.folded()) {
        questions.push(Question::Threshold);
    }
    questions
}

fn ask(
    transport: &dyn Transport,
    node: &Node,
    question: Question,
    since: Timestamp,
    seconds: u16,
) -> Result<Facts, String> {
    let seconds = u32::from(seconds.clamp(1, 3_600));
    let action = match question {
        Question::Events(kind) => Action::Signals(SignalsRead { kind, since }),
        Question::Threshold => Action::CrmMonitoring(Nothing {}),
    };
    let request = Request::new(Id::word("signals"), seconds, None, action);
    let answer = transport.ask(node, &request, Duration::from_secs(u64::from(seconds))).map_err(|error| error.why)?;
    answer.outcome.shown().map_err(|unshown| unshown.why.as_str().to_owned())
}

/// Turns an answer into what can be spoken of.
fn take(one: Answered<'_>, farm: &str, file: &FarmTable, places: &mut Places) {
    let node = one.node.name.as_str();
    let what = match one.question {
        Question::Events(SignalKind::SharePoint) => "events 8311 of SharePoint",
        Question::Events(SignalKind::Monitoring) => "events of MSCRMMonitoringServerRole",
        Question::Threshold => "CertificateLifetimeNotificationThreshold",
    };
    let about = format!("{farm}: {node}, {what}");
    match (one.question, one.answer) {
        (Question::Events(kind), Ok(Facts::Signals(told))) => {
            places.troubles.extend(events(kind, told.events.iter(), about, node));
        }
        (Question::Threshold, Ok(Facts::Monitoring(told))) => match told.threshold.filter(|percent| *percent > 0) {
            Some(percent) => places.notes.push(format!(
                "the deployment of {farm} warns by itself from {percent} percent of a certificate's lifetime on"
            )),
            None => places.troubles.push(Trouble {
                kind: Kind::Signal,
                message: format!("the deployment of {farm} does not warn by itself: {what} is not set"),
                about,
                level: Level::Attention,
                remedy: SET.to_owned(),
            }),
        },
        (_, Ok(_)) => places.unseen(about, "it answers something else", other(file)),
        (_, Err(why)) => places.unseen(about, &why, other(file)),
    }
}

fn other(file: &FarmTable) -> String {
    format!("see what this account may see there: s2scert doctor --farm {}", file.file.display())
}

/// Tells events of one kind on one server as one story, with the last of them.
fn events<'a>(
    kind: SignalKind,
    events: impl Iterator<Item = &'a LoggedEvent>,
    about: String,
    node: &str,
) -> Option<Trouble> {
    // Of the monitoring service only what is a warning or an error.
    let meant: Vec<&LoggedEvent> =
        events.filter(|one| kind == SignalKind::SharePoint || (1..=WARNING).contains(&one.severity)).collect();
    let last = meant.iter().max_by_key(|one| one.at)?;
    let text: String = last.message.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().take(LONGEST).collect();
    let (count, at) = (meant.len(), facts::minute(last.at));
    let (who, level, remedy) = match kind {
        SignalKind::SharePoint => ("SharePoint", Level::Error, "see what it means: s2scert explain event-8311"),
        SignalKind::Monitoring => {
            ("the monitoring of Dynamics", Level::Warning, "see what it means: s2scert explain monitoring-server-role")
        }
    };
    let message = format!("{who} on {node} has written {count} events, the last on {at}: {text}");
    Some(Trouble { kind: Kind::Signal, about, level, message, remedy: remedy.to_owned() })
}

#[cfg(test)]
mod tests;
