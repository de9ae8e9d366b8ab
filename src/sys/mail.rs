//! Mail over SMTP.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport};

use super::deadline;
use crate::ports::{Mail, MailError, MailFault, MailMessage, MailServer, MailTls, WebTrust};

/// The longest answer of a server that is repeated, in characters.
const SHOWN: usize = 200;

/// SMTP from this machine.
pub(super) struct SystemMail;

impl Mail for SystemMail {
    fn send(&self, server: &MailServer, message: &MailMessage) -> Result<(), MailError> {
        let (server, message) = (server.clone(), message.clone());
        let within = server.deadline;
        // Each step has a time of its own in the library; one that drips would never end.
        deadline::within(within, move || send(&server, &message)).unwrap_or_else(|_| {
            Err(told(MailFault::Late, format!("the mail server did not end within {} seconds", within.as_secs())))
        })
    }
}

fn send(server: &MailServer, message: &MailMessage) -> Result<(), MailError> {
    let mail = mail(message)?;
    transport(server)?.send(&mail).map(drop).map_err(|error| explain(&error))
}

fn told(fault: MailFault, why: impl Into<String>) -> MailError {
    MailError { fault, why: why.into() }
}

fn mail(message: &MailMessage) -> Result<Message, MailError> {
    let mailbox = |text: &str| -> Result<Mailbox, MailError> {
        text.parse().map_err(|_| told(MailFault::Address, format!("{text:?} is no mail address")))
    };
    let mut builder = Message::builder()
        .from(mailbox(&message.from)?)
        .subject(message.subject.clone())
        .message_id(Some(format!("<{}>", message.id)))
        .user_agent("s2scert".to_owned());
    for recipient in &message.to {
        builder = builder.to(mailbox(recipient)?);
    }
    let part = |kind, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    builder
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, &message.text))
                .singlepart(part(ContentType::TEXT_HTML, &message.html)),
        )
        .map_err(|error| told(MailFault::Address, format!("the mail cannot be made: {error}")))
}

fn transport(server: &MailServer) -> Result<SmtpTransport, MailError> {
    let tls = match server.tls {
        MailTls::None => Tls::None,
        MailTls::StartTls => Tls::Required(parameters(server)?),
        MailTls::Implicit => Tls::Wrapper(parameters(server)?),
    };
    let mut builder = SmtpTransport::builder_dangerous(&server.host)
        .port(server.port)
        .tls(tls)
        .hello_name(ClientId::Domain("localhost".to_owned()))
        .timeout(Some(server.deadline.max(Duration::from_secs(1))));
    if let Some((user, password)) = &server.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn parameters(server: &MailServer) -> Result<TlsParameters, MailError> {
    let unusable = |error: &dyn std::fmt::Display| told(MailFault::Tls, format!("TLS cannot be used: {error}"));
    let mut builder = TlsParameters::builder(server.host.clone());
    match &server.trust {
        WebTrust::System => {}
        WebTrust::Authorities(authorities) => {
            builder = builder.certificate_store(CertificateStore::None);
            for der in authorities {
                builder = builder.add_root_certificate(Certificate::from_der(der.clone()).map_err(|e| unusable(&e))?);
            }
        }
        WebTrust::Pin(_) => return Err(told(MailFault::Tls, "a mail server cannot be trusted by one fingerprint")),
    }
    builder.build().map_err(|e| unusable(&e))
}

/// Says in one line what went wrong. The library never repeats what was sent to log in.
fn explain(error: &lettre::transport::smtp::Error) -> MailError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let one_text = one.to_string();
        if !text.contains(&one_text) {
            text = format!("{text}: {one_text}");
        }
        cause = one.source();
    }
    let fault = if error.is_permanent() {
        MailFault::Refused
    } else if error.is_transient() {
        MailFault::NotNow
    } else if error.is_timeout() {
        MailFault::Late
    } else if error.is_tls() || text.contains("ertificate") || text.contains("STARTTLS") {
        MailFault::Tls
    } else if error.is_response() || error.is_client() {
        MailFault::Broken
    } else {
        MailFault::Unreachable
    };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    told(fault, line)
}
