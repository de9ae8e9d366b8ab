//! Sending what is due: secrets, messages, delivery, and what is noted of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::passwords;
use crate::cert::Password;
use crate::error::{Error, Kind, Result};
use crate::farm::description::SecretSource;
use crate::notify::{self, AuditHead, Message, Prepared, Secrets};
use crate::ports::Host;
use crate::store::WatchStore;
use crate::store::watch::Delivery;
use crate::watch::decide::{Alert, Decision, Escalation, Role, Route, Why, delivered};
use crate::watch::memory::Memory;
use crate::watch::settings::{Channel, ChannelKind, Secret, Settings};

/// The most that is read of a file of authorities.
const MAX_AUTHORITIES: u64 = 1 << 20;

/// How one message fared.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Sent {
    /// The channel.
    pub channel: String,
    /// Why it was sent.
    pub why: Why,
    /// Whether the channel is one for what the others could not be told.
    pub fallback: bool,
    /// The ids of the alerts.
    pub alerts: Vec<String>,
    /// Whether it got through.
    pub delivered: bool,
    /// How many attempts it took.
    pub attempts: u32,
    /// Why it did not get through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What everybody who sends needs.
pub(super) struct Sender<'a> {
    pub(super) host: &'a Host,
    pub(super) settings: &'a Settings,
    pub(super) from: String,
    pub(super) machine: String,
    pub(super) now: Timestamp,
    pub(super) escalation: Escalation,
    /// The head of the audit log.
    pub(super) audit: Option<AuditHead>,
}

/// What a run has sent, and where the memory could not be written.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) sent: Vec<Sent>,
    pub(super) notes: Vec<String>,
}

impl Sender<'_> {
    /// Sends everything that is due: primary channels and escalations first, then the fallback channels for what no primary
    /// channel took. Each delivery is noted before the next is tried.
    pub(super) fn send(&self, decision: &Decision, memory: &mut Memory, mut store: Option<&mut WatchStore>) -> Outcome {
        let mut outcome = Outcome::default();
        let channels = self.settings.channels();
        let mut reached = vec![false; decision.alerts.len()];
        let mut tried = vec![false; decision.alerts.len()];
        for stage in [Role::Primary, Role::Escalation, Role::Fallback] {
            for channel in channels.iter().filter(|channel| channel.role == stage) {
                let due: Vec<usize> = decision
                    .due
                    .iter()
                    .filter(|due| due.channel == channel.name.as_str())
                    .map(|due| due.alert)
                    // What a primary channel took, or what is due on none, is nothing for a fallback.
                    .filter(|alert| stage != Role::Fallback || (tried[*alert] && !reached[*alert]))
                    .collect();
                if due.is_empty() {
                    continue;
                }
                let alerts: Vec<&Alert> = due.iter().map(|index| &decision.alerts[*index]).collect();
                let why = if stage == Role::Escalation { Why::Escalation } else { Why::Crossing };
                let message =
                    Message::new(&self.from, &self.machine, self.now, why, &alerts).with_audit(self.audit.clone());
                let sent = self.one(channel, &message, &alerts);
                for index in due {
                    tried[index] |= stage == Role::Primary;
                    reached[index] |= stage == Role::Primary && sent.delivered;
                }
                self.note(channel, &sent, &alerts, memory, store.as_deref_mut(), &mut outcome);
                outcome.sent.push(sent);
            }
        }
        outcome
    }

    /// Sends one message over one channel.
    pub(super) fn one(&self, channel: &Channel, message: &Message, alerts: &[&Alert]) -> Sent {
        let attempted = match prepare(self.host, channel, self.settings) {
            Ok(secrets) => notify::deliver(self.host, &Prepared { channel, secrets }, message),
            Err(error) => {
                let causes = error.causes().join(": ");
                let why = if causes.is_empty() { error.to_string() } else { format!("{error}: {causes}") };
                notify::Attempted { attempts: 0, outcome: Err(why) }
            }
        };
        Sent {
            channel: channel.name.to_string(),
            why: message.why,
            fallback: channel.role == Role::Fallback,
            alerts: alerts.iter().map(|alert| alert.id.clone()).collect(),
            delivered: attempted.outcome.is_ok(),
            attempts: attempted.attempts,
            error: attempted.outcome.err(),
        }
    }

    /// Notes a delivery, or that there was none, for each alert by itself.
    fn note(
        &self,
        channel: &Channel,
        sent: &Sent,
        alerts: &[&Alert],
        memory: &mut Memory,
        mut store: Option<&mut WatchStore>,
        outcome: &mut Outcome,
    ) {
        let route = Route { name: channel.name.to_string(), level: channel.level, role: channel.role };
        for alert in alerts {
            let line = Delivery {
                at: self.now,
                channel: channel.name.to_string(),
                crossing: alert.crossing.clone(),
                level: alert.level.word().to_owned(),
                title: alert.title.clone(),
                outcome: if sent.delivered { "delivered" } else { "failed" }.to_owned(),
                attempts: sent.attempts,
                why: sent.error.clone().unwrap_or_default(),
            };
            if sent.delivered {
                delivered(memory, alert, &route, self.escalation, self.now);
            }
            let entry = memory.entries.get(&alert.key).filter(|_| sent.delivered);
            let written = match (store.as_deref_mut(), entry) {
                (Some(store), Some(entry)) => store.record(&alert.key, entry, Some(&line)),
                (Some(store), None) => store.log(&line),
                (None, _) => Ok(()),
            };
            if let Err(error) = written {
                outcome
                    .notes
                    .push(format!("what was told cannot be noted, so it will be told again: {}", chain(&error)));
                break;
            }
        }
    }
}

/// Writes an error with its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    text
}

/// Reads the secrets of a channel.
///
/// # Errors
/// When one cannot be read.
fn prepare(host: &Host, channel: &Channel, settings: &Settings) -> Result<Secrets> {
    let hidden = hidden(settings);
    let secret = |source: &Option<Secret>| -> Result<Option<Password>> {
        source.as_ref().map(|one| passwords::read_one(host, &source_of(&one.0, &hidden)?)).transpose()
    };
    let mut secrets = Secrets { hidden: hidden.clone(), ..Secrets::default() };
    let authorities = match &channel.kind {
        ChannelKind::Smtp(smtp) => {
            secrets.secret = secret(&smtp.password)?;
            smtp.authorities.as_deref()
        }
        ChannelKind::Webhook(hook) => {
            secrets.secret = secret(&hook.secret)?;
            secrets.url = secret(&hook.url_from)?;
            hook.authorities.as_deref()
        }
        ChannelKind::Syslog(log) => log.authorities.as_deref(),
        ChannelKind::EventLog(_) | ChannelKind::File(_) | ChannelKind::Command(_) => None,
    };
    if let Some(path) = authorities {
        let bytes = host.files.read(path, MAX_AUTHORITIES)?;
        let certificates = crate::cert::container::read(&bytes, &[]).map_err(|e| {
            Error::new(Kind::Unreadable, "the authorities cannot be read").at(path.display()).because(e)
        })?;
        secrets.authorities = certificates.certificates().map(|one| one.der().to_vec()).collect();
        if secrets.authorities.is_empty() {
            return Err(Error::new(Kind::Unreadable, "no certificate is in the file of authorities").at(path.display()));
        }
    }
    Ok(secrets)
}

/// Every environment variable that the file names as a source: no program that is started gets one of them.
pub(super) fn hidden(settings: &Settings) -> Vec<String> {
    let smtp = settings.smtp.iter().filter_map(|one| one.password.as_ref());
    let hooks = settings.webhook.iter().flat_map(|one| one.secret.iter().chain(&one.url_from));
    let sources = settings.passwords.iter().chain(smtp).chain(hooks);
    sources
        .filter_map(|one| match &one.0 {
            SecretSource::Env(name) => Some(name.clone()),
            SecretSource::File(_) | SecretSource::Command(_) | SecretSource::Prompt(_) => None,
        })
        .collect()
}

/// Turns a source of the file into one that can be read.
///
/// # Errors
/// [`Kind::Usage`] for a prompt: nobody sits there.
pub(super) fn source_of(source: &SecretSource, hidden: &[String]) -> Result<passwords::Source> {
    Ok(match source {
        SecretSource::Env(name) => passwords::Source::Environment(name.clone()),
        SecretSource::File(path) => passwords::Source::File(path.clone()),
        SecretSource::Command(words) => {
            passwords::Source::Program { argv: words.words().to_vec(), hidden: hidden.to_vec() }
        }
        SecretSource::Prompt(_) => {
            return Err(Error::new(Kind::Usage, "a watch cannot ask anybody for a secret")
                .hint("name a source: { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\"] }"));
        }
    })
}
