//! What a machine has of a trigger.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cert::text;
use crate::error::Error;
use crate::ports::{FileFault, Host, ProgramLimits, ProgramOutput, SchedulerProgram};
use crate::watch::schedule::{SERVICE, TASK_NAME, TIMER, Text, TriggerKind, differences};

/// The most that is read of a unit or a task.
const MOST: u64 = 1 << 20;
/// How long a program of the scheduler may take.
pub(super) const LIMITS: ProgramLimits = ProgramLimits { output: MOST, deadline: Duration::from_secs(60) };

/// How a text stands on the machine.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Standing {
    /// As it is to be.
    Same,
    /// Not there.
    Missing,
    /// There, and different.
    Differs {
        /// In what.
        how: Vec<String>,
    },
    /// It cannot be seen.
    Unseen {
        /// Why.
        why: String,
    },
}

/// Looks how texts stand.
pub(super) fn look(host: &Host, kind: TriggerKind, texts: &[Text]) -> Vec<Standing> {
    texts.iter().map(|text| if kind == TriggerKind::Task { task(host, text) } else { file(host, text) }).collect()
}

fn file(host: &Host, wanted: &Text) -> Standing {
    match host.files.read(Path::new(&wanted.place), MOST) {
        Ok(bytes) if **bytes == *wanted.text.as_bytes() => Standing::Same,
        Ok(bytes) => {
            let found = String::from_utf8_lossy(&bytes).into_owned();
            let strange = |one: &str, other: &str| {
                let lines: Vec<&str> = other.lines().collect();
                let strange: Vec<String> =
                    one.lines().filter(|line| !lines.contains(line)).take(3).map(|line| format!("{line:?}")).collect();
                strange
            };
            let (added, taken) = (strange(&found, &wanted.text), strange(&wanted.text, &found));
            let added = added.into_iter().map(|line| format!("has {line}"));
            let mut how: Vec<String> = added.chain(taken.into_iter().map(|line| format!("lacks {line}"))).collect();
            if how.is_empty() {
                how.push("its lines stand in another order".to_owned());
            }
            Standing::Differs { how }
        }
        Err(error) if *error.fault() == FileFault::NotFound => Standing::Missing,
        Err(error) => Standing::Unseen { why: Error::from(error).to_string() },
    }
}

fn task(host: &Host, wanted: &Text) -> Standing {
    let query = ["/Query", "/TN", TASK_NAME, "/XML"].map(str::to_owned);
    match host.scheduler.call(SchedulerProgram::Schtasks, &query, LIMITS) {
        Ok(output) if output.code == Some(0) => {
            // The declaration says UTF-16, and a pipe gets what the console would.
            let found = text::decode(&output.stdout)
                .map_or_else(|_| String::from_utf8_lossy(&output.stdout).into_owned(), |text| text.to_string());
            let how = differences(&wanted.text, &found);
            if how.is_empty() { Standing::Same } else { Standing::Differs { how } }
        }
        Ok(output) if output.code == Some(1) => Standing::Missing,
        Ok(output) => Standing::Unseen { why: said(&output) },
        Err(error) => Standing::Unseen { why: error.to_string() },
    }
}

/// Tells why a trigger whose texts are there does not call: it is switched off, stopped, or changed by somebody.
pub(super) fn switched_off(host: &Host, kind: TriggerKind) -> Vec<String> {
    if kind != TriggerKind::Systemd {
        // Whether a task is on stands in its text; a cron table is on because it is there.
        return Vec::new();
    }
    let mut found = Vec::new();
    for unit in [TIMER, SERVICE] {
        let ask = ["show", unit, "--property=UnitFileState,ActiveState,DropInPaths,NeedDaemonReload,LoadState"];
        match host.scheduler.call(SchedulerProgram::Systemctl, &ask.map(str::to_owned), LIMITS) {
            Ok(output) if output.code == Some(0) => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let value = |name: &str| {
                    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
                    line.unwrap_or_default().trim().to_owned()
                };
                let mut say = |bad: bool, what: String| found.extend(bad.then_some(what));
                if unit == TIMER {
                    let (file, active) = (value("UnitFileState"), value("ActiveState"));
                    say(
                        file != "enabled",
                        format!("{unit} is {file:?} and not enabled: it is gone after the next start"),
                    );
                    say(active != "active", format!("{unit} is {active:?} and not active: it does not call"));
                }
                let drops = value("DropInPaths");
                say(!drops.is_empty(), format!("{unit} is changed by {drops}"));
                say(value("NeedDaemonReload") == "yes", format!("systemd has not read {unit} since it was changed"));
                say(value("LoadState") == "masked", format!("{unit} is masked"));
            }
            Ok(output) => found.push(format!("systemctl does not answer: {}", said(&output))),
            Err(error) => {
                found.push(format!("systemd cannot be asked: {error}"));
                break;
            }
        }
    }
    found
}

/// Says in one line what a program has said.
pub(super) fn said(output: &ProgramOutput) -> String {
    let bytes = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(bytes).split_whitespace().take(60).collect::<Vec<_>>().join(" ");
    let code = output.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    if text.is_empty() { code } else { format!("{text} ({code})") }
}
