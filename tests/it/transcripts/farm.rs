//! `s2scert farm`: descriptions of a farm, and what its servers showed.

use super::shell::Shell;

/// A description with many mistakes.
const WRONG: &str = r#"format = "1.0"
naem = "contoso"

[certificate]
subject = "CN=crm.contoso.com,O=Contoso"
password = "Geheim"

[update_crm]
node = "crm-wed-1"

[[node]]
name = "crm-web-1"
roles = ["web"]
os = "server2016"
transport = "ssh"
address = "-oProxyCommand=calc"

[[node]]
name = "crm-web-2"
roles = ["web", "async"]
os = "server2019"
transprot = "ssh"

[[organization]]
name = "sales"
metadata = "http://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=service"
"#;

#[test]
fn farm() {
    Shell::new()
        .says("From nothing: a description in which every line that needs a look is marked.")
        .run("s2scert farm init")
        .run("s2scert farm check")
        .says("From what is known.")
        .run(
            "s2scert farm init --out contoso.toml --name contoso --web crm-web-1 --web crm-web-2 --async crm-async-1 \
             --tools crm-web-1 --sharepoint sp-1 --org sales --host crm.contoso.com --account 'CONTOSO\\svc-crm' --transport ssh",
        )
        .run("s2scert farm check --farm contoso.toml")
        .run("s2scert farm check --farm contoso.toml --json")
        .run("s2scert farm init --out contoso.toml --transport manual --force --json")
        .says("Everything that is wrong is told at once.")
        .file("wrong.toml", WRONG)
        .run("s2scert farm check --farm wrong.toml")
        .compare("farm");
}

#[test]
fn farm_errors() {
    let mut shell = Shell::new();
    shell
        .run("s2scert farm check")
        .run("s2scert farm init")
        .run("s2scert farm init")
        .run("s2scert farm init --out other.toml --web -oProxyCommand=calc")
        .run("s2scert farm init --out other.toml --web=-oProxyCommand=calc")
        .run("s2scert farm init --out other.toml --org 'Sales and Service'")
        .run("s2scert farm init --out other.toml --host crm.contoso.com:443")
        .run("s2scert farm init --out other.toml --account ''")
        .run("s2scert farm init --out other.toml --transport telnet")
        .file("newer.toml", "format = \"1.7\"\n")
        .run("s2scert farm check --farm newer.toml")
        .run("s2scert farm check --farm newer.toml --json")
        .file("none.toml", "name = \"contoso\"\n")
        .run("s2scert farm check --farm none.toml")
        .file("torn.toml", "format = \"1.0\n")
        .run("s2scert farm check --farm torn.toml");
    std::fs::write(shell.folder().join("binary.toml"), [0xff, 0x80, 0x00]).unwrap();
    std::fs::write(shell.folder().join("long.toml"), "# filler\n".repeat(200_000)).unwrap();
    shell.run("s2scert farm check --farm binary.toml").run("s2scert farm check --farm long.toml");
    shell.run("s2scert farm check --farm no-such/farm.toml").compare("farm-errors");
}
