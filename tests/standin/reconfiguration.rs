//! A stand-in for Microsoft's CertificateReconfiguration.ps1. The text of the real one is not public; this one has the effects
//! that the documentation names: import, access for one account, and with `-updateCrm` the row.

use serde_json::{Value as Json, json};

use super::cmdlets::{Bound, second_hop, struck};
use super::crm::write_row;
use super::interpret::{Failure, Run, Session, Stop};
use super::machine::{effective_policy, printed};
use super::value::Value;
use super::world::{at_path, items, items_mut, tick, word};

const REQUIRED: &[&str] = &["certificateFile", "password", "certificateType", "serviceAccount"];
const OPTIONAL: &[&str] = &["updateCrm", "storeFindType"];

fn thrown<T>(text: &str, id: &str, reason: &str) -> Run<T> {
    Err(Stop::Throw(Failure::new(text, id, reason)))
}

/// The program that imports a real PFX into the real store of a node of the lab. It lies in the folder of the node.
const IMPORTER: &str = "importer";

/// Lets a program import a PFX that lies on the disk, as the lab has it: it gets the password on standard input, and prints
/// base64 of the certificate. Nothing where there is no such program, or it fails.
#[allow(clippy::disallowed_methods, reason = "a program for tests only")]
fn imported(bound: &Bound) -> Option<Json> {
    let file = bound.text("certificateFile");
    let above = std::path::Path::new(&file).ancestors().skip(1).map(|folder| folder.join(IMPORTER));
    let importer = above.into_iter().find(|one| one.is_file())?;
    let mut command = std::process::Command::new(importer);
    command.arg(&file).arg(bound.text("serviceAccount"));
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().ok()?;
    let password = bound.text("password");
    std::io::Write::write_all(&mut child.stdin.take()?, password.as_bytes()).ok()?;
    let ended = child.wait_with_output().ok()?;
    let data = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
    // Each has a subject of its own: that two have one is for the cases in which the world holds the file.
    ended.status.success().then(|| json!({ "password": password, "data": data, "subject": data }))
}

/// Runs the script.
pub(super) fn run(session: &mut Session<'_>, path: &str, bound: &Bound) -> Run<Vec<Value>> {
    let state = session.world.state();
    let Some(file) = at_path(&state["files"], path) else {
        return thrown(
            &format!("The term '{path}' is not recognized."),
            "CommandNotFoundException",
            "CommandNotFoundException",
        );
    };
    let policy = effective_policy(&state);
    if policy == "Restricted" || (policy == "AllSigned" && word(file, "signature") != "Valid") {
        let text = format!("File {path} cannot be loaded. The file is not digitally signed.");
        return thrown(&text, "UnauthorizedAccess", "PSSecurityException");
    }
    let known = |name: &str| REQUIRED.iter().chain(OPTIONAL).any(|known| known.eq_ignore_ascii_case(name));
    let strange = bound.parameters.iter().find(|(name, _)| !known(name)).map(|(name, _)| name.as_str());
    let missing = REQUIRED.iter().find(|name| bound.text(name).is_empty());
    if let Some(name) = strange.or_else(|| missing.copied()) {
        return thrown(&format!("A parameter is wrong: {name}"), "NamedParameterNotFound", "ParameterBindingException");
    }
    let begun = session.world.with(tick);
    let parameters: Json = bound.parameters.iter().map(|(name, value)| (name.clone(), json!(value.words()))).collect();
    session.world.note(json!({
        "reconfiguration": "begins", "at": begun, "location": session.location, "parameters": parameters,
        "process": std::process::id(),
    }));
    let ended = struck(session, "CertificateReconfiguration.ps1", |session| effects(session, bound));
    let at = session.world.with(tick);
    session.world.note(json!({ "reconfiguration": "ends", "at": at, "process": std::process::id() }));
    ended
}

fn effects(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    let state = session.world.state();
    let known = at_path(&state["files"], &bound.text("certificateFile")).cloned();
    let pfx = known.or_else(|| imported(bound)).unwrap_or_default();
    if word(&pfx, "password") != bound.text("password") {
        let text = "The PFX file you are trying to import requires either a different password or membership in an Active \
                    Directory principal to which it is protected.";
        let failure =
            Failure::new(text, "System.Security.Cryptography.CryptographicException", "CryptographicException");
        return Err(Stop::Throw(Failure { hresult: 0x8007_0056_u32 as i32 as i64, ..failure }));
    }
    let account = bound.text("serviceAccount");
    let same_subject = session.world.with(|state| {
        let store = items_mut(state, "my");
        match store.iter_mut().find(|held| word(held, "data") == word(&pfx, "data")) {
            Some(held) => items_mut(held, "readers").push(json!(account)),
            None => store.push(json!({
                "subject": word(&pfx, "subject"), "data": word(&pfx, "data"), "readers": [account],
            })),
        }
        store.iter().filter(|held| word(held, "subject") == word(&pfx, "subject")).count()
    });
    if same_subject > 1 {
        return thrown("Private key not found", "RuntimeException", "RuntimeException");
    }
    if bound.parameter("updateCrm").is_some_and(|flag| flag.truth()) {
        second_hop(session).map_err(|stop| match stop {
            Stop::Report(failure) => Stop::Throw(failure),
            other => other,
        })?;
        let find = bound.parameter("storeFindType").map(|value| value.words());
        write_row(
            session,
            json!({
                "certificateType": bound.text("certificateType"),
                "name": "",
                "data": word(&pfx, "data"),
                "storeName": "My",
                "storeLocation": "LocalMachine",
                "storeFindType": find.as_deref().unwrap_or("FindBySubjectDistinguishedName"),
            }),
        );
    }
    let program = session.world.state()["reconfiguration"].clone();
    let lines: Vec<Json> = items(&program, "output")
        .iter()
        .map(|line| json!(line.as_str().unwrap_or_default().replace("{password}", &bound.text("password"))))
        .collect();
    let errors = items(&program, "errors").iter().map(|error| Failure {
        hresult: error["hresult"].as_i64().unwrap_or(-2_146_233_088),
        ..Failure::new(word(error, "message"), word(error, "id"), "WriteErrorException")
    });
    let output = printed(session, bound, &lines, errors.collect())?;
    if let Some(code) = program["exitCode"].as_i64() {
        session.variables.insert("lastexitcode".to_owned(), Value::Number(code));
    }
    Ok(output)
}
