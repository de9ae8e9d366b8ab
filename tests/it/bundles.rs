//! Bundles of a small farm, as its servers would write them. One of each fault can be put in.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s2scert::farm::bundle::Bundle;
use serde_json::{Value, json};

/// The description that belongs to them. The subject is that of the fixtures.
pub(crate) const FARM: &str = include_str!("../data/farm/contoso.toml");

const ISSUER: &str = "00000007-0000-0000-c000-000000000000@5f2a";

/// Returns what each server shows when all agree on one certificate.
pub(crate) fn healthy(der: &[u8]) -> Vec<Value> {
    let now = jiff::Timestamp::now().to_string();
    let der = STANDARD.encode(der);
    let seen = |value: Value| json!({ "seen": value });
    let base = |server: &str| {
        json!({
            "server": server, "collected_at": now, "collected_by": "s2scert 0.1.0", "clock_offset_seconds": { "seen": 0 },
            "script_sha256": { "seen": null }, "network_identity": { "seen": true },
        })
    };
    let crm = |server: &str, web: bool| {
        let mut facts = base(server);
        facts["store"] = seen(json!({ "certificates": [stored(&der)], "issuers": seen(json!([])) }));
        let (service, role) = if web { ("CRMAppPool", "web") } else { ("MSCRMAsyncService", "async") };
        facts["services"] =
            seen(json!([{ "name": service, "role": role, "account": "CONTOSO\\svc-crm", "runs": true }]));
        facts["script_sha256"] = seen(if web { json!("AB".repeat(32)) } else { Value::Null });
        if web {
            let answer = seen(json!({ "issuer": ISSUER, "keys": [der] }));
            facts["metadata"] = json!([{ "organization": "sales", "answer": answer }]);
        }
        facts
    };
    let mut first = crm("crm-web-1", true);
    first["rows"] = seen(json!([{ "kind": "S2STokenIssuer", "id": "f1", "certificate": der }]));
    first["other_rows"] =
        seen(json!([{ "certificate_type": "WSFedServiceProvider", "id": "f2", "thumbprint": "CD".repeat(20) }]));
    let mut sharepoint = base("sp-1");
    sharepoint["trusts"] = seen(json!([{
        "name": "crm", "registered_issuer": ISSUER, "source": { "metadata": "https://crm.contoso.com/" }, "signing": der,
    }]));
    sharepoint["refresh_job"] = seen(json!({ "enabled": true, "last_success": now }));
    vec![first, crm("crm-web-2", true), crm("crm-async-1", false), sharepoint]
}

/// Returns a certificate in a store, with a key that its service reads.
pub(crate) fn stored(der: &str) -> Value {
    json!({
        "certificate": der,
        "names_key": true,
        "key": { "seen": {
            "location": {
                "provider": "Microsoft Enhanced RSA and AES Cryptographic Provider", "provider_type": 24, "container": "s2s",
                "key_spec": "exchange", "machine": true,
            },
            "matches": true,
            "readers": { "seen": [{ "account": "CONTOSO\\svc-crm", "reading": "granted" }] },
        } },
    })
}

/// Writes the description and the bundles into a folder.
pub(crate) fn write(folder: &Path, facts: &[Value]) {
    fs::write(folder.join("farm.toml"), FARM).unwrap_or_else(|error| panic!("farm.toml: {error}"));
    let collected = folder.join("collected");
    fs::create_dir_all(&collected).unwrap_or_else(|error| panic!("collected: {error}"));
    for one in facts {
        write_as(folder, &format!("{}.json", one["server"].as_str().unwrap_or_default()), one);
    }
}

/// Writes one bundle under a name.
pub(crate) fn write_as(folder: &Path, name: &str, facts: &Value) {
    let sealed = serde_json::from_value(facts.clone()).unwrap_or_else(|error| panic!("{error}: {facts}"));
    let text = serde_json::to_string_pretty(&Bundle::seal(sealed)).unwrap_or_default();
    fs::write(folder.join("collected").join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// Puts faults of several sorts into a farm that agrees; `other` is a certificate that has nothing to do with it, `twin` one
/// with the same subject that has expired.
pub(crate) fn damage(facts: &mut [Value], twin: &[u8], other: &[u8]) {
    let (twin, other) = (STANDARD.encode(twin), STANDARD.encode(other));
    if let Some(certificates) = facts[1]["store"]["seen"]["certificates"].as_array_mut() {
        certificates.push(stored(&twin));
    }
    facts[1]["metadata"][0]["answer"]["seen"]["keys"] = json!([twin]);
    facts[2]["store"]["seen"]["certificates"][0]["key"]["seen"]["readers"]["seen"][0]["reading"] = json!("missing");
    facts[2]["store"]["seen"]["certificates"][0]["key"]["seen"]["location"]["key_spec"] = json!("signature");
    facts[2]["clock_offset_seconds"] = json!({ "seen": 412 });
    facts[0]["store"]["seen"]["certificates"][0]["tls_bindings"] = json!(["0.0.0.0:443"]);
    facts[3]["trusts"]["seen"][0]["signing"] = json!(other);
    facts[3]["trusts"]["seen"][0]["source"] = json!("fixed");
    facts[3]["refresh_job"] = json!({ "seen": null });
}
