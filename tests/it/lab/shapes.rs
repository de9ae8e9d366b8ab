//! Every shape of a roll by the real program over real connections, one after the other on one farm. After each, what became of
//! stores, rows and trusts is compared with what its plan says.

use std::collections::{BTreeMap, BTreeSet};

use s2scert::cert::Thumbprint;
use serde_json::{Value as Json, json};

use super::operator::{Operator, deeds, nothing_is_left, small_farm};
use crate::lab_farm::{Folder, NODES, pki};
use crate::standin::World;

/// How often the soak rolls where `S2SCERT_SOAK_ROLLS` does not say.
const SOAK: usize = 20;
const ISSUER: &str = "S2STokenIssuer";
const ALTERNATIVE: &str = "AlternativeS2STokenIssuer";

/// A roll: its name, which is also that of its files, the words of its plan, and what has to come of it.
struct Roll<'a> {
    name: &'a str,
    plan: &'a str,
    farm: &'a str,
    /// The credential, where another than its own.
    credential: &'a str,
    /// The shape that the plan has.
    strategy: &'a str,
    /// What the stand-in wrote down meanwhile, in order.
    happened: &'a str,
    /// How `apply` ends.
    code: i32,
}

const ROLL: Roll<'static> = Roll {
    name: "",
    plan: "",
    farm: "small.toml",
    credential: "",
    strategy: "direct",
    happened: "issuer restart recycle job",
    code: 0,
};

/// A farm, and who rolls it.
struct Desk<'a> {
    lab: &'a Folder,
    ada: Operator<'a>,
}

impl Desk<'_> {
    fn change(&self, change: impl FnOnce(&mut Json)) {
        World::Shared(self.lab.world()).with(change);
    }

    /// Plans, rolls, and compares.
    fn rolls(&self, roll: &Roll<'_>) {
        let (before, since) = (stores(self.lab), self.record().len());
        self.plans(roll);
        self.applies(roll);
        assert_eq!(self.happened(since), roll.happened, "{}", roll.name);
        self.is_as_planned(roll, &before);
    }

    fn plans(&self, roll: &Roll<'_>) {
        let (name, farm) = (roll.name, roll.farm);
        let credential = match roll.credential {
            "" => format!("--issue --credential {name}.pfx --generate-password-to {name}.pass"),
            other => format!("--credential {other}.pfx --password-file {other}.pass"),
        };
        let planned =
            self.ada.ends(&format!("rotate plan --farm {farm} {credential} --out {name}.json{}", roll.plan), 5);
        assert_eq!(planned["strategy"], roll.strategy, "{name}");
    }

    fn applies(&self, roll: &Roll<'_>) -> Json {
        let (name, farm) = (roll.name, roll.farm);
        let credential = if roll.credential.is_empty() { name } else { roll.credential };
        let files = format!("--credential {credential}.pfx --password-file {credential}.pass");
        self.ada.ends(&format!("rotate apply {name}.json --farm {farm} {files}"), roll.code)
    }

    fn record(&self) -> Vec<Json> {
        World::Shared(self.lab.world()).record()
    }

    /// What was done to the world since then, in order.
    fn happened(&self, since: usize) -> String {
        let word = |entry: &Json| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let row = |name: String| match name.as_str() {
                ISSUER => "issuer".to_owned(),
                ALTERNATIVE => "alternative".to_owned(),
                _ => name,
            };
            match (text("cmdlet").as_str(), text("program").as_str()) {
                ("Restart-Service", _) => Some("restart".to_owned()),
                ("Restart-WebAppPool", _) => Some("recycle".to_owned()),
                ("Disable-SPTimerJob", _) => Some("hold".to_owned()),
                ("Enable-SPTimerJob", _) => Some("release".to_owned()),
                (_, "iisreset.exe") => Some("iisreset".to_owned()),
                _ if entry["row-changed"].is_string() => Some(row(text("row-changed"))),
                _ if entry["row-removed"].is_string() => Some(format!("no-{}", row(text("row-removed")))),
                _ if entry["job-run"].is_string() => Some("job".to_owned()),
                _ if entry["balancer"].is_string() => Some(text("balancer")),
                _ => None,
            }
        };
        let words: Vec<String> = self.record()[since..].iter().filter_map(word).collect();
        words.join(" ")
    }

    fn plan(&self, name: &str) -> Json {
        serde_json::from_slice(&std::fs::read(self.lab.path(&format!("{name}.json"))).unwrap()).unwrap()
    }

    /// Stores, rows and trusts are what the steps of the plan make of them, and nothing else has changed.
    fn is_as_planned(&self, roll: &Roll<'_>, before: &Stores) {
        let (name, plan) = (roll.name, self.plan(roll.name));
        let (asked, steps) = (&plan["basis"]["asked"], plan["steps"].as_array().unwrap());
        let new = asked["certificate"]["thumbprint"].as_str().unwrap();
        let rows_before = plan["basis"]["seen"]["rows"].as_array().unwrap();
        let row_before = rows_before.iter().find(|row| row["certificate_type"] == ISSUER);
        let old = asked["old"].as_str().or_else(|| row_before?["thumbprint"].as_str());
        let mut wanted = before.clone();
        for step in steps {
            let node = wanted.get_mut(step["node"].as_str().unwrap()).unwrap();
            match &step["act"] {
                act if *act == "import-natively" || act["import-by-script"].is_object() => {
                    node.insert(new.to_owned());
                }
                act if act["remove"] == "old" => {
                    node.remove(old.unwrap());
                }
                _ => {}
            }
        }
        assert_eq!(stores(self.lab), wanted, "{name}: the stores");
        let switches = steps.iter().any(|step| step["act"]["switch"].is_object());
        let world = World::Shared(self.lab.world()).state();
        let rows: Vec<(&str, String)> = world["crm"]["rows"].as_array().unwrap().iter().map(row).collect();
        let issuers: Vec<&String> = rows.iter().filter(|(kind, _)| *kind == ISSUER).map(|(_, print)| print).collect();
        let named = if switches { Some(new) } else { row_before.and_then(|row| row["thumbprint"].as_str()) };
        assert_eq!(issuers, named.iter().collect::<Vec<_>>(), "{name}: the row");
        assert!(rows.iter().all(|(kind, _)| *kind != ALTERNATIVE), "{name}: {rows:?}");
        assert_eq!(rows.len(), 2, "{name}: the row of another type stays: {rows:?}");
        for issuer in world["sharepoint"]["issuers"].as_array().unwrap() {
            let more = issuer["additional"].as_array().unwrap().iter();
            let accepted: BTreeSet<String> = more.chain([&issuer["signing"]]).map(thumbprint).collect();
            assert!(accepted.contains(named.unwrap()), "{name}: the trust accepts {accepted:?}");
            let gone = asked["reason"] == "key-compromise" || roll.strategy == "recover";
            assert!(!gone || accepted.len() == 1, "{name}: the trust accepts {accepted:?}");
        }
        let jobs = world["sharepoint"]["jobs"].as_array().unwrap();
        assert!(jobs.iter().all(|job| job["held"] != true), "{name}: the job is held");
        assert_eq!(deeds(self.lab).1, 0, "{name}: two calls overlap");
    }

    /// The farm is proven once more, no roll stands on any node, and nothing secret is left.
    fn is_at_rest(&self, farm: &str) {
        self.ada.ends(&format!("rotate verify --farm {farm}"), 0);
        let status = self.ada.ends(&format!("rotate status --farm {farm}"), 0);
        assert!(status["nodes"].as_array().unwrap().iter().all(|node| node.get("roll").is_none()), "{status}");
        nothing_is_left(self.lab, &[&self.ada]);
    }

    /// Records every step that is left to people. Returns their names.
    fn records(&self) -> Vec<String> {
        let left = self.ada.ends("rotate record", 11);
        let steps = left["steps"].as_array().unwrap().iter().filter(|step| step["recorded"] == false);
        let names: Vec<String> = steps.map(|step| step["step"].as_str().unwrap().to_owned()).collect();
        for (number, name) in names.iter().enumerate() {
            let code = if number + 1 == names.len() { 0 } else { 11 };
            self.ada.ends(&format!("rotate record {name} --by Grace"), code);
        }
        names
    }
}

/// The certificates with a key of each node, by their thumbprints.
type Stores = BTreeMap<String, BTreeSet<String>>;

fn stores(lab: &Folder) -> Stores {
    let of = |node: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(lab.stores(node).join("My")).unwrap().map(|entry| entry.unwrap().path());
        let with_key =
            files.map(|path| std::fs::read_to_string(path).unwrap()).filter(|text| text.starts_with("Key: "));
        with_key.map(|text| thumbprint(&json!(base64_of(&text)))).collect()
    };
    NODES.iter().map(|node| (node.name.to_owned(), of(node.name))).collect()
}

/// The base64 between the two lines of a PEM.
fn base64_of(text: &str) -> String {
    let inner = text.split("-----BEGIN CERTIFICATE-----").nth(1).unwrap().split("-----END").next().unwrap();
    inner.split_whitespace().collect()
}

/// The thumbprint of a certificate that the world has as base64.
fn thumbprint(data: &Json) -> String {
    use base64::Engine as _;
    let der = base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap();
    Thumbprint::of(&der).to_string()
}

fn row(row: &Json) -> (&str, String) {
    (row["certificateType"].as_str().unwrap(), thumbprint(&row["data"]))
}

/// Nothing is left of what a roll writes into the world.
fn before_the_first_set_up(world: &mut Json) {
    world["crm"]["rows"].as_array_mut().unwrap().retain(|row| row["certificateType"] != ISSUER);
    world["sharepoint"]["issuers"] = json!([]);
}

/// Sets a farm up whose certificates may be made for evaluation.
fn with_desk(test: impl FnOnce(&Desk<'_>)) {
    let Some((_folder, lab, programs)) = super::lab() else { return };
    let lab = &lab.folder;
    small_farm(lab);
    let text = std::fs::read_to_string(lab.path("small.toml")).unwrap();
    let text = text.replacen("name = \"lab\"\n", "name = \"lab\"\npolicy = \"evaluation\"\n", 1);
    std::fs::write(lab.path("small.toml"), text).unwrap();
    test(&Desk { lab, ada: Operator::new(lab, &programs.s2scert, "ada") });
}

#[test]
fn a_farm_is_set_up_and_rolled_without_a_gap_and_repaired_and_what_is_old_is_retired() {
    with_desk(|desk| {
        let trusts = World::Shared(desk.lab.world()).state()["sharepoint"]["issuers"].clone();
        desk.change(before_the_first_set_up);
        desk.rolls(&Roll {
            name: "initial",
            strategy: "initial",
            happened: "issuer restart recycle",
            code: 11,
            ..ROLL
        });
        assert_eq!(desk.records(), ["hand-intranet"]);
        desk.ada.ends("rotate resume", 0);
        // Somebody has set SharePoint up.
        desk.change(|world| {
            let rows = world["crm"]["rows"].as_array().unwrap();
            let signing = rows.iter().find(|row| row["certificateType"] == ISSUER).unwrap()["data"].clone();
            world["sharepoint"]["issuers"] = trusts;
            world["sharepoint"]["issuers"][0]["signing"] = signing;
        });
        desk.rolls(&Roll {
            name: "overlap",
            plan: " --strategy overlap",
            strategy: "overlap",
            happened: "alternative job hold issuer alternative release restart recycle job no-alternative",
            ..ROLL
        });
        // A server that was built anew.
        let new =
            desk.plan("overlap")["basis"]["asked"]["certificate"]["fingerprint_sha256"].as_str().unwrap().to_owned();
        std::fs::remove_file(desk.lab.stores("crm-async-1").join("My").join(format!("{new}.pem"))).unwrap();
        desk.rolls(&Roll {
            name: "repair",
            plan: " --strategy repair",
            credential: "overlap",
            strategy: "repair",
            happened: "restart",
            ..ROLL
        });
        let old = desk.plan("initial")["basis"]["asked"]["certificate"]["thumbprint"].as_str().unwrap().to_owned();
        desk.rolls(&Roll {
            name: "retire",
            plan: &format!(" --strategy retire --retire-after 0 --old {old}"),
            credential: "overlap",
            strategy: "retire",
            happened: "",
            ..ROLL
        });
        desk.is_at_rest("small.toml");
    });
}

#[test]
fn a_server_of_others_is_awaited_and_the_balancer_is_told_and_a_roll_is_given_up() {
    with_desk(|desk| {
        // One server is looked after by people; the other stands behind a load balancer.
        let text = std::fs::read_to_string(desk.lab.path("small.toml")).unwrap();
        let balancer =
            |word: &str| format!(r#"{word} = ["sh", "-c", "echo '{{\"balancer\":\"{word}\"}}' >>world.log"]"#);
        let table = |table: &str| {
            let (is_async, is_web) = (table.contains("\"crm-async-1\""), table.contains("name = \"crm-web-1\""));
            let gone = |line: &&str| !["address", "port", "staging"].iter().any(|key| line.starts_with(key));
            match table.starts_with("node]]") {
                true if is_async => {
                    let lines: Vec<&str> = table.lines().filter(gone).collect();
                    lines.join("\n").replace("\"ssh\"", "\"manual\"") + "\n"
                }
                true if is_web => format!("{}\n{}\n{}\n", table.trim_end(), balancer("drain"), balancer("undrain")),
                _ => table.to_owned(),
            }
        };
        let tables: Vec<String> = text.split("\n[[").map(table).collect();
        std::fs::write(desk.lab.path("shared.toml"), tables.join("\n[[")).unwrap();
        let roll = Roll { name: "shared", farm: "shared.toml", happened: "", code: 11, ..ROLL };
        let (before, since) = (stores(desk.lab), desk.record().len());
        desk.plans(&roll);
        // The row is not written before somebody has recorded that the server is ready.
        let waits = desk.applies(&roll);
        assert!(waits["left"].to_string().contains("rotate record hand-ready-crm-async-1"), "{waits}");
        assert_eq!((desk.happened(since).as_str(), deeds(desk.lab).0), ("", 0));
        desk.ada.ends("rotate record hand-ready-crm-async-1 --by Grace", 11);
        let waits = desk.ada.ends("rotate resume", 11);
        assert!(waits["left"].to_string().contains("rotate record hand-recycle-crm-async-1"), "{waits}");
        assert_eq!(desk.happened(since), "issuer drain recycle undrain job");
        assert_eq!(desk.records(), ["hand-recycle-crm-async-1"]);
        desk.ada.ends("rotate resume", 0);
        assert_eq!(desk.happened(since), "issuer drain recycle undrain job");
        desk.is_as_planned(&roll, &before);
        // The next one waits for the same server, and is given up: what was changed stays, and another may begin.
        let roll = Roll { name: "given-up", ..roll };
        let (before, since) = (stores(desk.lab), desk.record().len());
        desk.plans(&roll);
        desk.applies(&roll);
        desk.plans(&Roll { name: "another", ..roll });
        desk.ada.ends(
            "rotate apply another.json --farm shared.toml --credential another.pfx --password-file another.pass",
            9,
        );
        assert_eq!(desk.ada.ends("rotate abort given-up.json", 11)["end"], "aborted");
        assert_eq!(desk.happened(since), "");
        let after = stores(desk.lab);
        assert_eq!(after["crm-web-1"].len(), before["crm-web-1"].len() + 1, "what was imported stays");
        assert!(after.iter().filter(|(node, _)| *node != "crm-web-1").all(|(node, held)| before[node] == *held));
        let status = desk.ada.ends("rotate status --farm shared.toml", 8);
        assert!(status["nodes"].as_array().unwrap().iter().all(|node| node.get("roll").is_none()), "{status}");
        nothing_is_left(desk.lab, &[&desk.ada]);
    });
}

#[test]
#[ignore = "two rolls more than the gate has time for; run it by hand: cargo test --test it lab::shapes -- --ignored expired"]
fn an_expired_certificate_is_replaced_and_a_compromised_one_goes_at_once() {
    with_desk(|desk| {
        let expired = pki::load(desk.lab, "expired");
        for node in ["crm-web-1", "crm-async-1"] {
            pki::put_with_key(&desk.lab.stores(node), &expired);
        }
        desk.change(|world| {
            use base64::Engine as _;
            let data = json!(base64::engine::general_purpose::STANDARD.encode(&expired.der));
            let rows = world["crm"]["rows"].as_array_mut().unwrap();
            rows.iter_mut().find(|row| row["certificateType"] == ISSUER).unwrap()["data"] = data.clone();
            world["sharepoint"]["issuers"][0]["signing"] = data;
        });
        desk.rolls(&Roll {
            name: "recover",
            strategy: "recover",
            happened: "issuer restart recycle job iisreset",
            ..ROLL
        });
        desk.rolls(&Roll { name: "compromise", plan: " --reason key-compromise", ..ROLL });
        desk.is_at_rest("small.toml");
    });
}

#[test]
#[ignore = "as many rolls as S2SCERT_SOAK_ROLLS says; run it by hand: cargo test --test it lab::shapes -- --ignored --nocapture soak"]
fn the_soak_rolls_one_farm_many_times() {
    let rolls = std::env::var("S2SCERT_SOAK_ROLLS").map_or(SOAK, |count| count.parse().unwrap());
    with_desk(|desk| {
        let begun = std::time::Instant::now();
        for number in 1..=rolls {
            // What was old is removed, so that the stores stay as large as they are.
            let name = format!("soak-{number}");
            desk.rolls(&Roll { name: &name, plan: " --retire-after 0", ..ROLL });
            nothing_is_left(desk.lab, &[&desk.ada]);
            let (changed, overlapping) = deeds(desk.lab);
            assert_eq!((changed, overlapping), (number, 0));
            let each = begun.elapsed().as_secs_f64() / number as f64;
            println!(
                "{number} rolls: {changed} changes of the row, {overlapping} calls overlapped, 0 files left, {each:.1} s each"
            );
        }
        desk.is_at_rest("small.toml");
    });
}
