//! The trigger that a machine keeps: what is written for it, whichever sort it is.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TRIGGER_MINUTES, systemd, task};

/// Where systemd looks for the units of an administrator.
pub(super) const SYSTEMD_FOLDER: &str = "/etc/systemd/system";
/// The name of the units.
pub const SERVICE: &str = "s2scert-watch.service";
/// The timer.
pub const TIMER: &str = "s2scert-watch.timer";
/// Where cron looks for tables of the machine.
pub(super) const CRON_FOLDER: &str = "/etc/cron.d";
/// The table. Cron passes over names with a dot.
pub(super) const CRON_FILE: &str = "s2scert-watch";
/// The name of the task of Windows, in a folder of its own.
pub const TASK_NAME: &str = r"\s2scert\watch";

/// How long a run may take that rolls, in hours: SharePoint may keep what it has read for a day.
pub(super) const ROLL_HOURS: u32 = 72;

/// The sorts of triggers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerKind {
    /// A task of the Windows Task Scheduler.
    Task,
    /// A service and a timer of systemd.
    Systemd,
    /// A table in /etc/cron.d.
    Cron,
}

impl TriggerKind {
    /// Returns its name in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Task => "task of the Task Scheduler",
            Self::Systemd => "systemd timer",
            Self::Cron => "cron table",
        }
    }
}

/// What is to be called, and as whom.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trigger {
    /// The sort.
    pub kind: TriggerKind,
    /// The program, by its absolute path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// As whom: a user or a managed service account (CONTOSO\name$); without one, root or SYSTEM.
    pub account: Option<String>,
    /// The state folder.
    pub state: PathBuf,
    /// Folders in which the watch writes besides, in order.
    pub writes: Vec<PathBuf>,
    /// Whether a run may roll, so that it is not ended after an hour.
    #[serde(default)]
    pub rolls: bool,
}

/// A text that a trigger consists of.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Text {
    /// Where it stands: a path, or the name of a task.
    pub place: String,
    /// The text.
    pub text: String,
}

impl Trigger {
    /// Returns the texts that make it.
    ///
    /// # Errors
    /// A sentence, where something in it cannot be written into a text of this sort.
    pub fn texts(&self) -> Result<Vec<Text>, String> {
        let words = || std::iter::once(&self.program).chain(&self.arguments);
        if let Some(word) = words().chain(&self.account).find(|word| word.chars().any(char::is_control)) {
            return Err(format!("{word:?} holds a control character, which no trigger can hold"));
        }
        Ok(match self.kind {
            TriggerKind::Task => vec![Text { place: TASK_NAME.to_owned(), text: task::write(self) }],
            TriggerKind::Systemd => vec![
                Text { place: within(SYSTEMD_FOLDER, SERVICE), text: systemd::service(self) },
                Text { place: within(SYSTEMD_FOLDER, TIMER), text: systemd::timer() },
            ],
            TriggerKind::Cron => vec![Text { place: within(CRON_FOLDER, CRON_FILE), text: self.cron_table()? }],
        })
    }

    fn cron_table(&self) -> Result<String, String> {
        let user = self.account.as_deref().unwrap_or("root");
        if user.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
            return Err(format!("{user:?} is no name of a user that a cron table can hold"));
        }
        // A percent sign ends the line of cron before the shell sees it.
        let words: Vec<String> =
            std::iter::once(&self.program).chain(&self.arguments).map(|word| shell(word)).collect();
        let line = words.join(" ").replace('%', r"\%");
        Ok(format!(
            "# Written by s2scert schedule install. When the watch really looks is decided by watch.toml.\n\
             */{TRIGGER_MINUTES} * * * * {user} {line} >/dev/null\n"
        ))
    }
}

fn within(folder: &str, file: &str) -> String {
    Path::new(folder).join(file).display().to_string()
}

/// Writes a word so that a shell takes it as one.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
