//! Answers of any shape: one is believed, every other is an error.

use proptest::collection::vec;
use proptest::prelude::*;
use s2scert::node::powershell::{AnswerError, Marker, message, read};

/// A line that PowerShell may print.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Line {
    Begin,
    End,
    Answer,
    Empty,
    Other(Vec<u8>),
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        3 => Just(Line::Begin),
        3 => Just(Line::End),
        3 => Just(Line::Answer),
        1 => Just(Line::Empty),
        1 => vec(any::<u8>(), 1..20).prop_map(|octets| {
            // A line holds no end of a line, and is not blank.
            Line::Other(octets.into_iter().map(|octet| if octet.is_ascii_whitespace() { b'x' } else { octet }).collect())
        }),
    ]
}

fn printed(lines: &[Line], marker: &Marker) -> Vec<u8> {
    let octets = |line: &Line| match line {
        Line::Begin => marker.begin().into_bytes(),
        Line::End => marker.end().into_bytes(),
        Line::Answer => br#"{"ok":true,"value":"contoso"}"#.to_vec(),
        Line::Empty => Vec::new(),
        Line::Other(octets) => octets.clone(),
    };
    lines.iter().flat_map(|line| [octets(line), b"\r\n".to_vec()].concat()).collect()
}

proptest! {
    #[test]
    fn only_one_answer_between_its_markers_is_believed(lines in vec(line(), 0..7)) {
        let marker = Marker::new(&[1; 16]);
        let seen = read::<String>(&printed(&lines, &marker), &marker);
        let full: Vec<&Line> = lines.iter().filter(|line| **line != Line::Empty).collect();
        prop_assert_eq!(seen.is_ok(), full == [&Line::Begin, &Line::Answer, &Line::End], "{:?}", seen);
        if !lines.contains(&Line::Begin) && !lines.contains(&Line::End) {
            prop_assert_eq!(seen, Err(AnswerError::Missing));
        }
    }

    #[test]
    fn an_answer_to_another_call_is_none(lines in vec(line(), 0..7)) {
        let printed = printed(&lines, &Marker::new(&[1; 16]));
        prop_assert_eq!(read::<String>(&printed, &Marker::new(&[2; 16])), Err(AnswerError::Missing));
    }

    #[test]
    fn any_octets_give_a_text_of_bounded_length(octets in vec(any::<u8>(), 0..400), clixml in any::<bool>()) {
        let head: &[u8] = if clixml { b"#< CLIXML\r\n<S S=\"Error\">" } else { b"" };
        let text = message(&[head, &octets].concat());
        prop_assert!(text.chars().count() <= 2000 && !text.chars().any(char::is_control), "{}", text);
    }
}
