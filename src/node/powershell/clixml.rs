//! Standard error of PowerShell, which may be CLIXML, as text for a person.

/// The most characters that are kept of a message.
const LONGEST: usize = 2_000;

/// Returns what PowerShell wrote to standard error, readable and of bounded length. Of CLIXML the error strings are taken.
pub fn message(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let plain = if text.contains("#< CLIXML") { errors(&text) } else { text.into_owned() };
    let tidy = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    tidy.chars().map(|letter| if letter.is_control() { '?' } else { letter }).take(LONGEST).collect()
}

fn errors(text: &str) -> String {
    let items = text.split("<S S=\"Error\">").skip(1);
    let found: String = items.map(|item| item.split("</S>").next().unwrap_or_default()).map(unescaped).collect();
    found
}

/// Undoes `_xHHHH_`, of one or two UTF-16 units, and the five entities of XML.
fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(unit) = escape(rest) {
            units.push(unit);
            rest = rest.get(7..).unwrap_or_default();
        } else if let Some((letter, entity)) = ENTITIES.iter().find(|(_, entity)| rest.starts_with(entity)) {
            units.push(*letter);
            rest = rest.get(entity.len()..).unwrap_or_default();
        } else {
            units.extend_from_slice(first.encode_utf16(&mut [0; 2]));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    String::from_utf16_lossy(&units)
}

const ENTITIES: &[(u16, &str)] = &[(0x3c, "&lt;"), (0x3e, "&gt;"), (0x26, "&amp;"), (0x22, "&quot;"), (0x27, "&apos;")];

fn escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    let closed = text.as_bytes().get(6) == Some(&b'_');
    if closed && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clixml_becomes_readable() {
        let stderr = "#< CLIXML\r\n<Objs Version=\"1.1.0.1\"><Obj S=\"progress\"><S>no</S></Obj>\
            <S S=\"Error\">Der Schl_x00FC_ssel &lt;a&gt; _x000D__x000A_</S><S S=\"Error\">+ CategoryInfo _xD83D__xDD11_</S></Objs>";
        assert_eq!(message(stderr.as_bytes()), "Der Schl\u{fc}ssel <a> + CategoryInfo \u{1f511}");
    }

    #[test]
    fn text_stays_and_hostile_text_is_bounded() {
        assert_eq!(message(b"Zugriff\r\n  verweigert\x1b[2J"), "Zugriff verweigert?[2J");
        assert_eq!(message(&[0xff; 100_000]).chars().count(), LONGEST);
        for text in [
            "#< CLIXML",
            "#< CLIXML<S S=\"Error\">_x",
            "#< CLIXML<S S=\"Error\">_x12\u{fc}4_",
            "#< CLIXML<S S=\"Error\">&",
        ] {
            assert!(message(text.as_bytes()).len() < 20, "{text}");
        }
    }
}
