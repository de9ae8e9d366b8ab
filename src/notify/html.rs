//! A message as HTML: one column, no script, no picture, nothing that is fetched. Readable where styles are thrown away.

use std::fmt::Write as _;

use super::Message;
use crate::watch::Level;
use crate::watch::decide::Alert;

/// Renders a message.
#[must_use]
pub fn render(message: &Message) -> String {
    let mut page = String::from(HEAD);
    let _ = write!(page, "<p style=\"margin:0 0 16px\">{}</p>", escaped(&message.opening()));
    for alert in &message.alerts {
        one(&mut page, alert);
    }
    if message.more > 0 {
        let _ =
            write!(page, "<p>{} more are not shown here. See all: <code>s2scert alert list</code></p>", message.more);
    }
    let _ = writeln!(
        page,
        "<p class=\"quiet\" style=\"margin:24px 0 0;color:#5b6470;font-size:13px\">{}</p></div></body></html>",
        escaped(&message.closing())
    );
    page
}

/// The styles that stand with each element are those of a light page; where a reader of mail is dark and keeps this sheet, it
/// changes the colours and nothing else.
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
<title>s2scert</title><style>@media (prefers-color-scheme: dark) {\
body { background: #16191d !important; color: #e6e9ed !important; }\
.card { background: #21262c !important; border-top-color: #3a424b !important; border-right-color: #3a424b !important; \
border-bottom-color: #3a424b !important; }\
.quiet { color: #a4adb8 !important; }\
.attention { color: #8ab8ec !important; } .warning { color: #eec25f !important; }\
.error { color: #f5a36b !important; } .critical { color: #f58f8f !important; }\
}</style></head>\
<body style=\"margin:0;padding:24px 12px;background:#f3f4f6;color:#1b1f24;\
font:15px/1.45 'Segoe UI',Helvetica,Arial,sans-serif\"><div style=\"max-width:640px;margin:0 auto\">";

fn one(page: &mut String, alert: &Alert) {
    let (edge, word) = colour(alert.level);
    let _ = write!(
        page,
        "<div class=\"card\" style=\"background:#ffffff;border:1px solid #d8dce1;border-left:6px solid {edge};border-radius:4px;\
         padding:14px 18px;margin:0 0 14px\">\
         <div class=\"{}\" style=\"color:{word};font-size:13px;font-weight:bold;letter-spacing:.04em\">{}</div>\
         <div style=\"font-size:17px;font-weight:600;margin:2px 0 10px;overflow-wrap:anywhere\">{}</div>\
         <table role=\"presentation\" style=\"border-collapse:collapse;font-size:14px\">",
        alert.level.word(),
        alert.level.word().to_uppercase(),
        dated(&alert.message)
    );
    for detail in &alert.details {
        row(page, detail.label, &dated(&detail.value));
    }
    row(page, "do", &escaped(&alert.remedy));
    match &alert.acknowledged_by {
        Some(who) => row(page, "taken on by", &escaped(who)),
        None => row(page, "take it on", &format!("<code>s2scert alert ack {}</code>", escaped(&alert.id))),
    }
    page.push_str("</table></div>");
}

fn row(page: &mut String, label: &str, value: &str) {
    let _ = write!(
        page,
        "<tr><td class=\"quiet\" style=\"padding:2px 14px 2px 0;width:84px;color:#5b6470;vertical-align:top;white-space:nowrap\">\
         {label}</td>\
         <td style=\"padding:2px 0;overflow-wrap:anywhere;word-break:break-word\">{value}</td></tr>"
    );
}

/// The colour of the edge, and a darker one that can be read on white. The word says it too.
fn colour(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Attention => ("#2b6cb0", "#2b5a92"),
        Level::Warning => ("#d69e2e", "#8a5a00"),
        Level::Error => ("#dd6b20", "#a8480c"),
        Level::Critical => ("#c53030", "#a32020"),
    }
}

/// The form of a date: `d` stands for a digit.
const DATE: &[u8] = b"dddd-dd-dd";

/// As [`escaped`]; no line ends within a date.
fn dated(text: &str) -> String {
    let is_date = |octets: &[u8]| {
        octets.iter().zip(DATE).all(|(octet, form)| if *form == b'd' { octet.is_ascii_digit() } else { octet == form })
    };
    let (mut page, mut rest) = (String::new(), text);
    while let Some(at) = rest.as_bytes().windows(DATE.len()).position(is_date) {
        // A date is of ASCII, so that both cuts lie between letters.
        let (before, from) = rest.split_at(at);
        let (date, behind) = from.split_at(DATE.len());
        let _ = write!(page, "{}<span style=\"white-space:nowrap\">{date}</span>", escaped(before));
        rest = behind;
    }
    page + &escaped(rest)
}

/// Writes text so that nothing in it is markup, and nothing turns the direction of what follows.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            one if one.is_control() => safe.push('\u{fffd}'),
            one => safe.push(one),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_ends_within_a_date_and_nothing_else_changes() {
        let date = "<span style=\"white-space:nowrap\">2026-11-27</span>";
        for (text, wanted) in [
            ("by 2026-11-27 21:05 UTC; <\u{e4}>", format!("by {date} 21:05 UTC; &lt;\u{e4}&gt;")),
            ("2026-11-272026-11-27", format!("{date}{date}")),
            ("\u{20ac}2026-11-2", "\u{20ac}2026-11-2".to_owned()),
            ("", String::new()),
        ] {
            assert_eq!(dated(text), wanted);
        }
    }
}
