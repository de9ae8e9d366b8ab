//! What the scanner reads, and what it says of damage.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::*;

const CONTENT: &[u8] = b"0123456789 any content will do: the scanner does not look inside, and two lines are made";

fn block() -> String {
    encode("CERTIFICATE", CONTENT).to_string()
}

#[test]
fn what_is_encoded_is_read_back() {
    let text = block();
    assert!(text.lines().all(|line| line.len() <= LINE_LENGTH));
    let blocks = scan(text.as_bytes()).unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].label.as_str(), blocks[0].line, blocks[0].content.as_slice()), ("CERTIFICATE", 1, CONTENT));
    assert_eq!(format!("{blocks:?}"), "[Block(CERTIFICATE, line 1, 88 bytes)]");
}

#[test]
fn every_way_of_handing_in_gives_the_same_block() {
    let text = block();
    let one_line = text.replace('\n', " ").trim().to_owned();
    let indented = text.lines().map(|line| format!("\t  {line}  \r\n")).collect::<String>();
    let lines_of_76 = {
        let base64 = STANDARD.encode(CONTENT);
        format!("{BEGIN}CERTIFICATE-----\n{}\n\n{}\n{END}CERTIFICATE-----", &base64[..76], &base64[76..])
    };
    let little = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let mut junk = b"Bag Attributes\n    friendlyName: Zo\xeb\n".to_vec();
    junk.extend_from_slice(text.as_bytes());
    junk.extend_from_slice(b"\xff\xfe the end, and -----BEGIN in a sentence");
    for (name, bytes) in [
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("mark", format!("\u{feff}{text}").into_bytes()),
        ("one line", one_line.into_bytes()),
        ("indented", indented.into_bytes()),
        ("long lines", lines_of_76.into_bytes()),
        ("no padding", text.replace('=', "").into_bytes()),
        ("UTF-16 LE", little),
        ("UTF-16 BE", big),
        ("junk that is not UTF-8", junk),
    ] {
        let blocks = scan(&bytes).unwrap();
        assert_eq!(blocks.len(), 1, "{name}");
        assert_eq!(blocks[0].content.as_slice(), CONTENT, "{name}");
    }
}

#[test]
fn headers_and_the_text_before_a_block_are_kept() {
    let text = "first line\n  second\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,\n \
                00112233\n\nAAEC\n-----END RSA PRIVATE KEY-----\n\n-----BEGIN X-----\nAAEC\n-----END X-----\n";
    let blocks = scan(text.as_bytes()).unwrap();
    assert_eq!(blocks[0].preamble, "first line\n  second");
    assert_eq!(blocks[0].header("proc-type"), Some("4,ENCRYPTED"));
    assert_eq!(blocks[0].header("DEK-Info"), Some("AES-128-CBC,00112233"));
    assert_eq!(blocks[0].content.as_slice(), [0, 1, 2]);
    assert_eq!((blocks[1].preamble.as_str(), blocks[1].line, blocks[1].headers.len()), ("", 11, 0));
}

#[test]
fn damage_is_named_with_its_line() {
    for (text, message) in [
        (
            "a\n-----BEGIN CERTIFICATE-----\nAAEC\n",
            "line 2: the block CERTIFICATE has no END line: the file was cut off, or a line of hyphens was damaged",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAEC\n-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n",
            "line 1: the block CERTIFICATE has no END line: the file was cut off, or a line of hyphens was damaged",
        ),
        (
            "a\r\nAAEC\r\n-----END CERTIFICATE-----",
            "line 3: END CERTIFICATE without its BEGIN line: the first part of the block is missing",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAEC\n-----END Y-----",
            "line 1: BEGIN CERTIFICATE is closed by END Y: two blocks were mixed up or a part is missing",
        ),
        (
            "\n-----BEGIN CERTIFICATE-----\nAA\nA*EC\n-----END CERTIFICATE-----",
            "line 4: '*' is not a base64 character; the block CERTIFICATE is damaged",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAECA\n-----END CERTIFICATE-----",
            "line 1: the base64 text of the block CERTIFICATE does not add up: characters are missing or were added",
        ),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "line 1: the block CERTIFICATE is empty"),
        (
            "-----BEGIN CERTIFICATE-----\n: a\nAAEC\n-----END CERTIFICATE-----",
            "line 2: the header of the block CERTIFICATE cannot be read",
        ),
    ] {
        assert_eq!(scan(text.as_bytes()).unwrap_err().to_string(), message, "{text:?}");
    }
    assert_eq!(scan(b"no block at all").unwrap(), []);
}

#[test]
fn a_damaged_block_that_is_of_no_use_here_is_passed_over_and_named() {
    let good = block();
    for (junk, damage) in [
        ("-----BEGIN X-----\nA*EC\n-----END X-----\n", "'*' is not a base64 character"),
        ("-----BEGIN X-----\n-----END X-----\n", "the block X is empty"),
        ("-----BEGIN X-----\n: a\nAAEC\n-----END X-----\n", "the header of the block X cannot be read"),
        ("-----BEGIN X-----\nAAEC\n-----END Y-----\n", "BEGIN X is closed by END Y"),
        ("-----BEGIN X-----\nAAEC\n", "the block X has no END line"),
        ("-----BEGIN X\nAAEC\n", "the block X has no END line"),
        ("AAEC\n-----END X-----\n", "END X without its BEGIN line"),
    ] {
        for text in [format!("{junk}{good}"), format!("{good}{junk}")] {
            let blocks = scan(text.as_bytes()).unwrap();
            let whole = blocks.iter().filter(|block| block.content.as_slice() == CONTENT).count();
            let named: Vec<String> =
                blocks.iter().filter_map(|block| Some(block.damage.as_ref()?.to_string())).collect();
            assert_eq!((whole, named.len()), (1, 1), "{text}");
            assert!(named[0].contains(damage), "{}", named[0]);
        }
    }
    // What could be a certificate is not passed over for being closed by a foreign label, nor the other way round.
    for text in [
        "-----BEGIN X-----\nAAEC\n-----END CERTIFICATE-----\n",
        "-----BEGIN MY CERT-----\nA*EC\n-----END MY CERT-----\n",
    ] {
        assert!(scan(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn many_damaged_blocks_fail_the_text_and_take_no_time() {
    let blocks = scan("-----BEGIN X-----\n".repeat(MAX_DAMAGED).as_bytes()).unwrap();
    assert_eq!(blocks.len(), MAX_DAMAGED);
    // Each of these would take minutes if the rest of the text were walked for each mark.
    for (part, most) in [
        ("-----BEGIN X-----\n", None),
        ("-----BEGIN X----- ", None),
        ("-----BEGIN X ", Some(1)),
        ("-----END X ", Some(1)),
    ] {
        let found = scan(part.repeat(200_000).as_bytes()).ok().map(|blocks| blocks.len());
        assert_eq!(found, most, "{part}");
    }
}

#[test]
fn base64_without_armour_is_recognised() {
    let mut content = vec![0x30, 0x82, 0x01, 0x00];
    content.extend([7; 256]);
    let base64 = STANDARD.encode(&content);
    assert_eq!(bare_base64(base64.as_bytes()).unwrap().as_slice(), content);
    assert_eq!(
        bare_base64(format!("\u{feff} {}\r\n{}\n", &base64[..64], &base64[64..]).as_bytes()).unwrap().len(),
        260
    );
    for other in ["", "MI*", "hello", "AAEC"] {
        assert!(bare_base64(other.as_bytes()).is_none(), "{other}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_end_in_blocks_or_an_error(bytes: Vec<u8>, pieces: Vec<u8>) {
        let _ = (scan(&bytes), bare_base64(&bytes));
        // Damage near the structure: the markers in any order, with junk between.
        let parts = ["-----BEGIN ", "-----END ", "X", "-----", "\n", "AAEC", " ", ":", "\u{feff}", "é"];
        let text = pieces.iter().map(|piece| parts[usize::from(*piece) % parts.len()]).collect::<String>();
        let _ = scan(text.as_bytes());
    }
}
