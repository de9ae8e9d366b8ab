//! What the watch must be allowed to do, source by source and channel by channel: the least of it, and whether it is so.
//!
//! Without a right the place is unseen, and never in order. What can be tried is tried, by whoever runs this.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::farm::access::Principal;
use crate::farm::description::SecretSource;
use crate::farm::store::{StoreName, StorePlace};
use crate::ports::{Access, EntryKind, Existing, FileError, Host};
use crate::watch::schedule::Trigger;
use crate::watch::settings::{ChannelKind, Secret, Settings};

/// How much is looked at below a folder.
const MOST_ENTRIES: usize = 10_000;
/// The most that is read of a file to see whether it can be.
const MAX_FILE: u64 = 64 << 20;

/// A right.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// To read a file, or to list a folder and read what is in it.
    Read,
    /// To write into a folder.
    Write,
    /// To start a program.
    Start,
    /// To reach a server.
    Reach,
    /// To have a variable of the environment.
    Have,
}

impl Right {
    /// Returns it as a verb.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Start => "start",
            Self::Reach => "reach",
            Self::Have => "have",
        }
    }
}

/// Whether a right is there.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It was tried, and it is.
    Held,
    /// It was tried, and it is not.
    Missing,
    /// It was not tried.
    NotTried,
}

/// One right that the watch needs.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Need {
    /// The right.
    pub right: Right,
    /// To what: a path, a server, a variable.
    pub to: String,
    /// What for.
    pub what: &'static str,
    /// Whether it is there.
    pub seen: Seen,
    /// Why it is not there, or was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Returns the folders besides the state folder in which the watch writes.
pub(super) fn written_folders(settings: &Settings) -> Vec<PathBuf> {
    let beat = &settings.heartbeat;
    let files = [&beat.file, &beat.textfile, &beat.calendar].into_iter().flatten();
    let folder = |path: &PathBuf| path.parent().map(Path::to_owned).filter(|folder| !folder.as_os_str().is_empty());
    let folders: BTreeSet<PathBuf> =
        files.filter_map(folder).chain(settings.file.iter().map(|channel| channel.folder.clone())).collect();
    folders.into_iter().collect()
}

/// Returns what the watch needs.
pub(super) fn of(host: &Host, settings: &Settings, trigger: &Trigger, config: Option<&Path>) -> Vec<Need> {
    let looker = Looker { host, other: other_account(host, trigger) };
    let mut needs = Vec::new();
    needs.extend(config.map(|path| looker.read(path, "the settings")));
    needs.extend(settings.paths.iter().map(|path| looker.read(path, "certificates that are watched")));
    needs.extend(settings.store.iter().map(|table| looker.store(&table.place)));
    needs.extend(settings.endpoint.iter().map(|one| {
        untried(
            Right::Reach,
            one.url.as_str().to_owned(),
            "an endpoint",
            "see it in a run: s2scert watch --once --config watch.toml",
        )
    }));
    if let Some(table) = &settings.farm {
        needs.push(looker.read(&table.file, "the description of the farm"));
        let why = format!("see what each needs: s2scert doctor --farm {}", table.file.display());
        needs.push(untried(Right::Reach, "every server of the farm".to_owned(), "the places of the farm", why));
    }
    let policy = settings.policy.as_ref().filter(|policy| policy.contains(['/', '\\', '.'])).map(PathBuf::from);
    needs.extend(policy.iter().map(|path| looker.read(path, "the policy")));
    needs.extend(settings.waivers.iter().map(|path| looker.read(path, "the waivers")));
    needs.extend(settings.heartbeat.others.iter().map(|path| looker.read(path, "the heartbeat of another watch")));
    let smtp = settings.smtp.iter().flat_map(|one| &one.password);
    let hooks = settings.webhook.iter().flat_map(|one| one.secret.iter().chain(&one.url_from));
    needs.extend(settings.passwords.iter().chain(smtp).chain(hooks).map(|secret| looker.secret(secret)));
    needs.push(looker.state(&trigger.state));
    needs.extend(trigger.writes.iter().map(|folder| looker.write(folder, "what the watch leaves for others")));
    for channel in settings.channels() {
        match &channel.kind {
            ChannelKind::Smtp(smtp) => {
                needs.extend(smtp.authorities.iter().map(|path| looker.read(path, "authorities of a channel")));
                needs.push(reach(smtp.server.as_str(), channel.name.as_str()));
            }
            ChannelKind::Webhook(hook) => {
                needs.extend(hook.authorities.iter().map(|path| looker.read(path, "authorities of a channel")));
                let server = hook.url.as_ref().map_or("the address of the secret", |url| url.as_str());
                needs.push(reach(server, channel.name.as_str()));
            }
            ChannelKind::Syslog(log) => {
                needs.extend(log.authorities.iter().map(|path| looker.read(path, "authorities of a channel")));
                needs.push(reach(log.server.as_str(), channel.name.as_str()));
            }
            ChannelKind::Command(command) => {
                let program = command.command.words().first().cloned().unwrap_or_default();
                needs.push(untried(
                    Right::Start,
                    program,
                    "a channel",
                    "a program is not started to see whether it can be",
                ));
            }
            ChannelKind::File(_) | ChannelKind::EventLog(_) => {}
        }
    }
    needs
}

/// Returns who the trigger runs as, where that is somebody else than who runs this.
fn other_account(host: &Host, trigger: &Trigger) -> Option<String> {
    let facts = host.machine.facts().ok()?;
    match &trigger.account {
        // Root and SYSTEM may read and write what an administrator may.
        None => (!facts.elevated).then(|| super::account_of(trigger)),
        Some(account) => {
            let same = host.principals.find(account).is_ok_and(|one| match one {
                Principal::User(number) => facts.account == format!("uid:{number}"),
                other => facts.account == other.to_string(),
            });
            (!same).then(|| account.clone())
        }
    }
}

fn untried(right: Right, to: String, what: &'static str, why: impl Into<String>) -> Need {
    Need { right, to, what, seen: Seen::NotTried, why: Some(why.into()) }
}

fn reach(server: &str, channel: &str) -> Need {
    let why = format!("try it: s2scert alert test {channel} --config watch.toml");
    untried(Right::Reach, server.to_owned(), "a channel", why)
}

/// Tries rights, unless the trigger runs as somebody else.
struct Looker<'a> {
    host: &'a Host,
    other: Option<String>,
}

impl Looker<'_> {
    fn tried(
        &self,
        right: Right,
        to: &Path,
        what: &'static str,
        attempt: impl FnOnce() -> Result<(), FileError>,
    ) -> Need {
        let place = to.display().to_string();
        if let Some(other) = &self.other {
            return untried(right, place, what, format!("it runs as {other}; check it as that account"));
        }
        let (seen, why) = match attempt() {
            Ok(()) => (Seen::Held, None),
            Err(error) => (Seen::Missing, Some(Error::from(error).to_string())),
        };
        Need { right, to: place, what, seen, why }
    }

    fn read(&self, path: &Path, what: &'static str) -> Need {
        let files = &self.host.files;
        self.tried(Right::Read, path, what, || match files.kind(path)? {
            Some(EntryKind::Directory) => {
                let (mut entries, mut fault) = (0, None);
                files.walk(&[path.to_owned()], &mut |entry| {
                    entries += 1;
                    fault = entry.err();
                    if fault.is_some() || entries >= MOST_ENTRIES {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                fault.map_or(Ok(()), Err)
            }
            _ => files.read(path, MAX_FILE).map(drop),
        })
    }

    /// Everybody sees the certificates of a store; who may use a key only an administrator does.
    fn store(&self, place: &StorePlace) -> Need {
        const WHAT: &str = "a certificate store that is watched";
        match place {
            StorePlace::Folder(path) => self.read(path, WHAT),
            other => {
                let name = other.text(StoreName::My);
                untried(Right::Read, name, WHAT, "an administrator sees who may use a key; others see certificates")
            }
        }
    }

    fn write(&self, folder: &Path, what: &'static str) -> Need {
        let probe = folder.join("s2scert.probe");
        // Staged and dropped: nothing is ever in place.
        let attempt = || self.host.files.stage(&probe, Access::Secret, Existing::Refuse, b"").map(drop);
        self.tried(Right::Write, folder, what, attempt)
    }

    fn state(&self, folder: &Path) -> Need {
        self.tried(Right::Write, folder, "the memory, for nobody else", || self.host.state.find(folder).map(drop))
    }

    fn secret(&self, secret: &Secret) -> Need {
        const WHAT: &str = "a secret";
        match &secret.0 {
            SecretSource::File(path) => self.read(path, WHAT),
            SecretSource::Env(name) => Need {
                right: Right::Have,
                to: name.clone(),
                what: WHAT,
                seen: Seen::Missing,
                why: Some(
                    "a schedule does not get the variables of your session: name a file, or a command".to_owned(),
                ),
            },
            SecretSource::Command(words) => {
                let program = words.words().first().cloned().unwrap_or_default();
                untried(Right::Start, program, WHAT, "a program is not started to see whether it can be")
            }
            SecretSource::Prompt(_) => untried(Right::Have, "a terminal".to_owned(), WHAT, "nobody sits there"),
        }
    }
}
