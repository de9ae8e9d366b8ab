//! Writing to stdout and stderr: stdout is data, stderr is talk.
//!
//! Text from certificates and file names reaches a person's terminal only through [`clean`], so that no control or
//! direction character of a hostile file can act on it.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::{Error, Kind, Result};

/// The two streams of a run.
pub(crate) struct Output<'a> {
    /// Data.
    pub(crate) stdout: &'a mut dyn Write,
    /// Talk.
    pub(crate) stderr: &'a mut dyn Write,
    /// Whether data is one JSON document.
    pub(crate) json: bool,
    /// Whether it is one of several, each on a line of its own.
    pub(crate) lines: bool,
}

impl Output<'_> {
    /// Prints one answer: as JSON, or as the text that `human` makes from the same value.
    ///
    /// # Errors
    /// [`Kind::Internal`] when stdout cannot be written. A reader that went away (`| head`) is no error.
    pub(crate) fn answer<T: Serialize>(&mut self, value: &T, human: impl FnOnce(&T) -> String) -> Result<()> {
        let text = if self.json && self.lines {
            return self.line(value);
        } else if self.json {
            let mut text = serde_json::to_string_pretty(value)
                .map_err(|e| Error::new(Kind::Internal, "the answer cannot be written as JSON").because(e))?;
            text.push('\n');
            text
        } else {
            clean(&human(value))
        };
        self.data(text.as_bytes())
    }

    /// Prints one line of JSON, where a command answers with several.
    ///
    /// # Errors
    /// As [`Output::answer`].
    pub(crate) fn line<T: Serialize>(&mut self, value: &T) -> Result<()> {
        let mut text = serde_json::to_string(value)
            .map_err(|e| Error::new(Kind::Internal, "the answer cannot be written as JSON").because(e))?;
        text.push('\n');
        self.data(text.as_bytes())
    }

    /// Writes octets to stdout as they are.
    ///
    /// # Errors
    /// As [`Output::answer`].
    pub(crate) fn data(&mut self, bytes: &[u8]) -> Result<()> {
        match self.stdout.write_all(bytes).and_then(|()| self.stdout.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new(Kind::Internal, "cannot write to stdout").because(e))
            }
            _ => Ok(()),
        }
    }

    /// Writes a line to stderr. Where even that fails there is nobody left to tell.
    pub(crate) fn talk(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{}", clean(line));
    }
}

/// Replaces control characters (but line feed) and characters that change the direction of text by `\u{...}`.
pub(crate) fn clean(text: &str) -> String {
    if !text.chars().any(acts_on_a_terminal) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut cleaned, character| {
        if acts_on_a_terminal(character) {
            cleaned.extend(character.escape_unicode());
        } else {
            cleaned.push(character);
        }
        cleaned
    })
}

fn acts_on_a_terminal(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_shown_as_a_number() {
        for (text, shown) in [
            ("plain\ntext", "plain\ntext"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\rb\tc", "a\\u{d}b\\u{9}c"),
            ("\u{202e}fdp", "\\u{202e}fdp"),
            ("Zoë", "Zoë"),
        ] {
            assert_eq!(clean(text), shown);
        }
    }
}
