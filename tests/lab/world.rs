//! The world behind the stand-in for PowerShell: the configuration database and SharePoint, one for all nodes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::web::PRINCIPAL;
use super::{ASYNC_ACCOUNT, Folder, HOST, NODES, Pki, REALM, WEB_ACCOUNT, pki};
use crate::standin::World;

/// The world that every case of the stand-in begins with.
const BEGINNING: &str = include_str!("../standin/contoso.json");

/// Returns the address of the metadata document.
pub(crate) fn metadata_url(port: u16) -> String {
    format!("https://{HOST}:{port}/XrmServices/2015/metadataendpoint.svc/json?orgName=sales")
}

/// Returns base64 as the configuration database has it.
pub(crate) fn data(der: &[u8]) -> Json {
    json!(STANDARD.encode(der))
}

/// Changes the world; no node looks at it meanwhile.
pub(crate) fn change(folder: &Folder, change: impl FnOnce(&mut Json)) {
    World::Shared(folder.world()).with(change);
}

/// Writes the world in which everything agrees.
pub(crate) fn write(folder: &Folder, pki: &Pki, port: u16) {
    let mut world: Json = serde_json::from_str(BEGINNING).unwrap();
    let now = Timestamp::now();
    let ago = |minutes| (now - SignedDuration::from_mins(minutes)).to_string();
    world["clock"] = json!(now.to_string());
    world["lives"] = json!(true);
    world["offset"] = json!(0);
    world["services"][0]["startName"] = json!(ASYNC_ACCOUNT);
    world["services"][1]["startName"] = json!(ASYNC_ACCOUNT);
    world["pools"][0]["userName"] = json!(WEB_ACCOUNT);
    // The beginning has hashes that are none, for the cases of the answer's reader.
    let files = world["files"].as_object_mut().unwrap();
    for (_, file) in files.iter_mut().filter(|(_, file)| file["sha256"].is_string()) {
        file["sha256"] = json!("A1".repeat(32));
    }
    let row = |id: char, kind: &str, der: &[u8]| {
        json!({
            "id": "x0000000-0000-0000-0000-000000000000".replace('x', &id.to_string()), "name": "s2s", "data": data(der),
            "certificateType": kind, "storeName": "My", "storeLocation": "LocalMachine",
            "storeFindType": "FindBySubjectDistinguishedName",
        })
    };
    world["crm"]["rows"] =
        json!([row('1', "S2STokenIssuer", &pki.current.der), row('2', "TokenEncryption", &pki.tls.der)]);
    let server = |name: &str, roles: &str| json!({ "name": name, "fullName": format!("{name}.contoso.com"), "roles": roles, "state": "Enabled", "version": "9.1.21.21" });
    let servers = NODES.iter().filter(|node| !node.is_sharepoint()).map(|node| {
        let roles = match (node.is_web(), node.roles.contains("tools")) {
            (true, true) => "WebApplicationServer, DeploymentTools",
            (true, false) => "WebApplicationServer",
            _ => "AsynchronousProcessingService",
        };
        server(node.name, roles)
    });
    world["crm"]["servers"] = servers.collect();
    let sharepoint = &mut world["sharepoint"];
    sharepoint["realm"] = json!(REALM);
    sharepoint["servers"] = json!([{ "name": "sp-1", "role": "Application" }]);
    sharepoint["issuers"] = json!([{
        "name": "crm", "registeredIssuerName": format!("{PRINCIPAL}@{REALM}"), "metadataEndPoint": metadata_url(port),
        "isSelfIssuer": false, "signing": data(&pki.current.der), "additional": [],
    }]);
    sharepoint["roots"] = json!([
        { "name": "auto 1", "certificate": data(&pki.current.der), "automatic": true },
        { "name": "contoso root", "certificate": data(&pki.root), "automatic": false },
    ]);
    let job = sharepoint["jobs"].as_array_mut().unwrap().iter_mut().find(|job| job["name"] == "RefreshMetadataFeed");
    job.unwrap()["runs"] = json!([{ "started": ago(61), "ended": ago(60), "status": "Succeeded", "server": "sp-1" }]);
    super::write(&folder.world(), world.to_string(), 0o644);
}

/// Returns the certificate of this name as the database has it.
pub(crate) fn of(folder: &Folder, name: &str) -> Json {
    data(&pki::load(folder, name).der)
}
