//! What webhooks are sent. The shapes of Teams, Slack and PagerDuty follow their public pages and were not tried against
//! the real services.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::Message;
use crate::watch::Level;
use crate::watch::decide::Alert;
use crate::watch::settings::WebhookShape;

/// The header that carries the signature of a generic body.
pub(super) const SIGNATURE: &str = "X-S2scert-Signature";
/// The header that carries the instant that is signed with it.
pub(super) const TIMESTAMP: &str = "X-S2scert-Timestamp";
/// The header that carries the id of the message.
pub(super) const MESSAGE_ID: &str = "X-S2scert-Message";
/// The most alerts of a card; a card of Teams may have 28 kB.
const MOST_SHOWN: usize = 10;

/// Returns the bodies to send, in order: one for most shapes, one for each alert for PagerDuty.
pub(super) fn bodies(shape: WebhookShape, message: &Message, secret: Option<&str>) -> Vec<Vec<u8>> {
    let bodies = match shape {
        WebhookShape::Generic => vec![serde_json::to_value(message).unwrap_or(Value::Null)],
        WebhookShape::Teams => vec![teams(message)],
        WebhookShape::Slack => vec![slack(message)],
        WebhookShape::Pagerduty => {
            let key = secret.unwrap_or_default();
            message.alerts.iter().map(|alert| pagerduty(message, alert, key)).collect()
        }
    };
    bodies.into_iter().map(|body| body.to_string().into_bytes()).collect()
}

/// Signs `timestamp.body` with HMAC-SHA-256, as lower-case hexadecimal after `sha256=`.
pub(super) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.as_bytes());
    context.update(b".");
    context.update(body);
    let hex = crate::cert::digest::hex_upper(context.sign().as_ref());
    format!("sha256={}", hex.to_lowercase())
}

fn teams(message: &Message) -> Value {
    let colour = |level| match level {
        Level::Critical | Level::Error => "attention",
        Level::Warning => "warning",
        Level::Attention => "accent",
    };
    let mut body = vec![json!({
        "type": "TextBlock", "size": "medium", "weight": "bolder", "wrap": true, "text": plain(&message.subject())
    })];
    for alert in message.alerts.iter().take(MOST_SHOWN) {
        let facts = alert.details.iter().map(|one| json!({ "title": one.label, "value": plain(&one.value) }));
        body.push(json!({
            "type": "TextBlock", "wrap": true, "color": colour(alert.level), "text": plain(&alert.message)
        }));
        body.push(json!({ "type": "FactSet", "facts": facts.collect::<Vec<_>>() }));
        body.push(json!({ "type": "TextBlock", "wrap": true, "isSubtle": true, "text": plain(&alert.remedy) }));
    }
    body.push(
        json!({ "type": "TextBlock", "wrap": true, "isSubtle": true, "size": "small", "text": plain(&tail(message)) }),
    );
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body
            }
        }]
    })
}

fn slack(message: &Message) -> Value {
    let mut text = String::new();
    for alert in message.alerts.iter().take(MOST_SHOWN) {
        text.push_str(&format!("*{}*: {}\n{}\n", alert.level.word(), mrkdwn(&alert.message), mrkdwn(&alert.remedy)));
    }
    text.push_str(&mrkdwn(&tail(message)));
    json!({
        "text": mrkdwn(&message.subject()),
        "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": text.chars().take(2900).collect::<String>() } }]
    })
}

fn pagerduty(message: &Message, alert: &Alert, key: &str) -> Value {
    let severity = match alert.level {
        Level::Attention => "info",
        Level::Warning => "warning",
        Level::Error => "error",
        Level::Critical => "critical",
    };
    json!({
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": format!("s2scert/{}", alert.id),
        "client": "s2scert",
        "payload": {
            "summary": alert.message.chars().take(1024).collect::<String>(),
            "source": message.machine,
            "severity": severity,
            "timestamp": message.at.to_string(),
            "class": alert.kind.word(),
            "custom_details": alert
        }
    })
}

fn tail(message: &Message) -> String {
    let more = message.alerts.len().saturating_sub(MOST_SHOWN) as u64 + message.more;
    let more = if more > 0 { format!("{more} more: s2scert alert list. ") } else { String::new() };
    format!("{more}{}", message.closing())
}

/// Takes the meaning out of what Teams reads as Markdown.
fn plain(text: &str) -> String {
    text.chars().fold(String::new(), |mut plain, c| {
        if matches!(c, '*' | '_' | '[' | ']' | '(' | ')' | '#' | '`' | '~' | '\\' | '<') {
            plain.push('\\');
        }
        plain.push(if c.is_control() { ' ' } else { c });
        plain
    })
}

/// Takes the meaning out of what Slack reads as markup: `<!channel>` in a subject would call everybody.
fn mrkdwn(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_openssl() {
        // Computed by OpenSSL: printf 'what do ya want. for nothing?' | openssl dgst -sha256 -hmac Jefe
        let expected = "sha256=ab2065b8987c48983f47a32020a95286d05c7938720abf8bfec9274ac25ed450";
        assert_eq!(signature("Jefe", "what do ya want", b" for nothing?"), expected);
    }

    #[test]
    fn markup_of_a_subject_does_not_act() {
        assert_eq!(mrkdwn("<!channel> & co"), "&lt;!channel&gt; &amp; co");
        assert_eq!(plain("[a](b)"), "\\[a\\]\\(b\\)");
    }
}
