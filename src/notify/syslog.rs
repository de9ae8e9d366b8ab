//! Syslog messages after RFC 5424, one for each alert.

use super::Message;
use crate::watch::Level;
use crate::watch::decide::Alert;

/// Facility `daemon`.
const FACILITY: u8 = 3;
/// The longest message: what every receiver must take over UDP is 480 octets, what it should take 2048 (section 6.1).
const LONGEST: usize = 2048;

/// Returns the octets of one alert.
pub(super) fn line(message: &Message, alert: &Alert) -> Vec<u8> {
    let severity = match alert.level {
        Level::Attention => 5,
        Level::Warning => 4,
        Level::Error => 3,
        Level::Critical => 2,
    };
    // 32473 is the number kept for documentation (RFC 5612); we have none of our own.
    let data = format!(
        "[alert@32473 id=\"{}\" level=\"{}\" kind=\"{}\" crossing=\"{}\"]",
        value(&alert.id),
        alert.level.word(),
        alert.kind.word(),
        value(&alert.crossing)
    );
    let text: String = alert.message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = format!(
        "<{}>1 {} {} s2scert - {} {data} \u{feff}{text}",
        FACILITY * 8 + severity,
        message.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        name(&message.machine),
        alert.kind.word(),
    );
    let mut end = LONGEST.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line.into_bytes()
}

/// Puts the length before a message, as RFC 6587 wants it over a connection.
pub(super) fn counted(line: &[u8]) -> Vec<u8> {
    [format!("{} ", line.len()).as_bytes(), line].concat()
}

/// A field of the header: printable ASCII without spaces, or a dash.
fn name(text: &str) -> String {
    let name: String = text.chars().filter(char::is_ascii_graphic).take(255).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

/// A value of structured data (section 6.3.3).
fn value(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut escaped, c| {
        if matches!(c, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_value_is_escaped_and_a_header_field_has_no_spaces() {
        assert_eq!(value("a\"b\\c]d\n"), "a\\\"b\\\\c\\]d");
        assert_eq!(name("crm 01\u{e9}"), "crm01");
        assert_eq!(name("\u{e9}"), "-");
        assert_eq!(counted(b"abc"), b"3 abc");
    }
}
