//! `s2scert explain`: error texts and codes, as they are met and as they are misspelt.

use super::shell::Shell;

#[test]
fn explain() {
    Shell::new()
        .run("s2scert explain Private key not found")
        .says("A code in three spellings.")
        .run("s2scert explain 0x80090016")
        .run("s2scert explain -2146893802")
        .run("s2scert explain 'Exception from HRESULT: &H80090016'")
        .says("Part of a text, misspelt, and within a line of a log.")
        .run("s2scert explain requires either a diferent password or membership")
        .run("s2scert explain '12:04:33 ERROR w3wp: The remote server returned an error: (400) Bad Request.'")
        .run("s2scert explain 'event 8311' --json")
        .compare("explain");
}

#[test]
fn explain_errors() {
    Shell::new()
        .run("s2scert explain")
        .run("s2scert explain zzzz")
        .run("s2scert explain ''")
        .run("s2scert explain 0x12345678 --json")
        .compare("explain-errors");
}
