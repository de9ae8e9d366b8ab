//! Help, version, completions, manual pages, schemas: what the program tells of itself.

use super::shell::Shell;

#[test]
fn help() {
    let mut shell = Shell::new();
    for command in [
        "",
        " issue",
        " import",
        " export",
        " inspect",
        " check",
        " access",
        " access show",
        " access grant",
        " access revoke",
        " access restore",
        " access check",
        " access prove",
        " doctor",
        " explain",
        " farm",
        " farm init",
        " farm check",
        " farm status",
        " farm report",
        " policy",
        " policy list",
        " policy show",
        " policy explain",
        " policy schema",
        " schema",
        " completions",
        " man",
        " watch",
        " alert",
        " alert list",
        " alert ack",
        " alert snooze",
        " alert history",
        " alert test",
        " audit",
        " audit show",
        " audit verify",
        " audit export",
        " schedule",
        " schedule install",
        " schedule show",
        " schedule remove",
        " schedule check",
        " version",
        " fieldtest",
        " rehearse",
    ] {
        shell.run(&format!("s2scert{command} --help"));
    }
    shell.run("s2scert --version").run("s2scert policy list --version").run_to("s2scert help issue", 3).compare("help");
}

#[test]
fn self_description() {
    let mut shell = Shell::new();
    for kind in ["bash", "elvish", "fish", "powershell", "zsh"] {
        shell.run_to(&format!("s2scert completions {kind}"), 4);
    }
    for name in [
        "issue",
        "import",
        "export",
        "inspect",
        "check",
        "policy-list",
        "policy",
        "explanation",
        "access",
        "access-prove",
        "version",
        "fieldtest",
        "fieldtest-bundle",
        "rehearse",
        "farm",
        "farm-init",
        "farm-check",
        "farm-status",
        "farm-report",
        "farm-facts",
        "doctor",
        "explain",
        "watch",
        "watch-round",
        "schedule",
        "watch-settings",
        "watch-message",
        "alert-list",
        "alert-answer",
        "alert-history",
        "alert-test",
        "error",
    ] {
        shell.run_to(&format!("s2scert schema {name}"), 5);
    }
    std::fs::create_dir(shell.folder().join("pages")).unwrap();
    shell.run("s2scert version").run("s2scert version --json");
    shell.run("s2scert man --out pages").run("s2scert man --out no-such-folder").run("s2scert man --out leaf.cer");
    let page = |name: &str| std::fs::read_to_string(shell.folder().join("pages").join(name)).unwrap();
    for (name, typed) in [("s2scert-issue.1", "s2scert issue"), ("s2scert-access-show.1", "s2scert access show")] {
        let text = page(name);
        assert!(text.contains(&format!(".SH NAME\n{typed} \\- ")), "{text}");
        assert!(text.contains(&format!(".SH SYNOPSIS\n\\fB{typed}\\fR ")), "{text}");
    }
    assert!(page("s2scert-access.1").contains("\ns2scert\\-access\\-show(1)\n"), "{}", page("s2scert-access.1"));
    shell.compare("self-description");
}

#[test]
fn command_line_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert",
        "s2scert renew",
        "s2scert inspec chain.pfx",
        "s2scert inspect",
        "s2scert inspect chain.pfx --lnit",
        "s2scert inspect chain.pfx leaf.cer",
        "s2scert inspect chain.pfx --lint --for server2008",
        "s2scert inspect chain.pfx --for server2016",
        "s2scert inspect chain.pfx --password Geheim",
        "s2scert inspect chain.pfx --password=Geheim",
        "s2scert inspect chain.pfx -pGeheim",
        "s2scert inspect chain.pfx --password-stdin=Geheim",
        "s2scert issue --password-stdin Geheim",
        "s2scert issue --password-stdin=Geheim --json",
        "s2scert inspect chain.pfx --lnit --json",
        "s2scert issue --days 0",
        "s2scert issue --days soon",
        "s2scert issue --days 40000",
        "s2scert issue --key rsa-1024",
        "s2scert issue --key ec-p256",
        "s2scert issue --key rsa-3072 --key-file leaf.key",
        "s2scert issue --profile legacy --for server2022",
        "s2scert issue --iterations many",
        "s2scert issue --password-file pass --generate-password-to new.pass",
        "s2scert import --out bundle.pem",
        "s2scert import leaf.cer",
        "s2scert export chain.pfx",
        "s2scert export chain.pfx --out x --format jks",
        "s2scert check",
        "s2scert policy",
        "s2scert policy show",
        "s2scert policy explain",
        "s2scert schema",
        "s2scert schema renew",
        "s2scert completions cmd",
        "s2scert man",
    ] {
        shell.run(line);
    }
    shell.compare("command-line-errors");
}
