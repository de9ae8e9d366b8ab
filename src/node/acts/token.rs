//! The question to a site of SharePoint with a token: an app-only token of server-to-server authentication (JWT, RS256, `x5t`),
//! put together here from typed fields, signed with a key of the store, and sent to the site that its audience names.
//!
//! docs/rolling.md says which form it has and how well each part of it is known.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::store::{absent, find, signed};
use super::{Fault, Look, Work};
use crate::cert::Fingerprint;
use crate::error::{Error, Kind};
use crate::ports::{WebAnswer, WebHeader, WebRequest, WebTrust};
use crate::protocol::{DYNAMICS, Facts, Hex, Text, TokenFacts, TokenOrder};

/// The principal of SharePoint, the first part of every audience.
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
/// What every site answers to whoever may read it.
const QUESTION: &str = "/_api/web";
/// The most octets of an answer. That of a site has about three thousand.
const MOST_ANSWER: u64 = 1 << 20;
/// The longest time for one of the two questions.
const PATIENCE: Duration = Duration::from_secs(30);

/// The header of a token.
#[derive(Serialize)]
struct Header {
    typ: &'static str,
    alg: &'static str,
    x5t: String,
}

/// The claims. Instants stand there as texts, as in the example that Microsoft shows.
#[derive(Serialize)]
struct Claims {
    aud: String,
    iss: String,
    nbf: String,
    exp: String,
    nameid: String,
}

/// Asks the site without a token, and where it does not answer then, with one.
pub(super) fn present(order: &TokenOrder, work: &Work<'_>) -> Result<Look, Fault> {
    let seen = find(&order.thumbprint, work)?.ok_or_else(|| absent(&order.thumbprint))?;
    let before = ask(order, None, work)?;
    let made = work.host.clock.now();
    let mut facts = TokenFacts {
        claims_sha256: None,
        without: before.status,
        with: None,
        content_type: None,
        diagnostics: None,
        made,
        site_clock: clock(&before),
    };
    if !(200..300).contains(&before.status) {
        let claims = claims(order, made)?;
        let mut token = Zeroizing::new(format!("{}.{}", header(&order.thumbprint)?, BASE64URL.encode(&claims)));
        let signature = signed(&seen, &order.thumbprint, token.as_bytes(), work)?;
        token.push('.');
        token.push_str(&BASE64URL.encode(signature));
        let after = ask(order, Some(&token), work)?;
        facts.claims_sha256 = Some(Hex::from(*Fingerprint::of(&claims).as_bytes()));
        facts.with = Some(after.status);
        facts.site_clock = clock(&after).or(facts.site_clock);
        facts.content_type = after.content_type.as_deref().map(Text::told);
        facts.diagnostics = after.diagnostics.as_deref().map(Text::told);
    }
    Ok(Look::of(Facts::Token(facts)))
}

fn header(thumbprint: &Hex<20>) -> Result<String, Fault> {
    let x5t = BASE64URL.encode(thumbprint.as_bytes());
    Ok(BASE64URL.encode(json(&Header { typ: "JWT", alg: "RS256", x5t })?))
}

/// Returns the claims of a token of which the life begins now.
fn claims(order: &TokenOrder, now: Timestamp) -> Result<Vec<u8>, Fault> {
    let TokenOrder { site, realm, issuer_realm, seconds, .. } = order;
    let (realm, issuer) = (realm.as_str(), format!("{DYNAMICS}@{}", issuer_realm.as_str()));
    let end = now.as_second() + i64::from(seconds.seconds());
    json(&Claims {
        aud: format!("{SHAREPOINT}/{}@{realm}", site.authority()),
        nameid: issuer.clone(),
        iss: issuer,
        nbf: now.as_second().to_string(),
        exp: end.to_string(),
    })
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    let broken = |error| Error::new(Kind::Internal, "a token cannot be written").because(error);
    Ok(serde_json::to_vec(value).map_err(broken)?)
}

fn ask(order: &TokenOrder, token: Option<&str>, work: &Work<'_>) -> Result<WebAnswer, Fault> {
    let field = |name: &str, value: String| WebHeader { name: name.to_owned(), value: Zeroizing::new(value) };
    let mut headers = vec![field("Accept", "application/json".to_owned())];
    headers.extend(token.map(|token| field("Authorization", format!("Bearer {token}"))));
    let trust = match order.authorities.iter().map(|der| der.as_bytes().to_vec()).collect::<Vec<_>>() {
        none if none.is_empty() => WebTrust::System,
        some => WebTrust::Authorities(some),
    };
    let request = WebRequest {
        url: format!("{}{QUESTION}", order.site.as_str()),
        connect_to: None,
        trust,
        body: None,
        headers,
        deadline: PATIENCE.min(work.left()),
        most: MOST_ANSWER,
    };
    Ok(work.host.web.exchange(&request).map_err(|error| {
        Error::new(Kind::Unreadable, "the site does not answer")
            .at(order.site.as_str())
            .because(error)
            .hint("open the site in a browser on this server: name, port and certificate must be right from here")
    })?)
}

/// Returns the clock of a server, as `Date` tells it.
fn clock(answer: &WebAnswer) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(answer.date.as_deref()?).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests;
