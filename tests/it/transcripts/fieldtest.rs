//! `s2scert fieldtest`, here on a machine that is no Windows Server: most looks see nothing, and say so.

use super::shell::Shell;

#[test]
fn fieldtest() {
    Shell::new()
        .run("s2scert fieldtest --read-only --out seen.json --state-dir state")
        .run("s2scert fieldtest --read-only --out seen.json --state-dir state --force --json")
        .says("Without the words that nothing shall be changed it does not start; what is there stays.")
        .run("s2scert fieldtest --out seen.json")
        .run("s2scert fieldtest --read-only --out seen.json --state-dir state")
        .run("s2scert fieldtest --read-only --out no-such-folder/seen.json --state-dir state")
        .compare("fieldtest");
}
