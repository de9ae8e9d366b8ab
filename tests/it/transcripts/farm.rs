//! `s2scert farm`: descriptions of a farm, and what its servers showed.

use super::fixtures::FILES;
use super::shell::Shell;
use crate::bundles;

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

/// The small farm with a policy.
fn with_policy(policy: &str) -> String {
    bundles::FARM.replacen("\n\n", &format!("\npolicy = \"{policy}\"\n\n"), 1)
}

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
        .run("s2scert farm init --out quiet.toml --offline")
        .run("s2scert farm init --out asked.toml --no-input")
        .says("Everything that is wrong is told at once.")
        .file("wrong.toml", WRONG)
        .run("s2scert farm check --farm wrong.toml")
        .says("A policy that does not exist.")
        .file("policy.toml", &with_policy("produktion"))
        .run("s2scert farm check --farm policy.toml")
        .file("path.toml", &with_policy("own.toml"))
        .run("s2scert farm check --farm path.toml")
        .says("Authorities for the metadata documents that are none, and that are not there.")
        .file("key.toml", &bundles::FARM.replacen("\n\n", "\ntls_ca = \"leaf.key\"\n\n", 1))
        .run("s2scert farm check --farm key.toml")
        .file("gone.toml", &bundles::FARM.replacen("\n\n", "\ntls_ca = \"no-such.pem\"\n\n", 1))
        .run("s2scert farm check --farm gone.toml")
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

pub(super) fn der(name: &str) -> &'static [u8] {
    FILES.iter().find(|(one, _)| *one == name).map(|(_, bytes)| bytes.as_slice()).unwrap()
}

#[test]
fn farm_status() {
    let mut shell = Shell::new();
    let mut facts = bundles::healthy(der("leaf.cer"));
    bundles::write(shell.folder(), &facts);
    shell
        .says("Four servers, and all agree.")
        .run("s2scert farm status --from collected")
        .run("s2scert farm status --from collected --json")
        .run("s2scert farm report --from collected --html farm.html")
        .run("s2scert farm report --from collected --html farm.html")
        .run("s2scert farm report --from collected --html farm.html --force --json --farm farm.toml");
    bundles::write(shell.folder(), &facts[..2]);
    for name in ["crm-async-1", "sp-1"] {
        std::fs::remove_file(shell.folder().join(format!("collected/{name}.json"))).unwrap();
    }
    shell
        .says("Two of the servers were not reached: what was seen is in order, and no more is said.")
        .run("s2scert farm status --from collected --farm farm.toml");
    bundles::damage(&mut facts, der("expired.cer"), der("other.cer"));
    bundles::write(shell.folder(), &facts);
    shell.says("A farm in which much is wrong.").run("s2scert farm status --from collected").compare("farm-status");
}

#[test]
fn farm_status_errors() {
    let mut shell = Shell::new();
    let mut facts = bundles::healthy(der("leaf.cer"));
    facts[2]["server"] = serde_json::json!("crm-asink-1");
    facts[1]["store"]["seen"]["certificates"][0]["certificate"] = serde_json::json!("MIIB");
    facts[1]["metadata"][0]["answer"] = serde_json::json!({ "unseen": "the answer is an HTML page, not JSON" });
    bundles::write(shell.folder(), &facts);
    let path = |name: &str| shell.folder().join(format!("collected/{name}.json"));
    let altered = std::fs::read_to_string(path("sp-1")).unwrap().replace("\"crm\"", "\"sales\"");
    let newer = std::fs::read_to_string(path("crm-web-1")).unwrap().replace("farm-facts/1.1", "farm-facts/2.3");
    for (name, text) in
        [("sp-1", altered), ("crm-web-1", newer), ("notes", "{}".to_owned()), ("page", "<html>".to_owned())]
    {
        std::fs::write(path(name), text).unwrap();
    }
    shell
        .says("Documents that are altered, newer, foreign, no JSON, of an unknown server, with a broken certificate.")
        .run("s2scert farm status --from collected")
        .run("s2scert farm status --from collected --farm no-such.toml")
        .run("s2scert farm status --from no-such")
        .run("s2scert farm status --from leaf.cer")
        .run("s2scert farm report --from no-such --html farm.html")
        .run("s2scert farm status")
        .file("wrong.toml", WRONG)
        .run("s2scert farm status --from collected --farm wrong.toml")
        .run("s2scert farm status --from collected --farm wrong.toml --json")
        .compare("farm-status-errors");
}

#[test]
fn farm_live() {
    let local = bundles::FARM.replace(
        "name = \"crm-async-1\"\nroles = [\"async\"]\nos = \"server2019\"\ntransport = \"manual\"",
        "name = \"crm-async-1\"\nroles = [\"async\"]\nos = \"server2019\"\ntransport = \"local\"",
    );
    let mut shell = Shell::new();
    std::fs::write(shell.folder().join("farm.toml"), local).unwrap();
    std::fs::create_dir(shell.folder().join("all")).unwrap();
    shell
        .says("One server is this machine, which has no PowerShell and an empty store; the others are done by hand.")
        .run("S2SCERT_STATE=state s2scert farm status")
        .run("S2SCERT_STATE=state s2scert farm status --node crm-async-1 --deadline 30 --json")
        .run("S2SCERT_STATE=state s2scert farm report --html farm.html")
        .run("S2SCERT_STATE=state s2scert farm collect --out crm-async-1.bundle")
        .run("S2SCERT_STATE=state s2scert farm collect --out crm-async-1.bundle")
        .run("S2SCERT_STATE=state s2scert farm collect --node crm-async-1 --out crm-async-1.bundle --force --json")
        .run("S2SCERT_STATE=state s2scert farm collect --all --out no-such")
        .run("s2scert farm status --node crm-asink-1")
        .run("s2scert farm collect --node sp-2 --out sp-2.json")
        .run("s2scert farm collect --node sp-1 --all --out all")
        .run("s2scert farm status --from all --node sp-1")
        .run("S2SCERT_STATE=state s2scert farm report --node crm-async-1 --deadline 30 --push --node-program s2scert.exe --html one.html")
        .run("S2SCERT_STATE=state s2scert farm collect --all --deadline 30 --push --node-program s2scert.exe --out all")
        .file("manual.toml", bundles::FARM)
        .run("s2scert farm collect --out here.json --farm manual.toml")
        .run("s2scert farm collect --help")
        .run("s2scert farm status --deadline 0")
        .run("s2scert farm status --watch 0")
        .run("s2scert farm status --push --node-program no-such.exe --from all")
        .compare("farm-live");
}

#[test]
fn farm_alone() {
    Shell::new()
        .says("Without a description: the server shows what it is, which this machine is not.")
        .run("S2SCERT_STATE=state s2scert farm collect --node crm-web-1 --out crm-web-1.json")
        .run("s2scert farm collect --node -x --out x.json")
        .run("s2scert farm collect '--node=crm web' --out x.json")
        .run("s2scert farm collect --node crm-web-1 --farm other.toml --out crm-web-1.json")
        .run("s2scert farm collect --out crm-web-1.json")
        .compare("farm-alone");
}
