//! The web servers: the metadata document from the rows of the world, or what a breakage orders in its place.

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustls::ALL_VERSIONS;
use serde_json::{Value as Json, json};

use super::pki::{self, Held};
use super::{Folder, NODES, Pki, REALM, make};
use crate::tls_server::{Identity, Server, speak};

/// The principal of Dynamics.
pub(crate) const PRINCIPAL: &str = "00000007-0000-0000-c000-000000000000";

/// Lets every web node listen at one port, each on its own address.
pub(crate) fn listen(folder: &Folder, pki: &Pki) -> Vec<Server> {
    let identity = |held: &Held| Identity { leaf: held.der.clone(), key: held.key.clone() }.config(ALL_VERSIONS);
    let configs = [identity(&pki.tls), identity(&pki.tls_expired)];
    let web: Vec<_> = NODES.iter().filter(|node| node.is_web()).collect();
    for _ in 0..50 {
        let mut servers: Vec<Server> = Vec::new();
        for node in &web {
            make(&folder.of(node.name));
            let (folder, name, configs) = (folder.clone(), node.name, configs.clone());
            let serve = move |stream: TcpStream| serve(&folder, name, &configs, stream);
            // The first takes any port; another process may have it on the address of the next.
            match Server::on(node.address, servers.first().map_or(0, |first| first.port), serve) {
                Ok(server) => servers.push(server),
                Err(_) => break,
            }
        }
        if servers.len() == web.len() {
            return servers;
        }
    }
    panic!("no port is free on all addresses");
}

fn serve(folder: &Folder, node: &str, configs: &[Arc<rustls::ServerConfig>; 2], mut stream: TcpStream) {
    let mode = folder.mode(node, "web-mode");
    let config = &configs[usize::from(mode == "tls-expired")];
    match mode.as_str() {
        "off" => {}
        "hang" => sleep(Duration::from_secs(600)),
        "plain" => drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP at an HTTPS port")),
        _ => drop(speak(config, stream, &|_, out| answer(folder, &mode, out))),
    }
}

fn answer(folder: &Folder, mode: &str, out: &mut dyn Write) -> io::Result<()> {
    let reply = |out: &mut dyn Write, status: &str, sort: &str, body: &str| {
        let length = body.len();
        write!(out, "HTTP/1.1 {status}\r\nContent-Type: {sort}\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    let json = |out: &mut dyn Write, keys: Vec<Json>| {
        let document = document(&keys).to_string();
        reply(out, "200 OK", "application/json", &document)
    };
    match mode {
        "login-page" => {
            reply(out, "200 OK", "text/html", "<!DOCTYPE html><html><head><title>Sign In</title></head></html>")
        }
        "redirect" => {
            out.write_all(b"HTTP/1.1 302 Found\r\nLocation: https://sts.contoso.com/\r\nContent-Length: 0\r\n\r\n")
        }
        "unauthorized" => reply(out, "401 Unauthorized", "text/html", ""),
        "old" => json(out, vec![key(&lines(&pki::load(folder, "former").der))]),
        "no-key" => json(out, Vec::new()),
        "ten-keys" => {
            let mut all = keys(folder);
            let more = ["former", "namesake", "tls", "tls-expired", "expired", "root", "issuing", "tls-root"];
            all.extend(more.iter().map(|name| key(&lines(&pki::load(folder, name).der))));
            all.push(key(&lines(&pki::load(folder, "former").der)));
            json(out, all)
        }
        "broken-key" => json(out, vec![key("TkVX")]),
        "huge" => {
            out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")?;
            (0..1 << 10).try_for_each(|_| out.write_all(&[b' '; 1 << 20]))
        }
        _ => json(out, keys(folder)),
    }
}

/// The keys of the document are the certificates of both rows, as Dynamics publishes them.
fn keys(folder: &Folder) -> Vec<Json> {
    let world: Json = serde_json::from_slice(&fs::read(folder.world()).unwrap_or_default()).unwrap_or_default();
    let rows = world["crm"]["rows"].as_array().cloned().unwrap_or_default();
    let published = rows
        .iter()
        .filter(|row| matches!(row["certificateType"].as_str(), Some("S2STokenIssuer" | "AlternativeS2STokenIssuer")));
    published.map(|row| key(row["data"].as_str().unwrap_or_default())).collect()
}

fn key(value: &str) -> Json {
    json!({ "usage": "Signing", "keyValue": { "type": "x509certificate", "value": value } })
}

fn document(keys: &[Json]) -> Json {
    json!({
        "id": PRINCIPAL, "name": PRINCIPAL, "version": "1.0", "issuer": format!("{PRINCIPAL}@{REALM}"), "keys": keys,
        "endpoints": [],
    })
}

/// Base64 in lines, as a document may have it.
pub(crate) fn lines(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    text.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}
