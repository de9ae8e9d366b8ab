//! One message over one channel: attempts with growing pauses, each with a deadline.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Message, events, html, syslog, webhook};
use crate::cert::Password;
use crate::ports::{
    Access, CommandLimits, Event, Existing, Host, MailError, MailFault, MailMessage, MailServer, MailTls, WebFault,
    WebHeader, WebRequest, WebTrust, WireProtocol, WireTarget,
};
use crate::watch::settings::{
    Channel, ChannelKind, SmtpChannel, SyslogChannel, SyslogProtocol, TlsWord, WebhookChannel, WebhookShape,
};

/// How often one message is tried on one channel in one run.
pub const MOST_ATTEMPTS: u32 = 3;
/// The pauses between attempts.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];
/// The most that is read of a webhook's answer.
const MOST_ANSWER: u64 = 64 << 10;

/// The secrets of one channel, read for this run.
#[derive(Default)]
pub struct Secrets {
    /// The password of a login, the secret of a signature, a routing key.
    pub secret: Option<Password>,
    /// An address that is itself a secret.
    pub url: Option<Password>,
    /// The authorities to trust in place of those of the machine, as DER.
    pub authorities: Vec<Vec<u8>>,
    /// Environment variables that hold secrets; no program that is started gets one.
    pub hidden: Vec<String>,
}

/// A channel with its secrets.
pub struct Prepared<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// Its secrets.
    pub secrets: Secrets,
}

/// How it went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempted {
    /// How many attempts were made.
    pub attempts: u32,
    /// Nothing, or why the last one failed. No secret is in it.
    pub outcome: Result<(), String>,
}

/// Why one attempt failed.
pub struct Failure {
    /// Whether another attempt may fare better.
    pub again: bool,
    /// What was seen. No secret is in it.
    pub why: String,
}

impl Failure {
    fn final_one(why: impl Into<String>) -> Self {
        Self { again: false, why: why.into() }
    }

    fn passing(why: impl Into<String>) -> Self {
        Self { again: true, why: why.into() }
    }
}

/// Delivers a message. What has got through is not sent again by a later attempt.
pub fn deliver(host: &Host, prepared: &Prepared<'_>, message: &Message) -> Attempted {
    let mut parts = match parts(prepared, message) {
        Ok(parts) => parts,
        Err(why) => return Attempted { attempts: 0, outcome: Err(why) },
    };
    let mut attempts = 0;
    loop {
        attempts += 1;
        let failure = loop {
            let Some(part) = parts.first() else { return Attempted { attempts, outcome: Ok(()) } };
            match send(host, part) {
                Ok(()) => drop(parts.remove(0)),
                Err(failure) => break failure,
            }
        };
        let pause = PAUSES.get(attempts as usize - 1);
        match pause {
            Some(pause) if failure.again && attempts < MOST_ATTEMPTS => host.pause.pause(*pause),
            _ => return Attempted { attempts, outcome: Err(failure.why) },
        }
    }
}

/// One thing that is sent by itself.
enum Part {
    Mail(Box<MailServer>, Box<MailMessage>),
    Web(Box<WebRequest>),
    Wire(WireTarget, Vec<u8>),
    Event(Event),
    File(std::path::PathBuf, Vec<u8>),
    Program(Vec<String>, Vec<u8>, Vec<String>, Duration),
}

fn parts(prepared: &Prepared<'_>, message: &Message) -> Result<Vec<Part>, String> {
    let (channel, secrets) = (prepared.channel, &prepared.secrets);
    let json = || serde_json::to_vec_pretty(message).map_err(|error| error.to_string());
    Ok(match &channel.kind {
        ChannelKind::Smtp(smtp) => vec![mail(smtp, secrets, message, channel.deadline)?],
        ChannelKind::Webhook(hook) => web(hook, secrets, message, channel.deadline)?,
        ChannelKind::Syslog(log) => {
            let line = |alert| wire(log, secrets, &syslog::line(message, alert), channel.deadline);
            message.alerts.iter().map(line).collect()
        }
        ChannelKind::EventLog(_) => {
            message.alerts.iter().map(|alert| Part::Event(events::event(message, alert))).collect()
        }
        ChannelKind::File(file) => vec![Part::File(file.folder.join(format!("s2scert-{}.json", message.id)), json()?)],
        ChannelKind::Command(command) => {
            let words = command.command.words().to_vec();
            vec![Part::Program(words, json()?, secrets.hidden.clone(), channel.deadline)]
        }
    })
}

fn mail(smtp: &SmtpChannel, secrets: &Secrets, message: &Message, deadline: Duration) -> Result<Part, String> {
    let (tls, port) = match smtp.tls {
        TlsWord::Starttls => (MailTls::StartTls, 587),
        TlsWord::Implicit => (MailTls::Implicit, 465),
        TlsWord::None => (MailTls::None, 25),
    };
    let login = match (&smtp.user, &secrets.secret) {
        (Some(_), _) if tls == MailTls::None => return Err("a login is not sent without TLS".to_owned()),
        (Some(user), Some(password)) => Some((user.as_str().to_owned(), password.clone())),
        (Some(_), None) => return Err("a user is named, and no source of the password".to_owned()),
        (None, _) => None,
    };
    if smtp.to.is_empty() {
        return Err("no recipient is named".to_owned());
    }
    let server = MailServer {
        host: smtp.server.as_str().to_owned(),
        port: smtp.port.unwrap_or(port),
        tls,
        trust: trust(secrets),
        login,
        deadline,
    };
    let domain = smtp.from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain.trim_end_matches('>'));
    let mail = MailMessage {
        from: smtp.from.as_str().to_owned(),
        to: smtp.to.iter().map(|one| one.as_str().to_owned()).collect(),
        subject: message.subject(),
        id: format!("{}.{}@{domain}", message.id, message.at.as_second()),
        text: message.text(),
        html: html(message),
    };
    Ok(Part::Mail(Box::new(server), Box::new(mail)))
}

fn trust(secrets: &Secrets) -> WebTrust {
    if secrets.authorities.is_empty() { WebTrust::System } else { WebTrust::Authorities(secrets.authorities.clone()) }
}

fn web(hook: &WebhookChannel, secrets: &Secrets, message: &Message, deadline: Duration) -> Result<Vec<Part>, String> {
    let url = match (&hook.url, &secrets.url) {
        (Some(_), Some(_)) => return Err("url and url_from are both given".to_owned()),
        (Some(url), None) => url.as_str().to_owned(),
        (None, Some(url)) => url.expose().to_owned(),
        (None, None) => return Err("neither url nor url_from is given".to_owned()),
    };
    if !url.to_ascii_lowercase().starts_with("https://") {
        return Err("the address of a webhook begins with https://".to_owned());
    }
    if hook.shape == WebhookShape::Pagerduty && secrets.secret.is_none() {
        return Err("pagerduty needs its routing key as secret".to_owned());
    }
    let secret = secrets.secret.as_ref().map(Password::expose);
    let header = |name: &str, value: String| WebHeader { name: name.to_owned(), value: Zeroizing::new(value) };
    let request = |body: Vec<u8>| {
        let mut headers = vec![
            header("Content-Type", "application/json".to_owned()),
            header("User-Agent", "s2scert".to_owned()),
            header(webhook::MESSAGE_ID, message.id.clone()),
        ];
        if let (WebhookShape::Generic, Some(secret)) = (hook.shape, secret) {
            let timestamp = message.at.as_second().to_string();
            headers.push(header(webhook::SIGNATURE, webhook::signature(secret, &timestamp, &body)));
            headers.push(header(webhook::TIMESTAMP, timestamp));
        }
        let url = url.clone();
        let trust = trust(secrets);
        Part::Web(Box::new(WebRequest {
            url,
            connect_to: None,
            trust,
            body: Some(body),
            headers,
            deadline,
            most: MOST_ANSWER,
        }))
    };
    Ok(webhook::bodies(hook.shape, message, secret).into_iter().map(request).collect())
}

fn wire(log: &SyslogChannel, secrets: &Secrets, line: &[u8], deadline: Duration) -> Part {
    let (protocol, port, bytes) = match log.protocol {
        SyslogProtocol::Udp => (WireProtocol::Udp, 514, line.to_vec()),
        SyslogProtocol::Tcp => (WireProtocol::Tcp, 514, syslog::counted(line)),
        SyslogProtocol::Tls => (WireProtocol::Tls(trust(secrets)), 6514, syslog::counted(line)),
    };
    let target =
        WireTarget { protocol, host: log.server.as_str().to_owned(), port: log.port.unwrap_or(port), deadline };
    Part::Wire(target, bytes)
}

fn send(host: &Host, part: &Part) -> Result<(), Failure> {
    match part {
        Part::Mail(server, message) => host.mail.send(server, message).map_err(of_mail),
        Part::Web(request) => of_web(host, request),
        Part::Wire(target, bytes) => host.wire.send(target, bytes).map_err(|error| Failure::passing(error.to_string())),
        Part::Event(event) => host.events.report(event).map_err(|error| Failure::final_one(error.to_string())),
        Part::File(path, bytes) => host.files.create(path, Access::Public, Existing::Replace, bytes).map_err(|error| {
            let error = crate::error::Error::from(error);
            Failure::final_one(error.to_string())
        }),
        Part::Program(argv, stdin, hidden, deadline) => {
            let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
            let limits = CommandLimits { output: 0, deadline: *deadline, hidden_variables: &hidden };
            host.commands.feed(argv, stdin, limits).map_err(|error| Failure::final_one(error.to_string()))
        }
    }
}

fn of_mail(error: MailError) -> Failure {
    // Late, the server may have taken it on: the next run tries again, not this one.
    let again = matches!(error.fault, MailFault::Unreachable | MailFault::NotNow | MailFault::Broken);
    Failure { again, why: error.why }
}

fn of_web(host: &Host, request: &WebRequest) -> Result<(), Failure> {
    match host.web.exchange(request) {
        Ok(answer) => match answer.status {
            200..=299 => Ok(()),
            300..=399 => Err(Failure::final_one(format!(
                "the server answered {}: it moved, and nothing is followed",
                answer.status
            ))),
            status @ (408 | 429 | 500..) => Err(Failure::passing(format!("the server answered {status}"))),
            status => Err(Failure::final_one(format!("the server answered {status}"))),
        },
        Err(error) => {
            let again = matches!(error.fault, WebFault::Name | WebFault::Unreachable | WebFault::Broken);
            // The words of an address that is a secret are not repeated.
            let why = if error.why.contains(&request.url) { format!("{:?}", error.fault) } else { error.why };
            Err(Failure { again, why })
        }
    }
}
