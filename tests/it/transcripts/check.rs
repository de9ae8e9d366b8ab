//! `s2scert check`, with waivers.

use super::fixtures::today;
use super::shell::Shell;

#[test]
fn check() {
    let mut shell = Shell::new();
    std::fs::create_dir(shell.folder().join("farm")).unwrap();
    for name in ["chain.pfx", "expired.cer", "leaf.cer", "notes.txt", "torn.pem", "root.cer"] {
        std::fs::copy(shell.folder().join(name), shell.folder().join("farm").join(name)).unwrap();
    }
    std::fs::create_dir(shell.folder().join("broken")).unwrap();
    std::fs::create_dir(shell.folder().join("notes")).unwrap();
    std::fs::write(shell.folder().join("notes/notes.txt"), "The certificate is in the mail of Tuesday.\n").unwrap();
    for (name, content) in [("blank.PFX", &b""[..]), ("short.pfx", b"\x30\x82\x0a"), ("zeros.cer", &[0; 64])] {
        std::fs::write(shell.folder().join("broken").join(name), content).unwrap();
    }
    shell
        .run("s2scert check chain.pfx --password-file pass --for server2016")
        .run("s2scert check chain.pfx --password-file pass")
        .run("s2scert check modern.pfx --password-file pass --for server2016")
        .run("s2scert check leaf.cer --policy baseline")
        .run("s2scert check weak.pem --policy baseline")
        .run("s2scert check expired.cer --policy baseline")
        .run("s2scert check weak.pem")
        .says("A folder: what is no certificate is passed over, what is damaged is not.")
        .run("s2scert check farm --policy baseline --password-file pass")
        .run("s2scert check farm --policy baseline --password-file pass --json")
        .says("A file that bears the name of a certificate and is none was damaged; a folder in which nothing was checked is not well.")
        .run("s2scert check broken --policy baseline")
        .run("s2scert check notes --policy baseline")
        .run("s2scert check - --policy baseline < leaf.cer")
        .run("s2scert check chain.pfx --password-file pass --for server2016 --json")
        .compare("check");
}

#[test]
fn check_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert check no-such.cer",
        "s2scert check no-such-folder/",
        "s2scert check chain.pfx",
        "s2scert check chain.pfx --password-file wrong",
        "s2scert check notes.txt",
        "s2scert check leaf.key",
        "s2scert check leaf.csr",
        "s2scert check cut.pfx altered.pfx absurd.pfx empty garbage.pfx --password-file pass",
        "s2scert check leaf.cer --policy produktion",
        "s2scert check leaf.cer --policy no-such.toml",
        "s2scert check leaf.cer --waivers no-such.toml",
        "s2scert check no-such.cer --json",
        "s2scert check leaf.cer --policy produktion --json",
        "s2scert check - --password-stdin < chain.pfx",
    ] {
        shell.run(line);
    }
    shell.compare("check-errors");
}

#[test]
fn waivers() {
    let waiver = |rule: &str, days: i64| {
        let until = today() + jiff::Span::new().days(days);
        format!(
            "[[waiver]]\nrule = \"{rule}\"\nsubject = \"CN=crm.*\"\nowner = \"PKI team\"\n\
             reason = \"The successor is ordered.\"\nuntil = \"{until}\"\n"
        )
    };
    let head = "format = \"1.0\"\n\n";
    Shell::new()
        .file("holds.toml", &format!("{head}{}", waiver("valid-now", 100)))
        .run("s2scert check expired.cer --policy baseline --waivers holds.toml")
        .run("s2scert check expired.cer --policy baseline --waivers holds.toml --json")
        .says("A week before its end, a waiver is spoken of.")
        .file("ends.toml", &format!("{head}{}", waiver("valid-now", 5)))
        .run("s2scert check expired.cer --policy baseline --waivers ends.toml")
        .file("over.toml", &format!("{head}{}", waiver("valid-now", -1)))
        .run("s2scert check expired.cer --policy baseline --waivers over.toml")
        .file("for-ever.toml", &format!("{head}{}", waiver("valid-now", 900)))
        .run("s2scert check expired.cer --policy baseline --waivers for-ever.toml")
        .says("One that covers nothing.")
        .run("s2scert check leaf.cer --policy baseline --waivers holds.toml")
        .file("unknown.toml", &format!("{head}{}", waiver("valid-know", 100)))
        .run("s2scert check expired.cer --policy baseline --waivers unknown.toml")
        .says("The other commands that ask a policy.")
        .run("s2scert import expired.cer leaf.key issuing.pem root.cer --policy baseline --waivers holds.toml --out w.pem --password-file pass")
        .run("s2scert export w.pem --policy baseline --waivers holds.toml --out w.pfx --password-file pass")
        .file("long.toml", &format!("{head}{}", waiver("lifetime-max", 100)))
        .run("s2scert issue --key-file leaf.key --subject CN=crm.contoso.com --days 3000 --waivers long.toml --out l.pfx --password-file pass")
        .file("typo.toml", &format!("{head}{}", waiver("valid-now", 100).replace("owner", "onwer")))
        .run("s2scert check expired.cer --policy baseline --waivers typo.toml")
        .compare("waivers");
}
