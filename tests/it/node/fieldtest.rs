//! What a field test writes on a server of the farm can be read back: its answers stand in for that server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use s2scert::app::fieldtest::{FieldReport, Options, fieldtest};
use s2scert::node::acts::{Acts, Did, Fault, Look, MachineActs, Surroundings, Work};
use s2scert::protocol::{self, Action, Facts, Outcome, Trouble};
use serde_json::{Value as Json, json};

use super::scripts::{SCRIPT, Server};
use super::{FakeHost, machine};

/// The names of the site. `contoso` is common by Microsoft's examples, so the site has another.
const SITE: &[&str] = &["fabrikam", "crm1", "crmadmin", "5f0d3a52"];

/// A server of a site that no example names.
fn fabrikam(before: impl FnOnce(&mut Json)) -> Server {
    Server::new(|state| {
        before(state);
        let text = state.to_string().replace("contoso", "fabrikam").replace("CONTOSO", "FABRIKAM");
        *state = serde_json::from_str(&text).unwrap();
    })
}

/// A server as a bundle shows it: each look is answered with what stands there, in the order of its sort.
struct Recorded {
    answers: BTreeMap<String, Vec<Outcome>>,
}

impl Recorded {
    fn read(bundle: &Json) -> Self {
        let mut answers: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for look in bundle["looks"].as_array().unwrap() {
            let text = look["answer"].to_string();
            let answer = protocol::read_answer(text.as_bytes()).unwrap_or_else(|why| panic!("{why}: {text}"));
            answers.entry(look["look"].as_str().unwrap().to_owned()).or_default().push(answer.outcome);
        }
        Self { answers }
    }

    fn outcome(&self, action: &Action) -> &Outcome {
        let place = match action {
            Action::StoreList(list) => list.store as usize,
            _ => 0,
        };
        &self.answers[action.info().name][place]
    }
}

impl Acts for Recorded {
    fn look(&self, action: &Action, _: &Work<'_>) -> Result<Look, Fault> {
        match self.outcome(action).clone() {
            Outcome::Observed(seen) => Ok(Look { holds: seen.holds, facts: seen.facts }),
            Outcome::Refused(refusal) => Err(Fault::Refused(refusal)),
            Outcome::Failed(trouble) => Err(Fault::Failed(trouble)),
            other => panic!("a look ended so: {other:?}"),
        }
    }

    fn act(&self, _: &Action, _: &Work<'_>) -> Result<Did, Fault> {
        let trouble = Trouble::new(s2scert::error::Kind::Internal, "what is recorded does not act");
        Err(Fault::Failed(trouble))
    }

    fn surroundings(&self, _: &Work<'_>) -> Surroundings {
        match self.outcome(&Action::Describe(protocol::Nothing {})) {
            Outcome::Observed(protocol::Observed { facts: Facts::Node(node), .. }) => Surroundings {
                powershell: node.powershell.clone(),
                script: node.script.clone(),
                network_identity: node.network_identity.clone(),
            },
            other => panic!("no description: {other:?}"),
        }
    }
}

fn run(fake: &FakeHost, acts: &dyn Acts) -> (FieldReport, Json, String) {
    let options = Options { out: PathBuf::from("seen.json"), force: true, state: None };
    let report = fieldtest(&fake.host(), acts, &options).unwrap();
    let (_, bytes) = fake.file("seen.json").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    (report, serde_json::from_str(&text).unwrap(), text)
}

/// What was seen and what was not, look by look, without the words.
fn seen(report: &FieldReport) -> Vec<(String, bool)> {
    report.looks.iter().map(|look| (look.look.clone(), look.seen)).collect()
}

/// The kinds of what stands in an answer, and how much of it: keys and lengths, no texts.
fn shape(value: &Json) -> Json {
    match value {
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Json::Array(list) => list.iter().map(shape).collect(),
        Json::String(_) => json!("text"),
        other => other.clone(),
    }
}

#[test]
fn a_bundle_of_a_server_is_read_back_and_shows_what_the_server_showed() {
    let server = fabrikam(|state| state["files"][SCRIPT]["sha256"] = json!("AB".repeat(32)));
    let (report, bundle, text) = run(&server.fake, &MachineActs);
    assert!(report.looks.iter().all(|look| look.seen), "{:?}", report.looks);
    let lower = text.to_lowercase();
    for name in SITE {
        assert!(!lower.contains(name), "{name} stands in {lower}");
    }

    let schema: Json = serde_json::from_str(include_str!("../../../docs/schema/node-answer.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for look in bundle["looks"].as_array().unwrap() {
        validator.validate(&look["answer"]).unwrap();
    }

    let (again, second, _) = run(&machine(), &Recorded::read(&bundle));
    assert_eq!(seen(&again), seen(&report));
    let facts = |bundle: &Json| -> Vec<Json> {
        let looks = bundle["looks"].as_array().unwrap().iter();
        looks.filter(|one| one["look"] != "describe").map(|one| shape(&one["answer"]["outcome"])).collect()
    };
    assert_eq!(facts(&second), facts(&bundle));
    assert_eq!(second["questions"], bundle["questions"]);
}

#[test]
fn a_bundle_of_a_server_without_the_cmdlets_says_the_same_gaps_when_read_back() {
    let server = fabrikam(|state| state["snapins"] = json!([]));
    let (report, bundle, _) = run(&server.fake, &MachineActs);
    assert!(report.looks.iter().any(|look| !look.seen));
    let (again, ..) = run(&machine(), &Recorded::read(&bundle));
    assert_eq!(seen(&again), seen(&report));
    let why = |report: &FieldReport| report.looks.iter().map(|look| look.why.is_some()).collect::<Vec<_>>();
    assert_eq!(why(&again), why(&report));
}
