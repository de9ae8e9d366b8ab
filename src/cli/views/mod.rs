//! The human views: text from the same values that `--json` prints.
//!
//! Colour is not used: nothing here needs it to be understood. Lines fit 100 columns except where a name, path or hash is
//! longer, so that those can be copied whole.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod certificate;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod farm;
pub(crate) mod fieldtest;
pub(crate) mod findings;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod node;
pub(crate) mod policy;
pub(crate) mod rehearse;
pub(crate) mod rotate;
pub(crate) mod schedule;
pub(crate) mod store;
pub(crate) mod version;
pub(crate) mod watch;

/// Writes a labelled line: the label is padded so that values stand in one column.
pub(crate) fn field(text: &mut String, label: &str, value: &str) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {label:<15} {value}");
}

/// Breaks a text into lines of at most `width` columns, each after `indent`. Words are not broken, nor are command lines
/// that end a clause (after a colon, or `then`): each has a line of its own, so that it can be copied whole.
pub(crate) fn wrapped(text: &mut String, indent: &str, width: usize, sentence: &str) {
    let mut rest = sentence;
    while let Some((prose, command, behind)) = next_command(rest) {
        flowing(text, indent, width, prose);
        text.push_str(indent);
        text.push_str("  ");
        text.push_str(command);
        text.push('\n');
        rest = behind;
    }
    flowing(text, indent, width, rest);
}

/// Finds the next command line: after a colon, a `then`, or at the start; up to a `, then`, a semicolon or the end.
fn next_command(sentence: &str) -> Option<(&str, &str, &str)> {
    const PROGRAM: &str = "s2scert ";
    let opens = |start: usize| {
        let before = sentence[..start].trim_end();
        before.is_empty() || before.ends_with(':') || before == "then" || before.ends_with(" then")
    };
    let start = sentence.match_indices(PROGRAM).map(|(start, _)| start).find(|start| opens(*start))?;
    let (prose, command) = sentence.split_at(start);
    let end = [", then ", "; "].iter().filter_map(|mark| command.find(mark)).min().unwrap_or(command.len());
    let (command, behind) = command.split_at(end);
    Some((prose, command.trim_end(), behind.trim_start_matches([',', ';', ' '])))
}

fn flowing(text: &mut String, indent: &str, width: usize, sentence: &str) {
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
        let mut commands = String::new();
        wrapped(&mut commands, " ", 20, "do: s2scert inspect one.pfx --lint, then s2scert export two.pfx; and look");
        assert_eq!(commands, " do:\n   s2scert inspect one.pfx --lint\n then\n   s2scert export two.pfx\n and look\n");
        let mut empty = String::new();
        wrapped(&mut empty, "  ", 12, "");
        assert_eq!(empty, "");
    }
}
