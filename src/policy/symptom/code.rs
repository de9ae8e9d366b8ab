//! Codes in every spelling that tools and people use.

/// From here on a number is taken for an HRESULT: the severity bit is set.
const FAILURE: u32 = 0x8000_0000;

/// Returns the failure codes in a text: `0x80090016`, `80090016h`, `&H80090016`, `\x80090016`, `-2146893802`, `2148073494`.
#[must_use]
pub fn codes_in(text: &str) -> Vec<u32> {
    let separates = |c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '[' | ']' | '"' | '\'' | '=' | ':' | '<' | '>')
    };
    let mut codes: Vec<u32> = Vec::new();
    for word in text.split(separates) {
        if let Some(code) = code(word.trim_end_matches(['.', '!', '?']))
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    codes
}

fn code(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let whole = |digits: &&str| digits.len() == 8;
    let marked = ["0x", "&h", "\\x"].iter().find_map(|mark| lower.strip_prefix(mark));
    // These marks have other meanings too, so they count only beside all eight digits.
    let marked = marked.or_else(|| lower.strip_prefix('#').or_else(|| lower.strip_suffix('h')).filter(whole));
    if let Some(digits) = marked {
        // Some write an HRESULT with sixteen digits, sign-extended.
        let digits = digits.strip_prefix("ffffffff").filter(|rest| rest.len() == 8).unwrap_or(digits);
        let digits = digits.replace('_', "");
        return hex(&digits);
    }
    let signed = lower.parse::<i64>().ok();
    if let Some(negative) = signed.filter(|number| (i64::from(i32::MIN)..0).contains(number)) {
        return i32::try_from(negative).ok().map(|number| u32::from_ne_bytes(number.to_ne_bytes()));
    }
    let plain_hex = (lower.len() == 8).then(|| hex(&lower)).flatten().filter(|code| *code >= FAILURE);
    let decimal = signed.and_then(|number| u32::try_from(number).ok()).filter(|code| *code >= FAILURE);
    decimal.or(plain_hex)
}

fn hex(digits: &str) -> Option<u32> {
    let fits = (1..=8).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// Returns how a code is written: hexadecimal, and decimal with and without sign.
#[must_use]
pub fn spellings(code: u32) -> String {
    format!("0x{code:08X} ({}, {code})", i32::from_ne_bytes(code.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_in_every_spelling() {
        for text in [
            "0x80090016",
            "0X80090016",
            "80090016",
            "80090016h",
            "&H80090016",
            "-2146893802",
            "2148073494",
            "(0x80090016)",
            "Exception from HRESULT: 0x80090016.",
            "hr=0x80090016",
            "0xFFFFFFFF80090016",
            "0x8009_0016",
            "#80090016",
            "'80090016'",
        ] {
            assert_eq!(codes_in(text), [0x8009_0016], "{text}");
        }
        assert_eq!(codes_in("0x80090016 then -2146885628"), [0x8009_0016, 0x8009_2004]);
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in
            ["", "400", "8311", "the path", "CN=crm", "12345678", "0x", "0xZZ", "99999999999", "2026-11-25", "each"]
        {
            assert_eq!(codes_in(text), Vec::<u32>::new(), "{text}");
        }
    }
}
