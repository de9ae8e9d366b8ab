//! A site of the lab's SharePoint: `_api/web` over HTTPS, for tokens that the trust of the world accepts. A program in another
//! language judges them (`tests/oracles/jwt.py`).

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::ALL_VERSIONS;
use serde_json::{Value as Json, json};

use super::{Folder, NODES, Pki};
use crate::standin::World;
use crate::tls_server::{Identity, Server, speak};

/// The principal of SharePoint.
const PRINCIPAL: &str = "00000003-0000-0ff1-ce00-000000000000";

/// Lets the site listen at the address of the SharePoint server, where the program that judges tokens is there.
pub(crate) fn listen(folder: &Folder, pki: &Pki) -> Option<Server> {
    let judge = judge()?;
    let held = Identity { leaf: pki.tls.der.clone(), key: pki.tls.key.clone() };
    let (config, folder) = (held.config(ALL_VERSIONS), folder.clone());
    let address = NODES.iter().find(|node| node.is_sharepoint())?.address;
    let serve = move |stream| drop(speak(&config, stream, &|head, out| answer(&folder, &judge, head, out)));
    Server::on(address, 0, serve).ok()
}

/// The Python that has pyca/cryptography.
fn judge() -> Option<PathBuf> {
    let own = std::env::var_os("S2SCERT_ORACLES").map(PathBuf::from);
    let usual = option_env!("CARGO_TARGET_TMPDIR").map(|folder| Path::new(folder).with_file_name("oracles"));
    let folder = own.or(usual).unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/oracles"));
    let python = folder.join("bin/python");
    python.exists().then_some(python)
}

/// Answers one request. The file `site-mode` of the server that runs SharePoint says how the site is otherwise than usual.
fn answer(folder: &Folder, judge: &Path, head: &str, out: &mut dyn Write) -> io::Result<()> {
    let mode = folder.mode("sp-1", "site-mode");
    let field = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
    };
    let token = field("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let refused = match token {
        _ if !head.starts_with("GET /sites/crm/_api/web ") => return reply(out, "404 Not Found", ""),
        _ if mode == "open" => None,
        None => Some("no token".to_owned()),
        Some(token) => judged(folder, judge, &mode, &token, &field("host").unwrap_or_default()),
    };
    match (refused, mode.as_str()) {
        (None, "forbidden") => reply(out, "403 Forbidden", ""),
        (None, _) => reply(out, "200 OK", ""),
        (Some(why), _) => {
            let why = format!("x-ms-diagnostics: 3000003;reason=\"{why}\";category=\"invalid_client\"\r\n");
            reply(out, "401 Unauthorized", &why)
        }
    }
}

fn reply(out: &mut dyn Write, status: &str, more: &str) -> io::Result<()> {
    let date = jiff::fmt::rfc2822::to_string(&Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
    let body = json!({ "Title": "CRM" }).to_string();
    let date = date.replace("+0000", "GMT");
    write!(
        out,
        "HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
}

/// Returns why a token is refused by the trust, the realm and the clock of the world.
fn judged(folder: &Folder, judge: &Path, mode: &str, token: &str, host: &str) -> Option<String> {
    let world = World::Shared(folder.world()).state();
    let (sharepoint, trust) = (&world["sharepoint"], &world["sharepoint"]["issuers"][0]);
    let realm = match mode {
        "other-realm" => "00000000-1111-2222-3333-444444444444",
        _ => sharepoint["realm"].as_str().unwrap_or_default(),
    };
    let additional = trust["additional"].as_array().cloned().unwrap_or_default();
    let mut accepted: Vec<Json> = std::iter::once(trust["signing"].clone()).chain(additional).collect();
    // One that has not read its trusts anew goes by what it knew.
    if let Some(name) = mode.strip_prefix("remembers ") {
        accepted = vec![json!(STANDARD.encode(&super::pki::load(folder, name).der))];
    }
    let asked = json!({
        "token": token, "certificates": accepted, "issuer": trust["registeredIssuerName"],
        "audience": format!("{PRINCIPAL}/{host}@{realm}"), "now": Timestamp::now().as_second(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/jwt.py");
    let mut command = Command::new(judge);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let verdict: Json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (verdict["ok"] != json!(true)).then(|| verdict["why"].as_str().unwrap_or("no reason").to_owned())
}
