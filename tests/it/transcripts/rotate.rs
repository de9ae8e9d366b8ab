//! `s2scert rotate`, as far as it goes without a farm. A whole roll is in `tests/it/lab/roll.rs`, over real connections.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s2scert::app::rehearse::sample_plan;
use s2scert::protocol::{Hex, Id, Text};
use s2scert::rotation::journal::FileJournal;
use s2scert::rotation::plan::{Act, Plan};
use s2scert::rotation::record::{Began, Done, EndKind, Ended, Intent, Journal as _, Record, Run, Turned};

use super::shell::Shell;

/// A farm whose one server is this machine, which is none.
const FARM: &str = r#"format = "1.0"
name = "contoso"

[certificate]
subject = "CN=crm.contoso.com {g},O=Contoso"

[update_crm]
node = "crm-1"

[[node]]
name = "crm-1"
roles = ["web", "async", "deployment-tools"]
os = "server2019"
transport = "local"

[[identity]]
account = 'CONTOSO\svc-crm'
roles = ["web", "async"]

[[organization]]
name = "sales"
metadata = "https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=sales"
"#;

/// Options that every command has which reaches servers, or opens a credential.
const REACH: &str = "--push --node-program s2scert.exe";
const PASSWORDS: &str = "--password-stdin --password-command 'cat pass'";
const FILES: &str = "--credential modern.pfx --password-file pass --state-dir state";

/// When the journals here were written.
const THEN: &str = "2026-06-01T22:00:00Z";

/// Keeps a roll as `apply` does, cut off after these records.
fn keep(folder: &Path, plan: &Plan, records: Vec<Record>) {
    let state = s2scert::sys::host().state.create(&folder.join("state")).unwrap();
    let kept = state.create("rolls").unwrap().create(plan.roll.as_str()).unwrap();
    kept.write("plan.json", &plan.bytes()).unwrap();
    let mut journal = FileJournal::open(kept, &plan.roll).unwrap();
    records.iter().for_each(|record| journal.append(record).unwrap());
}

fn begun(plan: &Plan) -> Vec<Record> {
    let at = THEN.parse().unwrap();
    let step = &plan.steps[0];
    vec![
        Record::Began(Began { roll: plan.roll.clone(), plan_sha256: plan.digest(), at }),
        Record::Run(Run { holder: Text::told("CONTOSO\\ada on OPS01 #00000007"), fence: 7, at }),
        Record::Intent(Intent {
            step: step.id.clone(),
            ticket: Id::word(&format!("{}@stage", step.id)),
            attempt: 1,
            node: step.node.clone(),
            action: Text::told("stage"),
            before: None,
            at,
        }),
    ]
}

#[test]
fn rotate() {
    let mut shell = Shell::new();
    let plan = sample_plan(2).unwrap();
    std::fs::write(shell.folder().join("plan.json"), plan.bytes()).unwrap();
    shell
        .says("A plan is read as a page by whoever approves it. No server is asked.")
        .run("s2scert rotate show")
        .run("s2scert rotate show plan.json --json")
        .says("The same plan, rehearsed on the farm as it was seen when it was made.")
        .run("s2scert rehearse plan.json --seed 3")
        .says("Before a roll.")
        .run("s2scert rotate status --here --state-dir state")
        .run("s2scert rotate status --here --state-dir state --json");
    keep(shell.folder(), &plan, begun(&plan));
    shell
        .says("The controller was killed while it put the first PFX on a server.")
        .run("s2scert rotate status --here --state-dir state")
        .run("s2scert rotate record --state-dir state")
        .run("s2scert rotate record --state-dir state --json")
        .run("s2scert rotate record 1 --by ada --note done --state-dir state")
        .says("Everything about it in one file, for somebody who has no s2scert.")
        .run("s2scert rotate evidence --here --out evidence.json --state-dir state")
        .run("s2scert rotate evidence --here --out evidence.json --force --state-dir state --json")
        .says("The same plan, for people who do it by hand.")
        .run("s2scert rotate emit plan.json --dir by-hand")
        .run("s2scert rotate emit plan.json --dir by-hand-too --json");
    printed(shell.folder(), &plan);
    shell
        .says("What the look of the switch printed is handed in: as the row was before, as it is, and as somebody changed it.")
        .run("s2scert rotate record --output before.txt --state-dir state")
        .run("s2scert rotate record switch --output after.txt --by ada --note ticket-7 --state-dir state")
        .run("s2scert rotate record --output - --state-dir state --json < after.txt")
        .run("s2scert rotate record --output torn.txt --state-dir state")
        .run("s2scert rotate record 1 --output after.txt --state-dir state")
        .run("s2scert rotate record --output notes.txt --state-dir state --json")
        .says("Somebody does the roll from its beginning by hand: its plan begins the journal.")
        .run("s2scert rotate record --plan plan.json --output after.txt --state-dir elsewhere")
        .run("s2scert rotate record --plan missing.json --state-dir elsewhere")
        .run("s2scert rotate record no-such-step --output after.txt --state-dir elsewhere");
    let mut records = begun(&plan);
    let at = THEN.parse().unwrap();
    records.extend([
        Record::Turned(Turned { why: Text::told("import-crm-001: the disk is full"), at }),
        Record::Done(Done { step: plan.unwind[0].id.clone(), at }),
        Record::Ended(Ended { end: EndKind::RolledBack, why: Text::told("import-crm-001: the disk is full"), at }),
    ]);
    std::fs::remove_dir_all(shell.folder().join("state")).unwrap();
    keep(shell.folder(), &plan, records);
    shell
        .says("It was taken back.")
        .run("s2scert rotate status --here --state-dir state")
        .run("s2scert rotate record --state-dir state")
        .run("s2scert rotate record --plan plan.json --output after.txt --state-dir state")
        .compare("rotate");
}

/// What the look of the switch prints before and after it, and the half of that.
fn printed(folder: &Path, plan: &Plan) {
    let switch = plan.steps.iter().position(|step| matches!(step.act, Act::Switch(_))).unwrap();
    let node = folder.join("by-hand").join(plan.steps[switch].node.as_str());
    let data = std::fs::read(node.join(format!("{:03}-{}.look.json", switch + 1, plan.steps[switch].id))).unwrap();
    let data: serde_json::Value = serde_json::from_slice(&data).unwrap();
    let new = plan.basis.asked.certificate.certificate.as_bytes();
    for (name, der) in [("before.txt", b"another".as_slice()), ("after.txt", new)] {
        let row = serde_json::json!({
            "id": "1", "name": "s2s", "certificateType": "S2STokenIssuer", "data": STANDARD.encode(der), "storeName": "My",
            "storeLocation": "LocalMachine", "storeFindType": "FindBySubjectDistinguishedName",
        });
        let answer = serde_json::json!({ "ok": true, "value": { "rows": [row] } });
        let line = |name: &str| data[name].as_str().unwrap().to_owned();
        let text = format!("{}\r\n{answer}\r\n{}\r\n", line("begin"), line("end"));
        std::fs::write(folder.join("torn.txt"), &text[..text.len() - 20]).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn rotate_errors() {
    let mut shell = Shell::new();
    let plan = sample_plan(2).unwrap();
    let text = String::from_utf8(plan.bytes()).unwrap();
    let folder = shell.folder().to_owned();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("roll.json", &text);
    write("edited.json", &text.replacen("\"deadline_seconds\": 60", "\"deadline_seconds\": 61", 1));
    write("newer.json", &text.replacen("rotation-plan/1.0", "rotation-plan/1.7", 1));
    let zeros = Hex::from([0; 32]);
    shell
        .says("A farm of which nothing can be seen from here: there is no plan, and no key is made for one.")
        .file("farm.toml", FARM)
        .run("s2scert rotate plan --issue --generate-password-to new.pass")
        .run("s2scert rotate plan --issue --json")
        .run(
            "s2scert rotate plan --credential modern.pfx --password-file pass --strategy repair --node crm-1 --retire-after 14 \
             --reason key-compromise --policy evaluation --out other.json",
        )
        .run("s2scert rotate plan --credential modern.pfx --password-file pass --waivers missing.toml")
        .says("What cannot be planned.")
        .run("s2scert rotate plan --credential modern.pfx --password-file wrong")
        .run("s2scert rotate plan --credential missing.pfx --password-stdin < pass")
        .run("s2scert rotate plan --credential modern.pfx --password-command 'cat pass' --out roll.json")
        .run("s2scert rotate plan --credential modern.pfx --strategy retire --old 12 --force")
        .run("s2scert rotate plan --farm missing.toml --issue --push --node-program s2scert.exe --state-dir state")
        .says("What is no roll, and stands or falls with what is seen as well.")
        .run("s2scert rotate repair --node crm-1")
        .run("s2scert rotate repair --apply --json")
        .run(&format!("s2scert rotate retire --old {0} --retire-after 30 --farm farm.toml", Hex::from([1; 20])))
        .run(&format!("s2scert rotate retire --old {0} --json --out gone.json --force", Hex::from([1; 20])))
        .run(&format!("s2scert rotate repair --approved-digest {} --state-dir state", Hex::from([0; 32])))
        .run(&format!("s2scert rotate repair --apply --approved-digest {}", Hex::from([0; 32])))
        .run(&format!("s2scert rotate retire --out roll.json --approved-digest {} --state-dir state", plan.digest()))
        .run(&format!(
            "s2scert rotate repair --approved-digest 00 --out newer.json --force --farm farm.toml --take-over 7 --policy evaluation --waivers missing.toml \
             {REACH} {PASSWORDS} {FILES} < pass"
        ))
        .run(&format!(
            "s2scert rotate retire --apply --take-over 7 --policy evaluation --waivers missing.toml {REACH} {PASSWORDS} {FILES} < pass"
        ))
        .says("Plans that may not be applied.")
        .run("s2scert rotate apply roll.json --state-dir state")
        .run(&format!("s2scert rotate apply roll.json --approved-digest {zeros} --state-dir state"))
        .run("s2scert rotate apply edited.json --credential modern.pfx --password-file pass --state-dir state")
        .run("s2scert rotate apply newer.json --detailed-exitcode --take-over 7 --state-dir state")
        .run("s2scert rotate apply notes.txt --state-dir state --json")
        .run("s2scert rotate apply roll.json --credential modern.pfx --password-file pass --state-dir state")
        .run("s2scert rotate show missing.json")
        .run("s2scert rehearse edited.json")
        .run("s2scert rehearse roll.json --servers 2")
        .says("Options are understood before the plan is.")
        .run(&format!("s2scert rotate apply newer.json --farm farm.toml {REACH} {PASSWORDS} --credential modern.pfx < pass"))
        .run(&format!(
            "s2scert rotate resume newer.json --from-node --take-over 7 --farm farm.toml {REACH} {PASSWORDS} {FILES} < pass"
        ))
        .run(&format!("s2scert rotate rollback newer.json --from-node --farm farm.toml {REACH} {PASSWORDS} {FILES} < pass"))
        .run(&format!(
            "s2scert rotate abort newer.json --from-node --take-over 7 --farm farm.toml {REACH} {PASSWORDS} {FILES} < pass"
        ))
        .run(&format!("s2scert rotate verify newer.json --token --farm farm.toml {REACH} --state-dir nowhere"))
        .run(&format!("s2scert rotate status --farm missing.toml {REACH} --state-dir nowhere"))
        .says("What was not begun.")
        .run("s2scert rotate resume --state-dir state")
        .run("s2scert rotate resume roll.json --state-dir state")
        .run("s2scert rotate resume --from-node --state-dir state")
        .run("s2scert rotate rollback roll.json --farm farm.toml --take-over 3 --state-dir state")
        .run("s2scert rotate abort --state-dir state")
        .run("s2scert rotate verify --state-dir nowhere")
        .run("s2scert rotate record 1 --state-dir state")
        .run("s2scert rotate status --farm missing.toml --state-dir state");
    keep(&folder, &plan, begun(&plan));
    shell
        .says("Only what is done by hand is recorded.")
        .run("s2scert rotate record switch --state-dir state")
        .says("The certificate of the plan is none: it is of a simulated farm.")
        .run("s2scert rotate resume roll.json --credential modern.pfx --password-file pass --farm farm.toml --state-dir state")
        .says("The plan is gone.");
    let kept = folder.join(format!("state/rolls/{}", plan.roll));
    std::fs::rename(kept.join("plan.json"), folder.join("kept.json")).unwrap();
    shell.run("s2scert rotate resume --state-dir state");
    std::fs::write(kept.join("plan.json"), "{}").unwrap();
    shell.run("s2scert rotate record --state-dir state");
    std::fs::rename(folder.join("kept.json"), kept.join("plan.json")).unwrap();
    shell.says("Two rolls are open.");
    let other = sample_plan(3).unwrap();
    keep(&folder, &other, begun(&other));
    shell.run("s2scert rotate resume --state-dir state");
    std::fs::remove_dir_all(folder.join(format!("state/rolls/{}", other.roll))).unwrap();
    shell
        .says("What cannot be written.")
        .run("s2scert rotate emit edited.json --dir by-hand")
        .run(&format!(
            "s2scert rotate evidence --roll roll-0 --farm farm.toml {REACH} --out other.json --state-dir state"
        ))
        .says("A line of the journal was changed.");
    let journal = folder.join(format!("state/rolls/{0}/{0}.journal", plan.roll));
    let changed = std::fs::read_to_string(&journal).unwrap().replacen("ada", "bob", 1);
    std::fs::write(&journal, changed).unwrap();
    shell
        .run("s2scert rotate resume --state-dir state")
        .run("s2scert rotate status --here --state-dir state")
        .compare("rotate-errors");
}

#[test]
fn rotate_help() {
    let mut shell = Shell::new();
    for command in [
        "",
        " plan",
        " show",
        " apply",
        " resume",
        " rollback",
        " abort",
        " repair",
        " retire",
        " verify",
        " record",
        " status",
        " emit",
        " evidence",
    ] {
        shell.run(&format!("s2scert rotate{command} --help"));
    }
    for schema in [
        "rotate-plan",
        "rotate-run",
        "rotate-progress",
        "rotate-status",
        "rotate-verify",
        "rotate-record",
        "rotation-plan",
    ] {
        shell.run_to(&format!("s2scert schema {schema}"), 4);
    }
    shell.compare("rotate-help");
}
