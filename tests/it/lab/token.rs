//! `rotate verify --token` over the lab: whether SharePoint takes a token of a key is told as it is, and where not, why. The
//! tokens are judged by pyca/cryptography against the trust of the world (`tests/lab/site.rs`).

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::lab_farm::{Folder, pki};
use crate::standin::World;

/// The file in which the certificate that the farm uses is handed in.
const CREDENTIAL: &str = "current.pfx";

fn run(lab: &Folder, program: &Path, words: &[&str]) -> (Option<i32>, Json, String) {
    let mut command = Command::new(program);
    command.args(words).current_dir(&lab.0).env("S2SCERT_STATE", lab.path("operator-token")).stdin(Stdio::null());
    let output = command.output().unwrap();
    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), told)
}

/// Asks for the proof, and returns the line of the token: the verdict, with its reason and next steps.
fn proof(lab: &Folder, program: &Path) -> (Option<i32>, String, String) {
    let words = ["rotate", "verify", "plan.json", "--farm", "token.toml", "--token", "--json"];
    let (code, json, told) = run(lab, program, &words);
    assert!(!told.contains("eyJ"), "a token is told: {told}");
    let lines = json["lines"].as_array().unwrap_or_else(|| panic!("{told}"));
    let line = lines.iter().find(|line| line["what"].as_str().unwrap().starts_with("a token of the new key opens"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    (code, line["verdict"].as_str().unwrap().to_owned(), format!("{} {}", line["why"], line["next"]))
}

/// Makes the description that grants a site, and the plan of the certificate that the farm uses already.
fn prepare(lab: &Folder, program: &Path, port: u16) {
    super::operator::small_farm(lab);
    let text = std::fs::read_to_string(lab.path("small.toml")).unwrap();
    let site = format!("https://127.0.77.5:{port}/sites/crm");
    let text = text.replacen("servers = [\"sp-1\"]", &format!("servers = [\"sp-1\"]\nsites = [{site:?}]"), 1).replacen(
        "organization = \"sales\"\n",
        &format!("organization = \"sales\"\napp_only = [{site:?}]\n"),
        1,
    );
    assert!(text.contains("app_only"), "{text}");
    std::fs::write(lab.path("token.toml"), text).unwrap();
    let export = [
        "pkcs12",
        "-export",
        "-inkey",
        "current-key.pem",
        "-in",
        "current.pem",
        "-certfile",
        "chain.pem",
        "-out",
        CREDENTIAL,
        "-passout",
        "file:current.pass",
        "-certpbe",
        "PBE-SHA1-3DES",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
    ];
    let current = pki::load(lab, "current");
    let pem = |label: &str, der: &[u8]| s2scert::cert::pem::encode(label, der).to_string();
    let chain = ["issuing", "root"].map(|name| pem("CERTIFICATE", &pki::load(lab, name).der)).concat();
    for (name, content) in [
        ("current.pem", pem("CERTIFICATE", &current.der)),
        ("current-key.pem", pem("PRIVATE KEY", &current.key)),
        ("chain.pem", chain),
        ("current.pass", "correct horse battery staple\n".to_owned()),
    ] {
        std::fs::write(lab.path(name), content).unwrap();
    }
    let status = Command::new("openssl").args(export).current_dir(&lab.0).status().unwrap();
    assert!(status.success());
    let words = [
        "rotate",
        "plan",
        "--farm",
        "token.toml",
        "--strategy",
        "repair",
        "--node",
        "crm-web-1",
        "--credential",
        CREDENTIAL,
        "--password-file",
        "current.pass",
        "--policy",
        "evaluation",
        "--json",
    ];
    let (code, _, told) = run(lab, program, &words);
    assert!(matches!(code, Some(0 | 5)), "{told}");
    let words = "rotate apply plan.json --farm token.toml --credential current.pfx --password-file current.pass --json";
    let (code, _, told) = run(lab, program, &words.split(' ').collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{told}");
}

/// What is asked of the lab.
struct Site<'a> {
    lab: &'a Folder,
    program: &'a Path,
}

impl Site<'_> {
    fn is(&self, code: i32, verdict: &str, parts: &[&str]) {
        let (found, word, why) = proof(self.lab, self.program);
        assert_eq!((found, word.as_str()), (Some(code), verdict), "{why}");
        for part in parts {
            assert!(why.contains(part), "{why} has no {part:?}");
        }
    }

    fn mode(&self, mode: &str) {
        self.lab.set_mode("sp-1", "site-mode", mode);
    }

    fn clock(&self, mode: &str) {
        self.lab.set_mode("crm-web-1", "mode", mode);
    }

    fn is_taken(&self) {
        self.is(0, "so", &["null null"]);
    }

    /// SharePoint goes by another certificate: its trust does not accept that of the farm.
    fn is_refused_where_the_trust_has_another_certificate(&self) {
        let former = json!(STANDARD.encode(pki::load(self.lab, "former").der));
        World::Shared(self.lab.world()).with(|world| world["sharepoint"]["issuers"][0]["signing"] = former);
        self.is(3, "not", &["has not read the metadata since", "s2scert farm status"]);
    }
}

fn with_a_site(prove: impl FnOnce(&Site<'_>)) {
    let Some((_folder, lab, programs)) = super::lab() else { return };
    let Some(port) = lab.site else {
        return crate::oracles::skip("the environment of tests/oracles/setup.sh");
    };
    let (lab, program) = (&lab.folder, &*programs.s2scert);
    prepare(lab, program, port);
    prove(&Site { lab, program });
    nothing_of_a_token_is_kept(lab);
}

#[test]
fn sharepoint_takes_a_token_of_a_key_that_its_trust_accepts_and_of_no_other() {
    with_a_site(|site| {
        site.is_taken();
        site.is_refused_where_the_trust_has_another_certificate();
    });
}

#[test]
#[ignore = "takes minutes beside others; run it by hand: cargo test --test it lab::token -- --ignored"]
fn every_refusal_of_a_token_is_told_with_its_cause() {
    with_a_site(|site| {
        site.is_taken();
        for (mode, code, verdict, part) in [
            ("other-realm", 3, "not", "another realm or host name"),
            ("remembers former", 3, "not", "up to 24 hours"),
            ("forbidden", 3, "not", "grant Dynamics app-only permission"),
            // A site that lets anybody in proves nothing, and no token is made for it.
            ("open", 8, "unseen", "without a token too"),
        ] {
            site.mode(mode);
            site.is(code, verdict, &[part]);
        }
        site.mode("");
        // The clock of the node that signs is wrong in one direction, then in the other.
        site.clock("clock +15m");
        site.is(3, "not", &["s ahead of that of the site: the token is not valid there yet"]);
        site.clock("clock -15m");
        site.is(3, "not", &["s behind that of the site: the token is over there"]);
        site.clock("");
        site.is_taken();
        site.is_refused_where_the_trust_has_another_certificate();
        // Without such a site there is nothing to ask.
        let words = ["rotate", "verify", "plan.json", "--farm", "small.toml", "--token"];
        let (code, _, told) = run(site.lab, site.program, &words);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("app_only"), "{told}");
    });
}

/// No file of the lab, of the operator or of a node holds a token.
fn nothing_of_a_token_is_kept(lab: &Folder) {
    let mut open = vec![lab.0.clone()];
    let mut looked = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.extend((!path.ends_with("program")).then_some(path));
                continue;
            }
            let octets = std::fs::read(&path).unwrap_or_default();
            // Every header of a token begins with these letters.
            assert!(!octets.windows(7).any(|some| some == b"eyJ0eXA"), "{} holds a token", path.display());
            looked += 1;
        }
    }
    assert!(looked > 20, "{looked}");
}
