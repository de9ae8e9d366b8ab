//! A roll that nobody sits at, by the real program over real connections.

use s2scert::cert::Fingerprint;
use serde_json::Value as Json;

use super::operator::{Operator, deeds, nothing_is_left, small_farm};

/// Every day and every hour but one minute, and a certificate that should have been rolled long ago.
const WINDOW: &str = "
[[window]]
name = \"always\"
days = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]
from = \"00:00\"
until = \"23:59\"
";
const SETTINGS: &str = "format = \"1.0\"
[farm]
file = \"small.toml\"
seconds = 120

[act_by]
lead = \"3600d\"

[[file]]
name = \"drop\"
folder = \"drop\"
";

/// Returns what is said of the roll: the state of it, and everything that is known.
fn news(report: &Json) -> (String, String) {
    let alerts = report["alerts"].as_array().unwrap_or_else(|| panic!("{report}"));
    let alert = alerts.iter().find(|alert| alert["kind"] == "roll").unwrap_or_else(|| panic!("{report}"));
    (alert["message"].as_str().unwrap_or_default().to_owned(), alert["details"].to_string())
}

#[test]
#[ignore = "takes minutes: a rehearsal of a debug build, and a roll; run it by hand: cargo test --test it lab::unattended -- --ignored"]
fn a_watch_prepares_a_roll_and_once_it_may_carries_it_out_exactly_once() {
    let Some((_folder, lab, programs)) = super::lab() else { return };
    let lab = &lab.folder;
    small_farm(lab);
    let ada = Operator::new(lab, &programs.s2scert, "ada");
    let plan = "rotate plan --farm small.toml --issue --credential new.pfx --generate-password-to new.pass";
    ada.ends(plan, 5);
    let shown = ada.ends("inspect new.pfx --password-file new.pass", 0).to_string();
    let key = shown.split("\"spki_sha256\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let file = Fingerprint::of(&std::fs::read(lab.path("new.pfx")).unwrap());
    let farm = std::fs::read_to_string(lab.path("small.toml")).unwrap();
    // A certificate that signs itself is for evaluation only.
    let farm = farm.replacen("format = \"1.0\"\n", "format = \"1.0\"\npolicy = \"evaluation\"\n", 1);
    let describe = |hash: &str, apply: bool| {
        let staged = format!(
            "\n[unattended]\ncredential = \"new.pfx\"\nsha256 = \"{hash}\"\nkey_sha256 = \"{key}\"\n\
             password = {{ file = \"new.pass\" }}\napply = {apply}\n"
        );
        std::fs::write(lab.path("small.toml"), format!("{farm}{WINDOW}{staged}")).unwrap();
    };
    std::fs::write(lab.path("watch.toml"), SETTINGS).unwrap();
    std::fs::create_dir(lab.path("drop")).unwrap();
    let watch = "watch --once --rotate --config watch.toml";
    // Another file than the one that is named.
    describe(&"0".repeat(64), true);
    assert!(news(&ada.ends(watch, 7)).0.contains("has another SHA-256"));
    // Prepared only.
    describe(&file.to_string(), false);
    let (message, details) = news(&ada.ends(watch, 7));
    assert!(message.contains("planned and rehearsed, and waits for somebody"), "{message}");
    assert!(details.contains("rolls simulated, 0 invariants broken; without a fault: done"), "{details}");
    assert_eq!(deeds(lab), (0, 0));
    // Carried out, once.
    describe(&file.to_string(), true);
    let report = ada.ends(watch, 7);
    assert!(news(&report).0.ends_with("is done"), "{report}");
    assert_eq!(report["sent"].as_array().map(Vec::len), Some(2), "before and after: {report}");
    assert_eq!(deeds(lab), (1, 0));
    nothing_is_left(lab, &[&ada]);
    ada.ends("rotate verify --farm small.toml", 0);
    // The row names another certificate now, which crosses its own date; what is staged is that very one.
    assert!(news(&ada.ends(watch, 7)).0.contains("no later than the one in use"));
    assert_eq!(deeds(lab), (1, 0));
}
