//! The ways to tell somebody. Each sort is a table of its own, so that a mistake is told in its own words.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nouns::Settings;
use super::words::{MailAddress, Secret};
use crate::farm::description::{Address, ArgumentList, Label, Name, Url};
use crate::watch::Level;
use crate::watch::decide::Role;

/// How long one attempt on a channel may take, where nothing is said.
const SECONDS: u16 = 30;

fn attention() -> Level {
    Level::Attention
}

fn seconds() -> u16 {
    SECONDS
}

/// Makes the table of a sort of channel: the fields that all have, and its own.
macro_rules! channel {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Its name, by which the memory knows it.
            pub name: Name,
            /// The least level that is told here.
            #[serde(default = "attention")]
            pub level: Level,
            /// primary: told at first. fallback: told where no primary channel could be reached. escalation: told where
            /// nobody acknowledges.
            #[serde(default)]
            pub role: Role,
            /// How many seconds one attempt may take, 1 to 300.
            #[serde(default = "seconds")]
            pub seconds: u16,
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

channel! {
    /// Mail.
    SmtpChannel {
        /// The mail server.
        server: Address,
        /// Its port: 587 with starttls, 465 with implicit, 25 with none, where nothing is said.
        #[serde(default)]
        port: Option<u16>,
        /// starttls, implicit or none.
        #[serde(default)]
        tls: TlsWord,
        /// A PEM file of the authorities that are trusted for this server, in place of those of the machine.
        #[serde(default)]
        authorities: Option<PathBuf>,
        /// The user name, where the server wants a login.
        #[serde(default)]
        user: Option<Label>,
        /// The source of the password.
        #[serde(default)]
        password: Option<Secret>,
        /// The sender.
        from: MailAddress,
        /// The recipients.
        to: Vec<MailAddress>,
    }
}

channel! {
    /// A webhook.
    WebhookChannel {
        /// The address, where it is no secret: https only.
        #[serde(default)]
        url: Option<Url>,
        /// The source of the address, where whoever knows it may write there (Teams, Slack).
        #[serde(default)]
        url_from: Option<Secret>,
        /// What is sent: generic, teams, slack or pagerduty.
        #[serde(default)]
        shape: WebhookShape,
        /// generic: the source of the secret with which the body is signed. pagerduty: the source of the routing key.
        #[serde(default)]
        secret: Option<Secret>,
        /// A PEM file of the authorities that are trusted for this server, in place of those of the machine.
        #[serde(default)]
        authorities: Option<PathBuf>,
    }
}

channel! {
    /// Syslog, RFC 5424.
    SyslogChannel {
        /// The receiver.
        server: Address,
        /// Its port: 514, and 6514 with tls, where nothing is said.
        #[serde(default)]
        port: Option<u16>,
        /// udp, tcp or tls.
        #[serde(default)]
        protocol: SyslogProtocol,
        /// tls: a PEM file of the authorities that are trusted for this server, in place of those of the machine.
        #[serde(default)]
        authorities: Option<PathBuf>,
    }
}

channel! {
    /// The event log of Windows: source s2scert in the log Application.
    EventLogChannel {}
}

channel! {
    /// One JSON file for each message, in a folder.
    FileChannel {
        /// The folder, which must exist.
        folder: PathBuf,
    }
}

channel! {
    /// A program that gets the message as JSON on its standard input.
    CommandChannel {
        /// The program and its arguments. No shell reads them.
        command: ArgumentList,
    }
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsWord {
    /// STARTTLS, and nothing before it.
    #[default]
    Starttls,
    /// TLS from the first octet.
    Implicit,
    /// Not at all; a login is then refused.
    None,
}

/// What a webhook is sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookShape {
    /// The message as `s2scert.message/1.0`, signed where a secret is named.
    #[default]
    Generic,
    /// An adaptive card for a workflow of Microsoft Teams.
    Teams,
    /// A message for an incoming webhook of Slack.
    Slack,
    /// Events API v2 of PagerDuty, one event for each alert.
    Pagerduty,
}

/// How syslog is carried.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogProtocol {
    /// One datagram (RFC 5426).
    #[default]
    Udp,
    /// Octet counting (RFC 6587).
    Tcp,
    /// The same under TLS (RFC 5425).
    Tls,
}

/// One channel of any sort.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// The least level that is told here.
    pub level: Level,
    /// What it is there for.
    pub role: Role,
    /// How long one attempt may take.
    pub deadline: Duration,
    /// What sort.
    pub kind: ChannelKind,
}

/// The sorts of channels.
#[derive(Clone, Debug, PartialEq)]
pub enum ChannelKind {
    /// Mail.
    Smtp(SmtpChannel),
    /// A webhook.
    Webhook(WebhookChannel),
    /// Syslog.
    Syslog(SyslogChannel),
    /// The event log of Windows.
    EventLog(EventLogChannel),
    /// Files in a folder.
    File(FileChannel),
    /// A program.
    Command(CommandChannel),
}

impl Settings {
    /// Returns every channel.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        macro_rules! all {
            ($($list:expr => $kind:path;)*) => {{
                let mut channels = Vec::new();
                $(channels.extend($list.iter().map(|one| Channel {
                    name: one.name.clone(),
                    level: one.level,
                    role: one.role,
                    deadline: Duration::from_secs(u64::from(one.seconds.clamp(1, 300))),
                    kind: $kind(one.clone()),
                }));)*
                channels
            }};
        }
        all! {
            self.smtp => ChannelKind::Smtp;
            self.webhook => ChannelKind::Webhook;
            self.syslog => ChannelKind::Syslog;
            self.eventlog => ChannelKind::EventLog;
            self.file => ChannelKind::File;
            self.command => ChannelKind::Command;
        }
    }
}
