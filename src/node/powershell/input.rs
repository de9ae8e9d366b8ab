//! The data of a call: one line of JSON in pure ASCII, built in memory that is erased.

use zeroize::Zeroizing;

use crate::cert::Password;

/// The most octets of one call's data. The JSON reader of PowerShell 5.1 refuses texts of 2 MiB.
pub const LIMIT_OF_INPUT: usize = 1 << 20;

/// The random name of one call, with which its marker lines begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Marker(String);

impl Marker {
    /// Makes a marker from random octets.
    pub fn new(random: &[u8; 16]) -> Self {
        Self(random.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    /// Returns the line before the answer.
    pub fn begin(&self) -> String {
        format!("s2scert-begin-{}", self.0)
    }

    /// Returns the line after the answer.
    pub fn end(&self) -> String {
        format!("s2scert-end-{}", self.0)
    }
}

/// The password of a PFX that was re-sealed for one run of Microsoft's script. Erased when dropped, and never printed: it has
/// no debug text at all.
pub struct OneUsePassword(Password);

/// Why a password is no one-use password: those are ASCII letters and digits, 22 to 128 of them, so that they are strong
/// and look the same in every code page and every quoting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a one-use password has 22 to 128 ASCII letters and digits")]
pub struct NotOneUse;

impl OneUsePassword {
    /// Makes a password with 128 bits of entropy.
    pub fn generate(random: &[u8; 16]) -> Self {
        Self(Password::generate(random))
    }

    /// Takes over the password with which a PFX was re-sealed elsewhere.
    ///
    /// # Errors
    /// [`NotOneUse`]: a password that a person chose does not belong here.
    pub fn received(password: Password) -> Result<Self, NotOneUse> {
        let text = password.expose();
        let fits = (22..=128).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric());
        if fits { Ok(Self(password)) } else { Err(NotOneUse) }
    }

    /// Returns the password, with which the PFX is sealed.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

/// One value that a script gets.
#[derive(Clone, Copy)]
pub enum Field<'a> {
    /// A text.
    Text(&'a str),
    /// A one-use password.
    Secret(&'a OneUsePassword),
    /// A yes or no.
    Flag(bool),
    /// Nothing.
    Null,
}

impl<'a> Field<'a> {
    /// Makes a text, or nothing.
    pub fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// Why data cannot be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InputError {
    /// A text holds a control character. Win32 calls below PowerShell would cut it off at a NUL.
    #[error("the value of {name} holds the control character U+{code:04X}")]
    Control {
        /// The name of the field.
        name: String,
        /// The character.
        code: u32,
    },
    /// The data are too many.
    #[error("the data of a PowerShell call are more than {LIMIT_OF_INPUT} octets")]
    TooLarge,
}

/// Writes the data of a call. Every character beyond ASCII becomes a `\u` escape, because PowerShell 5.1 reads standard input
/// in the code page of the console; so do quotes, which no reader can then take for anything else.
///
/// # Errors
/// [`InputError`]; it never holds a value.
pub fn input(marker: &Marker, fields: &[(&str, Field<'_>)]) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let (begin, end) = (marker.begin(), marker.end());
    let all = [("begin", Field::Text(&begin)), ("end", Field::Text(&end))].into_iter().chain(fields.iter().copied());
    // Sized before the first octet: a vector that grows leaves its old octets behind.
    let mut line = Zeroizing::new(Vec::with_capacity(size(all.clone())?));
    for (place, (name, field)) in all.enumerate() {
        line.push(if place == 0 { b'{' } else { b',' });
        quoted(&mut line, name);
        line.push(b':');
        match field {
            Field::Text(text) => quoted(&mut line, plain(name, text)?),
            Field::Secret(password) => quoted(&mut line, password.0.expose()),
            Field::Flag(flag) => line.extend_from_slice(if flag { b"true" } else { b"false" }),
            Field::Null => line.extend_from_slice(b"null"),
        }
    }
    line.extend_from_slice(b"}\n");
    Ok(line)
}

/// Returns an upper bound of the octets.
fn size<'a>(fields: impl Iterator<Item = (&'a str, Field<'a>)>) -> Result<usize, InputError> {
    let mut size = 2_usize;
    for (name, field) in fields {
        let value = match field {
            Field::Text(text) => text,
            Field::Secret(password) => password.0.expose(),
            Field::Flag(_) | Field::Null => "",
        };
        // Six octets for each octet of UTF-8 are never too few; quotes, colon, comma and a word come on top.
        size = size.saturating_add((name.len().saturating_add(value.len())).saturating_mul(6).saturating_add(12));
    }
    if size > LIMIT_OF_INPUT { Err(InputError::TooLarge) } else { Ok(size) }
}

fn plain<'a>(name: &str, text: &'a str) -> Result<&'a str, InputError> {
    match text.chars().find(|letter| letter.is_control()) {
        Some(letter) => Err(InputError::Control { name: name.to_owned(), code: letter.into() }),
        None => Ok(text),
    }
}

fn quoted(line: &mut Vec<u8>, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    line.push(b'"');
    let mut units = [0; 2];
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || " -_.:,;=+@()".contains(letter) {
            line.push(letter as u8);
            continue;
        }
        for unit in letter.encode_utf16(&mut units) {
            line.extend_from_slice(b"\\u");
            let digits = [12, 8, 4, 0].map(|shift| DIGITS[usize::from(*unit >> shift) & 15]);
            line.extend_from_slice(&digits);
        }
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn sent(text: &str) -> Result<serde_json::Value, InputError> {
        let line = input(&Marker::new(&[7; 16]), &[("value", Field::Text(text))])?;
        assert!(line.is_ascii() && line.len() <= line.capacity() && line.capacity() <= LIMIT_OF_INPUT);
        assert_eq!(line.iter().filter(|octet| **octet == b'\n').count(), 1);
        Ok(serde_json::from_slice(&line).unwrap())
    }

    #[test]
    fn whatever_is_no_plain_sign_is_escaped() {
        let text = "Zo\u{eb}'\"\u{2019}`$\\/\u{1f511}{x}-1";
        let line = input(&Marker::new(&[7; 16]), &[("value", Field::Text(text))]).unwrap();
        let written = String::from_utf8(line.to_vec()).unwrap();
        let value = r"Zo\u00eb\u0027\u0022\u2019\u0060\u0024\u005c\u002f\ud83d\udd11\u007bx\u007d-1";
        assert!(written.ends_with(&format!(",\"value\":\"{value}\"}}\n")), "{written}");
        assert_eq!(sent(text).unwrap()["value"], text);
    }

    #[test]
    fn every_control_character_is_refused() {
        for code in (0..0x20).chain(0x7f..0xa0) {
            let letter = char::from_u32(code).unwrap();
            let refused = Err(InputError::Control { name: "value".to_owned(), code });
            assert_eq!(sent(&format!("a{letter}b")), refused);
        }
    }

    #[test]
    fn too_much_is_refused_before_it_is_written() {
        assert_eq!(sent(&"x".repeat(LIMIT_OF_INPUT / 6)), Err(InputError::TooLarge));
    }

    #[test]
    fn an_error_holds_no_value() {
        let error = sent("kanarienvogel\n").unwrap_err();
        assert_eq!(error.to_string(), "the value of value holds the control character U+000A");
        assert!(!format!("{error:?}").contains("kanarienvogel"));
    }

    #[test]
    fn only_long_plain_passwords_are_for_one_use() {
        let received = |text: &str| OneUsePassword::received(Password::new(text.to_owned())).is_ok();
        assert!(received(OneUsePassword::generate(&[3; 16]).password().expose()));
        assert!(received(&"a".repeat(22)) && received(&"Z9".repeat(64)));
        for text in
            ["", "a", &"a".repeat(21), &"a".repeat(129), &"a'".repeat(12), &"\u{e4}".repeat(12), &"a\0".repeat(12)]
        {
            assert!(!received(text), "{text:?}");
        }
    }

    #[test]
    fn the_markers_differ_by_call() {
        let (one, two) = (Marker::new(&[1; 16]), Marker::new(&[2; 16]));
        assert_ne!(one.begin(), two.begin());
        assert_ne!(one.begin(), one.end());
    }
}
