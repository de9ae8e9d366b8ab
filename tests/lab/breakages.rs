//! What can be broken on purpose. Each breakage is undone by putting back what it touched.

use std::fs;

use serde_json::json;

use super::pki::{self, key_place, load, place};
use super::sshd::{Sshd, change_host_key};
use super::world::{change, of};
use super::{Folder, NODES, write};

/// One breakage: its name, what it does in words, and how.
pub(crate) struct Breakage {
    pub(crate) name: &'static str,
    pub(crate) words: &'static str,
    act: fn(&Folder),
}

const fn breakage(name: &'static str, words: &'static str, act: fn(&Folder)) -> Breakage {
    Breakage { name, words, act }
}

/// All of them.
pub(crate) const BREAKAGES: &[Breakage] = &[
    breakage("certificate-missing", "crm-web-2 lacks the certificate of the row", |lab| {
        fs::remove_file(place(&lab.stores("crm-web-2"), "My", &load(lab, "current").der)).unwrap();
    }),
    breakage("subject-twice", "crm-web-1 has two certificates of one subject", |lab| {
        pki::put_with_key(&lab.stores("crm-web-1"), &load(lab, "namesake"));
    }),
    breakage("other-certificate", "crm-web-2 has another certificate behind the subject of the row", |lab| {
        let stores = lab.stores("crm-web-2");
        fs::remove_file(place(&stores, "My", &load(lab, "current").der)).unwrap();
        pki::put_with_key(&stores, &load(lab, "namesake"));
    }),
    breakage("key-without-read", "on crm-web-1 no service may read the key", |lab| {
        pki::revoke(&key_place(&lab.stores("crm-web-1"), &load(lab, "current").der));
    }),
    breakage("key-missing", "on crm-async-1 the store names no key for the certificate", |lab| {
        pki::put(&lab.stores("crm-async-1"), "My", &load(lab, "current").der, None);
    }),
    breakage("key-of-another", "on crm-async-1 the key is that of another certificate", |lab| {
        let stores = lab.stores("crm-async-1");
        let (key, other) = (key_place(&stores, &load(lab, "current").der), load(lab, "former"));
        write(&key, s2scert::cert::pem::encode("PRIVATE KEY", &other.key).as_bytes(), 0o600);
        pki::grant(&key);
    }),
    breakage("chain-missing", "crm-async-1 lacks the issuer of the certificate", |lab| {
        fs::remove_file(place(&lab.stores("crm-async-1"), "CA", &load(lab, "issuing").der)).unwrap();
    }),
    breakage("row-old", "the row names the former certificate, which no server has", |lab| {
        let former = of(lab, "former");
        change(lab, |world| world["crm"]["rows"][0]["data"] = former);
    }),
    breakage("row-expired", "the row names a certificate that is over", |lab| {
        let expired = of(lab, "expired");
        change(lab, |world| world["crm"]["rows"][0]["data"] = expired);
    }),
    breakage("row-missing", "there is no row", |lab| {
        change(lab, |world| drop(world["crm"]["rows"].as_array_mut().unwrap().remove(0)));
    }),
    breakage("row-twice", "there are two rows of the type", |lab| {
        let former = of(lab, "former");
        change(lab, |world| {
            let mut row = world["crm"]["rows"][0].clone();
            row["id"] = json!("30000000-0000-0000-0000-000000000000");
            row["data"] = former;
            world["crm"]["rows"].as_array_mut().unwrap().push(row);
        });
    }),
    breakage("row-broken", "the row holds what is no certificate", |lab| {
        change(lab, |world| world["crm"]["rows"][0]["data"] = json!("TkVX"));
    }),
    breakage("row-shared", "another row holds the same certificate", |lab| {
        let current = of(lab, "current");
        change(lab, |world| world["crm"]["rows"][1]["data"] = current);
    }),
    breakage("metadata-old", "crm-web-3 still publishes the former certificate", |lab| web(lab, "crm-web-3", "old")),
    breakage("metadata-empty", "crm-web-3 publishes no certificate", |lab| web(lab, "crm-web-3", "no-key")),
    breakage("metadata-ten", "crm-web-3 publishes ten certificates", |lab| web(lab, "crm-web-3", "ten-keys")),
    breakage("metadata-broken", "crm-web-3 publishes what is no certificate", |lab| {
        web(lab, "crm-web-3", "broken-key")
    }),
    breakage("login-page", "crm-web-3 shows a sign-in page", |lab| web(lab, "crm-web-3", "login-page")),
    breakage("redirect", "crm-web-3 redirects to a sign-in page", |lab| web(lab, "crm-web-3", "redirect")),
    breakage("unauthorized", "crm-web-3 asks for a sign-in", |lab| web(lab, "crm-web-3", "unauthorized")),
    breakage("tls-expired", "the TLS certificate of crm-web-3 is over", |lab| web(lab, "crm-web-3", "tls-expired")),
    breakage("tls-missing", "crm-web-3 speaks plain HTTP", |lab| web(lab, "crm-web-3", "plain")),
    breakage("web-hangs", "the web server of crm-web-3 never answers", |lab| web(lab, "crm-web-3", "hang")),
    breakage("web-huge", "the document of crm-web-3 has a gigabyte", |lab| web(lab, "crm-web-3", "huge")),
    breakage("trust-old", "SharePoint trusts the former certificate only", |lab| {
        let former = of(lab, "former");
        change(lab, |world| world["sharepoint"]["issuers"][0]["signing"] = former);
    }),
    breakage("trust-fixed", "the trust was set by hand, not by metadata", |lab| {
        change(lab, |world| world["sharepoint"]["issuers"][0]["metadataEndPoint"] = json!(""));
    }),
    breakage("trust-missing", "SharePoint has no such trust", |lab| {
        change(lab, |world| world["sharepoint"]["issuers"] = json!([]));
    }),
    breakage("trust-expired", "the trust holds a certificate that is over beside the current one", |lab| {
        let expired = of(lab, "expired");
        change(lab, |world| world["sharepoint"]["issuers"][0]["additional"] = json!([expired]));
    }),
    breakage("trust-issuer", "the trust names another realm", |lab| {
        let other = format!("{}@11111111-0000-0000-0000-000000000000", super::web::PRINCIPAL);
        change(lab, |world| world["sharepoint"]["issuers"][0]["registeredIssuerName"] = json!(other));
    }),
    breakage("job-disabled", "the job that re-reads the metadata is disabled", |lab| {
        change(lab, |world| world["sharepoint"]["jobs"][1]["held"] = json!(true));
    }),
    breakage("job-missing", "there is no such job", |lab| {
        change(lab, |world| drop(world["sharepoint"]["jobs"].as_array_mut().unwrap().remove(1)));
    }),
    breakage("job-late", "the job last ran long ago", |lab| {
        change(lab, |world| {
            let run = &mut world["sharepoint"]["jobs"][1]["runs"][0];
            run["started"] = json!("2026-01-01T00:00:00Z");
            run["ended"] = json!("2026-01-01T00:00:01Z");
        });
    }),
    breakage("service-account", "the web application runs as an account that farm.toml does not name", |lab| {
        change(lab, |world| world["pools"][0]["userName"] = json!("games"));
    }),
    breakage("clock-apart", "the clock of crm-async-1 is a quarter of an hour ahead", |lab| {
        lab.set_mode("crm-async-1", "mode", "clock +15m");
    }),
    breakage("node-down", "crm-web-2 does not answer", |lab| {
        Sshd::stop(lab, "crm-web-2");
        web(lab, "crm-web-2", "off");
    }),
    breakage("host-key", "crm-web-2 shows another host key", |lab| change_host_key(lab, "crm-web-2")),
    breakage("node-hangs", "crm-web-2 never answers", |lab| lab.set_mode("crm-web-2", "mode", "hang")),
    breakage("node-stops", "crm-web-2 stops in the middle of its answer", |lab| {
        lab.set_mode("crm-web-2", "mode", "half")
    }),
    breakage("node-garbage", "crm-web-2 answers with something else", |lab| {
        lab.set_mode("crm-web-2", "mode", "garbage")
    }),
    breakage("node-json", "crm-web-2 answers with JSON that is no answer", |lab| {
        lab.set_mode("crm-web-2", "mode", "json")
    }),
    breakage("node-other", "crm-web-2 answers a request that was not asked", |lab| {
        lab.set_mode("crm-web-2", "mode", "other")
    }),
    breakage("node-html", "crm-web-2 answers with a web page", |lab| lab.set_mode("crm-web-2", "mode", "html")),
    breakage("node-huge", "crm-web-2 answers with a gigabyte", |lab| lab.set_mode("crm-web-2", "mode", "huge")),
    breakage("node-breaks", "the connection to crm-web-2 breaks", |lab| lab.set_mode("crm-web-2", "mode", "broken")),
];

fn web(lab: &Folder, node: &str, mode: &str) {
    lab.set_mode(node, "web-mode", mode);
}

/// What is kept beside while something is broken, from the folder of the lab.
fn kept_parts() -> Vec<String> {
    let of_node = |node: &super::Node| {
        ["state/stores", "host_key", "host_key.pub"].map(|part| format!("nodes/{}/{part}", node.name))
    };
    NODES.iter().flat_map(of_node).chain(["world.json".to_owned()]).collect()
}

/// Breaks one thing, after writing down how everything was.
///
/// # Errors
/// For a name that is none, and where something is broken already.
pub(crate) fn break_it(lab: &Folder, name: &str) -> Result<(), String> {
    let found = BREAKAGES.iter().find(|one| one.name == name);
    let breakage = found.ok_or_else(|| format!("there is no breakage {name:?}; `list` shows them"))?;
    let kept = lab.path("kept");
    if kept.exists() {
        return Err(format!("{} is broken; mend it first", broken(lab).unwrap_or_default()));
    }
    fs::create_dir(&kept).unwrap();
    let parts = kept_parts();
    let mut arguments = vec!["-a", "--parents", "-t", "kept"];
    arguments.extend(parts.iter().map(String::as_str));
    super::run_in(&lab.0, "cp", &arguments);
    write(&kept.join("name"), name, 0o644);
    (breakage.act)(lab);
    Ok(())
}

/// Returns what is broken.
pub(crate) fn broken(lab: &Folder) -> Option<String> {
    fs::read_to_string(lab.path("kept").join("name")).ok()
}

/// Mends what is broken.
pub(crate) fn mend(lab: &Folder) {
    let Some(name) = broken(lab) else { return };
    let kept = lab.path("kept");
    for part in kept_parts() {
        let place = lab.path(&part);
        let _ = fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place));
    }
    fs::remove_file(kept.join("name")).unwrap();
    super::run_in(&kept, "cp", &["-a", "-t", "..", "world.json", "nodes"]);
    for node in &NODES {
        for mode in ["mode", "web-mode"] {
            let _ = fs::remove_file(lab.of(node.name).join(mode));
        }
    }
    if matches!(name.as_str(), "host-key" | "node-down") {
        Sshd::stop(lab, "crm-web-2");
        Sshd::start(lab, "crm-web-2");
    }
    fs::remove_dir_all(kept).unwrap();
}
