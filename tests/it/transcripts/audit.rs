//! `audit`: who did what, and whether the log of it is whole.

use super::shell::Shell;

const SETTINGS: &str = "format = \"1.0\"
name = \"crm01\"
paths = [\"damaged.pem\"]

[[file]]
name = \"drop\"
folder = \"drop\"
";

#[test]
fn audit() {
    let mut shell = Shell::new();
    std::fs::create_dir(shell.folder().join("drop")).unwrap();
    let head = "0000000000000000000000000000000000000000000000000000000000000001";
    shell
        .says("Nothing was done here yet.")
        .run("s2scert audit show --state-dir state")
        .run("s2scert audit verify --state-dir state")
        .run("s2scert audit show --state-dir state --json")
        .file("watch.toml", SETTINGS)
        .run("s2scert watch --once --config watch.toml --state-dir state")
        .says("An answer to an alert is written down.")
        .run("s2scert alert ack unreadable/damaged.pem --by Ada --note ordered --state-dir state")
        .run("s2scert audit show --state-dir state")
        .run("s2scert audit show --most 1 --state-dir state --json")
        .run("s2scert audit verify --state-dir state")
        .run("s2scert audit verify --state-dir state --json")
        .run(&format!("s2scert audit verify --head {head} --state-dir state"))
        .run("s2scert audit export --out audit.jsonl --state-dir state")
        .run("s2scert audit export --out audit.jsonl --state-dir state")
        .run("s2scert audit export --out audit.jsonl --force --state-dir state --json")
        .run("s2scert audit show --most 0")
        .run("s2scert audit verify --head 12")
        .compare("audit");
}
