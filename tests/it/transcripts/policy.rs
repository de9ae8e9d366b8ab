//! `s2scert policy`, and policy files with mistakes.

use super::shell::Shell;

/// The head of a policy file.
const HEAD: &str = "format = \"1.0\"\nname = \"own\"\ndescription = \"Ours.\"\n";

#[test]
fn policy() {
    Shell::new()
        .run("s2scert policy list")
        .run("s2scert policy list --json")
        .run("s2scert policy show evaluation")
        .run_to("s2scert policy show baseline --json", 40)
        .run("s2scert policy explain rsa-key-size")
        .run("s2scert policy explain self-signed --policy evaluation")
        .says("A rule of another shipped policy is found without naming that.")
        .run("s2scert policy explain evaluation-mark")
        .run("s2scert policy explain pfx-locked")
        .run("s2scert policy explain rsa-key-size --json")
        .run("s2scert policy explain pfx-locked --json")
        .run_to("s2scert policy schema", 5)
        .says("A policy of one's own.")
        .file(
            "own.toml",
            &format!(
                "{HEAD}extends = \"evaluation\"\n\n[[disable]]\nid = \"generation-element\"\nreason = \"Test farm with one certificate.\"\n\n\
                 [[rule]]\nid = \"rsa-key-size\"\nreplaces = true\nkind = \"key-size\"\nseverity = \"error\"\nwhy = \"Our handbook asks for 3072 bits.\"\n\
                 rsa = {{ min = 3072 }}\n"
            ),
        )
        .run("s2scert policy show own.toml")
        .run("s2scert policy explain rsa-key-size --policy own.toml")
        .compare("policy");
}

#[test]
fn policy_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert policy show produktion",
        "s2scert policy show zzz",
        "s2scert policy show no-such.toml",
        "s2scert policy show .",
        "s2scert policy show ./",
        "s2scert policy explain rsa-key-sise",
        "s2scert policy explain pfx-loked",
        "s2scert policy explain rsa-key-size --policy produktion",
        "s2scert policy explain no-such --json",
    ] {
        shell.run(line);
    }
    let rule =
        "\n[[rule]]\nid = \"a\"\nkind = \"key-size\"\nseverity = \"error\"\nwhy = \"So.\"\nrsa = { min = 2048 }\n";
    for (name, text) in [
        ("key.toml", format!("{HEAD}{}", rule.replace("severity", "severty"))),
        ("kind.toml", format!("{HEAD}{}", rule.replace("key-size", "key-sise"))),
        ("parameter.toml", format!("{HEAD}{}", rule.replace("rsa =", "rsaa ="))),
        ("value.toml", format!("{HEAD}{}", rule.replace("2048", "\"2048\""))),
        ("severity.toml", format!("{HEAD}{}", rule.replace("\"error\"", "\"fatal\""))),
        ("twice.toml", format!("{HEAD}{rule}{rule}")),
        ("inherited.toml", format!("{HEAD}extends = \"baseline\"\n{}", rule.replace("\"a\"", "\"rsa-key-size\""))),
        ("extends.toml", format!("{HEAD}extends = \"basline\"\n")),
        ("lost.toml", format!("{HEAD}extends = \"./gone.toml\"\n")),
        ("circle.toml", format!("{HEAD}extends = \"./circle.toml\"\n")),
        ("newer.toml", HEAD.replace("1.0", "9.0")),
        ("no-toml.toml", "this is no TOML\n".to_owned()),
        ("nothing.toml", String::new()),
    ] {
        shell.file(name, &text).run(&format!("s2scert policy show {name}"));
    }
    std::fs::write(shell.folder().join("binary.toml"), [0xff, 0x80, 0x00]).unwrap();
    std::fs::write(shell.folder().join("long.toml"), format!("{HEAD}{}", "# filler\n".repeat(200_000))).unwrap();
    shell.run("s2scert policy show long.toml");
    shell.run("s2scert policy show binary.toml").compare("policy-errors");
}
