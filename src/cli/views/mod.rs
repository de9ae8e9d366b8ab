//! The human views: text from the same values that `--json` prints.
//!
//! Colour is not used: nothing here needs it to be understood. Lines fit 100 columns except where a name, path or hash is
//! longer, so that those can be copied whole.

pub(crate) mod access;
pub(crate) mod certificate;
pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod findings;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod policy;

/// Writes a labelled line: the label is padded so that values stand in one column.
pub(crate) fn field(text: &mut String, label: &str, value: &str) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {label:<15} {value}");
}

/// Breaks a text into lines of at most `width` columns, each after `indent`. Words are not broken.
pub(crate) fn wrapped(text: &mut String, indent: &str, width: usize, sentence: &str) {
    let mut column = 0;
    for word in sentence.split_whitespace() {
        let length = word.chars().count();
        if column == 0 {
            text.push_str(indent);
            column = indent.chars().count();
        } else if column + 1 + length > width {
            text.push('\n');
            text.push_str(indent);
            column = indent.chars().count();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    if column > 0 {
        text.push('\n');
    }
}

/// The width to which running text is broken.
pub(crate) const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_long_words_stay_whole() {
        let mut text = String::new();
        wrapped(&mut text, "  ", 12, "one two three fourteenletters five");
        assert_eq!(text, "  one two\n  three\n  fourteenletters\n  five\n");
        let mut empty = String::new();
        wrapped(&mut empty, "  ", 12, "");
        assert_eq!(empty, "");
    }
}
