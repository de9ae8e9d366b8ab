//! What only a process can show: the real state folder, two at once, a lock that is held, a deadline, a kill.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use s2scert::node::engine::Allow;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{Answer, PROGRAM, leaf, password, request};

/// A node with a state folder of its own.
pub(super) struct Node {
    folder: TempDir,
}

impl Node {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("state")
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("node").args(more).arg("--state-dir").arg(self.state());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, request: &[u8]) -> Child {
        let mut child = self.command(&[]).spawn().unwrap();
        // A node that refuses early reads no further.
        let _ = child.stdin.take().unwrap().write_all(request);
        child
    }

    pub(super) fn ask_allowing(&self, request: &[u8], allow: Allow) -> Answer {
        let more: &[&str] = if allow == Allow::Observe { &["--allow", "observe"] } else { &[] };
        let mut child = self.command(more).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(request);
        ended(child)
    }

    fn ask(&self, request: &Json) -> Answer {
        self.ask_allowing(request.to_string().as_bytes(), Allow::All)
    }

    /// Searches every file.
    pub(super) fn holds_nowhere(&self, octets: &[u8]) {
        let mut searched = 0;
        for file in files(&self.state()) {
            let content = fs::read(&file).unwrap();
            assert!(!content.windows(octets.len()).any(|window| window == octets), "{}", file.display());
            searched += 1;
        }
        assert!(searched > 3, "{searched} files");
    }
}

fn ended(child: Child) -> Answer {
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "stderr is silent");
    Answer::of(output.status.code().unwrap(), output.stdout)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn unstage(step: &str) -> Json {
    request(&json!({"unstage": {}}), Some(&json!(["roll-1", step, 1, 1])))
}

/// A PFX that takes long to open: of more iterations than s2scert itself writes.
fn slow_stage() -> Option<Json> {
    let openssl = crate::tools::openssl()?;
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("leaf.key"), super::fixture("leaf.key")).unwrap();
    fs::write(path("leaf.cer"), super::fixture("leaf.cer")).unwrap();
    openssl.run(&["x509", "-inform", "der", "-in", &path("leaf.cer"), "-out", &path("leaf.pem")]);
    let input = ["-inkey", &path("leaf.key"), "-in", &path("leaf.pem"), "-out", &path("slow.pfx")];
    let password = format!("pass:{}", password());
    openssl.run(&[&["pkcs12", "-export", "-iter", "1000000", "-passout", &password][..], &input].concat());
    let pfx = BASE64.encode(fs::read(path("slow.pfx")).unwrap());
    let stage =
        json!({"stage": {"thumbprint": leaf().thumbprint().to_string(), "pfx": pfx, "password": super::password()}});
    Some(request(&stage, Some(&json!(["roll-1", "stage", 1, 1]))))
}

#[test]
fn of_two_performs_at_once_one_acts_and_the_other_is_told_busy() {
    let node = Node::new();
    let Some(slow) = slow_stage() else { return };
    let first = node.start(slow.to_string().as_bytes());
    // Until the intent is written down.
    while records(&node).is_empty() {
        std::thread::yield_now();
    }
    let repeat = node.ask(&slow);
    assert_eq!(repeat.outcome()["busy"]["running"]["step"], "stage", "{}", repeat.json);
    assert_eq!(repeat.code, 9);
    let other = node.ask(&unstage("other"));
    assert!(other.outcome()["busy"].is_object(), "{}", other.json);
    let lease = json!({"lease-take": {"holder": "ada", "seconds": 60}});
    let lease = node.ask(&request(&lease, Some(&json!(["roll-1", "lease", 1, 2]))));
    assert_eq!(lease.outcome()["done"]["changed"], true, "a lease does not wait for an action: {}", lease.json);
    let first = ended(first);
    assert_eq!(first.outcome()["done"]["changed"], true, "{}", first.json);
    // The fence has moved on, so even a repeat is refused.
    assert_eq!(node.ask(&slow).outcome()["refused"]["code"], "fenced");
}

/// The records that are in place; one on its way has another name.
fn records(node: &Node) -> Vec<PathBuf> {
    let name = regex::Regex::new(r"/[0-9A-F]{32}\.json$").unwrap();
    files_of(&node.state().join("node/attempts"))
        .into_iter()
        .filter(|path| name.is_match(&path.to_string_lossy()))
        .collect()
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    if folder.is_dir() {
        files(folder).into_iter().filter(|path| path.extension().is_some()).collect()
    } else {
        Vec::new()
    }
}

#[test]
fn of_many_at_once_exactly_one_acts() {
    let node = Node::new();
    let stage = super::scripts::stage_request(1);
    let children: Vec<Child> = (0..8).map(|_| node.start(stage.to_string().as_bytes())).collect();
    let answers: Vec<Answer> = children.into_iter().map(ended).collect();
    let done: Vec<&Answer> = answers.iter().filter(|answer| answer.outcome()["done"].is_object()).collect();
    let busy = answers.iter().filter(|answer| answer.outcome()["busy"].is_object()).count();
    assert!(!done.is_empty() && done.len() + busy == answers.len());
    assert!(done.iter().all(|answer| answer.bytes == done[0].bytes), "all are told of one attempt");
    assert_eq!(files_of(&node.state().join("node/staging")).len(), 1);
}

#[test]
fn a_killed_attempt_is_unclear_and_the_probe_tells_how_it_is() {
    let node = Node::new();
    let Some(slow) = slow_stage() else { return };
    let mut first = node.start(slow.to_string().as_bytes());
    while records(&node).is_empty() {
        std::thread::yield_now();
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let repeat = node.ask(&slow);
    assert_eq!(repeat.outcome()["unclear"]["holds"], "no", "{}", repeat.json);
    let described = node.ask(&request(&json!({"describe": {}}), None));
    let open = &described.outcome()["observed"]["facts"]["node"]["state"]["open_attempts"];
    assert_eq!((&open[0]["action"], &open[0]["step"]), (&json!("stage"), &json!("stage")), "{}", described.json);
}

#[test]
fn a_lock_that_another_holds_is_busy() {
    let node = Node::new();
    node.ask(&unstage("first"));
    let lock = fs::File::options().write(true).open(node.state().join("node/action.lock")).unwrap();
    lock.lock().unwrap();
    assert!(node.ask(&unstage("second")).outcome()["busy"].is_object());
    drop(lock);
    assert!(node.ask(&unstage("second")).outcome()["done"].is_object());
}

#[test]
fn a_request_that_does_not_end_is_not_waited_for() {
    let node = Node::new();
    let mut child = node.command(&["--read-within", "1"]).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let answer = ended(child);
    assert_eq!((answer.code, &answer.outcome()["refused"]["code"]), (2, &json!("late")));
    drop(stdin);
}

#[test]
fn a_request_of_a_gigabyte_ends_at_the_bound() {
    let node = Node::new();
    let mut child = node.command(&[]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let block = vec![b' '; 1 << 20];
    let taken = (0..1024).take_while(|_| stdin.write_all(&block).is_ok()).count();
    drop(stdin);
    assert!(taken < 16, "{taken} MiB were taken");
    let answer = ended(child);
    assert_eq!((answer.code, &answer.outcome()["refused"]["code"]), (2, &json!("too-large")));
}

#[test]
fn a_state_folder_that_could_be_anothers_doing_is_refused_by_name() {
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 4] = [
        ("staging", |state| {
            fs::set_permissions(state.join("node/staging"), fs::Permissions::from_mode(0o777)).unwrap()
        }),
        ("standing.json", |state| {
            fs::set_permissions(state.join("node/standing.json"), fs::Permissions::from_mode(0o666)).unwrap();
        }),
        ("link", |state| symlink("/etc/passwd", state.join("node/link")).unwrap()),
        ("node", |state| fs::set_permissions(state.join("node"), fs::Permissions::from_mode(0o770)).unwrap()),
    ];
    for (entry, spoil) in cases {
        let node = Node::new();
        assert!(node.ask(&super::scripts::stage_request(1)).outcome()["done"].is_object());
        spoil(&node.state());
        let answer = node.ask(&unstage("after"));
        assert_eq!(answer.outcome()["refused"]["code"], "unsafe-state", "{entry}: {}", answer.json);
        assert!(answer.outcome()["refused"]["why"].as_str().unwrap().contains(entry), "{entry}: {}", answer.json);
        let described = node.ask(&request(&json!({"describe": {}}), None));
        let unusable = &described.outcome()["observed"]["facts"]["node"]["state"]["unusable"];
        assert!(unusable.as_str().unwrap().contains(entry), "{entry}: {}", described.json);
    }
}

#[test]
fn a_staging_folder_that_somebody_prepared_is_refused() {
    let node = Node::new();
    node.ask(&unstage("first"));
    let elsewhere = TempDir::new().unwrap();
    symlink(elsewhere.path(), node.state().join("node/staging")).unwrap();
    let answer = node.ask(&super::scripts::stage_request(1));
    assert_eq!(answer.outcome()["refused"]["code"], "unsafe-state", "{}", answer.json);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn the_environment_names_the_state_folder_and_an_option_goes_before_it() {
    let (named, asked) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let run = |more: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["node", "describe", "--json"]).args(more).env("S2SCERT_STATE", named.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
        let state = &answer["outcome"]["observed"]["facts"]["node"]["state"];
        state["folder"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(&[]), named.path().display().to_string());
    assert_eq!(run(&["--state-dir", asked.path().to_str().unwrap()]), asked.path().display().to_string());
}

#[test]
fn a_proof_verifies_with_the_certificate_and_names_node_nonce_and_purpose() {
    let node = Node::new();
    assert!(node.ask(&super::scripts::stage_request(1)).outcome()["done"].is_object());
    let thumbprint = leaf().thumbprint().to_string();
    let install = json!({"install": {"thumbprint": thumbprint, "password": password()}});
    assert!(node.ask(&request(&install, Some(&json!(["roll-1", "install", 1, 1])))).outcome()["done"].is_object());
    let nonce = "A5".repeat(32);
    let prove = json!({"prove": {"thumbprint": thumbprint, "nonce": nonce, "purpose": "gate"}});
    let answer = node.ask(&request(&prove, None));
    let proof = &answer.outcome()["observed"]["facts"]["proof"];
    let octets = |key: &str| BASE64.decode(proof[key].as_str().unwrap()).unwrap();
    let certificate = s2scert::cert::Certificate::from_der(&octets("certificate")).unwrap();
    assert_eq!(certificate.thumbprint().to_string(), thumbprint);
    let part = |text: &str| format!("{}:{text}\n", text.len());
    let text = ["s2scert.proof/1", &nonce, proof["node"].as_str().unwrap(), "gate", &thumbprint].map(part).concat();
    let algorithm = s2scert::cert::signature::SignatureAlgorithm::RsaPkcs1(s2scert::cert::signature::Hash::Sha256);
    algorithm.verify(&certificate.public_key(), text.as_bytes(), &octets("signature")).unwrap();
}
