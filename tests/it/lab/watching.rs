//! `watch --once` over the lab: what the four places come to for whoever is told.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::lab_farm::breakages::{break_it, mend};
use crate::lab_farm::{Folder, Lab, pki};

/// What a watch of the farm said.
struct Watched {
    code: i32,
    json: Json,
}

fn watch(folder: &Path, program: &Path) -> Watched {
    let mut command = Command::new(program);
    command.args(["watch", "--once", "--json", "--config", "watch.toml"]).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr)));
    Watched { code: output.status.code().unwrap(), json }
}

impl Watched {
    /// Returns the alerts as kind, level and title.
    fn alerts(&self) -> Vec<String> {
        let text = |one: &Json, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let all = self.json["alerts"].as_array().unwrap_or_else(|| panic!("{}", self.json));
        all.iter().map(|one| format!("{} {} {}", text(one, "kind"), text(one, "level"), text(one, "title"))).collect()
    }
}

/// Puts the certificate of an earlier roll, which has expired, into the store of a server.
fn leave_behind(lab: &Folder) {
    pki::put_with_key(&lab.stores("crm-web-1"), &pki::load(lab, "expired"));
}

#[test]
fn a_farm_is_watched_in_all_four_places_and_what_is_not_seen_is_never_good() {
    let Some((folder, programs)) = super::programs() else { return };
    let lab = Lab::up(&folder.path().join("watched"), &programs);
    let (lab, desk) = (&lab.folder, folder.path());
    let settings = format!("format = \"1.0\"\n[farm]\nfile = {:?}\nseconds = 120\n", lab.farm().display().to_string());
    std::fs::write(desk.join("watch.toml"), settings).unwrap();
    let ask = || watch(desk, &programs.s2scert);
    let seen = ask();
    assert_eq!((seen.alerts(), seen.code), (Vec::new(), 0), "{}", seen.json);
    assert_eq!(seen.json["summary"]["certificates"], 1, "{}", seen.json);
    // What is not seen is told, and the run does not end well.
    break_it(lab, "redirect").unwrap();
    let unseen = ask();
    let alerts = unseen.alerts();
    assert!(alerts.iter().all(|one| one.starts_with("unreadable warning lab: crm-web-3")), "{alerts:?}");
    assert_eq!((alerts.len(), unseen.code), (1, 4), "{}", unseen.json);
    mend(lab);
    // The one of an earlier roll has expired, and nobody need be told: the new one is proven to be in use.
    leave_behind(lab);
    let seen = ask();
    assert_eq!(seen.alerts(), Vec::<String>::new(), "{}", seen.json);
    let notes = seen.json["notes"].to_string();
    assert!(notes.contains("is proven to be in use in its place"), "{}", seen.json);
    for (breakage, code, wanted) in [
        ("key-without-read", 7, "access error lab: key-not-readable crm-web-1"),
        ("row-expired", 7, "expiry critical CN=crm.contoso.com g0"),
        ("trust-old", 7, "disagreement error lab: trust-lacks-certificate crm in intranet"),
        // Where not all is seen, nothing is proven, and the old one is spoken of again.
        ("redirect", 7, "expiry critical CN=crm.contoso.com g0"),
    ] {
        break_it(lab, breakage).unwrap();
        let seen = ask();
        let alerts = seen.alerts();
        assert!(alerts.iter().any(|one| one.starts_with(wanted)), "{breakage}: {alerts:?}\n{}", seen.json);
        assert_eq!(seen.code, code, "{breakage}: {alerts:?}");
        mend(lab);
    }
    // Where the new one is not proven any more, the old one is spoken of again.
    break_it(lab, "trust-old").unwrap();
    assert!(ask().alerts().iter().any(|one| one.starts_with("expiry critical")), "{:?}", ask().alerts());
    mend(lab);
}
