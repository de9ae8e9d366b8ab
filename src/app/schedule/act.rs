//! Installing and removing a trigger: what is written and run, and the proof that it is there.

use std::path::Path;

use super::kept::{self, Kept};
use super::registered::{self, LIMITS, Standing, said};
use super::{Options, ScheduleFinding, ScheduleReport, Wanted, findings, folder_path, prepared, shown};
use crate::error::{Error, Kind, Result};
use crate::ports::{Host, SchedulerKind, SchedulerProgram, StateFolder};
use crate::watch::schedule::{TASK_NAME, TIMER, Text, Trigger, TriggerKind};

/// The file from which the task is registered. It is removed afterwards.
const TASK_FILE: &str = "task.xml";

/// Installs the trigger. `agree` sees what would be done and says whether it is to be; where nothing is to be done it is not asked.
///
/// # Errors
/// As [`super::show`]; [`Kind::Refused`] where this process may not change the machine, or the program, the settings or a folder on the
/// way could be changed by others; what a scheduler reports.
pub fn install(
    host: &Host,
    options: &Options,
    agree: impl FnOnce(&ScheduleReport) -> Result<bool>,
) -> Result<ScheduleReport> {
    let (wanted, mut report) = prepared(host, options)?;
    if wanted.trigger.account.is_some() && wanted.trigger.kind != TriggerKind::Task {
        return Err(Error::new(
            Kind::Refused,
            "only root's watch is installed here: the state folder belongs to whoever installs it",
        )
        .hint("see the texts and put them there by hand: s2scert schedule show --account NAME --config watch.toml")
        .hint(
            "the account makes its state folder at its first run: s2scert watch --once --if-due --config watch.toml",
        ));
    }
    if !report.pending || !agree(&report)? {
        return Ok(report);
    }
    let present = match wanted.trigger.kind {
        TriggerKind::Task => SchedulerKind::Tasks,
        TriggerKind::Systemd => SchedulerKind::Systemd,
        TriggerKind::Cron => SchedulerKind::Cron,
    };
    if !host.scheduler.has(present) {
        return Err(Error::new(Kind::Refused, format!("this machine has no {}", wanted.trigger.kind.words()))
            .hint("see what it would be: s2scert schedule show --config watch.toml")
            .hint("in a container let the watch stay: s2scert watch --stay --config watch.toml"));
    }
    if !host.machine.facts().is_ok_and(|facts| facts.elevated) {
        return Err(not_elevated());
    }
    // What runs by the clock with all rights must be nobody else's to change.
    host.state.admit(Path::new(&wanted.trigger.program)).map_err(|error| {
        Error::from(error)
            .hint("put s2scert where only an administrator can write, and install the schedule from there")
    })?;
    let state = host.state.create(&wanted.state)?;
    put(host, &wanted, &*state)?;
    let kept = Kept::new(report.at, wanted.trigger.clone(), wanted.texts.clone());
    kept.write(&*state)?;
    let standing = registered::look(host, wanted.trigger.kind, &wanted.texts);
    report.findings = findings(host, &kept, &standing, &wanted.state);
    report.texts = shown(wanted.texts, standing);
    (report.changed, report.pending) = (true, false);
    Ok(report)
}

/// Removes what was installed for a state folder, and what stands under our names. `agree` as for [`install`].
///
/// # Errors
/// [`Kind::Refused`] where this process may not change the machine; what a scheduler reports.
pub fn remove(
    host: &Host,
    options: &Options,
    agree: impl FnOnce(&ScheduleReport) -> Result<bool>,
) -> Result<ScheduleReport> {
    let state = super::absolute(host, &folder_path(host, options.state.as_deref())?)?;
    let mut report = ScheduleReport::new(host);
    let kept = kept::read(host, &state)?;
    let Some(kept) = kept else {
        report.notes.push("no schedule was installed for this state folder".to_owned());
        return Ok(report);
    };
    let standing = registered::look(host, kept.trigger.kind, &kept.texts);
    report.kind = Some(kept.trigger.kind);
    report.account = super::account_of(&kept.trigger);
    report.commands = removals(kept.trigger.kind);
    report.texts = shown(kept.texts.clone(), standing);
    report.pending = true;
    if !agree(&report)? {
        return Ok(report);
    }
    if !host.machine.facts().is_ok_and(|facts| facts.elevated) {
        return Err(not_elevated());
    }
    take(host, &kept.trigger, &kept.texts)?;
    let standing = registered::look(host, kept.trigger.kind, &kept.texts);
    for (text, standing) in kept.texts.iter().zip(&standing) {
        if *standing != Standing::Missing {
            let remedy = "remove it by hand, then again: s2scert schedule remove".to_owned();
            report.findings.push(ScheduleFinding { message: format!("{} is still there", text.place), remedy });
        }
    }
    if report.findings.is_empty()
        && let Some(folder) = host.state.find(&state)?
    {
        kept::forget(&*folder)?;
    }
    report.texts = shown(kept.texts, standing);
    (report.changed, report.pending) = (true, false);
    Ok(report)
}

fn not_elevated() -> Error {
    Error::new(Kind::Refused, "a schedule of the machine is changed by an administrator only")
        .hint("run it as root, or from an elevated prompt")
        .hint("see what would be done: s2scert schedule show --config watch.toml")
}

/// Returns the commands that install a trigger, after its files are written.
pub(super) fn commands(trigger: &Trigger, state: &Path) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    match trigger.kind {
        TriggerKind::Cron => Vec::new(),
        TriggerKind::Systemd => {
            vec![words(&["systemctl", "daemon-reload"]), words(&["systemctl", "enable", "--now", TIMER])]
        }
        TriggerKind::Task => {
            let file = state.join(TASK_FILE).display().to_string();
            let mut create = words(&["schtasks", "/Create", "/TN", TASK_NAME, "/XML", &file, "/F"]);
            if let Some(account) = &trigger.account {
                // The empty password says that the system is to fetch that of the managed account.
                create.extend(words(&["/RU", account, "/RP", ""]));
            }
            vec![create]
        }
    }
}

fn removals(kind: TriggerKind) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    match kind {
        TriggerKind::Cron => Vec::new(),
        TriggerKind::Systemd => {
            vec![words(&["systemctl", "disable", "--now", TIMER]), words(&["systemctl", "daemon-reload"])]
        }
        TriggerKind::Task => vec![words(&["schtasks", "/Delete", "/TN", TASK_NAME, "/F"])],
    }
}

fn put(host: &Host, wanted: &Wanted, state: &dyn StateFolder) -> Result<()> {
    let commands = commands(&wanted.trigger, &wanted.state);
    if wanted.trigger.kind == TriggerKind::Task {
        let units = wanted.texts.iter().flat_map(|text| text.text.encode_utf16());
        let bytes: Vec<u8> = std::iter::once(0xfeff).chain(units).flat_map(u16::to_le_bytes).collect();
        state.write(TASK_FILE, &bytes)?;
        let run = commands.iter().try_for_each(|command| call(host, command));
        state.remove(TASK_FILE)?;
        run?;
        return host.events.register().map_err(|error| {
            Error::new(Kind::Internal, "the source of the event log cannot be registered").because(error)
        });
    }
    for text in &wanted.texts {
        host.scheduler.write(Path::new(&text.place), text.text.as_bytes())?;
    }
    if wanted.trigger.kind == TriggerKind::Systemd {
        verify(host, wanted)?;
    }
    commands.iter().try_for_each(|command| call(host, command))
}

/// Lets systemd itself read the units before they are switched on, where its checker is there.
fn verify(host: &Host, wanted: &Wanted) -> Result<()> {
    let places = wanted.texts.iter().map(|text| text.place.clone());
    let arguments: Vec<String> = std::iter::once("verify".to_owned()).chain(places).collect();
    match host.scheduler.call(SchedulerProgram::SystemdAnalyze, &arguments, LIMITS) {
        Ok(output) if output.code != Some(0) => Err(Error::new(Kind::Internal, "systemd does not take the units")
            .at(&arguments[1])
            .because(std::io::Error::other(said(&output)))
            .hint("take them away again: s2scert schedule remove")),
        // Without the checker the switching on tells.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn take(host: &Host, trigger: &Trigger, texts: &[Text]) -> Result<()> {
    let commands = removals(trigger.kind);
    match trigger.kind {
        TriggerKind::Task => commands.iter().for_each(|command| drop(call(host, command))),
        TriggerKind::Systemd | TriggerKind::Cron => {
            // A unit that is gone already cannot be switched off: what counts is what stands there afterwards.
            commands.first().into_iter().for_each(|command| drop(call(host, command)));
            for text in texts {
                host.scheduler.remove(Path::new(&text.place))?;
            }
            commands.get(1).into_iter().for_each(|command| drop(call(host, command)));
        }
    }
    Ok(())
}

fn call(host: &Host, command: &[String]) -> Result<()> {
    let Some((name, arguments)) = command.split_first() else { return Ok(()) };
    let program = if name == "schtasks" { SchedulerProgram::Schtasks } else { SchedulerProgram::Systemctl };
    let failed = |why: String| {
        Error::new(Kind::Internal, "the scheduler of the machine refused")
            .at(command.join(" "))
            .because(std::io::Error::other(why))
            .hint("see how it stands: s2scert schedule check --config watch.toml")
    };
    match host.scheduler.call(program, arguments, LIMITS) {
        Ok(output) if output.code == Some(0) => Ok(()),
        Ok(output) => Err(failed(said(&output))),
        Err(error) => Err(failed(error.to_string())),
    }
}
