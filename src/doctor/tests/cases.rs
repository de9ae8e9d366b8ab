//! The cases: one thing is altered in a healthy farm, and one check tells.

use serde_json::json;

use super::super::{Described, Grade, Way};
use super::{ASYNC, SP, WEB, WEB_2, World, finding};
use crate::farm::truth::Topic;
use crate::policy::Severity;
use Grade::{Fail, Ok, Unseen, Warn};

/// One alteration, and how one check takes it.
pub(super) struct Case {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) grade: Grade,
    pub(super) alter: fn(&mut World),
}

const fn case(id: &'static str, name: &'static str, grade: Grade, alter: fn(&mut World)) -> Case {
    Case { id, name, grade, alter }
}

/// Puts a finding of the truth table in.
macro_rules! found {
    ($check:literal, $id:literal, $severity:ident, $grade:ident) => {
        case($check, $id, $grade, |w| w.findings.push(($id, Severity::$severity)))
    };
}

/// Alters what a server tells.
macro_rules! told {
    ($check:literal, $grade:ident, $server:ident, $pointer:literal, $value:expr) => {
        case($check, $pointer, $grade, |w| w.set($server, $pointer, json!($value)))
    };
}

/// Alters how a server is reached.
macro_rules! way {
    ($check:literal, $grade:ident, $way:ident) => {
        case($check, stringify!($way), $grade, |w| {
            w.ways.insert(WEB_2, Way::$way("it is so".to_owned()));
        })
    };
}

pub(super) const CASES: &[Case] = &[
    case("farm-described", "missing", Warn, |w| w.described = Described::Missing),
    case("farm-described", "unusable", Fail, |w| w.described = Described::Unusable("torn".to_owned())),
    case("farm-without-mistakes", "an error", Fail, |w| {
        w.described = Described::Read(vec![finding("farm-no-node", Severity::Error)]);
    }),
    case("farm-without-mistakes", "a warning", Warn, |w| {
        w.described = Described::Read(vec![finding("farm-unused", Severity::Warning)]);
    }),
    case("farm-without-mistakes", "a remark", Ok, |w| {
        w.described = Described::Read(vec![finding("farm-untrusted", Severity::Info)]);
    }),
    case("farm-without-mistakes", "unusable", Unseen, |w| w.described = Described::Unusable("torn".to_owned())),
    case("subject-template", "none", Warn, |w| w.toml = w.toml.replace("[certificate]", "[[nonsense]]")),
    case("subject-template", "without a generation", Ok, |w| w.toml = w.toml.replace(" {g}", "")),
    case("key-size", "small", Fail, |w| {
        w.toml = w.toml.replace("[update_crm]", "key_bits = 1024\n\n[update_crm]");
    }),
    told!("windows-as-described", Fail, WEB, "/system_version", "10.0.14393"),
    told!("windows-as-described", Warn, WEB, "/system_version", "10.0.20348"),
    told!("windows-as-described", Unseen, WEB, "/system_version", "10.0.1"),
    told!("windows-as-described", Unseen, WEB, "/system", "linux"),
    case("update-crm-node", "no node", Fail, |w| w.toml = w.toml.replace("node = \"crm-web-1\"", "node = \"crm\"")),
    case("update-crm-node", "without the role", Fail, |w| {
        w.toml = w.toml.replace("node = \"crm-web-1\"", "node = \"crm-web-2\"");
    }),
    case("metadata-https", "http", Warn, |w| w.toml = w.toml.replace("https://", "http://")),
    case("one-organization-for-2013", "two trusts", Fail, |w| {
        let second = "\n[[sharepoint.trust]]\nname = \"crm2\"\norganization = \"sales\"\n\n[[window]]";
        w.toml = w.toml.replace("version = \"2019\"", "version = \"2013\"").replace("\n[[window]]", second);
    }),
    case("consumers", "one by hand", Ok, |w| {
        w.toml.push_str("\n[[consumer]]\nname = \"exo\"\nkind = \"other\"\nstep = \"Add it\"\n");
    }),
    way!("server-reached", Fail, Unreachable),
    way!("server-reached", Fail, Broken),
    way!("server-reached", Unseen, Denied),
    case("server-reached", "by hand", Unseen, |w| {
        w.ways.insert(WEB_2, Way::ByHand);
    }),
    way!("server-known", Fail, Stranger),
    way!("server-known", Unseen, Unreachable),
    way!("server-lets-in", Fail, Denied),
    way!("program-there", Warn, Program),
    way!("transport-usable", Fail, Unusable),
    case("transport-usable", "winrm from Linux", Fail, |w| {
        w.here["system"] = json!("linux");
        w.toml = w.toml.replace("transport = \"manual\"", "transport = \"winrm\"\naddress = \"crm.contoso.com\"");
    }),
    told!("same-version", Fail, SP, "/version", "0.0.9"),
    told!("same-version", Warn, SP, "/program_sha256", "33".repeat(32)),
    told!("network-identity", Fail, SP, "/network_identity/there/reached", false),
    told!("network-identity", Warn, SP, "/network_identity", json!({ "absent": "no domain" })),
    told!("network-identity", Unseen, SP, "/network_identity", json!({ "unseen": "no PowerShell" })),
    told!("network-identity", Ok, ASYNC, "/network_identity/there/reached", false),
    told!("same-domain", Warn, SP, "/network_identity/there/share", "\\\\fabrikam.com\\SYSVOL"),
    told!("same-domain", Warn, SP, "/network_identity", json!({ "absent": "no domain" })),
    told!("elevated", Fail, WEB, "/elevated", false),
    told!("elevated", Ok, SP, "/elevated", false),
    case("deployment-administrator", "failed", Fail, |w| w.deployment = json!("failed: no rights")),
    case("deployment-administrator", "no snap-in", Unseen, |w| w.deployment = json!("no snap-in")),
    case("farm-administrator", "failed", Fail, |w| w.trusts = json!("failed: no rights")),
    told!("state-folder-safe", Fail, WEB, "/state/unusable", "Everyone may write"),
    told!("powershell-5.1", Fail, WEB, "/powershell/there/version", "4.0"),
    told!("powershell-5.1", Fail, WEB, "/powershell", json!({ "absent": "none" })),
    told!("powershell-64-bit", Fail, WEB, "/powershell/there/is_64_bit", false),
    told!("language-mode", Fail, WEB, "/powershell/there/language_mode", "ConstrainedLanguage"),
    told!(
        "language-mode",
        Fail,
        WEB,
        "/powershell",
        json!({ "unseen": "PowerShell runs in a constrained language mode" })
    ),
    told!("execution-policy", Fail, WEB, "/powershell/there/execution_policy", "Restricted"),
    told!("execution-policy", Fail, WEB, "/powershell/there/execution_policy", "AllSigned"),
    told!("execution-policy", Warn, WEB, "/powershell/there/execution_policy", "Quaint"),
    told!("execution-policy", Ok, SP, "/powershell/there/execution_policy", "Restricted"),
    case("execution-policy", "signed", Ok, |w| {
        w.set(WEB, "/powershell/there/execution_policy", json!("AllSigned"));
        w.set(WEB, "/script/there/signature", json!("Valid"));
    }),
    told!("module-logging", Warn, WEB, "/powershell/there/module_logging", true),
    told!("script-block-logging", Warn, WEB, "/powershell/there/script_block_logging", true),
    told!("script-block-logging", Warn, WEB, "/powershell/there/invocation_logging", true),
    told!("transcription", Warn, WEB, "/powershell/there/transcription", true),
    told!("transcription", Unseen, WEB, "/powershell", json!({ "unseen": "it failed" })),
    told!("app-locker", Warn, WEB, "/powershell/there/app_locker_rules", ["Exe"]),
    case("app-locker", "its service is disabled", Ok, |w| {
        w.set(WEB, "/powershell/there/app_locker_rules", json!(["Exe"]));
        w.set(WEB, "/powershell/there/app_locker_start", json!(4));
    }),
    told!("application-control", Warn, WEB, "/powershell/there/code_integrity", 2),
    told!("application-control", Ok, WEB, "/powershell/there/code_integrity", 1),
    told!("application-control", Unseen, WEB, "/powershell/there/code_integrity", serde_json::Value::Null),
    told!("script-there", Warn, WEB, "/script", json!({ "absent": "no script" })),
    told!("script-there", Ok, ASYNC, "/script", json!({ "absent": "no script" })),
    told!("script-same", Fail, WEB_2, "/script/there/sha256", "44".repeat(32)),
    told!("script-same", Unseen, WEB_2, "/script", json!({ "unseen": "it failed" })),
    told!("script-signature", Fail, WEB_2, "/script/there/signature", "HashMismatch"),
    told!("script-signature", Ok, WEB_2, "/script/there/signature", "Valid"),
    told!("windows-2016", Fail, WEB, "/system_version", "6.3.9600"),
    told!("windows-2016", Unseen, WEB, "/system", "linux"),
    told!("disk-space", Fail, WEB, "/powershell/there/disks", json!([{ "name": "C:", "free": 1000 }])),
    told!("disk-space", Warn, WEB, "/powershell/there/disks", json!([{ "name": "C:", "free": 1_000_000_000 }])),
    told!("disk-space", Unseen, WEB, "/powershell/there/disks", json!([{ "name": "C:", "free": null }])),
    told!("restart-pending", Warn, WEB, "/powershell/there/restart_pending", true),
    found!("clocks", "clocks-apart", Error, Fail),
    case("clocks", "documents do not tell", Unseen, |w| w.shown = Some(())),
    case("accounts-as-described", "documents do not tell", Unseen, |w| w.shown = Some(())),
    case("chain-whole", "documents do not tell", Unseen, |w| w.shown = Some(())),
    case("key-provider", "documents tell the store", Ok, |w| w.shown = Some(())),
    case("refresh-job-enabled", "documents do not tell", Unseen, |w| w.shown = Some(())),
    case("clocks", "a clock was not seen", Unseen, |w| w.gaps.push((SP, Some(Topic::Clock)))),
    case("deployment-tools", "absent", Fail, |w| w.deployment = json!("no snap-in")),
    case("deployment-tools", "failed", Unseen, |w| w.deployment = json!("failed: SQL Server")),
    case("deployment-servers", "one that signs", Fail, |w| w.deployment["servers"][0]["name"] = json!("CRM-WEB-9")),
    case("deployment-servers", "one that does not", Warn, |w| {
        w.deployment["servers"][0]["name"] = json!("CRM-HELP");
        w.deployment["servers"][0]["roles"] = json!("HelpServer");
    }),
    case("deployment-enabled", "one is not", Warn, |w| w.deployment["servers"][1]["state"] = json!("Disabled")),
    case("deployment-versions", "two", Warn, |w| w.deployment["servers"][1]["version"] = json!("9.1.22.1")),
    case("dynamics-9", "8.2", Fail, |w| w.deployment["servers"][1]["version"] = json!("8.2.2.1")),
    case("dynamics-9", "no version", Unseen, |w| w.deployment["servers"][1]["version"] = json!("new")),
    case("async-running", "stopped", Fail, |w| w.services["services"][0]["state"] = json!("Stopped")),
    case("async-running", "absent", Fail, |w| w.services["services"][0]["name"] = json!("Spooler")),
    case("web-running", "stopped", Fail, |w| w.services["services"][1]["state"] = json!("Stopped")),
    case("pool-running", "stopped", Fail, |w| w.services["pools"][0]["state"] = json!("Stopped")),
    case("pool-running", "not shown", Unseen, |w| {
        w.services["pools"] = json!([]);
        w.services["gaps"] = json!([{ "what": "application pools", "why": "no module" }]);
    }),
    case("service-accounts", "built in", Warn, |w| {
        w.services["pools"][0]["account"] = json!("NetworkService");
    }),
    found!("accounts-as-described", "account-differs", Warning, Warn),
    found!("row-there", "row-missing", Error, Fail),
    found!("row-there", "rows-differ", Error, Fail),
    case("row-there", "not seen", Unseen, |w| w.gaps.push((WEB, Some(Topic::Rows)))),
    case("row-there", "another part was not seen", Ok, |w| w.gaps.push((WEB, Some(Topic::Store)))),
    found!("certificate-in-store", "key-missing", Error, Fail),
    found!("certificate-in-store", "key-of-another-certificate", Warning, Warn),
    found!("subject-unique", "subject-twice", Error, Fail),
    found!("key-provider", "key-in-cng", Error, Fail),
    found!("key-specification", "key-specification", Error, Fail),
    found!("key-of-machine", "key-of-a-user", Error, Fail),
    found!("key-readable", "key-not-readable", Error, Fail),
    case("key-readable", "the store was not seen", Unseen, |w| w.gaps.push((WEB_2, Some(Topic::Store)))),
    case("key-readable", "a store that does not matter", Ok, |w| w.gaps.push((SP, Some(Topic::Store)))),
    found!("chain-whole", "chain-missing", Warning, Warn),
    found!("not-shared-with-tls", "shared-with-tls", Warning, Warn),
    found!("not-shared-with-row", "row-shared", Warning, Warn),
    found!("not-expired", "expired", Error, Fail),
    found!("not-expired", "expires-soon", Warning, Warn),
    found!("metadata-answers", "metadata-stale", Error, Fail),
    case("metadata-answers", "not seen", Unseen, |w| w.gaps.push((WEB_2, Some(Topic::Metadata("sales".to_owned()))))),
    found!("facts-fresh", "facts-old", Warning, Warn),
    case("sharepoint-cmdlets", "absent", Fail, |w| w.trusts = json!("no snap-in, no module")),
    case("sharepoint-version", "before April 2019", Fail, |w| w.trusts["build"] = json!("15.0.5000.1000")),
    case("sharepoint-version", "14", Fail, |w| w.trusts["build"] = json!("14.0.7000.1000")),
    case("sharepoint-version", "another than described", Warn, |w| w.trusts["build"] = json!("16.0.4822.1000")),
    case("sharepoint-timer", "stopped", Fail, |w| w.services["services"][2]["state"] = json!("Stopped")),
    case("sharepoint-timer", "absent", Fail, |w| w.services["services"] = json!([])),
    found!("trust-there", "trust-missing", Error, Fail),
    found!("trust-there", "trust-lacks-certificate", Error, Fail),
    found!("trust-from-metadata", "trust-not-from-metadata", Warning, Warn),
    found!("issuer-and-realm", "trust-issuer-differs", Error, Fail),
    case("issuer-and-realm", "trusts were not seen", Unseen, |w| w.gaps.push((SP, Some(Topic::Trusts)))),
    case("realm-known", "none", Fail, |w| w.trusts["realm"] = json!("")),
    case("issuers-for-2013", "two", Fail, |w| {
        w.trusts["build"] = json!("15.0.5200.1000");
        let issuer = w.trusts["issuers"][0].clone();
        w.trusts["issuers"] = json!([issuer, issuer]);
    }),
    found!("refresh-job-enabled", "refresh-job-off", Warning, Warn),
    found!("refresh-job-recent", "refresh-job-late", Warning, Warn),
    case("refresh-job-recent", "the job was not seen", Unseen, |w| w.gaps.push((SP, Some(Topic::RefreshJob)))),
    case("refresh-job-free", "held", Fail, |w| w.job["held"] = json!(true)),
    case("refresh-job-free", "running", Warn, |w| w.job["running"] = json!(1)),
    case("app-management", "stopped", Fail, |w| w.trusts["applications"][0]["status"] = json!("Disabled")),
    case("app-management", "without a proxy", Fail, |w| w.trusts["proxies"] = json!([])),
    case("app-management", "not listed", Warn, |w| w.trusts["applications"][0]["kind"] = json!("App-Verwaltung")),
    case("app-management", "nothing is listed", Unseen, |w| w.trusts["applications"] = json!([])),
    case("subscription-settings", "its proxy is stopped", Fail, |w| {
        w.trusts["proxies"][1]["status"] = json!("Disabled")
    }),
    case("user-profiles", "stopped", Fail, |w| w.trusts["applications"][2]["status"] = json!("Disabled")),
    case("no-freeze", "frozen", Fail, |w| {
        w.toml.push_str("\n[[freeze]]\nreason = \"audit\"\nfrom = \"2026-11-20\"\nuntil = \"2026-11-30\"\n");
    }),
    case("window-ahead", "none opens", Warn, |w| {
        w.toml.push_str("\n[[freeze]]\nreason = \"audit\"\nfrom = \"2026-11-26\"\nuntil = \"2026-12-30\"\n");
    }),
    case("window-ahead", "open now", Ok, |w| w.now = "2026-11-26T23:00:00Z"),
    told!(
        "no-roll-stands",
        Fail,
        WEB,
        "/state/roll",
        json!({ "roll": "r1", "plan_sha256": "55".repeat(32), "owner": "ada", "phase": "import", "begun": "2026-11-01T00:00:00Z", "written": "2026-11-01T00:00:00Z" })
    ),
    told!(
        "lease-free",
        Warn,
        WEB,
        "/state/lease",
        json!({ "roll": "r1", "holder": "ada", "fence": 1, "taken": "2026-11-25T11:59:00Z", "until": "2026-11-25T12:01:00Z" })
    ),
    told!(
        "lease-free",
        Ok,
        WEB,
        "/state/lease",
        json!({ "roll": "r1", "holder": "ada", "fence": 1, "taken": "2026-11-25T11:00:00Z", "until": "2026-11-25T11:01:00Z" })
    ),
    told!(
        "nothing-staged",
        Warn,
        WEB,
        "/state/staged",
        json!([{ "name": "s2s.pfx", "size": 9, "written": "2026-11-01T00:00:00Z" }])
    ),
    told!(
        "no-open-attempt",
        Warn,
        WEB,
        "/state/open_attempts",
        json!([{ "roll": "r1", "step": "s1", "attempt": 1, "action": "install", "begun": "2026-11-01T00:00:00Z" }])
    ),
];
