//! What is taken of an output, what it proves, and what is refused.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::app::keygen;
use crate::app::rehearse::sample_plan;
use crate::cert::DistinguishedName;
use crate::cert::issue::{Request, self_sign};
use crate::cert::key::{KeyPair, KeySpec};
use crate::cert::{Certificate, Fingerprint};
use crate::fake_host::FakeHost;
use crate::farm::description::Transport;
use crate::protocol::Octets;
use crate::rotation::plan::Check;
use crate::rotation::planner;

const NOW: &str = "2026-06-01T00:00:00Z";

static PLAN: LazyLock<Plan> = LazyLock::new(|| sample_plan(1).unwrap());

struct Scene {
    plan: Plan,
    key: KeyPair,
    /// The server that people look after.
    server: String,
}

/// A plan with a real certificate, one of whose servers is looked after by people.
fn scene() -> Scene {
    let key = keygen::generate(KeySpec::Rsa2048).unwrap();
    let request = Request {
        subject: DistinguishedName::parse("CN=crm.contoso.com g7,O=Contoso").unwrap(),
        dns_names: Vec::new(),
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2028-01-01T00:00:00Z".parse().unwrap(),
        serial: [7; 16],
    };
    let certificate = self_sign(&request, &key).unwrap();
    let mut basis = sample_plan(3).unwrap().basis;
    basis.asked.certificate.certificate = Octets::new(certificate.der().to_vec()).unwrap();
    basis.asked.certificate.thumbprint = Hex::from(*certificate.thumbprint().as_bytes());
    basis.asked.certificate.fingerprint_sha256 = Hex::from(*certificate.fingerprint().as_bytes());
    let update_crm = basis.seen.update_crm.clone();
    let node = basis.seen.nodes.iter_mut().find(|node| node.signs() && node.name != update_crm).unwrap();
    node.transport = Transport::Manual;
    let server = node.name.to_string();
    Scene { plan: planner::plan(&basis).unwrap(), key, server }
}

impl Scene {
    fn pieces(&self) -> Pieces<'_> {
        Pieces { plan: &self.plan, digest: self.plan.digest() }
    }

    fn step(&self, id: &str) -> &Step {
        self.plan.steps.iter().chain(&self.plan.unwind).find(|step| step.id.as_str() == id).unwrap()
    }

    fn ready(&self) -> &Step {
        self.step(&format!("hand-ready-{}", self.server))
    }

    /// What a script prints, as PowerShell writes lines.
    fn printed(&self, step: &Step, part: Part, script: &str, answer: &Value) -> String {
        let marker = self.pieces().marker(step, part, script);
        format!("{}\r\n{answer}\r\n{}\r\n", marker.begin(), marker.end())
    }

    fn proof(&self, step: &Step, machine: &str) -> String {
        let signature = BASE64.encode(self.key.sign_sha256(&self.pieces().proof_text(step)).unwrap());
        let answer = json!({ "ok": true, "value": { "machine": machine, "signature": signature } });
        self.printed(step, Part::Look, "ProveKey", &answer)
    }

    fn shown(&self, step: &Step, change: impl FnOnce(&mut Value)) -> String {
        let node = self.plan.basis.seen.node(&self.server).unwrap();
        let readers: Vec<Value> = node
            .accounts
            .iter()
            .map(|one| json!({ "name": one.as_str(), "sid": "S-1-5-21-1", "reads": true }))
            .collect();
        let mut value = json!({
            "machine": "HV-17", "found": 1, "hasKey": true, "provider": "Microsoft Enhanced RSA and AES Cryptographic Provider",
            "providerType": 24, "keySpec": "Exchange", "machineKeySet": true, "container": "x", "access": "D:", "readers": readers,
        });
        change(&mut value);
        self.printed(step, Part::Look, "ShowCertificate", &json!({ "ok": true, "value": value }))
    }

    /// Hands outputs in, on a machine on which nothing was recorded before.
    fn hand_in(&self, step: Option<&str>, outputs: &[Vec<u8>]) -> (Result<RecordReport>, Vec<Record>) {
        let files = outputs.iter().enumerate();
        let fake = files.fold(FakeHost::new(NOW.parse().unwrap(), 1), |fake, (number, octets)| {
            fake.with_file(&format!("/{number}.txt"), octets.clone())
        });
        let host = fake.with_file("/plan.json", self.plan.bytes()).host();
        let options = Options {
            step: step.map(str::to_owned),
            outputs: (0..outputs.len()).map(|number| PathBuf::from(format!("/{number}.txt"))).collect(),
            plan: Some(PathBuf::from("/plan.json")),
            by: Some("ada".to_owned()),
            note: String::new(),
            state: None,
        };
        let report = record(&host, &options);
        let kept = Rolls::create(&host, None).unwrap().of(&self.plan.roll).unwrap();
        (report, kept.journal().unwrap().records())
    }

    fn recorded(&self, outputs: &[String]) -> Vec<String> {
        let outputs: Vec<Vec<u8>> = outputs.iter().map(|text| text.clone().into_bytes()).collect();
        let (report, records) = self.hand_in(None, &outputs);
        report.unwrap();
        let steps = records.iter().filter_map(|one| match one {
            Record::Recorded(one) => Some(one.step.to_string()),
            _ => None,
        });
        steps.collect()
    }

    fn refused(&self, step: Option<&str>, output: &[u8]) -> String {
        let (report, records) = self.hand_in(step, &[output.to_vec()]);
        assert!(!records.iter().any(|one| matches!(one, Record::Recorded(_))), "something was recorded");
        let error = report.unwrap_err();
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    }
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_server_is_recorded_as_ready_when_its_key_has_signed_and_every_account_reads_it() {
    let scene = scene();
    let ready = scene.ready();
    let (proof, shown) = (scene.proof(ready, "HV-17"), scene.shown(ready, |_| {}));
    // As a console of PowerShell 5.1 writes it with `>`, and as Tee-Object does elsewhere.
    for outputs in [[utf16(&proof), utf16(&shown)], [proof.clone().into_bytes(), shown.clone().into_bytes()]] {
        let (report, records) = scene.hand_in(Some(ready.id.as_str()), &outputs);
        let report = report.unwrap();
        assert!(report.outputs.iter().all(|one| one.verdict == Verdict::Proven && one.missing.is_empty()));
        assert!(report.outputs[0].not.contains("which server it was"), "{}", report.outputs[0].not);
        assert!(report.steps.iter().any(|one| one.step == ready.id.as_str() && one.recorded));
        let Some(Record::Recorded(one)) = records.last() else { panic!("{records:?}") };
        let hash = Fingerprint::of(&outputs[0]).to_string();
        assert!(one.by.as_str() == "ada" && one.note.as_str().contains(&hash), "{}", one.note.as_str());
    }
    let (report, records) = scene.hand_in(None, &[proof.clone().into_bytes()]);
    assert_eq!(report.unwrap().outputs[0].missing, ["ShowCertificate"], "one look of two does not do");
    assert!(matches!(records.as_slice(), [Record::Began(_)]));
}

#[test]
fn what_is_not_so_is_told_and_not_recorded() {
    let scene = scene();
    let ready = scene.ready();
    let good = scene.shown(ready, |_| {});
    let other = keygen::generate(KeySpec::Rsa2048).unwrap();
    let forged = BASE64.encode(other.sign_sha256(&scene.pieces().proof_text(ready)).unwrap());
    let answer = json!({ "ok": true, "value": { "machine": "HV-17", "signature": forged } });
    let failed = json!({ "ok": false, "error": { "message": "s2scert:no-key" } });
    let look = |answer: &Value| scene.printed(ready, Part::Look, "ProveKey", answer);
    let cases = [
        (look(&answer), "not that of the new key"),
        (look(&failed), "no-key"),
        (scene.shown(ready, |value| value["found"] = json!(0)), "0 times, not once"),
        (scene.shown(ready, |value| value["hasKey"] = json!(false)), "no private key"),
        (scene.shown(ready, |value| value["providerType"] = json!(0)), "no CSP"),
        (scene.shown(ready, |value| value["keySpec"] = json!("Signature")), "KeySpec"),
        (scene.shown(ready, |value| value["machineKeySet"] = json!(false)), "one user"),
        (scene.shown(ready, |value| value["readers"][0]["reads"] = json!(false)), "may not read the key"),
        (scene.shown(ready, |value| value["readers"] = json!([])), "may not read the key"),
    ];
    for (output, why) in cases {
        let both =
            if output.contains("signature") || output.contains("no-key") { &good } else { &scene.proof(ready, "x") };
        let (report, records) = scene.hand_in(None, &[output.clone().into_bytes(), both.clone().into_bytes()]);
        let report = report.unwrap();
        assert!(report.outputs[0].what.contains(why), "{why}: {}", report.outputs[0].what);
        assert_eq!((report.outputs[0].verdict, report.exit_code()), (Verdict::NotSo, ExitCode::Finding), "{why}");
        assert!(matches!(records.as_slice(), [Record::Began(_)]), "{why}");
    }
}

#[test]
fn what_is_not_whole_or_not_of_this_step_is_refused() {
    let (scene, stranger) = (scene(), scene());
    let ready = scene.ready();
    let proof = scene.proof(ready, "HV-17");
    let retry = |text: &str| scene.refused(None, text.as_bytes());
    let lines: Vec<&str> = proof.lines().collect();
    assert!(scene.refused(None, stranger.proof(stranger.ready(), "x").as_bytes()).contains("another plan"));
    assert!(scene.refused(Some("switch"), proof.as_bytes()).contains("the output of the step hand-ready-"));
    assert!(
        scene
            .refused(None, scene.proof(ready, scene.plan.basis.seen.update_crm.as_str()).as_bytes())
            .contains("it was made on")
    );
    assert!(retry(&lines[..2].join("\n")).contains("breaks off"), "the end is missing");
    assert!(retry(&lines[1..].join("\n")).contains("beginning is missing"));
    assert!(retry(&proof.repeat(2)).contains("more than one answer"));
    assert!(retry(&format!("PS C:\\> hello\n{proof}")).contains("beside its answer"));
    assert!(retry(&proof.replacen("\"ok\"", "\"ko\"", 1)).contains("cannot be read"));
    assert!(retry(&proof.replacen("\"machine\"", "\"machines\"", 1)).contains("not the form"));
    assert!(retry(&proof.replacen("begin-", "begin-0", 1)).contains("marker lines are those of no script"));
    assert!(retry("").contains("no line of it") && retry("The mail of Tuesday.").contains("no line of it"));
    assert!(scene.refused(None, &[0xff, 0xd8, 0x00, 0x9d]).len() > 10);
    assert!(scene.refused(Some("no-such-step"), proof.as_bytes()).contains("the plan has no such step"));
}

#[test]
fn the_steps_of_a_roll_by_hand_are_judged_by_what_they_are_to_bring_about() {
    let scene = scene();
    let new = BASE64.encode(scene.plan.basis.asked.certificate.certificate.as_bytes());
    let row = |data: &str| {
        json!({ "ok": true, "value": { "rows": [{
            "id": "1", "name": "x", "certificateType": "S2STokenIssuer", "data": data, "storeName": "My",
            "storeLocation": "LocalMachine", "storeFindType": "FindBySubjectDistinguishedName",
        }] } })
    };
    let switch = scene.plan.steps.iter().find(|step| matches!(step.act, Act::Switch(_))).unwrap();
    let rows = |data: &str| scene.printed(switch, Part::Look, "GetCrmCertificate", &row(data));
    assert_eq!(scene.recorded(&[rows(&new)]), [switch.id.as_str()]);
    assert!(scene.recorded(&[rows("AQI=")]).is_empty());
    // That a script came to its end is no proof that it is so.
    let ended = scene.printed(switch, Part::Do, "CertificateReconfiguration", &json!({ "ok": true, "value": {} }));
    assert!(scene.recorded(&[ended]).is_empty());
    let health = scene.plan.steps.iter().find(|step| matches!(&step.check, Check::Metadata(one) if !one.both)).unwrap();
    let keys = |keys: Value| {
        let answer = json!({ "ok": true, "value": { "issuer": "x", "keys": keys } });
        scene.printed(health, Part::Look, "ReadMetadata", &answer)
    };
    assert_eq!(scene.recorded(&[keys(json!([new]))]), [health.id.as_str()]);
    assert!(scene.recorded(&[keys(json!([]))]).is_empty());
    // When a process began is compared with what the journal knows, and it does not know when people wrote the row.
    let recycle = scene.step(&format!("hand-recycle-{}", scene.server));
    let scripts: Vec<&'static str> = scene.pieces().of(recycle).unwrap().iter().map(|one| one.runs.name()).collect();
    assert!(scripts.contains(&"GetAppPools") || scripts.contains(&"GetServices"), "{scripts:?}");
}

#[test]
fn a_certificate_of_the_plan_that_is_none_proves_nothing() {
    let scene = scene();
    assert!(Certificate::from_der(scene.plan.basis.asked.certificate.certificate.as_bytes()).is_ok());
    let mut basis = scene.plan.basis.clone();
    basis.asked.certificate.certificate = Octets::new(b"none".to_vec()).unwrap();
    let other = Scene { plan: planner::plan(&basis).unwrap(), ..scene };
    let (report, _) = other.hand_in(None, &[other.proof(other.ready(), "x").into_bytes()]);
    assert_eq!(report.unwrap().outputs[0].verdict, Verdict::NotSo);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever somebody hands in, it is refused or judged; nothing is recorded but what is proven.
    #[test]
    fn any_octets_are_refused_or_judged(octets in proptest::collection::vec(0..=u8::MAX, 0..300), cut in 0_usize..400) {
        let plan = &*PLAN;
        let pieces = Pieces { plan, digest: plan.digest() };
        let step = plan.steps.iter().find(|step| step.check == Check::RowIsNew).unwrap();
        let marker = pieces.marker(step, Part::Look, "GetCrmCertificate");
        let whole = [marker.begin().as_bytes(), b"\n", &octets, b"\n", marker.end().as_bytes()].concat();
        for bytes in [&octets[..], &whole[..], &whole[..cut.min(whole.len())]] {
            if let Ok(judged) = judge(&pieces, None, None, bytes).unwrap() {
                prop_assert!(judged.says.verdict != Verdict::Proven);
            }
        }
    }
}
