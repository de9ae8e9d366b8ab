//! `s2scert rotate plan --from` and `rehearse --from`: a farm as its servers were collected.

use super::farm::der;
use super::shell::Shell;
use crate::bundles;

#[test]
fn rotate_from() {
    let mut shell = Shell::new();
    let mut facts = bundles::healthy(der("other.cer"));
    bundles::write(shell.folder(), &facts);
    let reached = (1..=4).fold(bundles::FARM.to_owned(), |text, number| {
        text.replacen("\"manual\"", &format!("\"ssh\"\naddress = \"10.0.0.{number}\""), 1)
    });
    std::fs::write(shell.folder().join("farm.toml"), &reached).unwrap();
    let credential = "--credential modern.pfx --password-file pass --policy evaluation";
    shell
        .says("Bundles of every server are at hand: the plan rests on them, and says how old they are.")
        .run(&format!("s2scert rotate plan --from collected {credential} --state-dir state"))
        .run("s2scert rotate show")
        .run(&format!("s2scert rotate plan --from collected --farm farm.toml {credential} --out other.json --json"))
        .says("Nobody has the next certificate yet: something stands in for it, and the roll is rehearsed.")
        .run("s2scert rehearse --from collected")
        .run("s2scert rehearse --from collected --farm farm.toml --strategy repair --seed 2 --json")
        .says("What cannot be planned from bundles.")
        .run("s2scert rotate plan --from no-such --issue --out none.json")
        .run("s2scert rehearse --from no-such")
        .run("s2scert rehearse --from collected --servers 2")
        .run("s2scert rehearse plan.json --from collected")
        .run("s2scert rehearse --strategy direct")
        .run("s2scert rotate plan --from collected --push --issue")
        .run("s2scert rehearse --from collected --strategy initial");
    facts[0]["rows"] = serde_json::json!({ "seen": [] });
    bundles::write_as(shell.folder(), "crm-web-1.json", &facts[0]);
    shell
        .says("Without a row there is nothing that a server could be repaired to.")
        .run("s2scert rehearse --from collected --strategy repair");
    let path = |name: &str| shell.folder().join(format!("collected/{name}.json"));
    let old = std::fs::read_to_string(path("crm-web-2")).unwrap().replace("farm-facts/1.1", "farm-facts/1.0");
    std::fs::write(path("crm-web-2"), old).unwrap();
    std::fs::remove_file(path("sp-1")).unwrap();
    let remark = "One bundle is of an earlier version, and one is missing.";
    shell
        .says(remark)
        .run(&format!("s2scert rotate plan --from collected {credential} --force"))
        .run("s2scert rehearse --from collected")
        .run("s2scert farm status --from collected")
        .compare("rotate-from");
}
