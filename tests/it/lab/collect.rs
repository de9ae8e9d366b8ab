//! What the nodes of the lab answer, put into bundles of the form that `farm status --from` reads.
//!
//! Nodes that a breakage cannot touch are shown as they were when everything was in order, because asking takes long.
//! The certificates of a store come from the lab's own folder: a node tells a certificate by its hash.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s2scert::cert::Fingerprint;
use s2scert::farm::bundle::Bundle;
use s2scert::ports::CarryError;
use s2scert::protocol::Action;
use serde_json::{Value as Json, json};

use super::carry::Reach;
use super::published;
use crate::lab_farm::{ASYNC_ACCOUNT, Folder, NODES, Node, WEB_ACCOUNT};

/// Enough for a node that answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one that never answers is waited for, where one is.
const IMPATIENCE: Duration = Duration::from_secs(10);

/// One node, and how to ask it.
struct Asked<'a> {
    lab: &'a Folder,
    reach: &'a Reach,
    node: &'a Node,
    patience: Duration,
}

/// Returns the nodes that a breakage touches; before any, and where the others have to be seen beside a lost one, all.
fn touched(breakage: &str) -> &'static [&'static str] {
    const ALL: &[&str] = &["crm-web-1", "crm-web-2", "crm-web-3", "crm-async-1", "sp-1"];
    let family = breakage.split('-').next().unwrap_or_default();
    match (breakage, family) {
        ("" | "node-down" | "node-hangs" | "service-account", _) | (_, "row") => ALL,
        (_, "trust" | "job") => &["sp-1"],
        (_, "metadata" | "login" | "redirect" | "unauthorized" | "tls" | "web") => &["crm-web-3"],
        ("certificate-missing" | "other-certificate" | "host-key", _) | (_, "node") => &["crm-web-2"],
        ("subject-twice" | "key-without-read", _) => &["crm-web-1"],
        _ => &["crm-async-1"],
    }
}

/// Asks the nodes that are touched at once. A node that brings no answer has a file that says why, in the place of its bundle.
pub(super) fn collect(lab: &Folder, reach: &Reach, breakage: &str, to: &Path) -> Vec<(&'static str, CarryError)> {
    let hangs = matches!(breakage, "node-hangs" | "node-stops" | "web-hangs");
    let patience = if hangs { IMPATIENCE } else { PATIENCE };
    let mut lost = Vec::new();
    let touched = touched(breakage);
    for node in NODES.iter().filter(|node| !touched.contains(&node.name)) {
        let name = format!("{}.json", node.name);
        fs::copy(reach.in_order.path().join(&name), to.join(&name)).unwrap();
    }
    std::thread::scope(|scope| {
        let ask = |node| scope.spawn(move || Asked { lab, reach, node, patience }.facts());
        let asked = NODES.iter().filter(|node| touched.contains(&node.name)).map(|node| (node, ask(node)));
        let asked: Vec<_> = asked.collect();
        for (node, asked) in asked {
            match asked.join().unwrap() {
                Ok(facts) => {
                    let bundle = Bundle::seal(serde_json::from_value(facts).unwrap());
                    let text = serde_json::to_string(&bundle).unwrap();
                    let name = format!("{}.json", node.name);
                    if breakage.is_empty() {
                        fs::write(reach.in_order.path().join(&name), &text).unwrap();
                    }
                    fs::write(to.join(name), text).unwrap();
                }
                Err(error) => lost.push((node.name, error)),
            }
        }
    });
    lost
}

impl Asked<'_> {
    /// Asks for one thing: what was seen, or why not.
    fn ask(&self, action: Json) -> Result<Json, CarryError> {
        let action: Action = serde_json::from_value(action).unwrap();
        let answer = self.reach.ask(self.node.name, action, self.patience)?;
        Ok(serde_json::to_value(answer).unwrap())
    }

    fn facts(&self) -> Result<Json, CarryError> {
        let name = self.node.name;
        let before = jiff::Timestamp::now();
        let answer = self.ask(json!({ "store-list": { "store": "my" } }))?;
        let at: jiff::Timestamp = answer["at"].as_str().unwrap().parse().unwrap();
        let mut facts = json!({
            "server": name, "collected_at": at.to_string(), "collected_by": "the lab",
            "clock_offset_seconds": { "seen": at.as_second() - before.as_second() },
        });
        facts["store"] = json!({ "seen": {
            "certificates": self.certificates(&answer), "issuers": { "seen": self.issuers(&answer)? },
        } });
        if !self.node.is_sharepoint() {
            facts["services"] = self.services()?;
        }
        if self.node.roles.contains("tools") {
            facts["rows"] = self.rows()?;
        }
        if self.node.is_web() {
            facts["metadata"] = json!([{ "organization": "sales", "answer": self.metadata() }]);
        }
        if self.node.is_sharepoint() {
            facts["trusts"] = self.trusts()?;
            facts["refresh_job"] = self.job()?;
        }
        Ok(facts)
    }

    fn certificates(&self, answer: &Json) -> Vec<Json> {
        let one = |one: &Json| {
            let key = &one["key"];
            let access = key["access"].as_str().unwrap_or_default();
            let reader = |account: &str| {
                let granted = access.contains(&format!("user:{}:r", number(account)));
                json!({ "account": account, "reading": if granted { "granted" } else { "missing" } })
            };
            // A file has no container; it stands for one of the right sort.
            let location = json!({
                "provider": "Microsoft Enhanced RSA and AES Cryptographic Provider", "provider_type": 24,
                "container": "s2s", "key_spec": "exchange", "machine": true,
            });
            let seen = if key.is_null() {
                Json::Null
            } else {
                json!({
                    "location": location, "matches": key["state"] == "matches",
                    "readers": { "seen": [reader(WEB_ACCOUNT), reader(ASYNC_ACCOUNT)] },
                })
            };
            json!({ "certificate": self.der(one["fingerprint_sha256"].as_str().unwrap()), "key": { "seen": seen } })
        };
        listed(answer).iter().map(one).collect()
    }

    /// Returns the certificate with this hash, from those that the lab has made.
    fn der(&self, fingerprint: &str) -> String {
        let files = fs::read_dir(self.lab.path("pki")).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let found = files.into_iter().find(|octets| Fingerprint::of(octets).to_string() == fingerprint);
        STANDARD.encode(found.unwrap())
    }

    fn issuers(&self, answer: &Json) -> Result<Vec<Json>, CarryError> {
        let known = self.ask(json!({ "store-list": { "store": "ca" } }))?;
        let here = |issuer: &Json| listed(&known).iter().any(|one| one["subject"] == *issuer);
        let one = |one: &Json| {
            let missing = if here(&one["issuer"]) { Json::Null } else { one["issuer"].clone() };
            json!({ "fingerprint_sha256": one["fingerprint_sha256"], "missing": missing })
        };
        Ok(listed(answer).iter().map(one).collect())
    }

    fn services(&self) -> Result<Json, CarryError> {
        let answer = self.ask(json!({ "services": {} }))?;
        let services = &seen(&answer)["services"];
        let (of, wanted, role) = if self.node.is_web() {
            ("pools", "CRMAppPool", "web")
        } else {
            ("services", "MSCRMAsyncService", "async")
        };
        let one = |one: &Json| json!({ "name": wanted, "role": role, "account": one["account"] });
        let all = services[of].as_array().unwrap();
        Ok(json!({ "seen": all.iter().filter(|one| one["name"] == wanted).map(one).collect::<Vec<Json>>() }))
    }

    fn rows(&self) -> Result<Json, CarryError> {
        let answer = self.ask(json!({ "crm-certificates": {} }))?;
        let rows = seen(&answer)["rows"]["rows"].as_array().cloned().unwrap_or_default();
        let ours = rows.iter().filter(|row| {
            matches!(row["certificate_type"].as_str(), Some("S2STokenIssuer" | "AlternativeS2STokenIssuer"))
        });
        let one =
            |row: &Json| json!({ "kind": row["certificate_type"], "id": row["id"], "certificate": row["certificate"] });
        let ours: Vec<Json> = ours.map(one).collect();
        Ok(match ours.iter().find(|row| row["certificate"].is_null()) {
            Some(row) => json!({ "unseen": format!("the row {} holds no certificate", row["id"]) }),
            None => json!({ "seen": ours }),
        })
    }

    fn metadata(&self) -> Json {
        match published(self.lab, self.node.name, self.patience) {
            Ok(answer) => json!({ "seen": answer }),
            Err(why) => json!({ "unseen": why }),
        }
    }

    fn trusts(&self) -> Result<Json, CarryError> {
        let answer = self.ask(json!({ "sharepoint-trusts": {} }))?;
        let one = |issuer: &Json| {
            let certificates = issuer["certificates"].as_array().unwrap();
            let source = match issuer["metadata_endpoint"].as_str() {
                Some(url) if !url.is_empty() => json!({ "metadata": url }),
                _ => json!("fixed"),
            };
            json!({
                "name": issuer["name"], "registered_issuer": issuer["registered_name"], "source": source,
                "signing": certificates.first(), "additional": certificates.get(1..).unwrap_or_default(),
            })
        };
        let issuers = seen(&answer)["trusts"]["issuers"].as_array().unwrap();
        Ok(json!({ "seen": issuers.iter().map(one).collect::<Vec<Json>>() }))
    }

    fn job(&self) -> Result<Json, CarryError> {
        let answer = self.ask(json!({ "metadata-job": {} }))?;
        let job = &seen(&answer)["job"];
        let none = job.is_null().then(|| json!({ "seen": null }));
        Ok(none.unwrap_or_else(
            || json!({ "seen": { "enabled": job["held"] == false, "last_success": job["last_success"] } }),
        ))
    }
}

fn seen(answer: &Json) -> &Json {
    &answer["outcome"]["observed"]["facts"]
}

fn listed(answer: &Json) -> &[Json] {
    seen(answer)["certificates"]["certificates"].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the number of an account.
fn number(account: &str) -> String {
    let entry = fs::read_to_string("/etc/passwd").unwrap();
    let line = entry.lines().find(|line| line.split(':').next() == Some(account));
    line.and_then(|line| line.split(':').nth(2)).unwrap().to_owned()
}
